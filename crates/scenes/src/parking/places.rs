//! Setting a car park up: the park, its tariffs, its lanes, its shops.

use desk::access::Act;
use desk::once::Once;
use desk::rows::{Site, Standing, Terminal};
use desk::{Desk, Refusal, Who};
use serde::{Deserialize, Serialize};
use store::{Id, Json, Millis, Stop, View};
use utoipa::ToSchema;

use super::problem;
use super::rows::{
    Direction, Lane, LanesOfSite, Park, ParkOptions, ParkTariff, Shop, ShopLimits, TariffsOfSite, Window,
};
use super::stays::tariffs;

/// How a car park is described.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ParkAsk {
    /// Its name on English screens.
    pub name_en: String,
    /// Its name on Chinese screens.
    pub name_zh: String,
    /// How many cars it holds.
    pub spaces: i64,
    /// Where it is, in millionths of a degree north.
    #[serde(default)]
    pub latitude: i64,
    /// Where it is, in millionths of a degree east.
    #[serde(default)]
    pub longitude: i64,
    /// How it deals with cameras, cards and cars without a pass.
    #[serde(default)]
    pub options: ParkOptions,
}

/// A lane to be set up.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LaneAsk {
    /// The car park.
    #[schema(value_type = String)]
    pub site: Id,
    /// Its name.
    pub name: String,
    /// The gate it belongs to: `east`.
    pub gate: String,
    /// Which way it leads: `entry` or `exit`.
    #[schema(value_type = String)]
    pub direction: Direction,
    /// The terminal that opens the barrier.
    #[schema(value_type = Option<String>)]
    pub barrier: Option<Id>,
    /// The camera's own name, where it has one.
    #[serde(default)]
    pub camera: String,
    /// When the gate is staffed, unstaffed or closed.
    #[serde(default)]
    pub schedule: Vec<Window>,
    /// Millionths of a degree north.
    #[serde(default)]
    pub latitude: i64,
    /// Millionths of a degree east.
    #[serde(default)]
    pub longitude: i64,
}

/// What changes about a lane; what is left out stays. Its site and direction never change.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LaneChange {
    /// Its name.
    pub name: Option<String>,
    /// The gate it belongs to.
    pub gate: Option<String>,
    /// The terminal that opens the barrier.
    #[schema(value_type = Option<String>)]
    pub barrier: Option<Id>,
    /// The camera's own name.
    pub camera: Option<String>,
    /// When the gate is staffed, unstaffed or closed; replaces the whole schedule.
    pub schedule: Option<Vec<Window>>,
    /// Millionths of a degree north.
    pub latitude: Option<i64>,
    /// Millionths of a degree east.
    pub longitude: Option<i64>,
}

/// A shop that validates.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShopAsk {
    /// The car park.
    #[schema(value_type = String)]
    pub site: Id,
    /// Its name on English screens.
    pub name_en: String,
    /// Its name on Chinese screens.
    pub name_zh: String,
    /// The validations of the tariff it may give.
    pub codes: Vec<String>,
    /// How many.
    #[serde(default)]
    pub limits: ShopLimits,
}

/// Makes a site a car park, or changes it. Errors: `forbidden`, `not_found`, `invalid_request`.
pub async fn set_park(desk: &Desk, who: &Who, site: Id, ask: ParkAsk) -> Result<Park, Refusal> {
    who.need(Act::ManageTerminals)?;
    if !(0..=1_000_000).contains(&ask.spaces) {
        return Err(desk::problem::desk::INVALID_REQUEST.with("spaces: 0 to 1000000"));
    }
    desk.decide(who.merchant, move |view| {
        view.need::<Site, Refusal>(site)?;
        let before = view.get::<Park>(site)?;
        let park = Park {
            site,
            created_at: before.as_ref().map_or(view.now(), |p| p.created_at),
            name_en: ask.name_en.clone(),
            name_zh: ask.name_zh.clone(),
            spaces: ask.spaces,
            inside: before.as_ref().map_or(0, |p| p.inside),
            latitude: ask.latitude,
            longitude: ask.longitude,
            options: Json(ask.options.clone()),
            version: before.as_ref().map_or(1, |p| p.version + 1),
        };
        view.put(park.clone());
        Ok(park)
    })
    .await
}

