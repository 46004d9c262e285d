//! Export in the vocabulary of the Alliance for Parking Data Standards (APDS, ISO/TS 5206-1): a rate table for each
//! rate, a collection of rate lines for each window, a line for each step. What the standard has no word for stands in
//! `additionalInformation`, so that nothing is lost silently.

use money::Money;
use serde_json::{Value, json};

use super::model::{Cap, Every, FOREVER, Price, Rate, Step, Tariff, Window};
use super::when::When;
use super::words::{DAY_S, date_of_day, show_duration, show_time};

/// The tariff as a list of APDS rate tables.
pub fn export(tariff: &Tariff) -> Value {
    let tables = tariff.rates.iter().enumerate().map(|(i, rate)| table(tariff, rate, i)).collect::<Vec<_>>();
    json!({
        "className": "RateTable",
        "name": text(&tariff.name),
        "timeZone": tariff.clock.name,
        "data": tables,
    })
}

fn text(value: &str) -> Value {
    json!([{ "language": "en", "string": value }])
}

/// An amount in major units with its own digits, never through a float that was computed.
fn value(tariff: &Tariff, amount: i64) -> Value {
    let decimal = Money::new(amount, tariff.currency).decimal();
    serde_json::from_str(&decimal).unwrap_or(Value::Null)
}

fn table(tariff: &Tariff, rate: &Rate, index: usize) -> Value {
    let collections =
        rate.windows.iter().enumerate().map(|(i, w)| collection(tariff, rate, w, i)).collect::<Vec<_>>();
    let mut table = json!({
        "id": format!("{}-{}", slug(&tariff.name), index + 1),
        "version": 1,
        "rateTableName": text(&rate.name),
        "availability": if rate.when.is_empty() { "public" } else { "restricted" },
        "rateType": rate_type(rate),
        "rateLineCollections": collections,
    });
    if rate.valid.0 != i32::MIN {
        table["validityStart"] = json!(date_of_day(rate.valid.0).to_string());
    }
    if rate.valid.1 != i32::MAX {
        table["validityEnd"] = json!(date_of_day(rate.valid.1).to_string());
    }
    if !rate.when.is_empty() {
        table["rateEligibility"] = eligibility(&rate.when);
    }
    let more = more_information(tariff, rate);
    if !more.is_empty() {
        table["additionalInformation"] =
            json!(more.iter().map(|m| json!({ "language": "en", "string": m })).collect::<Vec<_>>());
    }
    table
}

fn rate_type(rate: &Rate) -> &'static str {
    let units = rate
        .windows
        .iter()
        .flat_map(|w| &w.steps)
        .filter_map(|s| if let Price::Units(u) = &s.price { Some(u.unit_s) } else { None });
    match units.max() {
        Some(unit) if unit < DAY_S => "hourly",
        Some(_) => "daily",
        None => "flat",
    }
}

fn collection(tariff: &Tariff, rate: &Rate, window: &Window, index: usize) -> Value {
    let mut lines = Vec::new();
    if let Some(free) = &rate.free {
        lines.push(json!({
            "sequence": lines.len() + 1,
            "description": text(if free.clawed_back { "free if not longer" } else { "free" }),
            "rateLineType": "flatRateTier",
            "durationStart": "PT0S",
            "durationEnd": iso(free.length_s),
            "value": 0,
        }));
    }
    let mut begin = 0;
    for step in &window.steps {
        lines.push(line(tariff, step, begin, lines.len() + 1));
        begin = step.until_s;
    }
    if window.free {
        lines.push(json!({ "sequence": lines.len() + 1, "description": text("free"), "rateLineType": "flatRate", "value": 0 }));
    }
    let mut out = json!({
        "collectionSequence": index + 1,
        "applicableCurrency": tariff.currency.code(),
        "relativeTimes": true,
        "description": text(&window.name),
        "rateLines": lines,
    });
    if !window.base {
        out["validity"] = json!({
            "startTimeOfPeriod": show_time(window.span.start),
            "endTimeOfPeriod": show_time(window.span.end),
            "applicableDay": window.days.text(),
        });
    }
    let cap = rate.caps.iter().find(|c| c.windows >> index & 1 == 1);
    if let Some(limit) = cap.and_then(|c| c.limits.first()) {
        out["maxValue"] = value(tariff, *limit);
    }
    if let Some(minimum) = rate.minimum {
        out["minValue"] = value(tariff, minimum);
    }
    if let Some(longest) = &tariff.longest {
        out["maxTime"] = json!(iso(longest.limit_s));
    }
    if let Every::Day(start) = rate.restart {
        out["resetTime"] = json!(show_time(start));
    }
    out
}

