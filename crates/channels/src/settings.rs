//! Reading a channel account's settings: every mistake is reported at once, with what to write instead.

use std::time::Duration;

use desk::channel::SettingsError;
use serde_json::{Map, Value};

/// Reads keys out of a settings object and collects what is wrong.
pub(crate) struct Reader<'a> {
    map: Option<&'a Map<String, Value>>,
    known: Vec<&'static str>,
    errors: Vec<SettingsError>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(settings: &'a Value) -> Reader<'a> {
        let mut reader = Reader { map: settings.as_object(), known: Vec::new(), errors: Vec::new() };
        if reader.map.is_none() {
            reader.fail("settings", "write an object of keys and values");
        }
        reader
    }

    /// Notes a mistake.
    pub(crate) fn fail(&mut self, key: &str, what: impl Into<String>) {
        self.errors.push(SettingsError { key: key.to_owned(), what: what.into() });
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.map.and_then(|m| m.get(key)).filter(|v| !v.is_null())
    }

    /// A text that may be left out. An empty one counts as left out.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<String> {
        match self.value(key)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => {
                self.fail(key, "write a text");
                None
            }
        }
    }

    /// A text that must be there; `hint` says what it is.
    pub(crate) fn text(&mut self, key: &'static str, hint: &str) -> Option<String> {
        let text = self.optional(key);
        if text.is_none() && !self.errors.iter().any(|e| e.key == key) {
            self.fail(key, format!("is missing: {hint}"));
        }
        text
    }

    /// A secret or key given as text under `key` or as a path under `file`; neither is no mistake.
    pub(crate) fn optional_secret(&mut self, key: &'static str, file: &'static str) -> Option<String> {
        let text = self.optional(key);
        let path = self.optional(file);
        match (text, path) {
            (Some(_), Some(_)) => {
                self.fail(file, format!("leave out either {key} or {file}"));
                None
            }
            (Some(text), None) => Some(text),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(text) => Some(text.trim().to_owned()),
                Err(error) => {
                    self.fail(file, format!("cannot read {path}: {error}"));
                    None
                }
            },
            (None, None) => None,
        }
    }

    /// The same, where one of the two must be there.
    pub(crate) fn secret(&mut self, key: &'static str, file: &'static str, hint: &str) -> Option<String> {
        let before = self.errors.len();
        let secret = self.optional_secret(key, file);
        if secret.is_none() && self.errors.len() == before {
            self.fail(key, format!("is missing: {hint} (or its path as {file})"));
        }
        secret
    }

    /// Parses what was read, and notes under `key` why it could not be parsed.
    pub(crate) fn parse<T>(
        &mut self,
        key: &'static str,
        text: Option<String>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match parse(&text?) {
            Ok(value) => Some(value),
            Err(what) => {
                self.fail(key, what);
                None
            }
        }
    }

    /// An http(s) address that may be left out for `default`.
    pub(crate) fn url(&mut self, key: &'static str, default: &str) -> Option<reqwest::Url> {
        let text = self.optional(key).unwrap_or_else(|| default.to_owned());
        match reqwest::Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.query().is_none() => Some(url),
            _ => {
                self.fail(key, format!("{text:?} is not an http or https address, such as {default}"));
                None
            }
        }
    }

    /// A time limit in milliseconds, from 100 to 120,000.
    pub(crate) fn millis(&mut self, key: &'static str, default: Duration) -> Duration {
        match self.value(key) {
            None => default,
            Some(value) => match value.as_u64() {
                Some(ms @ 100..=120_000) => Duration::from_millis(ms),
                _ => {
                    self.fail(key, "write milliseconds from 100 to 120000");
                    default
                }
            },
        }
    }

    /// Ends the reading: keys nobody asked for are mistakes too.
    pub(crate) fn finish(mut self) -> Result<(), Vec<SettingsError>> {
        let strangers: Vec<String> = self
            .map
            .into_iter()
            .flat_map(Map::keys)
            .filter(|key| !self.known.contains(&key.as_str()))
            .cloned()
            .collect();
        for key in strangers {
            let what = format!("is not a setting here; known are {}", self.known.join(", "));
            self.fail(&key, what);
        }
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }
}
