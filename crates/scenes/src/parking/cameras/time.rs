//! Which moment counts. A camera's clock may be off by minutes, by hours, or by its zone; the moment of arrival is ours.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use store::Millis;

/// When something was, as a camera said it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Said {
    /// It did not say.
    #[default]
    Nothing,
    /// A moment with its offset, or seconds since 1970.
    Moment(Millis),
    /// A local time without offset.
    Local(DateTime),
}

impl Said {
    /// Reads `2026-11-22T10:00:00+08:00`, `…Z`, or without an offset, also with a blank in the middle.
    pub(super) fn parse(text: &str) -> Said {
        let text = text.trim();
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Said::Moment(Millis(moment.as_millisecond()));
        }
        match text.parse::<DateTime>() {
            Ok(local) => Said::Local(local),
            Err(_) => Said::Nothing,
        }
    }
}

/// The moment that counts, and what is odd about what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    /// What the camera said, as a moment.
    pub(crate) occurred_at: Option<Millis>,
    /// What counts.
    pub(crate) at: Millis,
    /// The camera's clock is off by more than it may: the moment of arrival counts.
    pub(crate) off: bool,
}

impl Clock {
    /// Judges what a camera at a site said about a message that came at `received_at`.
    pub(crate) fn judge(said: Said, received_at: Millis, zone: &TimeZone, tolerance: Duration) -> Clock {
        let near = |at: &Millis| at.since(received_at).max(received_at.since(*at)) <= tolerance;
        let occurred_at = match said {
            Said::Nothing => return Clock { occurred_at: None, at: received_at, off: false },
            Said::Moment(at) => at,
            Said::Local(local) => in_zone(local, zone).unwrap_or(received_at),
        };
        if near(&occurred_at) {
            // Between two clocks that agree well enough, the camera's tells the order of cars better; never the future.
            return Clock { occurred_at: Some(occurred_at), at: occurred_at.min(received_at), off: false };
        }
        let of_local = local_taken_for_utc(occurred_at, zone).filter(near);
        match of_local {
            Some(at) => Clock { occurred_at: Some(occurred_at), at: at.min(received_at), off: false },
            None => Clock { occurred_at: Some(occurred_at), at: received_at, off: true },
        }
    }
}

fn in_zone(local: DateTime, zone: &TimeZone) -> Option<Millis> {
    Some(Millis(local.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()))
}

/// Cameras that write their local time as if it were UTC: the same figures, read in the site's zone.
fn local_taken_for_utc(at: Millis, zone: &TimeZone) -> Option<Millis> {
    let figures = Timestamp::from_millisecond(at.0).ok()?.to_zoned(TimeZone::UTC).datetime();
    in_zone(figures, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_that_counts_by_table() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let moment = |text: &str| Millis(text.parse::<Timestamp>().unwrap().as_millisecond());
        let received = moment("2026-11-22T10:00:30+08:00");
        let cases = [
            ("2026-11-22T10:00:00+08:00", "2026-11-22T10:00:00+08:00", false),
            ("2026-11-22T02:00:00Z", "2026-11-22T10:00:00+08:00", false),
            ("2026-11-22T10:00:00", "2026-11-22T10:00:00+08:00", false),
            ("2026-11-22 10:00:00", "2026-11-22T10:00:00+08:00", false),
            ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00+08:00", false),
            ("2026-11-22T10:01:30+08:00", "2026-11-22T10:00:30+08:00", false),
            ("2026-11-22T13:00:00+08:00", "2026-11-22T10:00:30+08:00", true),
            ("2026-11-22T07:00:00+08:00", "2026-11-22T10:00:30+08:00", true),
            ("1970-01-01T00:00:10", "2026-11-22T10:00:30+08:00", true),
            ("soon", "2026-11-22T10:00:30+08:00", false),
        ];
        for (said, want, off) in cases {
            let got = Clock::judge(Said::parse(said), received, &zone, Duration::from_secs(120));
            assert_eq!((got.at, got.off), (moment(want), off), "{said}");
        }
    }
}
