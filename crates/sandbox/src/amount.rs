//! Yuan as the channels write it: text with at most two decimals, kept as whole fen.

/// `1234` → `12.34`
pub(crate) fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// `12.34`, `12.3` or `12` → fen. Nothing else is an amount: no sign, no exponent, no third decimal.
pub(crate) fn parse_yuan(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(decimals) || decimals.len() > 2 || whole.len() > 12 {
        return None;
    }
    let decimals = format!("{decimals:0<2}");
    Some(whole.parse::<i64>().ok()? * 100 + decimals.parse::<i64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_amounts_parse() {
        let cases = [
            ("0.01", Some(1)),
            ("12.3", Some(1230)),
            ("12", Some(1200)),
            ("100000000.00", Some(10_000_000_000)),
            ("0.001", None),
            ("-1", None),
            ("1e3", None),
            ("", None),
            (".5", None),
            ("1.", None),
            ("１", None),
        ];
        for (text, fen) in cases {
            assert_eq!(parse_yuan(text), fen, "{text}");
        }
        assert_eq!(yuan(-5), "-0.05");
        assert_eq!(yuan(1234), "12.34");
    }
}
