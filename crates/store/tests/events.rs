//! Events: numbered without gaps whoever writes them, and the news of them in every process, in order and once.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{Account, Entry, MIGRATIONS, No, open, transfer};
use store::testing::{Engine, Kind};
use store::{Change, Db, Event, Id, Merchant, Options, Stop, View};
use tokio::sync::broadcast::Receiver;

fn say(view: &mut View, who: i64) -> Result<(), Stop<No>> {
    view.emit("said", Id(who), serde_json::json!({ "who": who }));
    view.emit("heard", Id(who), serde_json::json!(null));
    Ok(())
}

/// The numbers each merchant's listener was told, until `count` news have come.
async fn hear(mut changes: Receiver<Change>, count: usize) -> BTreeMap<Merchant, Vec<i64>> {
    let mut heard: BTreeMap<Merchant, Vec<i64>> = BTreeMap::new();
    for _ in 0..count {
        let change = tokio::time::timeout(Duration::from_secs(20), changes.recv()).await;
        let change = change.unwrap_or_else(|_| panic!("no more news after {heard:?}")).unwrap();
        heard.entry(change.merchant).or_default().push(change.seq);
    }
    assert!(changes.try_recv().is_err(), "something was told twice");
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_number_without_gaps_and_hear_each_other() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let Some(engine) = Engine::start(kind, &[MIGRATIONS]).await else { continue };
        let other = Db::open(&Options { node: 1, ..engine.options.clone() }).unwrap();
        let dbs = [engine.db.clone(), other];
        let listeners: Vec<_> = dbs.iter().map(|db| tokio::spawn(hear(db.changes(), 400))).collect();
        let tasks: Vec<_> = (0..200)
            .map(|n| (dbs[usize::try_from(n % 2).unwrap()].clone(), n))
            .map(|(db, n)| {
                tokio::spawn(async move { db.decide(Merchant(Id(n % 3)), move |v| say(v, n)).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let stored = engine.db.read(|sql| sql.rows::<Event>("order by merchant, seq", &[])).await.unwrap();
        let mut expected: BTreeMap<Merchant, Vec<i64>> = BTreeMap::new();
        for (merchant, event) in stored {
            expected.entry(merchant).or_default().push(event.seq);
        }
        for seqs in expected.values() {
            assert_eq!(*seqs, (1..=i64::try_from(seqs.len()).unwrap()).collect::<Vec<_>>());
        }
        for listener in listeners {
            assert_eq!(listener.await.unwrap(), expected, "{kind:?}");
        }
        for db in dbs {
            db.close().await;
        }
    }
}

store::both_engines! {
    with [MIGRATIONS];

    async fn a_read_sees_one_moment_beside_the_writes(db: Db) {
        let merchant = Merchant(Id(5));
        let a = db.decide(merchant, |v| open(v, 1)).await.unwrap();
        let b = db.decide(merchant, |v| open(v, 2)).await.unwrap();
        let writes = async {
            for _ in 0..60 {
                let moves = (0..5).map(|n| db.decide(merchant, move |v| transfer(v, a, b, n + 1, -1_000_000)));
                futures_util::future::join_all(moves).await.into_iter().for_each(|moved| { moved.unwrap(); });
            }
        };
        let reads = async {
            for _ in 0..60 {
                let (accounts, entries) = db.read(|sql| {
                    let accounts = sql.rows::<Account>("", &[])?;
                    Ok((accounts, sql.rows::<Entry>("", &[])?))
                }).await.unwrap();
                let balance: i64 = accounts.iter().map(|(_, row)| row.balance).sum();
                let counted: i64 = accounts.iter().map(|(_, row)| row.entries).sum();
                assert_eq!((balance, counted), (0, i64::try_from(entries.len()).unwrap()));
                tokio::task::yield_now().await;
            }
        };
        futures_util::future::join(writes, reads).await;
    }

    async fn a_restarted_process_makes_no_id_twice(engine: Engine) {
        let merchant = Merchant(Id(5));
        let before = engine.db.decide(merchant, |v| open(v, 1)).await.unwrap();
        if engine.kind == Kind::Reruns {
            return; // In memory there is no second life.
        }
        engine.clock.set(engine.clock.now().minus(Duration::from_secs(3600)));
        let db = Db::open(&engine.options).unwrap();
        let after = db.decide(merchant, |v| open(v, 1)).await.unwrap();
        assert!(after > before, "{after} is not after {before} though the clock was set back");
        db.close().await;
    }
}
