//! Jobs: work that is owed after a decision, kept in the same database and written in the same transaction.

use std::time::Duration;

use crate::value::{Id, Json, Millis};

crate::rows! {
    /// A job as decisions see it. Claims, which are made outside decisions, write `run_at`, `holder` and `tries` only.
    pub(crate) struct JobRow in store_jobs {
        key { id: Id }
        fixed {
            kind: String, subject: Id, priority: i64, payload: Json<serde_json::Value>, created_at: Millis, tries: i64
        }
        fields { run_at: Millis, error: Option<String>, parked: Option<String>, holder: Option<i64> }
    }
}

/// A job to be created by [`View::job`](crate::View::job).
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Which handler runs it.
    pub kind: &'static str,
    /// What it is about.
    pub subject: Id,
    /// Not before this moment.
    pub run_at: Millis,
    /// Higher ones are claimed first.
    pub priority: i16,
    /// What the handler needs to know besides the subject.
    pub payload: serde_json::Value,
    /// The creator runs it at once and holds it for so long: only after that, so only if the creator died or gave up,
    /// it may be claimed.
    pub held_for: Option<Duration>,
}

/// A job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: Id,
    /// Which handler runs it.
    pub kind: String,
    /// What it is about.
    pub subject: Id,
    /// Claimable from this moment on; while it is claimed, the end of the lease.
    pub run_at: Millis,
    /// Higher ones are claimed first.
    pub priority: i16,
    /// What the handler needs to know besides the subject.
    pub payload: serde_json::Value,
    /// How often it has been claimed.
    pub tries: u32,
    /// Why it was put off last.
    pub error: Option<String>,
    /// Why it is set aside, if it is.
    pub parked: Option<String>,
    /// When it was created.
    pub created_at: Millis,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Job {
            id: row.id,
            kind: row.kind,
            subject: row.subject,
            run_at: row.run_at,
            priority: i16::try_from(row.priority).unwrap_or(0),
            payload: row.payload.0,
            tries: u32::try_from(row.tries).unwrap_or(u32::MAX),
            error: row.error,
            parked: row.parked,
            created_at: row.created_at,
        }
    }
}
