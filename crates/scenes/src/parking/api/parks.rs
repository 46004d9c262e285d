//! Car parks, their tariffs, lanes and shops over HTTP.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::{Id, Millis};
use utoipa::ToSchema;
use web::api::shapes::Page;
use web::json::{Body, Key, created, ok};
use web::{AppState, Caller, Failure};

use super::shapes::{LaneView, ParkView};
use crate::parking::places::{self, LaneAsk, ParkAsk, ShopAsk};

/// The car parks.
#[utoipa::path(get, path = "/v1/parking/parks", tag = "parking", responses((status = 200, body = Page<ParkView>)))]
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Result<Response, Failure> {
    let parks = places::parks(&state.desk, &caller.who).await?;
    Ok(ok(Page::whole(parks.into_iter().map(ParkView::from).collect())).into_response())
}

/// Makes a site a car park, or changes it.
#[utoipa::path(put, path = "/v1/parking/parks/{site}", tag = "parking", params(("site" = String, Path)), request_body = Object,
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
#[utoipa::path(post, path = "/v1/parking/lanes", tag = "parking", request_body = Object, responses((status = 201, body = LaneView)))]
pub(super) async fn add_lane(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(ask): Body<LaneAsk>,
) -> Result<Response, Failure> {
    Ok(created(LaneView::from(places::add_lane(&state.desk, &caller.who, &key, ask).await?)).into_response())
}

/// A shop.
#[derive(Serialize, ToSchema)]
pub(super) struct ShopAdded {
    #[schema(value_type = String)]
    id: Id,
}

/// Adds a shop that may validate.
#[utoipa::path(post, path = "/v1/parking/shops", tag = "parking", request_body = Object, responses((status = 201, body = ShopAdded)))]
pub(super) async fn add_shop(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(ask): Body<ShopAsk>,
) -> Result<Response, Failure> {
    let shop = places::add_shop(&state.desk, &caller.who, &key, ask).await?;
    Ok(created(ShopAdded { id: shop.id }).into_response())
}