/// Adds a version of a car park's tariff; stays that begin at `applies_from` or later are priced by it.
/// Errors: `parking_tariff_invalid`, `parking_no_car_park`, `forbidden`.
pub async fn add_tariff(
    desk: &Desk,
    who: &Who,
    key: &str,
    site: Id,
    toml: &str,
    applies_from: Millis,
) -> Result<ParkTariff, Refusal> {
    who.need(Act::ManageCatalogue)?;
    let once = Once::new(key, "parking.tariff", &(site, toml, applies_from))?;
    tariffs::parse(toml)?;
    let (toml, operator) = (toml.to_owned(), who.operator());
    desk.decide(who.merchant, move |view| {
        if let Some(made) = once.made(view)? {
            return view.need::<ParkTariff, Refusal>(made);
        }
        super::stays::enter::park(view, site)?;
        if view.by::<TariffsOfSite>(site)?.len() >= 60 {
            return Err(Stop::Refused(problem::TARIFF_INVALID.with("the car park has 60 versions already")));
        }
        let row = ParkTariff {
            id: view.id(),
            site,
            applies_from,
            toml: toml.clone(),
            created_at: view.now(),
            operator,
            withdrawn_at: None,
        };
        view.add(row.clone());
        view.emit(
            "parking.tariff_added",
            row.id,
            serde_json::json!({"site": site, "applies_from": applies_from}),
        );
        once.record(view, row.id);
        Ok(row)
    })
    .await
}

/// Sets a lane up. Errors: `parking_no_car_park`, `parking_schedule_invalid`, `parking_lane_unable`, `forbidden`.
pub async fn add_lane(desk: &Desk, who: &Who, key: &str, ask: LaneAsk) -> Result<Lane, Refusal> {
    who.need(Act::ManageTerminals)?;
    let once = Once::new(key, "parking.lane", &ask)?;
    super::lanes::schedule::check(&ask.schedule)?;
    desk.decide(who.merchant, move |view| {
        if let Some(made) = once.made(view)? {
            return view.need::<Lane, Refusal>(made);
        }
        super::stays::enter::park(view, ask.site)?;
        if let Some(barrier) = ask.barrier {
            opens_barrier(view, ask.site, barrier)?;
        }
        let lane = Lane {
            id: view.id(),
            site: ask.site,
            direction: ask.direction.clone(),
            created_at: view.now(),
            name: ask.name.clone(),
            gate: ask.gate.clone(),
            barrier: ask.barrier,
            camera: ask.camera.clone(),
            schedule: Json(ask.schedule.clone()),
            latitude: ask.latitude,
            longitude: ask.longitude,
            waiting: None,
            waiting_since: None,
            waiting_cause: None,
            last_sighting: None,
            last_plate: String::new(),
            last_at: None,
            version: 1,
        };
        view.add(lane.clone());
        once.record(view, lane.id);
        Ok(lane)
    })
    .await
}

/// Error: `parking_lane_unable`, `not_found`.
fn opens_barrier(view: &mut View, site: Id, barrier: Id) -> Result<(), Stop<Refusal>> {
    let terminal = view.need::<Terminal, Refusal>(barrier)?;
    if terminal.site == site && terminal.capabilities.iter().any(|c| c == "opens_barrier") {
        return Ok(());
    }
    Err(Stop::Refused(problem::LANE_UNABLE.with("barrier: a terminal of this site that opens_barrier")))
}

/// Changes a lane: its name, its barrier, when its gate is staffed. Errors: `parking_schedule_invalid`, `parking_lane_unable`, `not_found`,
/// `forbidden`.
pub async fn change_lane(desk: &Desk, who: &Who, id: Id, change: LaneChange) -> Result<Lane, Refusal> {
    who.need(Act::ManageTerminals)?;
    super::lanes::schedule::check(change.schedule.as_deref().unwrap_or_default())?;
    desk.decide(who.merchant, move |view| {
        let mut lane = view.need::<Lane, Refusal>(id)?;
        let change = change.clone();
        if let Some(barrier) = change.barrier {
            opens_barrier(view, lane.site, barrier)?;
            lane.barrier = Some(barrier);
        }
        lane.name = change.name.unwrap_or(lane.name);
        lane.gate = change.gate.unwrap_or(lane.gate);
        lane.camera = change.camera.unwrap_or(lane.camera);
        lane.schedule = change.schedule.map_or(lane.schedule, Json);
        lane.latitude = change.latitude.unwrap_or(lane.latitude);
        lane.longitude = change.longitude.unwrap_or(lane.longitude);
        lane.version += 1;
        view.put(lane.clone());
        Ok(lane)
    })
    .await
}

