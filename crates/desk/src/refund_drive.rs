//! The driver of remote refunds: asks the channel under the refund's one number until the answer is final (rule 7).

use store::{Id, Merchant, View};

use crate::access::{Act, Who};
use crate::boxed;
use crate::channel::{RefundAsk, RefundStanding, Trouble};
use crate::desk::{Desk, Ruled};
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::refund;
use crate::rows::{Attempt, Order, Refund, RefundState};
use crate::settings::Settings;
use crate::settle::{currency, short};
use crate::trace::Scope;

impl Desk {
    /// Takes a refund one step further: asks for it, or asks where it stands.
    pub(crate) async fn drive_refund(&self, merchant: Merchant, id: Id) -> Result<(), Refusal> {
        let (refund, attempt, order) = self
            .decide(merchant, move |view| {
                let refund = view.need::<Refund, Refusal>(id)?;
                view.want::<Order>(refund.order);
                let attempt = view.need::<Attempt, Refusal>(refund.attempt)?;
                let order = view.need::<Order, Refusal>(refund.order)?;
                if refund.state == RefundState::Succeeded
                    && let Some(job) = refund.job
                {
                    view.job_done(job);
                }
                Ok((refund, attempt, order))
            })
            .await?;
        let Some(account) = attempt.account else { return Ok(()) };
        if !matches!(refund.state, RefundState::Processing | RefundState::Failed) {
            return Ok(());
        }
        let line = self.line(merchant, account).await?;
        let ask = self.refund_ask(&refund, &attempt, &order, account)?;
        let asking = async {
            if refund.state == RefundState::Failed {
                return line.refund_query(&ask).await;
            }
            if refund.asked == 0 {
                return line.refund(&ask).await;
            }
            match line.refund_query(&ask).await {
                // The first call may never have arrived, or was put off: the same number again is harmless.
                Ok(RefundStanding::Absent | RefundStanding::Later(_)) => line.refund(&ask).await,
                other => other,
            }
        };
        let answer = Scope::of(order.id, attempt.trace.as_deref()).run(asking).await;
        self.note_refund(merchant, id, answer).await
    }

    /// Has the channel repair a refund that the payer's side did not take: the money goes to the merchant's own account, and from there by hand. One that
    /// counts as failed by now is reserved and followed again. Errors: `forbidden`, `not_found`, `refund_not_failed` once it has succeeded,
    /// `refund_exceeds_paid`, `channel_refused`, `channel_unavailable`.
    #[boxed]
    pub async fn repair_refund(&self, who: &Who, key: &str, id: Id) -> Result<Refund, Refusal> {
        who.need(Act::Refund)?;
        let once = Once::new(key, "repair_refund", &id)?;
        let before = once.clone();
        let (refund, attempt, order, made) = self
            .decide(who.merchant, move |view| {
                let made = before.made(view)?.is_some();
                let refund = view.need::<Refund, Refusal>(id)?;
                view.want::<Order>(refund.order);
                let attempt = view.need::<Attempt, Refusal>(refund.attempt)?;
                let order = view.need::<Order, Refusal>(refund.order)?;
                if !made && refund.state == RefundState::Failed && attempt.account.is_some() {
                    refund::reopen(view, refund.clone(), 1)?;
                }
                Ok((refund, attempt, order, made))
            })
            .await?;
        if made {
            return Ok(refund);
        }
        if !matches!(refund.state, RefundState::Processing | RefundState::Failed) {
            return Err((&problems::REFUND_NOT_FAILED).into());
        }
        let account =
            attempt.account.ok_or_else(|| problems::CHANNEL_REFUSED.with("it has no channel account"))?;
        let line = self.line(who.merchant, account).await?;
        match line.repair(&self.refund_ask(&refund, &attempt, &order, account)?).await {
            Ok(standing) => self.note_refund(who.merchant, id, Ok(standing)).await?,
            Err(Trouble::Refused { code, message }) => {
                return Err(problems::CHANNEL_REFUSED.with(format!("{code}: {message}")));
            }
            Err(trouble) => return Err(problems::CHANNEL_UNAVAILABLE.with(trouble.to_string())),
        }
        self.decide(who.merchant, move |view| {
            if once.made(view)?.is_none() {
                once.record(view, id);
            }
            view.need::<Refund, Refusal>(id)
        })
        .await
    }

