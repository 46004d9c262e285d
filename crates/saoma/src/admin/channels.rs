//! `saoma channel`: a merchant's accounts at remote channels.

use std::path::PathBuf;

use clap::Subcommand;
use desk::NewChannel;
use serde_json::json;
use store::Id;

use super::{Common, open};
use crate::out::{Outcome, While as _};

/// `saoma channel`
#[derive(Debug, Subcommand)]
pub(crate) enum Channels {
    /// Sets an account, after its settings were checked. Payments under way keep going.
    Set {
        #[command(flatten)]
        common: Common,
        /// The merchant's id.
        #[arg(long)]
        merchant: Id,
        /// The channel: wechat, alipay.
        #[arg(long)]
        channel: String,
        /// What operators call the account.
        #[arg(long)]
        name: String,
        /// A JSON file of the channel's settings, with secrets by file; `docs/channels.md` lists them.
        #[arg(long)]
        settings: PathBuf,
    },
    /// The accounts of a merchant.
    List {
        #[command(flatten)]
        common: Common,
        /// The merchant's id.
        #[arg(long)]
        merchant: Id,
    },
}

impl Channels {
    /// Does it.
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Channels::Set { common, merchant, channel, name, settings } => {
                let text = std::fs::read_to_string(&settings)
                    .during(format_args!("reading {}", settings.display()))?;
                let settings =
                    serde_json::from_str(&text).during(format_args!("{} is not JSON", settings.display()))?;
                let opened = open(&common).await?;
                let who = opened.acting_for(merchant).await?;
                let new = NewChannel { channel, name, settings };
                let row = opened.platform.desk.set_channel(&who, new).await.during("setting the channel")?;
                let value = json!({ "id": row.id, "channel": row.channel, "name": row.name });
                opened
                    .made("channel", &value, format!("channel {}  {}  {}", row.id, row.channel, row.name))
                    .await
            }
            Channels::List { common, merchant } => {
                let opened = open(&common).await?;
                let who = opened.acting_for(merchant).await?;
                let all = opened.platform.desk.channel_accounts(&who).await.during("reading the accounts")?;
                let rows: Vec<_> = all
                    .iter()
                    .map(|c| json!({ "id": c.id, "channel": c.channel, "name": c.name, "standing": c.standing.as_str() }))
                    .collect();
                opened
                    .list("channel", &rows, |c| format!("{}  {}  {}", c["id"], c["channel"], c["name"]))
                    .await
            }
        }
    }
}
