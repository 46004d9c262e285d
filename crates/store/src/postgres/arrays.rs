//! Values into and out of PostgreSQL statements.

use bytes::BytesMut;
use tokio_postgres::Row;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::rows::Column;
use crate::sql::{SqlError, Value};
use crate::value::{Kind, Sink, Source, kept};

type Fault = Box<dyn std::error::Error + Sync + Send>;

/// All values of one column of a group.
#[derive(Debug)]
pub(crate) enum Array {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl ToSql for Array {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match self {
            Array::Int(values) => values.to_sql(ty, out),
            Array::Text(values) => values.to_sql(ty, out),
            Array::Bytes(values) => values.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::BYTEA_ARRAY].contains(ty)
    }

    to_sql_checked!();
}

/// Rows, a column an array: what `unnest` takes apart again.
#[derive(Debug)]
pub(crate) struct Arrays {
    columns: Vec<Array>,
    next: usize,
}

impl Arrays {
    pub(crate) fn new(columns: &[Column], rows: usize) -> Self {
        let column = |column: &Column| match column.kind {
            Kind::Int => Array::Int(Vec::with_capacity(rows)),
            Kind::Text => Array::Text(Vec::with_capacity(rows)),
            Kind::Bytes => Array::Bytes(Vec::with_capacity(rows)),
        };
        Arrays { columns: columns.iter().map(column).collect(), next: 0 }
    }

    pub(crate) fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.columns.iter().map(|column| column as &(dyn ToSql + Sync)).collect()
    }

    fn column(&mut self) -> &mut Array {
        let at = self.next;
        self.next = (at + 1) % self.columns.len();
        &mut self.columns[at]
    }
}

/// A value is of another kind than its column: rows and their descriptions come from one macro.
const WRONG_KIND: &str = "rows write the kinds of their own columns";

impl Sink for Arrays {
    fn int(&mut self, value: Option<i64>) {
        match self.column() {
            Array::Int(values) => values.push(value),
            Array::Text(_) | Array::Bytes(_) => panic!("{WRONG_KIND}"),
        }
    }
    fn text(&mut self, value: Option<&str>) {
        match self.column() {
            Array::Text(values) => values.push(value.map(|text| kept(text).into_owned())),
            Array::Int(_) | Array::Bytes(_) => panic!("{WRONG_KIND}"),
        }
    }
    fn bytes(&mut self, value: Option<&[u8]>) {
        match self.column() {
            Array::Bytes(values) => values.push(value.map(<[u8]>::to_vec)),
            Array::Int(_) | Array::Text(_) => panic!("{WRONG_KIND}"),
        }
    }
}

/// Reads the values of a row, in order.
pub(crate) struct RowSource<'r> {
    row: &'r Row,
    next: usize,
}

impl<'r> RowSource<'r> {
    /// From this column on.
    pub(crate) fn new(row: &'r Row, from: usize) -> Self {
        RowSource { row, next: from }
    }

    fn next<T: tokio_postgres::types::FromSql<'r>>(&mut self) -> Result<T, SqlError> {
        self.next += 1;
        self.row.try_get(self.next - 1).map_err(|error| SqlError::decode(error.to_string()))
    }
}

impl Source for RowSource<'_> {
    fn int(&mut self) -> Result<Option<i64>, SqlError> {
        self.next()
    }
    fn text(&mut self) -> Result<Option<String>, SqlError> {
        self.next()
    }
    fn bytes(&mut self) -> Result<Option<Vec<u8>>, SqlError> {
        self.next()
    }
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(value) => match *ty {
                Type::INT4 => i32::try_from(*value)?.to_sql(ty, out),
                Type::INT2 => i16::try_from(*value)?.to_sql(ty, out),
                Type::BOOL => (*value != 0).to_sql(ty, out),
                Type::INT8 => value.to_sql(ty, out),
                _ => Err(format!("an integer given where {ty} is expected").into()),
            },
            Value::Text(value) if <String as ToSql>::accepts(ty) => value.to_sql(ty, out),
            Value::Bytes(value) if <Vec<u8> as ToSql>::accepts(ty) => value.to_sql(ty, out),
            other => Err(format!("{other:?} given where {ty} is expected").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// All columns of a row.
pub(crate) fn values(row: &Row) -> Result<Vec<Value>, SqlError> {
    let value = |(at, column): (usize, &tokio_postgres::Column)| match *column.type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(at).map(|value| value.map(Value::Int)),
        Type::INT4 => row.try_get::<_, Option<i32>>(at).map(|value| value.map(|v| Value::Int(v.into()))),
        Type::INT2 => row.try_get::<_, Option<i16>>(at).map(|value| value.map(|v| Value::Int(v.into()))),
        Type::BOOL => row.try_get::<_, Option<bool>>(at).map(|value| value.map(|v| Value::Int(v.into()))),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at).map(|value| value.map(Value::Bytes)),
        _ => row.try_get::<_, Option<String>>(at).map(|value| value.map(Value::Text)),
    };
    let read = |(at, column): (usize, &tokio_postgres::Column)| {
        value((at, column)).map(|value| value.unwrap_or(Value::Null)).map_err(|_| {
            let (name, ty) = (column.name(), column.type_());
            SqlError::decode(format!("column {name} is {ty}: cast it to bigint or text"))
        })
    };
    row.columns().iter().enumerate().map(read).collect()
}
