//! Currencies by their ISO 4217 codes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::MoneyError;

macro_rules! currencies {
    ($($code:ident, $number:literal, $digits:literal, $name:literal;)+) => {
        /// A currency the platform can keep books in (ISO 4217).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Currency { $(#[doc = $name] $code,)+ }

        impl Currency {
            /// Every currency known.
            pub const ALL: &'static [Currency] = &[$(Currency::$code,)+];
            /// The three-letter code, such as `CNY`.
            pub const fn code(self) -> &'static str { match self { $(Currency::$code => stringify!($code),)+ } }
            /// The ISO 4217 number, such as 156 for CNY.
            pub const fn number(self) -> u16 { match self { $(Currency::$code => $number,)+ } }
            /// How many decimal digits the minor unit has: 2 for CNY, 0 for JPY.
            pub const fn digits(self) -> u32 { match self { $(Currency::$code => $digits,)+ } }
        }
    };
}

currencies! {
    CNY, 156, 2, "Chinese yuan, in fen.";
    HKD, 344, 2, "Hong Kong dollar, in cents.";
    MOP, 446, 2, "Macau pataca, in avos.";
    TWD, 901, 2, "New Taiwan dollar, in cents.";
    USD, 840, 2, "US dollar, in cents.";
    EUR, 978, 2, "Euro, in cents.";
    GBP, 826, 2, "Pound sterling, in pence.";
    SGD, 702, 2, "Singapore dollar, in cents.";
    AUD, 36, 2, "Australian dollar, in cents.";
    CAD, 124, 2, "Canadian dollar, in cents.";
    MYR, 458, 2, "Malaysian ringgit, in sen.";
    THB, 764, 2, "Thai baht, in satang.";
    INR, 356, 2, "Indian rupee, in paise.";
    PHP, 608, 2, "Philippine peso, in sentimo.";
    KRW, 410, 0, "South Korean won.";
    JPY, 392, 0, "Japanese yen.";
    KWD, 414, 3, "Kuwaiti dinar, in fils.";
}

impl Currency {
    /// Minor units in one major unit: 100 for CNY, 1 for JPY.
    pub const fn minor_per_major(self) -> i64 {
        10_i64.pow(self.digits())
    }

    /// The currency with this ISO 4217 number.
    pub fn from_number(number: u16) -> Option<Currency> {
        Self::ALL.iter().copied().find(|c| c.number() == number)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::ALL
            .iter()
            .copied()
            .find(|c| c.code() == text)
            .ok_or_else(|| MoneyError::UnknownCurrency(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_numbers_are_unique_and_parse_back() {
        for (i, c) in Currency::ALL.iter().enumerate() {
            assert_eq!(c.code().parse::<Currency>(), Ok(*c));
            assert_eq!(Currency::from_number(c.number()), Some(*c));
            assert!(Currency::ALL[i + 1..].iter().all(|d| d.number() != c.number()));
        }
        assert!("cny".parse::<Currency>().is_err());
        assert!("XXX".parse::<Currency>().is_err());
    }
}
