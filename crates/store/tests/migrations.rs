//! Migrations: once each, in order, by whoever comes first; two releases side by side; what must not be is refused.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Account, MIGRATIONS, No, open};
use store::testing::{Engine, Kind};
use store::{Db, Id, Merchant, MigrateError, Migration, Options, SqlRow};

const M: Merchant = Merchant(Id(3));

const fn step(room: &'static str, number: u32, sql: &'static str) -> Migration {
    Migration { room, number, sql }
}

async fn engines() -> Vec<Engine> {
    let mut engines = Vec::new();
    for kind in [Kind::Sqlite, Kind::Postgres] {
        engines.extend(Engine::start(kind, &[]).await);
    }
    engines
}

fn again(engine: &Engine, node: u16) -> Db {
    Db::open(&Options { node, ..engine.options.clone() }).unwrap()
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
        assert_eq!(recorded, Ok(2), "{kind:?}");
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
        assert_eq!(engine.db.migrate(&[&steps[..1]]).await, Ok(()), "the first step was taken back");
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
