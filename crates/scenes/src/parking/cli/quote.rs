//! `saoma parking quote`: one stay from the arguments, or a table of stays.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use money::Money;
use serde_json::json;

use super::{BAD_CALL, FINE, FOUND, csv, load, show};
use crate::parking::plate::Plate;
use crate::parking::tariff::{EarlierStay, QuoteError, Stay, Tariff, ValidationUse, Vehicle};

/// Arguments of `saoma parking quote`. Times are `2026-03-10T09:00`, local to the tariff's zone unless they carry an
/// offset.
#[derive(Clone, Debug, Default, Args)]
pub struct QuoteArgs {
    /// The tariff: a file (docs/parking-tariffs.md), or the name of a delivered one
    #[arg(long, value_name = "FILE")]
    pub tariff: PathBuf,
    /// Entry: 2026-03-10T09:00, local to the tariff unless it carries an offset
    #[arg(long, value_name = "TIME")]
    pub enter: Option<String>,
    /// Exit, or the moment the price is asked for
    #[arg(long, value_name = "TIME", visible_alias = "exit")]
    pub leave: Option<String>,
    /// Vehicle: a class such as motorcycle or new_energy, and what is known: "car, seats=7"
    #[arg(long, value_name = "VEHICLE")]
    pub vehicle: Vec<String>,
    /// Plate; the classes that follow from it are added to the vehicle
    #[arg(long, value_name = "PLATE")]
    pub plate: Option<String>,
    /// Validation: CODE, CODE#NUMBER for a numbered voucher, CODE=120+45.50 for receipts; may be repeated
    #[arg(long, value_name = "CODE")]
    pub validation: Vec<String>,
    /// Payment: AMOUNT@TIME, or only the time when all that was due then was paid; may be repeated
    #[arg(long, value_name = "PAYMENT")]
    pub paid: Vec<String>,
    /// Zone: NAME for where it began, NAME@TIME for each move; may be repeated
    #[arg(long, value_name = "ZONE")]
    pub zone: Vec<String>,
    /// Pass: CODE, "CODE, inside=1" when another car of the pass stands inside, "CODE, until=TIME"
    #[arg(long, value_name = "PASS")]
    pub pass: Option<String>,
    /// The ticket is lost
    #[arg(long)]
    pub lost: bool,
    /// When an unpaid fee is settled, for surcharges on late payment
    #[arg(long, value_name = "TIME")]
    pub settled: Option<String>,
    /// Code of a surcharge, discount or offer that is asked for; may be repeated
    #[arg(long, value_name = "CODE")]
    pub code: Vec<String>,
    /// Earlier visit of the same vehicle: ENTER/LEAVE or ENTER/LEAVE/FEE; may be repeated
    #[arg(long, value_name = "VISIT")]
    pub earlier: Vec<String>,
    /// A table of stays (CSV with a header: enter, leave, and any of vehicle, plate, validation, paid, zone, pass, lost,
    /// settled, code); one result a row
    #[arg(long, value_name = "FILE", conflicts_with_all = ["enter", "leave"])]
    pub stays: Option<PathBuf>,
    /// A calendar of holidays (CSV: date, is_workday), known by its file name; may be repeated
    #[arg(long, value_name = "FILE")]
    pub calendar: Vec<PathBuf>,
    /// One JSON object a line, the last with "type": "summary"
    #[arg(long)]
    pub json: bool,
}

/// What is written about one stay, before it is read.
#[derive(Clone, Debug, Default)]
struct Asked {
    enter: Option<String>,
    leave: Option<String>,
    vehicle: Vec<String>,
    plate: Option<String>,
    validation: Vec<String>,
    paid: Vec<String>,
    zone: Vec<String>,
    pass: Option<String>,
    lost: bool,
    settled: Option<String>,
    code: Vec<String>,
    earlier: Vec<String>,
}

/// Prices a stay or a table of stays. The answer is the exit code.
pub fn quote(args: &QuoteArgs, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    let Some(tariff) = load::tariff(&args.tariff, &args.calendar, err)? else { return Ok(BAD_CALL) };
    if let Some(file) = &args.stays {
        return match std::fs::read_to_string(file) {
            Ok(text) => table(&tariff, &text, args.json, out, err),
            Err(error) => {
                writeln!(err, "{}: {error}", file.display())?;
                Ok(BAD_CALL)
            }
        };
    }
    let asked = Asked {
        enter: args.enter.clone(),
        leave: args.leave.clone(),
        vehicle: args.vehicle.clone(),
        plate: args.plate.clone(),
        validation: args.validation.clone(),
        paid: args.paid.clone(),
        zone: args.zone.clone(),
        pass: args.pass.clone(),
        lost: args.lost,
        settled: args.settled.clone(),
        code: args.code.clone(),
        earlier: args.earlier.clone(),
    };
    let (code, message) = match read(&tariff, &asked) {
        Err(message) => (BAD_CALL, message),
        Ok(stay) => match tariff.quote(&stay) {
            Ok(fee) => {
                if args.json {
                    let mut value = show::fee_json(&tariff, &stay, &fee);
                    value["type"] = json!("summary");
                    writeln!(out, "{value}")?;
                } else {
                    show::fee_text(&tariff, &stay, &fee, out)?;
                }
                return Ok(if fee.warnings.is_empty() { FINE } else { FOUND });
            }
            Err(error) => (exit_code(&error), error.to_string()),
        },
    };
    if args.json {
        writeln!(out, "{}", json!({ "type": "summary", "error": message }))?;
    }
    writeln!(err, "{message}")?;
    Ok(code)
}

