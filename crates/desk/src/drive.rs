//! The driver of remote attempts: asks the channel what the attempt's step says, and writes down what follows. Every step is written before
//! it is asked and every answer may be lost, so the driver can be stopped anywhere and started again (rules 2, 3, 4, 5, 11).
//!
//! A scan runs `charge → poll … → reverse …`, a shown code or an order paid inside a wallet `present → poll … → close`. A charge is sent once: a driver that finds the step
//! `charge` on an attempt it did not just make only asks what became of it.

use serde_json::json;
use store::{Id, Job, Merchant, Millis, View};

use crate::attempt::is_live;
use crate::channel::{ChargeAsk, Closing, Decline, Line, PresentAsk, Receipt, Reversal, Standing, Trouble};
use crate::desk::{Desk, Ruled};
use crate::foresee;
use crate::in_app;
use crate::late::{overtaken, watch_on};
use crate::problem::Refusal;
use crate::rows::{Account, Attempt, AttemptState, AttemptsOfOrder, Order, Presentment, Step};
use crate::settings::Settings;
use crate::settle::{self, short};
use crate::trace::Scope;
use crate::undo;

/// What a channel answered to the step that was asked.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Presented(Result<String, Trouble>),
    Charged(Result<Standing, Trouble>),
    Stood(Result<Standing, Trouble>),
    Closed(Result<Closing, Trouble>),
    /// The reversal that this permission was for, see [`undo`].
    Undone(Option<Millis>, Result<Reversal, Trouble>),
    /// A close or reversal was refused, and this is what the channel said of the payment right after.
    NotStopped(Option<Millis>, Result<Standing, Trouble>, String),
}

impl Desk {
    /// Drives an attempt that was just made: the one place where a charge is sent.
    /// Answers the attempt as that left it, where something was asked.
    pub(crate) async fn drive_fresh(
        &self,
        merchant: Merchant,
        order: &Order,
        attempt: Attempt,
    ) -> Result<Option<Attempt>, Refusal> {
        let scope = Scope::of(attempt.order, attempt.trace.as_deref());
        scope.run(self.send_first(merchant, order, attempt)).await
    }

    async fn send_first(
        &self,
        merchant: Merchant,
        order: &Order,
        attempt: Attempt,
    ) -> Result<Option<Attempt>, Refusal> {
        let Some(account) = attempt.account else { return Ok(None) };
        let line = match self.line(merchant, account).await {
            Ok(line) => line,
            Err(refusal) if attempt.step == Step::Charge => {
                // Nothing was sent, and this process alone may send: so nothing was taken.
                let trouble = Trouble::NotSent(refusal.to_string());
                let answer = Answer::Charged(Err(trouble));
                let applied = self.apply(merchant, attempt.id, attempt.state, answer).await?;
                return Ok(Some(applied.1));
            }
            Err(refusal) => return Err(refusal),
        };
        let ask = self.present_ask(order, &attempt, account)?;
        let answer = match (&attempt.step, attempt.payer_code.clone()) {
            (Step::Charge, Some(payer_code)) => {
                Answer::Charged(line.charge(&ChargeAsk { common: ask, payer_code }).await)
            }
            (Step::Charge, None) => return Ok(None),
            _ => Answer::Presented(in_app::present(&*line, &attempt, ask).await),
        };
        let applied = self.apply(merchant, attempt.id, attempt.state, answer).await?;
        Ok(Some(applied.1))
    }

    /// Takes the attempt of a job one step further.
    pub(crate) async fn drive(&self, merchant: Merchant, job: &Job) -> Result<(), Refusal> {
        let (id, job_id) = (job.subject, job.id);
        let attempt = self
            .decide(merchant, move |view| match view.get::<Attempt>(id)? {
                Some(attempt) if attempt.step == Step::Reverse => Ok(undo::permit(view, attempt, job_id)),
                Some(attempt) if attempt.step != Step::Done => Ok(Some(attempt)),
                _ => {
                    view.job_done(job_id);
                    Ok(None)
                }
            })
            .await?;
        let Some(attempt) = attempt else { return Ok(()) };
        let Some(account) = attempt.account else { return Ok(()) };
        let line = self.line(merchant, account).await?;
        let scope = Scope::of(attempt.order, attempt.trace.as_deref());
        let again = scope.run(self.ask_next(merchant, attempt, account, &*line)).await?;
        if again {
            // A close that came too late, or a bound that was reached: no gap between the last question and the next step.
            Box::pin(self.drive(merchant, job)).await?;
        }
        Ok(())
    }

