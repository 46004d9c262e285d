//! Reading rates and their windows into specifications that can still be inherited and changed.

use super::super::clock::parse_day;
use super::super::days::DaySet;
use super::super::model::{Choose, Crossing, Every, Free, Price};
use super::super::node::{Item, Table};
use super::super::when::When;
use super::super::words::{self, DAY_S, Dates, Span};
use super::Reader;
use super::steps::{Body, CapSpec, every_word};

/// A window as it is written.
#[derive(Clone, Debug)]
pub(super) struct WindowSpec {
    pub(super) name: Option<String>,
    pub(super) spans: Vec<Span>,
    pub(super) days: DaySet,
    pub(super) season: Vec<Dates>,
    pub(super) when: When,
    pub(super) day_number: Option<(i64, i64)>,
    pub(super) free: bool,
    pub(super) body: Option<Body>,
    pub(super) caps: Vec<CapSpec>,
    pub(super) priority: i64,
    pub(super) line: usize,
    pub(super) span: std::ops::Range<usize>,
    pub(super) path: String,
}

/// A rate as it is written; what is missing comes from the rate it is like, or from the top of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct RateSpec {
    pub(super) name: Option<String>,
    pub(super) when: When,
    pub(super) valid: (Option<i32>, Option<i32>),
    pub(super) free: Option<Option<Free>>,
    pub(super) body: Option<Body>,
    pub(super) windows: Option<Vec<WindowSpec>>,
    pub(super) caps: Option<Vec<CapSpec>>,
    pub(super) restart: Option<Every>,
    pub(super) crossing: Option<Crossing>,
    pub(super) periods_from_charge: Option<bool>,
    pub(super) numbering: Option<Every>,
    pub(super) outside_free: Option<bool>,
    pub(super) minimum: Option<i64>,
    pub(super) maximum: Option<i64>,
    pub(super) offer: Option<Choose>,
    pub(super) line: usize,
    pub(super) span: std::ops::Range<usize>,
    pub(super) path: String,
}

impl RateSpec {
    /// True when it says anything about prices.
    pub(super) fn is_priced(&self) -> bool {
        self.body.is_some() || self.windows.is_some()
    }

    /// Everything the other one says and this one does not.
    pub(super) fn inherit(&mut self, from: &RateSpec) {
        if self.body.is_none() && self.windows.is_none() {
            self.body.clone_from(&from.body);
            self.windows.clone_from(&from.windows);
        } else if self.body.is_none()
            && self.windows.as_ref().is_some_and(|w| w.iter().any(|w| w.body.is_none() && !w.free))
        {
            self.body.clone_from(&from.body);
        }
        self.free = self.free.take().or_else(|| from.free.clone());
        self.caps = self.caps.take().or_else(|| from.caps.clone());
        self.restart = self.restart.or(from.restart);
        self.crossing = self.crossing.or(from.crossing);
        self.periods_from_charge = self.periods_from_charge.or(from.periods_from_charge);
        self.numbering = self.numbering.or(from.numbering);
        self.outside_free = self.outside_free.or(from.outside_free);
        self.minimum = self.minimum.or(from.minimum);
        self.maximum = self.maximum.or(from.maximum);
    }

    /// All amounts times `num / 1000`.
    pub(super) fn scale(&mut self, num: i64) {
        let scale = |amount: &mut i64| *amount = amount.saturating_mul(num) / 1000;
        let scale_body = |body: &mut Body| {
            for step in &mut body.steps {
                match &mut step.price {
                    Price::Flat(amount) | Price::Total(amount) => scale(amount),
                    Price::Units(units) => {
                        units.num = units.num.saturating_mul(num);
                        units.den = units.den.saturating_mul(1000);
                        let common = gcd(units.num, units.den);
                        (units.num, units.den) = (units.num / common, units.den / common);
                        scale(&mut units.rise);
                        scale(&mut units.rise_to);
                        scale(&mut units.said.0);
                    }
                }
            }
        };
        self.body.iter_mut().for_each(scale_body);
        self.caps.iter_mut().flatten().flat_map(|c| &mut c.limits).for_each(scale);
        for window in self.windows.iter_mut().flatten() {
            window.body.iter_mut().for_each(scale_body);
            window.caps.iter_mut().flat_map(|c| &mut c.limits).for_each(scale);
        }
        self.minimum.iter_mut().for_each(scale);
        self.maximum.iter_mut().for_each(scale);
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs().max(1) } else { gcd(b, a % b) }
}

