//! What stands at a car park: the park itself, its tariffs, lanes, barriers' commands, shops and passes.

use serde::{Deserialize, Serialize};
use store::{Id, Json, Millis};
use utoipa::ToSchema;

store::text_enum! {
    /// Which way a lane leads.
    pub enum Direction {
        /// Into the car park.
        Entry = "entry",
        /// Out of it.
        Exit = "exit",
    }
}

store::text_enum! {
    /// Who is at a gate.
    pub enum Staffing {
        /// Somebody is there and can take money or open by hand.
        Staffed = "staffed",
        /// Nobody is there; whoever has paid leaves all the same.
        Unstaffed = "unstaffed",
        /// Nobody passes.
        Closed = "closed",
    }
}

/// A stretch of the week in which a gate is staffed, unstaffed or closed. Where no window fits, a gate is unstaffed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Days as in tariffs: `all`, `weekdays`, `weekend`, or `mon`, `tue` … joined by commas.
    #[serde(default = "all_days")]
    pub days: String,
    /// Local times `07:00-19:00`; one that ends before it begins goes over midnight. `00:00-24:00` is the whole day.
    pub time: String,
    /// What holds then: `staffed`, `unstaffed` or `closed`.
    #[schema(value_type = String)]
    pub gate: Staffing,
}

fn all_days() -> String {
    "all".to_owned()
}

/// How a car park deals with cameras, cards and cars without a pass. Everything has a usual value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParkOptions {
    /// Sightings of one plate at one lane closer than this are one, in seconds.
    pub repeat_s: i64,
    /// An entry this soon after another of the same plate is the same car at a second camera, in seconds.
    pub second_camera_s: i64,
    /// A camera's clock may be wrong by this much; past it the moment of arrival counts, in seconds.
    pub clock_tolerance_s: i64,
    /// What a reading may differ by, in tenths of a character, and still open by itself when only one car fits.
    pub auto_match: i64,
    /// How long a price holds, in seconds.
    pub quote_s: i64,
    /// Refuse entry when no space is left.
    pub refuse_when_full: bool,
    /// Only cars with a pass may enter.
    pub passes_only: bool,
    /// What stands where, for the map: kiosks, the office.
    pub points: Vec<Point>,
    /// A node at the site tells the barriers; the centre leaves them alone and hears what happened.
    pub edge: bool,
}

/// Something that stands in the car park.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// What it is on English screens: `Kiosk A, under the old management centre`.
    pub name_en: String,
    /// What it is on Chinese screens.
    pub name_zh: String,
    /// Millionths of a degree north.
    pub latitude: i64,
    /// Millionths of a degree east.
    pub longitude: i64,
}

impl Default for ParkOptions {
    fn default() -> Self {
        ParkOptions {
            repeat_s: 10,
            second_camera_s: 90,
            clock_tolerance_s: 120,
            auto_match: 5,
            quote_s: 300,
            refuse_when_full: false,
            passes_only: false,
            points: Vec::new(),
            edge: false,
        }
    }
}

store::rows! {
    /// A site that is a car park. `inside` counts the stays that have not ended; places are in millionths of a degree.
    pub struct Park in parking_parks {
        key { site: Id }
        fixed { created_at: Millis }
        fields {
            name_en: String, name_zh: String, spaces: i64, inside: i64, latitude: i64, longitude: i64,
            options: Json<ParkOptions>, version: i64
        }
    }
}

store::rows! {
    /// A version of a car park's tariff, in the text it was written in. A stay is priced by the newest one whose
    /// `applies_from` is not after its entry.
    pub struct ParkTariff in parking_tariffs {
        key { id: Id }
        fixed { site: Id, applies_from: Millis, toml: String, created_at: Millis, operator: Option<Id> }
        fields { withdrawn_at: Option<Millis> }
    }
}

store::rows! {
    /// One way in or out, with its camera and its barrier (a terminal that `opens_barrier`), and who stands in front of it.
    pub struct Lane in parking_lanes {
        key { id: Id }
        fixed { site: Id, direction: Direction, created_at: Millis }
        fields {
            name: String, gate: String, barrier: Option<Id>, camera: String, schedule: Json<Vec<Window>>,
            latitude: i64, longitude: i64,
            waiting: Option<Id>, waiting_since: Option<Millis>, waiting_cause: Option<String>,
            last_sighting: Option<Id>, last_plate: String, last_at: Option<Millis>, version: i64
        }
    }
}

