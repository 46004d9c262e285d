//! The command without the binary: `cargo run --release -p simulate --example day -- --seeds 100`.

use clap::Parser;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: simulate::cli::Args,
}

fn main() -> std::process::ExitCode {
    simulate::cli::run(&Cli::parse().args).into()
}
