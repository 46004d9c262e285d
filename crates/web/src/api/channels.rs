//! The merchant's accounts at remote channels.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::NewChannel;
use desk::problem::desk as problems;

use super::shapes::{ChannelAccountView, ChannelBody, Page, StandingBody, text};
use super::terminals::standing as read_standing;
use crate::AppState;
use crate::auth::Caller;
use crate::json::{Body, Path, ok};
use crate::problem::Failure;

/// The merchant's channel accounts.
#[utoipa::path(get, path = "/v1/channel-accounts", tag = "channels", responses((status = 200, body = Page<ChannelAccountView>)))]
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Result<Response, Failure> {
    let accounts = state.desk.channel_accounts(&caller.who).await?;
    Ok(ok(Page::whole(accounts.iter().map(ChannelAccountView::from).collect())).into_response())
}

/// Sets the account at a channel. The settings are tried before they are kept.
#[utoipa::path(put, path = "/v1/channel-accounts/{channel}", tag = "channels", params(("channel" = String, Path)), request_body = ChannelBody,
    responses((status = 200, body = ChannelAccountView)))]
pub(super) async fn set(
    State(state): State<AppState>,
    caller: Caller,
    Path(channel): Path<String>,
    Body(body): Body<ChannelBody>,
) -> Result<Response, Failure> {
    if !body.settings.is_object() {
        return Err(problems::INVALID_REQUEST.with("settings: must be an object").into());
    }
    let name = text("name", &body.name, 80)?;
    let account =
        state.desk.set_channel(&caller.who, NewChannel { channel, name, settings: body.settings }).await?;
    Ok(ok(ChannelAccountView::from(&account)).into_response())
}

/// Switches a channel on or off.
#[utoipa::path(patch, path = "/v1/channel-accounts/{channel}", tag = "channels", params(("channel" = String, Path)), request_body = StandingBody,
    responses((status = 200, body = ChannelAccountView)))]
pub(super) async fn standing(
    State(state): State<AppState>,
    caller: Caller,
    Path(channel): Path<String>,
    Body(body): Body<StandingBody>,
) -> Result<Response, Failure> {
    let standing = read_standing(&body.standing)?;
    let accounts = state.desk.channel_accounts(&caller.who).await?;
    let account = accounts
        .iter()
        .find(|a| a.channel == channel)
        .ok_or_else(|| problems::UNKNOWN_CHANNEL.with(format!("{channel:?} is not set up")))?;
    let account = state.desk.set_channel_standing(&caller.who, account.id, standing).await?;
    Ok(ok(ChannelAccountView::from(&account)).into_response())
}
