//! Stopping a payment: a shown code is closed, a scan reversed, and what each answer means.
//!
//! Only one reversal of an attempt is under way at a time. Two at once can tell a lie: the first is refused because the charge has not
//! arrived yet, the query after it hears *paid*, and the second, which arrives last, undoes what now counts as paid (rules 3 and 6).
//! So who sends one writes a permission into the attempt first, and nobody else sends another while it lasts.

use std::time::Duration;

use store::{Id, Millis, View};

use crate::attempt::is_live;
use crate::channel::{Closing, Line, Reversal, Standing, Trouble};
use crate::desk::{Desk, Ruled};
use crate::drive::{Answer, ask_again, in_doubt, is_scan, stood};
use crate::late::watch_on;
use crate::rows::{Attempt, AttemptState, Step};
use crate::settle::{self, short};

/// How long a permission lasts when its holder is not heard of again: longer than a reversal and the query after it may take, ten
/// seconds each unless an account says otherwise.
const PERMITTED: Duration = Duration::from_secs(30);

/// The attempt with the permission to send one reversal; none while another's lasts, and the job comes back when it ends.
pub(crate) fn permit(view: &mut View, mut attempt: Attempt, job: Id) -> Option<Attempt> {
    let now = view.now();
    if let Some(until) = attempt.reversing_until.filter(|until| *until > now) {
        view.job_later(job, until, None);
        return None;
    }
    attempt.reversing_until = Some(now.plus(PERMITTED));
    view.put(attempt.clone());
    Some(attempt)
}

/// Gives the permission back that a reversal was sent with. False where it had run out and another one was given: that one's answer counts.
fn give_back(attempt: &mut Attempt, sent: Option<Millis>) -> bool {
    let own = attempt.reversing_until == sent;
    if own {
        attempt.reversing_until = None;
    }
    own
}

/// Whether the attempt is being stopped. An answer to an older question that tells nothing changes nothing then.
pub(crate) fn under_way(attempt: &Attempt) -> bool {
    is_live(attempt) && matches!(attempt.step, Step::Close | Step::Reverse)
}

/// Asks the channel to close or reverse, and where it refuses, what became of the payment.
pub(crate) async fn ask(line: &dyn Line, attempt: &Attempt, now: Millis) -> Answer {
    let (no, sent) = (attempt.out_trade_no.as_str(), attempt.reversing_until);
    let why = if attempt.step == Step::Close {
        match line.close(no, now).await {
            Ok(Closing::Paid) => "paid already".to_owned(),
            Err(refused @ Trouble::Refused { .. }) => refused.to_string(),
            answer => return Answer::Closed(answer),
        }
    } else {
        match line.reverse(no, now).await {
            Ok(Reversal::TooLate) => "too late to reverse".to_owned(),
            Err(refused @ Trouble::Refused { .. }) => refused.to_string(),
            answer => return Answer::Undone(sent, answer),
        }
    };
    Answer::NotStopped(sent, line.query(no, now).await, why)
}

/// A shown code was asked to close.
pub(crate) fn closed(
    desk: &Desk,
    view: &mut View,
    mut attempt: Attempt,
    result: &Result<Closing, Trouble>,
) -> Ruled<bool> {
    if !is_live(&attempt) || attempt.step != Step::Close {
        return Ok(false);
    }
    match result {
        Ok(_) => {
            let why = if attempt.expires_at <= view.now() { "expired" } else { "closed" };
            stopped(desk, view, &mut attempt, AttemptState::Closed, why)?;
            view.put(attempt);
            Ok(false)
        }
        Err(trouble) => ask_again(desk, view, attempt, Some(trouble.to_string())),
    }
}

/// The attempt is over unpaid, and is looked at a few times more.
fn stopped(desk: &Desk, view: &mut View, attempt: &mut Attempt, state: AttemptState, why: &str) -> Ruled<()> {
    settle::ended(view, attempt, state, Some(why))?;
    attempt.step = Step::Poll;
    attempt.asked = 0;
    watch_on(desk, view, attempt, true);
    Ok(())
}

/// It could not be stopped by the call for that; what the channel says of the payment right after decides.
pub(crate) fn not_stopped(
    desk: &Desk,
    view: &mut View,
    mut attempt: Attempt,
    sent: Option<Millis>,
    result: &Result<Standing, Trouble>,
    said: &str,
) -> Ruled<bool> {
    if !is_live(&attempt) || !give_back(&mut attempt, sent) {
        return Ok(false);
    }
    attempt.channel_said = Some(short(said));
    match result {
        Ok(Standing::Absent) => {
            let state = if is_scan(&attempt) { AttemptState::Reversed } else { AttemptState::Closed };
            stopped(desk, view, &mut attempt, state, "nothing_taken")?;
            view.put(attempt);
            Ok(false)
        }
        Ok(Standing::Waiting) => in_doubt(desk, view, attempt, said),
        Ok(standing) => stood(desk, view, attempt, standing),
        Err(trouble) => in_doubt(desk, view, attempt, &trouble.to_string()),
    }
}

/// A scan was asked to be undone.
pub(crate) fn undone(
    desk: &Desk,
    view: &mut View,
    mut attempt: Attempt,
    sent: Option<Millis>,
    result: &Result<Reversal, Trouble>,
) -> Ruled<bool> {
    if !is_live(&attempt) || attempt.step != Step::Reverse || !give_back(&mut attempt, sent) {
        return Ok(false);
    }
    match result {
        Ok(Reversal::Reversed) => {
            stopped(desk, view, &mut attempt, AttemptState::Reversed, "no_answer_in_time")?;
            view.put(attempt);
            Ok(false)
        }
        Ok(_) => in_doubt(desk, view, attempt, "the channel asks to reverse again"),
        Err(trouble) => in_doubt(desk, view, attempt, &trouble.to_string()),
    }
}
