//! `saoma operator`: people who sign in, and API keys of partner systems.

use std::path::PathBuf;

use clap::Subcommand;
use data_encoding::HEXLOWER;
use desk::NewOperator;
use desk::rows::Role;
use serde_json::json;
use store::Id;

use super::{Common, open, secret_of};
use crate::out::{Failed, Outcome, While as _};
use crate::ports::random_bytes;

/// `saoma operator`
#[derive(Debug, Subcommand)]
pub(crate) enum Operators {
    /// A person who can sign in.
    Add {
        #[command(flatten)]
        common: Common,
        /// The merchant's id.
        #[arg(long)]
        merchant: Id,
        /// The sign-in name, unique over all merchants.
        #[arg(long)]
        name: String,
        /// owner, manager, cashier or auditor.
        #[arg(long)]
        role: String,
        /// A file that holds the password, `-` for standard input; one is made and told when left out.
        #[arg(long)]
        password_file: Option<PathBuf>,
    },
    /// The people of a merchant.
    List {
        #[command(flatten)]
        common: Common,
        /// The merchant's id.
        #[arg(long)]
        merchant: Id,
    },
    /// A new API key for a partner system; it is told once.
    Key {
        #[command(flatten)]
        common: Common,
        /// The merchant's id.
        #[arg(long)]
        merchant: Id,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// owner, manager, cashier or auditor.
        #[arg(long, default_value = "manager")]
        role: String,
    },
}

fn role_of(text: &str) -> Outcome<Role> {
    match Role::parse(text) {
        Role::Other(_) => {
            Err(Failed::call(format!("--role {text:?}: write owner, manager, cashier or auditor")))
        }
        role => Ok(role),
    }
}

impl Operators {
    /// Does it.
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Operators::Add { common, merchant, name, role, password_file } => {
                let role = role_of(&role)?;
                let given = password_file.as_deref().map(secret_of).transpose()?;
                let made = given.is_none();
                let password = given.unwrap_or_else(|| HEXLOWER.encode(&random_bytes::<9>()));
                let opened = open(&common).await?;
                let who = opened.acting_for(merchant).await?;
                let new = NewOperator { name, password: password.clone(), role };
                let operator =
                    opened.platform.desk.create_operator(&who, new).await.during("adding the operator")?;
                let mut row =
                    json!({ "id": operator.id, "name": operator.name, "role": operator.role.as_str() });
                let mut text =
                    format!("operator {}  {}  ({})", operator.id, operator.name, operator.role.as_str());
                if made {
                    row["password"] = json!(password);
                    text.push_str(&format!("\npassword {password}"));
                }
                opened.made("operator", &row, text).await
            }
            Operators::List { common, merchant } => {
                let opened = open(&common).await?;
                let who = opened.acting_for(merchant).await?;
                let all = opened.platform.desk.operators(&who).await.during("reading the operators")?;
                let rows: Vec<_> = all
                    .iter()
                    .map(|o| json!({ "id": o.id, "name": o.name, "role": o.role.as_str(), "standing": o.standing.as_str() }))
                    .collect();
                opened.list("operator", &rows, |o| format!("{}  {}  {}", o["id"], o["name"], o["role"])).await
            }
            Operators::Key { common, merchant, name, role } => {
                let role = role_of(&role)?;
                let opened = open(&common).await?;
                let who = opened.acting_for(merchant).await?;
                let key =
                    opened.platform.desk.create_key(&who, &name, role).await.during("making the key")?;
                let row = json!({ "merchant": merchant, "name": name, "api_key": key });
                opened.made("key", &row, format!("API key {key}")).await
            }
        }
    }
}
