//! Reading a tariff file and the calendars beside it.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::parking::samples;
use crate::parking::tariff::{Calendar, Calendars, Tariff, calendar_names};

/// A tariff from a file, or a delivered one by name. What is wrong goes to `err`; `None` is a bad call.
pub(super) fn tariff(
    file: &Path,
    calendars: &[PathBuf],
    err: &mut dyn Write,
) -> std::io::Result<Option<Tariff>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => match file.to_str().and_then(samples::text) {
            Some(text) => text.to_owned(),
            None => {
                writeln!(err, "{}: {error}", file.display())?;
                let names = samples::ALL.map(|(name, _)| name).join(", ");
                writeln!(err, "write the path of a tariff file, or the name of a delivered one: {names}")?;
                return Ok(None);
            }
        },
    };
    let mut known = Calendars::built_in();
    for path in calendars {
        let name = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        if !add(&mut known, name, path, err)? {
            return Ok(None);
        }
    }
    for name in calendar_names(&text) {
        let beside = file.parent().unwrap_or(Path::new(".")).join(&name);
        if known.get(&name).is_none() && beside.is_file() && !add(&mut known, name, &beside, err)? {
            return Ok(None);
        }
    }
    match Tariff::parse(&text, &known) {
        Ok(tariff) => Ok(Some(tariff)),
        Err(problems) => {
            for problem in &problems {
                writeln!(err, "{}: {problem}", file.display())?;
            }
            let count = problems.len();
            let s = if count == 1 { "" } else { "s" };
            writeln!(err, "{count} problem{s}; docs/parking-tariffs.md explains the format")?;
            Ok(None)
        }
    }
}

fn add(known: &mut Calendars, name: String, path: &Path, err: &mut dyn Write) -> std::io::Result<bool> {
    let read =
        std::fs::read_to_string(path).map_err(|e| e.to_string()).and_then(|text| Calendar::from_csv(&text));
    match read {
        Ok(calendar) => {
            known.insert(name, calendar);
            Ok(true)
        }
        Err(message) => {
            writeln!(err, "calendar {}: {message}", path.display())?;
            Ok(false)
        }
    }
}
