//! Words for the payer's wallet, cut to what a channel takes.

/// At most `max_chars` characters of `text`, without control characters and without those that need four bytes of UTF-8 (the
/// channels refuse emoji), white space folded to single blanks; `fallback` when nothing is left.
pub(crate) fn fit(text: &str, max_chars: usize, fallback: &str) -> String {
    let mut fitted = String::with_capacity(text.len().min(max_chars * 3));
    let mut chars = 0;
    let mut blank = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            blank = chars > 0;
            continue;
        }
        if c.len_utf8() > 3 || is_joiner(c) {
            continue;
        }
        let needed = 1 + usize::from(blank);
        if chars + needed > max_chars {
            break;
        }
        if blank {
            fitted.push(' ');
        }
        fitted.push(c);
        chars += needed;
        blank = false;
    }
    if fitted.is_empty() { fallback.to_owned() } else { fitted }
}

/// Joiners and selectors that mean nothing once the emoji around them are gone.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn descriptions_are_cut_by_characters_and_lose_what_channels_refuse() {
        let cases: &[(&str, usize, &str)] = &[
            ("Tea", 127, "Tea"),
            ("热茶一杯", 2, "热茶"),
            ("tea 🍵 cup", 127, "tea cup"),
            ("👨\u{200d}👩\u{200d}👧", 127, "-"),
            ("", 127, "-"),
            ("  a \t\n b  ", 127, "a b"),
            ("a b", 2, "a"),
            ("a b", 3, "a b"),
            ("𠮷野家", 127, "野家"),
            ("x\u{0}y", 127, "x y"),
        ];
        for (text, max, want) in cases {
            assert_eq!(fit(text, *max, "-"), *want, "{text:?} cut to {max}");
        }
    }
}
