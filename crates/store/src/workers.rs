//! Workers: claim due jobs and run their handlers, with back-off, parking and an orderly end.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::db::Db;
use crate::decision::{Fail, NotFound, Stop};
use crate::jobs::Job;
use crate::sql::SqlError;
use crate::value::Merchant;
use crate::view::View;

/// Why a handler could not do its job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct JobError {
    text: String,
    park: bool,
}

impl JobError {
    /// To be tried again later.
    pub fn retry(text: impl Into<String>) -> Self {
        JobError { text: text.into(), park: false }
    }

    /// No use in trying again: a person has to look.
    pub fn park(text: impl Into<String>) -> Self {
        JobError { text: text.into(), park: true }
    }
}

impl<E: Display> From<Fail<E>> for JobError {
    fn from(fail: Fail<E>) -> Self {
        JobError::retry(fail.to_string())
    }
}

impl From<SqlError> for JobError {
    fn from(error: SqlError) -> Self {
        JobError::retry(error.to_string())
    }
}

/// Runs jobs of one kind.
#[async_trait]
pub trait JobHandler: Send + Sync {
    /// Runs the job. It finishes it inside its own decision, with [`View::job_done`] or [`View::job_later`]: so what the
    /// job did and that it is done are one transaction. A job may be run twice (after a crash, or when its lease ended).
    async fn run(&self, merchant: Merchant, job: Job) -> Result<(), JobError>;
}

struct FnHandler<F>(F);

#[async_trait]
impl<F, Fut> JobHandler for FnHandler<F>
where
    F: Fn(Merchant, Job) -> Fut + Send + Sync,
    Fut: Future<Output = Result<(), JobError>> + Send,
{
    async fn run(&self, merchant: Merchant, job: Job) -> Result<(), JobError> {
        (self.0)(merchant, job).await
    }
}

/// The handlers of a process, by kind, and how they are driven.
#[derive(Clone)]
pub struct Handlers {
    by_kind: BTreeMap<String, Arc<dyn JobHandler>>,
    /// How long a claimed job is ours.
    pub lease: Duration,
    /// Look for jobs at least this often (others may have written some).
    pub poll: Duration,
    /// The wait after the first failure; it doubles with each one.
    pub first_wait: Duration,
    /// The longest wait between two tries.
    pub longest_wait: Duration,
    /// After so many tries a job is parked.
    pub tries: u32,
}

impl Default for Handlers {
    fn default() -> Self {
        Handlers::new()
    }
}

impl Handlers {
    /// None yet; a lease of a minute, a look every second, waits from one second to an hour, parked after 20 tries.
    pub fn new() -> Self {
        Handlers {
            by_kind: BTreeMap::new(),
            lease: Duration::from_secs(60),
            poll: Duration::from_secs(1),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(3600),
            tries: 20,
        }
    }

    /// With a function for a kind.
    #[must_use]
    pub fn on<F, Fut>(self, kind: &str, handler: F) -> Self
    where
        F: Fn(Merchant, Job) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        self.with(kind, Arc::new(FnHandler(handler)))
    }

    /// With a handler for a kind.
    #[must_use]
    pub fn with(mut self, kind: &str, handler: Arc<dyn JobHandler>) -> Self {
        self.by_kind.insert(kind.to_owned(), handler);
        self
    }
}

/// Running workers. Dropping them lets running handlers end and starts no more.
pub struct Workers {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Workers {
    /// Starts them on the current runtime: at most `concurrency` handlers at a time.
    pub fn run(db: Db, handlers: Handlers, concurrency: usize) -> Workers {
        let (stop, stopped) = watch::channel(false);
        let crew = Crew { db, handlers: Arc::new(handlers), concurrency: concurrency.max(1) };
        Workers { stop, task: tokio::spawn(crew.work(stopped)) }
    }

    /// Claims nothing more and waits for the handlers that are running.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the workers did not end well");
        }
    }
}

struct Crew {
    db: Db,
    handlers: Arc<Handlers>,
    concurrency: usize,
}

