//! Reads on SQLite.

use rusqlite::{CachedStatement, Connection};

use super::bind::{Binder, engine_error, value};
use crate::readers::Look;
use crate::sql::{Runner, Sql, SqlError, Value};
use crate::value::Sink;

/// Runs statements on a connection.
pub(crate) struct Reader<'c> {
    pub(crate) connection: &'c Connection,
}

impl Runner for Reader<'_> {
    fn run(&mut self, text: &str, params: Vec<Value>) -> Result<Vec<Vec<Value>>, SqlError> {
        let statement = self.connection.prepare_cached(text).map_err(|error| engine_error(&error))?;
        if !statement.readonly() {
            return Err(SqlError::Engine("a read changes nothing".into()));
        }
        rows(statement, &params)
    }
}

/// Runs a statement and gives its rows.
pub(crate) fn run(
    connection: &Connection,
    text: &str,
    params: &[Value],
) -> Result<Vec<Vec<Value>>, SqlError> {
    rows(connection.prepare_cached(text).map_err(|error| engine_error(&error))?, params)
}

fn rows(mut statement: CachedStatement<'_>, params: &[Value]) -> Result<Vec<Vec<Value>>, SqlError> {
    let mut binder = Binder::new(&mut statement);
    for param in params {
        match param {
            Value::Null => binder.int(None),
            Value::Int(value) => binder.int(Some(*value)),
            Value::Text(value) => binder.text(Some(value)),
            Value::Bytes(value) => binder.bytes(Some(value)),
        }
    }
    binder.done()?;
    let width = statement.column_count();
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(|error| engine_error(&error))? {
        let values = (0..width).map(|at| value(row.get_ref(at).map_err(|error| engine_error(&error))?));
        found.push(values.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

/// One look: everything in it sees the same moment.
pub(crate) fn look(connection: &Connection, look: Look) {
    let bare = |text| connection.prepare_cached(text).and_then(|mut statement| statement.execute([]));
    if let Err(error) = bare("begin") {
        tracing::error!(%error, "a read could not begin");
    }
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        look(&mut Sql::new(&mut Reader { connection }));
    }));
    if caught.is_err() {
        tracing::error!("a read panicked");
    }
    if let Err(error) = bare("rollback") {
        tracing::error!(%error, "a read could not end");
    }
}
