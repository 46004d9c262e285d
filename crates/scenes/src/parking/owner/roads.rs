//! The roads at the gates: a feed tells how each is; what is too old is unknown, never clear; from it follows which exit to take (P22).

use std::time::Duration;

use desk::access::Act;
use desk::problem::desk as problems;
use desk::{Desk, Refusal, Who};
use serde::{Deserialize, Serialize};
use store::{Id, Millis, Stop};

use crate::parking::lanes::staffing;
use crate::parking::rows::{Direction, Lane, LanesOfSite, Road, RoadState, Staffing};

/// A report older than this says nothing about now.
pub const FRESH: Duration = Duration::from_secs(5 * 60);
/// A feed's clock may be ahead by this much.
const AHEAD: Duration = Duration::from_secs(60);

/// How a road was seen.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ParkingRoadReport)]
pub struct RoadReport {
    /// The gate it leads to.
    pub gate: String,
    /// `clear`, `slow` or `jammed`.
    pub state: String,
    /// Cars that wait there, where somebody counted.
    pub waiting: Option<i64>,
    /// What else is to be known: road works, an accident.
    #[serde(default)]
    pub note: String,
    /// Who saw it: a camera, a map service, a guard.
    #[serde(default)]
    pub source: String,
    /// When; now if left out.
    #[schema(value_type = Option<String>)]
    pub seen_at: Option<Millis>,
}

/// Takes a report down. It is a fact with a moment: told twice it is the same row, and an older one than what is known changes nothing.
/// Errors: `invalid_request`, `not_found`.
pub async fn report(desk: &Desk, who: &Who, site: Id, told: RoadReport) -> Result<Road, Refusal> {
    who.need(Act::Sell)?;
    let state = RoadState::parse(&told.state);
    if matches!(state, RoadState::Other(_)) {
        return Err(problems::INVALID_REQUEST.with("state: clear, slow or jammed"));
    }
    if told.waiting.is_some_and(|n| !(0..=10_000).contains(&n)) {
        return Err(problems::INVALID_REQUEST.with("waiting: 0 to 10000"));
    }
    desk.decide(who.merchant, move |view| {
        let lanes = view.by::<LanesOfSite>(site)?;
        if !lanes.iter().any(|lane| lane.gate == told.gate) {
            return Err(Stop::Refused(problems::NOT_FOUND.with(format!("there is no gate {:?}", told.gate))));
        }
        let now = view.now();
        let seen_at = told.seen_at.unwrap_or(now);
        if seen_at > now.plus(AHEAD) {
            return Err(Stop::Refused(problems::INVALID_REQUEST.with("seen_at: lies in the future")));
        }
        let before = view.get::<Road>((site, told.gate.clone()))?;
        if let Some(before) = before.filter(|b| b.seen_at > seen_at) {
            return Ok(before);
        }
        let road = Road {
            site,
            gate: told.gate.clone(),
            state: state.clone(),
            waiting: told.waiting,
            note: told.note.chars().take(120).collect(),
            source: told.source.chars().take(60).collect(),
            seen_at,
            received_at: now,
        };
        view.put(road.clone());
        view.emit("parking.road", site, serde_json::json!({"gate": road.gate, "state": road.state.as_str()}));
        Ok(road)
    })
    .await
}

/// How a gate is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// The road; `None` where nobody knows.
    pub road: Option<RoadState>,
    /// The last report, however old.
    pub last: Option<Road>,
    /// Who is at its exit now; `None` where it has no exit.
    pub exit: Option<Staffing>,
    /// Cars that wait at its exits: what the lanes know, or more where the report counted more.
    pub waiting: i64,
}

impl Gate {
    /// How good it is to leave by: the lower the better; `None` where nobody can or nobody knows.
    fn rank(&self) -> Option<(i64, i64)> {
        let open = self.exit.as_ref().is_some_and(|s| *s != Staffing::Closed);
        let road = match self.road.as_ref()? {
            RoadState::Clear => 0,
            RoadState::Slow => 1,
            _ => 2,
        };
        (open && road < 2).then_some((road, self.waiting))
    }
}

/// The gates of a car park from its lanes and reports.
pub fn gates(lanes: &[Lane], roads: &[Road], now: Millis, zone: &str) -> Vec<Gate> {
    let zone = desk::dates::zone(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let mut names: Vec<&str> = lanes.iter().map(|l| l.gate.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let gate = |name: &str| {
        let exits: Vec<&Lane> =
            lanes.iter().filter(|l| l.gate == name && l.direction == Direction::Exit).collect();
        let last = roads.iter().find(|r| r.gate == name).cloned();
        let fresh = last.as_ref().filter(|r| now.since(r.seen_at) <= FRESH);
        let standing = exits.iter().filter(|l| l.waiting_since.is_some()).count();
        let counted = fresh.and_then(|r| r.waiting).unwrap_or(0);
        Gate {
            name: name.to_owned(),
            road: fresh.map(|r| r.state.clone()),
            exit: exits.first().map(|l| staffing(&l.schedule, now, &zone)),
            waiting: counted.max(i64::try_from(standing).unwrap_or(i64::MAX)),
            last,
        }
    };
    names.into_iter().map(gate).collect()
}

/// The exit to take, where something is known that speaks for one.
pub fn advice(gates: &[Gate]) -> Option<&Gate> {
    gates.iter().filter(|g| g.rank().is_some()).min_by_key(|g| g.rank())
}

/// The gates of a car park now.
pub async fn now(desk: &Desk, who: &Who, site: Id, zone: &str) -> Result<Vec<Gate>, Refusal> {
    who.need(Act::Look)?;
    let merchant = who.merchant;
    let roads = desk
        .read(move |sql| sql.rows::<Road>("where site = $1 and merchant = $2", &[&site, &merchant]))
        .await?;
    let lanes = desk.decide(merchant, move |view| Ok(view.by::<LanesOfSite>(site)?)).await?;
    let roads: Vec<Road> = roads.into_iter().map(|(_, road)| road).collect();
    Ok(gates(&lanes, &roads, desk.now(), zone))
}

#[cfg(test)]
#[path = "roads_tests.rs"]
mod tests;
