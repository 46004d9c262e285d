//! Where the two engines' SQL differs, and the statements made from table descriptions. Everything else is one text.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use crate::rows::{Column, IndexSpec, Table};
use crate::value::Kind;

/// An engine's way of saying things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// The statements of one table. Parameters: merchant and key; inserts take merchant, key, fixed, fields; updates take
/// fields, merchant, key. On SQLite they are values of one row, with era and hash behind them where there are hashes, on PostgreSQL arrays of all rows.
#[derive(Debug)]
pub(crate) struct TableSql {
    pub(crate) select: Arc<str>,
    pub(crate) insert: Arc<str>,
    /// None where nothing may change.
    pub(crate) update: Option<Arc<str>>,
    pub(crate) delete: Arc<str>,
}

/// The statements of tables and indexes, each made once.
pub(crate) struct Texts {
    dialect: Dialect,
    tables: HashMap<&'static str, Arc<TableSql>>,
    indexes: HashMap<&'static str, Arc<str>>,
}

impl Texts {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Texts { dialect, tables: HashMap::new(), indexes: HashMap::new() }
    }

    /// The statements of a table, which on SQLite may have hashes of its keys.
    pub(crate) fn table(&mut self, table: &'static Table, hashes: bool) -> Arc<TableSql> {
        let make = || Arc::new(self.dialect.table(table, hashes));
        self.tables.entry(table.name).or_insert_with(make).clone()
    }

    pub(crate) fn index(&mut self, spec: &'static IndexSpec) -> Arc<str> {
        self.indexes.entry(spec.name).or_insert_with(|| self.dialect.index(spec).into()).clone()
    }
}

const MERCHANT: Column = Column { name: "merchant", kind: Kind::Int };

/// Marks a table of a migration whose ids are made by the store: no two merchants have the same.
pub(crate) const BY_ID: &str = "{by_id}";

/// Marks a table of a migration whose rows are declared `by hash`.
pub(crate) const BY_HASH: &str = "{by_hash}";

/// The column of a key's era and hash, on SQLite.
pub(crate) const KEY_HASH: Column = Column { name: "key_hash", kind: Kind::Int };

/// SQLite keeps a table that is marked with [`BY_HASH`] in the order in which its rows are made, and finds them through an index of their hashes, which
/// is a seventh of a tree of the keys and is cut into eras (`sqlite/eras.rs`). That no two rows have one key, the decisions see to.
fn by_hash(statement: &str) -> String {
    let Some((start, rest)) = statement.split_once(BY_HASH) else { return statement.to_owned() };
    let name = start.rsplit(' ').next().unwrap_or_default();
    let columns = rest.split_once("primary key").map_or(rest, |(columns, _)| columns);
    let columns = columns.trim_end().trim_end_matches(',');
    let hash = KEY_HASH.name;
    format!(
        "{start}{columns}, {hash} bigint not null);\ncreate index {name}_by_hash on {name} ({hash});\n\
         create table {name}_eras (era integer primary key, after_row bigint not null, filter blob);\n\
         insert into {name}_eras (era, after_row) values (0, 0);"
    )
}

/// SQLite keeps a table that is marked with [`BY_ID`] in the order of its ids, without an index beside it for the primary key: half of the
/// pages a new row touches.
fn by_row_number(statement: &str) -> String {
    let Some((start, rest)) = statement.split_once(BY_ID) else { return statement.to_owned() };
    let rest = rest.replacen("id bigint not null", "id integer primary key not null", 1);
    match rest.split_once("primary key (id, merchant)") {
        Some((columns, end)) => {
            format!("{start}{}{end}", columns.trim_end().trim_end_matches(','))
        }
        None => format!("{start}{rest}"),
    }
}

/// The name in quotes, so that reserved words serve as columns.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.trim_start_matches("r#"))
}

fn list(columns: impl IntoIterator<Item = Column>, each: impl Fn(usize, &str) -> String, by: &str) -> String {
    let parts: Vec<_> =
        columns.into_iter().enumerate().map(|(at, column)| each(at, &quoted(column.name))).collect();
    parts.join(by)
}

/// Merchant, key, fixed, fields: the order in which rows are read and inserted.
pub(crate) fn columns(table: &Table) -> Vec<Column> {
    let rest = table.key.iter().chain(table.fixed).chain(table.fields);
    std::iter::once(MERCHANT).chain(rest.copied()).collect()
}

