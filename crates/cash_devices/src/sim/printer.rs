//! A simulated receipt printer at byte level, on a pseudo-terminal or on TCP: it keeps what it printed, and has no paper, an open cover or no power when told so.

use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::line::Line;
use crate::printer::TcpLine;
use crate::serial::Pty;

/// How often the thread looks whether it should end, and whether it may print again.
const LOOK: Duration = Duration::from_millis(50);

/// The printer.
#[derive(Debug)]
pub struct SimPrinter {
    /// It has no paper.
    pub out: bool,
    /// Its paper is nearly used up.
    pub low: bool,
    /// Its cover is open.
    pub cover_open: bool,
    /// False: no power. It hears nothing and forgets what it was sent.
    pub powered: bool,
    /// True: a simple one that cannot answer.
    pub mute: bool,
    /// The paper ends as soon as something is to be printed.
    pub ends_soon: bool,
    /// What came out, the oldest first.
    pub slips: Vec<Vec<u8>>,
    /// Bytes that are not printed yet.
    held: Vec<u8>,
}

impl Default for SimPrinter {
    fn default() -> Self {
        SimPrinter {
            out: false,
            low: false,
            cover_open: false,
            powered: true,
            mute: false,
            ends_soon: false,
            slips: Vec::new(),
            held: Vec::new(),
        }
    }
}

impl SimPrinter {
    /// Whether it prints now.
    const fn works(&self) -> bool {
        self.powered && !self.out && !self.cover_open
    }

    /// Takes bytes, prints what it can, and answers.
    pub fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        if !self.powered {
            self.held.clear();
            return Vec::new();
        }
        self.held.extend_from_slice(bytes);
        let mut answers = self.asked_how_it_is();
        if self.ends_soon && !self.held.is_empty() {
            (self.out, self.ends_soon) = (true, false);
        }
        while self.works() {
            // it prints up to where it is asked to confirm
            let Some(at) = self.held.windows(2).position(|two| two == [0x1d, b'r']) else { break };
            if self.held.len() < at + 3 {
                break;
            }
            let printed: Vec<u8> = self.held.drain(..at + 3).take(at).collect();
            if !printed.is_empty() {
                self.slips.push(printed);
            }
            answers.push(if self.low { 0x03 } else { 0x00 });
        }
        if self.mute { Vec::new() } else { answers }
    }

    /// `DLE EOT` is answered at once, wherever it stands, and is no part of what is printed.
    fn asked_how_it_is(&mut self) -> Vec<u8> {
        let mut answers = Vec::new();
        while let Some(at) =
            self.held.windows(3).position(|three| three[..2] == [0x10, 0x04] && (1..=4).contains(&three[2]))
        {
            let which = self.held.drain(at..at + 3).next_back().unwrap_or(1);
            answers.push(self.status(which));
        }
        answers
    }

    fn status(&self, which: u8) -> u8 {
        let bit = |on: bool, bits: u8| if on { bits } else { 0 };
        0x12 | match which {
            1 => bit(!self.works(), 0x08),
            2 => bit(self.cover_open, 0x04) | bit(self.out, 0x20),
            3 => 0,
            _ => bit(self.low, 0x0c) | bit(self.out, 0x60),
        }
    }
}

/// A printer that runs until this is dropped.
pub struct PrinterSimulator {
    printer: Arc<Mutex<SimPrinter>>,
    place: String,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl PrinterSimulator {
    /// On a fresh pseudo-terminal, as on a serial line.
    pub fn on_pty() -> io::Result<PrinterSimulator> {
        let mut pty = Pty::open()?;
        let place = pty.path().display().to_string();
        PrinterSimulator::start(place, move |printer, over| serve(&mut pty, printer, over))
    }

    /// On a port of this machine, as on a network.
    pub fn on_tcp() -> io::Result<PrinterSimulator> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let place = format!("tcp://{}", listener.local_addr()?);
        PrinterSimulator::start(place, move |printer, over| {
            while !over.load(Ordering::Relaxed) {
                match listener.accept().and_then(|(stream, _)| stream.set_nonblocking(false).map(|()| stream))
                {
                    Ok(stream) => {
                        if let Ok(mut line) = TcpLine::new(stream) {
                            serve(&mut line, printer, over);
                        }
                    }
                    Err(_) => std::thread::sleep(LOOK),
                }
            }
        })
    }

    fn start(
        place: String,
        run: impl FnOnce(&Mutex<SimPrinter>, &AtomicBool) + Send + 'static,
    ) -> io::Result<PrinterSimulator> {
        let (printer, over) = (Arc::<Mutex<SimPrinter>>::default(), Arc::new(AtomicBool::new(false)));
        let thread = std::thread::Builder::new().name("printer-sim".to_owned()).spawn({
            let (printer, over) = (printer.clone(), over.clone());
            move || run(&printer, &over)
        })?;
        Ok(PrinterSimulator { printer, place, over, thread: Some(thread) })
    }

    /// Where a driver finds it.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The printer, to look at its slips or to break something.
    pub fn printer(&self) -> MutexGuard<'_, SimPrinter> {
        self.printer.lock().expect("no panic holds this lock")
    }
}

impl Drop for PrinterSimulator {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Until the line ends or nobody wants it any more.
fn serve(line: &mut dyn Line, printer: &Mutex<SimPrinter>, over: &AtomicBool) {
    let mut buffer = [0; 1024];
    while !over.load(Ordering::Relaxed) {
        let Ok(read) = line.receive(&mut buffer, LOOK) else { return };
        let answers = printer.lock().expect("no panic holds this lock").hear(&buffer[..read]);
        if !answers.is_empty() && line.send(&answers).is_err() {
            return;
        }
    }
}
