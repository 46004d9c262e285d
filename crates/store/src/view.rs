//! What a decision sees: typed rows of its merchant, ids, time and randomness that stay the same at every run.

use std::fmt::Debug;
use std::sync::{Arc, PoisonError};

use crate::cache::Found;
use crate::decision::{Memo, Missing, NotFound, Stop, Ticket};
use crate::jobs::{Job, JobRow, NewJob};
use crate::ports::{IdMaker, Random};
use crate::rows::{Index, Log, Row};
use crate::tables::Tables;
use crate::value::{Id, Json, Merchant, Millis};
use crate::witness::Witness;

/// More calls than this and a run counts as endless.
const CALL_LIMIT: u32 = 1_000_000;

/// Ids are promised to the database this far ahead: as far as they may jump at a restart.
pub(crate) const PROMISE: std::time::Duration = std::time::Duration::from_secs(2);

/// What every view of a store shares.
pub(crate) struct Tools {
    pub(crate) ids: Arc<IdMaker>,
    /// This process among those on the database.
    pub(crate) node: u16,
    pub(crate) random: Arc<dyn Random>,
    /// Answer Missing to everything once, and run everything twice.
    pub(crate) force_reruns: bool,
    /// Told of every group.
    pub(crate) witness: Option<Arc<dyn Witness>>,
}

/// An event that has no number yet.
#[derive(Clone, Debug)]
pub(crate) struct Emitted {
    pub(crate) merchant: Merchant,
    pub(crate) at: Millis,
    pub(crate) kind: &'static str,
    pub(crate) subject: Id,
    pub(crate) data: serde_json::Value,
}

/// Why a decision cannot go on, other than waiting for a row.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    TooSlow,
    Broken(String),
}

/// The rows of one merchant as a decision sees and changes them.
///
/// A function over it has no other effect. It may be run several times and must do the same each time: so ids, time
/// and random bytes come from here. A [`Missing`] ends the run; the view remembers it, so it cannot be swallowed.
pub struct View {
    pub(crate) tables: Tables,
    pub(crate) events: Vec<Emitted>,
    events_kept: usize,
    tools: Arc<Tools>,
    merchant: Merchant,
    now: Millis,
    memo: Memo,
    next_id: usize,
    next_byte: usize,
    missing: bool,
    trouble: Option<Trouble>,
    calls: u32,
}

impl View {
    pub(crate) fn new(tools: Arc<Tools>) -> Self {
        View {
            tables: Tables::default(),
            events: Vec::new(),
            events_kept: 0,
            tools,
            merchant: Merchant::DIRECTORY,
            now: Millis(0),
            memo: Memo::default(),
            next_id: 0,
            next_byte: 0,
            missing: false,
            trouble: None,
            calls: 0,
        }
    }

    /// Turns to a decision.
    pub(crate) fn begin(&mut self, ticket: &Ticket) {
        self.merchant = ticket.merchant;
        self.now = ticket.now;
        self.memo = std::mem::take(&mut ticket.memo.lock().unwrap_or_else(PoisonError::into_inner));
        (self.next_id, self.next_byte, self.calls) = (0, 0, 0);
        (self.missing, self.trouble) = (false, None);
    }

    /// Leaves the decision; whether something was missing, and what else is wrong.
    pub(crate) fn leave(&mut self, ticket: &Ticket) -> (bool, Option<Trouble>) {
        *ticket.memo.lock().unwrap_or_else(PoisonError::into_inner) = std::mem::take(&mut self.memo);
        (self.missing, self.trouble.take())
    }

    pub(crate) fn keep(&mut self) {
        self.tables.keep();
        self.events_kept = self.events.len();
    }

    pub(crate) fn undo(&mut self) {
        self.tables.undo();
        self.events.truncate(self.events_kept);
    }

    /// Describes what the running decision changed.
    pub(crate) fn describe(&self) -> String {
        format!("{}{:?}", self.tables.describe(), &self.events[self.events_kept..])
    }

    /// The merchant whose rows these are.
    pub fn merchant(&self) -> Merchant {
        self.merchant
    }

