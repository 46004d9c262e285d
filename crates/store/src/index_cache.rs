//! What a group knows of one index: which values were loaded, and the keys of the rows that may be under them.

use std::any::Any;
use std::collections::{BTreeSet, HashMap};

use crate::rows::{Index, IndexSpec, Key, Row};
use crate::value::{Merchant, Sink};

/// An index of `R`, whichever.
pub(crate) trait AnyIndex<R: Row>: Send {
    fn spec(&self) -> &'static IndexSpec;
    fn as_any(&mut self) -> &mut dyn Any;
    /// A row was written in this group: it may be found from now on.
    fn note(&mut self, merchant: Merchant, row: &R);
    /// Moves what is wanted to what is asked for; how many.
    fn ask(&mut self) -> usize;
    /// Writes merchant and columns of the n-th value asked for.
    fn write_asked(&self, n: usize, sink: &mut dyn Sink);
    /// The database has this row under the n-th value asked for.
    fn found(&mut self, n: usize, key: R::Key);
    /// All rows under the values asked for have been given.
    fn end(&mut self);
}

type KeyOf<I> = <<I as Index>::Row as Row>::Key;

pub(crate) struct IndexCache<I: Index> {
    slots: HashMap<(Merchant, I::On), Slot<KeyOf<I>>>,
    wanted: BTreeSet<(Merchant, I::On)>,
    asked: Vec<(Merchant, I::On)>,
}

/// `keys` holds every row that may be under the value, and perhaps some that no longer are.
struct Slot<K> {
    loaded: bool,
    stored: usize,
    keys: BTreeSet<K>,
}

/// What an index knows of a value.
pub(crate) enum Known<'a, K> {
    NotLoaded,
    TooMany,
    Keys(&'a BTreeSet<K>),
}

impl<I: Index> IndexCache<I> {
    pub(crate) fn new() -> Self {
        IndexCache { slots: HashMap::new(), wanted: BTreeSet::new(), asked: Vec::new() }
    }

    pub(crate) fn known(&self, merchant: Merchant, on: &I::On) -> Known<'_, KeyOf<I>> {
        match self.slots.get(&(merchant, on.clone())) {
            Some(slot) if slot.loaded && slot.stored > I::SPEC.limit => Known::TooMany,
            Some(slot) if slot.loaded => Known::Keys(&slot.keys),
            _ => Known::NotLoaded,
        }
    }

    pub(crate) fn want(&mut self, merchant: Merchant, on: I::On) {
        self.wanted.insert((merchant, on));
    }

    fn slot(&mut self, merchant: Merchant, on: I::On) -> &mut Slot<KeyOf<I>> {
        self.slots.entry((merchant, on)).or_insert_with(|| Slot {
            loaded: false,
            stored: 0,
            keys: BTreeSet::new(),
        })
    }
}

impl<I: Index> AnyIndex<I::Row> for IndexCache<I> {
    fn spec(&self) -> &'static IndexSpec {
        I::SPEC
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn note(&mut self, merchant: Merchant, row: &I::Row) {
        self.slot(merchant, I::on(row)).keys.insert(row.key());
    }

    fn ask(&mut self) -> usize {
        let slots = &self.slots;
        let wanted = std::mem::take(&mut self.wanted);
        self.asked = wanted.into_iter().filter(|at| slots.get(at).is_none_or(|slot| !slot.loaded)).collect();
        self.asked.len()
    }

    fn write_asked(&self, n: usize, sink: &mut dyn Sink) {
        let (merchant, on) = &self.asked[n];
        merchant.write_key(sink);
        on.write_key(sink);
    }

    fn found(&mut self, n: usize, key: KeyOf<I>) {
        let (merchant, on) = self.asked[n].clone();
        let slot = self.slot(merchant, on);
        slot.stored += 1;
        slot.keys.insert(key);
    }

    fn end(&mut self) {
        for (merchant, on) in std::mem::take(&mut self.asked) {
            self.slot(merchant, on).loaded = true;
        }
    }
}
