//! What follows from an answer about an attempt: money is kept or flows back (rule 1), what was bought is handed out in the same decision (rule 6),
//! and whatever is left open is wound down (rule 5).

use money::{Currency, Money};
use serde_json::json;
use store::{Id, Json, Stop, View};

use crate::attempt;
use crate::channel::{Decline, Receipt};
use crate::dates::business_date;
use crate::desk::{Desk, Ruled};
use crate::ledger::{AccountKey, Cause, Class, transfer};
use crate::problem::{Refusal, desk as problems};
use crate::refund::{self, Opening};
use crate::rows::{
    Attempt, AttemptState, AttemptsOfOrder, Fulfilment, FulfilmentState, Order, OrderState, RefundCause,
    Site, Step,
};
use crate::sale;
use crate::stand;

/// Takes a receipt in for an attempt that has not succeeded yet. The caller puts `order` and `attempt` back.
///
/// `holds` is the account where the money now is. The order keeps the first success; any other flows back.
pub(crate) fn paid(
    desk: &Desk,
    view: &mut View,
    order: &mut Order,
    attempt: &mut Attempt,
    receipt: &Receipt,
    holds: AccountKey,
) -> Ruled<()> {
    assert_eq!(receipt.amount.value, attempt.amount, "amounts are compared before money is settled");
    assert_ne!(attempt.state, AttemptState::Succeeded, "an attempt succeeds once");
    let site = view.need::<Site, Refusal>(order.site)?;
    let date = business_date(receipt.paid_at, &site.zone, site.cut_off_minutes);
    let cause = Cause { word: "payment", subject: order.id, business_date: date.clone() };
    let late = match attempt.state {
        AttemptState::Reversed if order.state != OrderState::Open => Some(RefundCause::ReversalTooLate),
        _ => None,
    };
    attempt.state = AttemptState::Succeeded;
    attempt.step = Step::Done;
    attempt.reason = None;
    attempt.payer_code = None;
    attempt.channel_txn = Some(receipt.channel_txn.clone());
    attempt.paid_at = Some(receipt.paid_at);
    attempt.ended_at = Some(view.now());
    attempt.business_date = Some(date);
    attempt.received = receipt.amount.value;
    if let Some(exchange) = &receipt.exchange {
        attempt.details = Some(json!({ "exchange": exchange }).to_string());
    }
    finish_job(view, attempt);
    order.paid += receipt.amount.value;
    order.version += 1;
    if order.state == OrderState::Open {
        let takings = AccountKey::new(order.site, Class::Takings, receipt.amount.currency);
        transfer(view, receipt.amount, holds, takings, &cause)?;
        return keep(desk, view, order, attempt);
    }
    let to_return = AccountKey::new(order.site, Class::ToReturn, receipt.amount.currency);
    transfer(view, receipt.amount, holds, to_return, &cause)?;
    let why = match late {
        Some(cause) => cause,
        None if order.state == OrderState::Closed => RefundCause::PaidAfterClose,
        None => RefundCause::DuplicatePayment,
    };
    view.emit(
        "attempt.succeeded",
        order.id,
        json!({"attempt": attempt.id, "flows_back": why.as_str(), "version": order.version}),
    );
    let opening =
        Opening { amount: receipt.amount, cause: why, reason: String::new(), operator: None, terminal: None };
    refund::open(view, order, attempt, opening)?;
    Ok(())
}

/// The order keeps this attempt's money: hand out, wind the others down.
fn keep(desk: &Desk, view: &mut View, order: &mut Order, attempt: &mut Attempt) -> Ruled<()> {
    order.kept = Some(attempt.id);
    order.paid_at = attempt.paid_at;
    order.state = OrderState::Paid;
    if order.tries > 1 {
        attempt::wind_down(view, order, Some(attempt.id))?;
    }
    sale::free_subject(view, order)?;
    match hand_out(desk, view, order) {
        Ok(_) => {}
        Err(Stop::Refused(why)) if attempt.account.is_some() => {
            // Rule 6: what cannot be handed out is not kept.
            let amount = Money::new(attempt.received, currency(order)?);
            let opening = Opening {
                amount,
                cause: RefundCause::FulfilmentFailed,
                reason: why.to_string(),
                operator: None,
                terminal: None,
            };
            refund::open(view, order, attempt, opening)?;
        }
        // A value channel has taken nothing yet: the whole decision is refused.
        Err(stop) => return Err(stop),
    }
    view.emit(
        "order.paid",
        order.id,
        json!({"attempt": attempt.id, "state": order.state.as_str(), "version": order.version}),
    );
    stand::tell(view, order, attempt);
    Ok(())
}

