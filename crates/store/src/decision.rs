//! One decision: the function, its answer, and how it can end.

use std::any::Any;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::value::{Id, Merchant, Millis};
use crate::view::View;

/// A row is not loaded yet: the function ends here and is run again once it is. Pass it on with `?`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "pass it on with `?`"]
pub struct Missing;

/// A row that [`View::need`] did not find.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {key} in {table}")]
pub struct NotFound {
    /// The table.
    pub table: &'static str,
    /// The key, for messages.
    pub key: String,
}

/// Marks the errors with which a decision may be refused, so that `?` turns them into [`Stop`].
pub trait Refusal: Send + 'static {}

impl Refusal for NotFound {}

/// Why a function stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop<E> {
    /// Something is not loaded yet.
    Missing,
    /// The decision is refused and leaves nothing behind.
    Refused(E),
}

impl<E> Stop<E> {
    /// The same with another error.
    pub fn map<F>(self, change: impl FnOnce(E) -> F) -> Stop<F> {
        match self {
            Stop::Missing => Stop::Missing,
            Stop::Refused(error) => Stop::Refused(change(error)),
        }
    }
}

impl<E> From<Missing> for Stop<E> {
    fn from(_: Missing) -> Self {
        Stop::Missing
    }
}

impl<E: Refusal> From<E> for Stop<E> {
    fn from(error: E) -> Self {
        Stop::Refused(error)
    }
}

/// How a decision ended other than well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fail<E> {
    /// The function refused. Nothing was written.
    #[error("refused: {0}")]
    Refused(E),
    /// Too many decisions wait already. Nothing was written; ask again in a moment.
    #[error("too many decisions are waiting: ask again in a moment")]
    Busy,
    /// The function panicked. Nothing was written.
    #[error("the decision panicked: {0}")]
    Panicked(String),
    /// The function did not come to an end. Nothing was written.
    #[error("the decision took too long")]
    TooSlow,
    /// The connection was lost while committing: it may be written or not. Ask again with the same key.
    #[error("it is unknown whether the decision was written ({0}): ask again with the same key")]
    Unknown(String),
    /// The database or the program is at fault. Nothing was written.
    #[error("the store failed: {0}")]
    Broken(String),
}

/// How the engine ended a decision.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// Durable; for a refused one, nothing had to be.
    Settled,
    Busy,
    Panicked(String),
    TooSlow,
    Unknown(String),
    Broken(String),
}

/// What one run came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Done,
    Refused,
    Missing,
    Panicked(String),
}

/// What must be the same at every run.
#[derive(Default)]
pub(crate) struct Memo {
    pub(crate) ids: Vec<Id>,
    pub(crate) bytes: Vec<u8>,
    /// What has been answered Missing once already, when re-runs are forced.
    pub(crate) seen: HashSet<String>,
}

/// A decision in the queue and in a group.
pub(crate) struct Ticket {
    pub(crate) merchant: Merchant,
    pub(crate) now: Millis,
    pub(crate) memo: Mutex<Memo>,
    body: Box<dyn Body>,
}

impl Ticket {
    /// A ticket and where its answer will come.
    pub(crate) fn new<T, E, F>(
        merchant: Merchant,
        now: Millis,
        function: F,
    ) -> (Self, oneshot::Receiver<Result<T, Fail<E>>>)
    where
        T: Send + 'static,
        E: Send + 'static,
        F: Fn(&mut View) -> Result<T, Stop<E>> + Send + Sync + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let body = Typed { function, answer: Mutex::new((None, Some(sender))) };
        (Ticket { merchant, now, memo: Mutex::new(Memo::default()), body: Box::new(body) }, receiver)
    }

    pub(crate) fn run(&self, view: &mut View) -> Verdict {
        self.body.run(view)
    }

    /// Answers the caller; only the first answer counts.
    pub(crate) fn end(&self, end: End) {
        self.body.end(end);
    }
}

trait Body: Send + Sync {
    fn run(&self, view: &mut View) -> Verdict;
    fn end(&self, end: End);
}

type Answer<T, E> = (Option<Result<T, E>>, Option<oneshot::Sender<Result<T, Fail<E>>>>);

struct Typed<T, E, F> {
    function: F,
    answer: Mutex<Answer<T, E>>,
}

impl<T, E, F> Body for Typed<T, E, F>
where
    T: Send + 'static,
    E: Send + 'static,
    F: Fn(&mut View) -> Result<T, Stop<E>> + Send + Sync + 'static,
{
    fn run(&self, view: &mut View) -> Verdict {
        let (result, verdict) = match catch_unwind(AssertUnwindSafe(|| (self.function)(view))) {
            Ok(Ok(value)) => (Some(Ok(value)), Verdict::Done),
            Ok(Err(Stop::Refused(error))) => (Some(Err(error)), Verdict::Refused),
            Ok(Err(Stop::Missing)) => (None, Verdict::Missing),
            Err(panic) => (None, Verdict::Panicked(panic_text(&*panic))),
        };
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).0 = result;
        verdict
    }

    fn end(&self, end: End) {
        let (result, sender) = {
            let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
            (answer.0.take(), answer.1.take())
        };
        let Some(sender) = sender else { return };
        let answer = match (end, result) {
            (End::Settled, Some(Ok(value))) => Ok(value),
            (End::Settled, Some(Err(error))) => Err(Fail::Refused(error)),
            (End::Settled, None) => Err(Fail::Broken("a decision settled without an answer".into())),
            (End::Busy, _) => Err(Fail::Busy),
            (End::Panicked(text), _) => Err(Fail::Panicked(text)),
            (End::TooSlow, _) => Err(Fail::TooSlow),
            (End::Unknown(text), _) => Err(Fail::Unknown(text)),
            (End::Broken(text), _) => Err(Fail::Broken(text)),
        };
        // The caller may have gone; the decision stands all the same.
        let _ = sender.send(answer);
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    if let Some(text) = panic.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without a text".to_owned()
    }
}
