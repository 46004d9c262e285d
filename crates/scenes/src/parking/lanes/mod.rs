//! Lanes: who may pass, what a barrier is told and why, and what it answered. `see` is where a camera's reading comes in.

mod arrive;
pub(crate) mod barrier;
mod calls;
mod depart;
pub(crate) mod schedule;
mod see;

pub use barrier::{acknowledge, commands, open_by_hand};
pub use calls::{answer_call, call, last_calls, open_calls};
pub use depart::confirm;
pub use schedule::staffing;
pub use see::{Answer, Seen, see};

use std::time::Duration;

use desk::Refusal;
use serde_json::json;
use store::{Id, Stop, View};

use super::rows::{Direction, Lane, LanesOfSite, Passage, Stay};
use super::stays::enter;
use barrier::Opening;

/// A car that was refused longer ago has driven away: the barrier must not open for nobody.
const WAITS: Duration = Duration::from_secs(600);

/// What is written down about a passage.
pub(crate) struct Passed<'a> {
    pub(crate) lane: &'a Lane,
    pub(crate) stay: Option<Id>,
    pub(crate) sighting: Option<Id>,
    pub(crate) command: Option<Id>,
    pub(crate) opened: bool,
    pub(crate) cause: &'a str,
    pub(crate) note: &'a str,
    pub(crate) operator: Option<Id>,
    pub(crate) terminal: Option<Id>,
}

/// Writes a passage down.
pub(crate) fn passed(view: &mut View, what: &Passed<'_>) -> Id {
    let id = view.id();
    view.log(Passage {
        id,
        lane: what.lane.id,
        site: what.lane.site,
        direction: what.lane.direction.clone(),
        stay: what.stay,
        sighting: what.sighting,
        command: what.command,
        opened: what.opened,
        cause: what.cause.to_owned(),
        note: what.note.to_owned(),
        operator: what.operator,
        terminal: what.terminal,
        at: view.now(),
    });
    let kind = if what.opened { "parking.opened" } else { "parking.refused" };
    view.emit(
        kind,
        what.lane.id,
        json!({"stay": what.stay, "cause": what.cause, "passage": id, "site": what.lane.site}),
    );
    id
}

/// A car that waits at an exit and has just been paid for leaves: the barrier is told in the payment's own decision.
/// Where a node at the site tells the barriers, it does that when it hears of the payment.
pub(crate) fn open_if_waiting(view: &mut View, stay: &Stay) -> Result<(), Stop<Refusal>> {
    if enter::park(view, stay.site)?.options.edge {
        return Ok(());
    }
    let lanes = view.by::<LanesOfSite>(stay.site)?;
    let now = view.now();
    let waits = |lane: &&Lane| {
        let here = lane.waiting == Some(stay.id) && lane.direction == Direction::Exit;
        here && lane.waiting_since.is_some_and(|since| now.since(since) < WAITS)
    };
    if let Some(lane) = lanes.iter().find(waits) {
        let opening =
            Opening { stay: Some(stay.id), sighting: lane.last_sighting, ..Opening::of("paid_here") };
        barrier::let_out(view, lane.clone(), stay.clone(), &opening)?;
    }
    Ok(())
}
