//! Reading TOML with places: every value knows its line, every key that nobody asked for is reported with the
//! nearest one that exists, and numbers keep the digits that were written (money never passes through a float).

use std::cell::RefCell;
use std::ops::Range;

use money::Currency;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use super::words;

/// The file being read and what was found wrong in it so far.
pub(super) struct Doc<'t> {
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Doc<'t> {
    pub(super) fn new(text: &'t str) -> Doc<'t> {
        Doc { text, problems: RefCell::default() }
    }

    /// Reports a problem at a place.
    pub(super) fn report(&self, span: &Range<usize>, key: &str, message: impl Into<String>) {
        let (line, column) = self.place(span.start);
        self.problems.borrow_mut().push(Problem {
            line,
            column,
            key: key.to_owned(),
            message: message.into(),
        });
    }

    /// Reports a problem at a line.
    pub(super) fn report_at(&self, line: usize, key: &str, message: String) {
        self.problems.borrow_mut().push(Problem { line, column: 0, key: key.to_owned(), message });
    }

    /// Line and column, from 1.
    pub(super) fn place(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(1, |last| last.chars().count() + 1);
        (line, column)
    }

    /// All problems, in the order of the file.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|p| (p.line, p.column));
        problems.dedup();
        problems
    }

    /// True once something was reported.
    pub(super) fn failed(&self) -> bool {
        !self.problems.borrow().is_empty()
    }
}

/// One value and where it stands.
#[derive(Clone)]
pub(super) struct Item<'a, 't> {
    pub(super) doc: &'a Doc<'t>,
    pub(super) value: &'a DeValue<'a>,
    pub(super) span: Range<usize>,
    pub(super) path: String,
}

impl<'a, 't> Item<'a, 't> {
    pub(super) fn new(doc: &'a Doc<'t>, value: &'a Spanned<DeValue<'a>>, path: String) -> Item<'a, 't> {
        Item { doc, value: value.get_ref(), span: value.span(), path }
    }

    /// Reports a problem with this value.
    pub(super) fn wrong<T>(&self, message: impl Into<String>) -> Option<T> {
        self.doc.report(&self.span, &self.path, message);
        None
    }

    /// The text of a string, number or date as it was written.
    pub(super) fn text(&self) -> Option<String> {
        match self.value {
            DeValue::String(text) => Some(text.clone().into_owned()),
            DeValue::Integer(n) if n.radix() == 10 => Some(n.as_str().to_owned()),
            DeValue::Float(n) => Some(n.as_str().to_owned()),
            DeValue::Datetime(at) => Some(at.to_string()),
            DeValue::Boolean(flag) => Some(flag.to_string()),
            other => self.wrong(format!("a text or number is needed here, not {}", kind(other))),
        }
    }

