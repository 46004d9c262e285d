//! Reads: ordinary SQL beside the decisions, one text for both engines.

use crate::dialect;
use crate::rows::Row;
use crate::value::{Field, Merchant, Sink, Source, kept};

/// What is said of a database whose pages do not hold what they should.
pub const DAMAGED: &str = "the database is damaged: restore a backup";

/// Why a statement failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// The text breaks a rule that keeps it the same for both engines.
    #[error("statement: {0}")]
    Text(String),
    /// A value does not fit the Rust type it is read as.
    #[error("value: {0}")]
    Decode(String),
    /// The engine refused the statement.
    #[error("database: {0}")]
    Engine(String),
    /// The database cannot be reached, or the store is closed.
    #[error("database not reachable: {0}")]
    Gone(String),
}

impl SqlError {
    pub(crate) fn decode(text: impl Into<String>) -> Self {
        SqlError::Decode(text.into())
    }
}

/// A parameter of a statement: any [`Field`], and `&str`.
pub trait Param: Sync {
    /// Writes the value.
    fn bind(&self, sink: &mut dyn Sink);
}

impl<F: Field> Param for F {
    fn bind(&self, sink: &mut dyn Sink) {
        self.write(sink);
    }
}

impl Param for &str {
    fn bind(&self, sink: &mut dyn Sink) {
        sink.text(Some(self));
    }
}

/// A value on its way to or from a statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Sink for Vec<Value> {
    fn int(&mut self, value: Option<i64>) {
        self.push(value.map_or(Value::Null, Value::Int));
    }
    fn text(&mut self, value: Option<&str>) {
        self.push(value.map_or(Value::Null, |text| Value::Text(kept(text).into_owned())));
    }
    fn bytes(&mut self, value: Option<&[u8]>) {
        self.push(value.map_or(Value::Null, |bytes| Value::Bytes(bytes.to_owned())));
    }
}

/// The parameters as values.
pub(crate) fn values(params: &[&dyn Param]) -> Vec<Value> {
    let mut values = Vec::with_capacity(params.len());
    for param in params {
        param.bind(&mut values);
    }
    values
}

/// A row of a result.
#[derive(Clone, Debug)]
pub struct SqlRow {
    values: Vec<Value>,
}

impl SqlRow {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        SqlRow { values }
    }

    /// The value of a column, counted from 0.
    pub fn get<F: Field>(&self, column: usize) -> Result<F, SqlError> {
        F::read(&mut ValueSource { values: &self.values, next: column })
            .map_err(|error| SqlError::decode(format!("column {column}: {error}")))
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

struct ValueSource<'a> {
    values: &'a [Value],
    next: usize,
}

impl ValueSource<'_> {
    fn next(&mut self) -> Result<&Value, SqlError> {
        self.next += 1;
        self.values.get(self.next - 1).ok_or_else(|| SqlError::decode("the result has no such column"))
    }
}

impl Source for ValueSource<'_> {
    fn int(&mut self) -> Result<Option<i64>, SqlError> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Int(value) => Ok(Some(*value)),
            other => Err(SqlError::decode(format!("{other:?} is not an integer"))),
        }
    }
    fn text(&mut self) -> Result<Option<String>, SqlError> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Text(value) => Ok(Some(value.clone())),
            other => Err(SqlError::decode(format!("{other:?} is not a text"))),
        }
    }
    fn bytes(&mut self) -> Result<Option<Vec<u8>>, SqlError> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Bytes(value) => Ok(Some(value.clone())),
            other => Err(SqlError::decode(format!("{other:?} is not bytes"))),
        }
    }
}

/// What runs statements: one of the two engines.
pub(crate) trait Runner {
    fn run(&mut self, text: &str, params: Vec<Value>) -> Result<Vec<Vec<Value>>, SqlError>;
}

/// One consistent look at the database; see [`Db::read`](crate::Db::read).
///
/// One text serves both engines: parameters are `$1`, `$2` … and appear first in this order; integers are bigint; a
/// parameter in an expression whose type nothing fixes is written `cast($3 as bigint)`; sums are cast to bigint.
pub struct Sql<'a> {
    runner: &'a mut dyn Runner,
}

impl<'a> Sql<'a> {
    pub(crate) fn new(runner: &'a mut dyn Runner) -> Self {
        Sql { runner }
    }

    /// The rows a query finds.
    pub fn query(&mut self, text: &str, params: &[&dyn Param]) -> Result<Vec<SqlRow>, SqlError> {
        check_text(text, params.len())?;
        let rows = self.runner.run(text, values(params))?;
        Ok(rows.into_iter().map(SqlRow::new).collect())
    }

    /// The typed rows that `rest` selects: it follows `select … from TABLE` and usually begins with `where`.
    pub fn rows<R: Row>(
        &mut self,
        rest: &str,
        params: &[&dyn Param],
    ) -> Result<Vec<(Merchant, R)>, SqlError> {
        let (columns, name) = (dialect::select_list(R::TABLE), dialect::quoted(R::TABLE.name));
        let text = format!("select {columns} from {name} {rest}");
        check_text(&text, params.len())?;
        let rows = self.runner.run(&text, values(params))?;
        rows.iter().map(|values| typed(values)).collect()
    }
}

/// A row of which `select` listed merchant and all columns.
pub(crate) fn typed<R: Row>(values: &[Value]) -> Result<(Merchant, R), SqlError> {
    let mut source = ValueSource { values, next: 0 };
    Ok((Merchant::read(&mut source)?, R::read(&mut source)?))
}

/// Parameters must appear first in ascending order: SQLite numbers `$2` and `$1` by appearance, PostgreSQL by number.
pub(crate) fn check_text(text: &str, count: usize) -> Result<(), SqlError> {
    let (mut seen, mut quote) = (0, None);
    let mut rest = text.char_indices().peekable();
    while let Some((at, letter)) = rest.next() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '$') => {
                let digits: String = text[at + 1..].chars().take_while(char::is_ascii_digit).collect();
                let number: usize =
                    digits.parse().map_err(|_| SqlError::Text(format!("a bare $ in: {text}")))?;
                if number > seen + 1 || number == 0 {
                    return Err(SqlError::Text(format!("${number} appears before ${} in: {text}", seen + 1)));
                }
                seen = seen.max(number);
            }
            (None, ':') if rest.peek().is_some_and(|(_, next)| *next == ':') => {
                return Err(SqlError::Text(format!("write cast(x as type) and not x::type in: {text}")));
            }
            (None, _) => {}
        }
    }
    if seen != count {
        return Err(SqlError::Text(format!("{seen} parameters in the text and {count} given: {text}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_means_the_same_to_both_engines() {
        let good = [("select 1", 0), ("a = $1 and b = $2 or c = $1", 2), ("x = '$7 :: \"' and y = $1", 1)];
        for (text, count) in good {
            assert_eq!(check_text(text, count), Ok(()), "{text}");
        }
        let bad =
            [("a = $2 and b = $1", 2), ("a = $1", 2), ("a = $1::bigint", 1), ("a = $0", 0), ("a = $", 0)];
        for (text, count) in bad {
            assert!(check_text(text, count).is_err(), "{text}");
        }
    }
}
