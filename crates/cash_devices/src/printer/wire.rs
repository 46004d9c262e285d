//! The ways to a printer: a device file, which may be a serial line, and TCP.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::time::Duration;

use nix::sys::termios::tcgetattr;

use super::Place;
use crate::line::Line;
use crate::serial::{FileLine, SerialPort};

/// How long a connection may take to come about, and how long a printer may refuse to take bytes.
const CONNECT: Duration = Duration::from_millis(500);
const WRITE: Duration = Duration::from_secs(5);

pub(super) fn open(place: &Place) -> io::Result<Box<dyn Line>> {
    match place {
        Place::Tcp(address) => Ok(Box::new(TcpLine::connect(address)?)),
        Place::File(path, speed) => file(path, *speed),
    }
}

fn file(path: &Path, speed: u32) -> io::Result<Box<dyn Line>> {
    let probe = OpenOptions::new().read(true).write(true).open(path)?;
    if tcgetattr(&probe).is_ok() {
        return Ok(Box::new(SerialPort::open_at(path, speed)?));
    }
    Ok(Box::new(FileLine::new(probe)))
}

/// A connection as a wire.
pub(crate) struct TcpLine(TcpStream);

impl TcpLine {
    pub(crate) fn connect(address: &str) -> io::Result<TcpLine> {
        let found = address.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
        TcpLine::new(TcpStream::connect_timeout(&found, CONNECT)?)
    }

    pub(crate) fn new(stream: TcpStream) -> io::Result<TcpLine> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(WRITE))?;
        Ok(TcpLine(stream))
    }
}

impl Line for TcpLine {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        self.0.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        match self.0.read(buffer) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Ok(0)
            }
            other => other,
        }
    }
}
