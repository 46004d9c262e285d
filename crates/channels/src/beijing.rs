//! Beijing time: what the Chinese channels write, at UTC+8 all year.

use jiff::tz::{TimeZone, offset};
use store::Millis;

/// A moment as a wall time: `2026-11-22 11:04:05`.
pub(crate) fn wall(at: Millis) -> String {
    let zone = TimeZone::fixed(offset(8));
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_| String::new(), |t| t.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// A wall time as a moment; `None` when it is absent or not one. Fractions of a second are dropped.
pub(crate) fn moment(text: &str) -> Option<Millis> {
    let zone = TimeZone::fixed(offset(8));
    let local = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text.get(..19)?).ok()?;
    Some(Millis(local.to_zoned(zone).ok()?.timestamp().as_millisecond()))
}

/// A packed wall time, `20261122110405`, as a moment.
pub(crate) fn compact_moment(text: &str) -> Option<Millis> {
    let zone = TimeZone::fixed(offset(8));
    let local =
        jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", Some(text).filter(|t| t.len() == 14)?).ok()?;
    Some(Millis(local.to_zoned(zone).ok()?.timestamp().as_millisecond()))
}

/// A moment with its offset, in whole seconds: `2026-11-22T11:04:05+08:00`.
pub(crate) fn rfc3339(at: Millis) -> String {
    jiff::Timestamp::from_second(at.0.div_euclid(1000))
        .map_or_else(|_| String::new(), |t| t.display_with_offset(offset(8)).to_string())
}

#[cfg(test)]
mod tests {
    use super::{compact_moment, moment, rfc3339, wall};
    use store::Millis;

    #[test]
    fn moments_and_walls() {
        assert_eq!(wall(Millis(1_795_316_645_678)), "2026-11-22 11:04:05");
        assert_eq!(rfc3339(Millis(1_795_316_645_678)), "2026-11-22T11:04:05+08:00");
        assert_eq!(moment("2026-11-22 11:04:05"), Some(Millis(1_795_316_645_000)));
        assert_eq!(moment("2026-11-22 11:04:05.123"), Some(Millis(1_795_316_645_000)));
        assert_eq!(compact_moment("20261122110405"), Some(Millis(1_795_316_645_000)));
        assert_eq!(compact_moment("2026112211040"), None);
        for bad in ["", "2026-11-22", "yesterday, at eleven", "2026-13-22 11:04:05", "2026年11月22日"] {
            assert_eq!(moment(bad), None, "{bad}");
        }
    }
}