/// The versions of a car park's tariff, the one that applies last first.
pub async fn tariffs(desk: &Desk, who: &Who, site: Id) -> Result<Vec<ParkTariff>, Refusal> {
    who.need(Act::Look)?;
    desk.decide(who.merchant, move |view| {
        super::stays::enter::park(view, site)?;
        let mut versions = view.by::<TariffsOfSite>(site)?;
        versions.sort_by_key(|v| std::cmp::Reverse((v.applies_from, v.id)));
        Ok(versions)
    })
    .await
}

/// Withdraws a version of a tariff: the stays that it would have priced are priced by the version before it. The version that applies first cannot go while
/// others stand on it. Withdrawing it again changes nothing. Errors: `parking_tariff_needed`, `not_found`, `forbidden`.
pub async fn withdraw_tariff(desk: &Desk, who: &Who, site: Id, id: Id) -> Result<ParkTariff, Refusal> {
    who.need(Act::ManageCatalogue)?;
    desk.decide(who.merchant, move |view| {
        let mut row = view.need::<ParkTariff, Refusal>(id)?;
        if row.site != site {
            return Err(Stop::Refused((&desk::problem::desk::NOT_FOUND).into()));
        }
        if row.withdrawn_at.is_some() {
            return Ok(row);
        }
        let versions = view.by::<TariffsOfSite>(site)?;
        let stands = |v: &&ParkTariff| v.id != id && v.withdrawn_at.is_none();
        if row.applies_from <= view.now()
            && !versions.iter().filter(stands).any(|v| v.applies_from <= row.applies_from)
        {
            return Err(Stop::Refused((&problem::TARIFF_NEEDED).into()));
        }
        row.withdrawn_at = Some(view.now());
        view.put(row.clone());
        view.emit("parking.tariff_withdrawn", id, serde_json::json!({"site": site}));
        Ok(row)
    })
    .await
}

/// The lanes of a car park.
pub async fn lanes(desk: &Desk, who: &Who, site: Id) -> Result<Vec<Lane>, Refusal> {
    who.need(Act::Look)?;
    desk.decide(who.merchant, move |view| {
        let mut lanes = view.by::<LanesOfSite>(site)?;
        lanes.sort_by_key(|lane| lane.id);
        Ok(lanes)
    })
    .await
}

/// The car parks of a merchant, by name.
pub async fn parks(desk: &Desk, who: &Who) -> Result<Vec<Park>, Refusal> {
    who.need(Act::Look)?;
    let merchant = who.merchant;
    let rows =
        desk.read(move |sql| sql.rows::<Park>("where merchant = $1 order by name_en", &[&merchant])).await?;
    Ok(rows.into_iter().map(|(_, park)| park).collect())
}

/// Adds a shop that may validate. Errors: `parking_no_car_park`, `forbidden`.
pub async fn add_shop(desk: &Desk, who: &Who, key: &str, ask: ShopAsk) -> Result<Shop, Refusal> {
    who.need(Act::ManageCatalogue)?;
    let once = Once::new(key, "parking.shop", &ask)?;
    desk.decide(who.merchant, move |view| {
        if let Some(made) = once.made(view)? {
            return view.need::<Shop, Refusal>(made);
        }
        super::stays::enter::park(view, ask.site)?;
        let shop = Shop {
            id: view.id(),
            site: ask.site,
            created_at: view.now(),
            name_en: ask.name_en.clone(),
            name_zh: ask.name_zh.clone(),
            codes: Json(ask.codes.clone()),
            limits: Json(ask.limits.clone()),
            day: String::new(),
            given: 0,
            standing: Standing::On,
        };
        view.add(shop.clone());
        once.record(view, shop.id);
        Ok(shop)
    })
    .await
}
