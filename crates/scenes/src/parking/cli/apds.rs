//! `saoma parking apds`: a tariff in the vocabulary of the parking data standard.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{BAD_CALL, FINE, load};
use crate::parking::tariff;

/// Arguments of `saoma parking apds`.
#[derive(Clone, Debug, Default, Args)]
pub struct ApdsArgs {
    /// The tariff: a file, or the name of a delivered one
    #[arg(long, value_name = "FILE")]
    pub tariff: PathBuf,
    /// A calendar of holidays (CSV: date, is_workday), known by its file name; may be repeated
    #[arg(long, value_name = "FILE")]
    pub calendar: Vec<PathBuf>,
}

/// Prints the tariff as APDS rate tables. The answer is the exit code.
pub fn apds(args: &ApdsArgs, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    let Some(tariff) = load::tariff(&args.tariff, &args.calendar, err)? else { return Ok(BAD_CALL) };
    let tables = tariff::apds::export(&tariff);
    writeln!(out, "{}", serde_json::to_string_pretty(&tables).unwrap_or_default())?;
    Ok(FINE)
}