/// Merchant and key.
pub(crate) fn key_columns(table: &Table) -> Vec<Column> {
    std::iter::once(MERCHANT).chain(table.key.iter().copied()).collect()
}

/// Fields, merchant, key: the order in which rows are updated.
pub(crate) fn update_columns(table: &Table) -> Vec<Column> {
    table.fields.iter().copied().chain(key_columns(table)).collect()
}

/// Merchant and the columns of the index.
pub(crate) fn index_columns(spec: &IndexSpec) -> Vec<Column> {
    std::iter::once(MERCHANT).chain(spec.on.iter().copied()).collect()
}

/// The columns of a row, as `select` lists them.
pub(crate) fn select_list(table: &Table) -> String {
    list(columns(table), |_, name| name.to_owned(), ", ")
}

/// `unnest(cast($1 as bigint[]), …)`: the rows that are given as one array a column.
fn unnest(columns: &[Column]) -> String {
    let kind = |kind| match kind {
        Kind::Int => "bigint",
        Kind::Text => "text",
        Kind::Bytes => "bytea",
    };
    let mut out = String::from("unnest(");
    for (at, column) in columns.iter().enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        // Writing to a String does not fail.
        let _ = write!(out, "{comma}cast(${} as {}[])", at + 1, kind(column.kind));
    }
    out + ")"
}

fn given(count: usize) -> String {
    (0..count).map(|at| format!("c{at}")).collect::<Vec<_>>().join(", ")
}

impl Dialect {
    /// What the tokens of migrations stand for here.
    pub(crate) fn migration(self, sql: &str) -> String {
        let (bytes, clustered) = match self {
            Dialect::Sqlite => ("blob", " without rowid"),
            Dialect::Postgres => ("bytea", ""),
        };
        let sql = sql.replace("{bytes}", bytes).replace("{clustered}", clustered);
        match self {
            Dialect::Sqlite if sql.contains(BY_ID) || sql.contains(BY_HASH) => {
                let statements = sql.split_inclusive(';');
                statements.map(|statement| by_hash(&by_row_number(statement))).collect::<Vec<_>>().concat()
            }
            _ => sql.replace(BY_ID, "").replace(BY_HASH, ""),
        }
    }

    /// The statements of a table, which on SQLite may have hashes of its keys.
    pub(crate) fn table(self, table: &Table, hashes: bool) -> TableSql {
        match self {
            Dialect::Sqlite => sqlite_table(table, hashes),
            Dialect::Postgres => postgres_table(table),
        }
    }

    /// Loads the rows under index values: on SQLite of one value; on PostgreSQL of all, with the number of the value
    /// (from 1) in front. One row more than the limit shows that there are too many.
    pub(crate) fn index(self, spec: &IndexSpec) -> String {
        let (name, limit) = (quoted(spec.table.name), spec.limit + 1);
        let (on, order) =
            (index_columns(spec), list(spec.table.key.iter().copied(), |_, n| n.to_owned(), ", "));
        match self {
            Dialect::Sqlite => format!(
                "select {} from {name} where {} order by {order} limit {limit}",
                select_list(spec.table),
                list(on, |at, column| format!("{column} = ${}", at + 1), " and "),
            ),
            Dialect::Postgres => format!(
                "select k.n, {} from {} with ordinality as k({}, n) cross join lateral \
                 (select * from {name} i where {} order by {order} limit {limit}) r",
                list(columns(spec.table), |_, column| format!("r.{column}"), ", "),
                unnest(&on),
                given(on.len()),
                list(on.iter().copied(), |at, column| format!("i.{column} = k.c{at}"), " and "),
            ),
        }
    }

    /// Claims due jobs: the end of the lease, the node, now, the kinds (a JSON array or an array), how many. It answers merchant
    /// and all columns of a job.
    pub(crate) fn claim(self) -> String {
        let (kinds, skip) = match self {
            Dialect::Sqlite => ("in (select value from json_each($4))", ""),
            Dialect::Postgres => ("= any(cast($4 as text[]))", " for update skip locked"),
        };
        format!(
            "update store_jobs set tries = tries + 1, run_at = $1, holder = $2 where (id, merchant) in \
             (select id, merchant from store_jobs where parked is null and run_at <= $3 and kind {kinds} \
             order by priority desc, run_at, id limit $5{skip}) returning {JOB_COLUMNS}"
        )
    }
}