fn line(tariff: &Tariff, step: &Step, begin: i64, sequence: usize) -> Value {
    let mut line =
        json!({ "sequence": sequence, "description": text(&step.name), "durationStart": iso(begin) });
    if step.until_s != FOREVER {
        line["durationEnd"] = json!(iso(step.until_s));
    }
    match &step.price {
        Price::Flat(amount) => {
            line["rateLineType"] =
                json!(if begin == 0 && step.until_s == FOREVER { "flatRate" } else { "flatRateTier" });
            line["usageCondition"] = json!("once");
            line["value"] = value(tariff, *amount);
        }
        Price::Total(amount) => {
            line["rateLineType"] = json!("flatRateTier");
            line["description"] = text(&format!("{} (in total)", step.name));
            line["value"] = value(tariff, *amount);
        }
        Price::Units(units) => {
            line["rateLineType"] = json!("incrementingRate");
            line["usageCondition"] = json!("unlimited");
            line["incrementPeriod"] = json!(iso(units.said.1));
            line["value"] = value(tariff, units.said.0);
            if units.counts_from_s > 1 {
                line["description"] = text(&format!(
                    "{} (a unit counts after {})",
                    step.name,
                    show_duration(units.counts_from_s)
                ));
            }
        }
    }
    line
}

fn eligibility(when: &When) -> Value {
    let vehicle = &when.vehicle;
    let mut out = json!({});
    let classes = vehicle.any_of.iter().chain(&vehicle.all_of).collect::<Vec<_>>();
    if !classes.is_empty() {
        out["vehicleCharacteristics"] = json!(classes);
    }
    if !vehicle.none_of.is_empty() {
        out["excludedVehicleCharacteristics"] = json!(vehicle.none_of);
    }
    if !when.zones.is_empty() {
        out["hierarchyElements"] = json!(when.zones);
    }
    if !when.code.is_empty() {
        out["qualifications"] = json!(when.code);
    }
    out
}

/// What the standard has no word for.
fn more_information(tariff: &Tariff, rate: &Rate) -> Vec<String> {
    let mut more = Vec::new();
    let cap = |c: &Cap| {
        let limits =
            c.limits.iter().map(|l| Money::new(*l, tariff.currency).decimal()).collect::<Vec<_>>().join(", ");
        format!("{}: at most {limits}", c.name)
    };
    more.extend(rate.caps.iter().map(cap));
    if let Some(free) = &rate.free
        && free.clawed_back
    {
        more.push(format!("a stay longer than {} is charged from the entry", show_duration(free.length_s)));
    }
    if rate.when.depends_on_exit() || !rate.when.entered.is_empty() {
        more.push("applies by the time of entry, exit or length of the stay".to_owned());
    }
    more.extend(tariff.adjusts.iter().map(|a| a.name.to_string()));
    more.extend(tariff.validations.iter().map(|v| format!("validation {}", v.name)));
    if let Some(lost) = &tariff.lost {
        more.push(format!("lost ticket: {}", Money::new(lost.fee, tariff.currency).decimal()));
    }
    more
}

/// A length as an ISO 8601 duration.
fn iso(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut out = "PT".to_owned();
    for (count, letter) in [(hours, 'H'), (minutes, 'M'), (rest, 'S')] {
        if count > 0 {
            out.push_str(&format!("{count}{letter}"));
        }
    }
    if out == "PT" { "PT0S".to_owned() } else { out }
}

fn slug(name: &str) -> String {
    let plain =
        name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect::<String>();
    plain.split('-').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("-")
}
