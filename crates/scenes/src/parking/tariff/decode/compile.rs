//! From specifications to rates: windows get their prices, ranks and names, ceilings their windows, and windows that
//! overlap with equal right are reported.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::calendar::Calendar;
use super::super::days::{DaySet, weekday_name};
use super::super::model::{Adjust, Cap, Crossing, Every, Pass, Price, Rate, Step, Window};
use super::super::when::When;
use super::super::words::{DAY_S, Span, date_of_day, show_duration, show_time};
use super::Reader;
use super::rate::{RateSpec, WindowSpec};
use super::steps::{Body, CapSpec, Each};

const LARGEST_PRICE: i64 = 10_000_000_000;

impl Reader<'_, '_> {
    /// Makes a rate of a specification.
    pub(super) fn compile(&self, spec: &RateSpec, index: usize, calendar: &Calendar) -> Option<Rate> {
        let offer = spec.offer.is_some();
        let default = format!("{} {}", if offer { "offer" } else { "rate" }, index + 1);
        let name: Arc<str> = spec.name.clone().unwrap_or(default).into();
        if !spec.is_priced() {
            self.doc.report(
                &spec.span,
                &spec.path,
                "nothing is charged here: write steps, price with per, flat, or [[rate.window]]",
            );
            return None;
        }
        let mut windows = Vec::new();
        for window in spec.windows.iter().flatten() {
            self.compile_window(window, spec, &mut windows);
        }
        self.add_base(spec, &name, &mut windows);
        if windows.len() > 60 {
            self.doc.report(&spec.span, &spec.path, "a rate has at most 60 windows");
            return None;
        }
        let caps = self.compile_caps(spec, &windows);
        let restart = spec.restart.unwrap_or_else(|| default_restart(&windows, &caps, spec.body.as_ref()));
        let needs_calendar = windows.iter().any(|w| w.days.needs_calendar || w.when.needs_calendar())
            || spec.when.needs_calendar();
        let mut rate = Rate {
            name,
            when: spec.when.clone(),
            valid: (spec.valid.0.unwrap_or(i32::MIN), spec.valid.1.unwrap_or(i32::MAX)),
            free: spec.free.clone().flatten(),
            windows,
            caps,
            restart,
            restart_said: spec.restart.is_some(),
            crossing: spec.crossing.unwrap_or(Crossing::Split),
            periods_from_charge: spec.periods_from_charge.unwrap_or(false),
            numbering: spec.numbering.unwrap_or(Every::Seconds(DAY_S)),
            outside_said: spec.outside_free.unwrap_or(false),
            minimum: spec.minimum,
            maximum: spec.maximum,
            cuts: Vec::new(),
            needs_calendar,
            line: spec.line,
            offer: spec.offer,
        };
        self.check_prices(&rate, spec);
        self.check_overlaps(&rate, calendar);
        rate.cuts = Vec::new();
        Some(rate)
    }

    fn compile_window(&self, window: &WindowSpec, spec: &RateSpec, out: &mut Vec<Window>) {
        let spans = if window.spans.is_empty() { vec![Span::ALL_DAY] } else { window.spans.clone() };
        for span in spans {
            let name = window.name.clone().unwrap_or_else(|| auto_name(window, span));
            let body = window.body.as_ref().or(spec.body.as_ref());
            if !window.free && body.is_none() {
                self.doc.report(
                    &window.span,
                    &window.path,
                    "this window has no price: write price with per, steps, flat, or free = true",
                );
                return;
            }
            let mut made = Window {
                name: name.into(),
                span,
                days: window.days.clone(),
                season: window.season.clone(),
                when: window.when.clone(),
                day_number: window.day_number,
                steps: Vec::new(),
                free: window.free,
                flat_each_time: false,
                base: false,
                rank: rank(window),
                line: window.line,
            };
            if let (false, Some(body)) = (window.free, body) {
                if body.each == Some(Each::Visit) && spec.windows.as_ref().is_some_and(|w| w.len() > 1) {
                    self.doc.report(
                        &window.span,
                        &window.path,
                        "an amount per visit stands at the rate and not in one of its windows: write per = \"window\" for once each time",
                    );
                }
                made.steps = named(&body.steps, &made.name);
                made.flat_each_time = body.each.is_some();
            }
            out.push(made);
        }
    }

    /// The rate's own price fills what no window covers.
    fn add_base(&self, spec: &RateSpec, name: &Arc<str>, windows: &mut Vec<Window>) {
        let Some(body) = &spec.body else { return };
        let daily = body.each == Some(Each::Day);
        windows.push(Window {
            name: name.clone(),
            span: Span::ALL_DAY,
            days: DaySet::every(),
            season: Vec::new(),
            when: When::default(),
            day_number: None,
            steps: named(&body.steps, name),
            free: false,
            flat_each_time: body.each.is_some(),
            base: !daily,
            rank: -1,
            line: spec.line,
        });
    }