store::text_enum! {
    /// Where a command to a barrier stands.
    pub enum CommandState {
        /// Told; the barrier has not answered.
        Issued = "issued",
        /// The barrier has done it.
        Done = "done",
        /// The barrier could not.
        Failed = "failed",
        /// Nobody fetched it in time; it no longer opens.
        Expired = "expired",
    }
}

store::rows! {
    /// A barrier was told to open. It opens once, and says so.
    pub struct BarrierCommand in parking_commands {
        key { id: Id }
        fixed {
            lane: Id, site: Id, terminal: Option<Id>, stay: Option<Id>, cause: String, operator: Option<Id>,
            issued_at: Millis, expires_at: Millis
        }
        fields { state: CommandState, acked_at: Option<Millis>, note: Option<String> }
    }
}

store::log_rows! {
    /// What a lane decided, or what somebody decided there: opened or refused, why, and by whom.
    pub struct Passage in parking_passages {
        key { id: Id }
        fixed {
            lane: Id, site: Id, direction: Direction, stay: Option<Id>, sighting: Option<Id>, command: Option<Id>,
            opened: bool, cause: String, note: String, operator: Option<Id>, terminal: Option<Id>, at: Millis
        }
        fields { }
    }
}

store::rows! {
    /// Somebody at a lane asked for help.
    pub struct Call in parking_calls {
        key { id: Id }
        fixed { lane: Id, site: Id, stay: Option<Id>, reason: String, created_at: Millis }
        fields { answered_at: Option<Millis>, operator: Option<Id>, outcome: Option<String> }
    }
}

store::rows! {
    /// An IC card whose printed code stays the same while cars change. It means its present stay.
    pub struct Card in parking_cards {
        key { site: Id, code: String }
        fixed { created_at: Millis }
        fields { stay: Option<Id>, issued_at: Option<Millis>, standing: desk::rows::Standing }
    }
}

store::rows! {
    /// A pass: its plates, how many of its cars may stand inside at once, where and when it holds. `code` is the pass
    /// in the tariff's words; `inside` are the stays it covers now.
    pub struct Pass in parking_passes {
        key { id: Id }
        fixed { created_at: Millis }
        fields {
            name: String, code: String, plates: Json<Vec<String>>, sites: Json<Vec<Id>>, cars: i64, inside: Json<Vec<Id>>,
            valid_from: Millis, valid_until: Millis, standing: desk::rows::Standing, version: i64
        }
    }
}

store::rows! {
    /// A plate of a pass.
    pub struct PassPlate in parking_pass_plates {
        key { plate: String, pass: Id }
        fixed { }
        fields { }
    }
}

/// What a shop may give away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShopLimits {
    /// Validations a day; none when left out.
    pub per_day: Option<i64>,
    /// Validations a stay; none when left out.
    pub per_stay: Option<i64>,
}

store::rows! {
    /// A shop that validates, with what it may give and what it gave on `day` (a business date).
    pub struct Shop in parking_shops {
        key { id: Id }
        fixed { site: Id, created_at: Millis }
        fields {
            name_en: String, name_zh: String, codes: Json<Vec<String>>, limits: Json<ShopLimits>,
            day: String, given: i64, standing: desk::rows::Standing
        }
    }
}

store::text_enum! {
    /// How a road is.
    pub enum RoadState {
        /// Cars move.
        Clear = "clear",
        /// They move slowly.
        Slow = "slow",
        /// They stand.
        Jammed = "jammed",
    }
}

store::rows! {
    /// How the road at a gate was when somebody last saw it. What is too old counts as unknown, never as clear.
    pub struct Road in parking_roads {
        key { site: Id, gate: String }
        fixed { }
        fields { state: RoadState, waiting: Option<i64>, note: String, source: String, seen_at: Millis, received_at: Millis }
    }
}

store::index! {
    /// Every tariff of a car park.
    pub TariffsOfSite of ParkTariff by { site: Id } limit 64
}
store::index! {
    /// Every lane of a car park.
    pub LanesOfSite of Lane by { site: Id } limit 256
}
store::index! {
    /// The passes a plate is in.
    pub PassesOfPlate of PassPlate by { plate: String } limit 16
}
