//! What the store is given from outside: time and randomness; and ids made of both.

use std::sync::{Arc, Mutex, PoisonError};

use crate::value::{Id, Millis};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Millis;
}

/// Gives random bytes, fit for secrets in production.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// 2024-01-01T00:00:00Z, where the time in an id begins.
const EPOCH_MS: i64 = 1_704_067_200_000;
const NODE_BITS: u32 = 10;
const COUNTER_BITS: u32 = 12;

/// Makes ids: 41 bits of milliseconds since 2024, 10 bits of node, 12 bits of counter. It never repeats one or
/// goes back, whatever its clock does: the milliseconds then run ahead of the clock until that has caught up.
pub struct IdMaker {
    clock: Arc<dyn Clock>,
    node: i64,
    /// Milliseconds and counter of the last id, as one number.
    last: Mutex<i64>,
}

impl IdMaker {
    /// A maker for node 0 to 1023; no two processes on one database may have the same.
    pub fn new(clock: Arc<dyn Clock>, node: u16) -> Self {
        IdMaker { clock, node: i64::from(node) & ((1 << NODE_BITS) - 1), last: Mutex::new(-1) }
    }

    /// A new id, greater than every one before it.
    pub fn next(&self) -> Id {
        let tick = self.clock.now().0.saturating_sub(EPOCH_MS).max(0) << COUNTER_BITS;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = tick.max(*last + 1);
        let (ms, counter) = (*last >> COUNTER_BITS, *last & ((1 << COUNTER_BITS) - 1));
        Id((ms << (NODE_BITS + COUNTER_BITS)) | (self.node << COUNTER_BITS) | counter)
    }

    /// Makes no more ids of this moment or before it.
    pub(crate) fn not_before(&self, floor: Millis) {
        let tick = floor.0.saturating_sub(EPOCH_MS).max(0) << COUNTER_BITS;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = tick.max(*last);
    }

    /// The moment in the last id made.
    pub(crate) fn reached(&self) -> Millis {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        Millis((*last >> COUNTER_BITS) + EPOCH_MS)
    }

    /// The least id that could be made at a moment: what is made from then on is not below it.
    pub fn first_at(moment: Millis) -> Id {
        Id(moment.0.saturating_sub(EPOCH_MS).max(0) << (NODE_BITS + COUNTER_BITS))
    }

    /// The moment an id was made at, to the millisecond.
    pub fn made_at(id: Id) -> Millis {
        Millis((id.0 >> (NODE_BITS + COUNTER_BITS)) + EPOCH_MS)
    }
}
