//! Operators and API keys.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::NewOperator;
use desk::problem::desk as problems;
use desk::rows::Role;

use super::shapes::{KeyBody, KeyView, NewKey, OperatorBody, OperatorView, Page, text};
use crate::AppState;
use crate::auth::Caller;
use crate::json::{Body, Key, PathId, created, ok};
use crate::problem::Failure;

fn role(text: &str) -> Result<Role, Failure> {
    match Role::parse(text) {
        Role::Other(_) => Err(problems::INVALID_REQUEST
            .with(format!("role: {text:?} is not owner, manager, cashier or auditor"))
            .into()),
        known => Ok(known),
    }
}

/// The merchant's operators.
#[utoipa::path(get, path = "/v1/operators", tag = "people", responses((status = 200, body = Page<OperatorView>)))]
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Result<Response, Failure> {
    let operators = state.desk.operators(&caller.who).await?;
    Ok(ok(Page::whole(operators.iter().map(OperatorView::from).collect())).into_response())
}

/// Adds an operator.
#[utoipa::path(post, path = "/v1/operators", tag = "people", request_body = OperatorBody, responses((status = 201, body = OperatorView)))]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(body): Body<OperatorBody>,
) -> Result<Response, Failure> {
    if !(8..=200).contains(&body.password.chars().count()) {
        return Err(problems::INVALID_REQUEST.with("password: must have 8 to 200 characters").into());
    }
    let operator =
        NewOperator { name: text("name", &body.name, 60)?, password: body.password, role: role(&body.role)? };
    let made = state.desk.create_operator_once(&caller.who, &key, operator).await?;
    Ok(created(OperatorView::from(&made)).into_response())
}

/// The merchant's API keys, without their secrets.
#[utoipa::path(get, path = "/v1/keys", tag = "people", responses((status = 200, body = Page<KeyView>)))]
pub(super) async fn list_keys(State(state): State<AppState>, caller: Caller) -> Result<Response, Failure> {
    let keys = state.desk.keys(&caller.who).await?;
    Ok(ok(Page::whole(keys.into_iter().map(KeyView::from).collect())).into_response())
}

/// Takes an API key back. A key cannot take back itself.
#[utoipa::path(post, path = "/v1/keys/{key}/revoke", tag = "people", params(("key" = String, Path)), responses((status = 200, body = KeyView)))]
pub(super) async fn revoke_key(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Key(_key): Key,
) -> Result<Response, Failure> {
    // Doing it again changes nothing, so the idempotency key has nothing to keep.
    let key = state.desk.revoke_key(&caller.who, id).await?;
    Ok(ok(KeyView::from(key)).into_response())
}

/// Makes an API key. It is told once.
#[utoipa::path(post, path = "/v1/keys", tag = "people", request_body = KeyBody, responses((status = 201, body = NewKey)))]
pub(super) async fn create_key(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(body): Body<KeyBody>,
) -> Result<Response, Failure> {
    let key = state
        .desk
        .create_key_once(&caller.who, &key, &text("name", &body.name, 80)?, role(&body.role)?)
        .await?;
    Ok(created(NewKey { key }).into_response())
}
