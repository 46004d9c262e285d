//! Migrations: once each, in order, by whoever comes first; two releases side by side; what must not be is refused.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Account, AccountState, MIGRATIONS, No, again, open, step};
use store::testing::{Engine, Kind};
use store::{Id, Merchant, MigrateError, Migration, SqlRow};

const M: Merchant = Merchant(Id(3));

async fn engines() -> Vec<Engine> {
    let mut engines = Vec::new();
    for kind in [Kind::Sqlite, Kind::Postgres] {
        engines.extend(Engine::start(kind, &[]).await);
    }
    engines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_together_take_each_step_once() {
    // Not through `Engine::start`, which would take the store's own steps first.
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let Some(engine) = Engine::start(kind, &[]).await else { continue };
        let dbs: Vec<_> = (1..5).map(|node| again(&engine, node)).collect();
        let steps = dbs.iter().map(|db| db.migrate(&[MIGRATIONS]));
        for result in futures_util::future::join_all(steps).await {
            assert_eq!(result, Ok(()), "{kind:?}");
        }
        let recorded = engine
            .db
            .read(|sql| sql.query("select count(*) from store_migrations", &[])?[0].get::<i64>(0))
            .await;
        assert_eq!(recorded, Ok(3), "{kind:?}");
        for db in dbs {
            assert!(db.decide(M, |v| open(v, 1)).await.is_ok());
            db.close().await;
        }
        engine.db.close().await;
    }
}

#[tokio::test]
async fn a_step_that_fails_leaves_nothing() {
    for engine in engines().await {
        let steps = [step("r", 1, "create table r_one (id bigint)"), step("r", 2, "create nonsense")];
        let error = engine.db.migrate(&[&steps]).await.unwrap_err();
        assert!(error.to_string().starts_with("migration r 2: "), "{error}");
        assert_eq!(
            engine.db.migrate(&[&steps[..1]]).await,
            Ok(()),
            "taken back on SQLite, and there on PostgreSQL"
        );
        let mended = [steps[0], step("r", 2, "create table r_two (id bigint)")];
        assert_eq!(engine.db.migrate(&[&mended]).await, Ok(()), "a step that failed may be changed");
        engine.db.close().await;
    }
}

#[tokio::test]
async fn a_step_that_was_changed_is_refused() {
    for engine in engines().await {
        engine.db.migrate(&[&[step("r", 1, "create table r_one (id bigint)")]]).await.unwrap();
        let spaced = step("r", 1, "create  table r_one\n (id bigint)");
        assert_eq!(engine.db.migrate(&[&[spaced]]).await, Ok(()), "white space is no change");
        let changed = engine.db.migrate(&[&[step("r", 1, "create table r_one (id text)")]]).await;
        assert_eq!(changed, Err(MigrateError::Changed { room: "r".into(), number: 1 }));
        let twice = engine.db.migrate(&[&[step("r", 1, "a"), step("r", 1, "b")]]).await;
        assert_eq!(twice, Err(MigrateError::Order("r".into())));
        let mixed = "alter table r_one add column b bigint; create index r_one_b on r_one (b)";
        let mixed = engine
            .db
            .migrate(&[&[step("r", 1, "create table r_one (id bigint)"), step("r", 2, mixed)]])
            .await;
        assert_eq!(mixed, Err(MigrateError::Mixed { room: "r".into(), number: 2 }));
        engine.db.close().await;
    }
}

