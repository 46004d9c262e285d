//! On whose behalf something is done: the trace a caller began and the order it turned out to be about.
//!
//! The desk makes no spans and reads no header. It carries the words of a W3C `traceparent` from the request that began an attempt to every call to a
//! channel that follows from it, also out of a job, on another node, after a restart: they are kept on the attempt.

use std::future::Future;
use std::sync::{Arc, OnceLock};

use store::Id;

tokio::task_local! {
    static CURRENT: Scope;
}

/// What is known of the work under way. Clones are the same scope.
#[derive(Clone, Debug, Default)]
pub struct Scope(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    trace: Option<Arc<str>>,
    order: OnceLock<Id>,
    found: OnceLock<Arc<str>>,
}

impl Scope {
    /// Work for the caller whose `traceparent` this is, if its trace is to be kept.
    pub fn new(trace: Option<Arc<str>>) -> Scope {
        Scope(Arc::new(Inner { trace, ..Inner::default() }))
    }

    /// Work on an order, in the trace that its attempt was made in.
    pub fn of(order: Id, trace: Option<&str>) -> Scope {
        let scope = Scope::new(trace.map(Arc::from));
        // A fresh scope has no order yet.
        let _ = scope.0.order.set(order);
        scope
    }

    /// The caller's `traceparent`.
    pub fn trace(&self) -> Option<Arc<str>> {
        self.0.trace.clone()
    }

    /// The order that the work is about, once that is known.
    pub fn order(&self) -> Option<Id> {
        self.0.order.get().copied()
    }

    /// The trace of what was found: a channel that calls back belongs to the trace of the attempt it speaks of.
    pub fn found(&self) -> Option<Arc<str>> {
        self.0.found.get().cloned()
    }

    /// Does the work in this scope.
    pub async fn run<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }
}

/// The scope of the work under way, if it has one.
pub fn current() -> Option<Scope> {
    CURRENT.try_with(Clone::clone).ok()
}

/// The `traceparent` to keep with what is being made.
pub(crate) fn kept() -> Option<String> {
    CURRENT.try_with(|scope| scope.0.trace.as_deref().map(str::to_owned)).ok().flatten()
}

/// Notes which order the work under way turned out to be about, and the trace it belongs to.
pub(crate) fn about(order: Id, trace: Option<&str>) {
    // Work without a scope, and a second order, are not noted.
    let _ = CURRENT.try_with(|scope| {
        let _ = scope.0.order.set(order);
        if let Some(trace) = trace {
            let _ = scope.0.found.set(trace.into());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_scope_is_seen_inside_and_filled_from_inside() {
        assert!(current().is_none() && kept().is_none());
        let scope = Scope::new(Some("00-a-b-01".into()));
        let outside = scope.clone();
        let inside = scope.run(async {
            about(Id(7), Some("00-c-d-01"));
            about(Id(8), None);
            (kept(), current().and_then(|s| s.order()))
        });
        assert_eq!(inside.await, (Some("00-a-b-01".to_owned()), Some(Id(7))));
        assert_eq!((outside.order(), outside.found().as_deref()), (Some(Id(7)), Some("00-c-d-01")));
        let of = Scope::of(Id(9), None);
        assert_eq!((of.order(), of.trace()), (Some(Id(9)), None));
    }
}
