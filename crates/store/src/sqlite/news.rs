//! News of what other processes wrote to the same file (a command beside the server): looked for now and then.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use super::{Place, read, setup};
use crate::changes::{Change, Hub};
use crate::dialect::{EVENTS_AFTER, HEADS};
use crate::sql::{SqlError, SqlRow, Value};
use crate::value::{Id, Merchant};

/// A process looks this often at what others wrote.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(crate) struct News {
    place: Place,
    hub: Arc<Hub>,
    connection: Option<Connection>,
    waited: Duration,
    /// Changes with every commit of anybody.
    version: i64,
}

impl News {
    pub(crate) fn new(place: Place, hub: Arc<Hub>) -> Self {
        News { place, hub, connection: None, waited: LOOK_EVERY, version: -1 }
    }

    /// Looks, if it is time to; `step` has passed since the last call.
    pub(crate) fn look(&mut self, step: Duration) {
        let behind = self.hub.is_behind();
        self.waited += step;
        if self.waited < LOOK_EVERY && !behind {
            return;
        }
        self.waited = Duration::ZERO;
        // Before the tables exist there is nothing to see.
        if let Err(error) = self.try_look() {
            tracing::debug!(%error, "no news from other processes");
        }
    }

    fn try_look(&mut self) -> Result<(), SqlError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(setup::connect(&self.place, setup::For::Reader)?),
        };
        let version: i64 = match read::run(connection, "pragma data_version", &[])?.pop() {
            Some(row) => SqlRow::new(row).get(0)?,
            None => -1,
        };
        let behind = self.hub.behind();
        if version == self.version && behind.is_empty() {
            return Ok(());
        }
        let heads = heads(connection)?;
        self.version = version;
        if !self.hub.has_start() {
            self.hub.start_from(heads);
            return Ok(());
        }
        for (merchant, after) in self.hub.unread(&heads) {
            let rows = read::run(connection, EVENTS_AFTER, &[Value::Int(merchant.0.0), Value::Int(after)])?;
            let change = |row: SqlRow| {
                let kind = row.get::<String>(2)?.into();
                Ok(Change { merchant, seq: row.get(1)?, kind, subject: row.get(3)? })
            };
            let changes = rows.into_iter().map(|row| change(SqlRow::new(row)));
            self.hub.tell(changes.collect::<Result<Vec<_>, SqlError>>()?);
        }
        Ok(())
    }
}

/// All merchants with their last event's number.
pub(crate) fn heads(connection: &Connection) -> Result<Vec<(Merchant, i64)>, SqlError> {
    let rows = read::run(connection, HEADS, &[])?.into_iter().map(SqlRow::new);
    rows.map(|row| Ok((Merchant(row.get::<Id>(0)?), row.get(1)?))).collect()
}
