//! From text and environment to a configuration, collecting everything that is wrong instead of stopping at the first.

use toml::{Table, Value};

use super::{Config, Finding};

/// What environment variables begin with; `SAOMA_DESK__ORDER_LIFE` is `desk.order_life`.
pub(super) const PREFIX: &str = "SAOMA_";
/// Variables that are switches of the tests and say nothing about a platform.
const OF_TESTS: [&str; 2] = ["SAOMA_TESTS_", "SAOMA_UPDATE_"];

/// Reads both; the environment comes after the file. What cannot be read keeps its usual value and is a finding.
pub(super) fn load(
    text: &str,
    environment: impl Iterator<Item = (String, String)>,
) -> (Config, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut given = Vec::new();
    match text.parse::<Table>() {
        Ok(table) => leaves("", &table, &mut given),
        Err(error) => findings.push(Finding::new("(file)", error.to_string().trim_end())),
    }
    let settings = environment.filter(|(name, _)| !OF_TESTS.iter().any(|prefix| name.starts_with(prefix)));
    for (name, value) in settings {
        let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
        given.push((key, from_environment(&value)));
    }
    let usual = Table::try_from(Config::default()).expect("the usual values are TOML");
    let mut table = usual.clone();
    for (key, value) in given {
        let Some(known) = find(&usual, &key) else {
            findings.push(Finding::new(key, "no such key; docs/configuration.md lists them"));
            continue;
        };
        let mut alone = usual.clone();
        set(&mut alone, &key, fitted(known, value));
        match alone.clone().try_into::<Config>() {
            Ok(_) => {
                let value = find(&alone, &key).cloned().expect("it was just set");
                set(&mut table, &key, value);
            }
            Err(error) => findings.push(Finding::new(key, error.message().to_owned())),
        }
    }
    (table.try_into().unwrap_or_default(), findings)
}

/// Every value with its dotted key; arrays are values.
fn leaves(prefix: &str, table: &Table, found: &mut Vec<(String, Value)>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Value::Table(inner) => leaves(&key, inner, found),
            value => found.push((key, value.clone())),
        }
    }
}

/// A value of the environment: TOML where it reads as such, text otherwise.
fn from_environment(text: &str) -> Value {
    let parsed = format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Text where text belongs: an environment variable `SAOMA_DATABASE=1` is not a number.
fn fitted(known: &Value, value: Value) -> Value {
    match (known, &value) {
        (Value::String(_), Value::String(_)) => value,
        (Value::String(_), Value::Integer(number)) => Value::String(number.to_string()),
        _ => value,
    }
}

fn find<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        Some((first, rest)) => find(table.get(first)?.as_table()?, rest),
        None => table.get(key).filter(|value| !value.is_table()),
    }
}

fn set(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        Some((first, rest)) => {
            if let Some(Value::Table(inner)) = table.get_mut(first) {
                set(inner, rest, value);
            }
        }
        None => {
            table.insert(key.to_owned(), value);
        }
    }
}
