//! What a tariff file says that its author may not have meant: cases that do not come out, time nobody prices, rates
//! and windows nobody gets, fees that fall when the stay grows, and what was assumed where the file is silent.

use jiff::Timestamp;

use super::days::weekday_name;
use super::model::{Every, FOREVER, Price, Rate, Tariff, Window};
use super::problem::{Finding, Severity};
use super::samples::{entries, stay_for};
use super::stay::Stay;
use super::words::{DAY_S, date_of_day, show_duration, show_time};

/// Checks a tariff. Errors and warnings come first, then notes.
pub fn check(tariff: &Tariff) -> Vec<Finding> {
    let mut found = Vec::new();
    for case in &tariff.cases {
        if let Err(message) = tariff.run_case(case) {
            found.push(Finding { severity: Severity::Error, code: "case", message, example: None });
        }
    }
    validity(tariff, &mut found);
    for rate in &tariff.rates {
        let mut of_rate = Vec::new();
        windows(tariff, rate, &mut of_rate);
        caps(tariff, rate, &mut of_rate);
        assumptions(rate, &mut of_rate);
        for finding in &mut of_rate {
            if tariff.rates.len() > 1 {
                finding.message = format!("rate \"{}\": {}", rate.name, finding.message);
            }
        }
        found.extend(of_rate);
    }
    falling(tariff, &mut found);
    calendar(tariff, &mut found);
    found.sort_by_key(|f| std::cmp::Reverse(f.severity));
    found
}

fn warn(code: &'static str, message: String, example: Option<String>) -> Finding {
    Finding { severity: Severity::Warning, code, message, example }
}

fn note(code: &'static str, message: String) -> Finding {
    Finding { severity: Severity::Note, code, message, example: None }
}

/// Rates that can never be chosen, and dates between two versions that nobody prices.
fn validity(tariff: &Tariff, found: &mut Vec<Finding>) {
    if tariff.valid.0 > tariff.valid.1 {
        let message = "the tariff ends before it begins: look at valid_from and valid_until".to_owned();
        found.push(Finding { severity: Severity::Error, code: "never_valid", message, example: None });
    }
    for (i, rate) in tariff.rates.iter().enumerate() {
        if rate.valid.0 > rate.valid.1 {
            let message = format!("the rate \"{}\" ends before it begins", rate.name);
            found.push(Finding { severity: Severity::Error, code: "never_valid", message, example: None });
        }
        if rate.offer.is_some() {
            continue;
        }
        let same = |r: &&Rate| {
            r.offer.is_none() && r.when == rate.when && r.valid.0 <= rate.valid.0 && rate.valid.1 <= r.valid.1
        };
        if let Some(first) = tariff.rates[..i].iter().find(same) {
            let message = format!(
                "nobody gets the rate \"{}\" (line {}): \"{}\" (line {}) comes first and applies to the same vehicles at the same time",
                rate.name, rate.line, first.name, first.line
            );
            found.push(warn("never_used", message, None));
        }
        let next = tariff
            .rates
            .iter()
            .filter(|r| r.when == rate.when && r.valid.0 > rate.valid.1)
            .map(|r| r.valid.0)
            .min();
        let covers = |day: i32| {
            tariff.rates.iter().any(|r| r.when == rate.when && r.valid.0 <= day && day <= r.valid.1)
        };
        if let Some(next) = next
            .filter(|next| rate.valid.1 < i32::MAX && *next > rate.valid.1 + 1 && !covers(rate.valid.1 + 1))
        {
            let (from, to) = (date_of_day(rate.valid.1 + 1), date_of_day(next - 1));
            found.push(warn(
                "gap_in_validity",
                format!(
                    "between \"{}\" and its next version nothing is valid, from {from} to {to}",
                    rate.name
                ),
                None,
            ));
        }
    }
}

