//! Watches over the functions a writer runs: one that does not come back is given up, and the writer with it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// No function is running.
const IDLE: u64 = u64::MAX;
/// The writer was given up.
const STALE: u64 = u64::MAX - 1;

/// Which decision of its group a writer is running, and since when. The time is the machine's steady one: it
/// decides nothing but how long somebody else is made to wait.
///
/// One number holds it all, so that a writer is either given up while its function runs, or not at all: its decisions
/// are never both committed by it and handed to the next one.
pub(crate) struct Watch {
    start: Instant,
    since_ms: AtomicU64,
    at: AtomicUsize,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Watch { start: Instant::now(), since_ms: AtomicU64::new(IDLE), at: AtomicUsize::new(0) }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(STALE - 1)
    }

    /// The function at this place of the group begins.
    pub(crate) fn enter(&self, at: usize) {
        self.at.store(at, Ordering::Release);
        self.replace(IDLE, self.now_ms());
    }

    /// It came back.
    pub(crate) fn leave(&self) {
        let since = self.since_ms.load(Ordering::Acquire);
        self.replace(since, IDLE);
    }

    /// Sets the number, unless the writer has been given up meanwhile.
    fn replace(&self, from: u64, to: u64) {
        if from != STALE {
            // A failure means that it is stale, and stale it stays.
            let _ = self.since_ms.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
        }
    }

    /// Gives the writer up if its function has been running for longer than `budget`: that function's place. Whatever
    /// the writer still does must leave no trace.
    pub(crate) fn give_up_after(&self, budget: Duration) -> Option<usize> {
        let since = self.since_ms.load(Ordering::Acquire);
        if since >= STALE || Duration::from_millis(self.now_ms().saturating_sub(since)) <= budget {
            return None;
        }
        let given_up = self.since_ms.compare_exchange(since, STALE, Ordering::AcqRel, Ordering::Acquire);
        given_up.is_ok().then(|| self.at.load(Ordering::Acquire))
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.since_ms.load(Ordering::Acquire) == STALE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_is_given_up_only_while_its_function_runs() {
        let watch = Watch::new();
        let soon = Duration::from_millis(2);
        let wait = || std::thread::sleep(Duration::from_millis(5));
        assert_eq!(watch.give_up_after(Duration::ZERO), None);
        watch.enter(3);
        watch.leave();
        wait();
        assert_eq!(watch.give_up_after(soon), None);
        watch.enter(4);
        assert_eq!(watch.give_up_after(Duration::from_secs(60)), None);
        wait();
        assert_eq!(watch.give_up_after(soon), Some(4));
        watch.leave();
        watch.enter(5);
        assert!(watch.is_stale());
        assert_eq!(watch.give_up_after(Duration::ZERO), None);
    }
}
