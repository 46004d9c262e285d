//! What the demo keeps and tells in its folder: the secrets it gave out, and `demo.json` for programs.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::files;
use crate::out::{Outcome, While as _};

/// The secrets the demo gave out, so that a later start tells the same ones: the database keeps only hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Secrets {
    /// True once everything was set up: an earlier start that was cut off leaves it false.
    pub(super) complete: bool,
    /// API keys by merchant id.
    pub(super) api_keys: BTreeMap<String, String>,
    /// Terminal keys by terminal id.
    pub(super) terminal_keys: BTreeMap<String, String>,
}

const SECRETS: &str = "demo-keys.json";

impl Secrets {
    /// What an earlier start kept; nothing at the first.
    pub(super) fn read(data: &Path) -> Outcome<Secrets> {
        let path = data.join(SECRETS);
        match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .during(format_args!("reading {} (start with --fresh to begin again)", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Secrets::default()),
            Err(error) => Err(error).during(format_args!("reading {}", path.display())),
        }
    }

    /// Keeps them.
    pub(super) fn write(&self, data: &Path) -> Outcome {
        let text = serde_json::to_string_pretty(self).during("writing the demo's keys")?;
        files::write_whole(&data.join(SECRETS), &text, true)
    }
}

/// `demo.json`: where everything is and who may use it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DemoJson {
    /// The platform's origin.
    pub(super) base_url: String,
    /// The sandbox's origin.
    pub(super) sandbox_url: String,
    /// The first merchant's API key.
    pub(super) api_key: String,
    /// The merchants.
    pub(super) merchants: Vec<MerchantJson>,
    /// Their sites.
    pub(super) sites: Vec<SiteJson>,
    /// Their terminals.
    pub(super) terminals: Vec<TerminalJson>,
    /// Who can sign in.
    pub(super) operators: Vec<OperatorJson>,
    /// The sandbox's own description, an absolute path.
    pub(super) sandbox_json: String,
    /// The page on which a person pays.
    pub(super) phone_url: String,
    /// The engine: `sqlite` or `postgres`.
    pub(super) engine: String,
    /// The process that serves.
    pub(super) pid: u32,
}

/// A merchant in `demo.json`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct MerchantJson {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
    /// Its own id: every place carries the merchant it belongs to.
    pub(super) merchant: String,
    pub(super) currency: String,
    pub(super) api_key: String,
}

/// A site in `demo.json`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SiteJson {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) merchant: String,
}

/// A terminal in `demo.json`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TerminalJson {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) merchant: String,
    pub(super) site: String,
    pub(super) capabilities: Vec<String>,
    /// The key its screen holds.
    pub(super) key: String,
    /// A one-time code with which another browser becomes this terminal.
    pub(super) enrolment_code: String,
    /// Its screen.
    pub(super) url: String,
    /// Of a stand: what its printed code holds, the page that any wallet opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stand_url: Option<String>,
    /// The page on which a person puts notes and coins in, where it has a cash machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cash_simulator: Option<String>,
}

/// A person in `demo.json`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct OperatorJson {
    pub(super) name: String,
    pub(super) password: String,
    pub(super) role: String,
    pub(super) merchant: String,
}

impl DemoJson {
    /// Writes `DATA/demo.json` in one step.
    pub(super) fn write(&self, data: &Path) -> Outcome {
        let text = serde_json::to_string_pretty(self).during("writing demo.json")?;
        files::write_whole(&data.join("demo.json"), &text, true)
    }
}
