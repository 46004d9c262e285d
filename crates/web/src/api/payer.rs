//! The payer's own calls: known by the token in the address of the payer's page, good for one order and nothing else.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::problem::desk as problems;

use super::orders::whole;
use super::payments::{about, ask};
use super::shapes::{AttemptBody, AttemptView, OrderView};
use super::stream::follow;
use crate::AppState;
use crate::auth::Payer;
use crate::json::{Body, Key, Reply};
use crate::problem::Failure;

/// The order a payer's link opens.
#[utoipa::path(get, path = "/v1/pay/{token}", tag = "payer", params(("token" = String, Path)), security(()), responses((status = 200, body = OrderView)))]
pub(super) async fn show(State(state): State<AppState>, payer: Payer) -> Response {
    whole(&state, StatusCode::OK, &payer.whole)
}

/// The payer pays: by a code shown on the payer's page, or inside a wallet.
#[utoipa::path(post, path = "/v1/pay/{token}/attempts", tag = "payer", params(("token" = String, Path)), security(()), request_body = AttemptBody,
    responses((status = 201, body = AttemptView)))]
pub(super) async fn attempt(
    State(state): State<AppState>,
    payer: Payer,
    Key(key): Key,
    Body(body): Body<AttemptBody>,
) -> Result<Response, Failure> {
    if body.terminal.is_some() {
        return Err(problems::INVALID_REQUEST.with("terminal: a payer stands at none").into());
    }
    let order = payer.whole.order.id;
    let attempt = state.desk.attempt(&payer.who, &key, order, ask(body)?).await?;
    Ok(about(order, Reply(StatusCode::CREATED, AttemptView::from(&attempt))))
}

/// The order of a payer's link as it changes (SSE).
#[utoipa::path(get, path = "/v1/pay/{token}/events", tag = "payer", params(("token" = String, Path)), security(()),
    responses((status = 200, body = OrderView, content_type = "text/event-stream")))]
pub(super) async fn stream(State(state): State<AppState>, payer: Payer) -> Result<Response, Failure> {
    follow(state, payer.who, payer.whole.order.id).await
}
