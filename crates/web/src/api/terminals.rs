//! Sites and terminals: listed, made, enrolled; what a terminal may offer; shifts at it.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::problem::desk as problems;
use desk::rows::{Presentment, Standing};
use desk::{NewSite, NewTerminal, Offer};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::shapes::{
    CloseShiftBody, EnrolBody, EnrolledView, EnrolmentCode, OpenShiftBody, Page, ShiftView, SiteBody,
    SiteView, StandingBody, TerminalBody, TerminalView, text,
};
use crate::AppState;
use crate::auth::Caller;
use crate::json::{Body, Key, PathId, Reply, created, ok};
use crate::problem::Failure;

/// The merchant's sites.
#[utoipa::path(get, path = "/v1/sites", tag = "terminals", responses((status = 200, body = Page<SiteView>)))]
pub(super) async fn sites(State(state): State<AppState>, caller: Caller) -> Result<Response, Failure> {
    let sites = state.desk.sites(&caller.who).await?;
    Ok(ok(Page::whole(sites.iter().map(SiteView::from).collect())).into_response())
}

/// Adds a site.
#[utoipa::path(post, path = "/v1/sites", tag = "terminals", request_body = SiteBody, responses((status = 201, body = SiteView)))]
pub(super) async fn create_site(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(body): Body<SiteBody>,
) -> Result<Response, Failure> {
    let site = NewSite {
        name: text("name", &body.name, 80)?,
        zone: body.zone,
        cut_off_minutes: body.cut_off_minutes.unwrap_or(0),
        address: body.address.unwrap_or_default(),
    };
    let made = state.desk.create_site_once(&caller.who, &key, site).await?;
    Ok(created(SiteView::from(&made)).into_response())
}

/// The merchant's terminals.
#[utoipa::path(get, path = "/v1/terminals", tag = "terminals", responses((status = 200, body = Page<TerminalView>)))]
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Result<Response, Failure> {
    let terminals = state.desk.terminals(&caller.who).await?;
    Ok(ok(Page::whole(terminals.iter().map(TerminalView::from).collect())).into_response())
}

/// Adds a terminal. A device becomes it by an enrolment code.
#[utoipa::path(post, path = "/v1/terminals", tag = "terminals", request_body = TerminalBody, responses((status = 201, body = TerminalView)))]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(body): Body<TerminalBody>,
) -> Result<Response, Failure> {
    let terminal = NewTerminal {
        site: body.site,
        name: text("name", &body.name, 80)?,
        kind: text("kind", &body.kind, 40)?,
        capabilities: body.capabilities,
        unattended: body.unattended,
    };
    let made = state.desk.create_terminal_once(&caller.who, &key, terminal).await?;
    Ok(created(TerminalView::from(&made)).into_response())
}

/// One terminal.
#[utoipa::path(get, path = "/v1/terminals/{terminal}", tag = "terminals", params(("terminal" = String, Path)), responses((status = 200, body = TerminalView)))]
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
) -> Result<Response, Failure> {
    let terminal = state.desk.terminal(&caller.who, terminal).await?;
    Ok(ok(TerminalView::from(&terminal)).into_response())
}

/// Reads `on` or `off`. Error: `invalid_request`.
pub(super) fn standing(text: &str) -> Result<Standing, Failure> {
    match Standing::parse(text) {
        Standing::Other(_) => {
            Err(problems::INVALID_REQUEST.with(format!("standing: {text:?} is not on or off")).into())
        }
        known => Ok(known),
    }
}

/// Switches a terminal on or off.
#[utoipa::path(patch, path = "/v1/terminals/{terminal}", tag = "terminals", params(("terminal" = String, Path)), request_body = StandingBody,
    responses((status = 200, body = TerminalView)))]
pub(super) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    Body(body): Body<StandingBody>,
) -> Result<Response, Failure> {
    let changed = state.desk.set_terminal(&caller.who, terminal, standing(&body.standing)?).await?;
    Ok(ok(TerminalView::from(&changed)).into_response())
}

