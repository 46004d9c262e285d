//! What the commands say: lines for people or JSON lines for programs, and the three exit codes.

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Value, json};

/// Everything was fine.
pub(crate) const FINE: u8 = 0;
/// Something was found wrong.
pub(crate) const WRONG: u8 = 1;
/// The call was wrong: an option, a file, an address.
pub(crate) const CALL: u8 = 2;

/// Why a command ends early: the exit code, and what happened with what to do about it.
#[derive(Debug)]
pub(crate) struct Failed {
    code: u8,
    text: String,
}

/// What a command answers.
pub(crate) type Outcome<T = ()> = Result<T, Failed>;

impl Failed {
    /// The call was wrong; `text` says what to do.
    pub(crate) fn call(text: impl Into<String>) -> Failed {
        Failed { code: CALL, text: text.into() }
    }

    /// Something was found wrong; everything about it has been said.
    pub(crate) fn wrong() -> Failed {
        Failed { code: WRONG, text: String::new() }
    }
}

/// The outcome of a command that has said everything and gives its own code.
pub(crate) fn with_code(code: u8) -> Outcome {
    if code == FINE { Ok(()) } else { Err(Failed { code, text: String::new() }) }
}

/// Adds what was being done to an error of a library.
pub(crate) trait While<T> {
    /// `doing` is the sentence before the colon.
    fn during(self, doing: impl Display) -> Outcome<T>;
}

impl<T, E: Display> While<T> for Result<T, E> {
    fn during(self, doing: impl Display) -> Outcome<T> {
        self.map_err(|error| Failed::call(format!("{doing}: {error}")))
    }
}

/// Where a command's results go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Out {
    json: bool,
}

impl Out {
    /// JSON lines, or text.
    pub(crate) const fn new(json: bool) -> Out {
        Out { json }
    }

    /// A line for people; programs do not get it.
    pub(crate) fn say(self, text: impl Display) {
        if !self.json {
            line(text);
        }
    }

    /// Progress of long work: on standard error, and for people only.
    pub(crate) fn progress(self, text: impl Display) {
        if !self.json {
            note(text);
        }
    }

    /// One result: `text` for people, the object with its `type` for programs.
    pub(crate) fn result(self, kind: &str, value: &impl Serialize, text: impl Display) {
        if self.json {
            line(typed(kind, value));
        } else {
            line(text);
        }
    }

    /// The last object of the output, for programs only: people have read it all.
    pub(crate) fn end(self, value: &impl Serialize) {
        if self.json {
            line(typed("summary", value));
        }
    }

    /// The last object of the output; people get `text`.
    pub(crate) fn summary(self, value: &impl Serialize, text: impl Display) {
        self.result("summary", value, text);
    }
}

fn typed(kind: &str, value: &impl Serialize) -> Value {
    let mut object = json!({ "type": kind });
    if let (Some(all), Ok(Value::Object(more))) = (object.as_object_mut(), serde_json::to_value(value)) {
        all.extend(more);
    }
    object
}

/// A line on standard output. Who closed the pipe does not want it any more.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A line on standard error.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says why a command failed and gives its exit code.
pub(crate) fn end(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::from(FINE),
        Err(failed) => {
            if !failed.text.is_empty() {
                note(format_args!("saoma: {}", failed.text));
            }
            ExitCode::from(failed.code)
        }
    }
}

impl Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
