//! What must hold when a day is over and everything has come to rest.

use std::collections::BTreeMap;

use store::{Id, Merchant, SqlError};

use super::order::{self, sum};
use super::rows::Family;
use super::{Auditor, Seen, bills, partners, rows, seals};
use crate::sim::Sim;

/// Minutes after local midnight at which a merchant's business day ends.
pub(crate) const CUT_OFF_MINUTES: [i64; crate::plan::MERCHANTS] = [0, 240];

/// Counts that must be zero in the evening, with the rule they belong to.
const NOTHING_LEFT: [(u8, &str, &str); 9] = [
    (10, "jobs are left", "select count(*) from store_jobs"),
    (2, "attempts have no end", "select count(*) from attempts where state in ('pending', 'in_doubt')"),
    (7, "refunds have no end", "select count(*) from refunds where state = 'processing'"),
    (2, "orders are still open", "select count(*) from orders where state = 'open'"),
    (1, "subjects are still held", "select count(*) from subjects where \"order\" is not null"),
    (9, "shifts are still open", "select count(*) from shifts where closed_at is null"),
    (
        12,
        "ended attempts still say who the payer is at the wallet",
        "select count(*) from attempts where presentment = 'in_app' and payer_code is not null",
    ),
    (10, "webhooks wait", "select count(*) from hook_deliveries where parked = 0"),
    (
        10,
        "endpoints lag behind",
        "select count(*) from hook_endpoints e join store_merchants m on m.merchant = e.merchant where e.cursor < m.event_seq",
    ),
];

impl Auditor {
    /// Whether everything has come to rest, and what has not.
    pub(crate) async fn at_rest(&self) -> Result<Option<(u8, String)>, SqlError> {
        self.db
            .read(|sql| {
                for (rule, what, text) in NOTHING_LEFT {
                    let left = rows::count(sql, text)?;
                    if left > 0 {
                        return Ok(Some((rule, format!("{left} {what}"))));
                    }
                }
                Ok(None)
            })
            .await
    }

    /// The last look of the day.
    pub(crate) async fn close_the_day(&self, sim: &Sim) -> Result<(), SqlError> {
        let mut seen = self.seen.lock().await;
        self.look_now(sim, &mut seen, true).await?;
        if let Some((rule, what)) = self.at_rest().await? {
            sim.world.wrong(rule, None, format!("the day is over and {what}"));
        }
        let accounts = self.db.read(accounts).await?;
        let endpoints = self.db.read(partners::read).await?;
        partners::evening(sim, &seen, &endpoints);
        money_is_conserved(sim);
        banks_agree(sim, &seen, &accounts);
        bills::check(sim, &seen, &accounts, &self.db.read(bills::listed).await?);
        drawers_agree(sim, &seen);
        payers_agree(sim, &seen);
        orders_are_settled(sim, &seen);
        seals::check(sim, &self.db, &seen.cursors).await
    }
}

impl Auditor {
    /// Every channel account and whose it is.
    pub(crate) async fn accounts(&self) -> Result<Vec<(Id, Merchant)>, SqlError> {
        let all = self.db.read(accounts).await?;
        Ok(all.into_iter().map(|(_, id, merchant)| (id, merchant)).collect())
    }
}

/// The channel accounts: the bank's name for it, its id here and whose it is.
fn accounts(sql: &mut store::Sql<'_>) -> Result<Vec<(String, Id, Merchant)>, SqlError> {
    let rows = sql.query("select settings, id, merchant from channel_accounts order by id", &[])?;
    rows.iter()
        .map(|row| {
            let settings: store::Json<serde_json::Value> = row.get(0)?;
            let name = settings.0["account"].as_str().unwrap_or_default().to_owned();
            Ok((name, row.get(1)?, Merchant(row.get(2)?)))
        })
        .collect()
}

/// Payers, merchants, drawers and safes have together what they had in the morning.
fn money_is_conserved(sim: &Sim) {
    for bank in &sim.banks {
        let books = bank.books();
        let all = books.held.values().sum::<i64>() + books.wallets.values().sum::<i64>();
        let mut held: BTreeMap<&str, i64> = BTreeMap::new();
        for row in &books.moves {
            *held.entry(&row.account).or_default() += row.amount;
        }
        let same = books.held.iter().all(|(account, sum)| held.get(account.as_str()) == Some(sum));
        if all != 0 || !same {
            sim.world.wrong(0, None, format!("the bank {} made or lost {all}", bank.facts.code));
        }
    }
    let outside = sim.outside();
    let all = outside.pockets.values().sum::<i64>()
        + outside.drawers.values().sum::<i64>()
        + outside.safes.values().sum::<i64>();
    if all != 0 {
        sim.world.wrong(0, None, format!("cash was made or lost: {all}"));
    }
}