    fn compile_caps(&self, spec: &RateSpec, windows: &[Window]) -> Vec<Cap> {
        let mut caps = Vec::new();
        for window in spec.windows.iter().flatten() {
            let mask = windows
                .iter()
                .enumerate()
                .filter(|(_, w)| w.line == window.line && !w.base)
                .fold(0, |m, (i, _)| m | 1_u64 << i);
            caps.extend(window.caps.iter().map(|cap| make_cap(cap, mask)));
        }
        for cap in spec.caps.iter().flatten() {
            let mut mask = u64::MAX;
            if !cap.windows.is_empty() {
                mask = 0;
                for name in &cap.windows {
                    let found = windows
                        .iter()
                        .enumerate()
                        .filter(|(_, w)| *w.name == **name)
                        .fold(0, |m, (i, _)| m | 1_u64 << i);
                    if found == 0 {
                        let known = windows.iter().map(|w| &*w.name).collect::<Vec<_>>().join(", ");
                        self.doc.report(
                            &cap.span,
                            &cap.path,
                            format!("no window is called {name:?}: known are {known}"),
                        );
                    }
                    mask |= found;
                }
            }
            caps.push(make_cap(cap, mask));
        }
        if let Some(limit) = spec.maximum {
            caps.push(Cap {
                name: "most for a stay".into(),
                limits: vec![limit],
                per: Every::Stay,
                windows: u64::MAX,
                all_visits: false,
            });
        }
        caps
    }

    fn check_prices(&self, rate: &Rate, spec: &RateSpec) {
        let too_much = |amount: i64| amount.abs() > LARGEST_PRICE;
        let steps = rate.windows.iter().flat_map(|w| &w.steps);
        let bad = steps.into_iter().any(|step| match &step.price {
            Price::Flat(amount) | Price::Total(amount) => too_much(*amount) || *amount < 0,
            Price::Units(units) => {
                too_much(units.num / units.den.max(1))
                    || units.num < 0
                    || units.den <= 0
                    || units.num.abs() > i64::MAX / 1_000_000
            }
        });
        if bad {
            self.doc.report(&spec.span, &spec.path, "a price here is negative or too large for parking");
        }
    }

    /// Windows of equal rank must not hold at the same time.
    fn check_overlaps(&self, rate: &Rate, calendar: &Calendar) {
        let mut seen = BTreeSet::new();
        let mut told = BTreeSet::new();
        for day in sample_days(calendar) {
            let on = |w: &Window, d: i32| {
                w.days.holds_in(d, calendar) && (w.season.is_empty() || w.season.iter().any(|s| s.holds(d)))
            };
            let mask = rate.windows.iter().enumerate().fold((0_u64, 0_u64), |(now, before), (i, w)| {
                (
                    now | u64::from(on(w, day)) << i,
                    before | u64::from(w.span.end > DAY_S && on(w, day - 1)) << i,
                )
            });
            if !seen.insert(mask) {
                continue;
            }
            for (a, b, at) in clashes(rate, mask) {
                if !told.insert((a, b)) {
                    continue;
                }
                let (first, second) = (&rate.windows[a], &rate.windows[b]);
                let message = format!(
                    "the windows \"{}\" (line {}) and \"{}\" (line {}) both hold on {} ({}) at {}: change one of them, \
                     or say which goes first with priority = 1",
                    first.name,
                    first.line,
                    second.name,
                    second.line,
                    date_of_day(day),
                    weekday_name(day),
                    show_time(at)
                );
                self.doc.report_at(second.line, "window", message);
            }
        }
    }
}

/// Pairs of windows of equal rank that hold at one moment of a day, and the moment.
fn clashes(rate: &Rate, mask: (u64, u64)) -> Vec<(usize, usize, i64)> {
    let mut out = Vec::new();
    let parts = |i: usize| {
        let span = rate.windows[i].span;
        let now = (mask.0 >> i & 1 == 1).then(|| (span.start, span.end.min(DAY_S)));
        let before = (mask.1 >> i & 1 == 1 && span.end > DAY_S).then(|| (0, span.end - DAY_S));
        [now, before]
    };
    for a in 0..rate.windows.len() {
        for b in a + 1..rate.windows.len() {
            let (first, second) = (&rate.windows[a], &rate.windows[b]);
            if first.rank != second.rank
                || first.when != second.when
                || !numbers_meet(first.day_number, second.day_number)
            {
                continue;
            }
            for (from_a, to_a) in parts(a).into_iter().flatten() {
                for (from_b, to_b) in parts(b).into_iter().flatten() {
                    if from_a.max(from_b) < to_a.min(to_b) {
                        out.push((a, b, from_a.max(from_b)));
                    }
                }
            }
        }
    }
    out
}

