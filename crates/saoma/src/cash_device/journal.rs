//! What a cash device's process must not forget: where the devices' counters stood, what is on its way, and facts nobody has taken yet.

use std::path::{Path, PathBuf};

use cash_devices::cctalk::Memory;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::files::write_whole;
use crate::out::{Failed, Outcome, While as _};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Kept {
    epoch: i64,
    number: i64,
    untold: Vec<Numbered>,
    memory: Memory,
}

/// A fact with its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Numbered {
    /// Rises by one.
    pub(super) number: i64,
    /// What happened, in the platform's form.
    pub(super) fact: Value,
}

/// The journal of one machine.
pub(super) struct Journal {
    path: PathBuf,
    kept: Kept,
}

impl Journal {
    /// Reads it, or begins one whose numbers belong to a fresh epoch.
    pub(super) fn open(path: &Path, now: i64) -> Outcome<Journal> {
        let kept = match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text).map_err(|e| {
                Failed::call(format!(
                    "{} is no journal of a cash device ({e}): move it away to begin anew; money it knew of is then looked for by hand",
                    path.display()
                ))
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Kept { epoch: now, ..Kept::default() },
            Err(error) => return Err(error).during(format_args!("reading {}", path.display())),
        };
        Ok(Journal { path: path.to_owned(), kept })
    }

    pub(super) const fn memory(&self) -> &Memory {
        &self.kept.memory
    }

    pub(super) const fn epoch(&self) -> i64 {
        self.kept.epoch
    }

    /// Facts nobody has taken yet.
    pub(super) fn untold(&self) -> &[Numbered] {
        &self.kept.untold
    }

    /// Writes down what is new, in one step, before anybody is told.
    pub(super) fn keep(&mut self, memory: &Memory, facts: Vec<Value>) -> Outcome {
        if facts.is_empty() && self.kept.memory == *memory {
            return Ok(());
        }
        for fact in facts {
            self.kept.number += 1;
            self.kept.untold.push(Numbered { number: self.kept.number, fact });
        }
        self.kept.memory = memory.clone();
        self.write()
    }

    /// The platform has taken everything up to this number.
    pub(super) fn told(&mut self, heard: i64) -> Outcome {
        let before = self.kept.untold.len();
        self.kept.untold.retain(|n| n.number > heard);
        if self.kept.untold.len() == before { Ok(()) } else { self.write() }
    }

    fn write(&self) -> Outcome {
        let text = serde_json::to_string(&self.kept).during("writing the journal")?;
        write_whole(&self.path, &text, true)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn facts_outlive_the_process_and_keep_their_numbers() {
        let folder = std::env::temp_dir().join(format!("saoma-journal-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("journal.json");
        let mut journal = Journal::open(&path, 77).unwrap();
        journal.keep(&Memory::default(), vec![json!({"a": 1}), json!({"a": 2})]).unwrap();
        let mut again = Journal::open(&path, 99).unwrap();
        assert_eq!((again.epoch(), again.untold().len()), (77, 2), "the same numbers of the same epoch");
        again.told(1).unwrap();
        again.keep(&Memory::default(), vec![json!({"a": 3})]).unwrap();
        let numbers: Vec<i64> = Journal::open(&path, 0).unwrap().untold().iter().map(|n| n.number).collect();
        assert_eq!(numbers, [2, 3]);
        std::fs::write(&path, "{").unwrap();
        assert!(Journal::open(&path, 0).is_err(), "a journal that cannot be read is not thrown away");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
