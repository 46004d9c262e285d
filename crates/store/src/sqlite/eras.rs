//! Eras of keys that come in no order.
//!
//! New keys fall all over an index of their hashes. Once it no longer fits in memory, each of them waits for a page of the disk. So the index is cut into eras of
//! [`ERA`] keys, in the order in which they were made: an entry is the era's number and the hash. New keys fall on the newest era's pages, which stay in memory. For
//! each era before it a filter of two bytes a key tells nearly always, without the disk, that a key is not there.
//!
//! An era that is over takes no keys any more, from no process: who writes reads the newest era's number in the same transaction. So a filter that was made of all
//! keys of an era that was over is right for ever. It is made beside the writer, kept in the database, and until it is there the era's part of the
//! index is asked. (In memory it is the writer who makes it: simulated days pass through eras, too.) Whatever goes wrong with a filter costs speed and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::filter::Filter;
use super::key_hash::KeyHash;
use super::read::Reader;
use crate::dialect::{KEY_HASH, key_columns};
use crate::readers::Readers;
use crate::rows::Table;
use crate::sql::{Sql, SqlError};
use crate::value::Sink;

/// As many keys make an era: its part of the index is some 30 MB.
pub(crate) const ERA: i64 = 1 << 20;
/// A hash is below an era's number.
const HASH_BITS: u32 = 48;
const HASHES: i64 = (1 << HASH_BITS) - 1;
/// No more fit above a hash; the last one takes whatever comes.
const LAST_ERA: i64 = i64::MAX >> HASH_BITS;
/// Hashes that are read at once for a filter.
const STRETCH: usize = 8192;

/// A filter that was made, of which era.
type Built = Arc<Mutex<Option<(i64, Result<Filter, SqlError>)>>>;

/// An era that is over.
struct Over {
    era: i64,
    filter: Option<Filter>,
    in_database: Stored,
}

/// Whether an era's filter is in the database.
#[derive(PartialEq)]
enum Stored {
    NotYet,
    /// Should its group be undone, the filter is made again after the next start.
    Yes,
    /// It could not be made or written: not before the next start.
    GivenUp,
}

/// The eras of all tables that have them.
pub(crate) struct AllEras {
    tables: HashMap<&'static str, Option<Eras>>,
    length: i64,
    /// They make the filters; without any, in memory, the writer does.
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
            let eras = has.then(|| Eras::new(table, self.length, self.readers.clone()));
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
    filter: String,
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
            all: format!("select era, after_row from {table}_eras order by era desc"),
            filter: format!("select filter from {table}_eras where era = $1"),
            open: format!("insert into {table}_eras (era, after_row) values ($1, $2)"),
            keep: format!("update {table}_eras set filter = $1 where era = $2"),
            forget: format!(
                "delete from {table}_eras where era < $1 and not exists (select 1 from {table} \
                 where {hash} between era << {HASH_BITS} and (era << {HASH_BITS}) + {HASHES})"
            ),
            hashes: format!(
                "select {hash} from {table} where {hash} > $1 and {hash} <= $2 order by {hash} limit {STRETCH}"
            ),
        }
    }
}

/// The eras of one table.
pub(crate) struct Eras {
    texts: Arc<Texts>,
    /// Columns of a key, the merchant's with them.
    columns: usize,
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
    fn new(table: &Table, length: i64, readers: Option<Arc<Readers>>) -> Self {
        let (texts, columns) = (Arc::new(Texts::new(table.name)), key_columns(table).len());
        let (built, over) = (Built::default(), Vec::new());
        Eras { texts, columns, length, readers, newest: None, over, built, building: false }
    }

    /// Learns what changed since the last transaction.
    fn refresh(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let newest: Option<i64> =
            connection.prepare_cached(&self.texts.newest)?.query_row([], |row| row.get(0))?;
        if newest.is_none() || newest != self.newest.map(|(era, _)| era) {
            self.load(connection)?;
        }
        self.take_built();
        self.build(connection);
        Ok(())
    }

    fn load(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        // Should this fail half way, the next transaction begins anew.
        self.newest = None;
        let mut known = std::mem::take(&mut self.over);
        let mut statement = connection.prepare_cached(&self.texts.all)?;
        let mut rows = statement.query([])?;
        let newest = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let newest = (newest.get(0)?, newest.get(1)?);
        while let Some(row) = rows.next()? {
            let era = row.get(0)?;
            // What was read once stays right.
            let over = match known.iter().position(|over| over.era == era) {
                Some(at) => known.swap_remove(at),
                None => self.read(connection, era)?,
            };
            self.over.push(over);
        }
        self.newest = Some(newest);
        Ok(())
    }

