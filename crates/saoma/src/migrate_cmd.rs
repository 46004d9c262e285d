//! `saoma migrate`: brings the tables of a database up to date; safe beside running processes, which expand first and contract later.

use crate::cli;
use crate::config::COMMAND_LINE_NODE;
use crate::out::{Outcome, While as _, line};
use crate::platform::{self, Plan};
use crate::verify_cmd::address;

/// Runs the steps that are missing.
pub(crate) async fn run(args: cli::Migrate) -> Outcome {
    crate::logs::start("warn", false);
    let plan = Plan { node: COMMAND_LINE_NODE, ..Plan::new(address(&args.place)?) };
    let db = platform::open_db(&plan).await?;
    let rooms = platform::rooms(&plan);
    let migrated = db.migrate(&rooms).await.during("bringing the tables up to date");
    db.close().await;
    migrated?;
    let steps: usize = rooms.iter().map(|room| room.len()).sum();
    line(format_args!("up to date: {steps} steps of {} rooms", rooms.len()));
    Ok(())
}
