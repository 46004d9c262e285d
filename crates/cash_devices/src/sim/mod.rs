//! Simulated devices at protocol level: they answer ccTalk bytes on a pseudo-terminal, take notes and coins from a person, and fail on demand.
//!
//! Nothing happens by itself and nothing waits: a hopper gives one piece each time it is asked how far it is. So tests depend on no timing.

mod coins;
mod hopper;
mod notes;
mod printer;
mod rig;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

pub use coins::SimCoins;
pub use hopper::SimHopper;
pub use notes::SimNotes;
pub use printer::{PrinterSimulator, SimPrinter};
pub use rig::{Insert, LineFaults, Rig};

use crate::line::Line;
use crate::serial::Pty;

/// How often the thread looks whether it should end.
const LOOK: Duration = Duration::from_millis(200);

/// A rig that sits on a pseudo-terminal until this is dropped.
pub struct Simulator {
    rig: Arc<Mutex<Rig>>,
    path: PathBuf,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Puts a rig on a fresh pseudo-terminal.
    pub fn start(rig: Rig) -> io::Result<Simulator> {
        let pty = Pty::open()?;
        let path = pty.path().to_owned();
        let rig = Arc::new(Mutex::new(rig));
        let over = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name("cash-sim".to_owned()).spawn({
            let (rig, over) = (rig.clone(), over.clone());
            move || serve(pty, &rig, &over)
        })?;
        Ok(Simulator { rig, path, over, thread: Some(thread) })
    }

    /// The serial port a driver opens.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The devices, to put money in or break something.
    pub fn rig(&self) -> MutexGuard<'_, Rig> {
        self.rig.lock().expect("no panic holds this lock")
    }

    /// The devices, for somebody who outlives this borrow.
    pub fn shared(&self) -> Arc<Mutex<Rig>> {
        self.rig.clone()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut pty: Pty, rig: &Mutex<Rig>, over: &AtomicBool) {
    let mut buffer = [0; 64];
    while !over.load(Ordering::Relaxed) {
        let Ok(read) = pty.receive(&mut buffer, LOOK) else { return };
        if read == 0 {
            continue;
        }
        let answers = rig.lock().expect("no panic holds this lock").hear(&buffer[..read]);
        if pty.send(&answers).is_err() {
            return;
        }
    }
}
