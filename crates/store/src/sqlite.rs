//! The SQLite engine: WAL, one writer, readers beside it. A store in memory runs the same code in the caller's place.

mod bind;
mod eras;
mod filter;
mod group;
mod key_hash;
mod log;
mod news;
mod read;
mod setup;
mod writer;

pub(crate) use eras::ERA;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use crate::changes::{Hub, Known};
use crate::decision::Ticket;
use crate::dialect::{Dialect, PROMISED_IDS};
use crate::migrate::{MigrateError, Migration, NOTE, RECORD, RECORDED, pending};
use crate::queue::{Batch, Queue};
use crate::readers::{Look, Reader, Readers, join};
use crate::sql::{SqlError, SqlRow, Value};
use crate::sqlite::log::Log;
use crate::sqlite::writer::Writer;
use crate::view::Tools;

/// What wants the writer's connection for itself.
pub(crate) type Task = Box<dyn FnOnce(&mut Connection) + Send>;

/// How the engine is set up.
#[derive(Clone)]
pub(crate) struct Setup {
    /// None is a store in memory, with its name if others open it too.
    pub(crate) place: Place,
    pub(crate) group_limit: usize,
    pub(crate) queue_limit: usize,
    pub(crate) readers: usize,
    pub(crate) time_budget: Duration,
    pub(crate) node: u16,
    pub(crate) keys_per_era: i64,
}

/// Where the database is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    File(String),
    Memory(String),
}

pub(crate) struct Sqlite {
    queue: Arc<Queue<Task>>,
    setup: Setup,
    /// In memory there are no threads: whoever waits does the work.
    inline: Option<Mutex<Writer>>,
    readers: Option<Arc<Readers>>,
    log: Arc<Log>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Sqlite {
    pub(crate) fn open(setup: Setup, tools: &Arc<Tools>, hub: &Arc<Hub>) -> Result<Self, SqlError> {
        let queue = Arc::new(Queue::new(setup.queue_limit));
        let place = setup.place.clone();
        let reader = || -> Result<Reader, SqlError> {
            let connection = setup::connect(&place, setup::For::Reader)?;
            Ok(Box::new(move |look| read::look(&connection, look)))
        };
        let in_file = matches!(place, Place::File(_));
        let readers = in_file.then(|| Readers::start(setup.readers, reader)).transpose()?.map(Arc::new);
        let writer = Writer::open(&setup, readers.clone(), tools.clone(), hub.clone())?;
        // Before it is migrated it knows nothing.
        if let Ok(known) = known(&writer.desk().connection, setup.node) {
            known.tell(hub, &tools.ids);
        }
        let log = writer.log.clone();
        let mut engine = Sqlite { queue, setup, inline: None, readers, log, threads: Mutex::new(Vec::new()) };
        if in_file {
            let putter = engine.log.start(&place)?;
            let watcher = writer::spawn(writer, engine.queue.clone(), &engine.setup);
            engine.threads.lock().unwrap_or_else(PoisonError::into_inner).extend([putter, watcher]);
        } else {
            engine.inline = Some(Mutex::new(writer));
        }
        Ok(engine)
    }

    pub(crate) async fn submit(&self, ticket: Ticket) {
        self.queue.push(ticket);
        if self.inline.is_some() {
            // Let the other tasks that are ready submit theirs: they make a group with this one.
            tokio::task::yield_now().await;
            self.work_inline();
        }
    }

    /// Runs something on the writer's connection, between two groups.
    pub(crate) fn task(&self, task: Task) -> Result<(), SqlError> {
        self.queue.push_task(task).map_err(|_| SqlError::Gone("the store is closed".into()))?;
        self.work_inline();
        Ok(())
    }

    /// Runs something on the writer's connection and waits for what it gives.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, SqlError> {
        let (sender, answer) = oneshot::channel();
        self.task(Box::new(move |connection| {
            // The caller may have gone.
            let _ = sender.send(work(connection));
        }))?;
        answer.await.map_err(|_| SqlError::Gone("the writer stopped".into()))
    }

    fn work_inline(&self) {
        let Some(writer) = &self.inline else { return };
        let writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(batch) = self.queue.try_take(self.setup.group_limit) {
            match batch {
                Batch::Group(tickets) => writer.group(tickets),
                Batch::Task(task) => writer.task(task),
                Batch::Closed => return,
            }
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn look(&self, look: Look) -> Result<(), SqlError> {
        if let Some(writer) = &self.inline {
            writer.lock().unwrap_or_else(PoisonError::into_inner).look(look);
            return Ok(());
        }
        match &self.readers {
            Some(readers) => readers.look(look),
            None => Err(SqlError::Gone("the store has no readers".into())),
        }
    }

    /// Takes nothing more; what waits is still done.
    fn shut(&self) {
        self.queue.close();
        self.work_inline();
        self.log.close();
        self.readers.iter().for_each(|readers| readers.shut());
    }

    /// Does what waits, writes the log back into the database, and stops.
    pub(crate) async fn close(&self) {
        self.shut();
        let mut threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        threads.extend(self.readers.iter().flat_map(|readers| readers.threads()));
        join(threads).await;
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.shut();
    }
}

/// Runs one statement as a transaction of its own.
pub(crate) fn run_task(
    connection: &mut Connection,
    text: &str,
    params: &[Value],
) -> Result<Vec<Vec<Value>>, SqlError> {
    read::run(connection, text, params)
}

/// Takes the steps that are still to be taken; what the database knows then.
pub(crate) fn migrate(
    connection: &mut Connection,
    all: &[Migration],
    node: u16,
) -> Result<Known, MigrateError> {
    let failed = |error: rusqlite::Error| bind::engine_error(&error);
    let steps = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    steps.execute_batch(RECORD).map_err(failed)?;
    let recorded = read::run(&steps, RECORDED, &[])?;
    for step in pending(all, &recorded)? {
        let sql = Dialect::Sqlite.migration(step.sql);
        steps.execute_batch(&sql).map_err(|error| step.failed(failed(error)))?;
        read::run(&steps, NOTE, &step.note())?;
    }
    steps.commit().map_err(failed)?;
    Ok(known(connection, node)?)
}

/// What the database knows already.
fn known(connection: &Connection, node: u16) -> Result<Known, SqlError> {
    let promised = read::run(connection, PROMISED_IDS, &[Value::Int(i64::from(node))])?.pop();
    let ids_upto = promised.map(|row| SqlRow::new(row).get(0)).transpose()?;
    Ok(Known { heads: news::heads(connection)?, ids_upto })
}
