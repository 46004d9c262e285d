//! Refunds: reserved first, so that refunded + reserved never exceeds what was paid; asked for under one number until the channel's answer is final (rule 7).

use money::Money;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Id, NewJob, Stop, View};

use crate::access::{Act, Who};
use crate::attempt::HELD;
use crate::boxed;
use crate::channel::{Channel, RefundStanding};
use crate::dates::business_date;
use crate::desk::{Desk, Ruled};
use crate::ledger::{AccountKey, Cause, Class, transfer};
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Attempt, Order, Refund, RefundCause, RefundState, Site};
use crate::settle::{currency, receivable, short};
use crate::{refund_drive, trace, work};

/// What an operator can do about a refund that failed.
const AGAIN_OR_BY_HAND: &str = "retry_or_pay_by_hand";
/// What an operator can do about one that the payer's side did not take.
const REPAIR: &str = "repair";

/// What somebody wants back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefundRequest {
    /// How much; all that is left when left out.
    pub amount: Option<Money>,
    /// Why, as the payer may read it.
    pub reason: String,
}

/// A refund about to be opened.
pub(crate) struct Opening {
    pub(crate) amount: Money,
    pub(crate) cause: RefundCause,
    pub(crate) reason: String,
    pub(crate) operator: Option<Id>,
    pub(crate) terminal: Option<Id>,
}

impl Desk {
    /// Gives money back, in part or whole. Errors: `order_not_paid`, `refund_exceeds_paid`, `refund_window_over`, `invalid_amount`, `currency_mismatch`.
    #[boxed]
    pub async fn refund(
        &self,
        who: &Who,
        key: &str,
        order: Id,
        ask: RefundRequest,
    ) -> Result<Refund, Refusal> {
        trace::about(order, None);
        who.need(Act::Refund)?;
        if ask.reason.chars().count() > 80 {
            return Err(problems::INVALID_REQUEST.with("reason: at most 80 characters"));
        }
        let once = Once::new(key, &format!("refund/{order}"), &ask)?;
        let (desk, by) = (self.clone(), who.clone());
        let (refund, fresh) = self
            .decide(who.merchant, move |view| {
                if let Some(made) = once.made(view)? {
                    return Ok((view.need::<Refund, Refusal>(made)?, false));
                }
                let refund = requested(&desk, view, &by, order, &ask)?;
                once.record(view, refund.id);
                Ok((refund, true))
            })
            .await?;
        if !fresh || refund.job.is_none() {
            return Ok(refund);
        }
        self.first_refund_drive(who, refund.id).await
    }

    /// Asks the channel again for a failed refund, under the same number. Error: `refund_not_failed`.
    #[boxed]
    pub async fn retry_refund(&self, who: &Who, key: &str, id: Id) -> Result<Refund, Refusal> {
        who.need(Act::Refund)?;
        let once = Once::new(key, "retry_refund", &id)?;
        let fresh = self
            .decide(who.merchant, move |view| {
                if once.made(view)?.is_some() {
                    return Ok(false);
                }
                let refund = view.need::<Refund, Refusal>(id)?;
                if refund.state != RefundState::Failed {
                    return Err(Stop::Refused((&problems::REFUND_NOT_FAILED).into()));
                }
                reopen(view, refund, 0)?;
                once.record(view, id);
                Ok(true)
            })
            .await?;
        if fresh {
            return self.first_refund_drive(who, id).await;
        }
        self.decide(who.merchant, move |view| view.need::<Refund, Refusal>(id)).await
    }

    async fn first_refund_drive(&self, who: &Who, id: Id) -> Result<Refund, Refusal> {
        let (desk, merchant) = (self.clone(), who.merchant);
        let driving = tokio::spawn(async move { desk.drive_refund(merchant, id).await });
        let _ = tokio::time::timeout(self.settings.answer_wait, driving).await;
        self.decide(who.merchant, move |view| view.need::<Refund, Refusal>(id)).await
    }
}

fn requested(desk: &Desk, view: &mut View, who: &Who, id: Id, ask: &RefundRequest) -> Ruled<Refund> {
    let mut order = view.need::<Order, Refusal>(id)?;
    let Some(kept) = order.kept else {
        return Err(Stop::Refused((&problems::ORDER_NOT_PAID).into()));
    };
    let mut attempt = view.need::<Attempt, Refusal>(kept)?;
    let currency = currency(&order)?;
    let left = Money::new(attempt.received - attempt.refunded - attempt.reserved, currency);
    let amount = ask.amount.unwrap_or(left);
    if amount.currency != currency {
        return Err(Stop::Refused(
            problems::CURRENCY_MISMATCH.with(format!("the order was paid in {currency}")),
        ));
    }
    if amount.value > left.value || left.is_zero() {
        return Err(Stop::Refused(
            problems::REFUND_EXCEEDS_PAID.with(format!("at most {left} can still be refunded")),
        ));
    }
    if !amount.is_positive() {
        return Err(Stop::Refused(problems::INVALID_AMOUNT.with("a refund is at least one minor unit")));
    }
    let channel = desk.channel(&attempt.channel)?.clone();
    let paid_at = attempt.paid_at.unwrap_or(attempt.created_at);
    if view.now().since(paid_at) > channel.facts().refund_window {
        return Err(Stop::Refused((&problems::REFUND_WINDOW_OVER).into()));
    }
    let terminal = who.terminal().or(attempt.terminal);
    let opening = Opening {
        amount,
        cause: RefundCause::Requested,
        reason: ask.reason.clone(),
        operator: who.operator(),
        terminal,
    };
    let mut refund = open(view, &mut order, &mut attempt, opening)?;
    if let Channel::Value(value) = &channel {
        let leaves = value.give_back(view, &attempt, &refund, terminal)?;
        let (number, at) = (refund.out_refund_no.clone(), view.now());
        succeeded(desk, view, &mut order, &mut attempt, &mut refund, leaves, number, at)?;
        view.put(refund.clone());
    }
    view.put(order);
    view.put(attempt);
    Ok(refund)
}