#[tokio::test]
async fn an_older_release_runs_beside_what_expands_and_not_beside_what_contracts() {
    let expand = step("test", 2, "alter table t_accounts add column colour text not null default 'green'");
    let contract = step("test", 3, "-- contract\nalter table t_accounts drop column note");
    for engine in engines().await {
        let older = &engine.db;
        older.migrate(&[MIGRATIONS]).await.unwrap();
        let a = older.decide(M, |v| open(v, 1)).await.unwrap();
        let newer = again(&engine, 1);
        newer.migrate(&[MIGRATIONS, &[expand]]).await.unwrap();
        newer.close().await;
        paint(&engine).await;
        older.migrate(&[MIGRATIONS]).await.unwrap();
        // Inserts name their columns, and updates set only what they know.
        let b = older.decide(M, |v| open(v, 1)).await.unwrap();
        older.decide(M, move |v| v.change::<Account, No>(a, |row| row.balance = 5)).await.unwrap();
        let rows =
            older.read(|sql| sql.query("select id, colour, balance from t_accounts order by id", &[])).await;
        let read = |row: &SqlRow| {
            (row.get::<Id>(0).unwrap(), row.get::<String>(1).unwrap(), row.get::<i64>(2).unwrap())
        };
        let rows: Vec<_> = rows.unwrap().iter().map(read).collect();
        assert_eq!(rows, [(a, "red".to_owned(), 5), (b, "green".to_owned(), 0)]);
        let newest = again(&engine, 1);
        newest.migrate(&[MIGRATIONS, &[expand, contract]]).await.unwrap();
        newest.close().await;
        let refused = older.migrate(&[MIGRATIONS]).await;
        assert_eq!(refused, Err(MigrateError::Newer { room: "test".into(), number: 3 }));
        older.close().await;
    }
}

/// What the newer release does: it gives the first account another colour.
async fn paint(engine: &Engine) {
    store::rows! {
        struct Painted in t_accounts { key { id: Id } fixed { owner: i64 } fields { colour: String } }
    }
    let db = again(engine, 2);
    let first = db.read(|sql| sql.rows::<Painted>("order by id limit 1", &[])).await.unwrap()[0].1.clone();
    assert_eq!(first.owner, 1);
    let paint = move |v: &mut store::View| v.change::<Painted, No>(first.id, |row| row.colour = "red".into());
    db.decide(M, paint).await.unwrap();
    db.close().await;
}

/// One after the other, as upgrades do, while the older release writes: no decision of it fails, and a value that it does not know stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_are_taken_while_the_older_release_serves() {
    let all: Vec<Migration> = [
        step("test", 2, "alter table t_accounts add column colour text not null default 'green'"),
        step(
            "test",
            3,
            "create table t_extra (id bigint not null, merchant bigint not null, primary key (id, merchant))",
        ),
        step("test", 4, "create index t_accounts_colour on t_accounts (colour, merchant)"),
    ]
    .to_vec();
    for engine in engines().await {
        engine.db.migrate(&[MIGRATIONS]).await.unwrap();
        let first = engine.db.decide(M, |v| open(v, 1)).await.unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let serving: Vec<_> = (0..8)
            .map(|caller| {
                let (db, stop) = (engine.db.clone(), stop.clone());
                tokio::spawn(async move {
                    let mut written = 0;
                    while !stop.load(Ordering::Relaxed) {
                        db.decide(M, move |v| open(v, 1_000 + caller * 1_000_000 + written)).await.unwrap();
                        let done = db
                            .decide(M, move |v| v.change::<Account, No>(first, |row| row.balance += 1))
                            .await;
                        done.unwrap();
                        written += 1;
                    }
                    written
                })
            })
            .collect();
        let newer = again(&engine, 1);
        for upto in 1..=all.len() {
            tokio::time::sleep(std::time::Duration::from_millis(60)).await;
            newer.migrate(&[MIGRATIONS, &all[..upto]]).await.unwrap();
        }
        let freeze = move |v: &mut store::View| {
            v.change::<Account, No>(first, |row| row.order = AccountState::Other("frozen".into()))
        };
        newer.decide(M, freeze).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        stop.store(true, Ordering::Relaxed);
        let mut written = 0;
        for caller in serving {
            written += caller.await.unwrap();
        }
        let row = engine.db.decide(M, move |v| v.need::<Account, No>(first)).await.unwrap();
        assert_eq!(
            (row.balance, row.order.as_str()),
            (written, "frozen"),
            "after {written} writes of the older release"
        );
        assert!(written > 20, "{written}");
        newer.close().await;
        engine.db.close().await;
    }
}