    fn refund_ask(
        &self,
        refund: &Refund,
        attempt: &Attempt,
        order: &Order,
        account: Id,
    ) -> Result<RefundAsk, Refusal> {
        let currency = currency(order)?;
        let reason = match refund.cause.as_str() {
            "requested" => refund.reason.clone(),
            cause => cause.to_owned(),
        };
        Ok(RefundAsk {
            out_trade_no: attempt.out_trade_no.clone(),
            channel_txn: attempt.channel_txn.clone(),
            out_refund_no: refund.out_refund_no.clone(),
            amount: money::Money::new(refund.amount, currency),
            paid: money::Money::new(attempt.received, currency),
            reason,
            notify_url: self.notify_url(&attempt.channel, account),
            now: self.now(),
        })
    }

    /// Writes an answer down: final, or when to ask again, or that patience is over.
    async fn note_refund(
        &self,
        merchant: Merchant,
        id: Id,
        answer: Result<RefundStanding, Trouble>,
    ) -> Result<(), Refusal> {
        let desk = self.clone();
        self.decide(merchant, move |view| {
            let before = view.need::<Refund, Refusal>(id)?;
            if before.state == RefundState::Failed {
                return note_late(&desk, view, before, &answer);
            }
            let outcome = match &answer {
                Ok(standing) => {
                    if refund::apply(&desk, view, id, standing)? {
                        return Ok(());
                    }
                    match standing {
                        RefundStanding::Later(said)
                        | RefundStanding::Stuck(said)
                        | RefundStanding::Strange(said) => Some(said.clone()),
                        _ => None,
                    }
                }
                Err(Trouble::Refused { code, message }) => {
                    let said = RefundStanding::Failed(format!("{code}: {message}"));
                    refund::apply(&desk, view, id, &said)?;
                    return Ok(());
                }
                Err(trouble) => Some(trouble.to_string()),
            };
            let mut refund = view.need::<Refund, Refusal>(id)?;
            if refund.state != RefundState::Processing {
                return Ok(());
            }
            if view.now().since(refund.created_at) > desk.settings.refund_patience
                && matches!(&answer, Ok(RefundStanding::Later(_) | RefundStanding::Stuck(_)))
            {
                let said = outcome.unwrap_or_default();
                refund::apply(&desk, view, id, &RefundStanding::Failed(said))?;
                return Ok(());
            }
            let wait = Settings::wait(&desk.settings.refund_polls, refund.asked);
            refund.asked += 1;
            refund.channel_said = outcome.as_deref().map(short).or(refund.channel_said);
            if let Some(job) = refund.job {
                let at = view.now().plus(wait);
                view.job_later(job, at, outcome);
            }
            view.put(refund);
            Ok(())
        })
        .await
    }
}

/// What the channel says of a refund that counts as failed: a repetition of the call that was late on its way may have been done after all.
fn note_late(
    desk: &Desk,
    view: &mut View,
    mut refund: Refund,
    answer: &Result<RefundStanding, Trouble>,
) -> Ruled<()> {
    if let Ok(standing @ RefundStanding::Succeeded { .. }) = answer {
        return refund::apply(desk, view, refund.id, standing).map(drop);
    }
    let heard = matches!(answer, Ok(_) | Err(Trouble::Refused { .. }));
    watch_failed(desk, view, &mut refund, heard);
    view.put(refund);
    Ok(())
}

/// A failed refund is looked at a few times more; a look without an answer is repeated.
pub(crate) fn watch_failed(desk: &Desk, view: &mut View, refund: &mut Refund, heard: bool) {
    let Some(job) = refund.job else { return };
    let waits = &desk.settings.late_polls;
    if heard {
        if usize::try_from(refund.asked).unwrap_or(usize::MAX) >= waits.len() {
            return refund::finish(view, refund);
        }
        refund.asked += 1;
    }
    let at = view.now().plus(Settings::wait(waits, refund.asked - 1));
    view.job_later(job, at, None);
}
