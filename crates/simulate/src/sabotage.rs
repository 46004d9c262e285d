//! Breaks on purpose, from outside: each makes the platform behave as if a safeguard were missing, and the auditor must notice. The platform's
//! own code has no switch for any of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use desk::Desk;
use desk::channel::{
    Ack, Billing, ChargeAsk, Closing, Decline, Forged, InAppAsk, InAppCall, Line, Notice, PresentAsk,
    Receipt, RefundAsk, RefundStanding, Reversal, Standing, Trouble,
};
use desk::ledger::Class;
use desk::problem::Refusal;
use desk::rows::{Account, Attempt, Fulfilment, FulfilmentState, Order, OrderState, Refund};
use money::Money;
use store::{Id, Json, Merchant, Millis};

use crate::bank::{Notification, understood};
use crate::sim::Sim;

macro_rules! breaks {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// What can be broken on purpose.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Break {
            $($(#[$doc])* $name,)+
        }

        impl Break {
            /// All of them.
            pub const ALL: &[Break] = &[$(Break::$name),+];

            /// Its name on the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Break::$name => $word),+ }
            }
        }
    };
}

breaks! {
    /// Two decisions over one balance run side by side, and the later one overwrites the earlier.
    SkipLock = "skip_lock",
    /// A reversal is noted and never sent.
    ForgetReversal = "forget_reversal",
    /// A callback is believed without its signature.
    TrustCallback = "trust_callback",
    /// A repeated write is a new write.
    DropIdempotency = "drop_idempotency",
    /// A refund under way is not reserved.
    RefundWithoutReserve = "refund_without_reserve",
    /// A job disappears.
    LoseJob = "lose_job",
    /// No answer counts as no.
    AssumeDeclined = "assume_declined",
    /// A charge without an answer is sent again.
    ChargeAgain = "charge_again",
    /// A payment that waits counts as paid.
    BelieveEarly = "believe_early",
    /// A refund is noted and never sent.
    PretendRefund = "pretend_refund",
    /// A refund takes another number when it is repeated.
    RenumberRefund = "renumber_refund",
    /// Things are handed out before the money came.
    HandOutEarly = "hand_out_early",
    /// A balance changes without an entry.
    CookBooks = "cook_books",
    /// An event counts as delivered although nobody was told.
    PretendDelivery = "pretend_delivery",
    /// The last line of a bill is not read.
    MisreadBill = "misread_bill",
}

impl std::str::FromStr for Break {
    type Err = String;
    fn from_str(text: &str) -> Result<Break, String> {
        let all = || Break::ALL.iter().map(|b| b.name()).collect::<Vec<_>>().join(", ");
        Break::ALL
            .iter()
            .copied()
            .find(|b| b.name() == text)
            .ok_or_else(|| format!("{text:?} is not one of {}", all()))
    }
}

/// A line with this break in it.
pub(crate) fn line(sabotage: Option<Break>, line: Arc<dyn Line>) -> Arc<dyn Line> {
    use Break::*;
    match sabotage {
        Some(
            by @ (ForgetReversal | TrustCallback | AssumeDeclined | ChargeAgain | BelieveEarly
            | PretendRefund | RenumberRefund | MisreadBill),
        ) => Arc::new(Broken { by, line, amounts: Mutex::default() }),
        _ => line,
    }
}

struct Broken {
    by: Break,
    line: Arc<dyn Line>,
    amounts: Mutex<BTreeMap<String, Money>>,
}

impl Broken {
    fn remember(&self, ask: &PresentAsk) {
        let mut amounts = self.amounts.lock().unwrap_or_else(PoisonError::into_inner);
        amounts.insert(ask.out_trade_no.clone(), ask.amount);
    }

    fn amount(&self, no: &str) -> Option<Money> {
        self.amounts.lock().unwrap_or_else(PoisonError::into_inner).get(no).copied()
    }
}

