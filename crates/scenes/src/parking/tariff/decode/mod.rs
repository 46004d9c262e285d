//! From TOML to a tariff. Everything that is wrong is reported at once, each with its line and what to write.

mod compile;
mod rate;
mod rules;
mod steps;
mod when;

use std::collections::BTreeSet;
use std::sync::Arc;

use money::{Currency, Rounding};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::calendar::{Calendar, Calendars};
use super::cases;
use super::clock::{Zone, parse_day};
use super::model::{AfterPayment, Combine, Every, Overstay, Rate, Seconds, Tariff, Zones};
use super::names;
use super::node::{Doc, Item, Table};
use super::problem::Problem;
use super::vehicle::{KINDS, PROPERTIES, canonical};
use super::words;
use rate::RateSpec;

/// What reading needs to know everywhere.
pub(super) struct Reader<'a, 't> {
    pub(super) doc: &'a Doc<'t>,
    pub(super) currency: Currency,
    pub(super) has_calendar: bool,
}

impl Reader<'_, '_> {
    /// An amount in minor units.
    pub(super) fn money(&self, text: &str) -> Result<i64, String> {
        words::amount(text, self.currency)
    }
}

impl Tariff {
    /// Reads a tariff. Errors: everything that is wrong with the text, in order.
    pub fn parse(text: &str, calendars: &Calendars) -> Result<Tariff, Vec<Problem>> {
        let doc = Doc::new(text);
        let root = match DeTable::parse(text) {
            Ok(root) => root,
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                doc.report(&span, "", format!("this is not TOML: {}", error.message()));
                return Err(doc.into_problems());
            }
        };
        let span = 0..0;
        let tariff = read(&doc, root.get_ref(), &span, calendars);
        match tariff {
            Some(tariff) if !doc.failed() => {
                super::base::warm_up(&tariff);
                Ok(tariff)
            }
            _ => {
                if !doc.failed() {
                    doc.report(&span, "", "the tariff could not be read");
                }
                Err(doc.into_problems())
            }
        }
    }
}