fn numbers_meet(a: Option<(i64, i64)>, b: Option<(i64, i64)>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.0 <= b.1 && b.0 <= a.1,
        _ => true,
    }
}

/// Days that show every kind of day: five years around the present, and what the calendar knows.
pub(super) fn sample_days(calendar: &Calendar) -> impl Iterator<Item = i32> {
    let first = calendar.years().last().copied().unwrap_or(2026).clamp(2020, 2090);
    let start = super::super::words::day_of_date(jiff::civil::date(first - 1, 1, 1));
    start..start + 1826
}

fn make_cap(spec: &CapSpec, windows: u64) -> Cap {
    let per = match spec.per {
        Every::Stay => "per stay".to_owned(),
        Every::Window => "per window".to_owned(),
        Every::Seconds(n) => format!("per {}", show_duration(n)),
        Every::SecondsWithinDay(n) => format!("per {} of a day", show_duration(n)),
        Every::Day(_) => "per day".to_owned(),
        Every::Week => "per week".to_owned(),
        Every::Month => "per month".to_owned(),
    };
    let name = spec.name.clone().unwrap_or_else(|| format!("cap {per}"));
    Cap {
        name: name.into(),
        limits: spec.limits.clone(),
        per: spec.per,
        windows,
        all_visits: spec.all_visits,
    }
}

fn named(steps: &[Step], window: &str) -> Vec<Step> {
    let name = |step: &Step| {
        if step.name.is_empty() { window.to_owned() } else { format!("{window}: {}", step.name) }
    };
    steps.iter().map(|s| Step { name: name(s).into(), ..s.clone() }).collect()
}

fn auto_name(window: &WindowSpec, span: Span) -> String {
    let mut name = if span == Span::ALL_DAY {
        String::new()
    } else {
        format!("{}-{}", show_time(span.start), show_time(span.end))
    };
    if window.days.narrowness > 0 {
        let space = if name.is_empty() { "" } else { " " };
        name = format!("{}{space}{name}", window.days.text());
    }
    if name.is_empty() { "all day".to_owned() } else { name }
}

fn rank(window: &WindowSpec) -> i64 {
    let mut rank = window.days.narrowness.min(7);
    if !window.season.is_empty() {
        rank = rank.max(3);
    }
    rank += 8 * i64::from(window.day_number.is_some()) + 16 * window.when.weight().min(30);
    rank + 1024 * window.priority
}

/// When steps begin again, where the file does not say it.
fn default_restart(windows: &[Window], caps: &[Cap], body: Option<&Body>) -> Every {
    if body.is_some_and(|b| b.each == Some(Each::Visit)) {
        return Every::Stay;
    }
    let charged = windows.iter().filter(|w| !w.free).collect::<Vec<_>>();
    let partial = charged.iter().any(|w| !w.span.is_full());
    let period = caps.iter().find_map(|c| if let Every::Seconds(_) = c.per { Some(c.per) } else { None });
    match period {
        _ if charged.len() > 1 && partial => Every::Window,
        Some(period) => period,
        None if partial => Every::Window,
        None => Every::Stay,
    }
}

/// The seconds of the day at which the walk has to look again.
pub(super) fn cuts(rate: &Rate, adjusts: &[Adjust], passes: &[Pass], tariff_caps: &[Cap]) -> Vec<i64> {
    let mut cuts = BTreeSet::new();
    let mut span = |s: Span| {
        cuts.insert(s.start % DAY_S);
        cuts.insert(s.end % DAY_S);
    };
    rate.windows.iter().filter(|w| !w.base).for_each(|w| span(w.span));
    for adjust in adjusts.iter().filter(|a| a.is_timed()) {
        if adjust.span.is_some() || adjust.days.is_some() || !adjust.season.is_empty() {
            span(adjust.span.unwrap_or(Span::ALL_DAY));
        }
    }
    passes.iter().flat_map(|p| &p.spans).for_each(|s| span(*s));
    for cap in rate.caps.iter().chain(tariff_caps) {
        match cap.per {
            Every::Day(start) => {
                cuts.insert(start);
            }
            Every::Week | Every::Month | Every::SecondsWithinDay(_) => {
                cuts.insert(0);
            }
            _ => {}
        }
    }
    if rate.numbering == Every::Day(0) && rate.windows.iter().any(|w| w.day_number.is_some()) {
        cuts.insert(0);
    }
    cuts.into_iter().collect()
}
