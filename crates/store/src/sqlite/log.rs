//! The write-ahead log is put back into the database beside the writer: else the writer would wait for thousands of pages each time the log is full.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};

use super::bind::engine_error;
use super::{Place, setup};
use crate::sql::SqlError;

/// From this length on (pages of 4 KiB: 80 MB) the log is put back. Each page is written once, however often it is in the log.
const LONG: usize = 20_000;
/// So few pages are left to the writer: only when all are in the database can it begin the log anew.
const FEW: usize = 4_000;
/// From this length on the writer puts everything back itself, and the callers wait.
const TOO_LONG: usize = 200_000;
/// A pass that could do nothing, because a reader still needs the log, is not repeated at once.
const PAUSE: Duration = Duration::from_millis(50);

/// How long the log is, and how much of it is in the database.
#[derive(Default)]
pub(crate) struct Log {
    pages: AtomicUsize,
    put: AtomicUsize,
    closed: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Log {
    /// Watches the commits of the writer's connection.
    pub(crate) fn watch(self: &Arc<Self>, connection: &mut Connection) -> Result<(), SqlError> {
        let log = self.clone();
        let hook = move |wal: &mut Wal, pages: c_int| {
            log.grew(usize::try_from(pages).unwrap_or(0), wal);
            Ok(()) // the commit stands, whatever becomes of the log
        };
        connection.wal_hook(Some(hook)).map_err(|error| engine_error(&error))
    }

    fn grew(&self, pages: usize, wal: &mut Wal) {
        if pages < self.pages.swap(pages, Ordering::Relaxed) {
            self.put.store(0, Ordering::Relaxed); // it began anew
        }
        if pages < LONG {
            return;
        }
        let left = self.left();
        if left < FEW || pages >= TOO_LONG {
            // Busy is nothing to speak of: the other thread is at it, or a reader needs the log.
            let _ = wal.checkpoint_v2(CheckpointMode::PASSIVE);
        } else if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// Pages that are not in the database yet.
    fn left(&self) -> usize {
        self.pages.load(Ordering::Relaxed).saturating_sub(self.put.load(Ordering::Relaxed))
    }

    /// Starts the thread that puts the log back.
    pub(crate) fn start(self: &Arc<Self>, place: &Place) -> Result<JoinHandle<()>, SqlError> {
        let connection = setup::connect(place, setup::For::Log)?;
        let log = self.clone();
        let run = move || {
            while !log.is_closed() {
                std::thread::park();
                while log.pages.load(Ordering::Relaxed) >= LONG && log.left() >= FEW && !log.is_closed() {
                    log.put_back(&connection);
                }
            }
        };
        let thread = std::thread::Builder::new().name("store-log".into()).spawn(run);
        let thread = thread.map_err(|error| SqlError::Gone(error.to_string()))?;
        self.thread.get_or_init(|| thread.thread().clone());
        Ok(thread)
    }

    /// One pass. It holds up neither the writer nor a reader.
    fn put_back(&self, connection: &Connection) {
        let before = self.put.load(Ordering::Relaxed);
        let pass = connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::PASSIVE);
        let put = match pass {
            Ok((_, put)) => usize::try_from(put).unwrap_or(0),
            Err(error) => {
                tracing::debug!(%error, "the log is not put back yet");
                before
            }
        };
        self.put.store(put, Ordering::Relaxed);
        if put <= before {
            std::thread::park_timeout(PAUSE);
        }
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Lets the thread end.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.thread.get().into_iter().for_each(Thread::unpark);
    }
}