/// Time no window covers, windows that never hold.
fn windows(tariff: &Tariff, rate: &Rate, found: &mut Vec<Finding>) {
    let mut used = vec![false; rate.windows.len()];
    let mut gap: Option<(i32, i64, i64)> = None;
    let mut cuts = rate.cuts.clone();
    cuts.push(0);
    cuts.sort_unstable();
    cuts.dedup();
    let first = entries(tariff).first().map_or(20_454, |at| tariff.clock.day(at.as_second()));
    for day in
        (first - 30..first + 400).filter(|d| tariff.calendar_name.is_none() || tariff.calendar.knows(*d))
    {
        for (i, from) in cuts.iter().enumerate() {
            let to = cuts.get(i + 1).copied().unwrap_or(DAY_S);
            match best_window(tariff, rate, day, *from) {
                Some(w) => used[w] = true,
                None if gap.is_none() && to > *from => gap = Some((day, *from, to)),
                None => {}
            }
        }
    }
    if let Some((day, from, to)) = gap.filter(|_| !rate.outside_said) {
        let message = format!(
            "no window covers {} from {} to {}: it is free then; write outside = \"free\" if that is meant",
            weekday_name(day),
            show_time(from),
            show_time(to)
        );
        let example = format!("{}T{} to {}", date_of_day(day), show_time(from), show_time(to));
        found.push(warn("gap", message, Some(example)));
    }
    for (window, _) in rate
        .windows
        .iter()
        .zip(&used)
        .filter(|(w, used)| !**used && !w.base && w.when.is_empty() && w.day_number.is_none())
    {
        let message = format!(
            "the window \"{}\" (line {}) never holds: other windows always go before it",
            window.name, window.line
        );
        found.push(warn("never_used", message, None));
    }
    for window in rate.windows.iter().filter(|w| ends_early(w)) {
        let message = format!(
            "after the last step of \"{}\" nothing more is charged: leave out its up_to if it goes on",
            window.name
        );
        found.push(warn("steps_end", message, None));
    }
}

/// The window that holds at a second of a day, by rank; conditions on the stay count as met.
fn best_window(tariff: &Tariff, rate: &Rate, day: i32, tod: i64) -> Option<usize> {
    let on = |w: &Window, d: i32| {
        w.days.holds_in(d, &tariff.calendar) && (w.season.is_empty() || w.season.iter().any(|s| s.holds(d)))
    };
    let holds = |w: &Window| {
        (on(w, day) && w.span.start <= tod && tod < w.span.end)
            || (tod + DAY_S < w.span.end && on(w, day - 1))
    };
    let all = rate
        .windows
        .iter()
        .enumerate()
        .filter(|(_, w)| holds(w) && w.when.is_empty() && w.day_number.is_none());
    let some = || rate.windows.iter().enumerate().filter(|(_, w)| holds(w));
    all.max_by_key(|(_, w)| w.rank).or_else(|| some().max_by_key(|(_, w)| w.rank)).map(|(i, _)| i)
}

fn ends_early(window: &Window) -> bool {
    match window.steps.as_slice() {
        [.., before, last] => {
            last.until_s == FOREVER && last.price == Price::Flat(0) && before.price != Price::Flat(0)
        }
        _ => false,
    }
}

/// Ceilings that contradict prices or each other.
fn caps(tariff: &Tariff, rate: &Rate, found: &mut Vec<Finding>) {
    let money = |value| money::Money::new(value, tariff.currency).decimal();
    let dearest = |w: &Window| match w.steps.first().map(|s| &s.price) {
        Some(Price::Flat(amount) | Price::Total(amount)) => *amount,
        Some(Price::Units(units)) => units.num / units.den,
        None => 0,
    };
    for cap in &rate.caps {
        let lowest = cap.limits.iter().min().copied().unwrap_or(0);
        let windows = rate.windows.iter().enumerate().filter(|(i, w)| cap.windows >> i & 1 == 1 && !w.free);
        if let Some((_, window)) = windows.into_iter().find(|(_, w)| dearest(w) > lowest) {
            let message = format!(
                "the ceiling \"{}\" of {} lies below the first price of \"{}\", {}",
                cap.name,
                money(lowest),
                window.name,
                money(dearest(window))
            );
            found.push(warn("cap_below_price", message, None));
        }
        let wider = rate.caps.iter().find(|c| {
            matches!((cap.per, c.per), (Every::Window | Every::Day(_), Every::Seconds(n)) if n >= DAY_S)
                && c.limits.iter().max() < cap.limits.iter().min()
        });
        if let Some(wider) = wider {
            let message = format!(
                "the ceiling \"{}\" can never be reached: \"{}\" lies below it",
                cap.name, wider.name
            );
            found.push(warn("cap_never_reached", message, None));
        }
    }
    if let (Some(minimum), Some(maximum)) = (rate.minimum, rate.maximum)
        && minimum > maximum
    {
        found.push(warn(
            "contradiction",
            format!("the minimum {} is above the maximum {}", money(minimum), money(maximum)),
            None,
        ));
    }
}