/// Opens a refund of an attempt's money: reserved, booked as due, and for a remote channel given to a job. The caller puts order and attempt back.
pub(crate) fn open(
    view: &mut View,
    order: &mut Order,
    attempt: &mut Attempt,
    opening: Opening,
) -> Ruled<Refund> {
    let id = view.id();
    let mut refund = Refund {
        id,
        order: order.id,
        attempt: attempt.id,
        currency: order.currency.clone(),
        amount: opening.amount.value,
        out_refund_no: id.to_string(),
        cause: opening.cause,
        reason: opening.reason,
        operator: opening.operator,
        terminal: opening.terminal,
        created_at: view.now(),
        state: RefundState::Processing,
        channel_refund: None,
        channel_said: None,
        advice: None,
        asked: 0,
        ended_at: None,
        business_date: None,
        job: None,
    };
    reserve(view, order, attempt, &refund)?;
    if attempt.account.is_some() {
        let held = refund.cause == RefundCause::Requested;
        refund.job = Some(new_job(view, id, held));
    }
    view.add(refund.clone());
    view.emit(
        "refund.created",
        order.id,
        json!({"refund": id, "cause": refund.cause.as_str(), "version": order.version}),
    );
    Ok(refund)
}

/// Takes a failed refund up again under its own number, reserved anew (rule 7). After `asked` answers from the channel it is asked about and not for.
pub(crate) fn reopen(view: &mut View, mut refund: Refund, asked: i64) -> Ruled<()> {
    let mut attempt = view.need::<Attempt, Refusal>(refund.attempt)?;
    let mut order = view.need::<Order, Refusal>(refund.order)?;
    reserve(view, &mut order, &mut attempt, &refund)?;
    refund.state = RefundState::Processing;
    refund.asked = asked;
    refund.ended_at = None;
    refund.advice = None;
    match refund.job {
        Some(job) => view.job_later(job, view.now().plus(HELD), None),
        None => refund.job = Some(new_job(view, refund.id, true)),
    }
    view.emit("refund.retried", order.id, json!({"refund": refund.id, "version": order.version}));
    view.put(order);
    view.put(attempt);
    view.put(refund);
    Ok(())
}

fn new_job(view: &mut View, refund: Id, held: bool) -> Id {
    view.job(NewJob {
        kind: work::REFUND,
        subject: refund,
        run_at: view.now(),
        priority: 1,
        payload: serde_json::Value::Null,
        held_for: held.then_some(HELD),
    })
}

/// Reserves a refund's amount on attempt and order and books it as due (rule 7).
fn reserve(view: &mut View, order: &mut Order, attempt: &mut Attempt, refund: &Refund) -> Ruled<()> {
    if attempt.refunded + attempt.reserved + refund.amount > attempt.received {
        let left = attempt.received - attempt.refunded - attempt.reserved;
        return Err(Stop::Refused(
            problems::REFUND_EXCEEDS_PAID.with(format!("at most {left} minor units can still be refunded")),
        ));
    }
    attempt.reserved += refund.amount;
    order.reserved += refund.amount;
    order.version += 1;
    let (from, due) = sides(order, attempt)?;
    let cause = cause(view, order, "refund_reserved")?;
    transfer(view, Money::new(refund.amount, from.currency), from, due, &cause)
}

/// Where a refund's money was booked, and where it is booked while it is due. Money the order never kept is owed already (`to_return`).
fn sides(order: &Order, attempt: &Attempt) -> Ruled<(AccountKey, AccountKey)> {
    let currency = currency(order)?;
    let source = if order.kept == Some(attempt.id) { Class::Takings } else { Class::ToReturn };
    Ok((
        AccountKey::new(order.site, source, currency),
        AccountKey::new(order.site, Class::RefundsDue, currency),
    ))
}

fn cause(view: &mut View, order: &Order, word: &'static str) -> Ruled<Cause> {
    let site = view.need::<Site, Refusal>(order.site)?;
    Ok(Cause {
        word,
        subject: order.id,
        business_date: business_date(view.now(), &site.zone, site.cut_off_minutes),
    })
}