impl Crew {
    async fn work(self, mut stopped: watch::Receiver<bool>) {
        let kinds: Vec<&str> = self.handlers.by_kind.keys().map(String::as_str).collect();
        let mut running = JoinSet::new();
        let mut news = self.db.job_news();
        if let Err(error) = self.db.take_up().await {
            tracing::warn!(%error, "what this process held before is taken up when its claims end");
        }
        while !kinds.is_empty() && !*stopped.borrow() {
            news.borrow_and_update();
            let free = self.concurrency - running.len();
            let claimed = self.claim(&kinds, free, &mut running).await;
            let wait = if claimed == free { self.handlers.poll } else { self.wait(&kinds).await };
            let planned = self.db.now().plus(wait);
            let timer = tokio::time::sleep(wait);
            tokio::pin!(timer);
            loop {
                let full = running.len() == self.concurrency;
                tokio::select! {
                    biased; // in this order, so that a simulated day repeats
                    _ = stopped.changed() => break,
                    // Another claim for every handler that ends would be a transaction each: some are let gather.
                    Some(_) = running.join_next() => {
                        if claimed == free && running.len() <= self.concurrency * 3 / 4 { break; }
                    }
                    Ok(()) = news.changed(), if !full => {
                        if *news.borrow_and_update() < planned { break; }
                    }
                    () = &mut timer => if running.len() < self.concurrency { break } else {
                        timer.as_mut().reset(tokio::time::Instant::now() + self.handlers.poll);
                    },
                }
            }
            if stopped.has_changed().is_err() {
                break;
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Claims and starts up to `free` jobs; how many.
    async fn claim(&self, kinds: &[&str], free: usize, running: &mut JoinSet<()>) -> usize {
        match self.db.claim(kinds, free, self.handlers.lease).await {
            Ok(jobs) => {
                let claimed = jobs.len();
                for (merchant, job) in jobs {
                    running.spawn(run_one(self.db.clone(), self.handlers.clone(), merchant, job));
                }
                claimed
            }
            Err(error) => {
                tracing::warn!(%error, "jobs could not be claimed; the next look will try again");
                0
            }
        }
    }

    /// How long until the next job is due, at most until the next look.
    async fn wait(&self, kinds: &[&str]) -> Duration {
        match self.db.next_job(kinds).await {
            Ok(Some(due)) => due.since(self.db.now()).clamp(Duration::from_millis(1), self.handlers.poll),
            _ => self.handlers.poll,
        }
    }
}

async fn run_one(db: Db, handlers: Arc<Handlers>, merchant: Merchant, job: Job) {
    let Some(handler) = handlers.by_kind.get(&job.kind) else { return };
    let (id, kind, tries) = (job.id, job.kind.clone(), job.tries);
    let error = if tries > handlers.tries {
        JobError::park(job.error.clone().unwrap_or_else(|| "its lease ended again and again".to_owned()))
    } else {
        match AssertUnwindSafe(handler.run(merchant, job)).catch_unwind().await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(_) => JobError::retry("the handler panicked"),
        }
    };
    let park = error.park || tries >= handlers.tries;
    let run_at = db.now().plus(wait_after(&db, &handlers, tries));
    tracing::warn!(%kind, %id, tries, park, error = error.text, "a job failed");
    let put_off = move |view: &mut View| -> Result<(), Stop<NotFound>> {
        if park {
            view.job_park(id, error.text.clone());
        } else {
            view.job_later(id, run_at, Some(error.text.clone()));
        }
        Ok(())
    };
    if let Err(fail) = db.decide(merchant, put_off).await {
        tracing::warn!(%kind, %id, %fail, "a failed job could not be put off; it returns when its lease ends");
    }
}

/// Doubles with each try, within its bounds; a random half of it spreads what failed together.
fn wait_after(db: &Db, handlers: &Handlers, tries: u32) -> Duration {
    let doubled = 1u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX);
    let whole = handlers.first_wait.saturating_mul(doubled).min(handlers.longest_wait);
    let mut random = [0u8; 2];
    db.random().fill(&mut random);
    whole / 2 + whole / 2 * u32::from(u16::from_le_bytes(random)) / u32::from(u16::MAX)
}
