//! Local time at a car park: instants in seconds, offsets in pieces, and the wall clock in between.
//!
//! Elapsed time is always real time. Windows follow the wall clock; when the clock is put back, the repeated hour
//! belongs to what the wall clock had already reached.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use super::words::{DAY_S, day_of_date};

/// First second a stay may begin in: 2000-01-01T00:00Z.
pub(crate) const FIRST_S: i64 = 946_684_800;
/// First second past all stays: 2100-01-01T00:00Z.
pub(crate) const LAST_S: i64 = 4_102_444_800;

/// A time zone with its offsets from 2000 to 2100 laid out.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    pub(crate) tz: TimeZone,
    pub(crate) name: String,
    /// From that second on, that offset in seconds.
    pieces: Vec<(i64, i64)>,
}

impl Zone {
    /// The zone with an IANA name or a fixed offset such as `+08:00`.
    pub(crate) fn parse(name: &str) -> Result<Zone, String> {
        let fixed = || {
            format!("2000-01-01T00:00{name}[{name}]")
                .parse::<jiff::Zoned>()
                .ok()
                .map(|z| z.time_zone().clone())
        };
        let tz = TimeZone::get(name).ok().or_else(fixed).ok_or_else(|| {
            format!("{name:?} is not a time zone: write an IANA name such as \"Asia/Shanghai\" or \"Europe/Berlin\"")
        })?;
        let first = Timestamp::from_second(FIRST_S).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut pieces = vec![(i64::MIN, i64::from(tz.to_offset(first).seconds()))];
        for transition in tz.following(first) {
            let at = transition.timestamp().as_second();
            if at >= LAST_S {
                break;
            }
            let offset = i64::from(transition.offset().seconds());
            if pieces.last().is_some_and(|(_, last)| *last != offset) {
                pieces.push((at, offset));
            }
        }
        Ok(Zone { tz, name: name.to_owned(), pieces })
    }

    fn piece(&self, at: i64) -> usize {
        if self.pieces.len() == 1 { 0 } else { self.pieces.partition_point(|(from, _)| *from <= at) - 1 }
    }

    /// Local seconds since 1970-01-01T00:00 on the wall clock.
    pub(crate) fn local(&self, at: i64) -> i64 {
        at + self.pieces[self.piece(at)].1
    }

    /// Local day since 1970.
    pub(crate) fn day(&self, at: i64) -> i32 {
        i32::try_from(self.local(at).div_euclid(DAY_S)).unwrap_or(i32::MAX)
    }

    /// Local second of the day.
    pub(crate) fn tod(&self, at: i64) -> i64 {
        self.local(at).rem_euclid(DAY_S)
    }

    /// Offset at an instant, and the instant it ends.
    fn offset_until(&self, at: i64) -> (i64, i64) {
        let i = self.piece(at);
        (self.pieces[i].1, self.pieces.get(i + 1).map_or(i64::MAX, |(from, _)| *from))
    }

    /// The first instant at or after `at` when the wall clock reaches a local second; transitions are stepped over.
    pub(crate) fn reach(&self, at: i64, local: i64) -> i64 {
        let mut from = at;
        loop {
            let (offset, until) = self.offset_until(from);
            let instant = (local - offset).max(from);
            if instant < until {
                return instant;
            }
            from = until;
        }
    }

    /// A local civil time as an instant. Errors: it does not exist, or it is out of range.
    pub(crate) fn instant(&self, local: civil::DateTime) -> Result<Timestamp, String> {
        let zoned = self.tz.to_ambiguous_zoned(local);
        if matches!(zoned.offset(), jiff::tz::AmbiguousOffset::Gap { .. }) {
            return Err(format!(
                "{local} does not exist in {}: the clocks were put forward over it",
                self.name
            ));
        }
        zoned.earlier().map(|z| z.timestamp()).map_err(|_| format!("{local} is out of range"))
    }

    /// `2026-03-10T09:00` on the wall clock.
    pub(crate) fn show(&self, at: Timestamp) -> String {
        at.to_zoned(self.tz.clone()).strftime("%Y-%m-%dT%H:%M").to_string()
    }

    /// With seconds and offset: `2026-03-10T09:00:00+08:00`.
    pub(crate) fn show_rfc3339(&self, at: Timestamp) -> String {
        at.to_zoned(self.tz.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// The next local start of a day (at `start_s` past midnight) strictly after an instant.
    pub(crate) fn next_day_start(&self, at: i64, start_s: i64) -> i64 {
        let local = self.local(at);
        let day = (local - start_s).div_euclid(DAY_S) + 1;
        self.reach(at + 1, day * DAY_S + start_s)
    }
}

/// A moment as people write it: `2026-03-10T09:00`, with seconds, with a space, with an offset. Local to `zone` without one.
pub(crate) fn parse_moment(text: &str, zone: &Zone) -> Result<Timestamp, String> {
    let bad = || {
        format!(
            "{text:?} is not a time: write for example 2026-03-10T09:00 (local to {}) or 2026-03-10T09:00:00+08:00",
            zone.name
        )
    };
    let trimmed = text.trim();
    if let Ok(at) = trimmed.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(zoned) = trimmed.parse::<jiff::Zoned>() {
        return Ok(zoned.timestamp());
    }
    let has_offset =
        || trimmed.ends_with('Z') || trimmed.get(10..).is_some_and(|rest| rest.contains(['+', '-']));
    if !trimmed.is_ascii() || has_offset() {
        return Err(bad());
    }
    let spaced = trimmed.replacen(' ', "T", 1).replace('/', "-");
    let local = spaced.parse::<civil::DateTime>().map_err(|_| bad())?;
    if !spaced.contains(['T', 't']) {
        return Err(bad());
    }
    zone.instant(local)
}

/// Day since 1970 of a date written `2026-03-10`.
pub(crate) fn parse_day(text: &str) -> Result<i32, String> {
    text.trim()
        .parse::<civil::Date>()
        .map(day_of_date)
        .map_err(|_| format!("{text:?} is not a date: write for example 2026-03-10"))
}
