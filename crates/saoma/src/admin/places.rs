//! `saoma merchant`, `saoma site`, `saoma terminal`.

use clap::Subcommand;
use desk::rows::{Site, Standing, Terminal};
use desk::{NewSite, NewTerminal};
use money::Currency;
use serde_json::json;
use store::Id;

use super::{Common, open};
use crate::out::{Outcome, While as _};

/// `saoma merchant`
#[derive(Debug, Subcommand)]
pub(crate) enum Merchants {
    /// A new merchant.
    Add {
        #[command(flatten)]
        common: Common,
        /// Its name.
        #[arg(long)]
        name: String,
        /// The currency of its books.
        #[arg(long, default_value = "CNY")]
        currency: Currency,
    },
    /// Every merchant.
    List {
        #[command(flatten)]
        common: Common,
    },
}

/// `saoma site`
#[derive(Debug, Subcommand)]
pub(crate) enum Sites {
    /// A new site of a merchant.
    Add {
        #[command(flatten)]
        common: Common,
        /// The merchant's id.
        #[arg(long)]
        merchant: Id,
        /// The site's name.
        #[arg(long)]
        name: String,
        /// Its time zone.
        #[arg(long, default_value = "Asia/Shanghai")]
        zone: String,
        /// Minutes after midnight at which its business day ends.
        #[arg(long, default_value_t = 0)]
        cut_off_minutes: i64,
        /// Where it is.
        #[arg(long, default_value = "")]
        address: String,
    },
    /// The sites of a merchant.
    List {
        #[command(flatten)]
        common: Common,
        /// The merchant's id.
        #[arg(long)]
        merchant: Id,
    },
}

/// `saoma terminal`
#[derive(Debug, Subcommand)]
pub(crate) enum Terminals {
    /// A new terminal of a site, and the one-time code with which its browser becomes it.
    Add {
        #[command(flatten)]
        common: Common,
        /// The merchant's id.
        #[arg(long)]
        merchant: Id,
        /// The site's id.
        #[arg(long)]
        site: Id,
        /// The terminal's name.
        #[arg(long)]
        name: String,
        /// What sort of device it is: counter, kiosk, handheld, gate …
        #[arg(long)]
        kind: String,
        /// What it can do: shows_code, scans_code, taps, takes_cash, gives_change, prints, photographs, opens_barrier.
        #[arg(long, value_delimiter = ',')]
        can: Vec<String>,
        /// Nobody works shifts at it.
        #[arg(long)]
        unattended: bool,
    },
    /// The terminals of a merchant.
    List {
        #[command(flatten)]
        common: Common,
        /// The merchant's id.
        #[arg(long)]
        merchant: Id,
    },
    /// A fresh one-time code for a terminal.
    Enrol {
        #[command(flatten)]
        common: Common,
        /// The merchant's id.
        #[arg(long)]
        merchant: Id,
        /// The terminal's id.
        #[arg(long)]
        terminal: Id,
    },
    /// Switches a terminal on.
    On {
        #[command(flatten)]
        common: Common,
        /// The merchant's id.
        #[arg(long)]
        merchant: Id,
        /// The terminal's id.
        #[arg(long)]
        terminal: Id,
    },
    /// Switches a terminal off.
    Off {
        #[command(flatten)]
        common: Common,
        /// The merchant's id.
        #[arg(long)]
        merchant: Id,
        /// The terminal's id.
        #[arg(long)]
        terminal: Id,
    },
}

fn terminal_json(t: &Terminal) -> serde_json::Value {
    json!({ "id": t.id, "site": t.site, "name": t.name, "kind": t.kind, "capabilities": t.capabilities.0,
        "unattended": t.unattended, "standing": t.standing.as_str() })
}

fn site_json(s: &Site) -> serde_json::Value {
    json!({ "id": s.id, "name": s.name, "zone": s.zone, "cut_off_minutes": s.cut_off_minutes, "address": s.address })
}

