//! `saoma bench`: what the platform does in a second, beside the plain limits of the machine in the same run. `payments` takes cash, `scans` asks a
//! channel, `settle` takes callbacks, `mixed` does all of it with lists beside; `fill` makes a large database; `signatures` is about RSA alone,
//! `parking` about car parks.

mod channel;
mod client;
mod figures;
mod fill;
mod ground;
mod limits;
mod lists;
mod load;
mod mixed;
mod parking;
mod payments;
mod scans;
mod settle;
mod signatures;
mod summary;
mod world;

use crate::cli::{self, BenchArgs};
use crate::out::{Failed, Out, Outcome};
use crate::{files, logs};
use ground::Ground;
use summary::Summary;

/// What one kind measures at a number of callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Payments,
    Scans,
    Settle,
    Mixed,
}

impl Kind {
    const fn parts(self) -> &'static [&'static str] {
        match self {
            Kind::Payments => &["fsync", "hello", "transactions", "store", "http", "hot", "two_nodes"],
            Kind::Scans => &["signatures", "scans"],
            Kind::Settle => &["settle"],
            Kind::Mixed => &["mixed"],
        }
    }
}

/// Measures and tells.
pub(crate) async fn run(args: cli::Bench) -> Outcome {
    let (kind, args) = match args {
        cli::Bench::Payments(args) => (Kind::Payments, args),
        cli::Bench::Scans(args) => (Kind::Scans, args),
        cli::Bench::Settle(args) => (Kind::Settle, args),
        cli::Bench::Mixed(args) => (Kind::Mixed, args),
        cli::Bench::Fill(args) => return fill::run(args).await,
        cli::Bench::Signatures(args) => return signatures::run(&args),
        cli::Bench::Parking(args) => return parking::run(args).await,
    };
    logs::start("error", false);
    let out = Out::new(args.json);
    check(kind, &args)?;
    let folder = std::env::temp_dir().join(format!("saoma-bench-{}", std::process::id()));
    files::folder(&folder)?;
    let measured = match Ground::start(args, folder.clone()) {
        Ok(ground) => measure(kind, &ground, out).await,
        Err(failed) => Err(failed),
    };
    files::remove(&folder)?;
    let summary = measured?;
    out.summary(&summary, summary.text());
    Ok(())
}

fn check(kind: Kind, args: &BenchArgs) -> Outcome {
    if let Some(odd) = args.parts.iter().find(|part| !kind.parts().contains(&part.as_str())) {
        return Err(Failed::call(format!("--parts {odd:?}: write some of {}", kind.parts().join(", "))));
    }
    if args.callers.is_empty() || args.callers.contains(&0) {
        return Err(Failed::call("--callers: write numbers above zero, such as 64,256"));
    }
    Ok(())
}

async fn measure(kind: Kind, ground: &Ground, out: Out) -> Outcome<Summary> {
    let mut summary = Summary::default();
    if kind == Kind::Payments {
        payments::once(ground, out, &mut summary).await?;
    }
    for callers in &ground.args.callers {
        match kind {
            Kind::Payments => payments::at(ground, *callers, out, &mut summary).await?,
            Kind::Scans => scans::at(ground, *callers, out, &mut summary).await?,
            Kind::Settle => settle::at(ground, *callers, out, &mut summary).await?,
            Kind::Mixed => mixed::at(ground, *callers, out, &mut summary).await?,
        }
    }
    Ok(summary)
}
