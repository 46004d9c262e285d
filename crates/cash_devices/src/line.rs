//! The wire under a protocol: bytes out, bytes in, with a bound on waiting.

use std::io;
use std::time::Duration;

/// A half-duplex wire. The serial port of [`crate::serial`] is one; tests may bring others.
pub trait Line: Send {
    /// Sends all of it.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Waits until something arrives and reads what is there; 0 when nothing came in time.
    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize>;
}
