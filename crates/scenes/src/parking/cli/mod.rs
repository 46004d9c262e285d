//! Commands of the parking scene: `saoma parking quote | check | apds`. The binary hands in the arguments and the
//! writers; exit codes are 0 fine, 1 something was found wrong, 2 the call was.

mod apds;
mod check;
mod csv;
mod load;
mod quote;
mod show;

pub use apds::{ApdsArgs, apds};
pub use check::{CheckArgs, check};
pub use quote::{QuoteArgs, quote};

use std::io::Write;

use clap::Subcommand;

/// `saoma parking …`
#[derive(Clone, Debug, Subcommand)]
pub enum ParkingCommand {
    /// Price a stay, or a table of stays, by a tariff file, with a line for every reason
    Quote(Box<QuoteArgs>),
    /// Look for mistakes in a tariff file and draw its fee curve
    Check(CheckArgs),
    /// Print a tariff in the vocabulary of the parking data standard (APDS, ISO/TS 5206-1)
    Apds(ApdsArgs),
}

/// Everything is fine.
pub const FINE: u8 = 0;
/// Something was found wrong.
pub const FOUND: u8 = 1;
/// The call was wrong.
pub const BAD_CALL: u8 = 2;

/// Runs a command; the answer is the exit code. Errors of the writers are passed on.
pub fn run(command: &ParkingCommand, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    match command {
        ParkingCommand::Quote(args) => quote(args, out, err),
        ParkingCommand::Check(args) => check(args, out, err),
        ParkingCommand::Apds(args) => apds(args, out, err),
    }
}
