//! Rows as JSON, to carry them from one database to another: an object with a member for every column, by name.
//!
//! A member that is missing is a null, so a row from a release that does not have a column yet can be read where the column may
//! be empty; a member that this release does not know is left out.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde_json::{Map, Value};

use crate::rows::{Column, Key as _, Row};
use crate::sql::SqlError;
use crate::value::{Sink, Source};

/// Writes columns into an object, in order.
struct Pack {
    names: Vec<&'static str>,
    values: Vec<Value>,
}

impl Sink for Pack {
    fn int(&mut self, value: Option<i64>) {
        self.values.push(value.map_or(Value::Null, Value::from));
    }
    fn text(&mut self, value: Option<&str>) {
        self.values.push(value.map_or(Value::Null, Value::from));
    }
    fn bytes(&mut self, value: Option<&[u8]>) {
        self.values.push(value.map_or(Value::Null, |bytes| Value::from(HEXLOWER.encode(bytes))));
    }
}

/// Reads columns out of an object, in order.
struct Unpack<'a> {
    from: &'a Map<String, Value>,
    columns: Vec<Column>,
    next: usize,
}

impl Unpack<'_> {
    fn value(&mut self) -> Result<(&'static str, &Value), SqlError> {
        let column =
            self.columns.get(self.next).ok_or_else(|| SqlError::decode("more columns than the table has"))?;
        self.next += 1;
        Ok((column.name, self.from.get(column.name).unwrap_or(&Value::Null)))
    }
}

impl Source for Unpack<'_> {
    fn int(&mut self) -> Result<Option<i64>, SqlError> {
        match self.value()? {
            (_, Value::Null) => Ok(None),
            (name, value) => value
                .as_i64()
                .map(Some)
                .ok_or_else(|| SqlError::decode(format!("{name}: not a whole number"))),
        }
    }
    fn text(&mut self) -> Result<Option<String>, SqlError> {
        match self.value()? {
            (_, Value::Null) => Ok(None),
            (_, Value::String(text)) => Ok(Some(text.clone())),
            (name, _) => Err(SqlError::decode(format!("{name}: not a text"))),
        }
    }
    fn bytes(&mut self) -> Result<Option<Vec<u8>>, SqlError> {
        match self.value()? {
            (_, Value::Null) => Ok(None),
            (name, Value::String(text)) => HEXLOWER_PERMISSIVE
                .decode(text.as_bytes())
                .map(Some)
                .map_err(|_| SqlError::decode(format!("{name}: not hexadecimal"))),
            (name, _) => Err(SqlError::decode(format!("{name}: not bytes"))),
        }
    }
}

fn columns<R: Row>() -> impl Iterator<Item = Column> {
    let table = R::TABLE;
    table.key.iter().chain(table.fixed).chain(table.fields).copied()
}

/// A row as an object: integers as numbers, bytes as hexadecimal text.
pub fn pack<R: Row>(row: &R) -> Value {
    let mut pack = Pack { names: columns::<R>().map(|c| c.name).collect(), values: Vec::new() };
    row.key().write_key(&mut pack);
    row.write_fixed(&mut pack);
    row.write_fields(&mut pack);
    let members = pack.names.iter().map(|name| (*name).to_owned());
    Value::Object(members.zip(pack.values).collect())
}

/// A row out of an object. Error: what does not fit, naming the column.
pub fn unpack<R: Row>(value: &Value) -> Result<R, SqlError> {
    let Value::Object(from) = value else {
        return Err(SqlError::decode(format!("{}: a row is an object", R::TABLE.name)));
    };
    R::read(&mut Unpack { from, columns: columns::<R>().collect(), next: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Id, Json, Millis};

    crate::rows! {
        /// A row with a column of every sort.
        struct Sample in samples {
            key { id: Id, name: String }
            fixed { made: Millis, bytes: Vec<u8> }
            fields { list: Json<Vec<i64>>, on: bool, none: Option<String>, far: Option<i64> }
        }
    }

    fn sample() -> Sample {
        Sample {
            id: Id(7),
            name: "粤B".to_owned(),
            made: Millis(1_700_000_000_000),
            bytes: vec![0, 255, 16],
            list: Json(vec![1, -2]),
            on: true,
            none: None,
            far: Some(i64::MAX),
        }
    }

    #[test]
    fn a_row_comes_back_as_it_was() {
        let packed = pack(&sample());
        assert_eq!(packed["bytes"], "00ff10");
        let text = packed.to_string();
        assert_eq!(unpack::<Sample>(&serde_json::from_str(&text).unwrap()).unwrap(), sample());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let with = |name: &str, value: Value| {
            let mut packed = pack(&sample());
            packed[name] = value;
            unpack::<Sample>(&packed)
        };
        assert_eq!(with("later", Value::from(1)).unwrap(), sample(), "an unknown member is left out");
        assert_eq!(with("far", Value::Null).unwrap().far, None);
        let cases = [
            ("id", Value::from("x"), "id: not a whole number"),
            ("name", Value::Null, "null"),
            ("name", Value::from(1), "name: not a text"),
            ("bytes", Value::from("0g"), "bytes: not hexadecimal"),
            ("list", Value::from("{"), "JSON column"),
        ];
        for (name, value, want) in cases {
            let error = with(name, value.clone()).unwrap_err().to_string();
            assert!(error.contains(want), "{name}={value}: {error}");
        }
    }
}