/// What was assumed where the file is silent, and matters.
fn assumptions(rate: &Rate, found: &mut Vec<Finding>) {
    let stepped = rate.windows.iter().any(|w| w.steps.len() > 1);
    if stepped && !rate.restart_said {
        let when = match rate.restart {
            Every::Stay | Every::Week | Every::Month => "do not begin again within a stay".to_owned(),
            Every::Window => "begin again with each window".to_owned(),
            Every::Seconds(n) | Every::SecondsWithinDay(n) => {
                format!("begin again after {}", show_duration(n))
            }
            Every::Day(_) => "begin again each day".to_owned(),
        };
        found.push(note(
            "assumed_restart",
            format!("the steps {when}; write restart = \"stay\", \"window\", \"day\" or \"24h\" to say it"),
        ));
    }
    if let Some(free) = &rate.free
        && free.again == Every::Stay
        && !free.clawed_back
    {
        let length = show_duration(free.length_s);
        let message = format!(
            "the first {length} are free for longer stays too, once a stay; if a longer stay pays from the entry, write free = {{ length = \"{length}\", clawed_back = true }}"
        );
        found.push(note("assumed_free", message));
    }
}

/// Stays that cost less than a shorter one.
fn falling(tariff: &Tariff, found: &mut Vec<Finding>) {
    let mut shown = Vec::new();
    for rate in tariff.rates.iter().filter(|r| r.offer.is_none()) {
        let mut told = false;
        for enter in entries(tariff) {
            if told {
                break;
            }
            let stay = stay_for(tariff, rate, enter);
            if let Some((shorter, longer, before, after)) = first_fall(tariff, &stay) {
                told = true;
                let says =
                    if rate.when.depends_on_exit() || tariff.rates.iter().any(|r| r.when.depends_on_exit()) {
                        "; a rate or offer depends on the length or end of the stay, so the tariff may say so"
                    } else {
                        ""
                    };
                let money = |value| money::Money::new(value, tariff.currency).decimal();
                let message = format!(
                    "with rate \"{}\" a longer stay costs less: {} for {}, but {} for {}{says}",
                    rate.name,
                    money(before),
                    show_duration(shorter),
                    money(after),
                    show_duration(longer)
                );
                let show = |s: i64| {
                    tariff.clock.show(Timestamp::from_second(enter.as_second() + s).unwrap_or(enter))
                };
                let example = format!("{} to {} and to {}", show(0), show(shorter), show(longer));
                if !shown.contains(&example) {
                    shown.push(example.clone());
                    found.push(warn("falls", message, Some(example)));
                }
            }
        }
    }
}

/// The lengths a curve or check looks at: each minute of three hours, then coarser, up to three days.
pub(super) fn lengths() -> impl Iterator<Item = i64> {
    let fine = (1..=180).map(|m| m * 60);
    let coarse = (1..=138).map(|q| 10_800 + q * 900 + 60);
    let days = (1..=24).map(|h| 135_000 + h * 3600 * 3 / 2);
    fine.chain(coarse).chain(days)
}

fn first_fall(tariff: &Tariff, stay: &Stay) -> Option<(i64, i64, i64, i64)> {
    let mut last: Option<(i64, i64)> = None;
    for length in lengths() {
        let leave = Timestamp::from_second(stay.enter.as_second() + length).ok()?;
        let Ok(fee) = tariff.quote(&Stay { leave, ..stay.clone() }) else { continue };
        if let Some((shorter, before)) = last
            && fee.total.value < before
        {
            return Some(to_the_minute(tariff, stay, (shorter, before), (length, fee.total.value)));
        }
        last = Some((length, fee.total.value));
    }
    None
}

/// The two neighbouring minutes between which a fee falls.
fn to_the_minute(tariff: &Tariff, stay: &Stay, from: (i64, i64), to: (i64, i64)) -> (i64, i64, i64, i64) {
    let mut last = from;
    let mut length = from.0 + 60;
    while length < to.0 {
        let leave = Timestamp::from_second(stay.enter.as_second() + length).unwrap_or(stay.leave);
        if let Ok(fee) = tariff.quote(&Stay { leave, ..stay.clone() }) {
            if fee.total.value < last.1 {
                return (last.0, length, last.1, fee.total.value);
            }
            last = (length, fee.total.value);
        }
        length += 60;
    }
    (last.0, to.0, last.1, to.1)
}

fn calendar(tariff: &Tariff, found: &mut Vec<Finding>) {
    let Some(name) = &tariff.calendar_name else { return };
    let years = tariff.calendar.years();
    let (Some(first), Some(last)) = (years.first(), years.last()) else {
        found.push(warn("calendar_empty", format!("the calendar {name:?} knows no year"), None));
        return;
    };
    let asks = tariff.needs_calendar() || tariff.rates.iter().any(|r| r.needs_calendar);
    let what = if !asks {
        "nothing in the tariff asks it".to_owned()
    } else if tariff.guess_unknown_years {
        "other years are priced by weekdays, with a warning".to_owned()
    } else {
        "stays in other years are refused until the table is brought up to date".to_owned()
    };
    found.push(note("calendar_years", format!("the calendar {name:?} knows {first} to {last}: {what}")));
}