impl Merchants {
    /// Does it.
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Merchants::Add { common, name, currency } => {
                let opened = open(&common).await?;
                let made = opened.platform.desk.create_merchant(&name, currency).await;
                let id = made.during("adding the merchant")?.0;
                let row = json!({ "id": id, "name": name, "currency": currency });
                opened.made("merchant", &row, format!("merchant {id}  {name}")).await
            }
            Merchants::List { common } => {
                let opened = open(&common).await?;
                let rows = opened.platform.desk.merchants().await.during("reading the merchants")?;
                let rows: Vec<_> = rows
                    .iter()
                    .map(|m| json!({ "id": m.id, "name": m.name, "currency": m.currency, "standing": m.standing.as_str() }))
                    .collect();
                opened.list("merchant", &rows, |m| format!("{}  {}", word(m, "id"), word(m, "name"))).await
            }
        }
    }
}

fn word(value: &serde_json::Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

impl Sites {
    /// Does it.
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Sites::Add { common, merchant, name, zone, cut_off_minutes, address } => {
                let opened = open(&common).await?;
                let who = opened.acting_for(merchant).await?;
                let new = NewSite { name, zone: Some(zone), cut_off_minutes, address };
                let site = opened.platform.desk.create_site(&who, new).await.during("adding the site")?;
                opened.made("site", &site_json(&site), format!("site {}  {}", site.id, site.name)).await
            }
            Sites::List { common, merchant } => {
                let opened = open(&common).await?;
                let who = opened.acting_for(merchant).await?;
                let sites = opened.platform.desk.sites(&who).await.during("reading the sites")?;
                let rows: Vec<_> = sites.iter().map(site_json).collect();
                opened.list("site", &rows, |s| format!("{}  {}", word(s, "id"), word(s, "name"))).await
            }
        }
    }
}

impl Terminals {
    /// Does it.
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Terminals::Add { common, merchant, site, name, kind, can, unattended } => {
                let opened = open(&common).await?;
                let who = opened.acting_for(merchant).await?;
                let desk = &opened.platform.desk;
                let new = NewTerminal { site, name, kind, capabilities: can, unattended };
                let terminal = desk.create_terminal(&who, new).await.during("adding the terminal")?;
                let code = desk.new_enrolment(&who, terminal.id).await.during("making its code")?;
                let mut row = terminal_json(&terminal);
                row["enrolment_code"] = json!(code);
                let text = format!("terminal {}  {}\nenrolment code {code}", terminal.id, terminal.name);
                opened.made("terminal", &row, text).await
            }
            Terminals::List { common, merchant } => {
                let opened = open(&common).await?;
                let who = opened.acting_for(merchant).await?;
                let all = opened.platform.desk.terminals(&who).await.during("reading the terminals")?;
                let rows: Vec<_> = all.iter().map(terminal_json).collect();
                let text = |t: &serde_json::Value| {
                    format!(
                        "{}  {}  {}  {}",
                        word(t, "id"),
                        word(t, "standing"),
                        word(t, "kind"),
                        word(t, "name")
                    )
                };
                opened.list("terminal", &rows, text).await
            }
            Terminals::Enrol { common, merchant, terminal } => {
                let opened = open(&common).await?;
                let who = opened.acting_for(merchant).await?;
                let code =
                    opened.platform.desk.new_enrolment(&who, terminal).await.during("making the code")?;
                let row = json!({ "terminal": terminal, "enrolment_code": code });
                opened.made("enrolment", &row, format!("enrolment code {code}")).await
            }
            Terminals::On { common, merchant, terminal } => {
                switch(&common, merchant, terminal, Standing::On).await
            }
            Terminals::Off { common, merchant, terminal } => {
                switch(&common, merchant, terminal, Standing::Off).await
            }
        }
    }
}

async fn switch(common: &Common, merchant: Id, terminal: Id, standing: Standing) -> Outcome {
    let opened = open(common).await?;
    let who = opened.acting_for(merchant).await?;
    let row =
        opened.platform.desk.set_terminal(&who, terminal, standing).await.during("switching the terminal")?;
    let text = format!("terminal {}  {}", row.id, row.standing.as_str());
    opened.made("terminal", &terminal_json(&row), text).await
}
