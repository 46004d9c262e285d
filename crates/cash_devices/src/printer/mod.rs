//! A receipt printer that speaks ESC/POS: whether it can print now, asked with `DLE EOT`, and bytes on paper, confirmed with `GS r`.
//!
//! It is reached by a device file (USB, serial) or by TCP (port 9100). One that has never answered cannot: its paper and cover are unknown and it is
//! trusted. One that has answered before and stops is away.

mod status;
mod wire;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

pub use status::Status;
pub(crate) use wire::TcpLine;

use crate::line::Line;

/// How long a printer may take to say how it is.
const ANSWER: Duration = Duration::from_millis(300);
/// How long a receipt may take to come out.
const PRINTED: Duration = Duration::from_secs(6);
/// `GS r 1`: say the paper sensor's state once everything before this is on paper.
const CONFIRM: &[u8] = &[0x1d, b'r', 1];
/// The port that network printers listen on.
const PORT: u16 = 9100;

/// Where a printer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A device file such as `/dev/usb/lp0` or `/dev/ttyUSB1`, and the speed of a serial one in bits per second.
    File(PathBuf, u32),
    /// `host:port`.
    Tcp(String),
}

impl FromStr for Place {
    type Err = String;

    /// Reads `/dev/usb/lp0`, `/dev/ttyS1@19200` or `tcp://10.0.0.7`, with a port where it is not 9100.
    fn from_str(text: &str) -> Result<Place, String> {
        if let Some(host) = text.strip_prefix("tcp://") {
            let host = host.trim_end_matches('/');
            if host.is_empty() {
                return Err(
                    "write a printer on the network as tcp://10.0.0.7 or tcp://10.0.0.7:9100".to_owned()
                );
            }
            let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            return Ok(Place::Tcp(if has_port { host.to_owned() } else { format!("{host}:{PORT}") }));
        }
        match text.rsplit_once('@') {
            Some((path, speed)) => {
                let speed =
                    speed.parse().map_err(|_| format!("{speed:?} is not a speed: write /dev/ttyS1@19200"))?;
                Ok(Place::File(path.into(), speed))
            }
            None => Ok(Place::File(text.into(), 9600)),
        }
    }
}

/// Why a receipt is not on paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotPrinted {
    /// The printer cannot print now.
    Cannot(Status),
    /// It was sent, and the printer has not said that it came out.
    Unconfirmed,
    /// The way to the printer broke.
    Broken(String),
}

impl fmt::Display for NotPrinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotPrinted::Cannot(status) => {
                write!(f, "the printer cannot print: {}", status.faults().join(", "))
            }
            NotPrinted::Unconfirmed => f.write_str("the printer has not said that the receipt came out"),
            NotPrinted::Broken(why) => write!(f, "the printer cannot be reached: {why}"),
        }
    }
}

/// A printer and what is known of it.
pub struct Printer {
    place: Place,
    line: Option<Box<dyn Line>>,
    /// It has said how it is, at least once.
    answers: bool,
    /// It has said that something came out, at least once.
    confirms: bool,
    /// What was sent and is not known to be on paper.
    sent: Option<String>,
    /// It said that everything sent is on paper.
    out: bool,
}

impl Printer {
    /// A printer that is there or will be.
    pub fn new(place: Place) -> Printer {
        Printer { place, line: None, answers: false, confirms: false, sent: None, out: false }
    }

    /// How it is now.
    pub fn status(&mut self) -> Status {
        self.ask().unwrap_or_else(|_| {
            self.line = None;
            Status { away: true, ..Status::default() }
        })
    }

    fn ask(&mut self) -> io::Result<Status> {
        if self.line.is_none() {
            self.line = Some(wire::open(&self.place)?);
        }
        self.hear(Duration::ZERO)?;
        let mut status = Status::default();
        for which in status::ASKED {
            self.line()?.send(&[0x10, 0x04, which])?;
            match self.hear(ANSWER)? {
                Some(byte) => status.take(which, byte),
                None if self.answers => return Err(io::ErrorKind::TimedOut.into()),
                None => return Ok(Status::default()),
            }
            self.answers = true;
        }
        Ok(status)
    }

    fn line(&mut self) -> io::Result<&mut Box<dyn Line>> {
        self.line.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Reads until a byte of a status comes, or nothing more. A confirmation on the way is noted.
    fn hear(&mut self, wait: Duration) -> io::Result<Option<u8>> {
        let mut found = None;
        let mut buffer = [0; 32];
        loop {
            let wait = if found.is_some() { Duration::ZERO } else { wait };
            let read = self.line()?.receive(&mut buffer, wait)?;
            for byte in &buffer[..read] {
                if status::is_status(*byte) {
                    found = Some(*byte);
                } else if status::is_confirmation(*byte) {
                    (self.out, self.confirms) = (true, true);
                }
            }
            if read == 0 || (found.is_some() && wait.is_zero()) {
                return Ok(found);
            }
        }
    }

    /// Prints. The same `job` again continues where it was: what was sent already is not sent twice, unless the printer forgot it.
    pub fn print(&mut self, job: &str, bytes: &[u8]) -> Result<(), NotPrinted> {
        let status = self.status();
        if !status.can_print() {
            return Err(NotPrinted::Cannot(status));
        }
        let broken = |error: io::Error| NotPrinted::Broken(error.to_string());
        let again = self.sent.as_deref() == Some(job);
        if !again {
            self.out = false;
            let line = self.line().map_err(broken)?;
            line.send(bytes).and_then(|()| line.send(CONFIRM)).map_err(broken)?;
            self.sent = Some(job.to_owned());
        }
        if self.answers && !self.out {
            self.await_confirmation().map_err(broken)?;
        }
        let trusted = !self.answers || !self.confirms;
        if self.out || (trusted && self.status().can_print()) {
            self.sent = None;
            return Ok(());
        }
        if again {
            // It can print and still says nothing: it was switched off in between and has forgotten the receipt.
            self.sent = None;
        }
        Err(NotPrinted::Unconfirmed)
    }

    /// Waits until the printer says that everything is on paper, or has had time enough.
    fn await_confirmation(&mut self) -> io::Result<()> {
        const LOOK: Duration = Duration::from_millis(250);
        let mut waited = Duration::ZERO;
        while !self.out && waited < PRINTED {
            self.hear(LOOK)?;
            waited += LOOK;
            if !self.out && !self.ask()?.can_print() {
                break;
            }
        }
        Ok(())
    }
}
