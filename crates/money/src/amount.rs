//! An amount of one currency, with checked arithmetic and the decimal strings channels write.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Currency;

/// What can be wrong with an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two amounts of different currencies met.
    #[error("amounts of {0} and {1} cannot be combined")]
    CurrencyMismatch(Currency, Currency),
    /// The result does not fit 64 bits.
    #[error("the amount is too large")]
    Overflow,
    /// The text is not a decimal amount of this currency.
    #[error("{0:?} is not an amount: write digits, at most one dot and at most {1} decimals")]
    NotAnAmount(String, u32),
    /// The code is not a currency known here.
    #[error("{0:?} is not a currency code known here: use an ISO 4217 code such as CNY")]
    UnknownCurrency(String),
}

/// An amount: a count of minor units and its currency. `{"value": 1234, "currency": "CNY"}` is 12.34 yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units (fen for CNY); negative where money flows back.
    pub value: i64,
    /// Whose minor units they are.
    pub currency: Currency,
}

impl Money {
    /// An amount in minor units.
    pub const fn new(value: i64, currency: Currency) -> Money {
        Money { value, currency }
    }

    /// An amount of yuan in fen.
    pub const fn fen(value: i64) -> Money {
        Money { value, currency: Currency::CNY }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Money {
        Money { value: 0, currency }
    }

    /// True for exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.value == 0
    }

    /// True above zero.
    pub const fn is_positive(self) -> bool {
        self.value > 0
    }

    fn same(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }

    /// The sum. Errors: another currency, overflow.
    pub fn plus(self, other: Money) -> Result<Money, MoneyError> {
        self.same(other)?;
        let value = self.value.checked_add(other.value).ok_or(MoneyError::Overflow)?;
        Ok(Money { value, ..self })
    }

    /// The difference. Errors: another currency, overflow.
    pub fn minus(self, other: Money) -> Result<Money, MoneyError> {
        self.same(other)?;
        let value = self.value.checked_sub(other.value).ok_or(MoneyError::Overflow)?;
        Ok(Money { value, ..self })
    }

    /// The amount taken `count` times. Error: overflow.
    pub fn times(self, count: i64) -> Result<Money, MoneyError> {
        let value = self.value.checked_mul(count).ok_or(MoneyError::Overflow)?;
        Ok(Money { value, ..self })
    }

    /// The sum of amounts that all have `currency`. Errors: another currency, overflow.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Money>) -> Result<Money, MoneyError> {
        amounts.into_iter().try_fold(Money::zero(currency), Money::plus)
    }

    /// Reads a decimal string of major units as channels write it: `88.88`, `0.01`, `100`, `-5.00`.
    ///
    /// Errors: more decimals than the currency has, no digits, signs or separators anywhere else, overflow.
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let bad = || MoneyError::NotAnAmount(text.to_owned(), currency.digits());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (major, minor) = match digits.split_once('.') {
            Some((_, "")) => return Err(bad()),
            Some((major, minor)) => (major, minor),
            None => (digits, ""),
        };
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if major.is_empty()
            || !all_digits(major)
            || !all_digits(minor)
            || minor.len() > currency.digits() as usize
        {
            return Err(bad());
        }
        let mut value: i64 = 0;
        let padding = std::iter::repeat_n(b'0', currency.digits() as usize - minor.len());
        for digit in major.bytes().chain(minor.bytes()).chain(padding) {
            value = value
                .checked_mul(10)
                .and_then(|v| v.checked_add(i64::from(digit - b'0')))
                .ok_or(MoneyError::Overflow)?;
        }
        Ok(Money { value: if negative { -value } else { value }, currency })
    }

    /// The decimal string of major units with all decimals and no sign of the currency: `88.80`.
    pub fn decimal(self) -> String {
        let digits = self.currency.digits() as usize;
        let sign = if self.value < 0 { "-" } else { "" };
        let all = format!("{:0width$}", self.value.unsigned_abs(), width = digits + 1);
        let (major, minor) = all.split_at(all.len() - digits);
        if digits == 0 { format!("{sign}{major}") } else { format!("{sign}{major}.{minor}") }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, self.decimal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_strings_as_channels_write_them() {
        let cases = [
            ("0.01", Some(1)),
            ("88.88", Some(8888)),
            ("88.8", Some(8880)),
            ("100", Some(10_000)),
            ("100.00", Some(10_000)),
            ("-5.00", Some(-500)),
            ("0", Some(0)),
            ("100000000", Some(10_000_000_000)),
            ("92233720368547758.07", Some(i64::MAX)),
            ("92233720368547758.08", None),
            ("1.001", None),
            ("1.", None),
            (".5", None),
            ("", None),
            ("-", None),
            ("+1", None),
            ("1,000", None),
            ("1e3", None),
            (" 1", None),
            ("--1", None),
            ("１", None),
        ];
        for (text, want) in cases {
            let got = Money::parse_decimal(text, Currency::CNY).ok().map(|m| m.value);
            assert_eq!(got, want, "{text:?}");
        }
    }

    #[test]
    fn printing_parses_back_in_every_currency() {
        for &currency in Currency::ALL {
            for value in [0, 1, -1, 9, 10, 99, 100, 101, 123_456, -123_456, i64::MAX, -i64::MAX] {
                let money = Money::new(value, currency);
                assert_eq!(Money::parse_decimal(&money.decimal(), currency), Ok(money));
            }
        }
        assert_eq!(Money::fen(5).decimal(), "0.05");
        assert_eq!(Money::fen(-1234).to_string(), "CNY -12.34");
        assert_eq!(Money::new(7, Currency::JPY).decimal(), "7");
    }

    #[test]
    fn arithmetic_is_checked() {
        let hkd = Money::new(1, Currency::HKD);
        assert_eq!(Money::fen(1).plus(hkd), Err(MoneyError::CurrencyMismatch(Currency::CNY, Currency::HKD)));
        assert_eq!(Money::fen(i64::MAX).plus(Money::fen(1)), Err(MoneyError::Overflow));
        assert_eq!(Money::fen(i64::MIN).minus(Money::fen(1)), Err(MoneyError::Overflow));
        assert_eq!(Money::fen(i64::MAX).times(2), Err(MoneyError::Overflow));
        assert_eq!(Money::sum(Currency::CNY, [1, 2, 3].map(Money::fen)), Ok(Money::fen(6)));
    }
}
