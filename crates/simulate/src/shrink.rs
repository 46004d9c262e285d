//! Makes a failing history short: leaves items of the plan out for as long as the same rule still breaks.

use std::time::{Duration, Instant};

use crate::day::{Outcome, run};
use crate::plan::Ask;

/// A shorter history that breaks the same rule.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// What to ask for to see it again.
    pub ask: Ask,
    /// What came of it.
    pub outcome: Outcome,
    /// How many days were tried.
    pub tried: u32,
}

/// Leaves out halves, quarters and so on, at most `tries` days and `time` of real time.
pub fn shrink(ask: &Ask, outcome: &Outcome, tries: u32, time: Duration) -> Shrunk {
    let began = Instant::now();
    let mut best = Shrunk { ask: ask.clone(), outcome: outcome.clone(), tried: 0 };
    let Some(rule) = outcome.finding.as_ref().map(|f| f.rule) else { return best };
    let mut chunk = best.outcome.items.len().div_ceil(2);
    while chunk > 0 {
        let mut at = 0;
        let mut progress = false;
        while at < best.outcome.items.len() {
            if best.tried >= tries || began.elapsed() > time {
                return best;
            }
            let mut items = best.outcome.items.clone();
            items.drain(at..(at + chunk).min(items.len()));
            let shorter = Ask { only: Some(items), ..ask.clone() };
            let outcome = run(&shorter);
            best.tried += 1;
            if outcome.finding.as_ref().is_some_and(|f| f.rule == rule) {
                (best.ask, best.outcome, progress) = (shorter, outcome, true);
            } else {
                at += chunk;
            }
        }
        if chunk == 1 && !progress {
            break;
        }
        chunk = if chunk == 1 { 1 } else { chunk.div_ceil(2) };
    }
    best
}
