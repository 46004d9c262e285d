//! What the reader of JSON says of a wrong value, in the words of JSON instead of those of a program.

/// The words of `serde` for what it found, and what one calls that in JSON.
const FOUND: [(&str, &str); 5] = [
    ("map", "an object"),
    ("sequence", "a list"),
    ("floating point ", "the number "),
    ("integer ", "the number "),
    ("string ", "the text "),
];

/// The words of `serde` for what was asked. A type of integers is told with its limits by [`whole_number`].
const ASKED: [(&str, &str); 7] = [
    ("a string", "a text"),
    ("a borrowed string", "a text"),
    ("a boolean", "true or false"),
    ("a sequence", "a list"),
    ("a map", "an object"),
    ("f64", "a number"),
    ("unit", "null"),
];

/// `text` is the message without a place. What is not known here stays as it is.
pub(super) fn plain(text: &str) -> String {
    let Some((head, asked)) = text.rsplit_once(", expected ") else { return text.to_owned() };
    let head = match head.split_once(": ") {
        Some((kind, found)) if kind.starts_with("invalid ") => format!("{kind}: {}", plain_found(found)),
        _ => head.to_owned(),
    };
    format!("{head}, expected {}", plain_asked(asked))
}

fn plain_found(found: &str) -> String {
    for (word, plain) in FOUND {
        if let Some(rest) = found.strip_prefix(word)
            && (rest.is_empty() || word.ends_with(' '))
        {
            return format!("{plain}{rest}");
        }
    }
    found.to_owned()
}

fn plain_asked(asked: &str) -> String {
    if asked.starts_with("struct ") || asked.starts_with("internally tagged enum ") {
        return "an object".into();
    }
    if asked.starts_with("tuple ") || asked.starts_with("an array of ") {
        return "a list".into();
    }
    let known = ASKED.iter().find(|(word, _)| *word == asked).map(|(_, plain)| (*plain).to_owned());
    known.or_else(|| whole_number(asked)).unwrap_or_else(|| asked.to_owned())
}

/// `u8` is a whole number from 0 to 255.
fn whole_number(asked: &str) -> Option<String> {
    let (least, most) = match asked {
        "u8" => (0, i128::from(u8::MAX)),
        "u16" => (0, i128::from(u16::MAX)),
        "u32" => (0, i128::from(u32::MAX)),
        "u64" | "usize" => return Some("a whole number, 0 or more".into()),
        "i8" => (i128::from(i8::MIN), i128::from(i8::MAX)),
        "i16" => (i128::from(i16::MIN), i128::from(i16::MAX)),
        "i32" => (i128::from(i32::MIN), i128::from(i32::MAX)),
        "i64" | "isize" => return Some("a whole number".into()),
        _ => return None,
    };
    Some(format!("a whole number from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Size {
        Small,
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Drink {
        #[allow(dead_code, reason = "only read")]
        Tea { cups: u8 },
    }

    fn said<T: for<'a> Deserialize<'a> + std::fmt::Debug>(value: &serde_json::Value) -> String {
        plain(&T::deserialize(value).unwrap_err().to_string())
    }

    #[test]
    fn a_wrong_value_is_told_in_words_of_json() {
        assert_eq!(said::<Drink>(&json!(5)), "invalid type: the number `5`, expected an object");
        assert_eq!(
            said::<u8>(&json!(256)),
            "invalid value: the number `256`, expected a whole number from 0 to 255"
        );
        assert_eq!(said::<i64>(&json!(1.5)), "invalid type: the number `1.5`, expected a whole number");
        assert_eq!(
            said::<u64>(&json!("5")),
            "invalid type: the text \"5\", expected a whole number, 0 or more"
        );
        assert_eq!(said::<bool>(&json!({})), "invalid type: an object, expected true or false");
        assert_eq!(said::<String>(&json!([])), "invalid type: a list, expected a text");
        assert_eq!(said::<Vec<u8>>(&json!(null)), "invalid type: null, expected a list");
        assert_eq!(said::<[u8; 2]>(&json!(true)), "invalid type: boolean `true`, expected a list");
    }

    #[test]
    fn a_customers_own_words_stay() {
        let text = json!("map: invalid type: map, expected i64");
        let told = said::<bool>(&text);
        assert_eq!(told, format!("invalid type: the text {text}, expected true or false"));
    }

    #[test]
    fn what_is_clear_already_stays() {
        assert_eq!(said::<Size>(&json!("big")), "unknown variant `big`, expected `small`");
        assert_eq!(said::<Drink>(&json!({"kind": "tea"})), "missing field `cups`");
        assert_eq!(plain("not a date"), "not a date");
        assert_eq!(plain("cannot be read, expected 12 digits"), "cannot be read, expected 12 digits");
    }
}
