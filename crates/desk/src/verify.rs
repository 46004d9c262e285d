//! Walks a database, also beside a running process, and proves rules 1, 7 and 9 from the rows alone.
//!
//! It reads page by page and never writes. A merchant's rows are read in one snapshot each page, so a finding is confirmed by a second look before it is
//! reported: what was merely under way is gone by then.

use std::collections::BTreeMap;

use serde::Serialize;
use store::{Db, Event, Id, Merchant, Sql, SqlError};

use crate::ledger::AccountKey;
use crate::retention::FORGOTTEN;
use crate::rows::{Account, Attempt, AttemptState, Order, OrderState, Refund, RefundState, Seal, SweepHead};
use crate::seal;

/// Something that breaks a rule of money.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The rule's number in the blueprint.
    pub rule: u8,
    /// Whose books.
    pub merchant: String,
    /// What it is about: `order …`, `account …`, `seal …`.
    pub subject: String,
    /// What is wrong.
    pub what: String,
}

/// What a walk saw.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Walk {
    /// Orders looked at.
    pub orders: u64,
    /// Attempts looked at.
    pub attempts: u64,
    /// Refunds looked at.
    pub refunds: u64,
    /// Accounts looked at.
    pub accounts: u64,
    /// Ledger entries added up.
    pub entries: u64,
    /// Events sealed and hashed again.
    pub sealed_events: u64,
    /// True when signatures were checked too.
    pub signatures_checked: bool,
    /// What is wrong; empty when the rules hold.
    pub findings: Vec<Finding>,
}

const PAGE: i64 = 2_000;

/// Walks the whole database. `public_key` checks the seals' signatures when given. `progress` is told what is being done.
/// Error: the database cannot be read.
pub async fn walk(
    db: &Db,
    public_key: Option<Vec<u8>>,
    mut progress: impl FnMut(&str),
) -> Result<Walk, SqlError> {
    let mut walk = Walk { signatures_checked: public_key.is_some(), ..Walk::default() };
    progress("orders, attempts and refunds");
    orders(db, &mut walk).await?;
    progress("ledger");
    books(db, &mut walk).await?;
    progress("seals");
    seals(db, &mut walk, public_key).await?;
    walk.findings.sort();
    walk.findings.dedup();
    Ok(walk)
}

/// An order with its attempts and refunds, read together.
type Family = (Merchant, Order, Vec<Attempt>, Vec<Refund>);

async fn orders(db: &Db, walk: &mut Walk) -> Result<(), SqlError> {
    let (mut after, mut merchant_after) = (Id(i64::MIN), Id(i64::MIN));
    loop {
        let families = db.read(move |sql| page_of_orders(sql, after, merchant_after)).await?;
        let Some((last_merchant, last, ..)) = families.last() else { return Ok(()) };
        (after, merchant_after) = (last.id, last_merchant.0);
        for family in &families {
            walk.orders += 1;
            walk.attempts += family.2.len() as u64;
            walk.refunds += family.3.len() as u64;
            let first = check_order(family);
            if first.is_empty() {
                continue;
            }
            let (merchant, id) = (family.0, family.1.id);
            let again = db.read(move |sql| family_of(sql, merchant, id)).await?;
            let still = again.map(|f| check_order(&f)).unwrap_or_default();
            walk.findings.extend(still.into_iter().filter(|f| first.contains(f)));
        }
    }
}

fn page_of_orders(sql: &mut Sql<'_>, after: Id, merchant_after: Id) -> Result<Vec<Family>, SqlError> {
    let rows = sql.rows::<Order>(
        "where id > $1 or (id = $1 and merchant > $2) order by id, merchant limit $3",
        &[&after, &merchant_after, &PAGE],
    )?;
    let Some((_, last)) = rows.last() else { return Ok(Vec::new()) };
    let upto = last.id;
    let mut attempts: BTreeMap<(Merchant, Id), Vec<Attempt>> = BTreeMap::new();
    for (m, a) in
        sql.rows::<Attempt>("where \"order\" >= $1 and \"order\" <= $2 order by id", &[&after, &upto])?
    {
        attempts.entry((m, a.order)).or_default().push(a);
    }
    let mut refunds: BTreeMap<(Merchant, Id), Vec<Refund>> = BTreeMap::new();
    for (m, r) in
        sql.rows::<Refund>("where \"order\" >= $1 and \"order\" <= $2 order by id", &[&after, &upto])?
    {
        refunds.entry((m, r.order)).or_default().push(r);
    }
    let family = |(m, order): (Merchant, Order)| {
        let key = (m, order.id);
        let own = (attempts.remove(&key).unwrap_or_default(), refunds.remove(&key).unwrap_or_default());
        (m, order, own.0, own.1)
    };
    Ok(rows.into_iter().map(family).collect())
}

