//! Time: the clock that is passed in, and the channels' own time made from it, which a test can move and scale.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

/// Where time comes from.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01 UTC.
    fn now_ms(&self) -> i64;
}

/// The channels' time: starts equal to the base clock, may run faster and may be moved.
///
/// Business times (payment, expiry, retries, bills) follow it. Signature timestamps follow the base clock, because the
/// caller's clock does not move along.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChannelTime {
    anchor_base_ms: i64,
    anchor_channel_ms: i64,
    /// Channel milliseconds that pass in one real millisecond.
    pub(crate) scale: f64,
}

impl ChannelTime {
    pub(crate) const REAL: ChannelTime = ChannelTime { anchor_base_ms: 0, anchor_channel_ms: 0, scale: 1.0 };

    /// The channel's now when the base clock shows `base_ms`.
    pub(crate) fn at(&self, base_ms: i64) -> i64 {
        let passed = (base_ms - self.anchor_base_ms) as f64 * self.scale;
        self.anchor_channel_ms + passed as i64
    }

    /// Runs on from here at another speed.
    pub(crate) fn rescale(&mut self, base_ms: i64, scale: f64) {
        *self = ChannelTime { anchor_base_ms: base_ms, anchor_channel_ms: self.at(base_ms), scale };
    }

    /// Jumps to `channel_ms` and runs on.
    pub(crate) fn jump(&mut self, base_ms: i64, channel_ms: i64) {
        *self = ChannelTime { anchor_base_ms: base_ms, anchor_channel_ms: channel_ms, scale: self.scale };
    }

    /// Real milliseconds until the channel's clock shows `channel_ms`.
    pub(crate) fn real_wait_ms(&self, base_ms: i64, channel_ms: i64) -> i64 {
        let left = (channel_ms - self.at(base_ms)) as f64 / self.scale;
        left.ceil().max(0.0) as i64
    }
}

/// Beijing time, which all three channels write.
fn beijing(ms: i64) -> jiff::Zoned {
    let timestamp = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    timestamp.to_zoned(TimeZone::fixed(Offset::constant(8)))
}

/// `2026-06-01T08:00:00+08:00`
pub(crate) fn rfc3339(ms: i64) -> String {
    beijing(ms).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

/// `2026-06-01 08:00:00`, Beijing
pub(crate) fn spaced(ms: i64) -> String {
    beijing(ms).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `20260601080000`, Beijing
pub(crate) fn compact(ms: i64) -> String {
    beijing(ms).strftime("%Y%m%d%H%M%S").to_string()
}

/// `2026-06-01`, the Beijing calendar day
pub(crate) fn day(ms: i64) -> String {
    beijing(ms).strftime("%Y-%m-%d").to_string()
}

/// Reads RFC 3339, with any offset.
pub(crate) fn parse_rfc3339(text: &str) -> Option<i64> {
    text.trim().parse::<Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// Reads `2026-06-01 08:00:00` as Beijing time.
pub(crate) fn parse_spaced(text: &str) -> Option<i64> {
    let civil = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text.trim()).ok()?;
    let zoned = civil.to_zoned(TimeZone::fixed(Offset::constant(8))).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// First millisecond of the Beijing day `2026-06-01`.
pub(crate) fn day_start(date: &str) -> Option<i64> {
    let civil: jiff::civil::Date = date.parse().ok()?;
    let zoned = civil.to_zoned(TimeZone::fixed(Offset::constant(8))).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
