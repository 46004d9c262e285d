//! Where cameras post. They can hold an address and perhaps a password, so the key comes as bearer, as the password of basic
//! authentication, or as `?key=` in the address.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use desk::Who;
use desk::dates;
use desk::problem::desk as problems;
use jiff::tz::TimeZone;
use serde::Serialize;
use store::Id;
use utoipa::ToSchema;
use web::json::{Path, Raw, ok};
use web::{AppState, Failure};

use super::shapes::{CommandView, FoundView};
use crate::parking::cameras::{self, Heard};
use crate::parking::lanes::{self, Answer, Seen};
use crate::parking::rows::Lane;

/// A camera or controller that proved itself.
pub(super) struct Device(Who);

fn basic_password(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = STANDARD.decode(rest.trim()).ok()?;
    let text = String::from_utf8(plain).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}

fn key_of(parts: &Parts) -> Option<String> {
    let header = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let bearer = header.and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    let query =
        || parts.uri.query()?.split('&').find_map(|pair| pair.strip_prefix("key=")).map(str::to_owned);
    bearer.or_else(|| header.and_then(basic_password)).or_else(query)
}

impl FromRequestParts<AppState> for Device {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let key = key_of(parts).ok_or_else(|| {
            problems::UNAUTHENTICATED
                .with("send the terminal's key as bearer, as the password, or as ?key= in the address")
        })?;
        Ok(Device(state.desk.who_by_token(&key).await?))
    }
}

/// What a lane made of what a camera sent.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkingAnswer)]
pub(super) struct AnswerView {
    /// The sighting; nothing for a heartbeat.
    #[schema(value_type = Option<String>)]
    sighting: Option<Id>,
    /// What was decided, or why there was nothing to decide; docs/parking.md lists them.
    outcome: String,
    /// The stay.
    #[schema(value_type = Option<String>)]
    stay: Option<Id>,
    /// What is due, in minor units.
    due: Option<i64>,
    /// The cars that may be meant.
    candidates: Vec<FoundView>,
    /// What the barrier was told.
    command: Option<CommandView>,
    /// Who is at the gate: `staffed`, `unstaffed`, `closed`.
    staffing: String,
}

impl From<Answer> for AnswerView {
    fn from(a: Answer) -> Self {
        AnswerView {
            sighting: Some(a.sighting),
            outcome: a.outcome,
            stay: a.stay,
            due: a.due,
            candidates: a.candidates.into_iter().map(FoundView::from).collect(),
            command: a.command.map(CommandView::from),
            staffing: a.staffing.to_string(),
        }
    }
}

fn nothing(why: &str) -> AnswerView {
    AnswerView {
        sighting: None,
        outcome: why.to_owned(),
        stay: None,
        due: None,
        candidates: Vec::new(),
        command: None,
        staffing: String::new(),
    }
}

/// A camera tells what it saw: `hikvision` (ISAPI XML, multipart or JSON), `dahua` (JSON) or `plain` (JSON of ours).
#[utoipa::path(post, path = "/v1/parking/lanes/{lane}/camera/{protocol}", tag = "callbacks",
    params(("lane" = String, Path), ("protocol" = String, Path)), request_body = String, responses((status = 200, body = AnswerView)))]
pub(super) async fn post(
    State(state): State<AppState>,
    device: Device,
    Path((lane, protocol)): Path<(Id, String)>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Failure> {
    let who = device.0;
    let row = state.desk.decide(who.merchant, move |view| view.need::<Lane, desk::Refusal>(lane)).await?;
    let zone = match state.desk.sites(&who).await?.into_iter().find(|site| site.id == row.site) {
        Some(site) => dates::zone(&site.zone).unwrap_or(TimeZone::UTC),
        None => TimeZone::UTC,
    };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut answer = nothing("nothing");
    for heard in cameras::read(&protocol, kind, &body, &zone)? {
        answer = match heard {
            Heard::Nothing(why) => nothing(why),
            Heard::Reading(reading) => {
                let seen = Seen { lane, source: protocol.clone(), reading: *reading, fact: false };
                lanes::see(&state.desk, &who, seen).await?.into()
            }
        };
    }
    Ok(ok(answer).into_response())
}
