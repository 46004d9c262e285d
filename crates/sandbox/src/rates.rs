//! Exchange between the currencies of the overseas wallets, by a fixed table: a sandbox whose rates move proves nothing.

/// Fen of CNY for a million minor units of the other currency (so that yen and won, which have no cents, fit too).
const CNY_FEN_PER_MILLION: [(&str, i64); 9] = [
    ("CNY", 1_000_000),
    ("HKD", 912_000),
    ("USD", 7_100_000),
    ("EUR", 7_800_000),
    ("SGD", 5_300_000),
    ("MYR", 1_600_000),
    ("THB", 210_000),
    ("JPY", 4_800_000),
    ("KRW", 520_000),
];

fn fen_per_million(currency: &str) -> Option<i64> {
    CNY_FEN_PER_MILLION.iter().find(|(known, _)| *known == currency).map(|(_, fen)| *fen)
}

/// Whether the sandbox exchanges this currency.
pub(crate) fn known(currency: &str) -> bool {
    fen_per_million(currency).is_some()
}

/// Minor units of `from` in minor units of `to`, half up. An unknown currency keeps its number.
pub(crate) fn convert(minor: i64, from: &str, to: &str) -> i64 {
    match (fen_per_million(from), fen_per_million(to)) {
        (Some(from), Some(to)) if from != to => {
            let exact = i128::from(minor) * i128::from(from) * 2 + i128::from(to);
            i64::try_from(exact.div_euclid(i128::from(to) * 2)).unwrap_or(i64::MAX)
        }
        _ => minor,
    }
}

/// One major unit of `from` in major units of `to`, eight decimals, as quotes print it.
pub(crate) fn price(from: &str, to: &str) -> String {
    let scale = |currency: &str| if matches!(currency, "JPY" | "KRW") { 1i128 } else { 100 };
    let (Some(a), Some(b)) = (fen_per_million(from), fen_per_million(to)) else { return "1.00000000".into() };
    let eight = i128::from(a) * scale(from) * 100_000_000 / (i128::from(b) * scale(to));
    format!("{}.{:08}", eight / 100_000_000, eight % 100_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exchanged_half_up() {
        let cases = [
            (10_000, "CNY", "CNY", 10_000),
            (9_120, "CNY", "HKD", 10_000),
            (10_000, "HKD", "CNY", 9_120),
            (100, "USD", "CNY", 710),
            (1_000, "JPY", "CNY", 4_800), // 1,000 yen are 48 yuan
            (1, "CNY", "HKD", 1),
        ];
        for (minor, from, to, expected) in cases {
            assert_eq!(convert(minor, from, to), expected, "{minor} {from} in {to}");
        }
        assert_eq!(price("HKD", "CNY"), "0.91200000");
        assert_eq!(price("JPY", "CNY"), "0.04800000");
    }
}
