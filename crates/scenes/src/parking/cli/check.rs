//! `saoma parking check`: findings in a tariff file, and its fee curve.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{BAD_CALL, FINE, FOUND, load};
use crate::parking::tariff::{self, Severity};

/// Arguments of `saoma parking check`.
#[derive(Clone, Debug, Default, Args)]
pub struct CheckArgs {
    /// The tariff: a file, or the name of a delivered one
    #[arg(long, value_name = "FILE")]
    pub tariff: PathBuf,
    /// Draw the fee curve into this file (.svg)
    #[arg(long, value_name = "FILE")]
    pub curve: Option<PathBuf>,
    /// Entry the curve begins at (default: a weekday at 09:00)
    #[arg(long, value_name = "TIME")]
    pub enter: Option<String>,
    /// Hours the curve goes on for
    #[arg(long, value_name = "HOURS", default_value_t = 48)]
    pub hours: i64,
    /// A calendar of holidays (CSV: date, is_workday), known by its file name; may be repeated
    #[arg(long, value_name = "FILE")]
    pub calendar: Vec<PathBuf>,
    /// One JSON object a line, the last with "type": "summary"
    #[arg(long)]
    pub json: bool,
}

/// Checks a tariff. The answer is the exit code: 1 when there is an error or a warning.
pub fn check(args: &CheckArgs, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    let mut problems = Vec::new();
    let Some(tariff) = load::tariff(&args.tariff, &args.calendar, &mut problems)? else {
        err.write_all(&problems)?;
        if args.json {
            let text = String::from_utf8_lossy(&problems);
            let lines = text.lines().collect::<Vec<_>>();
            writeln!(out, "{}", json!({ "type": "summary", "readable": false, "problems": lines }))?;
        }
        return Ok(if args.tariff.exists() { FOUND } else { BAD_CALL });
    };
    if let Some(file) = &args.curve
        && let Some(code) = draw(&tariff, args, file, err)?
    {
        return Ok(code);
    }
    let findings = tariff::check(&tariff);
    for finding in &findings {
        if args.json {
            let mut value = serde_json::to_value(finding).unwrap_or_default();
            value["type"] = json!("finding");
            writeln!(out, "{value}")?;
        } else {
            writeln!(out, "{finding}")?;
        }
    }
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
    let cases = tariff.cases().len();
    if args.json {
        let summary = json!({
            "type": "summary", "readable": true, "name": tariff.name(), "errors": errors, "warnings": warnings,
            "notes": notes, "cases": cases,
        });
        writeln!(out, "{summary}")?;
    } else {
        writeln!(
            out,
            "{}: {errors} errors, {warnings} warnings, {notes} notes; {cases} worked cases",
            tariff.name()
        )?;
    }
    Ok(if errors + warnings > 0 { FOUND } else { FINE })
}

/// Writes the curve. `Some` is the exit code of a call that cannot be met.
fn draw(
    tariff: &tariff::Tariff,
    args: &CheckArgs,
    file: &Path,
    err: &mut dyn Write,
) -> std::io::Result<Option<u8>> {
    let kind = file.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let enter = match &args.enter {
        Some(text) => match tariff.moment(text) {
            Ok(enter) => enter,
            Err(message) => {
                writeln!(err, "{message}")?;
                return Ok(Some(BAD_CALL));
            }
        },
        None => tariff.usual_entry(),
    };
    let picture = match kind.as_str() {
        "svg" => tariff.curve(enter, args.hours).into_bytes(),
        "png" => tariff.curve_png(enter, args.hours),
        other => {
            writeln!(err, "a curve is written as .svg or .png, not {other:?}")?;
            return Ok(Some(BAD_CALL));
        }
    };
    if let Err(error) = std::fs::write(file, picture) {
        writeln!(err, "{}: {error}", file.display())?;
        return Ok(Some(BAD_CALL));
    }
    Ok(None)
}
