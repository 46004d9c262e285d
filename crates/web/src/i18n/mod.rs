//! English and Chinese words of the screens: one table, looked up by name in Rust and by key in scripts.
//!
//! A text may hold `{placeholders}`; both languages hold the same ones. Reasons that arrive as codes (problems, declines, events)
//! are words of the table too, under `problem.`, `reason.` and `event.`.

pub mod common;
pub mod console;
mod lang;
mod reasons;
pub mod sale;
pub mod stand;

pub use common as c;
pub use console as k;
pub use lang::Lang;
pub use sale as s;
pub use stand as st;

/// One text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its key: how scripts and codes find it.
    pub key: &'static str,
    /// English.
    pub en: &'static str,
    /// Simplified Chinese.
    pub zh: &'static str,
}

impl Text {
    /// The words in one language.
    pub fn say(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }

    /// The words with `{name}` replaced by each value.
    pub fn fill(&self, lang: Lang, values: &[(&str, &str)]) -> String {
        let mut out = self.say(lang).to_owned();
        for (name, value) in values {
            out = out.replace(&format!("{{{name}}}"), value);
        }
        out
    }
}

/// Declares texts: `texts! { NAME = "key" "English" "中文"; }`. A scene writes `web::texts!`.
#[macro_export]
macro_rules! texts {
    ($($name:ident = $key:literal $en:literal $zh:literal;)+) => {
        $(#[doc = $en]
        pub static $name: $crate::i18n::Text = $crate::i18n::Text { key: $key, en: $en, zh: $zh };)+
        /// All of this part.
        pub static ALL: &[&$crate::i18n::Text] = &[$(&$name,)+];
    };
}
pub use texts;

/// Declares texts that only arrive as codes: `codes! { "key" "English" "中文"; }`. A scene writes `web::codes!`.
#[macro_export]
macro_rules! codes {
    ($($key:literal $en:literal $zh:literal;)+) => {
        /// All of this part.
        pub(super) static ALL: &[&$crate::i18n::Text] = &[$(&$crate::i18n::Text { key: $key, en: $en, zh: $zh },)+];
    };
}
pub use codes;

/// Every text of the table, the scenes' with it.
pub fn all() -> impl Iterator<Item = &'static Text> {
    let brought = crate::screens::scene::brought();
    let own = [common::ALL, console::ALL, reasons::ALL, sale::ALL, stand::ALL].into_iter();
    own.chain(brought.into_iter().flat_map(|scene| scene.words.iter().copied())).flatten().copied()
}

/// The text with this key.
pub fn by_key(key: &str) -> Option<&'static Text> {
    all().find(|text| text.key == key)
}

/// What a code says in words, or the code itself where the table does not know it (a value this release never saw is shown as it is).
pub fn code(lang: Lang, group: &str, code: &str) -> String {
    by_key(&format!("{group}.{code}")).map_or_else(|| code.to_owned(), |text| text.say(lang).to_owned())
}

/// The texts whose keys start with one of `prefixes`, as the JSON object that scripts read.
pub fn for_scripts(lang: Lang, prefixes: &[&str]) -> serde_json::Value {
    all()
        .filter(|text| prefixes.iter().any(|p| text.key.starts_with(p)))
        .map(|text| (text.key.to_owned(), text.say(lang).into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[cfg(test)]
mod i18n_tests;
