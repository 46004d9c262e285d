//! Opening SQLite connections.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::Place;
use super::bind::engine_error;
use crate::sql::SqlError;

/// As many statements as are kept prepared on a connection.
const STATEMENTS: usize = 512;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum For {
    Writer,
    Reader,
    /// Puts the log back into the database.
    Log,
}

impl For {
    /// KiB of pages it may keep.
    fn cache(self) -> i64 {
        match self {
            For::Writer => 128_000,
            For::Reader => 16_000,
            For::Log => 1_000,
        }
    }
}

/// Opens a connection.
pub(crate) fn connect(place: &Place, used: For) -> Result<Connection, SqlError> {
    open(place, used).map_err(|error| match (engine_error(&error), place) {
        (SqlError::Engine(text), Place::File(path)) => SqlError::Engine(format!("{path}: {text}")),
        (other, _) => other,
    })
}

fn open(place: &Place, used: For) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match place {
        Place::File(path) => Connection::open_with_flags(path, flags)?,
        Place::Memory(name) if name.is_empty() => Connection::open_in_memory()?,
        Place::Memory(name) => Connection::open_with_flags(format!("file:/{name}?vfs=memdb"), flags)?,
    };
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Plans do not depend on the values that are bound: otherwise a bound limit has its statement prepared anew at every use.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A second process (a command beside the server) may hold the lock for a moment.
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    if let Place::File(path) = place {
        // A copy that is only looked at stays as it is.
        if !path.contains("mode=ro") {
            connection.pragma_update(None, "journal_mode", "wal")?;
        }
        connection.pragma_update(None, "synchronous", "full")?;
        // The log is put back beside the writer (`log.rs`).
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    } else {
        connection.pragma_update(None, "synchronous", "off")?;
    }
    connection.pragma_update(None, "cache_size", -used.cache())?;
    connection.pragma_update(None, "foreign_keys", "off")?;
    if used == For::Reader {
        connection.pragma_update(None, "query_only", "on")?;
    }
    Ok(connection)
}