/// How merchants are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    /// All of them, in order, waiting for whoever holds one.
    Wait,
    /// The same, but not for long.
    Brief,
    /// Those that nobody holds.
    Skip,
    /// Not at all: only for the test that shows what happens then.
    Not,
}

/// Locks merchants and answers them with their last event's number. The lock is a row of its own: it works through
/// poolers, on absent rows, and on engines without advisory locks. Distributing engines take the form for one.
pub(crate) fn lock(one: bool, how: Lock) -> String {
    let which = if one { "= $1" } else { "= any($1)" };
    let how = match how {
        Lock::Wait | Lock::Brief => " for no key update",
        Lock::Skip => " for no key update skip locked",
        Lock::Not => "",
    };
    format!("select merchant, event_seq from store_merchants where merchant {which} order by merchant{how}")
}

/// Gives merchants the row that is locked for them.
pub(crate) const INTRODUCE: &str = "insert into store_merchants (merchant, event_seq) \
     select m, 0 from unnest(cast($1 as bigint[])) as k(m) order by m on conflict do nothing";

/// Moves the numbers of merchants' last events on.
pub(crate) const MOVE_HEADS: &str = "update store_merchants t set event_seq = k.seq \
     from unnest(cast($1 as bigint[]), cast($2 as bigint[])) as k(merchant, seq) where t.merchant = k.merchant";

/// Promises that no id at or after a moment was made before.
pub(crate) const PROMISE_IDS: &str = "insert into store_nodes (node, ids_upto) \
     select n, u from unnest(cast($1 as bigint[]), cast($2 as bigint[])) as k(n, u) \
     on conflict (node) do update set ids_upto = greatest(store_nodes.ids_upto, excluded.ids_upto)";

/// What was promised for a node.
pub(crate) const PROMISED_IDS: &str = "select ids_upto from store_nodes where node = $1";

/// All merchants with their last event's number.
pub(crate) const HEADS: &str = "select merchant, event_seq from store_merchants";

/// Events of one merchant after one, for the news of them.
pub(crate) const EVENTS_AFTER: &str = "select merchant, seq, kind, subject from store_events \
     where merchant = $1 and seq > $2 order by seq limit 5000";

/// Makes claimable what a node held: it has just started, so it is working on none of it.
pub(crate) const TAKE_UP: &str =
    "update store_jobs set run_at = $1, holder = null where holder = $2 and parked is null";

/// Forgets events of one merchant up to one.
pub(crate) const FORGET_EVENTS: &str = "delete from store_events where merchant = $1 and seq <= $2";

/// Settings of PostgreSQL connections that write. Statements are prepared while tables are empty; without these a plan
/// made then would scan whole tables for ever.
pub(crate) const WRITER_SETTINGS: &[&str] = &[
    "set enable_seqscan = off",
    "set enable_bitmapscan = off",
    "set enable_hashjoin = off",
    "set enable_mergejoin = off",
    "set plan_cache_mode = force_generic_plan",
    "set jit = off",
    "set lock_timeout = '20s'",
    "set idle_in_transaction_session_timeout = '60s'",
    "set default_transaction_isolation = 'read committed'",
];

/// What a claim answers.
const JOB_COLUMNS: &str =
    "merchant, id, kind, subject, priority, payload, created_at, tries, run_at, error, parked, holder";

fn sqlite_table(table: &Table, hashes: bool) -> TableSql {
    let name = quoted(table.name);
    let numbered = |from: usize| move |at: usize, column: &str| format!("{column} = ${}", at + from);
    assert!(!hashes || table.fields.is_empty(), "{name}: rows by hash do not change");
    let hash = hashes.then_some(KEY_HASH);
    let key = list(key_columns(table).into_iter().chain(hash), numbered(1), " and ");
    let all: Vec<_> = columns(table).into_iter().chain(hash).collect();
    let places: Vec<_> = (1..=all.len()).map(|at| format!("${at}")).collect();
    let fields = table.fields.len();
    TableSql {
        select: format!("select {} from {name} where {key}", select_list(table)).into(),
        insert: format!(
            "insert into {name} ({}) values ({})",
            list(all, |_, column| column.to_owned(), ", "),
            places.join(", ")
        )
        .into(),
        update: (fields > 0).then(|| {
            let set = list(table.fields.iter().copied(), numbered(1), ", ");
            format!(
                "update {name} set {set} where {}",
                list(key_columns(table), numbered(fields + 1), " and ")
            )
            .into()
        }),
        delete: format!("delete from {name} where {key}").into(),
    }
}

