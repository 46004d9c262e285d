//! The desk's background work: the jobs of attempts, refunds and expiry, and the sweeps that need no job of their own.

use std::time::Duration;

use store::{Event, Handlers, Id, IdMaker, Job, JobError, Merchant, Millis, Workers};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::boxed;
use crate::desk::Desk;
use crate::problem::Refusal;
use crate::rows::{Done, Order, SealHead, SweepHead};

/// Drives an attempt.
pub(crate) const ATTEMPT: &str = "attempt";
/// Drives a refund.
pub(crate) const REFUND: &str = "refund";
/// Ends an order with a life of its own.
pub(crate) const EXPIRE: &str = "expire";
pub(crate) use crate::reconcile::BILL;

/// How often old idempotency keys are removed.
const FORGET_EVERY: Duration = Duration::from_secs(600);
/// How often days whose bill should be there are looked for.
const BILLS_EVERY: Duration = Duration::from_secs(300);
/// How often sessions and enrolment codes whose time is over are removed.
const TOKENS_EVERY: Duration = Duration::from_secs(24 * 3600);
/// How many rows a sweep takes at a time.
pub(crate) const SWEPT: i64 = 500;

/// The work under way. Stop it before the database is closed.
pub struct Working {
    workers: Workers,
    stop: watch::Sender<bool>,
    sweeps: JoinHandle<()>,
}

impl Working {
    /// Lets what runs end and starts nothing more.
    #[boxed]
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.workers.stop().await;
        let _ = self.sweeps.await;
    }
}

impl From<Refusal> for JobError {
    fn from(refusal: Refusal) -> Self {
        JobError::retry(refusal.to_string())
    }
}

impl Desk {
    /// Starts the background work on the current runtime. What a stopped process left is taken up (rule 11).
    pub fn work(&self) -> Working {
        let (stop, stopped) = watch::channel(false);
        let mut handlers = Handlers::new()
            .on(
                ATTEMPT,
                self.handler(|desk, merchant, job| async move { Ok(desk.drive(merchant, &job).await?) }),
            )
            .on(
                REFUND,
                self.handler(|desk, merchant, job| async move {
                    Ok(desk.drive_refund(merchant, job.subject).await?)
                }),
            )
            .on(
                EXPIRE,
                self.handler(|desk, merchant, job| async move { Ok(desk.run_expiry(merchant, &job).await?) }),
            )
            .on(
                BILL,
                self.handler(|desk, merchant, job| async move { Ok(desk.drive_bill(merchant, &job).await?) }),
            );
        handlers.poll = self.settings.job_poll;
        handlers.longest_wait = Duration::from_secs(60);
        handlers.tries = u32::MAX; // money is asked about until the answer is final; an operator sees what takes long
        let workers = Workers::run(self.db.clone(), handlers, self.settings.job_concurrency);
        let desk = self.clone();
        Working { workers, stop, sweeps: tokio::spawn(async move { desk.sweep(stopped).await }) }
    }

    fn handler<F, Fut>(&self, run: F) -> impl Fn(Merchant, Job) -> Fut + Send + Sync + 'static
    where
        F: Fn(Desk, Merchant, Job) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send,
    {
        let desk = self.clone();
        move |merchant, job| run(desk.clone(), merchant, job)
    }

    async fn run_expiry(&self, merchant: Merchant, job: &Job) -> Result<(), Refusal> {
        let again = self.expire(merchant, job.subject).await?;
        let id = job.id;
        self.decide(merchant, move |view| {
            match again {
                Some(at) => view.job_later(id, at, None),
                None => view.job_done(id),
            }
            Ok(())
        })
        .await
    }

    /// What the sweeps of a server would have done day by day, once: orders whose time is over are ended, events are sealed.
    pub async fn catch_up(&self) -> Result<(), Refusal> {
        self.sweep_expired().await?;
        self.sweep_seals().await
    }

