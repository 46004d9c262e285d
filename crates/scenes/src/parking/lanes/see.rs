//! A camera saw a car: the reading becomes a sighting, and the lane decides. One decision, or two where the plate at an exit is
//! not known as it was read: then the cars inside that look like it are looked for in between.

use std::time::Duration;

use desk::access::Act;
use desk::dates;
use desk::rows::Site;
use desk::{Desk, Refusal, Ruled, Who};
use jiff::tz::TimeZone;
use serde_json::json;
use store::{Id, Json, Millis, Stop, View};

use super::{arrive, depart, schedule};
use crate::parking::cameras::{Clock, Heading, Reading};
use crate::parking::photos::{self, About};
use crate::parking::plate::distance;
use crate::parking::rows::{BarrierCommand, Direction, Fact, Lane, Park, Sighting, Staffing};
use crate::parking::stays::{Found, enter, find, keys};

/// Two readings of one car differ by no more than a look-alike, in tenths of a character: cars of a fleet with consecutive
/// plates follow each other closely.
const SAME_CAR: u32 = 5;
/// A fact this old says what happened; no barrier opens for it any more.
const LIVE: Duration = Duration::from_secs(60);

/// What a lane was told.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The lane.
    pub lane: Id,
    /// Who tells: `hikvision`, `dahua`, `plain`, `edge`, `staff`.
    pub source: String,
    /// What was read.
    pub reading: Reading,
    /// True for facts of an edge node: its clock counts, however late the fact arrives.
    pub fact: bool,
}

/// What the lane made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The sighting.
    pub sighting: Id,
    /// `opened`, `repeat`, `second_camera`, `wrong_way`, `unpaid`, `confirm`, `no_entry`, `unread`, `full`, `closed`,
    /// `passes_only`, `no_price`, `recorded`; docs/parking.md has the rule of each.
    pub outcome: String,
    /// The stay.
    pub stay: Option<Id>,
    /// The cars that may be meant, at an exit that could not tell.
    pub candidates: Vec<Found>,
    /// What is due, in minor units, where that keeps the barrier down.
    pub due: Option<i64>,
    /// What the barrier was told.
    pub command: Option<BarrierCommand>,
    /// Who is at the gate.
    pub staffing: Staffing,
}

/// All that the rules of a lane look at.
pub(super) struct Scene {
    pub(super) park: Park,
    pub(super) lane: Lane,
    pub(super) sighting: Sighting,
    pub(super) photo: Option<Id>,
    pub(super) staffing: Staffing,
    /// The car is in front of the barrier now.
    pub(super) live: bool,
    /// Cars inside that look like it; nothing where nobody has looked yet.
    pub(super) candidates: Option<Vec<Found>>,
}

impl Scene {
    /// Ends with this outcome and no open barrier.
    pub(super) fn ends(&mut self, outcome: &str, stay: Option<Id>) -> Verdict {
        outcome.clone_into(&mut self.sighting.outcome);
        self.sighting.stay = stay;
        Verdict { due: None, command: None, offered: Vec::new() }
    }
}

/// What the rules of a lane came to; the rest is on the sighting.
pub(super) struct Verdict {
    pub(super) due: Option<i64>,
    pub(super) command: Option<BarrierCommand>,
    pub(super) offered: Vec<Found>,
}

/// One step: an answer, or the plate to be looked for first.
enum Step {
    Done(Box<Answer>),
    Search(Id, String),
}

/// Records what a camera saw and lets the lane decide. Errors: `not_found`, `parking_no_car_park`, `busy`.
pub async fn see(desk: &Desk, who: &Who, seen: Seen) -> Result<Answer, Refusal> {
    who.need(Act::Sell)?;
    let merchant = who.merchant;
    let first = seen.clone();
    let step = desk.decide(merchant, move |view| judge(view, &first, None)).await?;
    let (site, plate) = match step {
        Step::Done(answer) => return Ok(*answer),
        Step::Search(site, plate) => (site, plate),
    };
    let found = match find::search(desk, merchant, site, &plate).await {
        Ok(found) => found,
        Err(refusal) if refusal.code() == "parking_plate_invalid" => Vec::new(),
        Err(refusal) => return Err(refusal),
    };
    let step = desk.decide(merchant, move |view| judge(view, &seen, Some(found.clone()))).await?;
    match step {
        Step::Done(answer) => Ok(*answer),
        Step::Search(..) => {
            Err(desk::problem::desk::BUSY.with("the plate was looked for and is asked for again"))
        }
    }
}