/// Lets the scene hand out what was paid and writes it down. The order is `fulfilled` unless a device must still act.
pub(crate) fn hand_out(desk: &Desk, view: &mut View, order: &mut Order) -> Ruled<Vec<Fulfilment>> {
    let scene = desk.scene(&order.scene)?.clone();
    let handouts = scene.fulfil(view, order)?;
    let now = view.now();
    let mut rows = Vec::with_capacity(handouts.len());
    for handout in handouts {
        let waits = handout.device.is_some();
        let row = Fulfilment {
            id: view.id(),
            order: order.id,
            kind: handout.kind.to_owned(),
            body: Json(handout.body),
            device: handout.device,
            created_at: now,
            state: if waits { FulfilmentState::Pending } else { FulfilmentState::Done },
            done_at: (!waits).then_some(now),
            note: None,
        };
        view.add(row.clone());
        rows.push(row);
    }
    let waiting = rows.iter().any(|r| r.state == FulfilmentState::Pending);
    order.state = if waiting { OrderState::Paid } else { OrderState::Fulfilled };
    Ok(rows)
}

/// Ends an attempt without money. The caller puts it back.
pub(crate) fn ended(
    view: &mut View,
    attempt: &mut Attempt,
    state: AttemptState,
    reason: Option<&str>,
) -> Ruled<()> {
    attempt.reason = reason.map(str::to_owned);
    attempt.payer_code = None;
    attempt.ended_at = Some(view.now());
    attempt.state = state;
    let mut order = view.need::<Order, Refusal>(attempt.order)?;
    order.version += 1;
    let kind = match attempt.state {
        AttemptState::Declined => "attempt.declined",
        AttemptState::Reversed => "attempt.reversed",
        _ => "attempt.closed",
    };
    view.emit(kind, order.id, json!({"attempt": attempt.id, "version": order.version}));
    if order.state == OrderState::Open && order.expires_at <= view.now() {
        let others = view.by::<AttemptsOfOrder>(order.id)?;
        let live = others.iter().any(|a| a.id != attempt.id && attempt::is_live(a));
        if !live {
            sale::free_subject(view, &order)?;
            order.state = OrderState::Closed;
            order.closed_at = Some(view.now());
            view.emit("order.closed", order.id, json!({"version": order.version, "why": "expired"}));
        }
    }
    view.put(order);
    Ok(())
}

/// Ends an attempt the channel declined for good.
pub(crate) fn declined(
    view: &mut View,
    attempt: &mut Attempt,
    why: Decline,
    channel_said: &str,
) -> Ruled<()> {
    attempt.channel_said = Some(short(channel_said));
    attempt.step = Step::Done;
    finish_job(view, attempt);
    ended(view, attempt, AttemptState::Declined, Some(why.as_str()))
}

/// Ends the job of an attempt that needs no more driving.
pub(crate) fn finish_job(view: &mut View, attempt: &mut Attempt) {
    if let Some(job) = attempt.job.take() {
        view.job_done(job);
    }
}

/// The account that holds a remote attempt's money.
pub(crate) fn receivable(attempt: &Attempt) -> Ruled<AccountKey> {
    let currency: Currency = attempt
        .currency
        .parse()
        .map_err(|e: money::MoneyError| problems::CURRENCY_MISMATCH.with(e.to_string()))?;
    let owner: Id =
        attempt.account.ok_or_else(|| problems::CHANNEL_CLOSED.with("the attempt has no channel account"))?;
    Ok(AccountKey::new(owner, Class::Receivable, currency))
}

/// The currency of an order.
pub(crate) fn currency(order: &Order) -> Result<Currency, Refusal> {
    order.currency.parse().map_err(|e: money::MoneyError| problems::CURRENCY_MISMATCH.with(e.to_string()))
}

/// What a channel said, cut to what is worth keeping.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(300).collect()
}
