//! The journal: one line per changed thing, written before anyone is answered, so that a killed sandbox starts again where it was.
//!
//! A line replaces the earlier line of the same thing. At start the file is read, then rewritten with the last lines only.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::clock::ChannelTime;
use crate::model::{Notice, Payer, PayerCode, Refund, Trade};

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

/// An open journal.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
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

    /// Writes a fresh file with `records` and keeps it open for more.
    pub(crate) fn rewrite<'a>(path: &Path, records: impl Iterator<Item = &'a Record>) -> Result<Self, Error> {
        let next = path.with_extension("next");
        let mut text = Vec::new();
        for record in records {
            append(&mut text, record);
        }
        std::fs::write(&next, &text).map_err(Error::file(&next))?;
        std::fs::rename(&next, path).map_err(Error::file(path))?;
        let file = File::options().append(true).open(path).map_err(Error::file(path))?;
        Ok(Journal { path: path.into(), file })
    }

    /// Adds one line. A full disk is reported and does not stop the sandbox.
    pub(crate) fn write(&mut self, record: &Record) {
        let mut line = Vec::new();
        append(&mut line, record);
        if let Err(e) = self.file.write_all(&line) {
            tracing::error!("{} could not be written: {e}", self.path.display());
        }
    }
}

fn append(out: &mut Vec<u8>, record: &Record) {
    serde_json::to_writer(&mut *out, record).expect("our own records serialise");
    out.push(b'\n');
}
