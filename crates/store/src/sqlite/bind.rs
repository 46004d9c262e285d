//! Values into and out of SQLite statements.

use rusqlite::types::ValueRef;
use rusqlite::{Row, Statement};

use crate::sql::{DAMAGED, SqlError, Value};
use crate::value::{Sink, Source, kept};

/// Binds values to a statement, in order.
pub(crate) struct Binder<'s, 'c> {
    statement: &'s mut Statement<'c>,
    next: usize,
    failed: Option<rusqlite::Error>,
}

impl<'s, 'c> Binder<'s, 'c> {
    pub(crate) fn new(statement: &'s mut Statement<'c>) -> Self {
        Binder { statement, next: 1, failed: None }
    }

    /// Whether all of them could be bound.
    pub(crate) fn done(self) -> Result<(), SqlError> {
        self.failed.map_or(Ok(()), |error| Err(engine_error(&error)))
    }

    fn bind(&mut self, value: impl rusqlite::ToSql) {
        if let Err(error) = self.statement.raw_bind_parameter(self.next, value) {
            self.failed.get_or_insert(error);
        }
        self.next += 1;
    }
}

impl Sink for Binder<'_, '_> {
    fn int(&mut self, value: Option<i64>) {
        self.bind(value);
    }
    fn text(&mut self, value: Option<&str>) {
        self.bind(value.map(kept).as_deref());
    }
    fn bytes(&mut self, value: Option<&[u8]>) {
        self.bind(value);
    }
}

/// Reads the values of a row, in order.
pub(crate) struct RowSource<'r, 's> {
    row: &'r Row<'s>,
    next: usize,
}

impl<'r, 's> RowSource<'r, 's> {
    pub(crate) fn new(row: &'r Row<'s>) -> Self {
        RowSource { row, next: 0 }
    }

    fn next(&mut self) -> Result<ValueRef<'r>, SqlError> {
        self.next += 1;
        self.row.get_ref(self.next - 1).map_err(|error| engine_error(&error))
    }
}

fn wrong(value: ValueRef<'_>, wanted: &str) -> SqlError {
    SqlError::decode(format!("{} where {wanted} was expected", value.data_type()))
}

impl Source for RowSource<'_, '_> {
    fn int(&mut self) -> Result<Option<i64>, SqlError> {
        match self.next()? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(value) => Ok(Some(value)),
            other => Err(wrong(other, "an integer")),
        }
    }
    fn text(&mut self) -> Result<Option<String>, SqlError> {
        match self.next()? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(text) => String::from_utf8(text.to_owned())
                .map(Some)
                .map_err(|_| SqlError::decode("a text that is not UTF-8")),
            other => Err(wrong(other, "a text")),
        }
    }
    fn bytes(&mut self) -> Result<Option<Vec<u8>>, SqlError> {
        match self.next()? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(bytes) => Ok(Some(bytes.to_owned())),
            other => Err(wrong(other, "bytes")),
        }
    }
}

/// A column of a result, whatever it holds.
pub(crate) fn value(value: ValueRef<'_>) -> Result<Value, SqlError> {
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(value) => Ok(Value::Int(value)),
        ValueRef::Real(_) => Err(SqlError::decode("a float: cast it to bigint or text")),
        ValueRef::Text(text) => String::from_utf8(text.to_owned())
            .map(Value::Text)
            .map_err(|_| SqlError::decode("a text that is not UTF-8")),
        ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes.to_owned())),
    }
}

/// What SQLite said, with what to do where that is known.
pub(crate) fn engine_error(error: &rusqlite::Error) -> SqlError {
    use rusqlite::ErrorCode;
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full: free some space",
        Some(ErrorCode::ReadOnly) => {
            "the database cannot be written: check the rights of its file and folder"
        }
        Some(ErrorCode::CannotOpen) => "the database cannot be opened: check its folder and rights",
        Some(ErrorCode::NotADatabase) => "the file is not a database",
        Some(ErrorCode::DatabaseCorrupt) => DAMAGED,
        Some(ErrorCode::DatabaseBusy) => "another process holds the database",
        Some(ErrorCode::SystemIoFailure) => "the disk failed",
        _ => return SqlError::Engine(error.to_string()),
    };
    SqlError::Engine(format!("{advice} ({error})"))
}