/// Makes a one-time code by which a device becomes this terminal.
#[utoipa::path(post, path = "/v1/terminals/{terminal}/enrolment", tag = "terminals", params(("terminal" = String, Path)),
    responses((status = 201, body = EnrolmentCode)))]
pub(super) async fn enrolment(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    Key(key): Key,
) -> Result<Response, Failure> {
    let code = state.desk.new_enrolment_once(&caller.who, &key, terminal).await?;
    Ok(created(EnrolmentCode { code }).into_response())
}

/// A device becomes a terminal. The code is the proof; the key it gets is told once.
#[utoipa::path(post, path = "/v1/enrol", tag = "terminals", security(()), request_body = EnrolBody, responses((status = 201, body = EnrolledView)))]
pub(super) async fn enrol(
    State(state): State<AppState>,
    _key: Key,
    Body(body): Body<EnrolBody>,
) -> Result<Response, Failure> {
    let (key, terminal) = state.desk.enrol(body.code.trim()).await?;
    Ok(created(EnrolledView { key: &key, terminal: (&terminal).into() }).into_response())
}

/// A channel that may be used now, and how.
#[derive(Serialize, ToSchema)]
#[schema(as = Offer)]
struct OfferView {
    /// The channel.
    #[schema(value_type = String)]
    channel: &'static str,
    /// Its name on English screens.
    #[schema(value_type = String)]
    name_en: &'static str,
    /// Its name on Chinese screens.
    #[schema(value_type = String)]
    name_zh: &'static str,
    /// How payer and terminal can meet.
    #[schema(value_type = Vec<String>)]
    presentments: Vec<Presentment>,
}

/// What a terminal may offer its payers now.
#[utoipa::path(get, path = "/v1/terminals/{terminal}/offers", tag = "terminals", params(("terminal" = String, Path)),
    responses((status = 200, body = Page<OfferView>)))]
pub(super) async fn offers(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
) -> Result<Response, Failure> {
    let offers = state.desk.offers(&caller.who, Some(terminal)).await?;
    let view = |o: &'_ Offer| OfferView {
        channel: o.channel,
        name_en: o.name_en,
        name_zh: o.name_zh,
        presentments: o.presentments.clone(),
    };
    Ok(ok(Page::whole(offers.iter().map(view).collect())).into_response())
}

fn pieces(float: &BTreeMap<String, i64>) -> Result<Value, Failure> {
    for (value, count) in float {
        if value.parse::<i64>().is_err() || !(0..=100_000).contains(count) {
            return Err(problems::INVALID_REQUEST
                .with(format!("float.{value}: is not a count of pieces of one value"))
                .into());
        }
    }
    serde_json::to_value(float).map_err(|e| problems::INVALID_REQUEST.with(e.to_string()).into())
}

/// Opens a shift at a terminal.
#[utoipa::path(post, path = "/v1/terminals/{terminal}/shift", tag = "terminals", params(("terminal" = String, Path)), request_body = OpenShiftBody,
    responses((status = 201, body = ShiftView)))]
pub(super) async fn open_shift(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    Key(key): Key,
    Body(body): Body<OpenShiftBody>,
) -> Result<Response, Failure> {
    let float = body.float.as_ref().map(pieces).transpose()?;
    let shift = state.desk.open_shift(&caller.who, &key, terminal, float).await?;
    Ok(Reply(StatusCode::CREATED, ShiftView::from(&shift)).into_response())
}

/// Closes the shift at a terminal with what was counted.
#[utoipa::path(post, path = "/v1/terminals/{terminal}/shift/close", tag = "terminals", params(("terminal" = String, Path)),
    request_body = CloseShiftBody, responses((status = 200, body = ShiftView)))]
pub(super) async fn close_shift(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    Key(key): Key,
    Body(body): Body<CloseShiftBody>,
) -> Result<Response, Failure> {
    let note = body.note.as_deref().map(|n| text("note", n, 200)).transpose()?;
    let shift = state.desk.close_shift(&caller.who, &key, terminal, body.counted, note).await?;
    Ok(ok(ShiftView::from(&shift)).into_response())
}