#[async_trait]
impl Line for Broken {
    async fn present(&self, ask: &PresentAsk) -> Result<String, Trouble> {
        self.remember(ask);
        self.line.present(ask).await
    }

    async fn in_app(&self, ask: &InAppAsk) -> Result<InAppCall, Trouble> {
        self.remember(&ask.common);
        self.line.in_app(ask).await
    }

    async fn charge(&self, ask: &ChargeAsk) -> Result<Standing, Trouble> {
        self.remember(&ask.common);
        let answer = self.line.charge(ask).await;
        match (self.by, &answer) {
            (Break::AssumeDeclined, Err(Trouble::Unknown(said))) => {
                Ok(Standing::Declined { why: Decline::Other, channel_said: said.clone() })
            }
            (Break::ChargeAgain, Err(Trouble::Unknown(_))) => self.line.charge(ask).await,
            _ => answer,
        }
    }

    async fn query(&self, out_trade_no: &str, now: Millis) -> Result<Standing, Trouble> {
        let answer = self.line.query(out_trade_no, now).await;
        match (self.by, &answer, self.amount(out_trade_no)) {
            (Break::BelieveEarly, Ok(Standing::Waiting), Some(amount)) => Ok(Standing::Paid(Receipt {
                channel_txn: format!("T{out_trade_no}"),
                amount,
                paid_at: now,
                exchange: None,
            })),
            _ => answer,
        }
    }

    async fn close(&self, out_trade_no: &str, now: Millis) -> Result<Closing, Trouble> {
        self.line.close(out_trade_no, now).await
    }

    async fn reverse(&self, out_trade_no: &str, now: Millis) -> Result<Reversal, Trouble> {
        if self.by == Break::ForgetReversal {
            return Ok(Reversal::Reversed);
        }
        self.line.reverse(out_trade_no, now).await
    }

    async fn refund(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        match self.by {
            Break::PretendRefund => Ok(RefundStanding::Succeeded {
                channel_refund: format!("R{}", ask.out_refund_no),
                at: ask.now,
            }),
            Break::RenumberRefund => {
                let out_refund_no = format!("{}-{}", ask.out_refund_no, ask.now.0);
                self.line.refund(&RefundAsk { out_refund_no, ..ask.clone() }).await
            }
            _ => self.line.refund(ask).await,
        }
    }

    async fn refund_query(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        self.line.refund_query(ask).await
    }

    async fn bill(&self, day: &str, now: Millis) -> Result<Billing, Trouble> {
        let mut answer = self.line.bill(day, now).await;
        if self.by == Break::MisreadBill
            && let Ok(Billing::Ready(bill)) = &mut answer
        {
            bill.rows.pop();
        }
        answer
    }

    fn notification(&self, headers: &[(String, String)], body: &[u8], now: Millis) -> Result<Notice, Forged> {
        if self.by == Break::TrustCallback
            && let Ok(notice) = serde_json::from_slice::<Notification>(body)
        {
            return Ok(understood(notice));
        }
        self.line.notification(headers, body, now)
    }

    fn ack(&self) -> Ack {
        self.line.ack()
    }

    fn nack(&self, why: &str) -> Ack {
        self.line.nack(why)
    }
}

/// What a break does to the rows behind the platform's back, now and then after a call.
pub(crate) async fn after_call(sim: &Sim, visit: u32, desk: &Desk) {
    use Break::*;
    let Some(by @ (SkipLock | RefundWithoutReserve | LoseJob | HandOutEarly | CookBooks)) = sim.sabotage
    else {
        return;
    };
    if sim.world.is_calm() || !sim.world.next_dice(visit, "sabotage").chance(300) {
        return;
    }
    let Some(merchant) = sim.shops().first().map(|s| s.merchant) else { return };
    // A node that dies meanwhile does no harm either.
    let _ = match by {
        SkipLock => {
            tokio::spawn(overwrite(desk.clone(), merchant));
            Ok(())
        }
        RefundWithoutReserve => unreserve(desk, merchant).await,
        LoseJob => lose_job(desk, merchant).await,
        HandOutEarly => hand_out(desk, merchant).await,
        _ => cook(desk, merchant).await,
    };
}

