//! Threads that read beside the writers, on either engine.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::sql::{Sql, SqlError};

/// What a reader runs.
pub(crate) type Look = Box<dyn FnOnce(&mut Sql<'_>) + Send>;
/// A reader: runs looks on its own connection.
pub(crate) type Reader = Box<dyn FnMut(Look) + Send>;

pub(crate) struct Readers {
    sender: Mutex<Option<Sender<Look>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Readers {
    /// Starts `count` readers, at least one.
    pub(crate) fn start(count: usize, make: impl Fn() -> Result<Reader, SqlError>) -> Result<Self, SqlError> {
        let (sender, receiver) = channel::<Look>();
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::new();
        for _ in 0..count.max(1) {
            let mut reader = make()?;
            let receiver = receiver.clone();
            let run = move || {
                loop {
                    let look = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(look) = look else { return };
                    reader(look);
                }
            };
            let thread = std::thread::Builder::new().name("store-read".into()).spawn(run);
            threads.push(thread.map_err(|error| SqlError::Gone(error.to_string()))?);
        }
        Ok(Readers { sender: Mutex::new(Some(sender)), threads: Mutex::new(threads) })
    }

    pub(crate) fn look(&self, look: Look) -> Result<(), SqlError> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = sender.as_ref().ok_or_else(|| SqlError::Gone("the store is closed".into()))?;
        sender.send(look).map_err(|_| SqlError::Gone("the readers have stopped".into()))
    }

    /// Takes no more looks.
    pub(crate) fn shut(&self) {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// The threads, to be waited for.
    pub(crate) fn threads(&self) -> Vec<JoinHandle<()>> {
        std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Waits for threads without blocking the caller's runtime.
pub(crate) async fn join(threads: Vec<JoinHandle<()>>) {
    if threads.is_empty() {
        return;
    }
    let (sender, ended) = tokio::sync::oneshot::channel::<()>();
    let wait = move || {
        for thread in threads {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
        drop(sender);
    };
    if let Err(error) = std::thread::Builder::new().name("store-close".into()).spawn(wait) {
        tracing::error!(%error, "the store's threads could not be waited for");
    }
    // The sender is dropped when all have ended: that is the answer.
    let _ = ended.await;
}
