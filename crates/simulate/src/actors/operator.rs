//! Operators: they open and close shifts, count drawers, and see to the refunds that failed.

use std::sync::Arc;
use std::time::Duration;

use desk::rows::{Refund, Shift};
use store::{Id, SqlError};

use crate::sim::{Sim, Write};

/// Visits of operators are numbered from here, by merchant.
const FIRST: u32 = 100;

fn visit_of(merchant: usize) -> u32 {
    FIRST + u32::try_from(merchant).unwrap_or(0)
}

/// Works the counter of a merchant until the shops close: a new shift every so many hours.
pub(crate) async fn shifts(sim: Arc<Sim>, merchant: usize) {
    let mut dice = sim.world.dice("operator", merchant as u64);
    let (last, mut nth) = (sim.world.plan.lasts, 0);
    while sim.world.elapsed() < last {
        open(&sim, merchant, nth).await;
        let end = sim.world.elapsed() + Duration::from_secs(dice.between(2, 9) * 3600);
        sim.world.until(end.min(last + Duration::from_secs(3 * 3600))).await;
        close(&sim, merchant, nth, dice.chance(200)).await;
        nth += 1;
    }
}

fn write<'a>(sim: &Sim, merchant: usize, what: &'static str, about: &'a str, key: String) -> Write<'a> {
    let shop = sim.shop(merchant);
    let visit = visit_of(merchant);
    Write { visit, merchant: shop.merchant, what, about, key, tries: 50, until_answered: true }
}

fn say(shift: &Shift) -> String {
    format!("shift {} expected {:?} counted {:?}", shift.id, shift.expected, shift.counted)
}

async fn open(sim: &Arc<Sim>, merchant: usize, nth: u32) {
    let shop = sim.shop(merchant);
    let terminal = shop.terminals[1];
    let Some(drawer) = sim.drawers.get(&(merchant, 1)) else { return };
    let _alone = drawer.lock().await;
    let about = terminal.to_string();
    let write = write(sim, merchant, "open shift", &about, format!("m{merchant}-open{nth}"));
    let pieces = serde_json::json!({"1000": 10, "500": 10, "100": 40, "50": 40, "10": 20});
    let run = |desk: desk::Desk, key: String| {
        let (who, pieces) = (shop.who(), pieces.clone());
        async move { desk.open_shift(&who, &key, terminal, Some(pieces)).await }
    };
    if let Some(Ok(shift)) = sim.write(&write, run, |s| s.id, say).await {
        let mut outside = sim.outside();
        *outside.drawers.entry(terminal).or_default() += shift.float;
        *outside.safes.entry(terminal).or_default() -= shift.float;
    }
}

async fn close(sim: &Arc<Sim>, merchant: usize, nth: u32, miscounts: bool) {
    let shop = sim.shop(merchant);
    let terminal = shop.terminals[1];
    let Some(drawer) = sim.drawers.get(&(merchant, 1)) else { return };
    let _alone = drawer.lock().await;
    let there = sim.outside().drawers.get(&terminal).copied().unwrap_or(0);
    let counted = if miscounts { there + 100 } else { there };
    let about = terminal.to_string();
    let write = write(sim, merchant, "close shift", &about, format!("m{merchant}-close{nth}"));
    let run = |desk: desk::Desk, key: String| {
        let who = shop.who();
        async move { desk.close_shift(&who, &key, terminal, counted, None).await }
    };
    if let Some(Ok(shift)) = sim.write(&write, run, |s| s.id, say).await {
        if shift.expected != Some(there) {
            let what = format!("the drawer of {terminal} holds {there}, the books say {:?}", shift.expected);
            sim.world.wrong(9, Some(visit_of(merchant)), what);
        }
        let mut outside = sim.outside();
        *outside.drawers.entry(terminal).or_default() -= there;
        *outside.safes.entry(terminal).or_default() += there;
    }
}

/// Asks for every account's bills of every day, and compares them with the ledger.
pub(crate) async fn reconcile(sim: &Arc<Sim>) {
    let Some((desk, _)) = sim.cluster.desk(0) else { return };
    let accounts = match sim.auditor.accounts().await {
        Ok(accounts) => accounts,
        Err(error) => return sim.world.wrong(0, None, format!("the accounts cannot be read: {error}")),
    };
    for (account, merchant) in accounts {
        let Some(shop) = sim.shops().into_iter().find(|shop| shop.merchant == merchant) else { continue };
        for day in sim.days() {
            if let Err(refusal) = desk.reconcile(&shop.who(), account, &day).await {
                sim.world.wrong(
                    10,
                    None,
                    format!("the bill of {account} of {day} was not compared: {refusal}"),
                );
            }
        }
    }
    sim.audit("bills").await;
}

/// Looks for failed refunds now and then and asks for them again.
pub(crate) async fn mend(sim: Arc<Sim>, merchant: usize) {
    let shop = sim.shop(merchant);
    let mut dice = sim.world.dice("mend", merchant as u64);
    let mut nth = 0;
    loop {
        tokio::time::sleep(Duration::from_secs(dice.between(600, 2400))).await;
        let id = shop.merchant.0;
        let failed = sim.auditor.db().read(move |sql| {
            let text = "select id from refunds where merchant = $1 and state = 'failed' order by id limit 5";
            sql.query(text, &[&id])?.iter().map(|row| row.get(0)).collect::<Result<Vec<Id>, SqlError>>()
        });
        for refund in failed.await.unwrap_or_default() {
            if dice.chance(300) {
                continue;
            }
            nth += 1;
            let about = refund.to_string();
            let write = write(&sim, merchant, "retry refund", &about, format!("m{merchant}-mend{nth}"));
            let run = |desk: desk::Desk, key: String| {
                let who = shop.who();
                async move { desk.retry_refund(&who, &key, refund).await }
            };
            let told = |r: &Refund| format!("refund {} {}", r.id, r.state.as_str());
            // Done or asked for by somebody else meanwhile: fine.
            let _ = sim.write(&write, run, |r| r.id, told).await;
        }
    }
}
