//! Telling a barrier to open: a command with its cause, fetched by the barrier's controller, which says what became of it.

use std::time::Duration;

use desk::access::Act;
use desk::once::Once;
use desk::{Desk, Refusal, Ruled, Who};
use store::{Id, View};

use super::{Passed, passed};
use crate::parking::rows::{BarrierCommand, CommandState, Direction, Lane, Stay, StayState};
use crate::parking::stays::enter::{self, Leaving};
use crate::parking::stays::{need_inside, reason};

/// A command nobody fetched by then does nothing: a barrier that comes back must not open for a car that is gone.
const LIFE: Duration = Duration::from_secs(60);

/// Why a barrier opens, and who wants it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opening {
    pub(crate) cause: String,
    pub(crate) note: String,
    pub(crate) stay: Option<Id>,
    pub(crate) sighting: Option<Id>,
    pub(crate) photo: Option<Id>,
    pub(crate) operator: Option<Id>,
    pub(crate) terminal: Option<Id>,
}

impl Opening {
    pub(crate) fn of(cause: &str) -> Opening {
        Opening { cause: cause.to_owned(), ..Opening::default() }
    }
}

/// Tells the barrier of a lane to open, and writes the passage down. Nobody waits at the lane any more.
pub(crate) fn open(view: &mut View, lane: &mut Lane, why: &Opening) -> BarrierCommand {
    let now = view.now();
    let command = BarrierCommand {
        id: view.id(),
        lane: lane.id,
        site: lane.site,
        terminal: lane.barrier,
        stay: why.stay,
        cause: why.cause.clone(),
        operator: why.operator,
        issued_at: now,
        expires_at: now.plus(LIFE),
        state: CommandState::Issued,
        acked_at: None,
        note: None,
    };
    view.add(command.clone());
    let what = Passed {
        lane,
        stay: why.stay,
        sighting: why.sighting,
        command: Some(command.id),
        opened: true,
        cause: &why.cause,
        note: &why.note,
        operator: why.operator,
        terminal: why.terminal,
    };
    passed(view, &what);
    (lane.waiting, lane.waiting_since, lane.waiting_cause) = (None, None, None);
    lane.version += 1;
    command
}

/// Opens an exit for a stay and ends the stay.
pub(crate) fn let_out(view: &mut View, mut lane: Lane, stay: Stay, why: &Opening) -> Ruled<BarrierCommand> {
    let command = open(view, &mut lane, why);
    let out = Leaving { lane: Some(lane.id), sighting: why.sighting, photo: why.photo, flags: Vec::new() };
    view.put(lane);
    if stay.state == StayState::Inside {
        let now = view.now();
        enter::leave(view, stay, now, &out)?;
    }
    Ok(command)
}

/// Opens a barrier by hand. At an exit the stay that waits there, or the one named, ends. It leaves a trace.
/// Errors: `parking_reason_missing`, `parking_stay_ended`, `not_found`.
pub async fn open_by_hand(
    desk: &Desk,
    who: &Who,
    key: &str,
    lane: Id,
    stay: Option<Id>,
    why: &str,
) -> Result<BarrierCommand, Refusal> {
    who.need(Act::Sell)?;
    let once = Once::new(key, "parking.open", &(lane, stay, why))?;
    let (note, who) = (reason(why)?, who.clone());
    desk.decide(who.merchant, move |view| {
        if let Some(made) = once.made(view)? {
            return view.need::<BarrierCommand, Refusal>(made);
        }
        let mut row = view.need::<Lane, Refusal>(lane)?;
        let stay = stay.or(row.waiting);
        let opening = Opening {
            cause: "manual".to_owned(),
            note: note.clone(),
            stay,
            sighting: row.last_sighting,
            operator: who.operator(),
            terminal: who.terminal(),
            ..Opening::default()
        };
        let command = match stay {
            Some(id) if row.direction == Direction::Exit => {
                let stay = need_inside(view, id)?;
                let_out(view, row, stay, &opening)?
            }
            _ => {
                let command = open(view, &mut row, &opening);
                view.put(row);
                command
            }
        };
        once.record(view, command.id);
        Ok(command)
    })
    .await
}

/// The commands a lane's barrier has not answered yet, oldest first. What is too old is not among them.
pub async fn commands(desk: &Desk, who: &Who, lane: Id) -> Result<Vec<BarrierCommand>, Refusal> {
    who.need(Act::Look)?;
    let (merchant, now) = (who.merchant, desk.now());
    let rows = desk
        .read(move |sql| {
            let tail = "where lane = $1 and merchant = $2 and state = 'issued' and expires_at > $3 order by id limit 20";
            sql.rows::<BarrierCommand>(tail, &[&lane, &merchant, &now])
        })
        .await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// The barrier says what became of a command. Saying it twice changes nothing. Error: `not_found`.
pub async fn acknowledge(
    desk: &Desk,
    who: &Who,
    key: &str,
    id: Id,
    done: bool,
    note: Option<String>,
) -> Result<BarrierCommand, Refusal> {
    who.need(Act::Sell)?;
    let once = Once::new(key, "parking.ack", &(id, done, &note))?;
    let note = note.map(|text| text.chars().take(200).collect::<String>());
    desk.decide(who.merchant, move |view| {
        let mut command = view.need::<BarrierCommand, Refusal>(id)?;
        if once.made(view)?.is_some() {
            return Ok(command);
        }
        once.record(view, id);
        if command.state != CommandState::Issued && command.state != CommandState::Failed {
            return Ok(command);
        }
        command.state = if done { CommandState::Done } else { CommandState::Failed };
        command.acked_at = Some(view.now());
        command.note.clone_from(&note);
        view.put(command.clone());
        let kind = if done { "parking.barrier_open" } else { "parking.barrier_failed" };
        view.emit(kind, command.lane, serde_json::json!({"command": id, "cause": command.cause}));
        Ok(command)
    })
    .await
}
