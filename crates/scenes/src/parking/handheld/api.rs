//! What the handheld's screen asks: who works here, the shift, the stays for the time without a network, evidence.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::problem::desk as problems;
use desk::rows::Terminal;
use desk::{Desk, Refusal, Who};
use serde::{Deserialize, Serialize};
use store::{Id, Millis};
use web::json::{Body, Key, PathId, Query, Raw, created, ok};
use web::{AppState, Caller, Failure};

use super::steps::{Step, steps};
use crate::parking::photos::{self, About};
use crate::parking::stays;

/// The most stays a handheld keeps.
const MOST_KEPT: u32 = 200;

/// The terminal, for an operator who is signed in. Errors: `unauthenticated`, `not_found`.
async fn terminal(desk: &Desk, who: &Who, id: Id) -> Result<Terminal, Refusal> {
    if who.operator().is_none() {
        return Err(problems::UNAUTHENTICATED.with("sign in with your operator number first"));
    }
    desk.terminal(who, id).await
}

#[derive(Serialize)]
struct Person {
    id: Id,
    name: String,
}

#[derive(Serialize)]
struct ShiftNow {
    id: Id,
    operator: Option<Person>,
    opened_at: Millis,
    own: bool,
}

#[derive(Serialize)]
struct StateView {
    operator: Person,
    /// The shift that runs at this device.
    shift: Option<ShiftNow>,
    /// Another device where this operator's shift runs.
    elsewhere: Option<String>,
}

/// Who works here and whose shift it is.
pub(super) async fn state(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Response, Failure> {
    let (desk, who) = (&state.desk, &caller.who);
    let row = terminal(desk, who, id).await?;
    let people = desk.operators(who).await?;
    let person = |id: Id| people.iter().find(|p| p.id == id).map(|p| Person { id, name: p.name.clone() });
    let own = who.operator().ok_or(&problems::UNAUTHENTICATED)?;
    let shifts = desk.shifts(who, None).await?;
    let here = row.shift.and_then(|open| shifts.iter().find(|s| s.id == open));
    let shift = here.map(|s| ShiftNow {
        id: s.id,
        operator: s.operator.and_then(person),
        opened_at: s.opened_at,
        own: s.operator == Some(own),
    });
    let elsewhere = elsewhere(desk, who, own, id).await?;
    let operator = person(own).ok_or(&problems::UNAUTHENTICATED)?;
    Ok(ok(StateView { operator, shift, elsewhere }).into_response())
}

/// The other device where this operator has a shift: one device for each person.
async fn elsewhere(desk: &Desk, who: &Who, own: Id, here: Id) -> Result<Option<String>, Refusal> {
    let shifts = desk.shifts(who, None).await?;
    let other =
        shifts.iter().find(|s| s.operator == Some(own) && s.closed_at.is_none() && s.terminal != here);
    let Some(other) = other else { return Ok(None) };
    Ok(Some(desk.terminal(who, other.terminal).await?.name))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenShift {
    float: BTreeMap<String, i64>,
}

/// Opens the operator's shift with the counted float. Errors: `shift_open`, also while the operator's shift runs on another device.
pub(super) async fn open_shift(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Key(key): Key,
    Body(ask): Body<OpenShift>,
) -> Result<Response, Failure> {
    terminal(&state.desk, &caller.who, id).await?;
    let own = caller.who.operator().ok_or(&problems::UNAUTHENTICATED)?;
    if let Some(name) = elsewhere(&state.desk, &caller.who, own, id).await? {
        return Err(problems::SHIFT_OPEN
            .with(format!("your shift runs on {name}: one device for each person"))
            .into());
    }
    let float =
        serde_json::to_value(&ask.float).map_err(|e| problems::INVALID_REQUEST.with(e.to_string()))?;
    let shift = state.desk.open_shift(&caller.who, &key, id, Some(float)).await?;
    Ok(created(serde_json::json!({"id": shift.id, "opened_at": shift.opened_at})).into_response())
}

#[derive(Serialize)]
struct Kept {
    id: Id,
    plate: String,
    entered_at: i64,
    pass: bool,
    paid_until: Option<i64>,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct KeptStays {
    now: i64,
    stays: Vec<Kept>,
}

/// The stays inside with their fees of the coming hour, for the time without a network.
pub(super) async fn stays(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Response, Failure> {
    let row = terminal(&state.desk, &caller.who, id).await?;
    let inside = stays::present_at(&state.desk, &caller.who, row.site, None, MOST_KEPT).await?;
    let mut priced = steps(&state.desk, &caller.who, &inside).await?.into_iter();
    let kept = inside.into_iter().map(|stay| Kept {
        steps: priced.next().map(|(_, steps)| steps).unwrap_or_default(),
        id: stay.id,
        plate: stay.plate,
        entered_at: stay.entered_at.0,
        pass: stay.pass.is_some(),
        paid_until: stay.paid_until.map(|at| at.0),
    });
    let stays = kept.collect();
    Ok(ok(KeptStays { now: state.desk.now().0, stays }).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Evidence {
    kind: String,
    order: Id,
    taken_at: Option<Millis>,
    /// SHA-256 as the device computed it when the photo was taken, hexadecimal.
    sha256: Option<String>,
}

/// Keeps a photo as evidence of a payment. What arrives must be what the device took.
/// Errors: `parking_photo_invalid`, `parking_photo_too_large`, `not_found`.
pub(super) async fn evidence(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Key(key): Key,
    Query(what): Query<Evidence>,
    Raw(bytes): Raw,
) -> Result<Response, Failure> {
    terminal(&state.desk, &caller.who, id).await?;
    if let Some(said) = &what.sha256
        && !super::evidence::is_sha256_of(said, &bytes)
    {
        let detail = "its bytes are not the ones whose SHA-256 the device took down";
        return Err(crate::parking::problem::PHOTO_INVALID.with(detail).into());
    }
    let about =
        About { kind: what.kind, order: Some(what.order), taken_at: what.taken_at, ..About::default() };
    let photo = photos::add(&state.desk, &caller.who, &key, about, bytes.to_vec()).await?;
    Ok(created(serde_json::json!({"id": photo.id})).into_response())
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoEvidence {
    order: Id,
    reason: String,
}

/// Takes down why a payment has no photos. Errors: `parking_reason_missing`, `not_found`.
pub(super) async fn no_evidence(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Key(key): Key,
    Body(ask): Body<NoEvidence>,
) -> Result<Response, Failure> {
    terminal(&state.desk, &caller.who, id).await?;
    super::evidence::missing(&state.desk, &caller.who, &key, ask.order, id, &ask.reason).await?;
    Ok(ok(serde_json::json!({})).into_response())
}
