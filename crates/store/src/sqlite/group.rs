//! One group on SQLite: begin, load, run, write, commit.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::{Connection, ErrorCode, Statement};

use super::bind::{Binder, RowSource, engine_error};
use super::eras::Eras;
use super::writer::{Desk, Writer};
use crate::cache::AnyTable;
use crate::changes::Change;
use crate::decision::{End, Ticket, panic_text};
use crate::group::Group;
use crate::sql::SqlError;
use crate::value::{Id, Merchant, Millis, Sink};
use crate::view::PROMISE;

/// How a group ended.
pub(crate) enum Outcome {
    Settled,
    /// The writer was given up meanwhile: somebody else has the decisions.
    Stale,
    /// What to answer, and whether it concerns all of them alike.
    Failed(Box<Group>, End, bool),
}

type Step<T> = Result<T, (End, bool)>;

fn broken(error: &rusqlite::Error) -> (End, bool) {
    // What concerns the whole database is no decision's fault: there is no use in trying them one by one.
    let code = error.sqlite_error_code();
    if matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) {
        return (End::Busy, true);
    }
    let whole = matches!(
        code,
        Some(
            ErrorCode::DiskFull
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
        )
    );
    (End::Broken(engine_error(error).to_string()), whole)
}

fn unreadable(error: &SqlError) -> (End, bool) {
    (End::Broken(error.to_string()), false)
}

/// Runs a group to its end.
pub(crate) fn run_group(writer: &Writer, tickets: Vec<Arc<Ticket>>) -> Outcome {
    let mut group = Group::new(tickets, &writer.tools);
    // Writing a value can panic as well (a map that is no JSON): the decision at fault is to be found like any other.
    let attempted = catch_unwind(AssertUnwindSafe(|| attempt(writer, &mut group)));
    match attempted.unwrap_or_else(|panic| Err((End::Broken(panic_text(&*panic)), false))) {
        Ok(Some(changes)) => {
            let first_job = group.first_job();
            group.settle();
            writer.hub.tell(changes);
            first_job.into_iter().for_each(|at| writer.hub.job_due(at));
            Outcome::Settled
        }
        Ok(None) => Outcome::Stale,
        Err((end, whole)) => {
            let desk = writer.desk();
            if !desk.connection.is_autocommit()
                && let Err(error) = desk.connection.execute_batch("rollback")
            {
                tracing::error!(%error, "a group that failed could not be undone");
            }
            drop(desk);
            Outcome::Failed(Box::new(group), end, whole)
        }
    }
}

fn attempt(writer: &Writer, group: &mut Group) -> Step<Option<Vec<Change>>> {
    begin(&writer.desk().connection).map_err(|error| broken(&error))?;
    loop {
        let complete = group.pass(&writer.watch);
        if writer.watch.is_stale() {
            return Ok(None);
        }
        let mut desk = writer.desk();
        if complete {
            return commit(writer, &mut desk, group).map(Some);
        }
        for table in group.tables() {
            load(&mut desk, table.as_mut())?;
        }
    }
}

/// Begins a group, after whatever a writer that was given up has left.
fn begin(connection: &Connection) -> rusqlite::Result<()> {
    if !connection.is_autocommit() {
        connection.execute_batch("rollback")?;
    }
    connection.execute_batch("begin immediate")
}

/// Where a row may lie: eras with its key's hash, in a table that has them; elsewhere nothing is known, and nothing asked for behind the key.
type Places = Cow<'static, [Option<i64>]>;
const ANYWHERE: Places = Cow::Borrowed(&[None]);

fn places(eras: Option<&Eras>, key: impl Fn(&mut dyn Sink)) -> Places {
    eras.map_or(ANYWHERE, |eras| eras.places(key).into_iter().map(Some).collect())
}

fn new_place(eras: Option<&Eras>, key: impl Fn(&mut dyn Sink)) -> Places {
    eras.map_or(ANYWHERE, |eras| vec![Some(eras.new_place(key))].into())
}

/// Binds what is written, and its place behind it.
fn bind(statement: &mut Statement<'_>, place: Option<i64>, write: impl Fn(&mut dyn Sink)) -> Step<()> {
    let mut binder = Binder::new(statement);
    write(&mut binder);
    if place.is_some() {
        binder.int(place);
    }
    binder.done().map_err(|error| unreadable(&error))
}

/// Loads what a table's decisions lack.
fn load(desk: &mut Desk, table: &mut dyn AnyTable) -> Step<()> {
    let Desk { connection, texts, eras } = desk;
    let count = table.ask();
    if count > 0 {
        let eras = eras.of(connection, table.table()).map_err(|error| broken(&error))?;
        let sql = texts.table(table.table(), eras.is_some());
        let mut statement = connection.prepare_cached(&sql.select).map_err(|error| broken(&error))?;
        for n in 0..count {
            for place in places(eras.as_deref(), |sink| table.write_asked(n, sink)).iter() {
                bind(&mut statement, *place, |sink| table.write_asked(n, sink))?;
                let mut rows = statement.raw_query();
                while let Some(row) = rows.next().map_err(|error| broken(&error))? {
                    table.take(&mut RowSource::new(row)).map_err(|error| unreadable(&error))?;
                }
            }
        }
        table.end();
    }
    for (index, spec, count) in table.ask_indexes() {
        let sql = texts.index(spec);
        let mut statement = connection.prepare_cached(&sql).map_err(|error| broken(&error))?;
        for n in 0..count {
            bind(&mut statement, None, |sink| table.write_asked_on(index, n, sink))?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(|error| broken(&error))? {
                table.take_found(index, n, &mut RowSource::new(row)).map_err(|error| unreadable(&error))?;
            }
        }
        table.end_index(index);
    }
    Ok(())
}

