//! Amounts in minor units, currencies, rates and rounding. No floats: every amount is an `i64` count of the
//! currency's smallest unit, every rate is a ratio of integers, and every rounding is named by the caller.

mod amount;
mod currency;
mod rate;

pub use amount::{Money, MoneyError};
pub use currency::Currency;
pub use rate::{Rate, Rounding};
