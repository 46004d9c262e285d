//! `saoma sandbox`: the other side of every remote channel, alone.

use std::sync::Arc;

use sandbox::Sandbox;

use crate::cli;
use crate::out::{Failed, Outcome, line};
use crate::ports::SystemClock;
use crate::{files, logs, stop};

/// Serves until asked to stop.
pub(crate) async fn run(args: cli::SandboxArgs) -> Outcome {
    logs::start("warn", false);
    let stop = stop::on_signal()?;
    let held = files::hold(&args.data)?;
    let mut options = sandbox::Options::new(args.listen, &args.data, Arc::new(SystemClock));
    options.strict = args.strict;
    let running = Sandbox::start(options).await.map_err(|error| Failed::call(error.to_string()))?;
    line(format_args!("saoma sandbox serves {}", running.base_url));
    line(format_args!("  phone      {}", running.json.phone_url));
    line(format_args!("  for programs: {}", args.data.join("sandbox.json").display()));
    stop::asked(stop).await;
    running.stop().await;
    drop(held);
    Ok(())
}
