//! Operators and API keys.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::NewOperator;
use desk::problem::desk as problems;
use desk::rows::Role;

use super::shapes::{KeyBody, NewKey, OperatorBody, OperatorView, Page, text};
use crate::AppState;
use crate::auth::Caller;
use crate::json::{Body, Key, created, ok};
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