/// The money is back. The caller puts all three rows back.
#[expect(clippy::too_many_arguments, reason = "three rows and the proof")]
pub(crate) fn succeeded(
    desk: &Desk,
    view: &mut View,
    order: &mut Order,
    attempt: &mut Attempt,
    refund: &mut Refund,
    leaves: AccountKey,
    channel_refund: String,
    at: store::Millis,
) -> Ruled<()> {
    assert!(attempt.reserved >= refund.amount, "a refund is reserved before it succeeds");
    attempt.reserved -= refund.amount;
    attempt.refunded += refund.amount;
    order.reserved -= refund.amount;
    order.refunded += refund.amount;
    order.version += 1;
    refund.state = RefundState::Succeeded;
    refund.channel_refund = Some(channel_refund);
    refund.ended_at = Some(view.now());
    refund.advice = None;
    let site = view.need::<Site, Refusal>(order.site)?;
    let cause = Cause {
        word: "refund_paid",
        subject: order.id,
        business_date: business_date(at, &site.zone, site.cut_off_minutes),
    };
    refund.business_date = Some(cause.business_date.clone());
    let (_, due) = sides(order, attempt)?;
    transfer(view, Money::new(refund.amount, due.currency), due, leaves, &cause)?;
    finish(view, refund);
    if order.kept == Some(attempt.id) {
        let scene = desk.scene(&order.scene)?.clone();
        scene.revoke(view, order, refund)?;
    }
    view.emit("refund.succeeded", order.id, json!({"refund": refund.id, "version": order.version}));
    Ok(())
}

/// It did not happen: the reservation is given up, and an operator is told what can be done. The caller puts all three rows back.
pub(crate) fn failed(
    desk: &Desk,
    view: &mut View,
    order: &mut Order,
    attempt: &mut Attempt,
    refund: &mut Refund,
    said: &str,
) -> Ruled<()> {
    attempt.reserved -= refund.amount;
    order.reserved -= refund.amount;
    order.version += 1;
    refund.state = RefundState::Failed;
    refund.channel_said = Some(short(said));
    if refund.advice.as_deref() != Some(REPAIR) {
        refund.advice = Some(AGAIN_OR_BY_HAND.to_owned());
    }
    refund.ended_at = Some(view.now());
    let (source, due) = sides(order, attempt)?;
    let cause = cause(view, order, "refund_failed")?;
    transfer(view, Money::new(refund.amount, due.currency), due, source, &cause)?;
    refund.asked = 0;
    refund_drive::watch_failed(desk, view, refund, true);
    view.emit("refund.failed", order.id, json!({"refund": refund.id, "version": order.version}));
    Ok(())
}

pub(crate) fn finish(view: &mut View, refund: &mut Refund) {
    if let Some(job) = refund.job.take() {
        view.job_done(job);
    }
}

/// The payer's side did not take it, which an operator is told once; or, without words, it is on its way again.
fn stuck(view: &mut View, mut order: Order, mut refund: Refund, said: Option<&String>) {
    let (advice, event) = match said {
        Some(_) => (Some(REPAIR), "refund.stuck"),
        None => (None, "refund.moving"),
    };
    if refund.advice.as_deref() == advice {
        return;
    }
    if said.is_none() {
        refund.asked = 1; // asked about often again, as a fresh one is
    }
    refund.advice = advice.map(str::to_owned);
    refund.channel_said = said.map(|said| short(said));
    order.version += 1;
    view.emit(event, order.id, json!({"refund": refund.id, "version": order.version}));
    view.put(order);
    view.put(refund);
}

/// What a channel's word about a refund changes. True when it was final.
pub(crate) fn apply(desk: &Desk, view: &mut View, id: Id, standing: &RefundStanding) -> Ruled<bool> {
    let mut refund = view.need::<Refund, Refusal>(id)?;
    if refund.state == RefundState::Succeeded {
        return Ok(true);
    }
    let mut attempt = view.need::<Attempt, Refusal>(refund.attempt)?;
    let mut order = view.need::<Order, Refusal>(refund.order)?;
    match standing {
        RefundStanding::Succeeded { channel_refund, at } => {
            if refund.state == RefundState::Failed {
                reserve(view, &mut order, &mut attempt, &refund)?;
            }
            let leaves = receivable(&attempt)?;
            succeeded(
                desk,
                view,
                &mut order,
                &mut attempt,
                &mut refund,
                leaves,
                channel_refund.clone(),
                *at,
            )?;
        }
        RefundStanding::Failed(said) if refund.state == RefundState::Processing => {
            failed(desk, view, &mut order, &mut attempt, &mut refund, said)?;
        }
        RefundStanding::Stuck(said) if refund.state == RefundState::Processing => {
            stuck(view, order, refund, Some(said));
            return Ok(false);
        }
        RefundStanding::Processing if refund.advice.is_some() && refund.state == RefundState::Processing => {
            stuck(view, order, refund, None);
            return Ok(false);
        }
        _ => return Ok(false),
    }
    view.put(order);
    view.put(attempt);
    view.put(refund);
    Ok(true)
}
