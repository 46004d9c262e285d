//! Events: what is written, and the news of it to whoever listens in this process.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, broadcast, watch};

use crate::ports::IdMaker;
use crate::value::{Id, Json, Merchant, Millis};

/// How many changes a listener may be behind before it is told that it missed some.
const BACKLOG: usize = 8192;

crate::log_rows! {
    /// A fact, written in the same transaction as its cause. Numbered per merchant from 1, without gaps, in the order
    /// in which the numbers became visible: a cursor `seq > n` never skips one.
    pub struct Event in store_events {
        key {
            /// Its number within the merchant.
            seq: i64
        }
        fixed {
            /// When its decision was submitted.
            at: Millis,
            /// What happened.
            kind: String,
            /// To what.
            subject: Id,
            /// More about it: ids and versions, no personal data.
            data: Json<serde_json::Value>
        }
    }
}

/// The news of one committed event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose it is.
    pub merchant: Merchant,
    /// Its number.
    pub seq: i64,
    /// What happened.
    pub kind: Arc<str>,
    /// To what.
    pub subject: Id,
}

/// Tells this process what was committed.
pub(crate) struct Hub {
    changes: broadcast::Sender<Change>,
    /// When the first job of the last group that wrote any is due.
    jobs: watch::Sender<Millis>,
    told: Mutex<Told>,
    /// Somebody else's events came between ours: whoever can read them should.
    pub(crate) lagging: Notify,
}

/// What a database knew before this process did anything.
pub(crate) struct Known {
    /// All merchants and the numbers of their last events.
    pub(crate) heads: Vec<(Merchant, i64)>,
    /// No id of this node at or after this moment was made.
    pub(crate) ids_upto: Option<Millis>,
}

impl Known {
    /// Tells whoever has to go on from there.
    pub(crate) fn tell(self, hub: &Hub, ids: &IdMaker) {
        hub.start_from(self.heads);
        if let Some(floor) = self.ids_upto {
            ids.not_before(floor);
        }
    }
}

/// What listeners were told of.
#[derive(Default)]
struct Told {
    /// The last event of each merchant.
    heads: HashMap<Merchant, i64>,
    /// Whether `heads` knows every merchant there was at the start.
    whole: bool,
    /// Merchants with events between the last one told and one of ours.
    behind: BTreeSet<Merchant>,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Hub {
            changes: broadcast::Sender::new(BACKLOG),
            jobs: watch::Sender::new(Millis(i64::MAX)),
            told: Mutex::default(),
            lagging: Notify::new(),
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    pub(crate) fn jobs(&self) -> watch::Receiver<Millis> {
        self.jobs.subscribe()
    }

    /// A job is due at this moment: workers look whether that is sooner than they meant to look.
    pub(crate) fn job_due(&self, at: Millis) {
        self.jobs.send_replace(at);
    }

    /// Tells of committed events, in order for each merchant, each one once. Where events of somebody else are missing
    /// between, they are told first: see [`Hub::behind`].
    pub(crate) fn tell(&self, changes: Vec<Change>) {
        let mut told = self.told();
        let whole = told.whole;
        for change in changes {
            let start = if whole { 0 } else { change.seq - 1 };
            let head = told.heads.entry(change.merchant).or_insert(start);
            if change.seq == *head + 1 {
                *head = change.seq;
                // Nobody listens: nobody is told.
                let _ = self.changes.send(change);
            } else if change.seq > *head {
                told.behind.insert(change.merchant);
                self.lagging.notify_one();
            }
        }
    }

    /// All merchants and the numbers of their last events, before anybody could have been told of any.
    pub(crate) fn start_from(&self, heads: Vec<(Merchant, i64)>) {
        let mut told = self.told();
        for (merchant, seq) in heads {
            told.heads.entry(merchant).or_insert(seq);
        }
        told.whole = true;
    }

    pub(crate) fn has_start(&self) -> bool {
        self.told().whole
    }

    /// After which events to read on, given the last ones that are known to exist.
    pub(crate) fn unread(&self, heads: &[(Merchant, i64)]) -> Vec<(Merchant, i64)> {
        let told = self.told();
        let after = |merchant: &Merchant| told.heads.get(merchant).copied().unwrap_or(0);
        heads
            .iter()
            .map(|(merchant, seq)| (*merchant, *seq, after(merchant)))
            .filter(|(_, seq, after)| seq > after)
            .map(|(merchant, _, after)| (merchant, after))
            .collect()
    }

    pub(crate) fn is_behind(&self) -> bool {
        !self.told().behind.is_empty()
    }

    /// Takes the merchants of whom events are missing, and after which events to read on.
    pub(crate) fn behind(&self) -> Vec<(Merchant, i64)> {
        let mut told = self.told();
        let behind = std::mem::take(&mut told.behind);
        behind
            .into_iter()
            .map(|merchant| (merchant, told.heads.get(&merchant).copied().unwrap_or(0)))
            .collect()
    }
}