    /// The moment the decision was submitted.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// A new id; the same at every run.
    pub fn id(&mut self) -> Id {
        self.count();
        if self.next_id == self.memo.ids.len() {
            self.memo.ids.push(self.tools.ids.next());
        }
        self.next_id += 1;
        self.memo.ids[self.next_id - 1]
    }

    /// `count` random bytes; the same at every run.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        self.count();
        let (from, to) = (self.next_byte, self.next_byte + count);
        let have = self.memo.bytes.len();
        if have < to {
            self.memo.bytes.resize(to, 0);
            self.tools.random.fill(&mut self.memo.bytes[have..]);
        }
        self.next_byte = to;
        self.memo.bytes[from..to].to_vec()
    }

    /// The row with this key, as the decisions before this one left it.
    pub fn get<R: Row>(&mut self, key: R::Key) -> Result<Option<R>, Missing> {
        let forced = self.forced(|| format!("{} {key:?}", R::TABLE.name));
        let merchant = self.merchant;
        let cache = self.tables.of::<R>();
        match cache.get(merchant, &key) {
            Some(row) if !forced => Ok(row.cloned()),
            _ => {
                cache.want(merchant, key);
                self.missing = true;
                Err(Missing)
            }
        }
    }

    /// The row with this key; its absence refuses the decision.
    #[allow(clippy::needless_pass_by_value, reason = "keys are given by value everywhere")]
    pub fn need<R: Row, E: From<NotFound>>(&mut self, key: R::Key) -> Result<R, Stop<E>> {
        match self.get::<R>(key.clone())? {
            Some(row) => Ok(row),
            None => Err(Stop::Refused(NotFound { table: R::TABLE.name, key: format!("{key:?}") }.into())),
        }
    }

    /// The rows with these keys, in their order. Asks for all of them at once.
    pub fn all<R: Row>(&mut self, keys: impl IntoIterator<Item = R::Key>) -> Result<Vec<Option<R>>, Missing> {
        let rows: Vec<_> = keys.into_iter().map(|key| self.get::<R>(key)).collect();
        rows.into_iter().collect()
    }

    /// The rows an index finds, by key. More of them than the index declares break the decision.
    #[allow(clippy::needless_pass_by_value, reason = "keys are given by value everywhere")]
    pub fn by<I: Index>(&mut self, on: I::On) -> Result<Vec<I::Row>, Missing> {
        let forced = self.forced(|| format!("{} {on:?}", I::SPEC.name));
        let merchant = self.merchant;
        match self.tables.of::<I::Row>().by::<I>(merchant, &on) {
            Found::Rows(rows) if !forced => return Ok(rows),
            Found::Rows(_) | Found::NotLoaded => {}
            Found::TooMany => {
                let (name, limit) = (I::SPEC.name, I::SPEC.limit);
                self.trouble = Some(Trouble::Broken(format!("more than {limit} rows in {name} for {on:?}")));
            }
        }
        self.missing = true;
        Err(Missing)
    }

    /// Says that a row will be needed, without stopping: what is wanted together is loaded together.
    pub fn want<R: Row>(&mut self, key: R::Key) {
        let merchant = self.merchant;
        self.tables.of::<R>().want(merchant, key);
    }

    /// Writes a row that does not exist yet. Its key is a fresh id or was looked for before.
    ///
    /// # Panics
    /// When the row is known to exist.
    pub fn add<R: Row>(&mut self, row: R) {
        self.count();
        let merchant = self.merchant;
        let key = row.key();
        let cache = self.tables.of::<R>();
        if R::TABLE.hashed && cache.get(merchant, &key).is_none() {
            // The engine would take a second row under one key: somebody has to look.
            cache.want(merchant, key);
            self.missing = true;
            return;
        }
        assert!(cache.add(merchant, row), "add: {key:?} exists in {} already", R::TABLE.name);
    }

    /// Writes a row, new or changed. (If nobody has looked for it yet, the run is repeated once it is loaded.)
    ///
    /// # Panics
    /// When a fixed column of a row that exists has changed.
    pub fn put<R: Row>(&mut self, row: R) {
        let key = row.key();
        let forced = self.forced(|| format!("{} {key:?}", R::TABLE.name));
        let merchant = self.merchant;
        let cache = self.tables.of::<R>();
        match cache.get(merchant, &key) {
            Some(before) if !forced => {
                let fixed = before.is_none_or(|before| before.same_fixed(&row));
                assert!(fixed, "put: a fixed column of {} {key:?} has changed", R::TABLE.name);
                cache.set((merchant, key), Some(row));
            }
            _ => {
                cache.want(merchant, key);
                self.missing = true;
            }
        }
    }

    /// Removes a row, if it exists.
    pub fn remove<R: Row>(&mut self, key: R::Key) {
        if let Ok(Some(_)) = self.get::<R>(key.clone()) {
            let merchant = self.merchant;
            self.tables.of::<R>().set((merchant, key), None);
        }
    }

    /// Changes a row that must exist, and gives it back as it is now.
    pub fn change<R: Row, E: From<NotFound>>(
        &mut self,
        key: R::Key,
        change: impl FnOnce(&mut R),
    ) -> Result<R, Stop<E>> {
        let mut row = self.need::<R, E>(key)?;
        change(&mut row);
        self.put(row.clone());
        Ok(row)
    }

    /// Appends a row to a log.
    pub fn log<L: Log>(&mut self, row: L) {
        self.count();
        let merchant = self.merchant;
        self.tables.of::<L>().log(merchant, row);
    }

    /// Writes an event. It gets the merchant's next number when the group is written. No personal data belongs in it.
    pub fn emit(&mut self, kind: &'static str, subject: Id, data: serde_json::Value) {
        self.count();
        self.events.push(Emitted { merchant: self.merchant, at: self.now, kind, subject, data });
    }

    /// Creates a job and tells its id.
    pub fn job(&mut self, job: NewJob) -> Id {
        let id = self.id();
        let run_at = match job.held_for {
            Some(hold) => job.run_at.max(self.now).plus(hold),
            None => job.run_at,
        };
        self.add(JobRow {
            id,
            kind: job.kind.to_owned(),
            subject: job.subject,
            priority: i64::from(job.priority),
            payload: Json(job.payload),
            created_at: self.now,
            tries: 0,
            run_at,
            error: None,
            parked: None,
            holder: job.held_for.map(|_| i64::from(self.tools.node)),
        });
        id
    }

    /// The job is finished and goes away.
    pub fn job_done(&mut self, id: Id) {
        self.remove::<JobRow>(id);
    }

    /// The job shall be run again at `run_at`; `error` is why, for people.
    pub fn job_later(&mut self, id: Id, run_at: Millis, error: Option<String>) {
        self.change_job(id, |job| {
            (job.run_at, job.error, job.parked, job.holder) = (run_at, error, None, None);
        });
    }

    /// The job is set aside until a person or [`View::job_later`] takes it up again.
    pub fn job_park(&mut self, id: Id, why: impl Into<String>) {
        self.change_job(id, |job| job.parked = Some(why.into()));
    }

    /// The job, unless it is finished.
    pub fn job_get(&mut self, id: Id) -> Result<Option<Job>, Missing> {
        Ok(self.get::<JobRow>(id)?.map(Job::from))
    }

    fn change_job(&mut self, id: Id, change: impl FnOnce(&mut JobRow)) {
        if let Ok(Some(mut job)) = self.get::<JobRow>(id) {
            change(&mut job);
            self.put(job);
        }
    }

    /// Counts a call; a run that makes too many is unwound, whatever it does with its answers.
    fn count(&mut self) {
        self.calls += 1;
        if self.calls > CALL_LIMIT {
            self.trouble = Some(Trouble::TooSlow);
            panic!("the decision does not end");
        }
    }

    /// Counts a read, and decides whether it is answered Missing though it may be loaded.
    fn forced(&mut self, what: impl FnOnce() -> String) -> bool {
        self.count();
        self.tools.force_reruns && self.memo.seen.insert(what())
    }
}
