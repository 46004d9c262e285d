//! Decisions on SQLite or PostgreSQL, migrations, jobs, reads. Knows no business table.
//!
//! Start with [`Db`] and [`View`]; [`rows!`], [`log_rows!`], [`index!`] and [`text_enum!`] declare what a decision
//! sees. `README.md` beside this crate says how the pieces are used and what each choice costs.

mod cache;
pub mod carry;
mod changes;
mod db;
mod decision;
mod dialect;
mod group;
mod index_cache;
mod jobs;
mod macros;
mod migrate;
pub mod ports;
mod postgres;
mod queue;
mod readers;
mod rows;
mod sql;
mod sqlite;
mod tables;
#[cfg(feature = "testing")]
pub mod testing;
pub mod value;
mod view;
mod watch;
mod witness;
mod workers;

pub use changes::{Change, Event};
pub use db::{Db, OpenError, Options};
pub use decision::{Fail, Missing, NotFound, Refusal, Stop};
pub use jobs::{Job, NewJob};
pub use migrate::{MigrateError, Migration};
pub use ports::{Clock, IdMaker, Random};
pub use rows::{Column, Index, IndexSpec, Key, Log, Row, Table};
pub use sql::{DAMAGED, Param, Sql, SqlError, SqlRow};
pub use value::{Field, Id, Json, Kind, Merchant, Millis, Sink, Source};
pub use view::View;
pub use witness::{Committed, Witness};
pub use workers::{Handlers, JobError, JobHandler, Workers};

#[doc(hidden)]
pub mod __private {
    pub use serde;
}
