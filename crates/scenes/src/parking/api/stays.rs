//! Stays over HTTP: looked up, entered and ended by hand, put right, with cards, validations and passes.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::{Id, Millis};
use utoipa::{IntoParams, ToSchema};
use web::api::shapes::{Page, page_size};
use web::json::{Body, Key, PathId, Query, created, ok};
use web::{AppState, Caller, Failure};

use super::shapes::{FoundView, StayView};
use crate::parking::rows::StayState;
use crate::parking::stays::{self, Correction, NewPass, NewValidation};

/// A car let in by hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnterAsk {
    /// The car park.
    #[schema(value_type = String)]
    site: Id,
    /// The plate; empty where there is none, `?` for what cannot be read.
    #[serde(default)]
    plate: String,
    /// When it came, if that was before now; needs a reason.
    #[schema(value_type = Option<String>)]
    entered_at: Option<Millis>,
    /// What is known of the vehicle in the tariff's words: `motorcycle`, `new_energy, seats=7`.
    #[serde(default)]
    vehicle: String,
    /// Why by hand.
    #[serde(default)]
    reason: String,
}

/// Lets a car in by hand.
#[utoipa::path(post, path = "/v1/parking/stays", tag = "parking", request_body = EnterAsk, responses((status = 201, body = StayView)))]
pub(super) async fn enter(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(ask): Body<EnterAsk>,
) -> Result<Response, Failure> {
    let new = stays::ByHand {
        site: ask.site,
        plate: ask.plate,
        entered_at: ask.entered_at,
        vehicle: ask.vehicle,
        reason: ask.reason,
    };
    let stay = stays::enter_by_hand(&state.desk, &caller.who, &key, new).await?;
    Ok(created(StayView::from(stay)).into_response())
}

/// Which stays.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Inside {
    /// The car park.
    #[param(value_type = String)]
    site: Id,
    /// Only those that came in before this moment.
    #[param(value_type = Option<String>)]
    entered_before: Option<Millis>,
    /// At most how many, up to 200.
    limit: Option<u32>,
}

/// The stays inside, the newest entry first.
#[utoipa::path(get, path = "/v1/parking/stays", tag = "parking", params(Inside), responses((status = 200, body = Page<StayView>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(which): Query<Inside>,
) -> Result<Response, Failure> {
    let limit = page_size(which.limit)?;
    let rows = stays::present_at(&state.desk, &caller.who, which.site, which.entered_before, limit).await?;
    Ok(ok(Page::whole(rows.into_iter().map(StayView::from).collect())).into_response())
}

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The car park.
    #[param(value_type = String)]
    site: Id,
    /// The plate, `?` for a character that cannot be read.
    plate: String,
}

/// The stays whose plate looks like that, nearest first. The driver confirms.
#[utoipa::path(get, path = "/v1/parking/lookup", tag = "parking", params(Wanted), responses((status = 200, body = Page<FoundView>)))]
pub(super) async fn lookup(
    State(state): State<AppState>,
    caller: Caller,
    Query(which): Query<Wanted>,
) -> Result<Response, Failure> {
    let found = stays::lookup(&state.desk, &caller.who, which.site, &which.plate).await?;
    Ok(ok(Page::whole(found.into_iter().map(FoundView::from).collect())).into_response())
}

/// A stay with what is due for it now, and the order that is open for it.
#[utoipa::path(get, path = "/v1/parking/stays/{id}", tag = "parking", params(("id" = String, Path)), responses((status = 200, body = StayView)))]
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Response, Failure> {
    let stay = stays::stay(&state.desk, &caller.who, id).await?;
    if stay.state != StayState::Inside {
        return Ok(ok(StayView::from(stay)).into_response());
    }
    let (stay, priced) = stays::owes(&state.desk, &caller.who, id).await?;
    let mut view = StayView::priced(stay, &priced);
    view.open_order = stays::open_order_of(&state.desk, caller.who.merchant, id).await?;
    Ok(ok(view).into_response())
}

