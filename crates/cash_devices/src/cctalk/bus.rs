//! The one who asks: sends a frame, waits for the answer, and repeats what may be repeated.

use std::time::Duration;

use super::frame::{Checksum, Frame, MASTER, Parsed};
use super::header;
use crate::line::Line;

/// How long the first byte of an answer may take. Devices answer within milliseconds; a motor may hold one up a little.
const FIRST_BYTE: Duration = Duration::from_millis(250);
/// How long the line may be still within a frame.
const BETWEEN_BYTES: Duration = Duration::from_millis(60);
/// How often a harmless question is asked.
const TRIES: u32 = 3;
/// The most bytes that are read before an answer is given up: noise may never end.
const MOST_BYTES: usize = 1024;

/// Where a device answers, and how it protects its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// 2 coin acceptor, 3 and up hoppers, 40 bill validator by custom.
    pub address: u8,
    /// Its checksum.
    pub checksum: Checksum,
}

impl Device {
    /// One with the plain checksum.
    pub const fn simple(address: u8) -> Device {
        Device { address, checksum: Checksum::Simple }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// Nothing came, or nothing that could be read.
    #[error("no answer")]
    Silent,
    /// The device does not do that.
    #[error("not done")]
    Nak,
    /// The answer is not what belongs to the question.
    #[error("an answer that does not fit: {0}")]
    Odd(String),
    /// The line itself is broken.
    #[error("the line: {0}")]
    Line(#[from] std::io::Error),
}

/// What an answer brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// ACK for a plain answer; devices repeat nothing here.
    pub header: u8,
    /// The data.
    pub data: Vec<u8>,
}

/// The master of one line.
pub struct Bus {
    line: Box<dyn Line>,
}

impl Bus {
    /// The master of this line.
    pub fn new(line: Box<dyn Line>) -> Bus {
        Bus { line }
    }

    /// Asks something harmless to repeat, up to three times.
    pub fn ask(&mut self, device: Device, command: u8, data: &[u8]) -> Result<Vec<u8>, BusError> {
        let mut last = BusError::Silent;
        for _ in 0..TRIES {
            match self.ask_once(device, command, data) {
                Ok(answer) => return Ok(answer),
                Err(error @ (BusError::Silent | BusError::Odd(_))) => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// Asks once. `Silent` says nothing about whether it was heard.
    pub fn ask_once(&mut self, device: Device, command: u8, data: &[u8]) -> Result<Vec<u8>, BusError> {
        self.drain()?;
        let sent = Frame::new(device.address, MASTER, command, data).bytes(device.checksum);
        self.line.send(&sent)?;
        let frame = self.hear(device, &sent)?;
        match frame.header {
            header::ACK => Ok(frame.data),
            header::NAK => Err(BusError::Nak),
            header::BUSY => Err(BusError::Silent),
            other => Err(BusError::Odd(format!("header {other}"))),
        }
    }

    /// Asks and wants at least so many bytes of data.
    pub fn ask_for<const N: usize>(
        &mut self,
        device: Device,
        command: u8,
        data: &[u8],
    ) -> Result<[u8; N], BusError> {
        let answer = self.ask(device, command, data)?;
        answer
            .get(..N)
            .and_then(|start| start.try_into().ok())
            .ok_or_else(|| BusError::Odd(format!("{} bytes instead of {N}", answer.len())))
    }

    /// Forgets what is left over of earlier answers.
    fn drain(&mut self) -> Result<(), BusError> {
        let mut buffer = [0; 64];
        let mut read = 0;
        while read < MOST_BYTES {
            match self.line.receive(&mut buffer, Duration::ZERO)? {
                0 => break,
                more => read += more,
            }
        }
        Ok(())
    }

    /// Reads until a frame for the master stands at the beginning; steps over the echo of what was sent (one wire carries both ways) and over noise.
    fn hear(&mut self, device: Device, sent: &[u8]) -> Result<Frame, BusError> {
        let mut held: Vec<u8> = Vec::new();
        let mut buffer = [0; 64];
        let (mut read, mut echoed) = (0, false);
        loop {
            if !echoed && held.starts_with(sent) {
                held.drain(..sent.len());
                echoed = true;
            }
            match Frame::parse(&held, device.checksum) {
                Parsed::Whole(frame, _) if is_answer(&frame, device) => return Ok(frame),
                Parsed::Whole(..) | Parsed::Damaged(_) if !sent.starts_with(&held) => {
                    held.remove(0);
                    continue;
                }
                _ => {}
            }
            let wait = if held.is_empty() { FIRST_BYTE } else { BETWEEN_BYTES };
            match self.line.receive(&mut buffer, wait)? {
                0 if held.is_empty() => return Err(BusError::Silent),
                // the line went still within what looked like a frame: its beginning was noise
                0 => {
                    held.remove(0);
                    if held.is_empty() {
                        return Err(BusError::Silent);
                    }
                }
                more => {
                    held.extend_from_slice(&buffer[..more]);
                    read += more;
                }
            }
            if read > MOST_BYTES {
                return Err(BusError::Silent);
            }
        }
    }
}

fn is_answer(frame: &Frame, device: Device) -> bool {
    frame.to == MASTER && (device.checksum == Checksum::Crc16 || frame.from == device.address)
}
