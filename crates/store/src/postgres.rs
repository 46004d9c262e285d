//! The PostgreSQL engine: groups that lock their merchants, on a runtime of its own, so that neither a paused clock nor
//! a busy caller stops it.

mod arrays;
mod group;
mod news;
mod read;
mod session;
mod steps;
mod tls;
mod writer;

use std::convert::Infallible;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};
use tokio::sync::{mpsc, oneshot, watch};

use crate::changes::{Hub, Known};
use crate::decision::{End, Ticket};
use crate::dialect::{Dialect, HEADS, PROMISED_IDS};
use crate::migrate::{MigrateError, Migration};
use crate::ports::Random;
use crate::queue::Queue;
use crate::readers::{Look, Readers, join};
use crate::sql::{SqlError, Value};
use crate::value::{Id, Merchant, Millis};
use crate::view::Tools;
use news::News;
use session::{Session, sql_error};
use tls::Target;
use writer::{Crew, Hand, Policy, Writer};

/// How the engine is set up.
pub(crate) struct Setup {
    pub(crate) url: String,
    pub(crate) group_limit: usize,
    pub(crate) queue_limit: usize,
    pub(crate) writers: usize,
    pub(crate) readers: usize,
    pub(crate) merchant_per_group: bool,
    pub(crate) without_lock: bool,
    pub(crate) time_budget: Duration,
    pub(crate) node: u16,
}

pub(crate) struct Postgres {
    /// One a writer, or one for all of them when groups are single decisions.
    queues: Vec<Arc<Queue<Infallible>>>,
    readers: Readers,
    target: Target,
    runtime: Handle,
    node: u16,
    /// The connection for claims.
    claims: tokio::sync::Mutex<Option<Session>>,
    /// Writers still at work; the runtime ends when it is dropped.
    stop: watch::Sender<bool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Postgres {
    /// Opens the engine, once the database has answered.
    pub(crate) fn open(setup: &Setup, tools: Arc<Tools>, hub: Arc<Hub>) -> Result<Self, SqlError> {
        let mut target = Target::read(&setup.url)?;
        let config = target.config();
        config.application_name("saoma").connect_timeout(Duration::from_secs(5));
        notice_silence(config, &setup.url);
        let (stop, stopped) = watch::channel(false);
        let (working, worked) = mpsc::channel(1);
        let (runtime, thread) = start_runtime(stopped, worked)?;
        let (first, node) = (target.clone(), setup.node);
        let known = wait_for(&runtime, async move {
            let mut session = Session::connect(&first).await?;
            // Before it is migrated it knows nothing.
            Ok::<_, SqlError>(known(&mut session, node).await.ok())
        });
        if let Some(known) = known?? {
            known.tell(&hub, &tools.ids);
        }
        let policy = match (setup.group_limit, setup.merchant_per_group) {
            (..=1, _) => Policy::Single,
            (_, true) => Policy::MerchantPerGroup,
            (_, false) => Policy::Groups,
        };
        let queues: Vec<_> = (0..if policy == Policy::Single { 1 } else { setup.writers.max(1) })
            .map(|_| Arc::new(Queue::new(setup.queue_limit)))
            .collect();
        let (news, outbox) = mpsc::unbounded_channel();
        let instance = instance(&*tools.random);
        let crew = Arc::new(Crew {
            target: target.clone(),
            tools,
            hub: hub.clone(),
            node: setup.node,
            policy,
            without_lock: setup.without_lock,
            group_limit: setup.group_limit.max(1),
            ids_upto: AtomicI64::new(i64::MIN),
            news,
        });
        for at in 0..setup.writers.max(1) {
            let queue = queues[at % queues.len()].clone();
            runtime.spawn(watch_over(crew.clone(), queue, setup.time_budget, working.clone()));
        }
        drop((crew, working));
        runtime.spawn(News { target: target.clone(), hub, instance, outbox }.run());
        let readers = Readers::start(setup.readers, || {
            let mut reader = read::Reader::new(target.clone())?;
            Ok(Box::new(move |look| reader.look(look)))
        })?;
        Ok(Postgres {
            queues,
            readers,
            target,
            runtime,
            node: setup.node,
            claims: tokio::sync::Mutex::new(None),
            stop,
            threads: Mutex::new(vec![thread]),
        })
    }

    /// A merchant's decisions go to one writer, so that writers of one process do not wait for each other.
    pub(crate) fn submit(&self, ticket: Ticket) {
        let spread = (ticket.merchant.0.0.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as usize;
        self.queues[spread % self.queues.len()].push(ticket);
    }

    pub(crate) fn waiting(&self) -> usize {
        self.queues.iter().map(|queue| queue.len()).sum()
    }

    pub(crate) fn look(&self, look: Look) -> Result<(), SqlError> {
        self.readers.look(look)
    }

    /// Runs one statement as a transaction of its own, on the connection for claims.
    pub(crate) async fn claim(&self, params: ClaimParams) -> Result<Vec<Vec<Value>>, SqlError> {
        let mut claims = self.claims.lock().await;
        let session = self.aside(&mut claims).await?;
        let statement = session.prepare(&Dialect::Postgres.claim()).await?;
        let ClaimParams { now, kinds, limit, lease_until, node } = params;
        let rows = session.client.query(&statement, &[&lease_until, &node, &now, &kinds, &limit]).await;
        rows.map_err(sql_error)?.iter().map(arrays::values).collect()
    }

    /// Runs one statement on the same connection.
    pub(crate) async fn execute(&self, text: &str, params: &[i64]) -> Result<(), SqlError> {
        let mut claims = self.claims.lock().await;
        let session = self.aside(&mut claims).await?;
        let statement = session.prepare(text).await?;
        let params: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
            params.iter().map(|param| param as &(dyn tokio_postgres::types::ToSql + Sync)).collect();
        session.client.execute(&statement, &params).await.map(drop).map_err(sql_error)
    }

    /// The connection beside the writers, made anew when it was lost.
    async fn aside<'s>(&self, held: &'s mut Option<Session>) -> Result<&'s mut Session, SqlError> {
        if held.as_ref().is_none_or(|session| session.client.is_closed()) {
            *held = Some(self.connect().await?);
        }
        held.as_mut().ok_or_else(|| SqlError::Gone("no connection".into()))
    }