fn family_of(sql: &mut Sql<'_>, merchant: Merchant, id: Id) -> Result<Option<Family>, SqlError> {
    let order = sql.rows::<Order>("where id = $1 and merchant = $2", &[&id, &merchant.0])?.into_iter().next();
    let Some((_, order)) = order else { return Ok(None) };
    let attempts =
        sql.rows::<Attempt>("where \"order\" = $1 and merchant = $2 order by id", &[&id, &merchant.0])?;
    let refunds =
        sql.rows::<Refund>("where \"order\" = $1 and merchant = $2 order by id", &[&id, &merchant.0])?;
    let plain = |rows: Vec<(Merchant, Attempt)>| rows.into_iter().map(|(_, row)| row).collect();
    Ok(Some((merchant, order, plain(attempts), refunds.into_iter().map(|(_, row)| row).collect())))
}

/// Rules 1 and 7 on one order.
fn check_order((merchant, order, attempts, refunds): &Family) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut wrong = |rule: u8, what: String| {
        found.push(Finding {
            rule,
            merchant: merchant.0.to_string(),
            subject: format!("order {}", order.id),
            what,
        });
    };
    let received: i64 = attempts.iter().map(|a| a.received).sum();
    let sum_of =
        |state: RefundState| refunds.iter().filter(|r| r.state == state).map(|r| r.amount).sum::<i64>();
    let (refunded, processing) = (sum_of(RefundState::Succeeded), sum_of(RefundState::Processing));
    if order.paid != received {
        wrong(1, format!("paid says {}, its attempts received {received}", order.paid));
    }
    if order.refunded != refunded {
        wrong(7, format!("refunded says {}, its refunds gave back {refunded}", order.refunded));
    }
    if order.reserved != processing {
        wrong(7, format!("reserved says {}, refunds on their way are {processing}", order.reserved));
    }
    if order.refunded + order.reserved > order.paid || order.refunded < 0 || order.reserved < 0 {
        wrong(
            7,
            format!("refunded {} and reserved {} exceed paid {}", order.refunded, order.reserved, order.paid),
        );
    }
    let paid_state = matches!(order.state, OrderState::Paid | OrderState::Fulfilled);
    if paid_state && order.due > 0 && order.kept.is_none() {
        wrong(1, "it is paid, and keeps no attempt".to_owned());
    }
    for attempt in attempts {
        let mine = |state: RefundState| {
            refunds
                .iter()
                .filter(|r| r.attempt == attempt.id && r.state == state)
                .map(|r| r.amount)
                .sum::<i64>()
        };
        if attempt.refunded != mine(RefundState::Succeeded)
            || attempt.reserved != mine(RefundState::Processing)
        {
            wrong(
                7,
                format!(
                    "attempt {} says refunded {} and reserved {}",
                    attempt.id, attempt.refunded, attempt.reserved
                ),
            );
        }
        if attempt.refunded + attempt.reserved > attempt.received {
            wrong(7, format!("attempt {} gives back more than it received", attempt.id));
        }
        if (attempt.state == AttemptState::Succeeded) != (attempt.received > 0) {
            wrong(
                1,
                format!(
                    "attempt {} is {} and received {}",
                    attempt.id,
                    attempt.state.as_str(),
                    attempt.received
                ),
            );
        }
        // Money the order did not keep is back, on its way, or in an operator's list as a failed refund.
        let spare = order.kept != Some(attempt.id) && attempt.received > 0;
        let failed = mine(RefundState::Failed);
        if spare && attempt.refunded + attempt.reserved + failed < attempt.received {
            wrong(1, format!("attempt {} was paid besides, and its money does not flow back", attempt.id));
        }
    }
    found
}

/// Rule 9: every account equals its entries, every movement and each currency sum to zero, floors hold.
async fn books(db: &Db, walk: &mut Walk) -> Result<(), SqlError> {
    let first = db.read(check_books).await?;
    (walk.accounts, walk.entries) = (first.0, first.1);
    if !first.2.is_empty() {
        let second = db.read(check_books).await?;
        walk.findings.extend(second.2.into_iter().filter(|f| first.2.iter().any(|g| g.subject == f.subject)));
    }
    Ok(())
}