fn judge(view: &mut View, seen: &Seen, candidates: Option<Vec<Found>>) -> Ruled<Step> {
    let mut lane = view.need::<Lane, Refusal>(seen.lane)?;
    let fact = fact_name(seen);
    if let Some(name) = &fact
        && let Some(known) = view.get::<Fact>(name.clone())?
    {
        return again(view, &lane, known.made);
    }
    let park = enter::park(view, lane.site)?;
    let site = view.need::<Site, Refusal>(lane.site)?;
    let zone = dates::zone(&site.zone).unwrap_or(TimeZone::UTC);
    let clock = clock_of(seen, view.now(), &zone, &park);
    let plate = keys::plain(&seen.reading.plate);
    if let Some(answer) = repeat(view, &mut lane, &plate, &clock, &park)? {
        return Ok(Step::Done(Box::new(answer)));
    }
    let staffing = schedule::staffing(&lane.schedule, clock.at, &zone);
    let live = view.now().since(clock.at) < LIVE;
    let sighting = sighting(view, seen, &lane, plate, &clock);
    let mut scene = Scene { park, lane, sighting, photo: None, staffing, live, candidates };
    let verdict = match rules(view, seen, &mut scene)? {
        Ok(verdict) => verdict,
        Err(plate) => return Ok(Step::Search(scene.lane.site, plate)),
    };
    keep(view, seen, scene, verdict, fact).map(|answer| Step::Done(Box::new(answer)))
}

/// Which moment counts: a camera's only where it agrees with ours, an edge node's always.
fn clock_of(seen: &Seen, now: Millis, zone: &TimeZone, park: &Park) -> Clock {
    let tolerance = Duration::from_secs(u64::try_from(park.options.clock_tolerance_s).unwrap_or(0));
    let judged = Clock::judge(seen.reading.said, now, zone, tolerance);
    match judged.occurred_at {
        Some(at) if seen.fact => Clock { at: at.min(now), off: at > now.plus(tolerance), ..judged },
        _ => judged,
    }
}

/// The outer `Result` waits for rows; the inner error is a plate to be looked for.
fn rules(view: &mut View, seen: &Seen, scene: &mut Scene) -> Ruled<Result<Verdict, String>> {
    if seen.reading.heading == Heading::Reverse {
        return Ok(Ok(scene.ends("wrong_way", None)));
    }
    // The photo's id is needed by the stay; its rows are written once it is clear that this run decides.
    if !seen.reading.photos.is_empty() {
        scene.photo = Some(view.id());
    }
    match scene.lane.direction {
        Direction::Entry => arrive::rules(view, scene).map(Ok),
        _ => depart::rules(view, scene),
    }
}

fn fact_name(seen: &Seen) -> Option<String> {
    let id = seen.reading.id.as_ref()?;
    Some(format!("{}/{}/{id}", seen.lane, seen.source))
}

/// The same fact told again gets the same answer.
fn again(view: &mut View, lane: &Lane, made: Id) -> Ruled<Step> {
    let sighting = view.need::<Sighting, Refusal>(made)?;
    let answer = Answer {
        sighting: made,
        outcome: "repeat".to_owned(),
        stay: sighting.stay,
        candidates: Vec::new(),
        due: None,
        command: None,
        staffing: Staffing::Unstaffed,
    };
    debug_assert_eq!(sighting.lane, lane.id);
    Ok(Step::Done(Box::new(answer)))
}

