//! What a group knows of one table: rows as loaded, rows as the decisions so far left them, and how to undo the
//! decision that is running.

use std::any::{Any, TypeId};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use crate::index_cache::{AnyIndex, IndexCache, Known};
use crate::rows::{Index, IndexSpec, Key, Log, Row, Table};
use crate::sql::SqlError;
use crate::value::{Merchant, Sink, Source};

/// How many rows a group writes to a table, by statement. Rows are deleted first: one may be made anew under the same key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) inserts: usize,
    pub(crate) updates: usize,
    pub(crate) deletes: usize,
}

/// A table of a group, whatever its row type: what the engines work with.
pub(crate) trait AnyTable: Send {
    fn table(&self) -> &'static Table;
    fn as_any(&mut self) -> &mut dyn Any;

    /// Moves what is wanted by key to what is asked for; how many.
    fn ask(&mut self) -> usize;
    /// Writes merchant and key columns of the n-th row asked for.
    fn write_asked(&self, n: usize, sink: &mut dyn Sink);
    /// Takes a row from the database: merchant, then all columns.
    fn take(&mut self, source: &mut dyn Source) -> Result<(), SqlError>;
    /// What was asked for and not given does not exist.
    fn end(&mut self);

    /// Moves what is wanted by index to what is asked for: index, description, how many values.
    fn ask_indexes(&mut self) -> Vec<(usize, &'static IndexSpec, usize)>;
    /// Writes merchant and columns of the n-th value asked for.
    fn write_asked_on(&self, index: usize, n: usize, sink: &mut dyn Sink);
    /// Takes a row found under the n-th value: merchant, then all columns.
    fn take_found(&mut self, index: usize, n: usize, source: &mut dyn Source) -> Result<(), SqlError>;
    /// All rows under the values asked for have been given.
    fn end_index(&mut self, index: usize);

    /// The running decision stands.
    fn keep(&mut self);
    /// The running decision never was.
    fn undo(&mut self);
    /// Describes what the running decision changed.
    fn describe(&self, out: &mut String);

    /// Ends the group: sorts what changed by statement.
    fn finish(&mut self) -> Counts;
    /// The n-th row to insert: merchant, key, fixed, fields.
    fn write_insert(&self, n: usize, sink: &mut dyn Sink);
    /// The n-th row to update: fields, merchant, key.
    fn write_update(&self, n: usize, sink: &mut dyn Sink);
    /// The n-th row to delete: merchant, key.
    fn write_delete(&self, n: usize, sink: &mut dyn Sink);
}

struct Slot<R> {
    /// As the database has it.
    base: Option<R>,
    /// As the group leaves it, if a decision wrote it.
    now: Option<Option<R>>,
}

impl<R> Slot<R> {
    fn current(&self) -> Option<&R> {
        match &self.now {
            Some(now) => now.as_ref(),
            None => self.base.as_ref(),
        }
    }
}

/// What was there before the running decision wrote.
enum Before<R> {
    Nothing,
    Now(Option<Option<R>>),
}

type At<R> = (Merchant, <R as Row>::Key);

pub(crate) struct TableCache<R: Row> {
    slots: HashMap<At<R>, Slot<R>>,
    wanted: BTreeSet<At<R>>,
    asked: Vec<At<R>>,
    indexes: Vec<(TypeId, Box<dyn AnyIndex<R>>)>,
    journal: Vec<(At<R>, Before<R>)>,
    dirty: BTreeSet<At<R>>,
    logs: Vec<(Merchant, R)>,
    logs_kept: usize,
    inserts: Vec<(Merchant, R)>,
    updates: Vec<(Merchant, R)>,
    deletes: Vec<At<R>>,
}

impl<R: Row> TableCache<R> {
    pub(crate) fn new() -> Self {
        TableCache {
            slots: HashMap::new(),
            wanted: BTreeSet::new(),
            asked: Vec::new(),
            indexes: Vec::new(),
            journal: Vec::new(),
            dirty: BTreeSet::new(),
            logs: Vec::new(),
            logs_kept: 0,
            inserts: Vec::new(),
            updates: Vec::new(),
            deletes: Vec::new(),
        }
    }

    /// The row as it is now; `None` if it is not loaded.
    pub(crate) fn get(&self, merchant: Merchant, key: &R::Key) -> Option<Option<&R>> {
        self.slots.get(&(merchant, key.clone())).map(Slot::current)
    }