impl Reader<'_, '_> {
    /// The keys of a rate. `names` are the rates read so far, for `like`.
    pub(super) fn rate(
        &self,
        table: &Table<'_, '_>,
        offer: bool,
        names: &[RateSpec],
        top: &RateSpec,
    ) -> RateSpec {
        let mut spec = self.rate_keys(table);
        spec.name = table.text("name");
        spec.when = self.condition(table);
        spec.valid.0 = table.read("valid_from", parse_day);
        spec.valid.1 = table.any(&["valid_until", "valid_to"]).and_then(|i| i.read(parse_day));
        if let Some(item) = table.get("season") {
            spec.when.season = self.seasons(&item);
        }
        if offer {
            let choices = [("if_cheaper", Choose::IfCheaper), ("always", Choose::Always)];
            spec.offer = Some(table.choice("use", &choices).unwrap_or(Choose::IfCheaper));
        }
        let times = table.read("times", |t| {
            words::thousandths(t).ok_or_else(|| format!("{t:?} is not a number of times"))
        });
        let percent = table.read("percent", words::percent).map(|bp| bp / 10);
        let factor = times.or(percent);
        if factor.is_some_and(|f| !(0..=1_000_000).contains(&f)) {
            table.wrong::<()>("times lies between 0 and 1000");
        }
        let parent = match table.get("like") {
            Some(item) => item.text().and_then(|name| {
                let found = names.iter().find(|r| r.name.as_deref() == Some(name.as_str()));
                if found.is_none() {
                    let known = names.iter().filter_map(|r| r.name.as_deref()).collect::<Vec<_>>().join(", ");
                    item.wrong::<()>(format!("no rate above is called {name:?}: known are {known}"));
                }
                found.cloned()
            }),
            None => Some(top.clone()),
        };
        if let Some(mut parent) = parent {
            if let Some(factor) = factor {
                parent.scale(factor);
            }
            spec.inherit(&parent);
        }
        table.finish();
        spec
    }

    /// The keys that may also stand at the top of the file.
    pub(super) fn rate_keys(&self, table: &Table<'_, '_>) -> RateSpec {
        let windows = table.any(&["window", "windows"]).map(|item| {
            item.list().iter().filter_map(Item::table).map(|t| self.window(&t)).collect::<Vec<_>>()
        });
        let free = table.get("free").map(|item| {
            let off = item.text_if_false();
            if off { None } else { self.free(&item) }
        });
        let crossing = [("split", Crossing::Split), ("start", Crossing::Start)];
        let numbering = [("24h", Every::Seconds(DAY_S)), ("calendar", Every::Day(0)), ("day", Every::Day(0))];
        RateSpec {
            body: self.body(table),
            windows,
            free,
            caps: table.any(&["cap", "caps"]).map(|item| self.caps(&item, None)),
            restart: table.get("restart").and_then(|i| self.restart(&i)),
            crossing: table.choice("crossing", &crossing),
            periods_from_charge: table.choice("periods_from", &[("entry", false), ("charge", true)]),
            numbering: table.choice("day_numbers", &numbering),
            outside_free: table.read("outside", |t| match t {
                "free" => Ok(true),
                _ => Err("write outside = \"free\", or a window for the time no window covers".to_owned()),
            }),
            minimum: table.any(&["minimum", "min"]).and_then(|i| i.read(|t| self.money(t))),
            maximum: table.any(&["maximum", "max"]).and_then(|i| i.read(|t| self.money(t))),
            line: self.doc.place(table.span.start).0,
            span: table.span.clone(),
            path: table.path.clone(),
            ..RateSpec::default()
        }
    }

    fn restart(&self, item: &Item<'_, '_>) -> Option<Every> {
        match item.read(every_word)? {
            Every::Week | Every::Month => item.wrong(
                "steps begin again per \"stay\", \"window\", \"day\" or a length of time such as \"24h\"",
            ),
            every => Some(every),
        }
    }

    fn window(&self, table: &Table<'_, '_>) -> WindowSpec {
        let mut spans =
            table.any(&["time", "times_of_day", "hours"]).map(|i| self.spans(&i)).unwrap_or_default();
        let from = table.any(&["from", "start"]).and_then(|i| i.read(words::time_of_day));
        let to = table.any(&["to", "end"]).and_then(|i| i.read(words::time_of_day));
        match (from, to) {
            (Some(from), Some(to)) if spans.is_empty() => match words::span(from, to) {
                Ok(span) => spans.push(span),
                Err(message) => {
                    table.wrong::<()>(message);
                }
            },
            (None, None) => {}
            _ => {
                table.wrong::<()>("write both from and to, or time = \"07:00-19:00\", and not both ways");
            }
        }
        let has_price = ["price", "flat", "total", "steps", "step"].iter().any(|k| table.has(k));
        let free = table.flag("free").unwrap_or(false);
        if free && has_price {
            table.wrong::<()>("a window is either free or has a price");
        }
        let window = WindowSpec {
            name: table.text("name"),
            spans,
            days: table.get("days").and_then(|i| self.days(&i)).unwrap_or_else(DaySet::every),
            season: table.any(&["season", "dates"]).map(|i| self.seasons(&i)).unwrap_or_default(),
            when: self.condition(table),
            day_number: table.read("day", words::number_range).map(|(low, high)| {
                (
                    if low == i64::MIN { 1 } else { low / 1000 },
                    if high == i64::MAX { high } else { high / 1000 },
                )
            }),
            free,
            body: if free { None } else { self.body(table) },
            caps: table.any(&["cap", "caps"]).map(|i| self.caps(&i, Some(Every::Window))).unwrap_or_default(),
            priority: table.count("priority").unwrap_or(0),
            line: self.doc.place(table.span.start).0,
            span: table.span.clone(),
            path: table.path.clone(),
        };
        table.finish();
        window
    }
}