/// The bank's bill of each day is what the ledger says of that day, account by account.
fn banks_agree(sim: &Sim, seen: &Seen, accounts: &[(String, Id, Merchant)]) {
    for (name, id, merchant) in accounts {
        let cut = sim.shops().iter().position(|s| s.merchant == *merchant).map_or(0, |m| CUT_OFF_MINUTES[m]);
        let mut bill: BTreeMap<String, i64> = BTreeMap::new();
        for bank in &sim.banks {
            let books = bank.books();
            for trade in books.trades.values().filter(|t| &t.account == name) {
                let Some(paid_at) = trade.paid_at else { continue };
                if trade.stand != crate::bank::Stand::Paid {
                    continue; // reversed: it is on no bill of ours
                }
                *bill.entry(day(paid_at.0, cut)).or_default() += trade.amount;
                for refund in trade.refunds.values() {
                    if let Some(at) = refund.done_at {
                        *bill.entry(day(at.0, cut)).or_default() -= refund.amount;
                    }
                }
            }
        }
        bill.retain(|_, sum| *sum != 0);
        let ledger = seen.books.receivable_days(*id);
        if bill != ledger {
            let what = format!("the bill of {name} says {bill:?}, the ledger {ledger:?}");
            sim.world.wrong(9, None, what);
        }
    }
}

/// The business day of a moment in Shanghai.
pub(crate) fn day(at_ms: i64, cut_off_minutes: i64) -> String {
    let days = (at_ms + 8 * 3_600_000 - cut_off_minutes * 60_000).div_euclid(86_400_000);
    // Civil date from days since 1970 (proleptic Gregorian calendar).
    let z = days + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{of_month:02}")
}

/// What lies in the drawers is what the books say.
fn drawers_agree(sim: &Sim, seen: &Seen) {
    let mut there = sim.outside().drawers.clone();
    let mut booked = seen.books.of_class(2);
    there.retain(|_, sum| *sum != 0);
    booked.retain(|_, sum| *sum != 0);
    if there != booked {
        sim.world.wrong(9, None, format!("the drawers hold {there:?}, the books say {booked:?}"));
    }
}

/// What each payer has spent is what the platform kept of their orders.
fn payers_agree(sim: &Sim, seen: &Seen) {
    let mut kept: BTreeMap<u32, i64> = BTreeMap::new();
    for f in seen.families.values() {
        let back: i64 = f.refunds.iter().filter(|r| r.state == "succeeded").map(|r| r.amount).sum();
        *kept.entry(f.order.visit).or_default() += f.attempts.iter().map(|a| a.received).sum::<i64>() - back;
    }
    let mut spent: BTreeMap<u32, i64> = BTreeMap::new();
    for bank in &sim.banks {
        for (visit, change) in &bank.books().wallets {
            *spent.entry(*visit).or_default() -= change;
        }
    }
    for (visit, change) in &sim.outside().pockets {
        *spent.entry(*visit).or_default() -= change;
    }
    for visit in kept.keys().chain(spent.keys()) {
        let (spent, kept) = (spent.get(visit).copied().unwrap_or(0), kept.get(visit).copied().unwrap_or(0));
        if spent != kept {
            sim.world.wrong(1, Some(*visit), format!("the payer spent {spent}, the platform kept {kept}"));
        }
    }
}

/// An order keeps what was due or nothing; all else went back, or lies in an operator's list as a failed refund.
fn orders_are_settled(sim: &Sim, seen: &Seen) {
    for f in seen.families.values() {
        let order = &f.order;
        for a in f.attempts.iter().filter(|a| a.received > 0 && order.kept != Some(a.id)) {
            let (back, failed) = (sum(&f.refunds, a.id, "succeeded"), sum(&f.refunds, a.id, "failed"));
            if back + failed != a.received {
                let what = format!("attempt {} brought {} besides, and {back} went back", a.id, a.received);
                sim.world.wrong(1, Some(order.visit), what);
            }
        }
        failed_at_bank(sim, f);
        let told = sim.outside().orders.get(&order.id).copied();
        if let Some((visit, due)) = told
            && (visit, due) != (order.visit, order.due)
        {
            sim.world.wrong(8, Some(visit), format!("order {} was answered with {due}", order.id));
        }
    }
}

/// By now the platform has noticed a refund that was done although it had counted as failed (rule 7).
fn failed_at_bank(sim: &Sim, f: &Family) {
    for a in &f.attempts {
        let Some(bank) = order::bank_of(sim, a) else { continue };
        let books = bank.books();
        let Some(trade) = books.trades.get(&a.no) else { continue };
        for r in f.refunds.iter().filter(|r| r.attempt == a.id && r.state == "failed") {
            if trade.refunds.get(&r.no).is_some_and(|row| row.done_at.is_some()) {
                let what = format!("refund {} counts as failed, and the bank has done it", r.id);
                sim.world.wrong(7, Some(f.order.visit), what);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_counted_as_calendars_do() {
        let cases = [
            (1_795_276_799_999, 0, "2026-11-21"),
            (1_795_276_800_000, 0, "2026-11-22"),
            (1_795_276_800_000 + 4 * 3_600_000 - 1, 240, "2026-11-21"),
            (1_795_276_800_000 + 4 * 3_600_000, 240, "2026-11-22"),
            (951_753_600_000, 0, "2000-02-29"),
        ];
        for (at, cut, want) in cases {
            assert_eq!(day(at, cut), want, "{at} {cut}");
        }
    }
}
