//! A clock that a test moves, and randomness that repeats.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::ports::{Clock, Random};
use crate::value::Millis;

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Standing at this moment.
    pub fn at(moment: Millis) -> Self {
        ManualClock(AtomicI64::new(moment.0))
    }

    /// Where it stands.
    pub fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }

    /// Sets it, also back.
    pub fn set(&self, moment: Millis) {
        self.0.store(moment.0, Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// Standing at 2026-11-22T03:04:05.678Z.
    fn default() -> Self {
        ManualClock::at(Millis(1_795_316_645_678))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        ManualClock::now(self)
    }
}

/// Randomness that is the same for the same seed (SplitMix64). Not for secrets.
#[derive(Debug)]
pub struct SeededRandom(Mutex<u64>);

impl SeededRandom {
    /// From this seed.
    pub fn new(seed: u64) -> Self {
        SeededRandom(Mutex::new(seed))
    }

    /// The next number.
    pub fn number(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        for part in buffer.chunks_mut(8) {
            let bytes = self.number().to_le_bytes();
            part.copy_from_slice(&bytes[..part.len()]);
        }
    }
}
