//! A car in front of an exit: paid within the grace, covered by a pass, or with nothing due, and it leaves by itself; otherwise
//! the lane's own code is offered. One rule for each case (docs/parking.md has the table).

use desk::access::Act;
use desk::once::Once;
use desk::{Desk, Refusal, Ruled, Who};
use store::{Id, Stop, View};

use super::barrier::{self, Opening};
use super::see::{Answer, Scene, Verdict, gone};
use super::{Passed, passed};
use crate::parking::rows::{BarrierCommand, Direction, Lane, Present, Staffing, Stay};
use crate::parking::stays::enter::{self, Leaving};
use crate::parking::stays::{Besides, Found, need_inside, price};

/// Decides; the inner error is a plate to be looked for first.
pub(super) fn rules(view: &mut View, scene: &mut Scene) -> Ruled<Result<Verdict, String>> {
    let plate = scene.sighting.plate.clone();
    if scene.live && scene.staffing == Staffing::Closed {
        return Ok(Ok(refuse(view, scene, "closed", None)));
    }
    if plate.is_empty() {
        scene.lane.waiting = None;
        return Ok(Ok(refuse(view, scene, "unread", None)));
    }
    let known = enter::present(view, scene.lane.site, &plate)?;
    if let Some(id) = known.as_ref().and_then(|p| p.stay) {
        let stay = need_inside(view, id)?;
        return pass_or_pay(view, scene, stay).map(Ok);
    }
    let Some(found) = scene.candidates.clone() else { return Ok(Err(plate)) };
    match only_one(&found, scene.park.options.auto_match) {
        Some(id) => {
            let mut stay = need_inside(view, id)?;
            stay.flag("misread");
            scene.sighting.flags.push("misread".to_owned());
            pass_or_pay(view, scene, stay).map(Ok)
        }
        None if found.is_empty() => {
            remember_exit(view, scene, known)?;
            Ok(Ok(refuse(view, scene, "no_entry", None)))
        }
        None => {
            let mut verdict = refuse(view, scene, "confirm", None);
            verdict.offered = found;
            Ok(Ok(verdict))
        }
    }
}

/// The one car that is near enough to be meant, where no other is as near.
fn only_one(found: &[Found], auto_match: i64) -> Option<Id> {
    let first = found.first()?;
    let alone = found.get(1).is_none_or(|second| second.distance > first.distance);
    (i64::from(first.distance) <= auto_match && alone).then_some(first.stay)
}

/// An exit that no entry is known for: the entry may still be told.
fn remember_exit(view: &mut View, scene: &Scene, known: Option<Present>) -> Ruled<()> {
    let plate = scene.sighting.plate.clone();
    if !enter::certain(&plate) {
        return Ok(());
    }
    let last = known.and_then(|p| p.last);
    let (orphan, orphan_at) = (Some(scene.sighting.id), Some(scene.sighting.at));
    view.put(Present { site: scene.lane.site, plate, stay: None, last, orphan, orphan_at });
    Ok(())
}

