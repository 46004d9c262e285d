//! Setting a car park up: the park, its tariffs, its lanes, its shops.

use desk::access::Act;
use desk::once::Once;
use desk::rows::{Site, Standing, Terminal};
use desk::{Desk, Refusal, Who};
use serde::{Deserialize, Serialize};
use store::{Id, Json, Millis, Stop};

use super::problem;
use super::rows::{
    Direction, Lane, LanesOfSite, Park, ParkOptions, ParkTariff, Shop, ShopLimits, TariffsOfSite, Window,
};
use super::stays::tariffs;

/// How a car park is described.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneAsk {
    /// The car park.
    pub site: Id,
    /// Its name.
    pub name: String,
    /// The gate it belongs to: `east`.
    pub gate: String,
    /// Which way it leads.
    pub direction: Direction,
    /// The terminal that opens the barrier.
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

/// A shop that validates.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShopAsk {
    /// The car park.
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
            let terminal = view.need::<Terminal, Refusal>(barrier)?;
            if terminal.site != ask.site || !terminal.capabilities.iter().any(|c| c == "opens_barrier") {
                let detail = "barrier: a terminal of this site that opens_barrier";
                return Err(Stop::Refused(problem::LANE_UNABLE.with(detail)));
            }
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
