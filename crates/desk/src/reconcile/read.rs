//! What the platform has of a day: its own movements, and whatever else the bill names. Ordinary reads beside the decisions.

use std::collections::{BTreeSet, HashMap, HashSet};

use money::{Currency, Money};
use store::{Id, IdMaker, Merchant, Millis, Sql, SqlError};

use super::compare::{Back, Ledger, Paid, name_of};
use crate::channel::{Bill, BillKind};
use crate::dates::business_date;
use crate::rows::{Attempt, AttemptState, Billed, Refund};

/// How long before a movement its attempt or refund may have been made, milliseconds.
const OLDEST_MS: i64 = 40 * 86_400_000;
/// How long after it: a number's second payment has a row of its own, made when somebody told of it, which may be another day.
const LATEST_MS: i64 = OLDEST_MS;

/// Everything of the day, and whatever else the bill names.
pub(super) fn read_ledger(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    account: Id,
    zone: &str,
    from: Millis,
    to: Millis,
    bill: &Bill,
) -> Result<Ledger, SqlError> {
    let oldest = IdMaker::first_at(Millis(from.0 - OLDEST_MS));
    let newest = IdMaker::first_at(Millis(to.0 + LATEST_MS));
    let mut paid: HashMap<Id, Paid> = HashMap::new();
    let text = "where merchant = $1 and account = $2 and id >= $3 and id < $4 and paid_at >= $5 and paid_at < $6 and state = 'succeeded'";
    for (_, row) in sql.rows::<Attempt>(text, &[&merchant.0, &account, &oldest, &newest, &from, &to])? {
        paid.insert(row.id, paid_of(&row, zone));
    }
    let mut back: HashMap<Id, Back> = HashMap::new();
    let text =
        "where merchant = $1 and id >= $2 and ended_at >= $3 and ended_at < $4 and state = 'succeeded'";
    for (_, row) in sql.rows::<Refund>(text, &[&merchant.0, &oldest, &from, &to])? {
        if let Some(attempt) = attempt_of(sql, merchant, account, row.attempt)? {
            back.insert(row.id, back_of(&row, &attempt, zone));
        }
    }
    let by_number: BTreeSet<Id> = bill.rows.iter().filter_map(|row| row.out_trade_no.parse().ok()).collect();
    let unknown: Vec<Id> = by_number.into_iter().filter(|id| !paid.contains_key(id)).collect();
    let mut orders = BTreeSet::new();
    for id in unknown {
        orders.extend(attempt_of(sql, merchant, account, id)?.map(|row| row.order));
    }
    let known: HashSet<(String, String)> =
        paid.values().map(|p| (p.out_trade_no.clone(), p.channel_txn.clone())).collect();
    // One number of ours may stand for two payments of the channel; the second has a row of its own.
    let twice: BTreeSet<&str> = bill
        .rows
        .iter()
        .filter(|row| row.kind == BillKind::Payment)
        .filter(|row| !known.contains(&(row.out_trade_no.clone(), row.channel_txn.clone())))
        .map(|row| row.out_trade_no.as_str())
        .collect();
    orders.extend(paid.values().filter(|p| twice.contains(p.out_trade_no.as_str())).map(|p| p.order));
    for order in orders {
        let text = r#"where "order" = $1 and merchant = $2 and account = $3"#;
        for (_, row) in sql.rows::<Attempt>(text, &[&order, &merchant.0, &account])? {
            paid.insert(row.id, paid_of(&row, zone));
        }
    }
    for id in bill.rows.iter().filter_map(|row| row.out_refund_no.parse::<Id>().ok()) {
        if back.contains_key(&id) {
            continue;
        }
        for (_, row) in sql.rows::<Refund>("where id = $1 and merchant = $2", &[&id, &merchant.0])? {
            if let Some(attempt) = attempt_of(sql, merchant, account, row.attempt)? {
                back.insert(row.id, back_of(&row, &attempt, zone));
            }
        }
    }
    let mut ledger = Ledger {
        paid: paid.into_values().collect(),
        back: back.into_values().collect(),
        ..Ledger::default()
    };
    ledger.billed = read_billed(sql, merchant, account, bill, &ledger)?;
    Ok(ledger)
}

fn attempt_of(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    account: Id,
    id: Id,
) -> Result<Option<Attempt>, SqlError> {
    let text = "where id = $1 and merchant = $2 and account = $3";
    Ok(sql.rows::<Attempt>(text, &[&id, &merchant.0, &account])?.into_iter().next().map(|(_, row)| row))
}

/// Which of these movements were found in a bill before.
fn read_billed(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    account: Id,
    bill: &Bill,
    ledger: &Ledger,
) -> Result<HashMap<String, String>, SqlError> {
    let mut names: BTreeSet<String> = bill
        .rows
        .iter()
        .map(|row| match row.kind {
            BillKind::Refund => name_of(row.kind, &row.out_trade_no, &row.out_refund_no),
            kind => name_of(kind, &row.out_trade_no, &row.channel_txn),
        })
        .collect();
    names
        .extend(bill.rows.iter().map(|row| name_of(BillKind::Reversal, &row.out_trade_no, &row.channel_txn)));
    names.extend(ledger.paid.iter().map(|p| name_of(BillKind::Payment, &p.out_trade_no, &p.channel_txn)));
    names.extend(ledger.back.iter().map(|b| name_of(BillKind::Refund, &b.out_trade_no, &b.out_refund_no)));
    let mut billed = HashMap::new();
    for name in names {
        let text = "where account = $1 and name = $2 and merchant = $3";
        for (_, row) in sql.rows::<Billed>(text, &[&account, &name, &merchant.0])? {
            billed.insert(row.name, row.day);
        }
    }
    Ok(billed)
}

fn money(value: i64, currency: &str) -> Money {
    Money::new(value, currency.parse().unwrap_or(Currency::CNY))
}

fn day_of(at: Option<Millis>, zone: &str) -> String {
    at.map(|at| business_date(at, zone, 0)).unwrap_or_default()
}

fn paid_of(row: &Attempt, zone: &str) -> Paid {
    let is_paid = row.state == AttemptState::Succeeded;
    Paid {
        order: row.order,
        out_trade_no: row.out_trade_no.clone(),
        channel_txn: row.channel_txn.clone().unwrap_or_default(),
        amount: money(if is_paid { row.received } else { row.amount }, &row.currency),
        day: day_of(row.paid_at, zone),
        state: row.state.clone(),
    }
}

fn back_of(row: &Refund, attempt: &Attempt, zone: &str) -> Back {
    Back {
        order: row.order,
        out_trade_no: attempt.out_trade_no.clone(),
        out_refund_no: row.out_refund_no.clone(),
        amount: money(row.amount, &row.currency),
        day: day_of(row.ended_at, zone),
        state: row.state.clone(),
    }
}