/// Why a car may leave, or what it owes.
pub(super) enum May {
    Leave(&'static str),
    Owes(i64),
    NoPrice(String),
}

pub(super) fn may_leave(view: &mut View, stay: &Stay, at: store::Millis) -> Ruled<May> {
    if stay.paid_until.is_some_and(|until| at <= until) {
        return Ok(May::Leave("paid"));
    }
    match price(view, stay, at, &Besides::default()) {
        Ok(priced) if priced.fee.due.value > 0 => Ok(May::Owes(priced.fee.due.value)),
        Ok(_) if stay.pass.is_some() => Ok(May::Leave("pass")),
        Ok(_) if stay.paid > 0 => Ok(May::Leave("paid")),
        Ok(_) => Ok(May::Leave("free")),
        Err(Stop::Refused(refusal)) => Ok(May::NoPrice(refusal.to_string())),
        Err(missing) => Err(missing),
    }
}

fn pass_or_pay(view: &mut View, scene: &mut Scene, stay: Stay) -> Ruled<Verdict> {
    let at = scene.sighting.at;
    let may = may_leave(view, &stay, at)?;
    if !scene.live {
        return gone_already(view, scene, stay, &may);
    }
    match may {
        May::Leave(cause) => {
            let id = stay.id;
            let command = let_out(view, scene, stay, cause)?;
            let mut verdict = scene.ends("opened", Some(id));
            verdict.command = Some(command);
            Ok(verdict)
        }
        May::Owes(due) => {
            let mut verdict = refuse(view, scene, "unpaid", Some(&stay));
            verdict.due = Some(due);
            view.put(stay);
            Ok(verdict)
        }
        May::NoPrice(why) => {
            tracing::warn!(stay = %stay.id, why, "a stay cannot be priced");
            let verdict = refuse(view, scene, "no_price", Some(&stay));
            view.put(stay);
            Ok(verdict)
        }
    }
}

/// A fact that came late: the car is gone whatever we say. What it still owes is a difference somebody sees.
fn gone_already(view: &mut View, scene: &mut Scene, stay: Stay, may: &May) -> Ruled<Verdict> {
    let mut flags = scene.sighting.flags.0.clone();
    if !matches!(may, May::Leave(_)) {
        flags.push("left_unpaid".to_owned());
    }
    let out =
        Leaving { lane: Some(scene.lane.id), sighting: Some(scene.sighting.id), photo: scene.photo, flags };
    let id = enter::leave(view, stay, scene.sighting.at, &out)?.id;
    Ok(scene.ends("recorded", Some(id)))
}

fn let_out(view: &mut View, scene: &mut Scene, stay: Stay, cause: &str) -> Ruled<BarrierCommand> {
    let why = Opening { stay: Some(stay.id), sighting: Some(scene.sighting.id), ..Opening::of(cause) };
    let command = barrier::open(view, &mut scene.lane, &why);
    let out = Leaving {
        lane: Some(scene.lane.id),
        sighting: Some(scene.sighting.id),
        photo: scene.photo,
        flags: scene.sighting.flags.0.clone(),
    };
    enter::leave(view, stay, scene.sighting.at, &out)?;
    Ok(command)
}

/// Keeps the barrier down and says why; a stay that is known waits there until it is paid.
fn refuse(view: &mut View, scene: &mut Scene, cause: &'static str, stay: Option<&Stay>) -> Verdict {
    let id = stay.map(|s| s.id);
    scene.lane.waiting = id;
    scene.lane.waiting_since = Some(view.now());
    scene.lane.waiting_cause = Some(cause.to_owned());
    scene.lane.version += 1;
    let what = Passed {
        lane: &scene.lane,
        stay: id,
        sighting: Some(scene.sighting.id),
        command: None,
        opened: false,
        cause,
        note: "",
        operator: None,
        terminal: None,
    };
    passed(view, &what);
    scene.ends(cause, id)
}

/// The driver or the booth says which car stands at an exit whose camera could not tell. It leaves, or its fee is offered.
/// Errors: `parking_stay_ended`, `parking_lane_unable`, `not_found`.
pub async fn confirm(desk: &Desk, who: &Who, key: &str, lane: Id, stay: Id) -> Result<Answer, Refusal> {
    who.need(Act::Sell)?;
    let once = Once::new(key, "parking.confirm", &(lane, stay))?;
    let who = who.clone();
    desk.decide(who.merchant, move |view| {
        let mut row = view.need::<Lane, Refusal>(lane)?;
        if row.direction != Direction::Exit {
            return Err(gone("only an exit asks which car stands there"));
        }
        let Some(sighting) = row.last_sighting else { return Err(gone("no car was seen at this lane")) };
        let answer = |outcome: &str, due, command| Answer {
            sighting,
            outcome: outcome.to_owned(),
            stay: Some(stay),
            candidates: Vec::new(),
            due,
            command,
            staffing: Staffing::Unstaffed,
        };
        if let Some(made) = once.made(view)? {
            let command = view.get::<BarrierCommand>(made)?;
            return Ok(answer(if command.is_some() { "opened" } else { "unpaid" }, None, command));
        }
        let mut found = need_inside(view, stay)?;
        found.flag("misread");
        let at = view.now();
        match may_leave(view, &found, at)? {
            May::Leave(cause) => {
                let why = Opening {
                    stay: Some(stay),
                    sighting: Some(sighting),
                    operator: who.operator(),
                    terminal: who.terminal(),
                    note: "confirmed".to_owned(),
                    ..Opening::of(cause)
                };
                let command = barrier::let_out(view, row, found, &why)?;
                once.record(view, command.id);
                Ok(answer("opened", None, Some(command)))
            }
            May::Owes(due) => {
                (row.waiting, row.waiting_since) = (Some(stay), Some(at));
                row.waiting_cause = Some("unpaid".to_owned());
                row.version += 1;
                view.put(row);
                view.put(found);
                let none = view.id();
                once.record(view, none);
                Ok(answer("unpaid", Some(due), None))
            }
            May::NoPrice(why) => Err(gone(why)),
        }
    })
    .await
}
