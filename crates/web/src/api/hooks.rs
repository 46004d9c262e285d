//! Webhook endpoints: who is told of events, what was not taken, replay.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::Act;
use desk::hooks::NewEndpoint;

use super::shapes::{DeliveryView, EndpointBody, EndpointChange, EndpointView, Page, ResendBody};
use super::terminals::standing as read_standing;
use crate::AppState;
use crate::auth::Caller;
use crate::json::{Body, Key, PathId, created, ok};
use crate::problem::Failure;

/// The merchant's webhook endpoints.
#[utoipa::path(get, path = "/v1/webhooks", tag = "events", responses((status = 200, body = Page<EndpointView>)))]
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Result<Response, Failure> {
    let endpoints = state.desk.endpoints(&caller.who).await?;
    let secrets = caller.who.may(Act::ManagePeople);
    Ok(ok(Page::whole(endpoints.iter().map(|e| EndpointView::of(e, secrets)).collect())).into_response())
}

/// Adds an endpoint. Every event is posted to it, signed as in the Standard Webhooks specification, repeated sixteen times over a day.
#[utoipa::path(post, path = "/v1/webhooks", tag = "events", request_body = EndpointBody, responses((status = 201, body = EndpointView)))]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(body): Body<EndpointBody>,
) -> Result<Response, Failure> {
    let new = NewEndpoint { url: body.url, after: body.after };
    let made = state.desk.create_endpoint(&caller.who, &key, new).await?;
    Ok(created(EndpointView::of(&made, true)).into_response())
}

/// Switches an endpoint on or off, or posts everything after an event again.
#[utoipa::path(patch, path = "/v1/webhooks/{endpoint}", tag = "events", params(("endpoint" = String, Path)), request_body = EndpointChange,
    responses((status = 200, body = EndpointView)))]
pub(super) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    PathId(endpoint): PathId,
    Body(body): Body<EndpointChange>,
) -> Result<Response, Failure> {
    let standing = read_standing(&body.standing)?;
    let row = state.desk.set_endpoint(&caller.who, endpoint, standing, body.replay_after).await?;
    Ok(ok(EndpointView::of(&row, false)).into_response())
}

/// What endpoints have not taken after every repetition.
#[utoipa::path(get, path = "/v1/webhooks/parked", tag = "events", responses((status = 200, body = Page<DeliveryView>)))]
pub(super) async fn parked(State(state): State<AppState>, caller: Caller) -> Result<Response, Failure> {
    let rows = state.desk.parked_deliveries(&caller.who).await?;
    Ok(ok(Page::whole(rows.iter().map(DeliveryView::from).collect())).into_response())
}

/// Sends a parked delivery once more.
#[utoipa::path(post, path = "/v1/webhooks/{endpoint}/resend", tag = "events", params(("endpoint" = String, Path)), request_body = ResendBody,
    responses((status = 200, body = DeliveryView)))]
pub(super) async fn resend(
    State(state): State<AppState>,
    caller: Caller,
    PathId(endpoint): PathId,
    _key: Key,
    Body(body): Body<ResendBody>,
) -> Result<Response, Failure> {
    let row = state.desk.resend(&caller.who, endpoint, body.seq).await?;
    Ok(ok(DeliveryView::from(&row)).into_response())
}