/// Writes everything and commits.
fn commit(writer: &Writer, desk: &mut Desk, group: &mut Group) -> Step<Vec<Change>> {
    let changes = write_events(&desk.connection, group)?;
    let mut written = changes.len();
    for table in group.tables() {
        written += write(desk, table.as_mut())?;
    }
    if written == 0 {
        desk.connection.execute_batch("rollback").map_err(|error| broken(&error))?;
        return Ok(changes);
    }
    let promise = promise_ids(writer, &desk.connection)?;
    desk.connection.execute_batch("commit").map_err(|error| {
        let (end, whole) = broken(&error);
        match error.sqlite_error_code() {
            // The log may hold the commit although the disk did not confirm it.
            Some(ErrorCode::SystemIoFailure) => (End::Unknown(error.to_string()), true),
            _ => (end, whole),
        }
    })?;
    writer.ids_upto.fetch_max(promise, Ordering::Relaxed);
    Ok(changes)
}

/// Numbers the group's events after their merchants' heads, and moves the heads on.
fn write_events(connection: &Connection, group: &mut Group) -> Step<Vec<Change>> {
    let mut heads: BTreeMap<Merchant, i64> = BTreeMap::new();
    for merchant in group.merchants_with_events() {
        let mut statement = connection
            .prepare_cached("select event_seq from store_merchants where merchant = $1")
            .map_err(|error| broken(&error))?;
        let found = statement.query_map([merchant.0.0], |row| row.get::<_, i64>(0));
        let found = found.and_then(|mut rows| rows.next().transpose()).map_err(|error| broken(&error))?;
        heads.insert(merchant, found.unwrap_or(0));
    }
    let changes = group.number_events(&mut heads);
    for (Merchant(Id(merchant)), seq) in heads {
        let mut statement = connection
            .prepare_cached(
                "insert into store_merchants (merchant, event_seq) values ($1, $2) \
                 on conflict (merchant) do update set event_seq = excluded.event_seq",
            )
            .map_err(|error| broken(&error))?;
        statement.execute([merchant, seq]).map_err(|error| broken(&error))?;
    }
    Ok(changes)
}

/// Writes what changed in a table; how many rows.
fn write(desk: &mut Desk, table: &mut dyn AnyTable) -> Step<usize> {
    let counts = table.finish();
    let written = counts.inserts + counts.updates + counts.deletes;
    if written == 0 {
        return Ok(0);
    }
    let Desk { connection, texts, eras } = desk;
    let eras = eras.of(connection, table.table()).map_err(|error| broken(&error))?;
    let sql = texts.table(table.table(), eras.is_some());
    let (connection, known) = (&*connection, eras.as_deref());
    let delete = |n, sink: &mut dyn Sink| table.write_delete(n, sink);
    each(connection, &sql.delete, counts.deletes, delete, |n| places(known, |sink| delete(n, sink)))?;
    let insert = |n, sink: &mut dyn Sink| table.write_insert(n, sink);
    each(connection, &sql.insert, counts.inserts, insert, |n| new_place(known, |sink| insert(n, sink)))?;
    if let Some(update) = &sql.update {
        each(connection, update, counts.updates, |n, sink| table.write_update(n, sink), |_| ANYWHERE)?;
    }
    if let (Some(eras), true) = (eras, counts.inserts > 0) {
        let row = connection.last_insert_rowid();
        eras.added(connection, row).map_err(|error| broken(&error))?;
    }
    Ok(written)
}

/// Runs a statement once a row, at each of its places; each row must concern exactly one.
fn each(
    connection: &Connection,
    sql: &str,
    count: usize,
    write: impl Fn(usize, &mut dyn Sink),
    places: impl Fn(usize) -> Places,
) -> Step<()> {
    if count == 0 {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(sql).map_err(|error| broken(&error))?;
    for n in 0..count {
        let mut changed = 0;
        for place in places(n).iter() {
            bind(&mut statement, *place, |sink| write(n, sink))?;
            changed += statement.raw_execute().map_err(|error| broken(&error))?;
        }
        if changed != 1 {
            return Err((End::Broken(format!("{changed} rows concerned instead of one: {sql}")), false));
        }
    }
    Ok(())
}

/// Before an id is in the database, the database holds a moment after it from which a restarted process goes on: so no
/// id is made twice, even if the clock was set back. The new promise, or the old one.
fn promise_ids(writer: &Writer, connection: &Connection) -> Step<i64> {
    let reached = writer.tools.ids.reached();
    if reached.0 < writer.promised() {
        return Ok(writer.promised());
    }
    let Millis(promise) = reached.plus(PROMISE);
    let mut statement = connection
        .prepare_cached(
            "insert into store_nodes (node, ids_upto) values ($1, $2) \
             on conflict (node) do update set ids_upto = excluded.ids_upto",
        )
        .map_err(|error| broken(&error))?;
    statement.execute([i64::from(writer.node), promise]).map_err(|error| broken(&error))?;
    Ok(promise)
}
