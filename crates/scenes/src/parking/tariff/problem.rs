//! What can be wrong with a tariff file, and what a check finds in one that can be read.

use std::fmt;

use serde::Serialize;

/// One thing in a tariff file that stops it from being used: where it is, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Line in the file, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// Column in the line, from 1.
    pub column: usize,
    /// The key, with the tables around it: `rate[1].window[0].from`.
    pub key: String,
    /// What is wrong and what to write.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}", self.line)?;
            if self.column > 0 {
                write!(f, ", column {}", self.column)?;
            }
            f.write_str(": ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// An assumption that was made where the file is silent. Nothing is wrong.
    Note,
    /// Probably not what was meant: a gap, a rate nobody gets, a fee that falls.
    Warning,
    /// Wrong: a worked case of the file gives another fee.
    Error,
}

/// One thing a check found, with the stay that shows it where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Stable name of the kind of finding, such as `gap` or `falls`.
    pub code: &'static str,
    /// In words, with what to write.
    pub message: String,
    /// A stay that shows it: entry and exit in local time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity} [{}]: {}", self.code, self.message)?;
        match &self.example {
            Some(example) => write!(f, " (example: {example})"),
            None => Ok(()),
        }
    }
}