/// Reads a balance in one decision and writes it back in a later one, as if nobody else could have come between.
async fn overwrite(desk: Desk, merchant: Merchant) -> Result<(), Refusal> {
    let Some(seen) = balance(&desk, merchant).await? else { return Ok(()) };
    let key = (seen.owner, seen.class);
    let seen = desk.decide(merchant, move |view| Ok(view.get::<Account>(key)?)).await?;
    tokio::time::sleep(std::time::Duration::from_secs(20)).await;
    let Some(seen) = seen else { return Ok(()) };
    desk.decide(merchant, move |view| {
        view.put(seen.clone());
        Ok(())
    })
    .await
}

async fn balance(desk: &Desk, merchant: Merchant) -> Result<Option<Account>, Refusal> {
    let takings = Class::Takings as i64;
    let found = desk
        .read(move |sql| {
            let rest = "where merchant = $1 and class / 1000 = $2 order by owner, class limit 1";
            sql.rows::<Account>(rest, &[&merchant.0, &takings])
        })
        .await?;
    Ok(found.into_iter().next().map(|(_, row)| row))
}

async fn unreserve(desk: &Desk, merchant: Merchant) -> Result<(), Refusal> {
    let rest = "where merchant = $1 and state = 'processing' order by id desc limit 1";
    let found = desk.read(move |sql| sql.rows::<Refund>(rest, &[&merchant.0])).await?;
    let Some((_, refund)) = found.into_iter().next() else { return Ok(()) };
    desk.decide(merchant, move |view| {
        view.change::<Attempt, Refusal>(refund.attempt, |a| a.reserved = 0)?;
        view.change::<Order, Refusal>(refund.order, |o| o.reserved = 0)?;
        view.emit("sabotage", refund.order, serde_json::Value::Null);
        Ok(())
    })
    .await
}

async fn lose_job(desk: &Desk, merchant: Merchant) -> Result<(), Refusal> {
    let rest = "where merchant = $1 and job is not null order by id desc limit 1";
    let found = desk.read(move |sql| sql.rows::<Attempt>(rest, &[&merchant.0])).await?;
    let job = found.into_iter().next().and_then(|(_, attempt)| attempt.job);
    let Some(job) = job else { return Ok(()) };
    desk.decide(merchant, move |view| {
        view.job_done(job);
        Ok(())
    })
    .await
}

async fn hand_out(desk: &Desk, merchant: Merchant) -> Result<(), Refusal> {
    let rest = "where merchant = $1 and state = 'open' order by id desc limit 1";
    let found = desk.read(move |sql| sql.rows::<Order>(rest, &[&merchant.0])).await?;
    let Some((_, order)) = found.into_iter().next() else { return Ok(()) };
    desk.decide(merchant, move |view| {
        let (id, now): (Id, Millis) = (view.id(), view.now());
        let row = view.need::<Order, Refusal>(order.id)?;
        if row.state == OrderState::Open && row.kept.is_none() {
            view.add(Fulfilment {
                id,
                order: order.id,
                kind: "thing".to_owned(),
                body: Json(serde_json::Value::Null),
                device: None,
                created_at: now,
                state: FulfilmentState::Done,
                done_at: Some(now),
                note: None,
            });
            view.emit("sabotage", order.id, serde_json::Value::Null);
        }
        Ok(())
    })
    .await
}

async fn cook(desk: &Desk, merchant: Merchant) -> Result<(), Refusal> {
    let Some(found) = balance(desk, merchant).await? else { return Ok(()) };
    desk.decide(merchant, move |view| {
        view.change::<Account, Refusal>((found.owner, found.class), |a| a.balance -= 100)?;
        Ok(())
    })
    .await
}
