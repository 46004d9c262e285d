//! The one writer of a SQLite database.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::eras::AllEras;
use super::group::{Outcome, run_group};
use super::log::Log;
use super::news::News;
use super::{Place, Setup, Task, setup};
use crate::changes::Hub;
use crate::decision::{End, Ticket};
use crate::dialect::{Dialect, Texts};
use crate::queue::{Batch, Queue};
use crate::readers::{Look, Readers};
use crate::sql::SqlError;
use crate::view::Tools;
use crate::watch::Watch;

/// The connection and what it has learned. Whoever runs functions does not hold it: a function that never comes back
/// must not take it away from the next writer.
pub(crate) struct Desk {
    pub(crate) connection: Connection,
    pub(crate) texts: Texts,
    pub(crate) eras: AllEras,
}

/// Runs groups and tasks.
#[derive(Clone)]
pub(crate) struct Writer {
    pub(crate) desk: Arc<Mutex<Desk>>,
    pub(crate) log: Arc<Log>,
    pub(crate) tools: Arc<Tools>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) node: u16,
    /// No id at or after this moment has been promised to the database yet.
    pub(crate) ids_upto: Arc<AtomicI64>,
    /// The group that is running, for whoever has to give the writer up.
    running: Arc<Mutex<Vec<Arc<Ticket>>>>,
}

impl Writer {
    pub(crate) fn open(
        setup: &Setup,
        readers: Option<Arc<Readers>>,
        tools: Arc<Tools>,
        hub: Arc<Hub>,
    ) -> Result<Self, SqlError> {
        let mut connection = setup::connect(&setup.place, setup::For::Writer)?;
        let log = Arc::new(Log::default());
        if matches!(setup.place, Place::File(_)) {
            log.watch(&mut connection)?;
        }
        let eras = AllEras::new(setup.keys_per_era, readers);
        let desk = Desk { connection, texts: Texts::new(Dialect::Sqlite), eras };
        Ok(Writer {
            desk: Arc::new(Mutex::new(desk)),
            log,
            tools,
            hub,
            watch: Arc::new(Watch::new()),
            node: setup.node,
            ids_upto: Arc::new(AtomicI64::new(i64::MIN)),
            running: Arc::new(Mutex::new(Vec::new())),
        })
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a group to its end. One that the database refuses is cut in halves, until the decision at fault is alone.
    pub(crate) fn group(&self, tickets: Vec<Arc<Ticket>>) {
        let mut parts = vec![tickets];
        while let Some(part) = parts.pop() {
            *self.running.lock().unwrap_or_else(PoisonError::into_inner) =
                parts.iter().rev().fold(part.clone(), |mut all, next| {
                    all.extend(next.iter().cloned());
                    all
                });
            match run_group(self, part) {
                Outcome::Settled => {}
                Outcome::Stale => return,
                Outcome::Failed(group, end, whole) => {
                    if whole || group.tickets().len() < 2 {
                        tracing::error!(?end, decisions = group.tickets().len(), "a group failed");
                        group.fail(&end);
                    } else {
                        let (first, second) = group.tickets().split_at(group.tickets().len() / 2);
                        parts.extend([second.to_vec(), first.to_vec()]);
                    }
                }
            }
        }
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn task(&self, task: Task) {
        task(&mut self.desk().connection);
    }

    pub(crate) fn look(&self, look: Look) {
        super::read::look(&self.desk().connection, look);
    }

    pub(crate) fn promised(&self) -> i64 {
        self.ids_upto.load(Ordering::Relaxed)
    }

    /// A writer in this one's place, after its function did not come back.
    fn successor(&self) -> Writer {
        Writer { watch: Arc::new(Watch::new()), running: Arc::new(Mutex::new(Vec::new())), ..self.clone() }
    }
}

/// Starts the writer's thread and the one that watches over it.
pub(crate) fn spawn(writer: Writer, queue: Arc<Queue<Task>>, setup: &Setup) -> JoinHandle<()> {
    let (limit, budget) = (setup.group_limit, setup.time_budget);
    let news = News::new(setup.place.clone(), writer.hub.clone());
    let run = move || watch_over(writer, &queue, limit, budget, news);
    std::thread::Builder::new().name("store-watch".into()).spawn(run).expect("the system has threads")
}

fn start(writer: Writer, queue: Arc<Queue<Task>>, limit: usize) -> JoinHandle<()> {
    let run = move || {
        while !writer.watch.is_stale() {
            match queue.take(limit) {
                Batch::Group(tickets) => writer.group(tickets),
                Batch::Task(task) => writer.task(task),
                Batch::Closed => break,
            }
        }
        if !writer.watch.is_stale() {
            finish(&writer);
        }
    };
    std::thread::Builder::new().name("store-write".into()).spawn(run).expect("the system has threads")
}

/// Writes the log back into the database.
fn finish(writer: &Writer) {
    let desk = writer.desk();
    let end = desk.connection.execute_batch("pragma optimize; pragma wal_checkpoint(truncate)");
    if let Err(error) = end {
        tracing::warn!(%error, "the write-ahead log could not be put away; it will be at the next start");
    }
}

fn watch_over(mut writer: Writer, queue: &Arc<Queue<Task>>, limit: usize, budget: Duration, mut news: News) {
    let mut thread = start(writer.clone(), queue.clone(), limit);
    let step = (budget / 4).clamp(Duration::from_millis(5), Duration::from_millis(250));
    loop {
        std::thread::park_timeout(step);
        news.look(step);
        let overdue = if thread.is_finished() {
            match thread.join() {
                Ok(()) => return,
                Err(_) => None,
            }
        } else {
            match writer.watch.give_up_after(budget) {
                None => continue,
                overdue => overdue,
            }
        };
        tracing::error!(?overdue, "a writer is given up: its decision does not come back, or it panicked");
        let tickets = std::mem::take(&mut *writer.running.lock().unwrap_or_else(PoisonError::into_inner));
        writer = writer.successor();
        queue.put_back(after_giving_up(tickets, overdue));
        thread = start(writer.clone(), queue.clone(), limit);
    }
}

/// Answers the decision that did not come back, or all of them if the writer panicked; the rest is to be run again.
fn after_giving_up(tickets: Vec<Arc<Ticket>>, overdue: Option<usize>) -> Vec<Arc<Ticket>> {
    let mut rest = Vec::new();
    for (place, ticket) in tickets.into_iter().enumerate() {
        match overdue {
            Some(overdue) if place == overdue => ticket.end(End::TooSlow),
            Some(_) => rest.push(ticket),
            None => ticket.end(End::Unknown("the writer panicked".into())),
        }
    }
    rest
}
