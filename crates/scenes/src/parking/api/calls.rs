//! Calls for help over HTTP: who waits at which lane, and what came of it.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::{Id, Millis};
use utoipa::{IntoParams, ToSchema};
use web::api::shapes::{Page, text};
use web::json::{Body, Key, PathId, Query, ok};
use web::{AppState, Caller, Failure};

use crate::parking::lanes;
use crate::parking::rows::Call;

/// A call for help from a lane.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkingCall)]
struct CallView {
    #[schema(value_type = String)]
    id: Id,
    #[schema(value_type = String)]
    lane: Id,
    #[schema(value_type = String)]
    site: Id,
    /// The stay that waited at the lane.
    #[schema(value_type = Option<String>)]
    stay: Option<Id>,
    reason: String,
    #[schema(value_type = String)]
    created_at: Millis,
    /// When somebody answered.
    #[schema(value_type = Option<String>)]
    answered_at: Option<Millis>,
    #[schema(value_type = Option<String>)]
    operator: Option<Id>,
    /// What came of it.
    outcome: Option<String>,
}

impl From<Call> for CallView {
    fn from(c: Call) -> Self {
        let Call { id, lane, site, stay, reason, created_at, answered_at, operator, outcome } = c;
        CallView { id, lane, site, stay, reason, created_at, answered_at, operator, outcome }
    }
}

/// Which calls.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The car park.
    #[param(value_type = String)]
    site: Id,
    /// Those that were answered too, the newest first.
    #[serde(default)]
    all: bool,
}

/// The calls for help that nobody has answered, oldest first; with `all`, the last hundred.
#[utoipa::path(get, path = "/v1/parking/calls", tag = "parking", params(Which), responses((status = 200, body = Page<CallView>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<Response, Failure> {
    let calls = if which.all {
        lanes::last_calls(&state.desk, &caller.who, which.site).await?
    } else {
        lanes::open_calls(&state.desk, &caller.who, which.site).await?
    };
    Ok(ok(Page::whole(calls.into_iter().map(CallView::from).collect())).into_response())
}

/// What came of a call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerAsk {
    /// In a few words: `opened by hand`.
    outcome: String,
}

/// Answers a call for help. The first answer stays.
#[utoipa::path(post, path = "/v1/parking/calls/{id}/answer", tag = "parking", params(("id" = String, Path)), request_body = AnswerAsk,
    responses((status = 200, body = CallView)))]
pub(super) async fn answer(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    _key: Key,
    Body(ask): Body<AnswerAsk>,
) -> Result<Response, Failure> {
    let outcome = text("outcome", &ask.outcome, 200)?;
    let call = lanes::answer_call(&state.desk, &caller.who, id, &outcome).await?;
    Ok(ok(CallView::from(call)).into_response())
}