fn postgres_table(table: &Table) -> TableSql {
    let name = quoted(table.name);
    let all = columns(table);
    let key = key_columns(table);
    let fields = table.fields.len();
    let on = |from: usize| list(key.iter().copied(), |at, c| format!("t.{c} = k.c{}", at + from), " and ");
    let given_key = format!("{} as k({})", unnest(&key), given(key.len()));
    TableSql {
        select: format!(
            "select {} from {given_key} join {name} t on {}",
            list(all.iter().copied(), |_, column| format!("t.{column}"), ", "),
            on(0)
        )
        .into(),
        insert: format!("insert into {name} ({}) select * from {}", select_list(table), unnest(&all)).into(),
        update: (fields > 0).then(|| {
            let set = list(table.fields.iter().copied(), |at, column| format!("{column} = k.c{at}"), ", ");
            let given_all = update_columns(table);
            let from = format!("{} as k({})", unnest(&given_all), given(given_all.len()));
            format!("update {name} t set {set} from {from} where {}", on(fields)).into()
        }),
        delete: format!("delete from {name} t using {given_key} where {}", on(0)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changes::Event;
    use crate::jobs::JobRow;
    use crate::rows::Row;
    use crate::sql::check_text;

    #[test]
    fn parameters_appear_in_order_in_every_statement() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            for table in [Event::TABLE, JobRow::TABLE] {
                let (all, key) = (columns(table).len(), key_columns(table).len());
                let sql = dialect.table(table, false);
                let given = table.fields.len() + key;
                let mut texts = vec![(sql.select, key), (sql.insert, all), (sql.delete, key)];
                texts.extend(sql.update.map(|update| (update, given)));
                texts.push((dialect.claim().into(), 5));
                texts.push((TAKE_UP.into(), 2));
                for (text, count) in texts {
                    assert_eq!(check_text(&text, count), Ok(()));
                }
            }
        }
        for text in [EVENTS_AFTER, MOVE_HEADS, PROMISE_IDS] {
            assert_eq!(check_text(text, 2), Ok(()));
        }
    }

    #[test]
    fn tables_by_id_have_no_second_tree_on_sqlite() {
        let sql = "create table a{by_id} (\n  id bigint not null, merchant bigint not null, b text,\n  primary key (id, merchant)\n);\n\
                   create table c (id bigint not null, merchant bigint not null, primary key (id, merchant));";
        let (lite, postgres) = (Dialect::Sqlite.migration(sql), Dialect::Postgres.migration(sql));
        let (first, second) = lite.split_once(';').unwrap();
        assert_eq!(
            first,
            "create table a (\n  id integer primary key not null, merchant bigint not null, b text\n)"
        );
        assert!(second.contains("primary key (id, merchant)"), "{second}");
        assert_eq!(postgres, sql.replace(BY_ID, ""));
    }

    #[test]
    fn tables_by_hash_have_an_index_of_hashes_on_sqlite() {
        let sql = "create table a{by_hash} (\n  b text not null, merchant bigint not null,\n  primary key (b, merchant)\n){clustered};\ncreate index c on a (b);";
        let lite = "create table a (\n  b text not null, merchant bigint not null, key_hash bigint not null);\n\
                    create index a_by_hash on a (key_hash);\n\
                    create table a_eras (era integer primary key, after_row bigint not null, filter blob);\n\
                    insert into a_eras (era, after_row) values (0, 0);\ncreate index c on a (b);";
        assert_eq!(Dialect::Sqlite.migration(sql), lite);
        assert_eq!(Dialect::Postgres.migration(sql), sql.replace(BY_HASH, "").replace("{clustered}", ""));
    }

    #[test]
    fn reserved_words_are_columns() {
        assert_eq!(quoted("order"), "\"order\"");
        assert_eq!(quoted("r#type"), "\"type\"");
    }
}
