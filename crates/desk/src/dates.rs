//! Business dates: the local day something counts for, by the site's zone and cut-off.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use store::Millis;

use crate::problem::{Refusal, desk as problems};

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone of this IANA name, from the table built into the program. Error: `invalid_request`.
pub fn zone(name: &str) -> Result<TimeZone, Refusal> {
    ZONES.get(name).map_err(|_| {
        problems::INVALID_REQUEST
            .with(format!("{name:?} is not a time zone: use an IANA name such as Asia/Shanghai"))
    })
}

/// The business date (`2026-11-22`) of a moment at a site whose day ends `cut_off_minutes` after local midnight.
///
/// An unknown zone, which the edge refuses, counts as UTC.
pub fn business_date(at: Millis, zone_name: &str, cut_off_minutes: i64) -> String {
    let tz = zone(zone_name).unwrap_or(TimeZone::UTC);
    let shifted = at.0.saturating_sub(cut_off_minutes.saturating_mul(60_000));
    let stamp = Timestamp::from_millisecond(shifted).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.to_zoned(tz).date().to_string()
}

/// The first moment and the moment after the last of a business date. Error: `invalid_request`.
pub fn day_bounds(date: &str, zone_name: &str, cut_off_minutes: i64) -> Result<(Millis, Millis), Refusal> {
    let bad = |_| problems::INVALID_REQUEST.with(format!("{date:?} is not a date: write YYYY-MM-DD"));
    let day: jiff::civil::Date = date.parse().map_err(bad)?;
    let tz = zone(zone_name)?;
    let start = |d: jiff::civil::Date| {
        let zoned = d.to_zoned(tz.clone()).map_err(bad)?;
        Ok::<Millis, Refusal>(Millis(zoned.timestamp().as_millisecond() + cut_off_minutes * 60_000))
    };
    let next = day.checked_add(1.day()).map_err(bad)?;
    Ok((start(day)?, start(next)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_by_zone_and_cut_off() {
        let at = |text: &str| Millis(text.parse::<Timestamp>().unwrap().as_millisecond());
        let cases = [
            ("2026-11-21T16:00:00Z", "Asia/Shanghai", 0, "2026-11-22"),
            ("2026-11-21T15:59:59.999Z", "Asia/Shanghai", 0, "2026-11-21"),
            ("2026-11-21T20:00:00Z", "Asia/Shanghai", 300, "2026-11-21"),
            ("2026-11-21T21:00:00Z", "Asia/Shanghai", 300, "2026-11-22"),
            ("2026-03-29T22:30:00Z", "Europe/Berlin", 0, "2026-03-30"),
            ("2026-01-01T00:00:00Z", "No/Where", 0, "2026-01-01"),
        ];
        for (moment, zone, cut, want) in cases {
            assert_eq!(business_date(at(moment), zone, cut), want, "{moment} {zone} {cut}");
        }
    }

    #[test]
    fn bounds_hold_exactly_their_day() {
        for (zone, cut) in [("Asia/Shanghai", 0), ("Asia/Shanghai", 240), ("Europe/Berlin", 0)] {
            for date in ["2026-03-29", "2026-10-25", "2026-12-31"] {
                let (from, to) = day_bounds(date, zone, cut).unwrap();
                assert_eq!(business_date(from, zone, cut), date);
                assert_eq!(business_date(Millis(to.0 - 1), zone, cut), date);
                assert_ne!(business_date(Millis(from.0 - 1), zone, cut), date);
                assert_ne!(business_date(to, zone, cut), date);
            }
        }
        assert!(day_bounds("2026-02-30", "Asia/Shanghai", 0).is_err());
    }
}
