//! Operators sign in and out; anybody sees who they are.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use desk::access::Actor;

use super::shapes::{SessionView, SignInBody};
use crate::AppState;
use crate::auth::{Caller, Via, cookies};
use crate::json::{Body, Key, ok};
use crate::problem::Failure;

fn view(caller: &Caller) -> SessionView<'_> {
    let actor = match caller.who.actor {
        Actor::Key(_) => "key",
        Actor::Terminal(_) => "terminal",
        Actor::Operator(_) => "operator",
        Actor::Payer(_) => "payer",
        Actor::System => "system",
    };
    let csrf_token = match &caller.via {
        Via::Cookie { csrf } => Some(csrf.as_str()),
        _ => None,
    };
    SessionView { merchant: caller.who.merchant.0, actor, role: &caller.who.role, csrf_token }
}

/// Signs an operator in: sets the session's cookie and answers the token that writes must carry.
#[utoipa::path(post, path = "/v1/session", tag = "session", security(()), request_body = SignInBody, responses((status = 200, body = SessionView)))]
pub(super) async fn sign_in(
    State(state): State<AppState>,
    _key: Key,
    Body(body): Body<SignInBody>,
) -> Result<Response, Failure> {
    let signed = state.desk.sign_in(body.name.trim(), &body.password).await?;
    let caller = Caller { who: signed.who, via: Via::Cookie { csrf: signed.csrf } };
    let mut response = ok(view(&caller)).into_response();
    response
        .headers_mut()
        .append(header::SET_COOKIE, cookies::set_session(&signed.token, state.secure_cookies));
    Ok(response)
}

/// Who is calling.
#[utoipa::path(get, path = "/v1/session", tag = "session", responses((status = 200, body = SessionView)))]
pub(super) async fn show(caller: Caller) -> Response {
    ok(view(&caller)).into_response()
}

/// Signs the operator out.
#[utoipa::path(delete, path = "/v1/session", tag = "session", responses((status = 204)))]
pub(super) async fn sign_out(
    State(state): State<AppState>,
    _caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if let Some(token) = cookies::session(&headers) {
        state.desk.sign_out(token).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().append(header::SET_COOKIE, cookies::clear_session(state.secure_cookies));
    Ok(response)
}
