//! The `saoma` binary: command line, configuration, wiring, demo. It holds no business rule.
//!
//! Start reading at [`platform`], which puts database, scenes, channels and desk together; every command is one file beside it.

mod admin;
mod bench;
mod cash_device;
mod cli;
mod config;
mod demo;
mod edge;
mod files;
mod logs;
mod migrate_cmd;
mod out;
mod platform;
mod ports;
mod posting;
mod reconcile_cmd;
mod sandbox_cmd;
mod serve;
mod stop;
mod verify_cmd;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::out::{Outcome, While as _};

/// Memory is taken on one thread and given back on another all the time: a call's at the writer, a row's at the caller.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = Cli::parse().command;
    // A simulated day brings its own clock, and with it its own runtimes.
    if let Command::Simulate(args) = &command {
        return out::end(out::with_code(simulate::cli::run(args)));
    }
    out::end(start(command))
}

fn start(command: Command) -> Outcome {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().during("starting the runtime")?;
    let done = runtime.block_on(run(command));
    // What is still running, such as a live stream that was cut, must not keep the process.
    runtime.shutdown_background();
    done
}

async fn run(command: Command) -> Outcome {
    match command {
        Command::Demo(args) => demo::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Sandbox(args) => sandbox_cmd::run(args).await,
        Command::Migrate(args) => migrate_cmd::run(args).await,
        Command::Merchant(args) => args.run().await,
        Command::Site(args) => args.run().await,
        Command::Operator(args) => args.run().await,
        Command::Terminal(args) => args.run().await,
        Command::Channel(args) => args.run().await,
        Command::Verify(args) => verify_cmd::run(args).await,
        Command::Reconcile(args) => reconcile_cmd::run(args).await,
        Command::Bench(args) => bench::run(args).await,
        Command::Simulate(args) => out::with_code(simulate::cli::run(&args)),
        Command::CashDevice(args) => cash_device::run(args).await,
        Command::Edge(args) => edge::run(args).await,
        Command::Parking(args) => parking(&args),
    }
}

/// The commands of the parking scene: they know their own exit codes.
fn parking(command: &scenes::parking::cli::ParkingCommand) -> Outcome {
    let (mut told, mut wrong) = (std::io::stdout().lock(), std::io::stderr().lock());
    let code = scenes::parking::cli::run(command, &mut told, &mut wrong).during("writing the answer")?;
    out::with_code(code)
}
