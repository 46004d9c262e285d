//! `saoma edge`: the node at the site. The same platform on a database of its own, kept up to date from the centre while it can be reached, and
//! deciding by itself while it cannot. Cameras, barriers and handhelds of the site talk to it.

mod centre;
mod sync;

use std::sync::Arc;

use crate::out::{Failed, Outcome, While as _, line};
use crate::platform::{self, HttpLimits, Plan, Platform};
use crate::{cli, files, logs, stop};
use centre::Centre;
use sync::Sync;

/// Runs the edge until it is asked to stop.
pub(crate) async fn run(args: cli::Edge) -> Outcome {
    logs::start(&args.log, logs::json_wanted());
    let stop = stop::on_signal()?;
    let key = read_key(&args)?;
    let listener = platform::listen(args.listen, "--listen").await?;
    let held = files::hold(&args.data)?;
    let base_url = platform::reached_at(listener.local_addr().during("reading the own address")?);
    let mut plan = Plan::new(format!("sqlite:{}", args.data.join("edge.db").display()));
    plan.node = args.node;
    plan.desk.base_url.clone_from(&base_url);
    plan.seal_seed = files::seal_key_of(&args.data)?;
    let platform = Platform::open(&plan).await?;
    let centre = Arc::new(Centre::new(&args.centre, key)?);
    let sync = Sync::new(platform.desk.clone(), centre);
    if !sync.knows_its_site().await? {
        line(format_args!("saoma edge asks {} for the site it belongs to", args.centre));
        sync.first_time(stop.clone()).await?;
    }
    let router = platform.router(None, HttpLimits::default()).merge(sync.status());
    line(format_args!("saoma edge serves the site on {base_url}; the centre is {}", args.centre));
    let keeping = tokio::spawn(sync.keep(stop.clone()));
    let served = platform.run(listener, router, stop).await;
    keeping.abort();
    drop(held);
    served
}

/// The edge's key: what enrolling its terminal gave.
fn read_key(args: &cli::Edge) -> Outcome<String> {
    let text = std::fs::read_to_string(&args.key_file)
        .during(format_args!("reading the key {}", args.key_file.display()))?;
    let key = text.trim();
    if key.starts_with("tk_") {
        return Ok(key.to_owned());
    }
    Err(Failed::call(format!(
        "{} must hold the key of a terminal of the kind edge (tk_…): saoma terminal add --kind edge, then enrol it",
        args.key_file.display()
    )))
}
