//! The JSON of the API: what is read and written, each shape beside its documentation. Rows are borrowed, never copied.

mod directory;
mod hook;
mod order;
mod payment;
mod reconciliation;
mod statement;

use std::borrow::Cow;

use desk::problem::desk as problems;
use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Failure;

pub use directory::*;
pub use hook::*;
pub use order::*;
pub use payment::*;
pub use reconciliation::*;
pub use statement::*;

/// An amount in minor units: `{"value": 1234, "currency": "CNY"}` is 12.34 yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Money)]
pub struct Amount {
    /// Minor units: fen for CNY.
    #[schema(example = 1234)]
    pub value: i64,
    /// ISO 4217 code.
    #[schema(value_type = String, example = "CNY")]
    pub currency: Currency,
}

impl From<Amount> for Money {
    fn from(a: Amount) -> Money {
        Money::new(a.value, a.currency)
    }
}

impl From<Money> for Amount {
    fn from(m: Money) -> Amount {
        Amount { value: m.value, currency: m.currency }
    }
}

/// An amount as rows keep it: written like [`Amount`], with nothing parsed or copied.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AmountView<'a> {
    /// Minor units.
    pub value: i64,
    /// The code as the row has it.
    pub currency: &'a str,
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The page.
    pub items: Vec<T>,
    /// Send this as `after` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub next: Option<Cow<'static, str>>,
}

impl<T> Page<T> {
    /// A list that comes whole.
    pub fn whole(items: Vec<T>) -> Page<T> {
        Page { items, next: None }
    }
}

/// How many of a list may come at once.
pub const MAX_PAGE: u32 = 200;

/// The page size asked for. Error: not between 1 and [`MAX_PAGE`].
pub fn page_size(limit: Option<u32>) -> Result<u32, Failure> {
    match limit.unwrap_or(50) {
        n @ 1..=MAX_PAGE => Ok(n),
        n => Err(crate::problem::http::INVALID_QUERY
            .with(format!("limit: {n} is not between 1 and {MAX_PAGE}"))
            .into()),
    }
}

/// A text of a bounded number of characters, trimmed, without control characters. Error: `invalid_request` naming the field.
pub fn text(field: &str, value: &str, max_chars: usize) -> Result<String, Failure> {
    let value = value.trim();
    let fault = if value.is_empty() {
        "must not be empty"
    } else if value.chars().count() > max_chars {
        "is too long"
    } else if value.chars().any(char::is_control) {
        "must not contain control characters"
    } else {
        return Ok(value.to_owned());
    };
    Err(problems::INVALID_REQUEST.with(format!("{field}: {fault} (at most {max_chars} characters)")).into())
}
