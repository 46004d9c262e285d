//! Many days on all processors, each thread living through a day of its own at a time.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::day::{Outcome, run};
use crate::plan::Ask;

/// What came of many days.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Days that are over.
    pub seeds: u64,
    /// Lines of their traces.
    pub steps: u64,
    /// Looks of the auditor.
    pub looks: u64,
    /// Orders made.
    pub orders: u64,
    /// Attempts made.
    pub attempts: u64,
    /// The day that ended last.
    pub last: Option<Outcome>,
    /// The day with the least number on which a rule broke.
    pub broken: Option<Outcome>,
}

impl Found {
    fn note(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.steps += outcome.steps;
        self.looks += outcome.looks;
        self.orders += outcome.orders as u64;
        self.attempts += outcome.attempts as u64;
        if outcome.finding.is_some() && self.broken.as_ref().is_none_or(|b| outcome.seed < b.seed) {
            self.broken = Some(outcome.clone());
        }
        self.last = Some(outcome);
    }
}

/// Lives through a day for each seed, on so many threads (as many as there are processors when `None`), until a rule breaks. `told` hears
/// of every day that is over.
pub fn many(ask: &Ask, seeds: Range<u64>, threads: Option<usize>, told: impl Fn(&Found) + Sync) -> Found {
    let next = AtomicU64::new(seeds.start);
    let found = Mutex::new(Found::default());
    let threads = threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from));
    let most = usize::try_from(seeds.end.saturating_sub(seeds.start)).unwrap_or(usize::MAX);
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        let stop = found.lock().unwrap_or_else(PoisonError::into_inner).broken.is_some();
        if stop || seed >= seeds.end {
            return;
        }
        let outcome = run(&Ask { seed, ..ask.clone() });
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        found.note(outcome);
        told(&found);
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.unwrap_or(1).clamp(1, most.max(1)) {
            scope.spawn(work);
        }
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}
