//! Lanes over HTTP: what barriers fetch and say, and opening by hand.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use store::Id;
use utoipa::ToSchema;
use web::api::shapes::Page;
use web::json::{Body, Key, PathId, created, ok};
use web::{AppState, Caller, Failure};

use super::cameras::AnswerView;
use super::shapes::CommandView;
use super::stays::Added;
use crate::parking::lanes;

/// A barrier opened by hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenAsk {
    /// The stay that leaves by it; the one that waits when left out.
    #[schema(value_type = Option<String>)]
    stay: Option<Id>,
    /// Why.
    reason: String,
}

/// Opens a barrier by hand. It leaves a trace.
#[utoipa::path(post, path = "/v1/parking/lanes/{id}/open", tag = "parking", params(("id" = String, Path)), request_body = OpenAsk,
    responses((status = 201, body = CommandView)))]
pub(super) async fn open(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Key(key): Key,
    Body(ask): Body<OpenAsk>,
) -> Result<Response, Failure> {
    let command = lanes::open_by_hand(&state.desk, &caller.who, &key, id, ask.stay, &ask.reason).await?;
    Ok(created(CommandView::from(command)).into_response())
}

/// What the barrier of a lane is to do, oldest first.
#[utoipa::path(get, path = "/v1/parking/lanes/{id}/commands", tag = "parking", params(("id" = String, Path)),
    responses((status = 200, body = Page<CommandView>)))]
pub(super) async fn commands(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Response, Failure> {
    let rows = lanes::commands(&state.desk, &caller.who, id).await?;
    Ok(ok(Page::whole(rows.into_iter().map(CommandView::from).collect())).into_response())
}

/// What became of a command.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AckAsk {
    /// True when the barrier opened.
    done: bool,
    /// What it said.
    note: Option<String>,
}

/// The barrier says what became of a command. Saying it twice changes nothing.
#[utoipa::path(post, path = "/v1/parking/commands/{id}/ack", tag = "parking", params(("id" = String, Path)), request_body = AckAsk,
    responses((status = 200, body = CommandView)))]
pub(super) async fn ack(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Key(key): Key,
    Body(ask): Body<AckAsk>,
) -> Result<Response, Failure> {
    let command = lanes::acknowledge(&state.desk, &caller.who, &key, id, ask.done, ask.note).await?;
    Ok(ok(CommandView::from(command)).into_response())
}

/// Which car stands there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmAsk {
    #[schema(value_type = String)]
    stay: Id,
}

/// Says which car stands at an exit whose camera could not tell: it leaves, or its fee is offered.
#[utoipa::path(post, path = "/v1/parking/lanes/{id}/confirm", tag = "parking", params(("id" = String, Path)), request_body = ConfirmAsk,
    responses((status = 200, body = AnswerView)))]
pub(super) async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Key(key): Key,
    Body(ask): Body<ConfirmAsk>,
) -> Result<Response, Failure> {
    let answer = lanes::confirm(&state.desk, &caller.who, &key, id, ask.stay).await?;
    Ok(ok(AnswerView::from(answer)).into_response())
}

/// A call for help.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CallAsk {
    #[serde(default)]
    reason: String,
}

/// Somebody at a lane asks for help.
#[utoipa::path(post, path = "/v1/parking/lanes/{id}/call", tag = "parking", params(("id" = String, Path)), request_body = CallAsk,
    responses((status = 201, body = Added)))]
pub(super) async fn call(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Key(key): Key,
    Body(ask): Body<CallAsk>,
) -> Result<Response, Failure> {
    let call = lanes::call(&state.desk, &caller.who, &key, id, &ask.reason).await?;
    Ok(created(Added { id: call.id }).into_response())
}
