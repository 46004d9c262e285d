//! What an edge asks and tells over HTTP, and the list of what contradicts.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use desk::problem::desk as problems;
use desk::rows::Terminal;
use desk::{Actor, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Id, Millis};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::api::shapes::{Page, text};
use web::json::{Body, Key, PathId, Query, ok};
use web::{AppState, Caller, Failure, SceneRoutes};

use super::feed::{self, Has};
use super::odd;
use super::take::{self, Teller};
use super::{Feed, KIND};
use crate::parking::rows::Contradiction;

/// The largest message of an edge, in bytes: photos come with it.
const LARGEST: usize = 16 * 1024 * 1024;

/// What edges add to the API.
pub fn routes() -> SceneRoutes {
    OpenApiRouter::new()
        .routes(routes!(read_feed))
        .routes(routes!(facts))
        .routes(routes!(contradictions))
        .routes(routes!(settle))
}

/// The edge that calls. Error: `forbidden` for anybody else.
async fn teller(state: &AppState, caller: &Caller) -> Result<Teller, Refusal> {
    if let Actor::Terminal(edge) = caller.who.actor {
        let who = caller.who.clone();
        let row = state.desk.decide(who.merchant, move |view| view.need::<Terminal, Refusal>(edge)).await?;
        if row.kind == KIND {
            return Ok(Teller { edge, site: row.site });
        }
    }
    Err(problems::FORBIDDEN.with("this is for terminals of the kind edge: use the key of the site's edge"))
}

/// What the edge has.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HasQuery {
    /// The cursor of the answer before; everything from the beginning when left out.
    cursor: Option<String>,
    /// The `from` of the answer before, while the first reading goes on.
    from: Option<String>,
    /// The version of the set-up it has, empty for none. Left out, the set-up is not looked at: it changes seldom, and reading it costs more than all the rest.
    places: Option<String>,
}

/// What a site's edge has to know next: set-up, stays, commands.
#[utoipa::path(get, path = "/v1/parking/edge/feed", tag = "parking", params(HasQuery), responses((status = 200, body = Object)))]
async fn read_feed(
    State(state): State<AppState>,
    caller: Caller,
    Query(has): Query<HasQuery>,
) -> Result<Response, Failure> {
    let teller = teller(&state, &caller).await?;
    let wrong =
        |name: &str| problems::INVALID_REQUEST.with(format!("{name}: send what the answer before held"));
    let cursor = has.cursor.map(|c| c.parse::<i64>().map_err(|_| wrong("cursor"))).transpose()?;
    let from = has.from.map(|f| f.parse::<Id>().map_err(|_| wrong("from"))).transpose()?;
    let has = Has { cursor, from, places: has.places };
    let feed: Feed = feed::feed(&state.desk, &caller.who, teller, has).await?;
    Ok(ok(feed).into_response())
}

/// Facts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Facts {
    /// What happened, oldest first, each with a name of its own.
    #[schema(value_type = Vec<Object>)]
    facts: Vec<Value>,
}

/// What became of them.
#[derive(Serialize, ToSchema)]
#[schema(as = EdgeTaken)]
struct TakenView {
    /// Facts that were new.
    new: usize,
    /// Facts that were known.
    known: usize,
    /// Facts among the new ones that contradict something.
    contradicting: usize,
}

/// What happened at the site. Each fact counts once, and none is refused; what contradicts is listed.
#[utoipa::path(post, path = "/v1/parking/edge/facts", tag = "parking", request_body = Facts, responses((status = 200, body = TakenView)))]
async fn facts(
    State(state): State<AppState>,
    caller: Caller,
    _key: Key,
    request: Request,
) -> Result<Response, Failure> {
    let teller = teller(&state, &caller).await?;
    let bytes = axum::body::to_bytes(request.into_body(), LARGEST)
        .await
        .map_err(|error| problems::INVALID_REQUEST.with(format!("the body could not be read: {error}")))?;
    let Facts { facts } = web::json::parse(&bytes)?;
    let taken = take::take(&state.desk, &caller.who, teller, &facts).await?;
    let view = TakenView { new: taken.new, known: taken.known, contradicting: taken.contradicting };
    Ok(ok(view).into_response())
}

/// Something an edge told that does not fit.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkingContradiction)]
struct ContradictionView {
    #[schema(value_type = String)]
    id: Id,
    #[schema(value_type = String)]
    site: Id,
    /// What it is: `left_unpaid`, `entered_while_inside` …
    what: String,
    /// The stay it is about.
    #[schema(value_type = Option<String>)]
    stay: Option<Id>,
    /// How much money it is about, in minor units.
    amount: Option<i64>,
    /// More about it.
    #[schema(value_type = Object)]
    detail: Value,
    #[schema(value_type = String, format = DateTime)]
    at: Millis,
    /// When somebody settled it.
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Millis>,
    /// What was done about it.
    note: Option<String>,
}

impl From<Contradiction> for ContradictionView {
    fn from(c: Contradiction) -> Self {
        ContradictionView {
            id: c.id,
            site: c.site,
            what: c.what,
            stay: c.stay,
            amount: c.amount,
            detail: c.detail.0,
            at: c.at,
            settled_at: c.settled_at,
            note: c.note,
        }
    }
}

/// Which contradictions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// The car park.
    #[param(value_type = String)]
    site: Id,
    /// Those that were settled too.
    #[serde(default)]
    all: bool,
}

/// What edges told that does not fit, newest first, at most 200.
#[utoipa::path(get, path = "/v1/parking/contradictions", tag = "parking", params(Which), responses((status = 200, body = Page<ContradictionView>)))]
async fn contradictions(
    State(state): State<AppState>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<Response, Failure> {
    let rows = odd::contradictions(&state.desk, &caller.who, which.site, which.all).await?;
    Ok(ok(Page::whole(rows.into_iter().map(ContradictionView::from).collect())).into_response())
}

/// What was done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Settled {
    /// In a few words.
    note: String,
}

/// Notes what was done about a contradiction.
#[utoipa::path(post, path = "/v1/parking/contradictions/{id}/settle", tag = "parking", params(("id" = String, Path)), request_body = Settled,
    responses((status = 200, body = ContradictionView)))]
async fn settle(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    _key: Key,
    Body(settled): Body<Settled>,
) -> Result<Response, Failure> {
    let note = text("note", &settled.note, 200)?;
    let row = odd::settle(&state.desk, &caller.who, id, &note).await?;
    Ok(ok(ContradictionView::from(row)).into_response())
}
