//! Eras of keys that come in no order.
//!
//! New keys fall all over an index of their hashes. Once it no longer fits in memory, each of them waits for a page of the disk. So the index is cut into eras of
//! [`ERA`] keys, in the order in which they were made: an entry is the era's number and the hash. New keys fall on the newest era's pages, which stay in memory. For
//! each era before it a filter of two bytes a key tells nearly always, without the disk, that a key is not there.
//!
//! An era that is over takes no keys any more, from no process: who writes reads the newest era's number in the same transaction. So a filter that was made of all
//! keys of an era that was over is right for ever. It is made beside the writer, kept in the database, and until it is there its era's index is asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::filter::Filter;
use crate::dialect::KEY_HASH;
use crate::readers::Readers;
use crate::rows::Table;
use crate::sql::{Sql, SqlError};

/// As many keys make an era: its part of the index is some 30 MB.
pub(crate) const ERA: i64 = 1 << 20;
/// A hash is below an era's number.
const HASH_BITS: u32 = 48;
/// Hashes that are read at once for a filter.
const STRETCH: usize = 8192;

/// A filter that was made, of which era.
type Built = Arc<Mutex<Option<(i64, Result<Filter, SqlError>)>>>;

/// An era that is over.
struct Over {
    era: i64,
    filter: Option<Filter>,
    /// Whether the filter is in the database.
    kept: bool,
}

/// The eras of all tables that have them.
pub(crate) struct AllEras {
    tables: HashMap<&'static str, Option<Eras>>,
    length: i64,
    /// Filters are made by readers; without any there is one era.
    readers: Option<Arc<Readers>>,
}

impl AllEras {
    /// Eras of `length` keys.
    pub(crate) fn new(length: i64, readers: Option<Arc<Readers>>) -> Self {
        AllEras { tables: HashMap::new(), length, readers }
    }

    /// The eras of a table as they are in this transaction; none where it was made before there were hashes.
    pub(crate) fn of(
        &mut self,
        connection: &Connection,
        table: &'static Table,
    ) -> rusqlite::Result<Option<&mut Eras>> {
        if !table.hashed {
            return Ok(None);
        }
        if !self.tables.contains_key(table.name) {
            let has = connection.column_exists(None, table.name, KEY_HASH.name)?;
            let length = if self.readers.is_some() { self.length } else { i64::MAX };
            let eras = has.then(|| Eras::new(table.name, length, self.readers.clone()));
            self.tables.insert(table.name, eras);
        }
        let Some(Some(eras)) = self.tables.get_mut(table.name) else { return Ok(None) };
        eras.refresh(connection)?;
        Ok(Some(eras))
    }
}

/// The statements for a table's eras.
struct Texts {
    newest: String,
    all: String,
    open: String,
    keep: String,
    forget: String,
    hashes: String,
}

impl Texts {
    fn new(table: &str) -> Self {
        let hash = KEY_HASH.name;
        Texts {
            newest: format!("select max(era) from {table}_eras"),
            all: format!("select era, after_row, filter from {table}_eras order by era desc"),
            open: format!("insert into {table}_eras (era, after_row) values ($1, $2)"),
            keep: format!("update {table}_eras set filter = $1 where era = $2"),
            forget: format!(
                "delete from {table}_eras where era < $1 and not exists (select 1 from {table} \
                 where {hash} >= era << {HASH_BITS} and {hash} < (era + 1) << {HASH_BITS})"
            ),
            hashes: format!(
                "select {hash} from {table} where {hash} > $1 and {hash} < $2 order by {hash} limit {STRETCH}"
            ),
        }
    }
}

/// The eras of one table.
pub(crate) struct Eras {
    texts: Arc<Texts>,
    length: i64,
    readers: Option<Arc<Readers>>,
    /// The newest, and the number of the last row before it. None before anything was read.
    newest: Option<(i64, i64)>,
    /// The newest first.
    over: Vec<Over>,
    built: Built,
    /// Whether a filter is being made.
    building: bool,
}

impl Eras {
    fn new(table: &str, length: i64, readers: Option<Arc<Readers>>) -> Self {
        let texts = Arc::new(Texts::new(table));
        let (built, over) = (Built::default(), Vec::new());
        Eras { texts, length, readers, newest: None, over, built, building: false }
    }

