//! 64-bit ids, ordered by time; 13 characters of Crockford's base 32 outside the database.

use std::fmt;
use std::str::FromStr;

use super::field::{Field, Kind, Sink, Source};
use crate::sql::SqlError;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// An id: ordered by time, with bits for the node that made it (see [`crate::ports::IdMaker`]).
///
/// As text it has 13 upper-case characters and sorts as the number does (ids are never negative).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub i64);

/// A text that is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: an id has 13 characters of 0-9 and A-Z without I, L, O and U")]
pub struct IdError;

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.cast_unsigned();
        let mut text = [b'0'; 13];
        for place in text.iter_mut().rev() {
            *place = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        f.pad(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl FromStr for Id {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let bytes = text.as_bytes();
        if bytes.len() != 13 || bytes[0] > b'7' {
            return Err(IdError);
        }
        let mut value: i64 = 0;
        for byte in bytes {
            let digit = ALPHABET.binary_search(byte).map_err(|_| IdError)?;
            value = (value << 5) | i64::try_from(digit).map_err(|_| IdError)?;
        }
        Ok(Id(value))
    }
}

impl serde::Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Field for Id {
    const KIND: Kind = Kind::Int;
    fn write(&self, sink: &mut dyn Sink) {
        sink.int(Some(self.0));
    }
    fn read_opt(source: &mut dyn Source) -> Result<Option<Self>, SqlError> {
        Ok(source.int()?.map(Id))
    }
}

/// The tenant a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Merchant(pub Id);

impl Merchant {
    /// Above the merchants: who they are, who acts for them, which key belongs to which.
    pub const DIRECTORY: Merchant = Merchant(Id(0));
}

impl fmt::Display for Merchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Field for Merchant {
    const KIND: Kind = Kind::Int;
    fn write(&self, sink: &mut dyn Sink) {
        self.0.write(sink);
    }
    fn read_opt(source: &mut dyn Source) -> Result<Option<Self>, SqlError> {
        Ok(Id::read_opt(source)?.map(Merchant))
    }
}
