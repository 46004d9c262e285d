//! How a Rust value becomes a column and comes back.

use std::borrow::Cow;

use crate::sql::SqlError;

/// The three kinds of columns both engines have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `bigint`.
    Int,
    /// `text`.
    Text,
    /// `blob` on SQLite, `bytea` on PostgreSQL; `{bytes}` in a migration.
    Bytes,
}

/// A text as both engines can keep it: PostgreSQL refuses one with a NUL, and with it the whole group that it is written in. What people send is
/// refused long before; what a device or a channel told is kept with a replacement character in its place.
pub(crate) fn kept(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Takes the values of one row or one parameter list, in order. `None` is SQL's null.
pub trait Sink {
    /// The next value, an integer.
    fn int(&mut self, value: Option<i64>);
    /// The next value, a text.
    fn text(&mut self, value: Option<&str>);
    /// The next value, bytes.
    fn bytes(&mut self, value: Option<&[u8]>);
}

/// Gives the values of one row, in order.
pub trait Source {
    /// The next value, an integer.
    fn int(&mut self) -> Result<Option<i64>, SqlError>;
    /// The next value, a text.
    fn text(&mut self) -> Result<Option<String>, SqlError>;
    /// The next value, bytes.
    fn bytes(&mut self) -> Result<Option<Vec<u8>>, SqlError>;
}

/// A value that fits one column.
pub trait Field: Clone + std::fmt::Debug + PartialEq + Send + Sync + 'static {
    /// The column's kind.
    const KIND: Kind;
    /// Writes the value.
    fn write(&self, sink: &mut dyn Sink);
    /// Reads it, or nothing where the column is null.
    fn read_opt(source: &mut dyn Source) -> Result<Option<Self>, SqlError>;
    /// Writes null.
    fn write_null(sink: &mut dyn Sink) {
        match Self::KIND {
            Kind::Int => sink.int(None),
            Kind::Text => sink.text(None),
            Kind::Bytes => sink.bytes(None),
        }
    }
    /// Reads it; a null is an error.
    fn read(source: &mut dyn Source) -> Result<Self, SqlError> {
        Self::read_opt(source)?.ok_or_else(|| SqlError::decode("null in a column that must have a value"))
    }
}

impl Field for i64 {
    const KIND: Kind = Kind::Int;
    fn write(&self, sink: &mut dyn Sink) {
        sink.int(Some(*self));
    }
    fn read_opt(source: &mut dyn Source) -> Result<Option<Self>, SqlError> {
        source.int()
    }
}

impl Field for bool {
    const KIND: Kind = Kind::Int;
    fn write(&self, sink: &mut dyn Sink) {
        sink.int(Some(i64::from(*self)));
    }
    fn read_opt(source: &mut dyn Source) -> Result<Option<Self>, SqlError> {
        match source.int()? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(other) => Err(SqlError::decode(format!("{other} is neither 0 nor 1"))),
        }
    }
}

impl Field for String {
    const KIND: Kind = Kind::Text;
    fn write(&self, sink: &mut dyn Sink) {
        sink.text(Some(self));
    }
    fn read_opt(source: &mut dyn Source) -> Result<Option<Self>, SqlError> {
        source.text()
    }
}

impl Field for Vec<u8> {
    const KIND: Kind = Kind::Bytes;
    fn write(&self, sink: &mut dyn Sink) {
        sink.bytes(Some(self));
    }
    fn read_opt(source: &mut dyn Source) -> Result<Option<Self>, SqlError> {
        source.bytes()
    }
}

impl<F: Field> Field for Option<F> {
    const KIND: Kind = F::KIND;
    fn write(&self, sink: &mut dyn Sink) {
        match self {
            Some(value) => value.write(sink),
            None => F::write_null(sink),
        }
    }
    fn read_opt(source: &mut dyn Source) -> Result<Option<Self>, SqlError> {
        Ok(F::read_opt(source)?.map(Some))
    }
    fn read(source: &mut dyn Source) -> Result<Self, SqlError> {
        F::read_opt(source)
    }
}
