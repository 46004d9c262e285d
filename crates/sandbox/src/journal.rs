//! The journal: one line per changed thing, written before anyone is answered, so that a killed sandbox starts again where it was.
//!
//! A line replaces the earlier line of the same thing. At start, and whenever most lines are out of date, the file is written anew
//! with what is known; so it stays within a few times the size of that, however long the sandbox runs.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::clock::ChannelTime;
use crate::model::{Notice, Payer, PayerCode, Refund, Trade};

/// A journal smaller than this is never written anew while the sandbox runs, in bytes.
const FLOOR: u64 = 4 << 20;

/// A thing that is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Record {
    /// How often the sandbox started: random numbers never repeat over a restart.
    Started(u64),
    Time(ChannelTime),
    Trade(Box<Trade>),
    Refund(Box<Refund>),
    Payer(Payer),
    Code(PayerCode),
    Notice(Box<Notice>),
}

/// A [`Record`] by reference, written the same.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kept<'a> {
    Started(u64),
    Time(ChannelTime),
    Trade(&'a Trade),
    Refund(&'a Refund),
    Payer(&'a Payer),
    Code(&'a PayerCode),
    Notice(&'a Notice),
}

/// An open journal.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// From this size on it is written anew.
    pub(crate) limit: u64,
    pub(crate) floor: u64,
}

impl Journal {
    /// Reads all records. A torn last line (killed while writing) is dropped; nobody was answered for it.
    pub(crate) fn read(path: &Path) -> Result<Vec<Record>, Error> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(Error::file(path)(e)),
        };
        let mut records = Vec::new();
        let mut failure: Option<(usize, String)> = None;
        for (index, line) in BufReader::new(file).lines().enumerate() {
            if let Some((line, reason)) = failure {
                return Err(Error::Journal { path: path.into(), line, reason });
            }
            let line = line.map_err(Error::file(path))?;
            match serde_json::from_str(&line) {
                Ok(record) => records.push(record),
                Err(e) => failure = Some((index + 1, e.to_string())),
            }
        }
        Ok(records)
    }

    /// Opens the file for more lines.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::options().append(true).create(true).open(path).map_err(Error::file(path))?;
        Ok(Journal { path: path.into(), file, bytes: 0, limit: FLOOR, floor: FLOOR })
    }

    /// Writes the file anew with `records`, in one step: whoever is killed meanwhile finds the old one.
    pub(crate) fn rewrite<'a>(&mut self, records: impl Iterator<Item = Kept<'a>>) -> Result<(), Error> {
        let next = self.path.with_extension("next");
        let mut out = BufWriter::new(File::create(&next).map_err(Error::file(&next))?);
        let mut line = Vec::new();
        self.bytes = 0;
        for record in records {
            line.clear();
            append(&mut line, &record);
            self.bytes += line.len() as u64;
            out.write_all(&line).map_err(Error::file(&next))?;
        }
        out.flush().map_err(Error::file(&next))?;
        std::fs::rename(&next, &self.path).map_err(Error::file(&self.path))?;
        self.file = File::options().append(true).open(&self.path).map_err(Error::file(&self.path))?;
        self.limit = self.floor.max(self.bytes * 3);
        Ok(())
    }

    /// Whether most lines are out of date.
    pub(crate) fn is_stale(&self) -> bool {
        self.bytes > self.limit
    }

    /// It could not be written anew: goes on with the file there is, for twice as long.
    pub(crate) fn put_off(&mut self, error: &Error) {
        tracing::error!("{} could not be written anew: {error}", self.path.display());
        self.limit = self.limit.saturating_mul(2);
    }

    /// Adds one line. A full disk is reported and does not stop the sandbox.
    pub(crate) fn write(&mut self, record: &Record) {
        let mut line = Vec::new();
        append(&mut line, record);
        self.bytes += line.len() as u64;
        if let Err(e) = self.file.write_all(&line) {
            tracing::error!("{} could not be written: {e}", self.path.display());
        }
    }
}

fn append(out: &mut Vec<u8>, record: &impl Serialize) {
    serde_json::to_writer(&mut *out, record).expect("our own records serialise");
    out.push(b'\n');
}
