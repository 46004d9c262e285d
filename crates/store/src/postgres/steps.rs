//! Migrations on PostgreSQL, taken while the release before serves: no step makes it wait for longer than a moment.
//!
//! - Indexes of tables that exist are built beside their writers (`concurrently`), outside a transaction. One that was broken off is taken away
//!   and built anew.
//! - Whatever else changes a table is a matter of a moment, once it has the table's lock. Who waits for that lock holds up everybody behind it,
//!   so it gives up soon and comes again: a long read, such as a backup's, keeps the step waiting and not the sellers.

use std::time::Duration;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use super::arrays;
use super::session::{Session, Trouble, sql_error};
use super::tls::Target;
use crate::dialect::Dialect;
use crate::migrate::{MigrateError, Migration, NOTE, RECORD, RECORDED, pending, statements};
use crate::sql::SqlError;

/// How long a step waits for a table's lock before it lets the others pass.
const PATIENCE: &str = "set lock_timeout = '500ms'";
/// Building beside writers holds nobody up: it waits for as long as it must.
const AT_EASE: &str = "set lock_timeout = 0";
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(1_500);
/// Who takes steps holds this to the end. Rows can be added and read under it. Nobody waits for it inside the database: a connection that does
/// has a snapshot, and an index that is being built waits for all of those that are older.
const ALONE: &str = "lock table store_migrations in share update exclusive mode nowait";
/// Until one asks for it again.
const TURN: Duration = Duration::from_millis(100);

/// Takes the steps that are missing, one after the other: when one fails, those before it stay. An empty database gets all of them at once.
pub(super) async fn migrate(
    session: &mut Session,
    target: &Target,
    all: &[Migration],
) -> Result<(), MigrateError> {
    // Two processes that create the table at once can collide in the catalogue: the second try finds it.
    if session.client.batch_execute(RECORD).await.is_err() {
        session.client.batch_execute(RECORD).await.map_err(sql)?;
    }
    if missing(session, all).await?.0.is_empty() {
        return Ok(());
    }
    let mut guard = Session::connect(target).await.map_err(SqlError::from)?;
    guard.set("set idle_in_transaction_session_timeout = 0").await;
    let mut told = false;
    let alone = loop {
        let asked = guard.client.transaction().await.map_err(sql)?;
        match asked.batch_execute(ALONE).await {
            Ok(()) => break asked,
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                asked.rollback().await.map_err(sql)?;
                if !std::mem::replace(&mut told, true) {
                    tracing::info!("another process is taking the migrations: waiting for it");
                }
                tokio::time::sleep(TURN).await;
            }
            Err(error) => return Err(sql(error)),
        }
    };
    // A limit for everyday statements, which the database may have, is none for these.
    session.set("set statement_timeout = 0").await;
    take_missing(session, all).await?;
    alone.commit().await.map_err(sql)?;
    guard.close().await;
    Ok(())
}

fn sql(error: Error) -> MigrateError {
    sql_error(error).into()
}

/// The steps still to be taken, and whether none was taken ever.
async fn missing(session: &Session, all: &[Migration]) -> Result<(Vec<Migration>, bool), MigrateError> {
    let recorded = session.client.query(RECORDED, &[]).await.map_err(sql)?;
    let recorded = recorded.iter().map(arrays::values).collect::<Result<Vec<_>, _>>()?;
    Ok((pending(all, &recorded)?, recorded.is_empty()))
}

