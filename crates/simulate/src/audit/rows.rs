//! What the auditor reads: plain SQL over the tables, with none of the platform's own types.

use std::collections::BTreeMap;

use store::{Id, Merchant, Sql, SqlError, SqlRow};

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrderRow {
    pub(crate) merchant: Merchant,
    pub(crate) id: Id,
    pub(crate) site: Id,
    pub(crate) state: String,
    pub(crate) due: i64,
    pub(crate) paid: i64,
    pub(crate) refunded: i64,
    pub(crate) reserved: i64,
    pub(crate) kept: Option<Id>,
    pub(crate) subject: Option<String>,
    pub(crate) visit: u32,
    pub(crate) expires_at: i64,
    pub(crate) version: i64,
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttemptRow {
    pub(crate) id: Id,
    pub(crate) channel: String,
    pub(crate) account: Option<Id>,
    pub(crate) terminal: Option<Id>,
    pub(crate) presentment: String,
    pub(crate) amount: i64,
    pub(crate) no: String,
    pub(crate) state: String,
    pub(crate) txn: Option<String>,
    pub(crate) received: i64,
    pub(crate) refunded: i64,
    pub(crate) reserved: i64,
    pub(crate) job: Option<Id>,
    pub(crate) created_at: i64,
    pub(crate) ended_at: Option<i64>,
}

impl AttemptRow {
    /// Whether its outcome is still open.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state.as_str(), "pending" | "in_doubt")
    }

    /// Whether a terminal scanned the payer's code.
    pub(crate) fn is_scan(&self) -> bool {
        self.presentment == "customer_presented"
    }
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefundRow {
    pub(crate) id: Id,
    pub(crate) attempt: Id,
    pub(crate) amount: i64,
    pub(crate) no: String,
    pub(crate) cause: String,
    pub(crate) state: String,
    pub(crate) job: Option<Id>,
}

/// Something handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HandoutRow {
    pub(crate) id: Id,
    pub(crate) state: String,
}

/// One side of a movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryRow {
    pub(crate) owner: Id,
    pub(crate) class: i64,
    pub(crate) id: Id,
    pub(crate) movement: Id,
    pub(crate) amount: i64,
    pub(crate) day: String,
}

/// An order with all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) order: OrderRow,
    pub(crate) attempts: Vec<AttemptRow>,
    pub(crate) refunds: Vec<RefundRow>,
    pub(crate) handouts: Vec<HandoutRow>,
}

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct EventRow {
    pub(crate) merchant: Merchant,
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) kind: String,
    pub(crate) subject: Id,
    pub(crate) data: String,
}

fn order(row: &SqlRow) -> Result<OrderRow, SqlError> {
    let description: String = row.get(10)?;
    Ok(OrderRow {
        id: row.get(0)?,
        merchant: Merchant(row.get(1)?),
        site: row.get(2)?,
        state: row.get(3)?,
        due: row.get(4)?,
        paid: row.get(5)?,
        refunded: row.get(6)?,
        reserved: row.get(7)?,
        kept: row.get(8)?,
        subject: row.get(9)?,
        visit: description.strip_prefix("visit ").and_then(|v| v.parse().ok()).unwrap_or(0),
        expires_at: row.get(11)?,
        version: row.get(12)?,
    })
}

const ORDER: &str = "select id, merchant, site, state, due, paid, refunded, reserved, kept, subject, description, expires_at, \
                     version from orders";
const ATTEMPTS: &str = "select id, channel, account, terminal, presentment, amount, out_trade_no, state, channel_txn, received, \
                        refunded, reserved, job, created_at, ended_at, \"order\" from attempts";
const REFUNDS: &str = "select id, attempt, amount, out_refund_no, cause, state, job, \"order\" from refunds";
const HANDOUTS: &str = "select id, state, \"order\" from fulfilments";
const ENTRIES: &str = "select owner, class, id, movement, amount, business_date, subject from entries";

fn attempt(row: &SqlRow) -> Result<AttemptRow, SqlError> {
    Ok(AttemptRow {
        id: row.get(0)?,
        channel: row.get(1)?,
        account: row.get(2)?,
        terminal: row.get(3)?,
        presentment: row.get(4)?,
        amount: row.get(5)?,
        no: row.get(6)?,
        state: row.get(7)?,
        txn: row.get(8)?,
        received: row.get(9)?,
        refunded: row.get(10)?,
        reserved: row.get(11)?,
        job: row.get(12)?,
        created_at: row.get(13)?,
        ended_at: row.get(14)?,
    })
}

fn refund(row: &SqlRow) -> Result<RefundRow, SqlError> {
    Ok(RefundRow {
        id: row.get(0)?,
        attempt: row.get(1)?,
        amount: row.get(2)?,
        no: row.get(3)?,
        cause: row.get(4)?,
        state: row.get(5)?,
        job: row.get(6)?,
    })
}