/// A plate put right.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlateAsk {
    plate: String,
    reason: String,
}

/// Puts a plate right.
#[utoipa::path(post, path = "/v1/parking/stays/{id}/plate", tag = "parking", params(("id" = String, Path)), request_body = PlateAsk,
    responses((status = 200, body = StayView)))]
pub(super) async fn correct(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Key(key): Key,
    Body(ask): Body<PlateAsk>,
) -> Result<Response, Failure> {
    let ask = Correction { stay: id, plate: ask.plate, reason: ask.reason };
    let stay = stays::correct_plate(&state.desk, &caller.who, &key, ask).await?;
    Ok(ok(StayView::from(stay)).into_response())
}

/// An entry time put right.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryTimeAsk {
    #[schema(value_type = String)]
    entered_at: Millis,
    reason: String,
}

/// Puts the moment of entry right.
#[utoipa::path(post, path = "/v1/parking/stays/{id}/entry-time", tag = "parking", params(("id" = String, Path)), request_body = EntryTimeAsk,
    responses((status = 200, body = StayView)))]
pub(super) async fn entry_time(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Key(key): Key,
    Body(ask): Body<EntryTimeAsk>,
) -> Result<Response, Failure> {
    let stay = stays::set_entry_time(&state.desk, &caller.who, &key, id, ask.entered_at, &ask.reason).await?;
    Ok(ok(StayView::from(stay)).into_response())
}

/// A stay ended by hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EndAsk {
    /// True for a stay that never was.
    #[serde(default)]
    void: bool,
    reason: String,
}

/// Ends a stay that no camera saw leaving, or takes one back that never was.
#[utoipa::path(post, path = "/v1/parking/stays/{id}/end", tag = "parking", params(("id" = String, Path)), request_body = EndAsk,
    responses((status = 200, body = StayView)))]
pub(super) async fn end(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Key(key): Key,
    Body(ask): Body<EndAsk>,
) -> Result<Response, Failure> {
    let stay = stays::end_by_hand(&state.desk, &caller.who, &key, id, ask.void, &ask.reason).await?;
    Ok(ok(StayView::from(stay)).into_response())
}

/// A card handed over.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CardAsk {
    /// The printed code.
    card: String,
}

/// Hands an IC card to a stay.
#[utoipa::path(post, path = "/v1/parking/stays/{id}/card", tag = "parking", params(("id" = String, Path)), request_body = CardAsk,
    responses((status = 200, body = StayView)))]
pub(super) async fn card(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Key(key): Key,
    Body(ask): Body<CardAsk>,
) -> Result<Response, Failure> {
    stays::issue_card(&state.desk, &caller.who, &key, id, &ask.card).await?;
    let stay = stays::stay(&state.desk, &caller.who, id).await?;
    Ok(ok(StayView::from(stay)).into_response())
}

/// Something that was added.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkingAdded)]
pub(super) struct Added {
    #[schema(value_type = String)]
    pub(super) id: Id,
}

/// Gives a validation for a stay.
#[utoipa::path(post, path = "/v1/parking/validations", tag = "parking", request_body = NewValidation, responses((status = 201, body = Added)))]
pub(super) async fn validation(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(new): Body<NewValidation>,
) -> Result<Response, Failure> {
    let row = stays::validate(&state.desk, &caller.who, &key, new).await?;
    Ok(created(Added { id: row.id }).into_response())
}

/// Adds a pass.
#[utoipa::path(post, path = "/v1/parking/passes", tag = "parking", request_body = NewPass, responses((status = 201, body = Added)))]
pub(super) async fn add_pass(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(new): Body<NewPass>,
) -> Result<Response, Failure> {
    let pass = stays::add_pass(&state.desk, &caller.who, &key, new).await?;
    Ok(created(Added { id: pass.id }).into_response())
}
