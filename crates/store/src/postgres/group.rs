//! One group on PostgreSQL: lock its merchants, load, run, and write everything in one pipelined transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::join;
use tokio_postgres::{Client, Row, Statement};

use super::arrays::{Arrays, RowSource};
use super::session::{Session, Trouble, in_order};
use super::writer::Crew;
use crate::changes::Change;
use crate::decision::Ticket;
use crate::dialect::{self, Lock, Texts};
use crate::group::Group;
use crate::rows::Column;
use crate::sql::SqlError;
use crate::value::{Id, Kind, Merchant, Millis, Sink};
use crate::view::PROMISE;
use crate::watch::Watch;

/// Merchants that are locked, with their last event's number.
pub(crate) type Heads = BTreeMap<Merchant, i64>;

/// What went wrong, and whether the commit had been sent.
pub(crate) struct Failed {
    pub(crate) trouble: Trouble,
    pub(crate) committing: bool,
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Failed { trouble, committing: false }
    }
}

impl From<tokio_postgres::Error> for Failed {
    fn from(error: tokio_postgres::Error) -> Self {
        Trouble::from(error).into()
    }
}

impl From<SqlError> for Trouble {
    fn from(error: SqlError) -> Self {
        Trouble::Fault(error.to_string())
    }
}

/// Begins; who waits for a lock gives up after a moment.
const BEGIN_BRIEFLY: &str = "begin; set local lock_timeout = '250ms'";

/// What a lock brought.
pub(crate) struct Locked {
    /// The merchants that are locked.
    pub(crate) heads: Heads,
    /// What the group was found to lack before, read behind the lock: where all of its merchants are locked.
    loaded: Option<Loaded>,
}

impl Locked {
    /// Whether all are locked.
    pub(crate) fn is_whole(&self) -> bool {
        self.loaded.is_some()
    }
}

/// Begins a transaction, locks merchants and loads what the group lacks as far as its first pass told, all sent at once. Locked are all of
/// them in order, or those that nobody holds; if somebody holds each of them, all after all.
pub(crate) async fn lock(
    session: &mut Session,
    merchants: &BTreeSet<Merchant>,
    mut how: Lock,
    group: &mut Group,
) -> Result<Locked, Trouble> {
    let ids: Vec<i64> = merchants.iter().map(|merchant| merchant.0.0).collect();
    // A value that cannot be written is found again, and its decision with it, once the group is alone with its locks.
    let asked = catch_unwind(AssertUnwindSafe(|| queries(&mut session.texts, group)));
    let (calls, targets) = asked.unwrap_or_default();
    let loads = prepare(session, &calls).await?;
    let (mut begun, limits_waits) = (false, session.limits_waits);
    loop {
        let one = ids.len() == 1;
        let statement = session.prepare(&dialect::lock(one, how)).await?;
        let client = &session.client;
        let params: &[&(dyn tokio_postgres::types::ToSql + Sync)] = if one { &[&ids[0]] } else { &[&ids] };
        let begin = async {
            match how {
                _ if begun => Ok(()),
                Lock::Brief if limits_waits => client.batch_execute(BEGIN_BRIEFLY).await,
                _ => client.batch_execute("begin").await,
            }
        };
        let ((began, locked), rows) =
            join(join(begin, client.query(&statement, params)), ask(client, &loads, &calls)).await;
        began?;
        begun = true;
        let heads: Heads =
            locked?.iter().map(|row| (Merchant(Id(row.get(0))), row.get::<_, i64>(1))).collect();
        if !heads.is_empty() || how != Lock::Skip {
            let loaded = (heads.len() == merchants.len()).then_some(Loaded { targets, rows });
            return Ok(Locked { heads, loaded });
        }
        how = Lock::Wait;
    }
}

