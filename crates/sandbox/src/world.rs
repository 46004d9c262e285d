//! The sandbox as a whole: its keys, its clock and its state behind one lock that is never held while waiting or signing.
//! Who needs both takes the keys first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::keys::Keys;
use crate::state::State;
use crate::{Error, Options, bank};

/// Shared by the server and the callback loop.
pub(crate) struct World {
    pub(crate) base_url: String,
    clock: Arc<dyn Clock>,
    keys: RwLock<Keys>,
    state: Mutex<State>,
    /// Rung when a callback or a timer may be due.
    pub(crate) wake: Notify,
}

impl World {
    pub(crate) fn open(options: &Options, base_url: String, keys: Keys) -> Result<Self, Error> {
        let path = options.data.join("sandbox.journal");
        let state = State::open(&path, options.seed, options.strict, bank::first_payers())?;
        Ok(World {
            base_url,
            clock: Arc::clone(&options.clock),
            keys: RwLock::new(keys),
            state: Mutex::new(state),
            wake: Notify::new(),
        })
    }

    /// The base clock's now.
    pub(crate) fn base_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// The state at the clock's now, with everything done that was due.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.base_ms = self.clock.now_ms();
        state.now_ms = state.time.at(state.base_ms);
        bank::run_due(&mut state);
        state
    }

    pub(crate) fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keys_mut(&self) -> RwLockWriteGuard<'_, Keys> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }
}
