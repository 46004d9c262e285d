//! Worked cases in the tariff file itself: a stay and the fee it must come to.

use super::model::Tariff;
use super::node::{Item, Table};
use super::stay::{EarlierStay, Stay, ValidationUse, Vehicle};
use super::words;

/// A worked case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The stay.
    pub stay: Stay,
    /// The fee, in minor units; `None` when it must be refused.
    pub fee: Option<i64>,
    /// What is still due after payments, where the case says it.
    pub due: Option<i64>,
    /// Line in the file.
    pub line: usize,
}

impl Tariff {
    /// The worked cases of the file.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Runs a worked case. Error: what came out instead.
    pub fn run_case(&self, case: &Case) -> Result<(), String> {
        let place = format!("case of line {} ({})", case.line, case.name);
        match (self.quote(&case.stay), case.fee) {
            (Err(_), None) => Ok(()),
            (Ok(fee), None) => Err(format!("{place}: must be refused, and costs {}", fee.total.decimal())),
            (Err(error), Some(_)) => Err(format!("{place}: {error}")),
            (Ok(fee), Some(want)) => {
                let lines = || {
                    let line =
                        |l: &super::fee::Line| format!("{} {} ({})", l.rule, l.amount.decimal(), l.note);
                    fee.lines.iter().map(line).collect::<Vec<_>>().join("; ")
                };
                let show = |value| money::Money::new(value, self.currency).decimal();
                if fee.total.value != want {
                    return Err(format!(
                        "{place}: {} instead of {}: {}",
                        fee.total.decimal(),
                        show(want),
                        lines()
                    ));
                }
                match case.due {
                    Some(due) if fee.due.value != due => Err(format!(
                        "{place}: {} due instead of {}: {}",
                        fee.due.decimal(),
                        show(due),
                        lines()
                    )),
                    _ => Ok(()),
                }
            }
        }
    }
}

/// Reads a `[[case]]`; what is wrong is reported.
pub(super) fn read_case(tariff: &Tariff, table: &Table<'_, '_>) -> Option<Case> {
    let moment = |item: Item<'_, '_>| item.read(|t| tariff.moment(t));
    let enter = table.get("enter").and_then(moment);
    let length = table.any(&["stay", "minutes"]).and_then(|i| i.read(words::duration));
    let leave = table.any(&["leave", "exit"]).and_then(moment);
    let Some(enter) = enter else { return table.wrong("a case needs enter = \"2026-03-10T09:00\"") };
    let leave = match (leave, length) {
        (Some(leave), None) => leave,
        (None, Some(length)) => enter.checked_add(jiff::SignedDuration::from_secs(length)).ok()?,
        _ => return table.wrong("a case needs either leave = \"2026-03-10T12:00\" or stay = \"3h\""),
    };
    let mut stay = Stay::new(enter, leave);
    if let Some(item) = table.get("vehicle") {
        stay.vehicle = item.read(Vehicle::parse)?;
    }
    let list = |key| table.get(key).map(|i: Item<'_, '_>| i.list()).unwrap_or_default();
    for item in list("validation") {
        stay.validations.push(item.read(|t| ValidationUse::parse(t, tariff.currency))?);
    }
    for item in list("paid") {
        stay.payments.push(item.read(|t| tariff.parse_payment(t))?);
    }
    for item in list("zone") {
        stay.zones.push(item.read(|t| tariff.parse_zone(t, enter))?);
    }
    stay.pass = table.get("pass").and_then(|i| i.read(|t| tariff.parse_pass(t)));
    stay.lost_ticket = table.flag("lost").unwrap_or(false);
    stay.settled_at = table.get("settled").and_then(moment);
    stay.codes = table.get("codes").map(|i| i.texts()).unwrap_or_default();
    for earlier in table.tables("earlier") {
        let enter = earlier.get("enter").and_then(moment);
        let leave = earlier.get("leave").and_then(moment);
        let fee = earlier.amount("fee", tariff.currency).unwrap_or(0);
        earlier.finish();
        let (Some(enter), Some(leave)) = (enter, leave) else {
            return table.wrong("an earlier visit needs enter and leave");
        };
        stay.earlier.push(EarlierStay { enter, leave, fee: money::Money::new(fee, tariff.currency) });
    }
    let refused = table.flag("refused").unwrap_or(false);
    let fee = table.amount("fee", tariff.currency);
    let due = table.amount("due", tariff.currency);
    let name = table.any(&["name", "note"]).and_then(|i| i.text()).unwrap_or_default();
    table.finish();
    if refused == fee.is_some() {
        return table.wrong("a case says what it must come to: fee = 8, or refused = true");
    }
    Some(Case { name, stay, fee, due, line: table.doc.place(table.span.start).0 })
}
