//! Moments: milliseconds since 1970 in UTC inside, RFC 3339 outside.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::field::{Field, Kind, Sink, Source};
use crate::sql::SqlError;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

/// A text that is not an RFC 3339 moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a moment: write it like 2026-11-22T03:04:05.678Z")]
pub struct MillisError;

fn as_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Millis {
    /// The moment `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Millis {
        Millis(self.0.saturating_add(as_millis(duration)))
    }

    /// The moment `duration` earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Millis {
        Millis(self.0.saturating_sub(as_millis(duration)))
    }

    /// How long after `other` this is; zero if it is not after it.
    #[must_use]
    pub fn since(self, other: Millis) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(other.0)).unwrap_or(0))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl fmt::Debug for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Millis({self})")
    }
}

impl FromStr for Millis {
    type Err = MillisError;
    fn from_str(text: &str) -> Result<Self, MillisError> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| MillisError)?;
        Ok(Millis(moment.as_millisecond()))
    }
}

impl serde::Serialize for Millis {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Millis {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Field for Millis {
    const KIND: Kind = Kind::Int;
    fn write(&self, sink: &mut dyn Sink) {
        sink.int(Some(self.0));
    }
    fn read_opt(source: &mut dyn Source) -> Result<Option<Self>, SqlError> {
        Ok(source.int()?.map(Millis))
    }
}
