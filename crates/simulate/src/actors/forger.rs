//! Somebody who would like payments to be believed: wrong signatures, another merchant's signature, altered copies (rule 4).

use std::sync::Arc;
use std::time::Duration;

use crate::bank::{Notification, signed, txn_of};
use crate::sim::Sim;

/// Forges callbacks for what is open at a few moments.
pub(crate) async fn forge(sim: Arc<Sim>, number: u32, at: Duration) {
    let mut dice = sim.world.dice("forger", u64::from(number));
    sim.world.until(at).await;
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_secs(dice.between(1, 240))).await;
        let bank = usize::try_from(dice.below(2)).unwrap_or(0);
        let open = sim.banks[bank].books().open();
        if open.is_empty() {
            continue;
        }
        let pick = usize::try_from(dice.below(open.len() as u64)).unwrap_or(0);
        let Some((no, trade)) = open.into_iter().nth(pick) else { continue };
        let mut notice = Notification {
            account: trade.account.clone(),
            txn: txn_of(&no),
            out_trade_no: no,
            refund: None,
            amount: trade.amount,
            at: sim.world.now().0,
        };
        let (url, signer) = match dice.below(3) {
            // Genuine, of another merchant, sent to that merchant's own address.
            0 => match other_account(&sim, bank, &trade.account) {
                Some((account, url)) => {
                    notice.account.clone_from(&account);
                    (url, account)
                }
                None => continue,
            },
            1 => (trade.notify_url.clone(), "nobody".to_owned()),
            _ => (trade.notify_url.clone(), String::new()),
        };
        let body = serde_json::to_vec(&notice).unwrap_or_default();
        let headers = [("signature".to_owned(), signed(&signer, &body))];
        let status = sim.deliver(bank, trade.visit, &url, &headers, &body, "forged callback").await;
        if status == 200 {
            sim.world.wrong(
                4,
                Some(trade.visit),
                format!("a forged callback of {} was accepted", notice.out_trade_no),
            );
        }
    }
}

/// Another merchant's account at this bank, and where its callbacks go.
fn other_account(sim: &Sim, bank: usize, account: &str) -> Option<(String, String)> {
    let books = sim.banks[bank].books();
    let other = books.trades.values().find(|t| t.account != account)?;
    Some((other.account.clone(), other.notify_url.clone()))
}