    /// Asks what the attempt's step says and writes the answer down. True when the next step is to be asked at once.
    async fn ask_next(
        &self,
        merchant: Merchant,
        attempt: Attempt,
        account: Id,
        line: &dyn Line,
    ) -> Result<bool, Refusal> {
        let (no, now) = (attempt.out_trade_no.as_str(), self.now());
        let answer = match attempt.step {
            Step::Present => {
                let order_id = attempt.order;
                let order = self.decide(merchant, move |view| view.need::<Order, Refusal>(order_id)).await?;
                let ask = self.present_ask(&order, &attempt, account)?;
                Answer::Presented(in_app::present(line, &attempt, ask).await)
            }
            Step::Close | Step::Reverse => undo::ask(line, &attempt, now).await,
            _ => Answer::Stood(line.query(no, now).await),
        };
        let (again, _) = self.apply(merchant, attempt.id, attempt.state, answer).await?;
        Ok(again)
    }

    /// Writes down what an answer means; `asked_in` is the attempt's state when the question was asked. True when the next step is to be asked at once; the
    /// attempt as it is now.
    pub(crate) async fn apply(
        &self,
        merchant: Merchant,
        id: Id,
        asked_in: AttemptState,
        answer: Answer,
    ) -> Result<(bool, Attempt), Refusal> {
        let desk = self.clone();
        self.decide(merchant, move |view| {
            let attempt = view.need::<Attempt, Refusal>(id)?;
            let again = answered(&desk, view, attempt, &asked_in, &answer)?;
            Ok((again, view.need::<Attempt, Refusal>(id)?))
        })
        .await
    }

    fn present_ask(&self, order: &Order, attempt: &Attempt, account: Id) -> Result<PresentAsk, Refusal> {
        Ok(PresentAsk {
            out_trade_no: attempt.out_trade_no.clone(),
            amount: crate::attempt::due(order)?,
            description: order.description.clone(),
            expires_at: attempt.expires_at,
            notify_url: self.notify_url(&attempt.channel, account),
            terminal: attempt.terminal.map(|t| t.to_string()).unwrap_or_default(),
            site: order.site.to_string(),
            now: self.now(),
        })
    }
}

/// What an answer to the step that was asked means.
fn answered(
    desk: &Desk,
    view: &mut View,
    mut attempt: Attempt,
    asked_in: &AttemptState,
    answer: &Answer,
) -> Ruled<bool> {
    match answer {
        Answer::Charged(Ok(_)) | Answer::Stood(Ok(_)) if overtaken(&attempt, Some(asked_in)) => Ok(false),
        Answer::Charged(Err(Trouble::Unknown(_))) | Answer::Stood(Err(_)) if undo::under_way(&attempt) => {
            Ok(false)
        }
        Answer::Presented(result) => presented(desk, view, attempt, result),
        Answer::Charged(Ok(standing)) | Answer::Stood(Ok(standing)) => stood(desk, view, attempt, standing),
        Answer::Charged(Err(trouble)) => {
            let why = match trouble {
                Trouble::Unknown(_) => return in_doubt(desk, view, attempt, &trouble.to_string()),
                Trouble::NotSent(_) | Trouble::Throttled(_) => Decline::Other,
                Trouble::Refused { .. } => Decline::MerchantRefused,
            };
            if attempt.state != AttemptState::Pending || attempt.step != Step::Charge {
                return Ok(false);
            }
            settle::declined(view, &mut attempt, why, &trouble.to_string())?;
            view.put(attempt);
            Ok(false)
        }
        Answer::Stood(Err(trouble)) => in_doubt(desk, view, attempt, &trouble.to_string()),
        Answer::Closed(result) => undo::closed(desk, view, attempt, result),
        Answer::Undone(sent, result) => undo::undone(desk, view, attempt, *sent, result),
        Answer::NotStopped(sent, result, said) => undo::not_stopped(desk, view, attempt, *sent, result, said),
    }
}