    /// Learns what changed since the last transaction.
    fn refresh(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let newest: Option<i64> =
            connection.prepare_cached(&self.texts.newest)?.query_row([], |row| row.get(0))?;
        if newest.is_none() || newest != self.newest.map(|(era, _)| era) {
            self.load(connection)?;
        }
        self.take_built();
        self.build();
        Ok(())
    }

    fn load(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(&self.texts.all)?;
        let mut rows = statement.query([])?;
        let newest = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        self.newest = Some((newest.get(0)?, newest.get(1)?));
        self.over.clear();
        while let Some(row) = rows.next()? {
            // One that cannot be read is made anew.
            let filter = row.get_ref(2)?.as_blob().ok().and_then(Filter::from_bytes);
            self.over.push(Over { era: row.get(0)?, kept: filter.is_some(), filter });
        }
        Ok(())
    }

    fn take_built(&mut self) {
        let built = self.built.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((era, filter)) = built else { return };
        self.building = false;
        let Some(over) = self.over.iter_mut().find(|over| over.era == era) else { return };
        match filter {
            Ok(filter) => over.filter = Some(filter),
            Err(error) => {
                tracing::warn!(%error, era, "no filter could be made of an era's keys; it is asked itself");
                over.kept = true; // it is not tried again before the next start
            }
        }
    }

    /// Has the next filter made that is missing.
    fn build(&mut self) {
        let missing = self.over.iter().find(|over| over.filter.is_none() && !over.kept);
        let (Some(missing), Some(readers), false) = (missing, &self.readers, self.building) else { return };
        let (era, texts, built) = (missing.era, self.texts.clone(), self.built.clone());
        let look = move |sql: &mut Sql<'_>| {
            let filter = filter(sql, &texts, era);
            *built.lock().unwrap_or_else(PoisonError::into_inner) = Some((era, filter));
        };
        // A store that closes needs none.
        self.building = readers.look(Box::new(look)).is_ok();
    }

    /// Where a key with this hash may lie: the newest era and all that cannot be ruled out.
    pub(crate) fn places(&self, hash: i64) -> Vec<i64> {
        let over = self.over.iter().filter_map(|over| {
            let place = place(over.era, hash);
            over.filter.as_ref().is_none_or(|filter| filter.may_have(place)).then_some(place)
        });
        std::iter::once(self.place_of_new(hash)).chain(over).collect()
    }

    /// Where a new key with this hash is put.
    pub(crate) fn place_of_new(&self, hash: i64) -> i64 {
        place(self.newest.map_or(0, |(era, _)| era), hash)
    }

    /// Keeps the filters that are new, and begins a new era when this one is full; `row` is the number of the last row that was added. It counts from the next
    /// transaction on.
    pub(crate) fn added(&mut self, connection: &Connection, row: i64) -> rusqlite::Result<()> {
        for over in &mut self.over {
            if let (Some(filter), false) = (&over.filter, over.kept) {
                connection.prepare_cached(&self.texts.keep)?.execute((filter.to_bytes(), over.era))?;
                over.kept = true;
            }
        }
        let Some((era, after)) = self.newest else { return Ok(()) };
        // Row numbers begin anew when a table was empty.
        if row < after || row - after >= self.length {
            connection.prepare_cached(&self.texts.open)?.execute([era + 1, row])?;
            connection.prepare_cached(&self.texts.forget)?.execute([era])?;
        }
        Ok(())
    }
}

fn place(era: i64, hash: i64) -> i64 {
    (era << HASH_BITS) | hash
}

/// The filter of an era that is over.
fn filter(sql: &mut Sql<'_>, texts: &Texts, era: i64) -> Result<Filter, SqlError> {
    let newest = sql.query(&texts.newest, &[])?.first().map(|row| row.get::<Option<i64>>(0)).transpose()?;
    if newest.flatten().is_none_or(|newest| newest <= era) {
        return Err(SqlError::decode(format!("era {era} is not over")));
    }
    let (mut last, end) = (place(era, 0) - 1, place(era + 1, 0));
    let mut hashes = Vec::new();
    loop {
        let stretch = sql.query(&texts.hashes, &[&last, &end])?;
        for row in &stretch {
            last = row.get(0)?;
            hashes.push(last);
        }
        if stretch.len() < STRETCH {
            return Ok(Filter::new(&hashes));
        }
    }
}