    pub(crate) fn want(&mut self, merchant: Merchant, key: R::Key) {
        if !self.slots.contains_key(&(merchant, key.clone())) {
            self.wanted.insert((merchant, key));
        }
    }

    /// Writes a new row that nobody has looked for; false if it is known to exist.
    pub(crate) fn add(&mut self, merchant: Merchant, row: R) -> bool {
        let at = (merchant, row.key());
        if self.slots.get(&at).and_then(Slot::current).is_some() {
            return false;
        }
        self.set(at, Some(row));
        true
    }

    /// Writes a row that is loaded, or its absence.
    pub(crate) fn set(&mut self, at: At<R>, row: Option<R>) {
        if let Some(row) = &row {
            for (_, index) in &mut self.indexes {
                index.note(at.0, row);
            }
        }
        let before = match self.slots.get_mut(&at) {
            Some(slot) => Before::Now(slot.now.replace(row)),
            None => {
                self.slots.insert(at.clone(), Slot { base: None, now: Some(row) });
                Before::Nothing
            }
        };
        self.dirty.insert(at.clone());
        self.journal.push((at, before));
    }

    pub(crate) fn log(&mut self, merchant: Merchant, row: R)
    where
        R: Log,
    {
        self.logs.push((merchant, row));
    }

    /// The rows that the group has written, once it is finished.
    pub(crate) fn written(&self) -> impl Iterator<Item = &R> {
        self.inserts.iter().chain(&self.updates).map(|(_, row)| row)
    }

    /// The same, each with the row that the database had; none for one that was removed and made anew.
    pub(crate) fn written_over(&self) -> impl Iterator<Item = (Option<&R>, &R)> {
        let before = |merchant: Merchant, row: &R| self.slots.get(&(merchant, row.key()))?.base.as_ref();
        let new = self.inserts.iter().map(|(_, row)| (None, row));
        new.chain(self.updates.iter().map(move |(merchant, row)| (before(*merchant, row), row)))
    }

    /// The rows an index finds now, by key; `Err` is why it cannot say.
    pub(crate) fn by<I: Index<Row = R>>(&mut self, merchant: Merchant, on: &I::On) -> Found<R> {
        let at = self.index::<I>();
        let Some(index) = self.indexes[at].1.as_any().downcast_mut::<IndexCache<I>>() else {
            return Found::TooMany;
        };
        let keys = match index.known(merchant, on) {
            Known::NotLoaded => {
                index.want(merchant, on.clone());
                return Found::NotLoaded;
            }
            Known::TooMany => return Found::TooMany,
            Known::Keys(keys) => keys,
        };
        let mut rows = Vec::new();
        for key in keys {
            if let Some(row) = self.slots.get(&(merchant, key.clone())).and_then(Slot::current)
                && I::on(row) == *on
            {
                rows.push(row.clone());
            }
        }
        if rows.len() > I::SPEC.limit { Found::TooMany } else { Found::Rows(rows) }
    }

    /// Where the index is kept; a new one learns what the group has written so far.
    fn index<I: Index<Row = R>>(&mut self) -> usize {
        let id = TypeId::of::<I>();
        if let Some(at) = self.indexes.iter().position(|(known, _)| *known == id) {
            return at;
        }
        let mut index = IndexCache::<I>::new();
        for (merchant, key) in &self.dirty {
            if let Some(row) = self.slots.get(&(*merchant, key.clone())).and_then(Slot::current) {
                index.note(*merchant, row);
            }
        }
        self.indexes.push((id, Box::new(index)));
        self.indexes.len() - 1
    }

    fn take_row(&mut self, source: &mut dyn Source) -> Result<At<R>, SqlError> {
        let merchant = <Merchant as crate::value::Field>::read(source)?;
        let row = R::read(source)?;
        let at = (merchant, row.key());
        self.slots.entry(at.clone()).or_insert(Slot { base: Some(row), now: None });
        Ok(at)
    }
}

/// What an index says.
pub(crate) enum Found<R> {
    NotLoaded,
    TooMany,
    Rows(Vec<R>),
}

impl<R: Row> AnyTable for TableCache<R> {
    fn table(&self) -> &'static Table {
        R::TABLE
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn ask(&mut self) -> usize {
        let slots = &self.slots;
        let wanted = std::mem::take(&mut self.wanted);
        self.asked = wanted.into_iter().filter(|at| !slots.contains_key(at)).collect();
        self.asked.len()
    }

