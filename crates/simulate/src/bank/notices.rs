//! What the banks tell by themselves: signed, late, lost, repeated, out of order.

use std::sync::Arc;
use std::time::Duration;

use desk::channel::{Forged, Notice, Receipt, RefundStanding, Standing};
use money::Money;
use serde::{Deserialize, Serialize};
use store::Millis;

use super::Bank;
use super::books::{number_of, txn_of};
use crate::sim::Sim;

/// The body of a notification.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Notification {
    pub(crate) account: String,
    pub(crate) out_trade_no: String,
    pub(crate) refund: Option<String>,
    pub(crate) amount: i64,
    pub(crate) at: i64,
    /// The bank's own number of the payment.
    pub(crate) txn: String,
}

/// The waits before each try to deliver.
const TRIES: [u64; 5] = [0, 15, 60, 600, 1800];

/// A cheap signature over a body with an account's secret.
pub(crate) fn signed(account: &str, body: &[u8]) -> String {
    let hash = account.bytes().chain([0x2e]).chain(body.iter().copied());
    let hash = hash.fold(0x6c62_272e_07bb_0142_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// Checks and reads a notification for an account.
pub(super) fn read(
    account: &str,
    headers: &[(String, String)],
    body: &[u8],
    _now: Millis,
) -> Result<Notice, Forged> {
    let signature = headers.iter().find(|(name, _)| name == "signature").map(|(_, value)| value.as_str());
    if signature != Some(signed(account, body).as_str()) {
        return Err(Forged("the signature is wrong".to_owned()));
    }
    let notice: Notification = serde_json::from_slice(body).map_err(|e| Forged(e.to_string()))?;
    if notice.account != account {
        return Err(Forged("it is for another account".to_owned()));
    }
    Ok(understood(notice))
}

/// What a notification says.
pub(crate) fn understood(notice: Notification) -> Notice {
    let no = notice.out_trade_no;
    match notice.refund {
        None => Notice::Payment {
            standing: Standing::Paid(Receipt {
                channel_txn: notice.txn,
                amount: Money::fen(notice.amount),
                paid_at: Millis(notice.at),
                exchange: None,
            }),
            out_trade_no: no,
        },
        Some(refund) => Notice::Refund {
            out_trade_no: no,
            standing: RefundStanding::Succeeded {
                channel_refund: format!("R{refund}"),
                at: Millis(notice.at),
            },
            out_refund_no: refund,
        },
    }
}

/// A payment happened: it is told until somebody acknowledges it.
pub(super) fn payment(sim: &Arc<Sim>, bank: &Arc<Bank>, no: &str) {
    let books = bank.books();
    let Some(trade) = books.trades.get(no) else { return };
    let notice = Notification {
        account: trade.account.clone(),
        out_trade_no: number_of(no).to_owned(),
        refund: None,
        amount: trade.amount,
        at: trade.paid_at.map_or(0, |at| at.0),
        txn: txn_of(no),
    };
    tell(sim, bank.number, trade.visit, trade.notify_url.clone(), notice);
}

/// A refund was accepted: its money arrives after a while, and that is told.
pub(super) fn refund(sim: &Arc<Sim>, bank: &Arc<Bank>, no: &str, refund: &str) {
    let visit = bank.books().visit_of(number_of(no));
    let (from, bank, no, refund) = (Arc::downgrade(sim), bank.clone(), no.to_owned(), refund.to_owned());
    let mut dice = sim.world.next_dice(visit, "refund takes");
    let wait = if sim.world.is_calm() { 3 } else { dice.between(1, 600) };
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(wait)).await;
        let Some(sim) = from.upgrade() else { return };
        let now = sim.world.now();
        if !bank.books().complete(&no, &refund, now) {
            return;
        }
        sim.world.note(Some(visit), &format!("{} refund {refund} of {no} arrives", bank.facts.code));
        sim.world.touch(number_of(&no));
        let (account, url, amount) = {
            let books = bank.books();
            let Some(trade) = books.trades.get(&no) else { return };
            let amount = trade.refunds.get(&refund).map_or(0, |r| r.amount);
            (trade.account.clone(), trade.notify_url.clone(), amount)
        };
        let notice = Notification {
            account,
            out_trade_no: number_of(&no).to_owned(),
            refund: Some(refund),
            amount,
            at: now.0,
            txn: txn_of(&no),
        };
        tell(&sim, bank.number, visit, url, notice);
    });
}

/// Delivers a notification, again and again until it is acknowledged, and sometimes once more.
fn tell(sim: &Arc<Sim>, bank: usize, visit: u32, url: String, notice: Notification) {
    let mood = sim.world.plan.mood;
    let from = Arc::downgrade(sim);
    let mut dice = sim.world.next_dice(visit, "notice");
    tokio::spawn(async move {
        let body = serde_json::to_vec(&notice).unwrap_or_default();
        let headers = [("signature".to_owned(), signed(&notice.account, &body))];
        let late = dice.chance(mood.notice_late);
        tokio::time::sleep(Duration::from_millis(dice.between(10, if late { 200_000 } else { 1500 }))).await;
        for wait in TRIES {
            tokio::time::sleep(Duration::from_secs(wait)).await;
            let Some(sim) = from.upgrade() else { return };
            if !sim.world.is_calm() && dice.chance(mood.notice_lost) {
                continue;
            }
            let status = sim.deliver(bank, visit, &url, &headers, &body, "callback").await;
            if status == 200 && !dice.chance(150) {
                return;
            }
        }
    });
}
