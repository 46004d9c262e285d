//! What a row, a log and an index are. [`rows!`](crate::rows), [`log_rows!`](crate::log_rows) and
//! [`index!`](crate::index) implement these.

use std::fmt::Debug;
use std::hash::Hash;

use crate::sql::SqlError;
use crate::value::{Field, Kind, Sink, Source};

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name; SQL quotes it.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
}

impl Column {
    /// The column that holds an `F`.
    pub const fn of<F: Field>(name: &'static str) -> Column {
        Column { name, kind: F::KIND }
    }
}

/// A table, besides its `merchant` column.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// With `merchant`, the primary key.
    pub key: &'static [Column],
    /// Written once.
    pub fixed: &'static [Column],
    /// May change.
    pub fields: &'static [Column],
    /// Its keys come in no order and are many: on SQLite they are found through a small index of their hashes.
    pub hashed: bool,
}

/// The value of a row's key, or of what an index finds by.
pub trait Key: Clone + Debug + Eq + Ord + Hash + Send + Sync + 'static {
    /// Writes its columns in order.
    fn write_key(&self, sink: &mut dyn Sink);
}

impl<F: Field + Eq + Ord + Hash> Key for F {
    fn write_key(&self, sink: &mut dyn Sink) {
        self.write(sink);
    }
}

macro_rules! tuple_keys {
    ($(($($t:ident $n:tt),+))+) => {$(
        impl<$($t: Field + Eq + Ord + Hash),+> Key for ($($t,)+) {
            fn write_key(&self, sink: &mut dyn Sink) {
                $(self.$n.write(sink);)+
            }
        }
    )+};
}
tuple_keys! { (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) }

/// A typed row. The merchant is not part of it: the store adds it.
pub trait Row: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// What identifies it within its merchant.
    type Key: Key;
    /// Where it is kept.
    const TABLE: &'static Table;
    /// Its key.
    fn key(&self) -> Self::Key;
    /// Writes the fixed columns in order.
    fn write_fixed(&self, sink: &mut dyn Sink);
    /// Writes the changing columns in order.
    fn write_fields(&self, sink: &mut dyn Sink);
    /// Reads key, fixed and changing columns, in this order.
    fn read(source: &mut dyn Source) -> Result<Self, SqlError>;
    /// Whether the fixed columns are the same.
    fn same_fixed(&self, other: &Self) -> bool;
}

/// A row that is inserted and never changed.
pub trait Log: Row {}

/// What an index finds by.
#[derive(Debug)]
pub struct IndexSpec {
    /// Its name in messages.
    pub name: &'static str,
    /// The table.
    pub table: &'static Table,
    /// The columns.
    pub on: &'static [Column],
    /// The most rows one value may have. More is an error of the program, not a longer list.
    pub limit: usize,
}

/// A bounded list of rows by the value of some columns.
pub trait Index: Send + Sync + 'static {
    /// The rows it finds.
    type Row: Row;
    /// What it finds by.
    type On: Key;
    /// Its description.
    const SPEC: &'static IndexSpec;
    /// Under what a row is found.
    fn on(row: &Self::Row) -> Self::On;
}