    fn write_asked(&self, n: usize, sink: &mut dyn Sink) {
        write_at::<R>(&self.asked[n], sink);
    }

    fn take(&mut self, source: &mut dyn Source) -> Result<(), SqlError> {
        self.take_row(source).map(|_| ())
    }

    fn end(&mut self) {
        for at in std::mem::take(&mut self.asked) {
            self.slots.entry(at).or_insert(Slot { base: None, now: None });
        }
    }

    fn ask_indexes(&mut self) -> Vec<(usize, &'static IndexSpec, usize)> {
        let asked =
            self.indexes.iter_mut().enumerate().map(|(at, (_, index))| (at, index.spec(), index.ask()));
        asked.filter(|(_, _, count)| *count > 0).collect()
    }

    fn write_asked_on(&self, index: usize, n: usize, sink: &mut dyn Sink) {
        self.indexes[index].1.write_asked(n, sink);
    }

    fn take_found(&mut self, index: usize, n: usize, source: &mut dyn Source) -> Result<(), SqlError> {
        let (_, key) = self.take_row(source)?;
        self.indexes[index].1.found(n, key);
        Ok(())
    }

    fn end_index(&mut self, index: usize) {
        self.indexes[index].1.end();
    }

    fn keep(&mut self) {
        self.journal.clear();
        self.logs_kept = self.logs.len();
    }

    fn undo(&mut self) {
        for (at, before) in self.journal.drain(..).rev() {
            match before {
                Before::Nothing => {
                    self.slots.remove(&at);
                }
                Before::Now(now) => {
                    if let Some(slot) = self.slots.get_mut(&at) {
                        slot.now = now;
                    }
                }
            }
        }
        self.logs.truncate(self.logs_kept);
    }

    fn describe(&self, out: &mut String) {
        for (at, _) in &self.journal {
            let row = self.slots.get(at).and_then(Slot::current);
            // Writing to a String does not fail.
            let _ = writeln!(out, "{} {:?} = {row:?}", R::TABLE.name, at.1);
        }
        for (_, row) in &self.logs[self.logs_kept..] {
            let _ = writeln!(out, "{} + {row:?}", R::TABLE.name);
        }
    }

    fn finish(&mut self) -> Counts {
        self.inserts = std::mem::take(&mut self.logs);
        for at in std::mem::take(&mut self.dirty) {
            let Some(slot) = self.slots.get_mut(&at) else { continue };
            let Some(now) = slot.now.take() else { continue };
            match (&slot.base, now) {
                (None, Some(row)) => self.inserts.push((at.0, row)),
                (Some(base), Some(row)) if *base != row && base.same_fixed(&row) => {
                    self.updates.push((at.0, row));
                }
                // Removed and made anew: an update would keep the old one's fixed columns.
                (Some(base), Some(row)) if *base != row => {
                    self.deletes.push(at.clone());
                    self.inserts.push((at.0, row));
                }
                (Some(_), None) => self.deletes.push(at),
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        // In key order the engine appends to its pages instead of jumping between them.
        self.inserts.sort_by_cached_key(|(merchant, row)| (row.key(), *merchant));
        self.updates.sort_by_cached_key(|(merchant, row)| (row.key(), *merchant));
        Counts { inserts: self.inserts.len(), updates: self.updates.len(), deletes: self.deletes.len() }
    }

    fn write_insert(&self, n: usize, sink: &mut dyn Sink) {
        let (merchant, row) = &self.inserts[n];
        merchant.write_key(sink);
        row.key().write_key(sink);
        row.write_fixed(sink);
        row.write_fields(sink);
    }

    fn write_update(&self, n: usize, sink: &mut dyn Sink) {
        let (merchant, row) = &self.updates[n];
        row.write_fields(sink);
        merchant.write_key(sink);
        row.key().write_key(sink);
    }

    fn write_delete(&self, n: usize, sink: &mut dyn Sink) {
        write_at::<R>(&self.deletes[n], sink);
    }
}

fn write_at<R: Row>((merchant, key): &At<R>, sink: &mut dyn Sink) {
    merchant.write_key(sink);
    key.write_key(sink);
}