/// Runs a group whose merchants are locked, to its commit. `None`: the writer was given up meanwhile.
pub(crate) async fn run(
    crew: &Crew,
    session: &mut Session,
    watch: &Watch,
    group: &mut Group,
    locked: Locked,
) -> Result<Option<Vec<Change>>, Failed> {
    if let Some(loaded) = locked.loaded {
        take(group, loaded)?;
    }
    loop {
        let complete = group.pass(watch);
        if watch.is_stale() {
            return Ok(None);
        }
        if complete {
            return commit(crew, session, group, locked.heads).await.map(Some);
        }
        load(session, group).await?;
    }
}

/// A statement with the arrays it takes.
struct Call {
    text: Arc<str>,
    arrays: Arrays,
    rows: usize,
}

fn call(text: &Arc<str>, columns: &[Column], rows: usize, write: impl Fn(usize, &mut dyn Sink)) -> Call {
    let mut arrays = Arrays::new(columns, rows);
    (0..rows).for_each(|n| write(n, &mut arrays));
    Call { text: text.clone(), arrays, rows }
}

async fn prepare(session: &mut Session, calls: &[Call]) -> Result<Vec<Statement>, Trouble> {
    let mut statements = Vec::with_capacity(calls.len());
    for call in calls {
        statements.push(session.prepare(&call.text).await?);
    }
    Ok(statements)
}

/// Tables by their place, and which of their indexes.
type Targets = Vec<(usize, Option<usize>)>;

/// What the group lacks: a query a table and index, and which they are.
fn queries(texts: &mut Texts, group: &mut Group) -> (Vec<Call>, Targets) {
    let (mut calls, mut targets) = (Vec::new(), Targets::new());
    for (at, table) in group.tables().enumerate() {
        let description = table.table();
        let count = table.ask();
        if count > 0 {
            let sql = texts.table(description, false);
            let columns = dialect::key_columns(description);
            calls.push(call(&sql.select, &columns, count, |n, sink| table.write_asked(n, sink)));
            targets.push((at, None));
        }
        for (index, spec, count) in table.ask_indexes() {
            let (text, columns) = (texts.index(spec), dialect::index_columns(spec));
            calls.push(call(&text, &columns, count, |n, sink| table.write_asked_on(index, n, sink)));
            targets.push((at, Some(index)));
        }
    }
    (calls, targets)
}

/// What was loaded: for each question which table and index it was for, and its rows.
struct Loaded {
    targets: Targets,
    rows: Vec<Answered>,
}

type Answered = Result<Vec<Row>, tokio_postgres::Error>;

/// Loads what the group lacks, all sent at once.
async fn load(session: &mut Session, group: &mut Group) -> Result<(), Trouble> {
    let (calls, targets) = queries(&mut session.texts, group);
    let statements = prepare(session, &calls).await?;
    let rows = ask(&session.client, &statements, &calls).await;
    take(group, Loaded { targets, rows })
}

/// The rows of each call, all sent at once.
async fn ask(client: &Client, statements: &[Statement], calls: &[Call]) -> Vec<Answered> {
    let params: Vec<_> = calls.iter().map(|call| call.arrays.params()).collect();
    let sent = statements.iter().zip(&params).map(|(statement, params)| client.query(statement, params));
    in_order(sent.collect()).await
}

/// Gives the group what was loaded for it.
fn take(group: &mut Group, loaded: Loaded) -> Result<(), Trouble> {
    let mut tables: Vec<_> = group.tables().collect();
    for ((at, index), rows) in loaded.targets.into_iter().zip(loaded.rows) {
        let table = &mut tables[at];
        for row in &rows? {
            match index {
                None => table.take(&mut RowSource::new(row, 0))?,
                Some(index) => {
                    let n = usize::try_from(row.get::<_, i64>(0) - 1).unwrap_or(0);
                    table.take_found(index, n, &mut RowSource::new(row, 1))?;
                }
            }
        }
        match index {
            None => table.end(),
            Some(index) => table.end_index(index),
        }
    }
    Ok(())
}

