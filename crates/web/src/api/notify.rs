//! Where channels call back. The desk checks who it is; every answer is the one the channel understands, also a refusal.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::AppState;
use crate::edge::NotTaken;
use crate::json::{self, Path};
use crate::problem::Failure;

/// Takes a channel's notification.
///
/// No key of ours: the channel's own signature is the proof, and a repetition changes nothing. The answer is in the channel's own form.
#[utoipa::path(post, path = "/v1/notify/{channel}/{account}", tag = "callbacks", security(()),
    params(("channel" = String, Path), ("account" = String, Path)), request_body(content = String, content_type = "*/*"),
    responses((status = 200, body = String, content_type = "*/*")))]
pub(super) async fn receive(
    State(state): State<AppState>,
    Path((channel, account)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Failure> {
    let headers = flat(request.headers());
    let body = json::bytes(request, &state).await?;
    let ack = state.desk.notification(&channel, &account, &headers, &body).await;
    let status = StatusCode::from_u16(ack.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, ack.body).into_response();
    if !status.is_success() {
        response.extensions_mut().insert(NotTaken);
    }
    if ack.content_type.is_empty() {
        response.headers_mut().remove(header::CONTENT_TYPE);
    } else {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(ack.content_type));
    }
    Ok(response)
}

/// Lower-case names and text values; a value that is no text cannot be part of any signature.
fn flat(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}