    async fn connect(&self) -> Result<Session, SqlError> {
        let target = self.target.clone();
        let connecting = self.runtime.spawn(async move { Session::connect_writer(&target).await });
        Ok(connecting.await.map_err(|_| SqlError::Gone("the store is closed".into()))??)
    }

    /// Takes the steps that are still to be taken; what the database knows then.
    pub(crate) async fn migrate(&self, all: Vec<Migration>) -> Result<Known, MigrateError> {
        let (target, node) = (self.target.clone(), self.node);
        let work = self.runtime.spawn(async move {
            let mut session = Session::connect(&target).await.map_err(SqlError::from)?;
            steps::migrate(&mut session, &target, &all).await?;
            Ok(known(&mut session, node).await?)
        });
        work.await.map_err(|_| SqlError::Gone("the migration did not end".into()))?
    }

    fn shut(&self) {
        self.queues.iter().for_each(|queue| queue.close());
        self.readers.shut();
        self.stop.send_replace(true);
    }

    /// Does what waits, and stops.
    pub(crate) async fn close(&self) {
        self.shut();
        self.claims.lock().await.take();
        let mut threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        threads.extend(self.readers.threads());
        join(threads).await;
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.shut();
    }
}

/// A server that vanishes without a word (a power cut, a cut cable) is noticed within half a minute instead of hours; what the url says comes first.
fn notice_silence(config: &mut tokio_postgres::Config, url: &str) {
    if !url.contains("keepalives") {
        config.keepalives_idle(Duration::from_secs(10));
        config.keepalives_interval(Duration::from_secs(5)).keepalives_retries(3);
    }
    if !url.contains("tcp_user_timeout") {
        config.tcp_user_timeout(Duration::from_secs(20));
    }
}

/// What the database knows already.
async fn known(session: &mut Session, node: u16) -> Result<Known, SqlError> {
    let promised = read::query(session, PROMISED_IDS, &[Value::Int(i64::from(node))]).await?;
    let heads = read::query(session, HEADS, &[]).await?;
    Ok(Known {
        heads: heads.iter().map(|row| (Merchant(Id(row.get(0))), row.get(1))).collect(),
        ids_upto: promised.first().map(|row| Millis(row.get(0))),
    })
}

/// What a claim is made with.
pub(crate) struct ClaimParams {
    pub(crate) now: i64,
    pub(crate) kinds: Vec<String>,
    pub(crate) limit: i64,
    pub(crate) lease_until: i64,
    pub(crate) node: i64,
}

/// This process in messages to others.
fn instance(random: &dyn Random) -> String {
    let mut bytes = [0u8; 8];
    random.fill(&mut bytes);
    format!("{:016x}-{}", u64::from_le_bytes(bytes), std::process::id())
}

