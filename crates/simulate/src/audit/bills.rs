//! After the day: each channel's bills are the ledger but for the differences that the platform lists. What should be on the list is worked out here
//! from the bills as they were made and the rows as they were seen; the platform's own comparison has no part in it.

use std::collections::{BTreeMap, BTreeSet};

use desk::channel::{BillKind, BillRow};
use store::{Id, Merchant, Sql, SqlError};

use super::Seen;
use crate::sim::Sim;

/// A difference: account, kind, our number, the channel's, that of the refund, what the bill says, what the ledger says.
type Difference = (Id, String, String, String, String, Option<i64>, Option<i64>);

/// What the platform lists and nobody has explained.
pub(super) fn listed(sql: &mut Sql<'_>) -> Result<BTreeSet<Difference>, SqlError> {
    let text = "select account, kind, out_trade_no, channel_txn, out_refund_no, billed, booked from differences where state = 'open'";
    let rows = sql.query(text, &[])?;
    rows.iter()
        .map(|row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
        })
        .collect()
}

/// A movement of an account: our number, the channel's (of payments), the refund's.
type Movement = (String, String, String);

fn movement(row: &BillRow) -> Movement {
    let txn = if row.kind == BillKind::Payment { row.channel_txn.clone() } else { String::new() };
    (row.out_trade_no.clone(), txn, row.out_refund_no.clone())
}

/// What the ledger has of an account.
fn ledger(seen: &Seen, account: Id) -> BTreeMap<Movement, i64> {
    let mut all = BTreeMap::new();
    for f in seen.families.values() {
        for a in f.attempts.iter().filter(|a| a.account == Some(account) && a.state == "succeeded") {
            let txn = a.txn.clone().unwrap_or_default();
            all.insert((a.no.clone(), txn, String::new()), a.received);
            for r in f.refunds.iter().filter(|r| r.attempt == a.id && r.state == "succeeded") {
                all.insert((a.no.clone(), String::new(), r.no.clone()), r.amount);
            }
        }
    }
    all
}

/// How the bills of an account differ from the ledger.
fn differences(account: Id, bills: &[BillRow], ledger: &BTreeMap<Movement, i64>) -> BTreeSet<Difference> {
    let mut found = BTreeSet::new();
    let mut here: BTreeSet<Movement> = BTreeSet::new();
    for row in bills {
        let (at, billed) = (movement(row), row.amount.value);
        let booked = ledger.get(&at).copied();
        let kind = match booked {
            _ if !here.insert(at) => "twice",
            None => "missing_here",
            Some(booked) if booked != billed => "amount",
            Some(_) => continue,
        };
        let booked = booked.filter(|_| kind == "amount");
        let numbers = (row.out_trade_no.clone(), row.channel_txn.clone(), row.out_refund_no.clone());
        found.insert((account, kind.to_owned(), numbers.0, numbers.1, numbers.2, Some(billed), booked));
    }
    for ((no, txn, refund), amount) in ledger.iter().filter(|(at, _)| !here.contains(*at)) {
        let (no, txn, refund) = (no.clone(), txn.clone(), refund.clone());
        found.insert((account, "missing_there".to_owned(), no, txn, refund, None, Some(*amount)));
    }
    found
}

/// Compares the lists.
pub(super) fn check(
    sim: &Sim,
    seen: &Seen,
    accounts: &[(String, Id, Merchant)],
    listed: &BTreeSet<Difference>,
) {
    let mut expected = BTreeSet::new();
    for (name, id, _) in accounts {
        let bank = sim.banks.iter().find(|bank| name.starts_with(bank.facts.code));
        let Some(bank) = bank else { continue };
        let bills: Vec<BillRow> =
            sim.days().iter().flat_map(|day| bank.bill(&sim.world, name, day).rows).collect();
        expected.extend(differences(*id, &bills, &ledger(seen, *id)));
    }
    if let Some(missing) = expected.difference(listed).next() {
        sim.world.wrong(9, None, format!("a bill differs and nobody lists it: {missing:?}"));
    }
    if let Some(extra) = listed.difference(&expected).next() {
        sim.world.wrong(9, None, format!("a difference is listed that is none: {extra:?}"));
    }
}
