//! Random decisions against a plain model: answers, rows, logs and events must be what applying them one after the
//! other gives, on every engine, however they fell into groups.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};

use common::{Account, AccountsOfOwner, Entry, MIGRATIONS, No, Once, open, transfer};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::testing::{Engine, Kind};
use store::{Db, Event, Fail, Id, Merchant, Stop, View};

/// Accounts are named by how many were opened before them; beyond the last there is none.
#[derive(Clone, Debug)]
enum Op {
    Open { owner: i64 },
    Transfer { from: usize, to: usize, amount: i64, floor: i64 },
    Remove { account: usize },
    Use { key: u8, most: i64 },
    Count { owner: i64 },
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (0..3i64).prop_map(|owner| Op::Open { owner }),
        6 => (0..8usize, 0..8usize, 1..50i64, -100..0i64)
            .prop_map(|(from, to, amount, floor)| Op::Transfer { from, to, amount, floor }),
        1 => (0..8usize).prop_map(|account| Op::Remove { account }),
        3 => (0..3u8, 1..6i64).prop_map(|(key, most)| Op::Use { key, most }),
        1 => (0..3i64).prop_map(|owner| Op::Count { owner }),
    ]
}

/// Bursts of decisions that wait together; each is for one of two merchants.
fn bursts() -> impl Strategy<Value = Vec<Vec<(bool, Op)>>> {
    proptest::collection::vec(proptest::collection::vec((any::<bool>(), op()), 1..40), 1..6)
}

#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Opened,
    Number(i64),
    No(No),
}

/// What an account should be: owner, balance, entries.
#[derive(Clone, Debug, Default, PartialEq)]
struct Expected {
    accounts: BTreeMap<Id, (i64, i64, i64)>,
    uses: BTreeMap<u8, i64>,
    entries: BTreeMap<Id, i64>,
    events: i64,
    opened: Vec<Id>,
}

impl Expected {
    fn id(&self, account: usize) -> Id {
        self.opened.get(account).copied().unwrap_or(Id(1))
    }

    fn apply(&mut self, op: &Op, ids: &[Id]) -> Answer {
        let id = |account: usize| ids.get(account).copied().unwrap_or(Id(1));
        match op {
            Op::Open { owner } => {
                if self.accounts.values().filter(|account| account.0 == *owner).count() >= 20 {
                    return Answer::No(No::Full);
                }
                self.events += 1;
                Answer::Opened
            }
            Op::Transfer { from, to, amount, floor } => self.transfer(id(*from), id(*to), *amount, *floor),
            Op::Remove { account } => {
                self.accounts.remove(&id(*account));
                Answer::Number(0)
            }
            Op::Use { key, most } => {
                let uses = self.uses.get(key).copied().unwrap_or(0) + 1;
                if uses > *most {
                    return Answer::No(No::Used);
                }
                self.uses.insert(*key, uses);
                Answer::Number(uses)
            }
            Op::Count { owner } => {
                let count = self.accounts.values().filter(|account| account.0 == *owner).count();
                Answer::Number(i64::try_from(count).unwrap())
            }
        }
    }

    fn transfer(&mut self, from: Id, to: Id, amount: i64, floor: i64) -> Answer {
        for id in [from, to] {
            if !self.accounts.contains_key(&id) {
                let key = format!("{id:?}");
                return Answer::No(No::NotFound(store::NotFound { table: "t_accounts", key }));
            }
        }
        // The payer's balance as it was when the floor was checked: before a payment to oneself came back.
        let left = self.accounts[&from].1 - amount;
        if left < floor {
            return Answer::No(No::Floor);
        }
        for (id, amount) in [(from, -amount), (to, amount)] {
            let account = self.accounts.get_mut(&id).unwrap();
            account.1 += amount;
            account.2 += 1;
            *self.entries.entry(id).or_default() += amount;
        }
        self.events += 1;
        Answer::Number(left)
    }
}

fn use_once(view: &mut View, key: u8, most: i64) -> Result<i64, Stop<No>> {
    let name = format!("key {key}");
    let mut row = match view.get::<Once>((name.clone(), 0))? {
        Some(row) => row,
        None => Once { name, kind: 0, made: view.id(), input: view.bytes(3), uses: 0 },
    };
    row.uses += 1;
    let uses = row.uses;
    view.put(row);
    if uses > most { Err(No::Used.into()) } else { Ok(uses) }
}