/// Starts the engine's runtime on a thread of its own (a runtime may not be dropped inside another). After `stopped` it
/// goes on until every sender of `working` is gone.
fn start_runtime(
    mut stopped: watch::Receiver<bool>,
    mut working: mpsc::Receiver<Infallible>,
) -> Result<(Handle, JoinHandle<()>), SqlError> {
    let failed = |error: std::io::Error| SqlError::Gone(error.to_string());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("store-pg")
        .enable_all()
        .build()
        .map_err(failed)?;
    let handle = runtime.handle().clone();
    let run = move || {
        runtime.block_on(async {
            // An error means that the store was dropped: the same.
            let _ = stopped.wait_for(|stop| *stop).await;
            // The writers end when their queues are empty; everything else may end at once.
            let None = working.recv().await;
        });
        runtime.shutdown_timeout(Duration::from_millis(200));
    };
    let thread = std::thread::Builder::new().name("store-pg".into()).spawn(run).map_err(failed)?;
    Ok((handle, thread))
}

/// Runs something on the runtime and blocks until it ends.
fn wait_for<T: Send + 'static>(
    runtime: &Handle,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, SqlError> {
    let (sender, answer) = std::sync::mpsc::channel();
    runtime.spawn(async move {
        // The caller waits below.
        let _ = sender.send(work.await);
    });
    answer.recv().map_err(|_| SqlError::Gone("the engine did not start".into()))
}

/// A runtime for one thread and its connection. What the connection hears is handled by the thread that waits for it, so that an answer
/// wakes one thread instead of two.
fn own_runtime() -> Result<Runtime, SqlError> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| SqlError::Gone(error.to_string()))
}

/// Starts a writer on a thread of its own: a function that does not come back then stops neither the engine's other connections nor the
/// other writers. The receiver fails if it panics.
fn start_writer(writer: Writer) -> oneshot::Receiver<()> {
    let (sender, ended) = oneshot::channel();
    let run = move || match own_runtime() {
        Ok(runtime) => {
            runtime.block_on(writer.run());
            // Whoever watched over it may have given it up.
            let _ = sender.send(());
        }
        Err(error) => tracing::error!(%error, "a writer could not be started"),
    };
    if let Err(error) = std::thread::Builder::new().name("store-write".into()).spawn(run) {
        tracing::error!(%error, "a writer could not be started");
    }
    ended
}

/// Runs a writer; when a function does not come back, gives the writer up and runs another.
async fn watch_over(
    crew: Arc<Crew>,
    queue: Arc<Queue<Infallible>>,
    budget: Duration,
    _working: mpsc::Sender<Infallible>,
) {
    let step = (budget / 4).clamp(Duration::from_millis(5), Duration::from_millis(250));
    loop {
        let hand = Hand::new();
        let mut ended = start_writer(Writer::new(crew.clone(), queue.clone(), hand.clone()));
        let overdue = loop {
            tokio::select! {
                ended = &mut ended => {
                    if ended.is_ok() {
                        return;
                    }
                    tracing::error!("a writer panicked; another one takes its place");
                    tokio::time::sleep(step).await;
                    break None;
                }
                () = tokio::time::sleep(step) => {
                    if let Some(at) = hand.watch.give_up_after(budget) {
                        tracing::error!(?budget, "a decision does not come back; its writer is given up");
                        break Some(at);
                    }
                }
            }
        };
        give_up(&crew, &hand, overdue, &queue);
    }
}

/// Ends the writer's connection from outside, so that the database lets go of its locks, and saves the decisions that it held. Its own
/// thread cannot: it is in the function that does not come back.
fn give_up(crew: &Crew, hand: &Hand, overdue: Option<usize>, queue: &Queue<Infallible>) {
    if let Some(backend) = hand.backend.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let target = crew.target.clone();
        tokio::spawn(async move {
            if let Err(trouble) = Session::end(&target, backend).await {
                // The server does it by itself when the transaction has been idle for long.
                tracing::warn!(?trouble, "the connection of a writer that was given up could not be ended");
            }
        });
    }
    let tickets = std::mem::take(&mut *hand.tickets.lock().unwrap_or_else(PoisonError::into_inner));
    let Some(overdue) = overdue else {
        let why = "the writer ended".to_owned();
        return tickets.iter().for_each(|ticket| ticket.end(End::Unknown(why.clone())));
    };
    let (slow, rest): (Vec<_>, Vec<_>) =
        tickets.into_iter().enumerate().partition(|(place, _)| *place == overdue);
    slow.iter().for_each(|(_, ticket)| ticket.end(End::TooSlow));
    queue.put_back(rest.into_iter().map(|(_, ticket)| ticket).collect());
}
