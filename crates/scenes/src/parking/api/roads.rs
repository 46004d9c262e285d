//! The roads at the gates over HTTP: a feed reports, anybody of the merchant reads.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::{Id, Millis};
use utoipa::ToSchema;
use web::api::shapes::Page;
use web::json::{Body, Key, Path, ok};
use web::{AppState, Caller, Failure};

use crate::parking::owner::roads::{self, Gate, RoadReport};
use crate::parking::places;

/// A gate now.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkingGate)]
pub(super) struct GateView {
    gate: String,
    /// `clear`, `slow`, `jammed`, or `unknown` where nothing was told in the last five minutes.
    road: String,
    /// When it was last seen, however long ago.
    #[schema(value_type = Option<String>)]
    seen_at: Option<Millis>,
    /// Cars that wait there.
    waiting: i64,
    /// `staffed`, `unstaffed` or `closed`; nothing where no exit is.
    exit: Option<String>,
    /// Whether this is the exit to take now.
    advised: bool,
}

fn view(gate: &Gate, advised: bool) -> GateView {
    GateView {
        gate: gate.name.clone(),
        road: gate.road.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string),
        seen_at: gate.last.as_ref().map(|r| r.seen_at),
        waiting: gate.waiting,
        exit: gate.exit.as_ref().map(ToString::to_string),
        advised,
    }
}

async fn gates(state: &AppState, caller: &Caller, site: Id) -> Result<Response, Failure> {
    let sites = state.desk.sites(&caller.who).await?;
    let zone = sites.iter().find(|s| s.id == site).map_or("UTC", |s| s.zone.as_str());
    places::lanes(&state.desk, &caller.who, site).await?;
    let gates = roads::now(&state.desk, &caller.who, site, zone).await?;
    let best = roads::advice(&gates).map(|g| g.name.clone());
    let views = gates.iter().map(|g| view(g, best.as_ref() == Some(&g.name))).collect();
    Ok(ok(Page::whole(views)).into_response())
}

/// Reports how the road at a gate is.
///
/// A report is a fact with a moment: told twice it counts once, and an older one than what is known changes nothing.
#[utoipa::path(post, path = "/v1/parking/parks/{site}/roads", tag = "parking", params(("site" = String, Path)), request_body = RoadReport,
    responses((status = 200, body = Page<GateView>)))]
pub(super) async fn report(
    State(state): State<AppState>,
    caller: Caller,
    Path(site): Path<Id>,
    _key: Key,
    Body(told): Body<RoadReport>,
) -> Result<Response, Failure> {
    roads::report(&state.desk, &caller.who, site, told).await?;
    gates(&state, &caller, site).await
}

/// The gates with their roads, who is at their exits, and which exit to take.
#[utoipa::path(get, path = "/v1/parking/parks/{site}/roads", tag = "parking", params(("site" = String, Path)),
    responses((status = 200, body = Page<GateView>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Path(site): Path<Id>,
) -> Result<Response, Failure> {
    gates(&state, &caller, site).await
}
