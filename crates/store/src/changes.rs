//! Events: what is written, and the news of it to whoever listens in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{broadcast, watch};

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
    /// The last event of each merchant that listeners were told of.
    heads: Mutex<HashMap<Merchant, i64>>,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Hub {
            changes: broadcast::Sender::new(BACKLOG),
            jobs: watch::Sender::new(Millis(i64::MAX)),
            heads: Mutex::new(HashMap::new()),
        }
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

    /// Tells of committed events, in order for each merchant, each one once.
    pub(crate) fn tell(&self, changes: Vec<Change>) {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            let head = heads.entry(change.merchant).or_insert(0);
            if change.seq > *head {
                *head = change.seq;
                // Nobody listens: nobody is told.
                let _ = self.changes.send(change);
            }
        }
    }
}
