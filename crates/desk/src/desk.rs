//! The desk itself: what it is made of, how it runs a decision, and the lines it holds open to the channels.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use money::Currency;
use store::{Change, Clock, Db, Fail, Id, IdMaker, Merchant, Millis, Random, Stop, View};
use tokio::sync::broadcast;

use crate::access::Who;
use crate::boxed;
use crate::channel::{Channel, Line};
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Attempt, ChannelAccount, Fulfilment, Order, Refund, SweepHead};
use crate::scene::Scene;
use crate::seal::Sealer;
use crate::settings::Settings;

/// An answer inside a decision.
pub type Ruled<T> = Result<T, Stop<Refusal>>;

/// What a desk is made of; the clock and the network come in from outside.
pub struct Parts {
    /// The database, migrated.
    pub db: Db,
    /// What is sold here.
    pub scenes: Vec<Arc<dyn Scene>>,
    /// Who moves the money.
    pub channels: Vec<Channel>,
    /// Limits and schedules.
    pub settings: Settings,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Secrets and salts.
    pub random: Arc<dyn Random>,
    /// Signs the heads over the events.
    pub sealer: Sealer,
}

/// The desk. Cheap to clone.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

/// What every clone of a desk shares.
pub struct Inner {
    pub(crate) db: Db,
    pub(crate) scenes: BTreeMap<&'static str, Arc<dyn Scene>>,
    pub(crate) channels: BTreeMap<&'static str, Channel>,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) sealer: Sealer,
    pub(crate) known: Mutex<HashMap<Vec<u8>, (Who, Millis)>>,
    pub(crate) currencies: RwLock<HashMap<Merchant, Currency>>,
    lines: Mutex<HashMap<Id, HeldLine>>,
    /// When the database last took the write of [`Desk::ready`], in milliseconds.
    written_at: AtomicI64,
    /// Whether the database was found damaged.
    damaged: AtomicBool,
}

struct HeldLine {
    version: i64,
    loaded_at: Millis,
    line: Arc<dyn Line>,
}

impl std::ops::Deref for Desk {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// How often [`Desk::ready`] tries a write.
const WRITE_EVERY: Duration = Duration::from_secs(5);
/// How long the database may take to say that it is ready.
const READY_WITHIN: Duration = Duration::from_secs(3);
/// How long a line is used before its settings are read again; another node may have changed them.
const LINE_LIFE: Duration = Duration::from_secs(10);

/// An order with everything that belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    /// The order.
    pub order: Order,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
    /// What was handed out, oldest first.
    pub fulfilments: Vec<Fulfilment>,
}

impl Desk {
    /// A desk of these parts.
    pub fn new(parts: Parts) -> Desk {
        Desk(Arc::new(Inner {
            db: parts.db,
            scenes: parts.scenes.into_iter().map(|s| (s.code(), s)).collect(),
            channels: parts.channels.into_iter().map(|c| (c.facts().code, c)).collect(),
            settings: parts.settings,
            clock: parts.clock,
            random: parts.random,
            sealer: parts.sealer,
            known: Mutex::default(),
            currencies: RwLock::default(),
            lines: Mutex::default(),
            written_at: AtomicI64::new(0),
            damaged: AtomicBool::new(false),
        }))
    }