/// A question that cannot be asked is a bad call; a tariff that has no answer is something found.
fn exit_code(error: &QuoteError) -> u8 {
    match error {
        QuoteError::ExitBeforeEntry { .. }
        | QuoteError::OutOfRange(_)
        | QuoteError::UnknownClass { .. }
        | QuoteError::UnknownZone { .. }
        | QuoteError::UnknownCode { .. }
        | QuoteError::BadStay(_) => BAD_CALL,
        _ => FOUND,
    }
}

/// Reads what is written about a stay. Error: what is wrong.
fn read(tariff: &Tariff, asked: &Asked) -> Result<Stay, String> {
    let enter =
        asked.enter.as_deref().map(|t| tariff.moment(t)).transpose().map_err(|e| format!("entry: {e}"))?;
    let leave =
        asked.leave.as_deref().map(|t| tariff.moment(t)).transpose().map_err(|e| format!("exit: {e}"))?;
    let (enter, leave) = match (enter, leave) {
        (Some(enter), Some(leave)) => (enter, leave),
        (None, Some(leave)) if asked.lost => (leave, leave),
        (None, _) => return Err("the entry is missing: write --enter 2026-03-10T09:00".to_owned()),
        (Some(_), None) => return Err("the exit is missing: write --leave 2026-03-10T12:00".to_owned()),
    };
    let mut stay = Stay::new(enter, leave);
    stay.vehicle = Vehicle::parse(&asked.vehicle.join(","))?;
    if let Some(plate) = asked.plate.as_deref().filter(|p| !p.is_empty()) {
        let plate = Plate::parse(plate).map_err(|e| e.to_string())?;
        stay.vehicle.classes.extend(plate.classes().iter().map(|c| (*c).to_owned()));
    }
    let parse = |text: &String| ValidationUse::parse(text, tariff.currency());
    stay.validations = asked.validation.iter().map(parse).collect::<Result<_, _>>()?;
    stay.payments = asked.paid.iter().map(|t| tariff.parse_payment(t)).collect::<Result<_, _>>()?;
    stay.zones = asked.zone.iter().map(|t| tariff.parse_zone(t, enter)).collect::<Result<_, _>>()?;
    stay.pass = asked.pass.as_deref().map(|t| tariff.parse_pass(t)).transpose()?;
    stay.lost_ticket = asked.lost;
    stay.settled_at = asked.settled.as_deref().map(|t| tariff.moment(t)).transpose()?;
    stay.codes.clone_from(&asked.code);
    for visit in &asked.earlier {
        let mut parts = visit.splitn(3, '/');
        let (Some(enter), Some(leave)) = (parts.next(), parts.next()) else {
            return Err(format!("{visit:?} is not an earlier visit: write ENTER/LEAVE or ENTER/LEAVE/FEE"));
        };
        let (enter, leave) = (tariff.moment(enter)?, tariff.moment(leave)?);
        let fee = parts
            .next()
            .map(|t| tariff.parse_amount(t))
            .transpose()?
            .unwrap_or(Money::zero(tariff.currency()));
        stay.earlier.push(EarlierStay { enter, leave, fee });
    }
    Ok(stay)
}

const COLUMNS: [&str; 13] = [
    "enter",
    "leave",
    "vehicle",
    "plate",
    "validation",
    "paid",
    "zone",
    "pass",
    "lost",
    "settled",
    "code",
    "earlier",
    "id",
];

