//! What parking's answers look like.

use money::Money;
use serde::Serialize;
use serde_json::Value;
use store::{Id, Millis};
use utoipa::ToSchema;
use web::api::shapes::Amount;

use crate::parking::rows::{BarrierCommand, Lane, Park, ParkOptions, Stay, Window};
use crate::parking::stays::{Found, Priced};

/// A car park.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkingPark)]
pub(super) struct ParkView {
    /// The site.
    #[schema(value_type = String)]
    pub(super) site: Id,
    name_en: String,
    name_zh: String,
    /// How many cars it holds.
    spaces: i64,
    /// How many are inside.
    inside: i64,
    /// Millionths of a degree north.
    latitude: i64,
    /// Millionths of a degree east.
    longitude: i64,
    /// How it deals with cameras, cards and cars without a pass.
    #[schema(value_type = ParkOptions)]
    options: Value,
    /// Grows with every change.
    version: i64,
}

impl From<Park> for ParkView {
    fn from(p: Park) -> Self {
        ParkView {
            site: p.site,
            name_en: p.name_en,
            name_zh: p.name_zh,
            spaces: p.spaces,
            inside: p.inside,
            latitude: p.latitude,
            longitude: p.longitude,
            options: serde_json::to_value(&p.options.0).unwrap_or_default(),
            version: p.version,
        }
    }
}

/// A lane.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkingLane)]
pub(super) struct LaneView {
    #[schema(value_type = String)]
    id: Id,
    #[schema(value_type = String)]
    site: Id,
    name: String,
    /// The gate it belongs to.
    gate: String,
    /// `entry` or `exit`.
    direction: String,
    /// The terminal that opens the barrier.
    #[schema(value_type = Option<String>)]
    barrier: Option<Id>,
    camera: String,
    /// When the gate is staffed, unstaffed or closed.
    #[schema(value_type = Vec<Window>)]
    schedule: Value,
    /// The stay that waits in front of it.
    #[schema(value_type = Option<String>)]
    waiting: Option<Id>,
    /// Why it waits.
    waiting_cause: Option<String>,
    #[schema(value_type = Option<String>)]
    waiting_since: Option<Millis>,
    version: i64,
}

impl From<Lane> for LaneView {
    fn from(l: Lane) -> Self {
        LaneView {
            id: l.id,
            site: l.site,
            name: l.name,
            gate: l.gate,
            direction: l.direction.to_string(),
            barrier: l.barrier,
            camera: l.camera,
            schedule: serde_json::to_value(&l.schedule.0).unwrap_or_default(),
            waiting: l.waiting,
            waiting_cause: l.waiting_cause,
            waiting_since: l.waiting_since,
            version: l.version,
        }
    }
}

/// A stay, and what is due for it now where that was asked.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkingStay)]
pub(super) struct StayView {
    #[schema(value_type = String)]
    pub(super) id: Id,
    #[schema(value_type = String)]
    site: Id,
    /// As it was read, or corrected since.
    plate: String,
    /// As the camera said.
    plate_seen: String,
    vehicle: String,
    #[schema(value_type = String)]
    entered_at: Millis,
    #[schema(value_type = Option<String>)]
    entry_lane: Option<Id>,
    #[schema(value_type = Option<String>)]
    entry_photo: Option<Id>,
    #[schema(value_type = Option<String>)]
    left_at: Option<Millis>,
    #[schema(value_type = Option<String>)]
    exit_lane: Option<Id>,
    #[schema(value_type = Option<String>)]
    exit_photo: Option<Id>,
    /// `inside`, `left` or `void`.
    state: String,
    /// What its orders paid, less refunds, in minor units.
    paid: i64,
    /// It may leave until then for what was paid.
    #[schema(value_type = Option<String>)]
    paid_until: Option<Millis>,
    card: Option<String>,
    #[schema(value_type = Option<String>)]
    pass: Option<Id>,
    flags: Vec<String>,
    version: i64,
    /// The order that is open for it.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) open_order: Option<Id>,
    /// What is due now.
    #[schema(value_type = Option<Amount>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) due: Option<Money>,
}

impl From<Stay> for StayView {
    fn from(s: Stay) -> Self {
        StayView {
            id: s.id,
            site: s.site,
            plate: s.plate,
            plate_seen: s.plate_seen,
            vehicle: s.vehicle,
            entered_at: s.entered_at,
            entry_lane: s.entry_lane,
            entry_photo: s.entry_photo,
            left_at: s.left_at,
            exit_lane: s.exit_lane,
            exit_photo: s.exit_photo,
            state: s.state.to_string(),
            paid: s.paid,
            paid_until: s.paid_until,
            card: s.card,
            pass: s.pass,
            flags: s.flags.0,
            version: s.version,
            open_order: None,
            due: None,
        }
    }
}

impl StayView {
    /// With what is due.
    pub(super) fn priced(stay: Stay, priced: &Priced) -> StayView {
        StayView { due: Some(priced.fee.due), ..stay.into() }
    }
}

/// A stay that may be meant.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkingFound)]
pub(super) struct FoundView {
    #[schema(value_type = String)]
    stay: Id,
    plate: String,
    /// Tenths of a wrong character.
    distance: u32,
    /// `same`, `unread`, `look_alike`, `one_wrong`, `two_wrong`.
    why: &'static str,
    #[schema(value_type = String)]
    entered_at: Millis,
    /// The photo of its entry: `/v1/parking/photos/ID`.
    #[schema(value_type = Option<String>)]
    photo: Option<Id>,
    #[schema(value_type = Option<String>)]
    paid_until: Option<Millis>,
    /// Whether a pass covers it.
    pass: bool,
}

impl From<Found> for FoundView {
    fn from(f: Found) -> Self {
        FoundView {
            stay: f.stay,
            plate: f.plate,
            distance: f.distance,
            why: f.why,
            entered_at: f.entered_at,
            photo: f.photo,
            paid_until: f.paid_until,
            pass: f.pass,
        }
    }
}

/// A command to a barrier.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkingCommand)]
pub(super) struct CommandView {
    #[schema(value_type = String)]
    id: Id,
    #[schema(value_type = String)]
    lane: Id,
    #[schema(value_type = Option<String>)]
    stay: Option<Id>,
    /// Why: `paid`, `pass`, `free`, `manual` …
    cause: String,
    #[schema(value_type = String)]
    issued_at: Millis,
    /// Past it the barrier does nothing.
    #[schema(value_type = String)]
    expires_at: Millis,
    /// `issued`, `done`, `failed`.
    state: String,
    note: Option<String>,
}

impl From<BarrierCommand> for CommandView {
    fn from(c: BarrierCommand) -> Self {
        CommandView {
            id: c.id,
            lane: c.lane,
            stay: c.stay,
            cause: c.cause,
            issued_at: c.issued_at,
            expires_at: c.expires_at,
            state: c.state.to_string(),
            note: c.note,
        }
    }
}