fn check_books(sql: &mut Sql<'_>) -> Result<(u64, u64, Vec<Finding>), SqlError> {
    let mut found = Vec::new();
    let mut sums: BTreeMap<(Merchant, Id, i64), (i64, i64)> = BTreeMap::new();
    let mut entries = 0;
    let text = "select merchant, owner, class, cast(sum(amount) as bigint), count(*) from entries group by merchant, owner, class";
    for row in sql.query(text, &[])? {
        let (sum, count): (i64, i64) = (row.get(3)?, row.get(4)?);
        entries += count as u64;
        sums.insert((Merchant(row.get(0)?), row.get(1)?, row.get(2)?), (sum, count));
    }
    let accounts = sql.rows::<Account>("order by owner", &[])?;
    let count = accounts.len() as u64;
    let mut by_currency: BTreeMap<(Merchant, i64), i64> = BTreeMap::new();
    for (merchant, account) in accounts {
        let subject = format!("account {} {}", account.owner, account.class);
        let mut wrong = |what: String| {
            found.push(Finding { rule: 9, merchant: merchant.0.to_string(), subject: subject.clone(), what });
        };
        let (sum, entries) = sums.remove(&(merchant, account.owner, account.class)).unwrap_or((0, 0));
        if (sum, entries) != (account.balance, account.entries) {
            wrong(format!(
                "it says {} in {} entries; its entries are {sum} in {entries}",
                account.balance, account.entries
            ));
        }
        match AccountKey::from_stored(account.owner, account.class) {
            None => wrong("its class is not known".to_owned()),
            Some(key) if !key.class.floor().holds(account.balance) => {
                wrong(format!("{} is beyond its floor", account.balance));
            }
            Some(_) => {}
        }
        *by_currency.entry((merchant, account.class % 1000)).or_default() += account.balance;
    }
    for ((merchant, owner, class), _) in sums {
        let what = "there are entries without an account".to_owned();
        found.push(Finding {
            rule: 9,
            merchant: merchant.0.to_string(),
            subject: format!("account {owner} {class}"),
            what,
        });
    }
    for ((merchant, number), sum) in by_currency {
        if sum != 0 {
            let what = format!("all accounts of this currency sum to {sum}");
            found.push(Finding {
                rule: 9,
                merchant: merchant.0.to_string(),
                subject: format!("currency {number}"),
                what,
            });
        }
    }
    let text = "select merchant, movement, cast(sum(amount) as bigint) from entries group by merchant, movement having sum(amount) <> 0 limit 100";
    for row in sql.query(text, &[])? {
        let (merchant, movement, sum): (Id, Id, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let what = format!("its entries sum to {sum}");
        found.push(Finding {
            rule: 9,
            merchant: merchant.to_string(),
            subject: format!("movement {movement}"),
            what,
        });
    }
    Ok((count, entries, found))
}

/// Rule 9: events are numbered without gaps, and the sealed ones hash to what was signed.
async fn seals(db: &Db, walk: &mut Walk, public_key: Option<Vec<u8>>) -> Result<(), SqlError> {
    let all = db.read(|sql| sql.rows::<Seal>("order by merchant, upto", &[])).await?;
    let forgotten: BTreeMap<Merchant, i64> = db
        .read(|sql| sql.rows::<SweepHead>("where name = $1", &[&FORGOTTEN]))
        .await?
        .into_iter()
        .map(|(merchant, head)| (merchant, head.upto.0))
        .collect();
    let mut heads: BTreeMap<Merchant, (i64, Vec<u8>)> = BTreeMap::new();
    for (merchant, seal) in all {
        let (last, root) = heads.remove(&merchant).unwrap_or((0, Vec::new()));
        let (from, upto) = (seal.from_seq, seal.upto);
        let events = db
            .read(move |sql| {
                sql.rows::<Event>(
                    "where merchant = $1 and seq >= $2 and seq <= $3 order by seq",
                    &[&merchant.0, &from, &upto],
                )
            })
            .await?;
        let events: Vec<Event> = events.into_iter().map(|(_, event)| event).collect();
        walk.sealed_events += events.len() as u64;
        let mut wrong = |what: &str| {
            let subject = format!("seal up to {upto}");
            walk.findings.push(Finding {
                rule: 9,
                merchant: merchant.0.to_string(),
                subject,
                what: what.to_owned(),
            });
        };
        let gone = forgotten.get(&merchant).is_some_and(|last| upto <= *last);
        let numbers = gone || events.iter().map(|e| e.seq).eq(from..=upto);
        if from != last + 1 || seal.before != root {
            wrong("it does not follow the seal before it");
        }
        if !numbers {
            wrong("events are missing or out of order");
        }
        // Of events that were forgotten on purpose the seal is all that is left: it still has to fit into the chain.
        let tree = if gone {
            <[u8; 32]>::try_from(seal.tree.as_slice()).unwrap_or_default()
        } else {
            seal::tree(&events.iter().map(seal::leaf).collect::<Vec<_>>())
        };
        if tree.as_slice() != seal.tree || seal::head(&seal.before, &tree, upto).as_slice() != seal.root {
            wrong("the events are not the ones that were sealed");
        }
        if let Some(key) = &public_key
            && !seal::genuine(key, merchant, &seal)
        {
            wrong("its signature is not genuine");
        }
        heads.insert(merchant, (upto, seal.root));
    }
    Ok(())
}
