//! What reading any channel's bill needs: columns by name, exact decimals, packed files within bounds.

use std::collections::HashMap;
use std::io::Read;

use money::{Currency, Money};

/// The most bytes a bill may have unpacked.
const MOST_BYTES: u64 = 512 * 1024 * 1024;
/// The most bytes of a bill on the wire.
pub(crate) const MOST_PACKED: usize = 128 * 1024 * 1024;

/// Columns of a bill, found by their names: channels add columns and move them.
pub(crate) struct Columns {
    places: HashMap<String, usize>,
    count: usize,
}

impl Columns {
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>) -> Columns {
        let places: HashMap<String, usize> =
            names.enumerate().map(|(at, name)| (name.trim().to_owned(), at)).collect();
        let count = places.len();
        Columns { places, count }
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// The cell under the first of `names` that is a column; empty when none is.
    pub(crate) fn cell<'a>(&self, cells: &[&'a str], names: &[&str]) -> &'a str {
        let at = names.iter().find_map(|name| self.places.get(*name));
        at.and_then(|at| cells.get(*at)).map_or("", |cell| cell.trim())
    }
}

/// A decimal of yuan with up to five decimals in thousandths of a fen; `None` when it is not one. An empty cell is nothing.
pub(crate) fn thousandths(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (major, minor) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(major) || !all_digits(minor) || minor.len() > 5 {
        return None;
    }
    let value: i64 = format!("{major}{minor:0<5}").parse().ok()?;
    Some(if negative { -value } else { value })
}

/// An amount that may be negative, as how much moved; `None` when it is not one. An empty cell is nothing.
pub(crate) fn moved(text: &str) -> Option<Money> {
    let text = if text.is_empty() { "0" } else { text };
    let money = Money::parse_decimal(text, Currency::CNY).ok()?;
    Some(Money { value: money.value.checked_abs()?, ..money })
}

/// Unpacks gzip, if it is; anything else is left as it is. Error: damaged, or too long.
pub(crate) fn gunzip(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    bounded(flate2::read::GzDecoder::new(bytes.as_slice()), MOST_BYTES)
}

/// Unpacks every file of a zip. Error: damaged, or too long all together.
pub(crate) fn unzip(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let mut left = MOST_BYTES;
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let file = archive.by_index(at).map_err(|e| e.to_string())?;
        let plain = bounded(file, left)?;
        left -= plain.len() as u64;
        files.push(plain);
    }
    Ok(files)
}

fn bounded(from: impl Read, most: u64) -> Result<Vec<u8>, String> {
    let mut plain = Vec::new();
    from.take(most + 1).read_to_end(&mut plain).map_err(|e| e.to_string())?;
    if plain.len() as u64 > most {
        return Err(format!("it is longer than {MOST_BYTES} bytes"));
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::{moved, thousandths};

    #[test]
    fn fees_and_amounts_are_exact() {
        let cases = [
            ("0.00600", Some(600)),
            ("-0.00060", Some(-60)),
            ("0.6", Some(60_000)),
            ("12", Some(1_200_000)),
            ("", Some(0)),
            ("0.000001", None),
            (".5", None),
            ("1.", None),
            ("-", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ];
        for (text, want) in cases {
            assert_eq!(thousandths(text), want, "{text:?}");
        }
        for (text, want) in
            [("-1.20", Some(120)), ("1.2", Some(120)), ("", Some(0)), ("1.234", None), ("x", None)]
        {
            assert_eq!(moved(text).map(|m| m.value), want, "{text:?}");
        }
    }
}