/// What the group writes: up to three statements a table.
fn writes(texts: &mut Texts, group: &mut Group) -> Vec<Call> {
    let mut calls = Vec::new();
    for table in group.tables() {
        let (counts, description) = (table.finish(), table.table());
        if counts.inserts + counts.updates + counts.deletes == 0 {
            continue;
        }
        let sql = texts.table(description, false);
        if counts.deletes > 0 {
            let columns = dialect::key_columns(description);
            calls.push(call(&sql.delete, &columns, counts.deletes, |n, sink| table.write_delete(n, sink)));
        }
        if counts.inserts > 0 {
            let columns = dialect::columns(description);
            calls.push(call(&sql.insert, &columns, counts.inserts, |n, sink| table.write_insert(n, sink)));
        }
        if let (Some(update), true) = (&sql.update, counts.updates > 0) {
            let columns = dialect::update_columns(description);
            calls.push(call(update, &columns, counts.updates, |n, sink| table.write_update(n, sink)));
        }
    }
    calls
}

/// Writes everything and commits, all sent at once. Every answer is checked: after an error PostgreSQL answers the
/// commit too, with a rollback.
async fn commit(
    crew: &Crew,
    session: &mut Session,
    group: &mut Group,
    mut heads: Heads,
) -> Result<Vec<Change>, Failed> {
    let emitting = group.merchants_with_events();
    let changes = group.number_events(&mut heads);
    let mut calls = writes(&mut session.texts, group);
    if calls.is_empty() && emitting.is_empty() {
        session.client.batch_execute("rollback").await?;
        return Ok(changes);
    }
    if !emitting.is_empty() {
        let moved: Vec<_> = emitting.iter().map(|merchant| (*merchant, heads[merchant])).collect();
        let write = |n: usize, sink: &mut dyn Sink| {
            sink.int(Some(moved[n].0.0.0));
            sink.int(Some(moved[n].1));
        };
        calls.push(call(&dialect::MOVE_HEADS.into(), &TWO_INTS, moved.len(), write));
    }
    let promise = promise(crew);
    if let Some(Millis(promise)) = promise {
        let node = i64::from(crew.node);
        let write = |_: usize, sink: &mut dyn Sink| {
            sink.int(Some(node));
            sink.int(Some(promise));
        };
        calls.push(call(&dialect::PROMISE_IDS.into(), &TWO_INTS, 1, write));
    }
    send(session, &calls).await?;
    if let Some(Millis(promise)) = promise {
        crew.ids_upto.fetch_max(promise, Ordering::Relaxed);
    }
    Ok(changes)
}

const TWO_INTS: [Column; 2] = [Column { name: "a", kind: Kind::Int }, Column { name: "b", kind: Kind::Int }];

/// Sends the statements and the commit, and checks every answer.
async fn send(session: &mut Session, calls: &[Call]) -> Result<(), Failed> {
    let statements = prepare(session, calls).await?;
    let params: Vec<_> = calls.iter().map(|call| call.arrays.params()).collect();
    let sent =
        statements.iter().zip(&params).map(|(statement, params)| session.client.execute(statement, params));
    let (written, committed) = join(in_order(sent.collect()), session.client.batch_execute("commit")).await;
    let failed = |error: tokio_postgres::Error| Failed { trouble: error.into(), committing: true };
    for (call, rows) in calls.iter().zip(written) {
        let rows = rows.map_err(failed)?;
        if rows != call.rows as u64 {
            // The merchants are locked, so nobody else can have changed these rows; only a program at fault.
            let text = format!("{rows} rows written instead of {}: {}", call.rows, call.text);
            tracing::error!(text, "a commit wrote something else than it should");
            return Err(Failed { trouble: Trouble::Lost(text), committing: true });
        }
    }
    committed.map_err(failed)
}

/// The next promise about ids, if one is due; see the SQLite engine's.
fn promise(crew: &Crew) -> Option<Millis> {
    let reached = crew.tools.ids.reached();
    (reached.0 >= crew.ids_upto.load(Ordering::Relaxed)).then(|| reached.plus(PROMISE))
}

/// The merchants of some decisions.
pub(crate) fn merchants(tickets: &[Arc<Ticket>]) -> BTreeSet<Merchant> {
    tickets.iter().map(|ticket| ticket.merchant).collect()
}
