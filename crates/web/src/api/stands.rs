//! Stands: the order that waits at one.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::Id;
use utoipa::ToSchema;

use crate::AppState;
use crate::auth::Caller;
use crate::json::{Body, Key, PathId, ok};
use crate::problem::Failure;

/// What a stand is to show.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskBody {
    /// The order; `null` takes back what waits there.
    #[schema(value_type = Option<String>)]
    pub(super) order: Option<Id>,
}

/// What waits at a stand.
#[derive(Serialize, ToSchema)]
pub(super) struct AskView {
    /// The order; absent when none waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    order: Option<Id>,
    /// The address of the stand's code.
    url: String,
}

/// Sends an order to a stand.
///
/// Whoever scans the stand's code then pays this order; it waits there until it is paid, closed or taken back. While another order waits, the
/// answer is `stand_taken`.
#[utoipa::path(post, path = "/v1/terminals/{terminal}/ask", tag = "terminals", params(("terminal" = String, Path)), request_body = AskBody,
    responses((status = 200, body = AskView)))]
pub(super) async fn ask(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    Key(key): Key,
    Body(body): Body<AskBody>,
) -> Result<Response, Failure> {
    let waits = state.desk.ask_at_stand(&caller.who, &key, terminal, body.order).await?;
    let url = format!("{}/s/{terminal}", state.base_url);
    Ok(ok(AskView { order: waits.map(|o| o.id), url }).into_response())
}