/// Prices a table of stays, a result a row. Rows of one plate are visits of one vehicle where the tariff looks back.
fn table(
    tariff: &Tariff,
    text: &str,
    as_json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> std::io::Result<u8> {
    let mut records = match csv::records(text) {
        Ok(records) => records.into_iter(),
        Err(message) => {
            writeln!(err, "{message}")?;
            return Ok(BAD_CALL);
        }
    };
    let header = records.next().map(|r| r.cells).unwrap_or_default();
    let names = header.iter().map(|c| column(c)).collect::<Vec<_>>();
    if !names.contains(&"enter") || !names.contains(&"leave") {
        writeln!(
            err,
            "a table of stays needs a header with enter and leave; known are {}",
            COLUMNS.join(", ")
        )?;
        return Ok(BAD_CALL);
    }
    if !as_json {
        writeln!(
            out,
            "{},fee,due,lines,error",
            header.iter().map(|c| csv::cell(c)).collect::<Vec<_>>().join(",")
        )?;
    }
    let (mut rows, mut failed, mut warned, mut total) = (0_u64, 0_u64, 0_u64, Money::zero(tariff.currency()));
    let mut visits: BTreeMap<String, Vec<EarlierStay>> = BTreeMap::new();
    for record in records {
        rows += 1;
        let mut asked = Asked::default();
        for (name, value) in names.iter().zip(&record.cells).filter(|(_, v)| !v.is_empty()) {
            asked.set(name, value);
        }
        let plate = asked.plate.clone().filter(|_| tariff.looks_back());
        let answer = read(tariff, &asked).and_then(|mut stay| {
            if let Some(before) = plate.as_ref().and_then(|p| visits.get(p)) {
                stay.earlier.extend(before.iter().filter(|e| e.leave <= stay.enter).cloned());
            }
            tariff.quote(&stay).map(|fee| (stay, fee)).map_err(|e| e.to_string())
        });
        match answer {
            Ok((stay, fee)) => {
                warned += u64::from(!fee.warnings.is_empty());
                total = total.plus(fee.total).unwrap_or(total);
                if let Some(plate) = plate {
                    let visit = EarlierStay { enter: stay.enter, leave: stay.leave, fee: fee.total };
                    visits.entry(plate).or_default().push(visit);
                }
                if as_json {
                    let mut value = show::fee_json(tariff, &stay, &fee);
                    value["type"] = json!("stay");
                    value["row"] = json!(rows);
                    copy_columns(&mut value, &header, &record.cells);
                    writeln!(out, "{value}")?;
                } else {
                    let cells = record.cells.iter().map(|c| csv::cell(c)).collect::<Vec<_>>().join(",");
                    let lines = csv::cell(&show::lines_cell(&fee));
                    let warnings =
                        fee.warnings.iter().map(|w| w.message.as_str()).collect::<Vec<_>>().join("; ");
                    writeln!(
                        out,
                        "{cells},{},{},{lines},{}",
                        fee.total.decimal(),
                        fee.due.decimal(),
                        csv::cell(&warnings)
                    )?;
                }
            }
            Err(message) => {
                failed += 1;
                if as_json {
                    let mut value =
                        json!({ "type": "stay", "row": rows, "line": record.line, "error": message });
                    copy_columns(&mut value, &header, &record.cells);
                    writeln!(out, "{value}")?;
                } else {
                    let cells = record.cells.iter().map(|c| csv::cell(c)).collect::<Vec<_>>().join(",");
                    writeln!(out, "{cells},,,,{}", csv::cell(&message))?;
                }
                writeln!(err, "line {}: {message}", record.line)?;
            }
        }
    }
    if as_json {
        let summary = json!({
            "type": "summary", "rows": rows, "priced": rows - failed, "failed": failed, "warned": warned,
            "fee": show::money(total), "fee_decimal": total.decimal(),
        });
        writeln!(out, "{summary}")?;
    } else {
        writeln!(err, "{rows} stays, {failed} failed, {total} in total")?;
    }
    Ok(if failed + warned > 0 { FOUND } else { FINE })
}

/// The columns that name a row come back with its result.
fn copy_columns(value: &mut serde_json::Value, header: &[String], cells: &[String]) {
    for (name, cell) in header.iter().zip(cells) {
        let known = column(name);
        if (known == "id" || known.is_empty() || known == "plate" || known == "vehicle")
            && !cell.is_empty()
            && value.get(name).is_none()
        {
            value[name.as_str()] = json!(cell);
        }
    }
}

/// The column a heading means; empty for one that is only carried along.
fn column(heading: &str) -> &'static str {
    let plain = heading.trim().to_lowercase().replace([' ', '-'], "_");
    let means = match plain.as_str() {
        "entry" | "entered" | "in" | "start" | "enter_at" => "enter",
        "exit" | "left" | "out" | "end" | "leave_at" => "leave",
        "class" | "vehicle_class" => "vehicle",
        "validations" => "validation",
        "payment" | "payments" => "paid",
        "zones" => "zone",
        "lost_ticket" => "lost",
        "codes" => "code",
        other => other,
    };
    COLUMNS.iter().find(|c| **c == means).copied().unwrap_or("")
}

impl Asked {
    fn set(&mut self, name: &str, value: &str) {
        let many = || {
            value.split([';', '|']).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()).collect::<Vec<_>>()
        };
        match name {
            "enter" => self.enter = Some(value.to_owned()),
            "leave" => self.leave = Some(value.to_owned()),
            "vehicle" => self.vehicle = many(),
            "plate" => self.plate = Some(value.to_owned()),
            "validation" => self.validation = many(),
            "paid" => self.paid = many(),
            "zone" => self.zone = many(),
            "pass" => self.pass = Some(value.to_owned()),
            "lost" => self.lost = matches!(value.to_lowercase().as_str(), "1" | "true" | "yes" | "lost"),
            "settled" => self.settled = Some(value.to_owned()),
            "code" => self.code = many(),
            "earlier" => self.earlier = many(),
            _ => {}
        }
    }
}
