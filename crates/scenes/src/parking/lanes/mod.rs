//! Lanes: what a barrier is told, by whom and why, and what it answered.

pub(crate) mod barrier;
pub(crate) mod schedule;

pub use barrier::{acknowledge, commands, open_by_hand};
pub use schedule::staffing;

use desk::Refusal;
use serde_json::json;
use store::{Id, Stop, View};

use super::rows::{Direction, Lane, LanesOfSite, Passage, Stay};
use barrier::Opening;

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
pub(crate) fn open_if_waiting(view: &mut View, stay: &Stay) -> Result<(), Stop<Refusal>> {
    let lanes = view.by::<LanesOfSite>(stay.site)?;
    let waits = |lane: &&Lane| lane.direction == Direction::Exit && lane.waiting == Some(stay.id);
    if let Some(lane) = lanes.iter().find(waits) {
        let opening =
            Opening { stay: Some(stay.id), sighting: lane.last_sighting, ..Opening::of("paid_here") };
        barrier::let_out(view, lane.clone(), stay.clone(), &opening)?;
    }
    Ok(())
}