/// A car that stands in front of a camera is read every second: that is one sighting. Another reading of it is tried again only
/// while the barrier is down.
fn repeat(
    view: &mut View,
    lane: &mut Lane,
    plate: &str,
    clock: &Clock,
    park: &Park,
) -> Ruled<Option<Answer>> {
    let (Some(last_at), Some(last)) = (lane.last_at, lane.last_sighting) else { return Ok(None) };
    let window = Duration::from_secs(u64::try_from(park.options.repeat_s).unwrap_or(0));
    let apart = clock.at.since(last_at).max(last_at.since(clock.at));
    if apart > window || distance(plate, &lane.last_plate) > SAME_CAR {
        return Ok(None);
    }
    let mut sighting = view.need::<Sighting, Refusal>(last)?;
    if sighting.outcome != "opened" && plate != lane.last_plate {
        return Ok(None);
    }
    sighting.repeats += 1;
    lane.last_at = Some(clock.at.max(last_at));
    let answer = Answer {
        sighting: last,
        outcome: "repeat".to_owned(),
        stay: sighting.stay,
        candidates: Vec::new(),
        due: None,
        command: None,
        staffing: Staffing::Unstaffed,
    };
    view.put(sighting);
    view.put(lane.clone());
    Ok(Some(answer))
}

fn sighting(view: &mut View, seen: &Seen, lane: &Lane, plate: String, clock: &Clock) -> Sighting {
    let mut flags = seen.reading.flags.clone();
    if clock.off {
        flags.push("clock_off".to_owned());
    }
    Sighting {
        id: view.id(),
        lane: lane.id,
        site: lane.site,
        source: seen.source.clone(),
        plate,
        plate_seen: seen.reading.plate.clone(),
        confidence: seen.reading.confidence,
        heading: seen.reading.heading.as_str().to_owned(),
        vehicle: known_vehicle(&seen.reading.vehicle),
        occurred_at: clock.occurred_at,
        received_at: view.now(),
        at: clock.at,
        photos: Json(Vec::new()),
        outcome: String::new(),
        stay: None,
        repeats: 0,
        flags: Json(flags),
    }
}

/// A camera's words about the vehicle, where the tariff engine can read them.
fn known_vehicle(text: &str) -> String {
    match crate::parking::tariff::Vehicle::parse(text) {
        Ok(_) => text.to_owned(),
        Err(_) => String::new(),
    }
}

/// Writes the sighting, its photos and the lane.
fn keep(view: &mut View, seen: &Seen, scene: Scene, verdict: Verdict, fact: Option<String>) -> Ruled<Answer> {
    let Scene { mut lane, mut sighting, photo, staffing, .. } = scene;
    let kind = if lane.direction == Direction::Entry { "entry" } else { "exit" };
    for (at, new) in seen.reading.photos.iter().enumerate() {
        let id = if at == 0 { photo } else { None };
        let about = About {
            kind: kind.to_owned(),
            site: Some(lane.site),
            stay: sighting.stay,
            order: None,
            taken_at: Some(sighting.at),
        };
        let kept = photos::keep_as(view, id, new, &about, lane.site, (None, lane.barrier));
        sighting.photos.push(kept.id);
    }
    lane.last_sighting = Some(sighting.id);
    lane.last_plate.clone_from(&sighting.plate);
    lane.last_at = Some(sighting.at);
    let answer = Answer {
        sighting: sighting.id,
        outcome: sighting.outcome.clone(),
        stay: sighting.stay,
        candidates: verdict.offered,
        due: verdict.due,
        command: verdict.command,
        staffing,
    };
    if let Some(name) = fact {
        view.put(Fact { name, made: sighting.id, at: view.now() });
    }
    let flags = sighting.flags.0.clone();
    view.emit(
        "parking.seen",
        sighting.id,
        json!({"lane": lane.id, "site": lane.site, "outcome": sighting.outcome, "stay": sighting.stay, "flags": flags}),
    );
    view.add(sighting);
    view.put(lane);
    Ok(answer)
}

/// Refuses a decision that was made for another moment.
pub(super) fn gone(what: impl Into<String>) -> Stop<Refusal> {
    Stop::Refused(crate::parking::problem::LANE_UNABLE.with(what.into()))
}
