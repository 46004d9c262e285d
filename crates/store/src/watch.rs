//! Watches over the functions a writer runs: one that does not come back is given up, and the writer with it.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const IDLE: u64 = u64::MAX;

/// Which decision of its group a writer is running, and since when. The time is the machine's steady one: it
/// decides nothing but how long somebody else is made to wait.
pub(crate) struct Watch {
    start: Instant,
    since_ms: AtomicU64,
    at: AtomicUsize,
    stale: AtomicBool,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Watch {
            start: Instant::now(),
            since_ms: AtomicU64::new(IDLE),
            at: AtomicUsize::new(0),
            stale: AtomicBool::new(false),
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(IDLE - 1)
    }

    /// The function at this place of the group begins.
    pub(crate) fn enter(&self, at: usize) {
        self.at.store(at, Ordering::Relaxed);
        self.since_ms.store(self.now_ms(), Ordering::Release);
    }

    /// It came back.
    pub(crate) fn leave(&self) {
        self.since_ms.store(IDLE, Ordering::Release);
    }

    /// The place of a function that has been running for longer than `budget`.
    pub(crate) fn overdue(&self, budget: Duration) -> Option<usize> {
        let since = self.since_ms.load(Ordering::Acquire);
        let running = Duration::from_millis(self.now_ms().saturating_sub(since));
        (since != IDLE && running > budget).then(|| self.at.load(Ordering::Relaxed))
    }

    /// The writer is given up: whatever it still does must leave no trace.
    pub(crate) fn retire(&self) {
        self.stale.store(true, Ordering::Release);
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Acquire)
    }
}