pub(crate) fn later(view: &mut View, attempt: &Attempt, wait: std::time::Duration, error: Option<String>) {
    if let Some(job) = attempt.job {
        let at = view.now().plus(wait);
        view.job_later(job, at, error);
    }
}

pub(crate) fn is_scan(attempt: &Attempt) -> bool {
    attempt.presentment == Presentment::CustomerPresented
}

/// The channel gave a code, or did not.
fn presented(
    desk: &Desk,
    view: &mut View,
    mut attempt: Attempt,
    result: &Result<String, Trouble>,
) -> Ruled<bool> {
    if attempt.step != Step::Present {
        return Ok(false); // closed or paid meanwhile; the driver goes on from there
    }
    match result {
        Ok(code) => {
            attempt.code = Some(code.clone());
            attempt.step = Step::Poll;
            attempt.asked = 0;
            later(view, &attempt, Settings::wait(&desk.settings.code_polls, 0), None);
            changed(view, &attempt)?;
        }
        Err(Trouble::Refused { code, message }) => {
            settle::declined(view, &mut attempt, Decline::MerchantRefused, &format!("{code}: {message}"))?;
        }
        Err(trouble) => {
            attempt.channel_said = Some(short(&trouble.to_string()));
            if attempt.expires_at <= view.now() {
                attempt.step = Step::Close;
            }
            let wait = Settings::wait(&desk.settings.undo_waits, attempt.asked);
            attempt.asked += 1;
            later(view, &attempt, wait, Some(trouble.to_string()));
        }
    }
    view.put(attempt);
    Ok(false)
}

/// The channel told where the payment stands: by answer, by query or by notification.
pub(crate) fn stood(desk: &Desk, view: &mut View, mut attempt: Attempt, standing: &Standing) -> Ruled<bool> {
    match standing {
        Standing::Paid(receipt) => take(desk, view, attempt, receipt),
        Standing::Refunded(Some(receipt)) if attempt.state == AttemptState::Succeeded => {
            take(desk, view, attempt, receipt)
        }
        _ if !is_live(&attempt) => {
            watch_on(desk, view, &mut attempt, true);
            view.put(attempt);
            Ok(false)
        }
        Standing::Declined { why, channel_said } => {
            settle::declined(view, &mut attempt, *why, channel_said)?;
            view.put(attempt);
            Ok(false)
        }
        Standing::Closed | Standing::Reversed | Standing::Refunded(_) => {
            let state = if is_scan(&attempt) { AttemptState::Reversed } else { AttemptState::Closed };
            attempt.step = Step::Done;
            settle::finish_job(view, &mut attempt);
            settle::ended(view, &mut attempt, state, Some("nothing_taken"))?;
            view.put(attempt);
            Ok(false)
        }
        Standing::Waiting => {
            if attempt.state == AttemptState::InDoubt {
                attempt.state = AttemptState::Pending;
                changed(view, &attempt)?;
            }
            ask_again(desk, view, attempt, None)
        }
        Standing::Absent => ask_again(desk, view, attempt, None),
        Standing::Strange(word) => in_doubt(desk, view, attempt, word),
    }
}

/// Money came, or is told again.
fn take(desk: &Desk, view: &mut View, mut attempt: Attempt, receipt: &Receipt) -> Ruled<bool> {
    if attempt.state == AttemptState::Succeeded {
        if attempt.channel_txn.as_deref() != Some(receipt.channel_txn.as_str()) {
            take_second(desk, view, &attempt, receipt)?;
        }
        return Ok(false);
    }
    if receipt.amount.value != attempt.amount || receipt.amount.currency.code() != attempt.currency {
        let said = format!(
            "the channel took {}, the order is {} {}",
            receipt.amount, attempt.currency, attempt.amount
        );
        if !is_live(&attempt) {
            attempt.channel_said = Some(short(&said));
            watch_on(desk, view, &mut attempt, true);
            view.put(attempt);
            return Ok(false);
        }
        return in_doubt(desk, view, attempt, &said);
    }
    let holds = settle::receivable(&attempt)?;
    view.want::<Account>((holds.owner, holds.stored_class()));
    view.want::<Order>(attempt.order);
    if let Some(job) = attempt.job {
        view.job_get(job)?; // it ends with the payment
    }
    let mut order = view.need::<Order, Refusal>(attempt.order)?;
    foresee::payment(view, order.site, receipt.amount.currency);
    settle::paid(desk, view, &mut order, &mut attempt, receipt, holds)?;
    view.put(order);
    view.put(attempt);
    Ok(false)
}