    /// An era with its filter; one that is damaged is made anew.
    fn read(&self, connection: &Connection, era: i64) -> rusqlite::Result<Over> {
        let filter = connection.prepare_cached(&self.texts.filter).and_then(|mut statement| {
            statement.query_row([era], |row| {
                let kept = row.get_ref(0)?;
                Ok(kept.as_blob().ok().and_then(|bytes| Filter::from_bytes(era, bytes)))
            })
        });
        let filter =
            done_without(connection, filter, "the filter of an era's keys cannot be read")?.flatten();
        let in_database = if filter.is_some() { Stored::Yes } else { Stored::NotYet };
        Ok(Over { era, filter, in_database })
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
                over.in_database = Stored::GivenUp;
            }
        }
    }

    /// Has the next filter made that is missing.
    fn build(&mut self, connection: &Connection) {
        let missing = |over: &&Over| over.filter.is_none() && over.in_database == Stored::NotYet;
        let (Some(Over { era, .. }), false) = (self.over.iter().find(missing), self.building) else { return };
        let (era, texts, built) = (*era, self.texts.clone(), self.built.clone());
        let make = move |sql: &mut Sql<'_>| {
            let filter = filter(sql, &texts, era);
            *built.lock().unwrap_or_else(PoisonError::into_inner) = Some((era, filter));
        };
        match &self.readers {
            // A store that closes needs none.
            Some(readers) => self.building = readers.look(Box::new(make)).is_ok(),
            None => {
                make(&mut Sql::new(&mut Reader { connection }));
                self.take_built();
            }
        }
    }

    /// The hash of a key, which is what is written first.
    fn hash(&self, key: impl Fn(&mut dyn Sink)) -> i64 {
        let mut hash = KeyHash::new(self.columns);
        key(&mut hash);
        hash.end()
    }

    /// Where a key may lie: the newest era and all that cannot be ruled out.
    pub(crate) fn places(&self, key: impl Fn(&mut dyn Sink)) -> Vec<i64> {
        let hash = self.hash(key);
        let over = self.over.iter().filter_map(|over| {
            let place = place(over.era, hash);
            over.filter.as_ref().is_none_or(|filter| filter.may_have(place)).then_some(place)
        });
        std::iter::once(place(self.newest_era(), hash)).chain(over).collect()
    }

    /// Where a new key is put.
    pub(crate) fn new_place(&self, key: impl Fn(&mut dyn Sink)) -> i64 {
        place(self.newest_era(), self.hash(key))
    }

    fn newest_era(&self) -> i64 {
        self.newest.expect("whoever has eras was given them when they had been read").0
    }

    /// Keeps the filters that are new, and begins a new era when this one is full; `row` is the number of the last row that was added. It counts from the next
    /// transaction on.
    pub(crate) fn added(&mut self, connection: &Connection, row: i64) -> rusqlite::Result<()> {
        for over in &mut self.over {
            if let (Some(filter), Stored::NotYet) = (&over.filter, &over.in_database) {
                let kept = connection
                    .prepare_cached(&self.texts.keep)
                    .and_then(|mut statement| statement.execute((filter.to_bytes(over.era), over.era)));
                over.in_database = if kept.is_ok() { Stored::Yes } else { Stored::GivenUp };
                done_without(connection, kept, "the filter of an era's keys cannot be kept")?;
            }
        }
        let Some((era, after)) = self.newest else { return Ok(()) };
        // Row numbers begin anew when a table was empty.
        if era < LAST_ERA && (row < after || row - after >= self.length) {
            connection.prepare_cached(&self.texts.open)?.execute([era + 1, row])?;
            let forgotten =
                connection.prepare_cached(&self.texts.forget).and_then(|mut eras| eras.execute([era]));
            done_without(connection, forgotten, "eras without keys cannot be forgotten")?;
        }
        Ok(())
    }
}

/// Goes on without what could not be had, unless the database has undone the whole transaction because of it (a disk that is full): what was written then would
/// be written by itself.
fn done_without<T>(
    connection: &Connection,
    tried: rusqlite::Result<T>,
    what: &'static str,
) -> rusqlite::Result<Option<T>> {
    match tried {
        Ok(value) => Ok(Some(value)),
        Err(error) if connection.is_autocommit() => Err(error),
        Err(error) => {
            tracing::warn!(%error, "{what}");
            Ok(None)
        }
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
    let (mut last, end) = (place(era, 0) - 1, place(era, HASHES));
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
