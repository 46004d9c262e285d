//! Where the two engines' SQL differs, and the statements made from table descriptions. Everything else is one text.

use std::fmt::Write;

use crate::rows::{Column, IndexSpec, Table};
use crate::value::Kind;

/// An engine's way of saying things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// The statements of one table. Parameters: merchant and key; inserts take merchant, key, fixed, fields; updates take
/// fields, merchant, key. On SQLite they are values of one row, on PostgreSQL arrays of all rows.
#[derive(Debug)]
pub(crate) struct TableSql {
    pub(crate) select: String,
    pub(crate) insert: String,
    /// None where nothing may change.
    pub(crate) update: Option<String>,
    pub(crate) delete: String,
}

const MERCHANT: Column = Column { name: "merchant", kind: Kind::Int };

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
        sql.replace("{bytes}", bytes).replace("{clustered}", clustered)
    }

    /// The statements of a table.
    pub(crate) fn table(self, table: &Table) -> TableSql {
        match self {
            Dialect::Sqlite => sqlite_table(table),
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

    /// Claims due jobs: now, the kinds as a JSON array or an array, how many, the end of the lease. It answers id,
    /// merchant and all columns of a job.
    pub(crate) fn claim(self) -> String {
        let (kinds, skip) = match self {
            Dialect::Sqlite => ("(select value from json_each($2))", ""),
            Dialect::Postgres => ("any(cast($2 as text[]))", " for update skip locked"),
        };
        let test = if self == Dialect::Sqlite { "in" } else { "=" };
        format!(
            "update store_jobs set tries = tries + 1, run_at = cast($4 as bigint) where (id, merchant) in \
             (select id, merchant from store_jobs where parked is null and run_at <= $1 and kind {test} {kinds} \
             order by priority desc, run_at, id limit $3{skip}) returning {}",
            JOB_COLUMNS
        )
        .replace("run_at <= $1", "run_at <= cast($1 as bigint)")
    }
}

/// What a claim answers.
const JOB_COLUMNS: &str =
    "merchant, id, kind, subject, priority, payload, created_at, tries, run_at, error, parked";

fn sqlite_table(table: &Table) -> TableSql {
    let name = quoted(table.name);
    let numbered = |from: usize| move |at: usize, column: &str| format!("{column} = ${}", at + from);
    let key = list(key_columns(table), numbered(1), " and ");
    let all = columns(table);
    let places: Vec<_> = (1..=all.len()).map(|at| format!("${at}")).collect();
    let fields = table.fields.len();
    TableSql {
        select: format!("select {} from {name} where {key}", select_list(table)),
        insert: format!("insert into {name} ({}) values ({})", select_list(table), places.join(", ")),
        update: (fields > 0).then(|| {
            let set = list(table.fields.iter().copied(), numbered(1), ", ");
            format!(
                "update {name} set {set} where {}",
                list(key_columns(table), numbered(fields + 1), " and ")
            )
        }),
        delete: format!("delete from {name} where {key}"),
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
        ),
        insert: format!("insert into {name} ({}) select * from {}", select_list(table), unnest(&all)),
        update: (fields > 0).then(|| {
            let set = list(table.fields.iter().copied(), |at, column| format!("{column} = k.c{at}"), ", ");
            let given_all = update_columns(table);
            let from = format!("{} as k({})", unnest(&given_all), given(given_all.len()));
            format!("update {name} t set {set} from {from} where {}", on(fields))
        }),
        delete: format!("delete from {name} t using {given_key} where {}", on(0)),
    }
}
