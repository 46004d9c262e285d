//! Migrations: numbered steps a room (a crate, a scene, a channel) takes, each once, recorded in a table.
//!
//! Two releases run side by side during an upgrade, so a step *expands*: it adds tables, columns with a default, indexes.
//! A step that takes something away from the release before *contracts*: its SQL begins with the line
//! `-- contract`. A release that does not know a recorded step refuses to start only if that step contracts.
//!
//! The release before serves while steps are taken. On PostgreSQL an index of a table that is there already is built beside its writers, so a
//! step that makes one does nothing else; see `postgres/steps.rs`.

use std::collections::BTreeMap;

use crate::dialect::{BY_HASH, BY_ID};
use crate::sql::{SqlError, Value};

/// A step. Numbers ascend within a room; the SQL is never changed once released. Tokens: `{bytes}` is the type of
/// bytes, `{clustered}` at the end of a `create table` keeps the rows in the order of the primary key; `{by_id}` after the name of a table says
/// that its primary key is (id, merchant) and that no two merchants have the same id; `{by_hash}` there, that its rows are declared `by hash`.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Whose step it is.
    pub room: &'static str,
    /// Its place among the room's steps.
    pub number: u32,
    /// One or more statements.
    pub sql: &'static str,
}

/// Why the database could not be brought up to date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MigrateError {
    /// The steps given are not in ascending order.
    #[error("migrations of {0} are not in ascending order, or one is there twice")]
    Order(String),
    /// A step makes an index of a table that an earlier step made, and something else.
    #[error(
        "migration {room} {number} makes an index of a table that is there already, and something else: \
         make the index in a step of its own, so that it can be built while others write"
    )]
    Mixed {
        /// The room.
        room: String,
        /// The number.
        number: u32,
    },
    /// A step was changed after it ran here.
    #[error(
        "migration {room} {number} has changed since it ran on this database: put its text back and add a new one"
    )]
    Changed {
        /// The room.
        room: String,
        /// The number.
        number: u32,
    },
    /// The database is newer than this release, and no longer serves it.
    #[error(
        "this database was upgraded by a newer release ({room} {number}) that this one cannot run beside: \
         start the newer release"
    )]
    Newer {
        /// The room.
        room: String,
        /// The number.
        number: u32,
    },
    /// A step failed. Nothing of it was kept but, on PostgreSQL, an index half built, which the next try builds anew; steps before it stay there,
    /// and are taken back on SQLite.
    #[error("migration {room} {number}: {error}")]
    Step {
        /// The room.
        room: String,
        /// The number.
        number: u32,
        /// What the engine said.
        error: SqlError,
    },
    /// The database could not be used.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

/// The store's own tables.
pub(crate) const OWN: &[Migration] = &[
    Migration { room: "store", number: 1, sql: TABLES },
    // Who works on a job: a process that starts again takes up at once what it held when it died.
    Migration { room: "store", number: 2, sql: "alter table store_jobs add column holder bigint;" },
];

const TABLES: &str = "
create table store_merchants (merchant bigint primary key, event_seq bigint not null){clustered};
create table store_events (merchant bigint not null, seq bigint not null, at bigint not null, kind text not null,
  subject bigint not null, data text not null, primary key (merchant, seq)){clustered};
create table store_jobs (id bigint not null, merchant bigint not null, kind text not null, subject bigint not null,
  priority bigint not null, payload text not null, created_at bigint not null, tries bigint not null,
  run_at bigint not null, error text, parked text, primary key (id, merchant)){clustered};
create index store_jobs_due on store_jobs (run_at) where parked is null;
create table store_nodes (node bigint primary key, ids_upto bigint not null){clustered};
";

/// Where the steps are recorded.
pub(crate) const RECORD: &str = "create table if not exists store_migrations (room text not null, \
     number bigint not null, hash bigint not null, contracts bigint not null, primary key (room, number))";
