//! Attempts that have ended unpaid, and words about them that come late: a channel may take money all the same, no callback is relied on
//! (rules 1 and 4), and a word may be older than the reversal (rules 3 and 6).

use std::time::Duration;

use store::{Millis, View};

use crate::attempt::is_live;
use crate::desk::Desk;
use crate::drive::{is_scan, later};
use crate::rows::{Attempt, AttemptState, Step};
use crate::settings::Settings;
use crate::settle;

/// How long after its expiry a code is looked at for the last time.
const AFTER_EXPIRY: Duration = Duration::from_secs(10);

/// Whether a word about a scan is older than the decision to undo it. From then on only the reversal's own answer counts, and what the
/// channel says when it is asked after that: a payment it told of before may be undone by now (rules 3 and 6).
pub(crate) fn overtaken(attempt: &Attempt, asked_in: Option<&AttemptState>) -> bool {
    let undone = attempt.state == AttemptState::Reversed && asked_in != Some(&AttemptState::Reversed);
    is_scan(attempt) && (undone || (is_live(attempt) && attempt.step == Step::Reverse))
}

/// The channel told by itself of money for a scan that is being undone: it is asked again, now that it was undone or will be.
pub(crate) fn ask_anew(view: &mut View, mut attempt: Attempt) {
    if is_live(&attempt) {
        return;
    }
    match attempt.job {
        Some(job) => view.job_later(job, view.now(), None),
        None => attempt.job = Some(view.job(crate::attempt::driving(attempt.id, view.now(), None))),
    }
    attempt.step = Step::Poll;
    attempt.asked = 0;
    view.put(attempt);
}

/// An ended attempt is looked at a few times more. `heard` says whether the channel answered the last time: a look without an answer is repeated.
pub(crate) fn watch_on(desk: &Desk, view: &mut View, attempt: &mut Attempt, heard: bool) {
    if attempt.step == Step::Done || attempt.job.is_none() {
        return;
    }
    let waits = &desk.settings.late_polls;
    if !heard {
        later(view, attempt, Settings::wait(waits, attempt.asked - 1), None);
        return;
    }
    let asked = usize::try_from(attempt.asked).unwrap_or(usize::MAX);
    let next = waits.get(asked).copied().or_else(|| last_look(desk, attempt, view.now()));
    match next {
        Some(wait) => {
            attempt.step = Step::Poll;
            attempt.asked += 1;
            later(view, attempt, wait, None);
        }
        None => {
            attempt.step = Step::Done;
            settle::finish_job(view, attempt);
        }
    }
}

/// Where a code that nobody had scanned could not be closed, it can be paid until it expires: one look after that.
fn last_look(desk: &Desk, attempt: &Attempt, now: Millis) -> Option<Duration> {
    let open = desk.channel(&attempt.channel).is_ok_and(|c| c.facts().unscanned_stays_open);
    let at = attempt.expires_at.plus(AFTER_EXPIRY);
    (open && !is_scan(attempt) && now < at).then(|| at.since(now))
}