    /// Runs the sweeps until told to stop. A sweep that fails is logged and comes again.
    async fn sweep(&self, mut stopped: watch::Receiver<bool>) {
        let (expire, seal) = (self.settings.expire_every, self.settings.seal_every);
        let look = expire.min(seal).min(FORGET_EVERY) / 2;
        let all = [expire, seal, FORGET_EVERY, FORGET_EVERY, BILLS_EVERY, TOKENS_EVERY];
        let now = self.now();
        let mut due = all.map(|every| (every, now));
        loop {
            let now = self.now();
            for (at, (every, next)) in due.iter_mut().enumerate() {
                if *next > now {
                    continue;
                }
                *next = now.plus(*every);
                let sweep = async {
                    match at {
                        0 => self.sweep_expired().await,
                        1 => self.sweep_seals().await,
                        2 => self.sweep_keys().await,
                        3 => self.sweep_events().await,
                        4 => self.sweep_bills().await,
                        _ => self.sweep_tokens().await,
                    }
                };
                // A sweep that is left goes on at the next start: it moves in decisions, and each is whole.
                let done = tokio::select! {
                    biased;
                    _ = stopped.changed() => return,
                    done = sweep => done,
                };
                if let Err(refusal) = done {
                    tracing::warn!(sweep = at, %refusal, "a sweep failed and will be repeated");
                }
            }
            tokio::select! {
                biased;
                _ = stopped.changed() => return,
                () = tokio::time::sleep(look) => {}
            }
        }
    }

    /// Ends orders of the usual life whose time is over. Ids are ordered by time, so each order is looked at once: when the
    /// cursor, which is kept, passes it.
    async fn sweep_expired(&self) -> Result<(), Refusal> {
        let upto = IdMaker::first_at(self.now().minus(self.settings.order_life));
        let mut from = self
            .decide(Merchant::DIRECTORY, |view| Ok(view.get::<SweepHead>("expire".to_owned())?))
            .await?
            .map_or(Id(0), |head| head.upto);
        loop {
            let found = self
                .read(move |sql| {
                    sql.rows::<Order>(
                        "where id > $1 and id <= $2 and state = 'open' order by id limit $3",
                        &[&from, &upto, &SWEPT],
                    )
                })
                .await?;
            for (merchant, order) in &found {
                let (merchant, id) = (*merchant, order.id);
                if let Some(at) = self.expire(merchant, id).await? {
                    self.expire_later(merchant, id, at).await?; // it was made under a longer life than the present one
                }
            }
            let full = found.len() as i64 == SWEPT;
            from = found.last().map_or(upto, |(_, order)| if full { order.id } else { upto });
            let head = SweepHead { name: "expire".to_owned(), upto: from };
            self.decide(Merchant::DIRECTORY, move |view| {
                view.put(head.clone());
                Ok(())
            })
            .await?;
            if !full {
                return Ok(());
            }
        }
    }

    async fn expire_later(&self, merchant: Merchant, order: Id, at: Millis) -> Result<(), Refusal> {
        self.decide(merchant, move |view| {
            let payload = serde_json::Value::Null;
            view.job(store::NewJob {
                kind: EXPIRE,
                subject: order,
                run_at: at,
                priority: 0,
                payload,
                held_for: None,
            });
            Ok(())
        })
        .await
    }

    /// Seals every merchant's new events.
    async fn sweep_seals(&self) -> Result<(), Refusal> {
        let heads = self.read(|sql| sql.rows::<SealHead>("order by merchant", &[])).await?;
        let sealed: std::collections::HashMap<Merchant, i64> =
            heads.into_iter().map(|(m, h)| (m, h.upto)).collect();
        let mut all: Vec<Merchant> = self.merchants().await?.into_iter().map(|m| Merchant(m.id)).collect();
        all.push(Merchant::DIRECTORY);
        for merchant in all {
            let after = sealed.get(&merchant).copied().unwrap_or(0);
            let news = self
                .read(move |sql| {
                    sql.rows::<Event>(
                        "where merchant = $1 and seq > $2 order by seq limit 1",
                        &[&merchant.0, &after],
                    )
                })
                .await?;
            if !news.is_empty() {
                while self.seal(merchant).await? > 0 {}
            }
        }
        Ok(())
    }

    /// Forgets idempotency keys older than their life.
    pub(crate) async fn sweep_keys(&self) -> Result<(), Refusal> {
        let before = self.now().minus(self.settings.idempotency_life);
        loop {
            let old = self
                .read(move |sql| {
                    sql.rows::<Done>("where created_at < $1 order by created_at limit $2", &[&before, &SWEPT])
                })
                .await?;
            if old.is_empty() {
                return Ok(());
            }
            let mut by_merchant: std::collections::BTreeMap<Merchant, Vec<String>> =
                std::collections::BTreeMap::new();
            for (merchant, row) in old {
                by_merchant.entry(merchant).or_default().push(row.name);
            }
            for (merchant, names) in by_merchant {
                self.decide(merchant, move |view| {
                    for name in &names {
                        view.remove::<Done>(name.clone());
                    }
                    Ok(())
                })
                .await?;
            }
        }
    }
}
