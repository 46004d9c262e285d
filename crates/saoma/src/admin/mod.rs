//! Setting a real installation up from the command line: merchants, sites, people and keys, terminals, channel accounts. They work beside a
//! running process.

mod channels;
mod people;
mod places;

use desk::access::Who;
use serde::Serialize;
use store::{Id, Merchant};

use crate::cli::Where;
use crate::config::{self, COMMAND_LINE_NODE};
use crate::out::{Failed, Out, Outcome, While as _};
use crate::platform::{Plan, Platform};
use crate::verify_cmd::address;

pub(crate) use channels::Channels;
pub(crate) use people::Operators;
pub(crate) use places::{Merchants, Sites, Terminals};

/// What every one of these commands takes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Common {
    #[command(flatten)]
    pub(crate) place: Where,
    /// JSON lines; the last has `"type": "summary"`.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A platform opened for one command.
struct Opened {
    platform: Platform,
    out: Out,
}

/// Opens the database for a command.
async fn open(common: &Common) -> Outcome<Opened> {
    crate::logs::start("warn", false);
    let mut plan = Plan { node: COMMAND_LINE_NODE, ..Plan::new(address(&common.place)?) };
    if let Some(path) = &common.place.config {
        plan.desk = config::need(path)?.desk;
    }
    let platform = Platform::open(&plan).await?;
    Ok(Opened { platform, out: Out::new(common.json) })
}

impl Opened {
    /// The platform itself, acting for a merchant. Error: there is no such merchant.
    async fn acting_for(&self, merchant: Id) -> Outcome<Who> {
        let who = Who::system(Merchant(merchant));
        match self.platform.desk.merchant(&who).await {
            Ok(_) => Ok(who),
            Err(refusal) => Err(Failed::call(format!(
                "merchant {merchant}: {refusal} (saoma merchant list tells them all)"
            ))),
        }
    }

    /// Tells a list and ends.
    async fn list<T: Serialize>(self, kind: &str, rows: &[T], text: impl Fn(&T) -> String) -> Outcome {
        for row in rows {
            self.out.result(kind, row, text(row));
        }
        self.end(rows.len()).await
    }

    /// Tells one thing that was made and ends.
    async fn made<T: Serialize>(self, kind: &str, row: &T, text: String) -> Outcome {
        self.out.result(kind, row, text);
        self.end(1).await
    }

    async fn end(self, count: usize) -> Outcome {
        if count == 0 {
            self.out.say("none");
        }
        self.platform.db.close().await;
        self.out.end(&serde_json::json!({ "count": count }));
        Ok(())
    }
}

/// A secret of a file, or of standard input for `-`.
fn secret_of(path: &std::path::Path) -> Outcome<String> {
    let text = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin()).during("reading standard input")?
    } else {
        std::fs::read_to_string(path).during(format_args!("reading {}", path.display()))?
    };
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