/// Names of calendars and calendar files a tariff text refers to, so that files beside it can be loaded first.
pub fn calendar_names(text: &str) -> Vec<String> {
    let Ok(root) = DeTable::parse(text) else { return Vec::new() };
    match root.get_ref().get("calendar").map(Spanned::get_ref) {
        Some(DeValue::String(name)) => vec![name.clone().into_owned()],
        Some(DeValue::Table(table)) => match table.get("file").map(Spanned::get_ref) {
            Some(DeValue::String(name)) => vec![name.clone().into_owned()],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn read(
    doc: &Doc<'_>,
    root: &DeTable<'_>,
    span: &std::ops::Range<usize>,
    calendars: &Calendars,
) -> Option<Tariff> {
    let table = Table::new(doc, root, span.clone(), String::new());
    let name = table.text("name").unwrap_or_else(|| "tariff".to_owned());
    for key in ["source", "note", "operator", "place", "version", "id"] {
        table.get(key);
    }
    let currency =
        table.read("currency", |t| t.trim().to_uppercase().parse::<Currency>().map_err(|e| e.to_string()));
    let zone = table.any(&["timezone", "time_zone", "tz"]).and_then(|i| i.read(Zone::parse));
    if !table.has("currency") {
        table.wrong::<()>("the currency is missing: write currency = \"CNY\" at the top");
    }
    if !["timezone", "time_zone", "tz"].iter().any(|k| table.has(k)) {
        table.wrong::<()>("the time zone is missing: write timezone = \"Asia/Shanghai\" at the top");
    }
    let (calendar, calendar_name) = read_calendar(&table, calendars);
    let currency_known = currency.unwrap_or(Currency::CNY);
    let reader = Reader { doc, currency: currency_known, has_calendar: calendar_name.is_some() };
    let calendar = calendar.unwrap_or_default();
    let classes = read_classes(&reader, &table);
    let rates = read_rates(&reader, &table, &calendar);
    let mut tariff = Tariff {
        name,
        names: names::read(&table),
        currency: currency_known,
        clock: zone.clone().or_else(|| Zone::parse("UTC").ok())?,
        valid: (
            table.read("valid_from", parse_day).unwrap_or(i32::MIN),
            table.any(&["valid_until", "valid_to"]).and_then(|i| i.read(parse_day)).unwrap_or(i32::MAX),
        ),
        calendar,
        calendar_name,
        guess_unknown_years: table
            .choice("unknown_years", &[("refuse", false), ("weekdays", true)])
            .unwrap_or(false),
        seconds: table
            .choice("seconds", &[("exact", Seconds::Exact), ("drop", Seconds::Drop), ("up", Seconds::Up)])
            .unwrap_or(Seconds::Exact),
        classes,
        known_classes: BTreeSet::new(),
        known_zones: BTreeSet::new(),
        exempt: reader.exempt(&table),
        rates,
        prices_by_moment: table.choice("prices", &[("entry", false), ("moment", true)]).unwrap_or(false),
        per_bay: table.flag("per_bay").unwrap_or(false),
        adjusts: Vec::new(),
        caps: Vec::new(),
        zones: Zones::Separate,
        zones_free_each: false,
        validations: table.tables("validation").iter().filter_map(|t| reader.validation(t)).collect(),
        combine: reader.combine(&table).unwrap_or(Combine::Add),
        passes: table.tables("pass").iter().filter_map(|t| reader.pass(t)).collect(),
        reentry: table.get("reentry").and_then(|i| i.table()).and_then(|t| reader.reentry(&t)),
        after_payment: table
            .get("after_payment")
            .and_then(|i| i.table())
            .map_or(AfterPayment { grace_s: 0, then: Overstay::Difference }, |t| reader.after_payment(&t)),
        late: table.tables("late").iter().enumerate().filter_map(|(i, t)| reader.late(t, i)).collect(),
        lost: table.get("lost_ticket").and_then(|i| reader.lost(&i)),
        longest: table.any(&["max_stay", "longest_stay"]).and_then(|i| reader.longest(&i)),
        round: table.get("round_to").and_then(|i| reader.round_to(&i)),
        fractions: table.choice("fractions", &rules::ROUNDINGS).unwrap_or(Rounding::HalfUp),
        cases: Vec::new(),
    };
    tariff.late.sort_by_key(|l| l.after_s);
    let discounts = table.tables("discount");
    let surcharges = table.tables("surcharge");
    tariff.adjusts.extend(discounts.iter().enumerate().filter_map(|(i, t)| reader.adjust(t, -1, i)));
    tariff.adjusts.extend(surcharges.iter().enumerate().filter_map(|(i, t)| reader.adjust(t, 1, i)));
    if tariff.adjusts.len() > 60 {
        table.wrong::<()>("at most 60 discounts and surcharges");
        tariff.adjusts.truncate(60);
    }
    read_zones(&reader, &table, &mut tariff);
    finish(&reader, &table, &mut tariff);
    Some(tariff)
}

/// What depends on everything else: cuts, known names, cases.
fn finish(reader: &Reader<'_, '_>, table: &Table<'_, '_>, tariff: &mut Tariff) {
    for rate in &mut tariff.rates {
        rate.cuts = compile::cuts(rate, &tariff.adjusts, &tariff.passes, &tariff.caps);
    }
    let mut known = KINDS.iter().chain(&PROPERTIES).map(|c| (*c).to_owned()).collect::<BTreeSet<_>>();
    let mut zones = BTreeSet::new();
    let whens = tariff
        .rates
        .iter()
        .flat_map(|r| std::iter::once(&r.when).chain(r.windows.iter().map(|w| &w.when)))
        .chain(tariff.adjusts.iter().map(|a| &a.when))
        .chain(tariff.exempt.iter().map(|(_, w)| w))
        .chain(tariff.validations.iter().map(|v| &v.when))
        .chain(tariff.passes.iter().map(|p| &p.when));
    for when in whens {
        known.extend(when.vehicle.classes().cloned());
        zones.extend(when.zones.iter().cloned());
    }
    zones.extend(tariff.passes.iter().flat_map(|p| p.zones.iter().cloned()));
    for (class, rule) in &tariff.classes {
        known.insert(class.clone());
        known.extend(rule.classes().cloned());
    }
    tariff.known_classes = known;
    tariff.known_zones.extend(zones);
    names::check(table, tariff);
    let case_tables = table.tables("case");
    table.finish();
    if !reader.doc.failed() {
        tariff.cases = case_tables.iter().filter_map(|t| cases::read_case(tariff, t)).collect();
    }
}

fn read_rates(reader: &Reader<'_, '_>, table: &Table<'_, '_>, calendar: &Calendar) -> Vec<Rate> {
    let top = reader.rate_keys(table);
    let mut specs: Vec<RateSpec> = Vec::new();
    for rate in table.tables("rate") {
        let spec = reader.rate(&rate, false, &specs, &top);
        specs.push(spec);
    }
    if specs.is_empty() && (top.is_priced() || !table.has("offer")) {
        if top.is_priced() {
            specs.push(RateSpec { name: Some("parking".to_owned()), ..top.clone() });
        } else {
            table.wrong::<()>(
                "nothing is charged: write [[rate]] tables, or steps, price with per, or flat at the top",
            );
        }
    }
    for offer in table.tables("offer") {
        let spec = reader.rate(&offer, true, &specs, &RateSpec::default());
        specs.push(spec);
    }
    specs.iter().enumerate().filter_map(|(i, spec)| reader.compile(spec, i, calendar)).collect()
}

fn read_classes(reader: &Reader<'_, '_>, table: &Table<'_, '_>) -> Vec<(String, super::when::VehicleMatch)> {
    let mut out = Vec::new();
    for class in table.tables("class") {
        let name = class.text("name");
        let item = class.any(&["for", "vehicle"]).map(|i| reader.vehicles(&i));
        class.finish();
        match (name, item) {
            (Some(name), Some(rule)) => {
                out.push((canonical(&name), rule));
            }
            _ => {
                class.wrong::<()>(
                    "a class needs a name and for: [[class]] name = \"large\" for = { seats = \"20..\" }",
                );
            }
        }
    }
    out
}

fn read_zones(reader: &Reader<'_, '_>, table: &Table<'_, '_>, tariff: &mut Tariff) {
    let Some(zones) = table.get("zones").and_then(|i| i.table()) else { return };
    let between = [
        ("separate", Zones::Separate),
        ("continue", Zones::Continue),
        ("highest", Zones::Highest),
        ("first", Zones::First),
        ("last", Zones::Last),
    ];
    tariff.zones = zones.choice("between", &between).unwrap_or(Zones::Separate);
    tariff.zones_free_each = zones.choice("free", &[("once", false), ("each", true)]).unwrap_or(false);
    tariff.known_zones.extend(zones.get("names").map(|i| i.texts()).unwrap_or_default());
    if let Some(item) = zones.any(&["cap", "caps"]) {
        for cap in reader.caps(&item, None) {
            if cap.per == Every::Window || !cap.windows.is_empty() {
                item.wrong::<()>("a cap over all zones is per stay, day, week, month or a length of time");
                continue;
            }
            tariff.caps.push(super::model::Cap {
                name: cap.name.unwrap_or_else(|| "cap over all zones".to_owned()).into(),
                limits: cap.limits,
                per: cap.per,
                windows: u64::MAX,
                all_visits: cap.all_visits,
            });
        }
    }
    zones.finish();
}

fn read_calendar(table: &Table<'_, '_>, calendars: &Calendars) -> (Option<Arc<Calendar>>, Option<String>) {
    let Some(item) = table.get("calendar") else { return (None, None) };
    let by_name = |item: &Item<'_, '_>, name: String| match calendars.get(&name) {
        Some(calendar) => (Some(calendar.clone()), Some(name)),
        None => {
            let known = calendars.names().collect::<Vec<_>>().join(", ");
            item.wrong::<()>(format!("there is no calendar {name:?} here: known are {known}; a file beside the tariff is written with its name"));
            (None, Some(name))
        }
    };
    if !item.is_table() {
        let Some(name) = item.text() else { return (None, None) };
        return by_name(&item, name);
    }
    let Some(inner) = item.table() else { return (None, None) };
    if let Some(file) = inner.get("file") {
        inner.finish();
        let Some(name) = file.text() else { return (None, None) };
        return by_name(&file, name);
    }
    let expand = |key: &'static str| {
        let mut days = Vec::new();
        for member in inner.get(key).map(|i| i.list()).unwrap_or_default() {
            match member.read(words::dates) {
                Some(words::Dates::Once(from, to)) if to - from < 400 => {
                    days.extend((from..=to).map(words::date_of_day));
                }
                Some(_) => {
                    member.wrong::<()>(
                        "a calendar holds dates with their year, such as 2026-02-15..2026-02-23",
                    );
                }
                None => {}
            }
        }
        days
    };
    let (holidays, working) = (expand("holidays"), expand("working"));
    let years = inner.get("years").map(|i| i.list()).unwrap_or_default();
    let years = years
        .iter()
        .filter_map(|y| {
            y.read(|t| {
                t.parse::<i16>()
                    .ok()
                    .filter(|y| (2000..2100).contains(y))
                    .ok_or_else(|| format!("{t} is not a year from 2000 to 2099"))
            })
        })
        .collect::<Vec<_>>();
    let name = inner.text("name").unwrap_or_else(|| "of this tariff".to_owned());
    inner.get("source");
    inner.finish();
    let sane = holidays.iter().chain(&working).all(|d| (2000..2100).contains(&d.year()));
    if !sane {
        item.wrong::<()>("the dates of a calendar lie between 2000 and 2099");
        return (None, Some(name));
    }
    (Some(Arc::new(Calendar::new(&holidays, &working, &years))), Some(name))
}
