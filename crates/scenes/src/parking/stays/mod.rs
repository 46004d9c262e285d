//! Stays: who is inside since when, how a car is found, what it owes, and what people change about it.
//!
//! Everything goes through the desk: `desk.decide` for what changes, `desk.read` for what is looked at.

mod edit;
pub(crate) mod enter;
mod fee;
pub(crate) mod find;
pub(crate) mod keys;
pub(crate) mod tariffs;
pub(crate) mod words;

pub use edit::{
    ByHand, Correction, NewPass, NewValidation, add_pass, correct_plate, end_by_hand, enter_by_hand,
    issue_card, set_entry_time, validate,
};
pub(crate) use edit::{check_code, give, new_card, reason};
pub use fee::Priced;
pub(crate) use fee::{Besides, price};
pub use find::{Found, lookup, nearest, open_order_of, present_at, stay};

use desk::access::Act;
use desk::{Desk, Refusal, Who};
use store::{Id, Stop, View};

use super::problem;
use super::rows::{Stay, StayState};

/// The subject under which a stay has at most one open order.
pub fn subject(stay: Id) -> String {
    format!("stay:{stay}")
}

/// The stay a subject names.
pub(crate) fn of_subject(subject: Option<&str>) -> Option<Id> {
    subject?.strip_prefix("stay:")?.parse().ok()
}

/// A stay of this merchant. Error: `parking_no_stay`.
pub(crate) fn need(view: &mut View, id: Id) -> Result<Stay, Stop<Refusal>> {
    view.get::<Stay>(id)?.ok_or_else(|| Stop::Refused(problem::NO_STAY.with(format!("stay {id}"))))
}

/// A stay that has not ended. Errors: `parking_no_stay`, `parking_stay_ended`.
pub(crate) fn need_inside(view: &mut View, id: Id) -> Result<Stay, Stop<Refusal>> {
    let stay = need(view, id)?;
    if stay.state == StayState::Inside {
        return Ok(stay);
    }
    Err(Stop::Refused(problem::STAY_ENDED.with(format!("stay {id} is {}", stay.state))))
}

/// What a stay owes now, with its lines. Errors: `parking_no_stay`, `parking_no_tariff`, `parking_tariff_disagrees`.
pub async fn owes(desk: &Desk, who: &Who, id: Id) -> Result<(Stay, Priced), Refusal> {
    who.need(Act::Look)?;
    desk.decide(who.merchant, move |view| {
        let stay = need(view, id)?;
        let at = stay.left_at.unwrap_or(view.now());
        let priced = price(view, &stay, at, &Besides::default())?;
        Ok((stay, priced))
    })
    .await
}