/// Submits an operation; the accounts are those known when the burst began.
async fn submit(db: &Db, merchant: Merchant, op: Op, ids: Vec<Id>) -> (Answer, Option<Id>) {
    let id = move |account: usize| ids.get(account).copied().unwrap_or(Id(1));
    let number = |answer: Result<i64, Fail<No>>| match answer {
        Ok(number) => Answer::Number(number),
        Err(Fail::Refused(no)) => Answer::No(no),
        Err(other) => panic!("{other}"),
    };
    let answer = match op {
        Op::Open { owner } => match db.decide(merchant, move |v| open(v, owner)).await {
            Ok(id) => return (Answer::Opened, Some(id)),
            Err(fail) => number(Err(fail)),
        },
        Op::Transfer { from, to, amount, floor } => {
            let (from, to) = (id(from), id(to));
            number(db.decide(merchant, move |v| transfer(v, from, to, amount, floor)).await)
        }
        Op::Remove { account } => {
            let account = id(account);
            let remove = move |v: &mut View| -> Result<i64, Stop<No>> {
                v.remove::<Account>(account);
                Ok(0)
            };
            number(db.decide(merchant, remove).await)
        }
        Op::Use { key, most } => number(db.decide(merchant, move |v| use_once(v, key, most)).await),
        Op::Count { owner } => {
            let count = move |v: &mut View| -> Result<i64, Stop<No>> {
                Ok(i64::try_from(v.by::<AccountsOfOwner>(owner)?.len()).unwrap())
            };
            number(db.decide(merchant, count).await)
        }
    };
    (answer, None)
}

/// Runs the bursts on fresh merchants and compares.
async fn check(db: &Db, bursts: Vec<Vec<(bool, Op)>>) {
    static MERCHANTS: AtomicI64 = AtomicI64::new(100);
    let first = MERCHANTS.fetch_add(2, Ordering::Relaxed);
    let merchants = [Merchant(Id(first)), Merchant(Id(first + 1))];
    let mut expected = [Expected::default(), Expected::default()];
    for burst in bursts {
        let known = [expected[0].opened.clone(), expected[1].opened.clone()];
        let submitted = burst.iter().map(|(second, op)| {
            let side = usize::from(*second);
            submit(db, merchants[side], op.clone(), known[side].clone())
        });
        let answers = futures_util::future::join_all(submitted).await;
        for ((second, op), (answer, opened)) in burst.iter().zip(answers) {
            let side = usize::from(*second);
            assert_eq!(expected[side].apply(op, &known[side]), answer, "{op:?}");
            if let (Op::Open { owner }, Some(id)) = (op, opened) {
                expected[side].accounts.insert(id, (*owner, 0, 0));
                expected[side].opened.push(id);
            }
        }
    }
    for (merchant, expected) in merchants.into_iter().zip(expected) {
        compare(db, merchant, expected).await;
    }
}

async fn compare(db: &Db, merchant: Merchant, expected: Expected) {
    let stored = db
        .read(move |sql| {
            Ok((
                sql.rows::<Account>("where merchant = $1", &[&merchant])?,
                sql.rows::<Once>("where merchant = $1", &[&merchant])?,
                sql.rows::<Entry>("where merchant = $1", &[&merchant])?,
                sql.rows::<Event>("where merchant = $1 order by seq", &[&merchant])?,
            ))
        })
        .await
        .unwrap();
    let (accounts, uses, entries, events) = stored;
    let accounts: BTreeMap<_, _> =
        accounts.into_iter().map(|(_, row)| (row.id, (row.owner, row.balance, row.entries))).collect();
    assert_eq!(accounts, expected.accounts);
    let uses: BTreeMap<_, _> =
        uses.into_iter().map(|(_, row)| (row.name.as_bytes()[4] - b'0', row.uses)).collect();
    assert_eq!(uses, expected.uses);
    let mut sums: BTreeMap<Id, i64> = BTreeMap::new();
    let ids: BTreeSet<Id> = entries.iter().map(|(_, row)| row.id).collect();
    assert_eq!(ids.len(), entries.len(), "ids repeat");
    for (_, entry) in entries {
        *sums.entry(entry.account).or_default() += entry.amount;
    }
    assert_eq!(sums, expected.entries);
    let seqs: Vec<_> = events.iter().map(|(_, event)| event.seq).collect();
    assert_eq!(seqs, (1..=expected.events).collect::<Vec<_>>(), "events have gaps");
    let _ = expected.id(0);
}

fn run(kind: Kind, change: impl FnOnce(&mut store::Options)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let Some(engine) = runtime.block_on(Engine::start_with(kind, &[MIGRATIONS], change)) else { return };
    let mut config = Config { failure_persistence: None, ..Config::default() };
    config.cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { 24 };
    let result = TestRunner::new(config).run(&bursts(), |bursts| {
        runtime.block_on(check(&engine.db, bursts));
        Ok(())
    });
    runtime.block_on(engine.db.close());
    result.unwrap();
}

#[test]
fn sqlite() {
    run(Kind::Sqlite, |_| ());
}

#[test]
fn postgres() {
    run(Kind::Postgres, |_| ());
}

#[test]
fn sqlite_with_forced_reruns() {
    run(Kind::Sqlite, |options| options.force_reruns = true);
}

#[test]
fn postgres_with_forced_reruns() {
    run(Kind::Postgres, |options| options.force_reruns = true);
}

#[test]
fn in_memory_with_forced_reruns() {
    run(Kind::Reruns, |_| ());
}

#[test]
fn postgres_with_a_merchant_a_group() {
    run(Kind::Postgres, |options| options.merchant_per_group = true);
}

#[test]
fn sqlite_with_a_transaction_a_decision() {
    run(Kind::Sqlite, |options| options.group_limit = 1);
}
