//! Car parks, their tariffs, lanes and shops over HTTP.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::{Id, Millis};
use utoipa::ToSchema;
use web::api::shapes::Page;
use web::json::{Body, Key, Path, PathId, created, ok};
use web::{AppState, Caller, Failure};

use super::shapes::{LaneView, ParkView};
use crate::parking::places::{self, LaneAsk, LaneChange, ParkAsk, ShopAsk};
use crate::parking::rows::ParkTariff;

/// The car parks.
#[utoipa::path(get, path = "/v1/parking/parks", tag = "parking", responses((status = 200, body = Page<ParkView>)))]
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Result<Response, Failure> {
    let parks = places::parks(&state.desk, &caller.who).await?;
    Ok(ok(Page::whole(parks.into_iter().map(ParkView::from).collect())).into_response())
}

/// Makes a site a car park, or changes it.
#[utoipa::path(put, path = "/v1/parking/parks/{site}", tag = "parking", params(("site" = String, Path)), request_body = ParkAsk,
    responses((status = 200, body = ParkView)))]
pub(super) async fn set(
    State(state): State<AppState>,
    caller: Caller,
    Path(site): Path<Id>,
    Body(ask): Body<ParkAsk>,
) -> Result<Response, Failure> {
    Ok(ok(ParkView::from(places::set_park(&state.desk, &caller.who, site, ask).await?)).into_response())
}

/// A version of a tariff.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTariff {
    /// The tariff in its own words; docs/parking-tariffs.md explains the format.
    toml: String,
    /// Stays that begin then or later are priced by it; now when left out.
    #[schema(value_type = Option<String>)]
    applies_from: Option<Millis>,
}

/// A version that was added.
#[derive(Serialize, ToSchema)]
pub(super) struct TariffAdded {
    #[schema(value_type = String)]
    id: Id,
    #[schema(value_type = String)]
    applies_from: Millis,
}

/// Adds a version of a car park's tariff.
#[utoipa::path(post, path = "/v1/parking/parks/{site}/tariffs", tag = "parking", params(("site" = String, Path)), request_body = NewTariff,
    responses((status = 201, body = TariffAdded)))]
pub(super) async fn add_tariff(
    State(state): State<AppState>,
    caller: Caller,
    Path(site): Path<Id>,
    Key(key): Key,
    Body(new): Body<NewTariff>,
) -> Result<Response, Failure> {
    let from = new.applies_from.unwrap_or(state.desk.now());
    let row = places::add_tariff(&state.desk, &caller.who, &key, site, &new.toml, from).await?;
    Ok(created(TariffAdded { id: row.id, applies_from: row.applies_from }).into_response())
}

/// A version of a tariff, as it stands.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkingTariff)]
pub(super) struct TariffView {
    #[schema(value_type = String)]
    id: Id,
    /// Stays that begin then or later are priced by it, unless a newer one applies.
    #[schema(value_type = String)]
    applies_from: Millis,
    /// Since when it is out of force.
    #[schema(value_type = Option<String>)]
    withdrawn_at: Option<Millis>,
    #[schema(value_type = String)]
    created_at: Millis,
    /// Its own words.
    toml: String,
}

impl From<ParkTariff> for TariffView {
    fn from(row: ParkTariff) -> Self {
        let ParkTariff { id, applies_from, withdrawn_at, created_at, toml, .. } = row;
        TariffView { id, applies_from, withdrawn_at, created_at, toml }
    }
}

/// The versions of a car park's tariff, the one that applies last first.
#[utoipa::path(get, path = "/v1/parking/parks/{site}/tariffs", tag = "parking", params(("site" = String, Path)),
    responses((status = 200, body = Page<TariffView>)))]
pub(super) async fn list_tariffs(
    State(state): State<AppState>,
    caller: Caller,
    Path(site): Path<Id>,
) -> Result<Response, Failure> {
    let rows = places::tariffs(&state.desk, &caller.who, site).await?;
    Ok(ok(Page::whole(rows.into_iter().map(TariffView::from).collect())).into_response())
}

/// Withdraws a version of a tariff.
///
/// Stays that it would have priced are priced by the version before it; what was paid stays as it is. Withdrawing it again changes nothing.
#[utoipa::path(post, path = "/v1/parking/parks/{site}/tariffs/{id}/withdraw", tag = "parking",
    params(("site" = String, Path), ("id" = String, Path)), responses((status = 200, body = TariffView)))]
pub(super) async fn withdraw_tariff(
    State(state): State<AppState>,
    caller: Caller,
    Path((site, id)): Path<(Id, Id)>,
    _key: Key,
) -> Result<Response, Failure> {
    let row = places::withdraw_tariff(&state.desk, &caller.who, site, id).await?;
    Ok(ok(TariffView::from(row)).into_response())
}

/// The lanes of a car park, with who waits at them.
#[utoipa::path(get, path = "/v1/parking/parks/{site}/lanes", tag = "parking", params(("site" = String, Path)),
    responses((status = 200, body = Page<LaneView>)))]
pub(super) async fn list_lanes(
    State(state): State<AppState>,
    caller: Caller,
    Path(site): Path<Id>,
) -> Result<Response, Failure> {
    let lanes = places::lanes(&state.desk, &caller.who, site).await?;
    Ok(ok(Page::whole(lanes.into_iter().map(LaneView::from).collect())).into_response())
}

/// Sets a lane up.
#[utoipa::path(post, path = "/v1/parking/lanes", tag = "parking", request_body = LaneAsk, responses((status = 201, body = LaneView)))]
pub(super) async fn add_lane(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(ask): Body<LaneAsk>,
) -> Result<Response, Failure> {
    Ok(created(LaneView::from(places::add_lane(&state.desk, &caller.who, &key, ask).await?)).into_response())
}

/// Changes a lane: name, gate, barrier, camera, place, or when the gate is staffed, unstaffed or closed. What is left out stays.
#[utoipa::path(patch, path = "/v1/parking/lanes/{id}", tag = "parking", params(("id" = String, Path)), request_body = LaneChange,
    responses((status = 200, body = LaneView)))]
pub(super) async fn change_lane(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Body(change): Body<LaneChange>,
) -> Result<Response, Failure> {
    Ok(ok(LaneView::from(places::change_lane(&state.desk, &caller.who, id, change).await?)).into_response())
}

/// A shop.
#[derive(Serialize, ToSchema)]
pub(super) struct ShopAdded {
    #[schema(value_type = String)]
    id: Id,
}

/// Adds a shop that may validate.
#[utoipa::path(post, path = "/v1/parking/shops", tag = "parking", request_body = ShopAsk, responses((status = 201, body = ShopAdded)))]
pub(super) async fn add_shop(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(ask): Body<ShopAsk>,
) -> Result<Response, Failure> {
    let shop = places::add_shop(&state.desk, &caller.who, &key, ask).await?;
    Ok(created(ShopAdded { id: shop.id }).into_response())
}
