//! The values that columns hold. Every SQL column is a bigint, a text or a blob; everything else is made of these.

mod field;
mod id;
mod json;
mod millis;

pub(crate) use field::kept;
pub use field::{Field, Kind, Sink, Source};
pub use id::{Id, IdError, Merchant};
pub use json::Json;
pub use millis::{Millis, MillisError};

#[cfg(test)]
mod value_tests;