/// One number of ours, two transactions of the channel: the second is money like any other success that is not owed (rule 1). It gets an
/// attempt row of its own, under the same number, and flows back by the channel's own number.
fn take_second(desk: &Desk, view: &mut View, first: &Attempt, receipt: &Receipt) -> Ruled<()> {
    let others = view.by::<AttemptsOfOrder>(first.order)?;
    if others.iter().any(|a| a.channel_txn.as_deref() == Some(receipt.channel_txn.as_str())) {
        return Ok(());
    }
    if receipt.amount.value != first.amount || receipt.amount.currency.code() != first.currency {
        view.emit(
            "attempt.second_receipt",
            first.order,
            json!({"attempt": first.id, "channel_txn": receipt.channel_txn}),
        );
        return Ok(());
    }
    let mut order = view.need::<Order, Refusal>(first.order)?;
    let mut second = Attempt {
        id: view.id(),
        created_at: view.now(),
        state: AttemptState::Pending,
        step: Step::Done,
        code: None,
        channel_txn: None,
        received: 0,
        refunded: 0,
        reserved: 0,
        asked: 0,
        job: None,
        ..first.clone()
    };
    let holds = settle::receivable(&second)?;
    settle::paid(desk, view, &mut order, &mut second, receipt, holds)?;
    view.add(second);
    view.put(order);
    Ok(())
}

/// No reliable answer: a scan is in doubt and says so; a shown code is asked about again.
pub(crate) fn in_doubt(desk: &Desk, view: &mut View, mut attempt: Attempt, said: &str) -> Ruled<bool> {
    if !is_live(&attempt) {
        watch_on(desk, view, &mut attempt, false);
        view.put(attempt);
        return Ok(false);
    }
    attempt.channel_said = Some(short(said));
    if is_scan(&attempt) && attempt.state != AttemptState::InDoubt {
        attempt.state = AttemptState::InDoubt;
        changed(view, &attempt)?;
    }
    ask_again(desk, view, attempt, Some(said.to_owned()))
}

/// Puts the next question on the schedule, or ends the asking at its bound.
pub(crate) fn ask_again(
    desk: &Desk,
    view: &mut View,
    mut attempt: Attempt,
    error: Option<String>,
) -> Ruled<bool> {
    if matches!(attempt.step, Step::Close | Step::Reverse) {
        // The answer to a close or reversal was not final, and neither is the channel's state: repeat it after a wait.
        let wait = Settings::wait(&desk.settings.undo_waits, attempt.asked);
        attempt.asked += 1;
        later(view, &attempt, wait, error);
        view.put(attempt);
        return Ok(false);
    }
    let now = view.now();
    let (schedule, bound, end) = if is_scan(&attempt) {
        (&desk.settings.scan_polls, attempt.created_at.plus(desk.settings.in_doubt_bound), Step::Reverse)
    } else {
        (&desk.settings.code_polls, attempt.expires_at, Step::Close)
    };
    if now >= bound {
        attempt.step = end;
        attempt.asked = 0;
        later(view, &attempt, std::time::Duration::ZERO, error);
        view.put(attempt);
        return Ok(true);
    }
    let wait = Settings::wait(schedule, attempt.asked).min(bound.since(now));
    attempt.step = Step::Poll;
    attempt.asked += 1;
    later(view, &attempt, wait, error);
    view.put(attempt);
    Ok(false)
}

/// Tells whoever follows the order that an attempt changed without ending.
fn changed(view: &mut View, attempt: &Attempt) -> Ruled<()> {
    let mut order = view.need::<Order, Refusal>(attempt.order)?;
    order.version += 1;
    view.emit(
        "attempt.changed",
        order.id,
        json!({"attempt": attempt.id, "state": attempt.state.as_str(), "version": order.version}),
    );
    view.put(order);
    Ok(())
}