async fn take_missing(session: &mut Session, all: &[Migration]) -> Result<(), MigrateError> {
    let (steps, first) = missing(session, all).await?;
    if first {
        return together(session, &steps).await.map_err(|(step, error)| step.failed(sql_error(error)));
    }
    for step in &steps {
        let mut tries = 0;
        while let Err(error) = take(session, step).await {
            let why = match Trouble::from(error) {
                Trouble::Again(why) => why,
                trouble => return Err(step.failed(trouble.into())),
            };
            tries += 1;
            tracing::warn!(
                step.room,
                step.number,
                tries,
                error = why,
                "a migration waits for a table that somebody reads or writes for long, and tries again"
            );
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Takes one step beside a release that serves. Error of class `Again`: somebody was in the way, and nothing is lost by another try.
async fn take(session: &mut Session, step: &Migration) -> Result<(), Error> {
    let text = Dialect::Postgres.migration(step.sql);
    let Some(changes) = index_changes(&text) else {
        session.set(PATIENCE).await;
        return together(session, std::slice::from_ref(step)).await.map_err(|(_, error)| error);
    };
    session.set(AT_EASE).await;
    for change in changes {
        change.make(session).await?;
    }
    note(&session.client, step).await
}

/// Takes the steps in one transaction.
async fn together<'a>(session: &mut Session, steps: &'a [Migration]) -> Result<(), (&'a Migration, Error)> {
    let Some(last) = steps.last() else { return Ok(()) };
    let group = session.client.transaction().await.map_err(|error| (&steps[0], error))?;
    for step in steps {
        let text = Dialect::Postgres.migration(step.sql);
        group.batch_execute(&text).await.map_err(|error| (step, error))?;
        note(&group, step).await.map_err(|error| (step, error))?;
    }
    group.commit().await.map_err(|error| (last, error))
}

async fn note(client: &impl tokio_postgres::GenericClient, step: &Migration) -> Result<(), Error> {
    let values = step.note();
    let values: Vec<_> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
    client.execute(NOTE, &values).await.map(|_| ())
}

/// What a step of indexes alone does.
#[derive(Debug, PartialEq, Eq)]
enum IndexChange<'a> {
    /// Its name, and what comes after the name: `on TABLE (…)`.
    Create(&'a str, &'a str),
    /// Its name.
    Drop(&'a str),
}

/// The changes of a step that only makes indexes or takes them away; `None` for any other, which is then taken as a whole.
fn index_changes(text: &str) -> Option<Vec<IndexChange<'_>>> {
    let change = |statement| {
        let named =
            |words: &str| -> Option<&str> { str::strip_prefix(statement, words).map(str::trim_start) };
        if let Some(rest) = named("drop index ") {
            return Some(IndexChange::Drop(rest));
        }
        let (name, rest) = named("create index ")?.split_once(char::is_whitespace)?;
        rest.trim_start().starts_with("on ").then_some(IndexChange::Create(name, rest))
    };
    statements(text).map(change).collect()
}

/// No row: there is no such index. False: its building was broken off.
const IS_WHOLE: &str = "select indisvalid from pg_index join pg_class on pg_class.oid = indexrelid \
    where relname = $1 and pg_table_is_visible(pg_class.oid)";

impl IndexChange<'_> {
    async fn make(&self, session: &Session) -> Result<(), Error> {
        let client = &session.client;
        let take_away = |name: &str| format!("drop index concurrently if exists {name}");
        let (name, rest) = match self {
            IndexChange::Create(name, rest) => (name, rest),
            IndexChange::Drop(name) => return client.batch_execute(&take_away(name)).await,
        };
        match client.query_opt(IS_WHOLE, &[name]).await?.map(|row| row.get::<_, bool>(0)) {
            Some(true) => return Ok(()),
            Some(false) => client.batch_execute(&take_away(name)).await?,
            None => {}
        }
        client.batch_execute(&format!("create index concurrently {name} {rest}")).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_indexes_alone_is_known() {
        let text = "\ncreate index a on t (x, \"order\") where state = 'open';\ndrop index b;\n";
        let changes = vec![
            IndexChange::Create("a", "on t (x, \"order\") where state = 'open'"),
            IndexChange::Drop("b"),
        ];
        assert_eq!(index_changes(text), Some(changes));
        for other in [
            "create table t (x bigint); create index a on t (x);",
            "create unique index a on t (x)",
            "create index if not exists a on t (x)",
            "create index a on t (x) where state = 'a;b'",
            "-- contract\ndrop index a",
            "alter table t add column y bigint",
        ] {
            assert_eq!(index_changes(other), None, "{other}");
        }
    }
}
