//! Two processes on one PostgreSQL (two stores here) and many callers each: what must be unique is, because groups lock
//! their merchants. The first test shows that it would not be without the lock.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Account, AccountState, AccountsOfOwner, MIGRATIONS, No, Once};
use store::testing::{Engine, Kind, SeededRandom};
use store::{Db, Id, Merchant, Options, Stop, View};
use tokio::sync::Barrier;

/// Opens the owner's only account, if there is none.
fn open_only(view: &mut View, owner: i64) -> Result<Option<Id>, Stop<No>> {
    if !view.by::<AccountsOfOwner>(owner)?.is_empty() {
        return Ok(None);
    }
    // Long enough for the other process to look as well.
    std::thread::sleep(Duration::from_millis(2));
    let (id, opened_at) = (view.id(), view.now());
    view.add(Account {
        id,
        owner,
        opened_at,
        order: AccountState::Open,
        balance: 0,
        entries: 0,
        note: None,
        tag: None,
    });
    Ok(Some(id))
}

fn second(engine: &Engine) -> Db {
    let mut options = Options { node: 1, ..engine.options.clone() };
    options.random = Arc::new(SeededRandom::new(2));
    Db::open(&options).unwrap()
}

/// How many owners got more than one account when two processes opened it at the same moment.
async fn doubles(without_lock: bool, group_limit: usize) -> Option<usize> {
    let change = |options: &mut Options| {
        options.without_lock = without_lock;
        options.group_limit = group_limit;
    };
    let engine = Engine::start_with(Kind::Postgres, &[MIGRATIONS], change).await?;
    let dbs = [engine.db.clone(), second(&engine)];
    let mut doubles = 0;
    for owner in 0..20 {
        let together = Arc::new(Barrier::new(2));
        let tasks = dbs.clone().map(|db| {
            let together = together.clone();
            tokio::spawn(async move {
                together.wait().await;
                db.decide(Merchant(Id(1)), move |v| open_only(v, owner)).await
            })
        });
        let mut opened = 0;
        for task in tasks {
            opened += usize::from(task.await.unwrap().unwrap().is_some());
        }
        let stored =
            engine.db.read(move |sql| sql.rows::<Account>("where owner = $1", &[&owner])).await.unwrap();
        assert_eq!(stored.len(), opened);
        doubles += usize::from(opened > 1);
    }
    for db in dbs {
        db.close().await;
    }
    Some(doubles)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_lock_two_processes_do_the_same_thing_twice() {
    if let Some(doubles) = doubles(true, 512).await {
        assert!(doubles > 0, "the race does not show: the next test proves nothing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_lock_they_do_not() {
    for group_limit in [512, 1] {
        if let Some(doubles) = doubles(false, group_limit).await {
            assert_eq!(doubles, 0, "group limit {group_limit}");
        }
    }
}

/// Creates a thing under an idempotency key, or answers what was created; another input is refused.
fn create(view: &mut View, key: &str, input: &[u8]) -> Result<Id, Stop<No>> {
    if let Some(done) = view.get::<Once>((key.to_owned(), 0))? {
        return if done.input == input { Ok(done.made) } else { Err(No::Used.into()) };
    }
    let made = view.id();
    view.add(Once { name: key.to_owned(), kind: 0, made, input: input.to_vec(), uses: 1 });
    view.emit("made", made, serde_json::json!({}));
    Ok(made)
}

async fn creates(kind: Kind) {
    let Some(engine) = Engine::start(kind, &[MIGRATIONS]).await else { return };
    let other = if kind == Kind::Postgres { second(&engine) } else { engine.db.clone() };
    for round in 0..12 {
        let merchant = Merchant(Id(1 + round % 3));
        let tasks = (0..20).map(|caller| {
            let db = if caller % 2 == 0 { engine.db.clone() } else { other.clone() };
            let (key, input) = (format!("key {round}"), vec![u8::from(caller % 5 == 0)]);
            tokio::spawn(async move { db.decide(merchant, move |v| create(v, &key, &input)).await })
        });
        let mut made: Vec<Result<Id, _>> = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            made.push(task.await.unwrap());
        }
        let ids: std::collections::BTreeSet<_> = made.iter().flatten().collect();
        assert_eq!(ids.len(), 1, "one key, one thing: {made:?}");
        let refused = made.iter().filter(|answer| **answer == Err(store::Fail::Refused(No::Used))).count();
        assert!(refused == 4 || refused == 16, "another input is refused: {made:?}");
    }
    let events =
        engine.db.read(|sql| sql.query("select count(*) from store_events", &[])?[0].get::<i64>(0)).await;
    assert_eq!(events, Ok(12));
    other.close().await;
    engine.db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_makes_one_thing_on_sqlite() {
    creates(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_makes_one_thing_with_two_processes() {
    creates(Kind::Postgres).await;
}

/// Sixteen writers, a transaction each, all on one merchant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_a_decision_is_right_too() {
    let change = |options: &mut Options| {
        options.group_limit = 1;
        options.writers = 16;
    };
    let Some(engine) = Engine::start_with(Kind::Postgres, &[MIGRATIONS], change).await else { return };
    let count = |view: &mut View| -> Result<i64, Stop<No>> {
        let mut row = view.get::<Once>(("n".into(), 0))?.unwrap_or(Once {
            name: "n".into(),
            kind: 0,
            made: Id(1),
            input: vec![],
            uses: 0,
        });
        row.uses += 1;
        view.put(row.clone());
        Ok(row.uses)
    };
    let answers = (0..200).map(|_| engine.db.decide(Merchant(Id(5)), count));
    let mut answers: Vec<_> =
        futures_util::future::join_all(answers).await.into_iter().map(Result::unwrap).collect();
    answers.sort_unstable();
    assert_eq!(answers, (1..=200).collect::<Vec<_>>());
    engine.db.close().await;
}
