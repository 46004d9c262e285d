//! A serial port as a [`Line`], and pseudo-terminals that stand for one.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{BaudRate, FlushArg, SetArg, cfmakeraw, cfsetspeed, tcflush, tcgetattr, tcsetattr};

use crate::line::Line;

/// A serial port at 9600 bits per second, 8 data bits, no parity, 1 stop bit, raw: what ccTalk wants.
pub struct SerialPort(File);

impl SerialPort {
    /// Opens a device such as `/dev/ttyUSB0`, and forgets what had arrived before.
    pub fn open(path: &Path) -> io::Result<SerialPort> {
        SerialPort::open_at(path, 9600)
    }

    /// The same at another speed in bits per second.
    pub fn open_at(path: &Path, speed: u32) -> io::Result<SerialPort> {
        let file =
            OpenOptions::new().read(true).write(true).custom_flags(OFlag::O_NOCTTY.bits()).open(path)?;
        let mut settings = tcgetattr(&file)?;
        cfmakeraw(&mut settings);
        cfsetspeed(&mut settings, baud(speed)?)?;
        tcsetattr(&file, SetArg::TCSANOW, &settings)?;
        tcflush(&file, FlushArg::TCIOFLUSH)?;
        Ok(SerialPort(file))
    }
}

/// Error: a speed that no serial line has.
fn baud(speed: u32) -> io::Result<BaudRate> {
    Ok(match speed {
        9600 => BaudRate::B9600,
        19_200 => BaudRate::B19200,
        38_400 => BaudRate::B38400,
        57_600 => BaudRate::B57600,
        115_200 => BaudRate::B115200,
        other => {
            let what = format!("{other} bits per second: write 9600, 19200, 38400, 57600 or 115200");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
    })
}

/// A device file that is no serial line, such as a printer on USB.
pub(crate) struct FileLine(File);

impl FileLine {
    pub(crate) fn new(file: File) -> FileLine {
        FileLine(file)
    }
}

impl Line for FileLine {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        receive(&mut self.0, buffer, wait)
    }
}

impl Line for SerialPort {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        receive(&mut self.0, buffer, wait)
    }
}

/// The far end of a pseudo-terminal: simulated devices sit here, and whoever opens [`Pty::path`] sees a serial port.
pub struct Pty {
    file: File,
    path: PathBuf,
    /// Held open so that a driver that closes its end and comes back does not end the pseudo-terminal.
    _near: File,
}

impl Pty {
    /// A fresh one.
    pub fn open() -> io::Result<Pty> {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = PathBuf::from(ptsname_r(&master)?);
        let near =
            OpenOptions::new().read(true).write(true).custom_flags(OFlag::O_NOCTTY.bits()).open(&path)?;
        let mut settings = tcgetattr(&near)?;
        cfmakeraw(&mut settings);
        tcsetattr(&near, SetArg::TCSANOW, &settings)?;
        let file = File::from(master.as_fd().try_clone_to_owned()?);
        Ok(Pty { file, path, _near: near })
    }

    /// Where the other end is opened.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Line for Pty {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        receive(&mut self.file, buffer, wait)
    }
}

fn receive(file: &mut File, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
    let timeout = PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX);
    let mut ready = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
    if poll(&mut ready, timeout)? == 0 {
        return Ok(0);
    }
    file.read(buffer)
}
