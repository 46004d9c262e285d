//! Fees on the terminal and as JSON.

use std::io::Write;

use money::Money;
use serde_json::{Value, json};

use crate::parking::tariff::{Fee, Line, Stay, Tariff, Warning};

/// A fee as JSON: amounts in minor units with their currency, times with their offset.
pub(super) fn fee_json(tariff: &Tariff, stay: &Stay, fee: &Fee) -> Value {
    let mut value = json!({
        "enter": tariff.show(stay.enter),
        "leave": tariff.show(stay.leave),
        "rate": &*fee.rate,
        "fee": money(fee.total),
        "fee_decimal": fee.total.decimal(),
        "lines": fee.lines.iter().map(|l| line_json(tariff, l)).collect::<Vec<_>>(),
        "paid": money(fee.paid),
        "due": money(fee.due),
    });
    if let Some(until) = fee.leave_by {
        value["leave_by"] = json!(tariff.show(until));
    }
    if !fee.warnings.is_empty() {
        value["warnings"] = json!(fee.warnings.iter().map(warning_json).collect::<Vec<_>>());
    }
    value
}

/// An amount as every interface of Saoma writes it.
pub(super) fn money(amount: Money) -> Value {
    json!({ "value": amount.value, "currency": amount.currency.code() })
}

fn line_json(tariff: &Tariff, line: &Line) -> Value {
    json!({
        "rule": &*line.rule,
        "from": tariff.show(line.from),
        "to": tariff.show(line.to),
        "minutes": line.minutes,
        "amount": money(line.amount),
        "note": line.note.to_string(),
    })
}

fn warning_json(warning: &Warning) -> Value {
    json!({ "code": warning.code, "message": warning.message })
}

/// A fee for people.
pub(super) fn fee_text(tariff: &Tariff, stay: &Stay, fee: &Fee, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}: {} to {}", tariff.name(), short(tariff, stay.enter), short(tariff, stay.leave))?;
    let rule_width = fee.lines.iter().map(|l| l.rule.chars().count()).max().unwrap_or(0).clamp(8, 36);
    for line in &fee.lines {
        let (from, to) = (short(tariff, line.from), short(tariff, line.to));
        writeln!(
            out,
            "  {:<rule_width$}  {from} – {to}  {:>10}  {}",
            line.rule,
            line.amount.decimal(),
            line.note
        )?;
    }
    writeln!(out, "fee {}", fee.total)?;
    if fee.paid.is_positive() || fee.leave_by.is_some() {
        writeln!(out, "paid {}, due {}", fee.paid, fee.due)?;
    }
    if let Some(until) = fee.leave_by {
        writeln!(out, "leave by {}", short(tariff, until))?;
    }
    for warning in &fee.warnings {
        writeln!(out, "warning: {}", warning.message)?;
    }
    Ok(())
}

/// The lines of a fee in one cell: `day: up to 1h 4.00; day: over 1h 3.00`.
pub(super) fn lines_cell(fee: &Fee) -> String {
    fee.lines.iter().map(|l| format!("{} {}", l.rule, l.amount.decimal())).collect::<Vec<_>>().join("; ")
}

fn short(tariff: &Tariff, at: jiff::Timestamp) -> String {
    let full = tariff.show(at);
    full.get(..16).unwrap_or(&full).replace('T', " ")
}