    /// The limits and schedules in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The database, for the reads of scenes and reports.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Now, by the clock that was passed in.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Every committed event, of this process at once and of others soon.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.db.changes()
    }

    /// The codes of the scenes sold here.
    pub fn scene_codes(&self) -> Vec<&'static str> {
        self.scenes.keys().copied().collect()
    }

    /// The codes of the channels that can be set up here.
    pub fn channel_codes(&self) -> Vec<&'static str> {
        self.channels.keys().copied().collect()
    }

    /// What is fixed about a channel. Error: `unknown_channel`.
    pub fn channel(&self, code: &str) -> Result<&Channel, Refusal> {
        self.channels.get(code).ok_or_else(|| {
            let open: Vec<_> = self.channels.keys().copied().collect();
            problems::UNKNOWN_CHANNEL.with(format!("{code:?} is not one of {}", open.join(", ")))
        })
    }

    pub(crate) fn scene(&self, code: &str) -> Result<&Arc<dyn Scene>, Refusal> {
        self.scenes.get(code).ok_or_else(|| {
            let open: Vec<_> = self.scenes.keys().copied().collect();
            problems::UNKNOWN_SCENE.with(format!("{code:?} is not one of {}", open.join(", ")))
        })
    }

    /// Runs a rule as a decision for a merchant; scenes use it for their own writes.
    pub async fn decide<T: Send + 'static>(
        &self,
        merchant: Merchant,
        rule: impl Fn(&mut View) -> Ruled<T> + Send + Sync + 'static,
    ) -> Result<T, Refusal> {
        self.db.decide(merchant, rule).await.map_err(|fail| {
            if let Fail::Broken(why) = &fail {
                self.note_damage(why);
            }
            refusal(fail)
        })
    }

    /// Reads beside the decisions.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut store::Sql<'_>) -> Result<T, store::SqlError> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.db.read(query).await.map_err(|e| {
            tracing::error!(error = %e, "a read failed");
            self.note_damage(&e.to_string());
            problems::BUSY.with("the database did not answer")
        })
    }

    /// A damaged database may answer well where it is whole: it is remembered, and told by [`Desk::ready`].
    fn note_damage(&self, said: &str) {
        if said.contains(store::DAMAGED) {
            self.damaged.store(true, Ordering::Relaxed);
        }
    }

    /// Whether a payment could be taken now: the database answers and takes a write. The write is made every few seconds only. Errors: `not_ready`,
    /// with what is wrong.
    #[boxed]
    pub async fn ready(&self) -> Result<(), Refusal> {
        if self.damaged.load(Ordering::Relaxed) {
            return Err(problems::NOT_READY.with(store::DAMAGED));
        }
        let now = self.now();
        let written = Millis(self.written_at.load(Ordering::Relaxed));
        let write = now.since(written) >= WRITE_EVERY;
        let asking = self.db.decide(Merchant::DIRECTORY, move |view| -> Ruled<()> {
            if write {
                view.put(SweepHead { name: "ready".to_owned(), upto: IdMaker::first_at(now) });
            }
            Ok(())
        });
        match tokio::time::timeout(READY_WITHIN, asking).await {
            Ok(Ok(())) => {
                if write {
                    self.written_at.store(now.0, Ordering::Relaxed);
                }
                Ok(())
            }
            Ok(Err(fail)) => Err(problems::NOT_READY.with(fail.to_string())),
            Err(_) => Err(problems::NOT_READY.with("the database does not answer")),
        }
    }

    /// The line to a channel account, opened once and held; reread every few seconds.
    pub(crate) async fn line(&self, merchant: Merchant, account: Id) -> Result<Arc<dyn Line>, Refusal> {
        let now = self.now();
        if let Some(held) = self.lines.lock().expect("no panic holds this lock").get(&account)
            && now.since(held.loaded_at) < LINE_LIFE
        {
            return Ok(held.line.clone());
        }
        let row = self.decide(merchant, move |view| view.need::<ChannelAccount, Refusal>(account)).await?;
        let mut lines = self.lines.lock().expect("no panic holds this lock");
        if let Some(held) = lines.get_mut(&account)
            && held.version == row.version
        {
            held.loaded_at = now;
            return Ok(held.line.clone());
        }
        let line = self.open_line(&row.channel, &row.settings.0)?;
        lines.insert(account, HeldLine { version: row.version, loaded_at: now, line: line.clone() });
        Ok(line)
    }

    /// Opens a line from settings. Errors: `settings_invalid` naming every setting that is wrong.
    pub(crate) fn open_line(
        &self,
        channel: &str,
        settings: &serde_json::Value,
    ) -> Result<Arc<dyn Line>, Refusal> {
        match self.channel(channel)? {
            Channel::Remote(remote) => remote.open(settings).map_err(|wrong| {
                let all: Vec<String> = wrong.iter().map(ToString::to_string).collect();
                problems::SETTINGS_INVALID.with(all.join("; "))
            }),
            Channel::Value(_) => Err(problems::SETTINGS_INVALID.with(format!("{channel} needs no settings"))),
        }
    }

    /// Where a channel account calls back.
    pub(crate) fn notify_url(&self, channel: &str, account: Id) -> String {
        format!("{}/v1/notify/{channel}/{account}", self.settings.base_url)
    }
}

impl From<store::NotFound> for Refusal {
    fn from(_: store::NotFound) -> Self {
        (&problems::NOT_FOUND).into()
    }
}

/// What a failed decision means to the caller.
fn refusal(fail: Fail<Refusal>) -> Refusal {
    match fail {
        Fail::Refused(refusal) => refusal,
        Fail::Busy => (&problems::BUSY).into(),
        Fail::Unknown(why) => {
            tracing::error!(why, "the outcome of a commit is unknown");
            (&problems::UNKNOWN_OUTCOME).into()
        }
        other => {
            tracing::error!(fail = ?other, "a decision could not be taken");
            problems::BUSY.with("the decision could not be taken; the log says why")
        }
    }
}