    /// The text read by `parse`; its error becomes a problem here.
    pub(super) fn read<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.text()?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(message) => self.wrong(message),
        }
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match self.value {
            DeValue::Boolean(flag) => Some(*flag),
            other => self.wrong(format!("write true or false, not {}", kind(other))),
        }
    }

    /// The members of a list; a single value is a list of one.
    pub(super) fn list(&self) -> Vec<Item<'a, 't>> {
        match self.value {
            DeValue::Array(members) => members
                .iter()
                .enumerate()
                .map(|(i, member)| Item::new(self.doc, member, format!("{}[{i}]", self.path)))
                .collect(),
            _ => vec![self.clone()],
        }
    }

    /// The texts of a list, or of a single text with commas.
    pub(super) fn texts(&self) -> Vec<String> {
        let split =
            |text: String| text.split([',', '，', '、']).map(|t| t.trim().to_owned()).collect::<Vec<_>>();
        let all = self.list().iter().filter_map(Item::text).flat_map(split).collect::<Vec<_>>();
        all.into_iter().filter(|t| !t.is_empty()).collect()
    }

    pub(super) fn table(&self) -> Option<Table<'a, 't>> {
        match self.value {
            DeValue::Table(table) => Some(Table::new(self.doc, table, self.span.clone(), self.path.clone())),
            other => self.wrong(format!("a table {{ … }} is needed here, not {}", kind(other))),
        }
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.value, DeValue::Table(_))
    }

    /// True for `false`, which switches an inherited rule off.
    pub(super) fn text_if_false(&self) -> bool {
        matches!(self.value, DeValue::Boolean(false))
    }

    /// True for a bare number.
    pub(super) fn is_number(&self) -> bool {
        matches!(self.value, DeValue::Integer(_) | DeValue::Float(_))
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A table that remembers which of its keys were asked for.
pub(super) struct Table<'a, 't> {
    pub(super) doc: &'a Doc<'t>,
    table: &'a DeTable<'a>,
    pub(super) span: Range<usize>,
    pub(super) path: String,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a, 't> Table<'a, 't> {
    pub(super) fn new(
        doc: &'a Doc<'t>,
        table: &'a DeTable<'a>,
        span: Range<usize>,
        path: String,
    ) -> Table<'a, 't> {
        Table { doc, table, span, path, asked: RefCell::default() }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key, if it is there.
    pub(super) fn get(&self, key: &'static str) -> Option<Item<'a, 't>> {
        self.asked.borrow_mut().push(key);
        self.table.get(key).map(|value| Item::new(self.doc, value, self.path_of(key)))
    }

    /// The value of the first of several names of one key.
    pub(super) fn any(&self, keys: &[&'static str]) -> Option<Item<'a, 't>> {
        let mut found = keys.iter().filter_map(|key| self.get(key)).collect::<Vec<_>>();
        if found.len() > 1 {
            found[1].wrong::<()>(format!("means the same as {:?}: write one of them", found[0].path));
        }
        found.drain(..).next()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Reports a problem with the table as a whole.
    pub(super) fn wrong<T>(&self, message: impl Into<String>) -> Option<T> {
        self.doc.report(&self.span, &self.path, message);
        None
    }

    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        self.get(key)?.text()
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        self.get(key)?.flag()
    }

    pub(super) fn read<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.get(key)?.read(parse)
    }

    pub(super) fn duration(&self, key: &'static str) -> Option<i64> {
        self.read(key, words::duration)
    }

    pub(super) fn amount(&self, key: &'static str, currency: Currency) -> Option<i64> {
        self.read(key, |text| words::amount(text, currency))
    }

    pub(super) fn count(&self, key: &'static str) -> Option<i64> {
        self.read(key, |text| {
            let number = text.parse::<i64>().ok().filter(|n| (0..=1_000_000).contains(n));
            number.ok_or_else(|| format!("{text:?} is not a count: write a whole number"))
        })
    }

    /// One of some words.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.read(key, |text| {
            let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
            found.ok_or_else(|| {
                let known =
                    words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
                format!("{text:?} is not known here: write {known}")
            })
        })
    }

    /// The tables of a list of tables; a single table is a list of one.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Table<'a, 't>> {
        self.get(key).map(|item| item.list().iter().filter_map(Item::table).collect()).unwrap_or_default()
    }

    /// All members, for tables whose keys are the writer's own words.
    pub(super) fn entries(&self) -> Vec<(String, Item<'a, 't>)> {
        let member = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let name: &std::borrow::Cow<'_, str> = key.get_ref();
            (name.clone().into_owned(), Item::new(self.doc, value, self.path_of(name)))
        };
        self.table.iter().map(member).collect()
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, value) in self.table.iter() {
            let name: &str = key.get_ref();
            if asked.contains(&name) {
                continue;
            }
            let near = asked.iter().min_by_key(|k| unlike(k, name)).filter(|k| unlike(k, name) <= 2);
            let mut known = asked.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>();
            known.sort();
            known.dedup();
            let hint = match near {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("known here are {}", known.join(", ")),
            };
            let _ = value;
            self.doc.report(&key.span(), &self.path_of(name), format!("this key is not known here; {hint}"));
        }
    }
}

/// How unlike two keys are: edits, and letters in another order count as one.
fn unlike(a: &str, b: &str) -> usize {
    let letters = |word: &str| {
        let mut all = word.chars().collect::<Vec<_>>();
        all.sort_unstable();
        all
    };
    if a != b && letters(a) == letters(b) { 1 } else { distance(a, b) }
}

/// Edits between two words.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b = b.chars().collect::<Vec<_>>();
    let mut row = (0..=b.len()).collect::<Vec<_>>();
    for (i, ca) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (corner + usize::from(ca != *cb)).min(above + 1).min(row[j] + 1);
            corner = above;
        }
    }
    row[b.len()]
}
