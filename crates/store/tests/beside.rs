//! Migrations on PostgreSQL beside a release that serves: whoever writes goes on, whoever is killed is taken up from.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::{again, step};
use store::Migration;
use store::testing::{Engine, Kind};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

const TABLE: Migration = step("many", 1, "create table many (id bigint primary key, colour text)");
const INDEX: Migration = step(
    "many",
    2,
    "create index many_by_colour on many (colour);\ncreate index many_red on many (id) where colour = 'red';",
);
const COLUMN: Migration = step("many", 2, "alter table many add column size bigint not null default 7");
const SWAP: Migration =
    step("many", 3, "create index many_by_both on many (colour, id);\ndrop index many_by_colour;");

/// A database with the table, as the release before left it.
struct Old {
    engine: Engine,
}

impl Old {
    async fn start() -> Option<Old> {
        let engine = Engine::start(Kind::Postgres, &[&[TABLE]]).await?;
        Some(Old { engine })
    }

    /// A connection of the release before. It waits for nothing longer than any test should take.
    async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.engine.options.url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("set statement_timeout = '20s'").await.unwrap();
        client
    }

    /// A newer release comes with these steps.
    fn upgrade(&self, node: u16, steps: &'static [Migration]) -> JoinHandle<Result<(), store::MigrateError>> {
        let db = again(&self.engine, node);
        tokio::spawn(async move {
            let done = db.migrate(&[steps]).await;
            db.close().await;
            done
        })
    }
}

/// Asks until it is true.
async fn until(client: &Client, question: &str) {
    let began = Instant::now();
    while !client.query_one(question, &[]).await.unwrap().get::<_, bool>(0) {
        assert!(began.elapsed() < Duration::from_secs(20), "never: {question}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

const BEGUN: &str = "select count(*) = 1 from pg_class where relname = 'many_by_colour'";
const WHICH: &str = "select oid from pg_class where relname = 'many_by_colour'";
const WHOLE: &str = "select count(*) = 2 from pg_index join pg_class on pg_class.oid = indexrelid \
    where relname in ('many_by_colour', 'many_red') and indisvalid";
const RECORDED: &str = "select count(*) = 2 from store_migrations where room = 'many'";

async fn is(client: &Client, question: &str) -> bool {
    client.query_one(question, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_is_built_while_others_write() {
    let Some(old) = Old::start().await else { return };
    let (slow, quick) = (old.client().await, old.client().await);
    // A limit that the operator set for everyday statements; the index takes longer.
    let limit = "execute format('alter database %I set statement_timeout = ''2s''', current_database())";
    quick.batch_execute(&format!("do $$ begin {limit}; end $$")).await.unwrap();
    slow.batch_execute("begin; insert into many values (1, 'red')").await.unwrap();
    // Three processes of the new release start at once: two wait for the first, and the first must not wait for them.
    let upgrades = [1, 2, 3].map(|node| old.upgrade(node, &[TABLE, INDEX]));
    until(&quick, BEGUN).await;
    let first = quick.query_one(WHICH, &[]).await.unwrap().get::<_, u32>(0);
    let there = "select count(*) = 3 from pg_stat_activity where datname = current_database() \
        and (query like 'lock table store_migrations%' or query ilike 'rollback' or query ilike 'start transaction')";
    until(&quick, there).await;
    for id in 2..20_i64 {
        quick.execute("insert into many values ($1, 'blue')", &[&id]).await.unwrap();
        quick.execute("update many set colour = 'green' where id = $1", &[&id]).await.unwrap();
    }
    assert!(upgrades.iter().all(|upgrade| !upgrade.is_finished()), "the index waits for the slow writer");
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    assert!(!is(&quick, WHOLE).await && !is(&quick, RECORDED).await);
    slow.batch_execute("commit").await.unwrap();
    for upgrade in upgrades {
        assert_eq!(upgrade.await.unwrap(), Ok(()));
    }
    assert!(is(&quick, WHOLE).await && is(&quick, RECORDED).await);
    let last = quick.query_one(WHICH, &[]).await.unwrap().get::<_, u32>(0);
    assert_eq!(first, last, "it was never begun anew");
    assert_eq!(old.upgrade(1, &[TABLE, INDEX, SWAP]).await.unwrap(), Ok(()));
    assert!(!is(&quick, BEGUN).await, "the index that is not wanted any more is gone");
    old.engine.db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_was_broken_off_is_built_anew() {
    let Some(old) = Old::start().await else { return };
    let (slow, quick) = (old.client().await, old.client().await);
    slow.batch_execute("begin; insert into many values (1, 'red')").await.unwrap();
    let upgrade = old.upgrade(1, &[TABLE, INDEX]);
    until(&quick, BEGUN).await;
    let kill = "select bool_or(pg_terminate_backend(pid)) from pg_stat_activity \
        where datname = current_database() and query like 'create index concurrently%'";
    assert!(is(&quick, kill).await);
    upgrade.await.unwrap().unwrap_err();
    slow.batch_execute("commit").await.unwrap();
    assert!(
        is(&quick, BEGUN).await && !is(&quick, WHOLE).await && !is(&quick, RECORDED).await,
        "half of it is there"
    );
    assert_eq!(old.upgrade(1, &[TABLE, INDEX]).await.unwrap(), Ok(()));
    assert!(is(&quick, WHOLE).await && is(&quick, RECORDED).await);
    old.engine.db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_waits_for_a_long_read_and_writers_do_not() {
    let Some(old) = Old::start().await else { return };
    let (reader, quick, looker) = (old.client().await, old.client().await, old.client().await);
    reader.batch_execute("begin; select count(*) from many").await.unwrap();
    let upgrade = old.upgrade(1, &[TABLE, COLUMN]);
    let waiting = "select count(*) = 1 from pg_locks where relation = 'many'::regclass and not granted";
    for id in 0..2_i64 {
        // Whoever comes while the step waits in the table's queue is behind it, for a moment.
        until(&looker, waiting).await;
        quick.execute("insert into many values ($1, 'blue')", &[&id]).await.unwrap();
        assert!(!upgrade.is_finished(), "the reader is still there");
    }
    reader.batch_execute("commit").await.unwrap();
    assert_eq!(upgrade.await.unwrap(), Ok(()));
    let sizes: i64 = quick.query_one("select sum(size)::bigint from many", &[]).await.unwrap().get(0);
    assert_eq!(sizes, 14);
    old.engine.db.close().await;
}
