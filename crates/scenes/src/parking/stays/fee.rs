//! What a stay costs now, from its stored facts: the tariff of its entry, its vehicle, pass, validations, earlier visits
//! and what was paid.

use std::sync::Arc;
use std::time::Duration;

use desk::Refusal;
use jiff::Timestamp;
use money::Money;
use store::{Id, Millis, Stop, View};

use super::tariffs;
use crate::parking::plate::Plate;
use crate::parking::problem;
use crate::parking::rows::{Pass, Stay, Validation, ValidationsOfStay};
use crate::parking::tariff::{self, EarlierStay, Fee, PassUse, Payment, Tariff, ValidationUse, Vehicle};

/// Earlier visits that are looked at.
const LOOK_BACK: usize = 8;

/// What comes with a question besides what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Besides {
    /// A validation that is about to be handed in.
    pub(crate) validation: Option<ValidationUse>,
    /// Surcharges and offers asked for by code.
    pub(crate) codes: Vec<String>,
    /// The ticket is lost.
    pub(crate) lost_ticket: bool,
}

/// A priced stay.
#[derive(Clone, Debug)]
pub struct Priced {
    /// The fee with its lines.
    pub fee: Fee,
    /// The tariff.
    pub tariff: Arc<Tariff>,
    /// The moment it was priced for.
    pub at: Millis,
}

impl Priced {
    /// How long the car may still stay after paying.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.tariff.after_payment.grace_s).unwrap_or(0))
    }
}

/// A moment as the tariff engine counts it.
pub(crate) fn stamp(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Prices a stay at a moment. Within the grace after a payment nothing more is due.
/// Errors: `parking_no_tariff`, `parking_tariff_invalid`, `parking_tariff_disagrees`.
pub(crate) fn price(
    view: &mut View,
    stay: &Stay,
    at: Millis,
    besides: &Besides,
) -> Result<Priced, Stop<Refusal>> {
    let tariff = tariffs::in_force(view, stay.site, stay.entered_at)?;
    let at = at.max(stay.entered_at);
    let graced = stay.paid_until.is_some_and(|until| at <= until);
    let paid_for = stay.payments.iter().map(|p| p.priced_at).max();
    let at = match paid_for {
        Some(priced_at) if graced => priced_at.max(stay.entered_at),
        _ => at,
    };
    let mut question = tariff::Stay::new(stamp(stay.entered_at), stamp(at));
    question.vehicle = vehicle(stay)?;
    question.lost_ticket = besides.lost_ticket || stay.has("lost_ticket");
    question.codes.clone_from(&besides.codes);
    question.pass = pass(view, stay)?;
    question.validations = validations(&view.by::<ValidationsOfStay>(stay.id)?);
    question.validations.extend(besides.validation.clone());
    if tariff.reentry.is_some() {
        question.earlier = earlier(view, stay, &tariff)?;
    }
    let paid = |p: &crate::parking::rows::PaidPart| Payment {
        at: Some(stamp(p.priced_at)),
        amount: Some(Money::new(p.amount, tariff.currency)),
    };
    question.payments = stay.payments.iter().filter(|p| p.amount > 0).map(paid).collect();
    let fee = tariff.quote(&question).map_err(|e| problem::TARIFF_DISAGREES.with(e.to_string()))?;
    Ok(Priced { fee, tariff, at })
}

/// What is known of the vehicle: by its plate, and what somebody entered.
fn vehicle(stay: &Stay) -> Result<Vehicle, Refusal> {
    let mut vehicle = Vehicle::parse(&stay.vehicle).map_err(|why| problem::TARIFF_DISAGREES.with(why))?;
    if let Ok(plate) = Plate::parse(&stay.plate) {
        vehicle.classes.extend(plate.classes().iter().map(|c| (*c).to_owned()));
    }
    Ok(vehicle)
}

/// Its pass. How many of the pass's cars may stand inside was settled when it came.
fn pass(view: &mut View, stay: &Stay) -> Result<Option<PassUse>, Stop<Refusal>> {
    let Some(id) = stay.pass else { return Ok(None) };
    let pass = view.need::<Pass, Refusal>(id)?;
    Ok(Some(PassUse {
        code: pass.code,
        cars_inside: 0,
        from: Some(stamp(pass.valid_from)),
        until: Some(stamp(pass.valid_until)),
    }))
}

fn validations(rows: &[Validation]) -> Vec<ValidationUse> {
    let mut rows: Vec<&Validation> = rows.iter().filter(|v| v.revoked_at.is_none()).collect();
    rows.sort_by_key(|v| v.id);
    let used = |v: &Validation| ValidationUse {
        code: v.code.clone(),
        serial: v.serial.clone(),
        receipts: v.receipts.0.clone(),
    };
    rows.into_iter().map(used).collect()
}

/// Visits shortly before, oldest first, where the tariff counts them together.
fn earlier(view: &mut View, stay: &Stay, tariff: &Tariff) -> Result<Vec<EarlierStay>, Stop<Refusal>> {
    let mut found = Vec::new();
    let mut next: Option<Id> = stay.previous;
    while let Some(id) = next
        && found.len() < LOOK_BACK
    {
        let visit = view.need::<Stay, Refusal>(id)?;
        let Some(left_at) = visit.left_at else { break };
        found.push(EarlierStay {
            enter: stamp(visit.entered_at),
            leave: stamp(left_at),
            fee: Money::new(visit.paid, tariff.currency),
        });
        next = visit.previous;
    }
    found.reverse();
    Ok(found)
}