fn handout(row: &SqlRow) -> Result<HandoutRow, SqlError> {
    Ok(HandoutRow { id: row.get(0)?, state: row.get(1)? })
}

fn entry(row: &SqlRow) -> Result<EntryRow, SqlError> {
    Ok(EntryRow {
        owner: row.get(0)?,
        class: row.get(1)?,
        id: row.get(2)?,
        movement: row.get(3)?,
        amount: row.get(4)?,
        day: row.get(5)?,
    })
}

/// Reads rows by what they belong to, which the column `by` names: those of one owner, or all.
fn grouped<T>(
    sql: &mut Sql<'_>,
    (select, by, at): (&str, &str, usize),
    of: Option<Id>,
    read: fn(&SqlRow) -> Result<T, SqlError>,
) -> Result<BTreeMap<Id, Vec<T>>, SqlError> {
    let rows = match of {
        Some(id) => sql.query(&format!("{select} where {by} = $1 order by id"), &[&id])?,
        None => sql.query(&format!("{select} order by id"), &[])?,
    };
    let mut found: BTreeMap<Id, Vec<T>> = BTreeMap::new();
    for row in &rows {
        found.entry(row.get(at)?).or_default().push(read(row)?);
    }
    Ok(found)
}

/// Orders with all of theirs: the one of this id, if there is one, or all.
pub(super) fn families(sql: &mut Sql<'_>, of: Option<Id>) -> Result<Vec<Family>, SqlError> {
    let orders = match of {
        Some(id) => sql.query(&format!("{ORDER} where id = $1"), &[&id])?,
        None => sql.query(&format!("{ORDER} order by id"), &[])?,
    };
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let mut attempts = grouped(sql, (ATTEMPTS, "\"order\"", 15), of, attempt)?;
    let mut refunds = grouped(sql, (REFUNDS, "\"order\"", 7), of, refund)?;
    let mut handouts = grouped(sql, (HANDOUTS, "\"order\"", 2), of, handout)?;
    let family = |row: &SqlRow| {
        let order = order(row)?;
        let id = order.id;
        Ok(Family {
            order,
            attempts: attempts.remove(&id).unwrap_or_default(),
            refunds: refunds.remove(&id).unwrap_or_default(),
            handouts: handouts.remove(&id).unwrap_or_default(),
        })
    };
    orders.iter().map(family).collect()
}

/// The entries of an order or a shift, or of all of them.
pub(super) fn entries(sql: &mut Sql<'_>, of: Option<Id>) -> Result<BTreeMap<Id, Vec<EntryRow>>, SqlError> {
    grouped(sql, (ENTRIES, "subject", 6), of, entry)
}

/// An account, by owner and class: its balance and number of entries.
pub(super) type Balances = BTreeMap<(Id, i64), (i64, i64)>;

/// Every balance.
pub(super) fn balances(sql: &mut Sql<'_>) -> Result<Balances, SqlError> {
    let rows = sql.query("select owner, class, balance, entries from accounts order by owner, class", &[])?;
    rows.iter().map(|row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?)))).collect()
}

/// The events after the cursors.
pub(super) fn events(
    sql: &mut Sql<'_>,
    after: &BTreeMap<Merchant, i64>,
) -> Result<(BTreeMap<Merchant, i64>, Vec<EventRow>), SqlError> {
    let rows = sql.query("select merchant, event_seq from store_merchants order by merchant", &[])?;
    let mut heads = BTreeMap::new();
    let mut found = Vec::new();
    for row in rows {
        let (merchant, head): (Merchant, i64) = (Merchant(row.get(0)?), row.get(1)?);
        heads.insert(merchant, head);
        let from = after.get(&merchant).copied().unwrap_or(0);
        if head == from {
            continue;
        }
        let text = "select seq, at, kind, subject, data from store_events where merchant = $1 and seq > $2 order by seq";
        for row in sql.query(text, &[&merchant.0, &from])? {
            found.push(EventRow {
                merchant,
                seq: row.get(0)?,
                at: row.get(1)?,
                kind: row.get(2)?,
                subject: row.get(3)?,
                data: row.get(4)?,
            });
        }
    }
    Ok((heads, found))
}

/// The order of an attempt.
pub(super) fn order_of(sql: &mut Sql<'_>, attempt: Id) -> Result<Option<Id>, SqlError> {
    let found = sql.query("select \"order\" from attempts where id = $1", &[&attempt])?;
    found.first().map(|row| row.get(0)).transpose()
}

/// A count.
pub(super) fn count(sql: &mut Sql<'_>, text: &str) -> Result<i64, SqlError> {
    sql.query(text, &[])?.first().map_or(Ok(0), |row| row.get(0))
}