pub(crate) const RECORDED: &str = "select room, number, hash, contracts from store_migrations";
pub(crate) const NOTE: &str =
    "insert into store_migrations (room, number, hash, contracts) values ($1, $2, $3, $4)";

impl Migration {
    fn contracts(&self) -> bool {
        self.sql.trim_start().starts_with("-- contract")
    }

    /// Whether it makes an index of a table that it does not make itself, and something besides indexes.
    fn mixes(&self) -> bool {
        let mut tables = Vec::new();
        let (mut indexed, mut others) = (false, false);
        for statement in statements(self.sql) {
            let named = |words: &str, until: &[char]| {
                statement.split_once(words)?.1.trim_start().split(until).next().map(str::to_owned)
            };
            if statement.starts_with("create index ") {
                indexed |= named(" on ", &[' ', '(']).is_some_and(|table| !tables.contains(&table));
            } else if !statement.starts_with("drop index ") {
                others = true;
                tables.extend(named("create table ", &[' ', '(', '{']));
            }
        }
        indexed && others
    }

    /// FNV-1a over the words of the text: white space does not count, nor does how an engine keeps a table.
    fn hash(&self) -> i64 {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for word in self.sql.replace(BY_ID, "").replace(BY_HASH, "").split_whitespace() {
            for byte in word.bytes().chain([b' ']) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        hash.cast_signed()
    }

    /// What [`NOTE`] takes.
    pub(crate) fn note(&self) -> Vec<Value> {
        vec![
            Value::Text(self.room.to_owned()),
            Value::Int(i64::from(self.number)),
            Value::Int(self.hash()),
            Value::Int(i64::from(self.contracts())),
        ]
    }

    pub(crate) fn failed(&self, error: SqlError) -> MigrateError {
        MigrateError::Step { room: self.room.to_owned(), number: self.number, error }
    }
}

/// The statements of a step.
pub(crate) fn statements(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(';').map(str::trim).filter(|statement| !statement.is_empty())
}

/// All steps, the store's own first, checked for their order and for what they may do together.
pub(crate) fn gather(given: &[&[Migration]]) -> Result<Vec<Migration>, MigrateError> {
    let all: Vec<Migration> = OWN.iter().chain(given.iter().copied().flatten()).copied().collect();
    let mut last: BTreeMap<&str, u32> = BTreeMap::new();
    for step in &all {
        if last.insert(step.room, step.number).is_some_and(|before| before >= step.number) {
            return Err(MigrateError::Order(step.room.to_owned()));
        }
        if step.mixes() {
            return Err(MigrateError::Mixed { room: step.room.to_owned(), number: step.number });
        }
    }
    Ok(all)
}

/// The steps still to be taken, given what [`RECORDED`] answered.
pub(crate) fn pending(all: &[Migration], recorded: &[Vec<Value>]) -> Result<Vec<Migration>, MigrateError> {
    let mut done: BTreeMap<(String, u32), i64> = BTreeMap::new();
    for row in recorded {
        let [Value::Text(room), Value::Int(number), Value::Int(hash), Value::Int(contracts)] = row.as_slice()
        else {
            return Err(SqlError::decode("store_migrations holds something else").into());
        };
        let number = u32::try_from(*number).map_err(|_| SqlError::decode("a migration's number"))?;
        let ours = all.iter().any(|step| step.room == room);
        let known = all.iter().any(|step| step.room == room && step.number == number);
        if ours && !known && *contracts != 0 {
            return Err(MigrateError::Newer { room: room.clone(), number });
        }
        done.insert((room.clone(), number), *hash);
    }
    let mut pending = Vec::new();
    for step in all {
        match done.get(&(step.room.to_owned(), step.number)) {
            None => pending.push(*step),
            Some(hash) if *hash == step.hash() => {}
            Some(_) => {
                return Err(MigrateError::Changed { room: step.room.to_owned(), number: step.number });
            }
        }
    }
    Ok(pending)
}
