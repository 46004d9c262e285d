//! The fee of a stay before discounts on the whole: which rate, which zones, which offer, and the walk through them.

use std::sync::{Arc, LazyLock};

use super::fee::{Line, Note, QuoteError, Warning};
use super::free::{Allowance, covered};
use super::lines::{Names, line};
use super::meter::Meter;
use super::model::{Choose, Rate, Tariff, Zones};
use super::quote::Ask;
use super::walk::Part;
use super::when::{Asked, visits_before};
use super::words::date_of_day;

static NAMES: LazyLock<Names> = LazyLock::new(|| Names {
    outside: "outside".into(),
    free: "free".into(),
    validated: "validation".into(),
    away: "away".into(),
    pass: "pass".into(),
});

/// Lines and their sum.
pub(crate) struct Base {
    pub(crate) rate: Arc<str>,
    pub(crate) lines: Vec<Line>,
    pub(crate) sum: i64,
}

/// A stretch of the stay in one zone under one rate.
struct Leg<'a> {
    rate: &'a Rate,
    zone: Option<&'a str>,
    from: i64,
    to: i64,
}

impl Base {
    fn of(rate: &Rate, lines: Vec<Line>) -> Base {
        let sum = lines.iter().map(|l| l.amount.value).sum();
        Base { rate: rate.name.clone(), lines, sum }
    }
}

impl<'a> Ask<'a> {
    /// The fee from one moment to another, before discounts on the whole.
    pub(crate) fn base(
        &self,
        from: i64,
        to: i64,
        take: &Allowance,
        warnings: &mut Vec<Warning>,
    ) -> Result<Base, QuoteError> {
        let tariff = self.tariff;
        let zones = self.zones_between(from, to);
        let base = match tariff.zones {
            Zones::Highest if zones.len() > 1 => {
                let mut best: Option<Base> = None;
                for (zone, ..) in &zones {
                    let legs = self.legs(&[(*zone, from, to)], from, to)?;
                    let base = self.run(&legs, from, take, warnings)?;
                    if best.as_ref().is_none_or(|b| base.sum > b.sum) {
                        best = Some(base);
                    }
                }
                best.ok_or_else(|| QuoteError::NoRate("this stay".to_owned()))?
            }
            Zones::First => {
                self.run(&self.legs(&[(zones[0].0, from, to)], from, to)?, from, take, warnings)?
            }
            Zones::Last => {
                let last = zones[zones.len() - 1].0;
                self.run(&self.legs(&[(last, from, to)], from, to)?, from, take, warnings)?
            }
            _ => self.run(&self.legs(&zones, from, to)?, from, take, warnings)?,
        };
        self.best_offer(base, zones[0].0, (from, to), take, warnings)
    }

    /// Zones and the time in each. One nameless zone where the stay names none.
    fn zones_between(&self, from: i64, to: i64) -> Vec<(Option<&'a str>, i64, i64)> {
        let zones = &self.stay.zones;
        let mut out = Vec::with_capacity(zones.len().max(1));
        for (i, zone) in zones.iter().enumerate() {
            let begin = if i == 0 { from } else { zone.from.as_second().max(from) };
            let end = zones.get(i + 1).map_or(to, |next| next.from.as_second().min(to));
            if begin < end || (zones.len() == 1 && begin == end) {
                out.push((Some(zone.zone.as_str()), begin, end));
            }
        }
        if out.is_empty() {
            out.push((zones.last().map(|z| z.zone.as_str()), from, to));
        }
        out
    }

    pub(crate) fn asked(&self, zone: Option<&'a str>, from: i64, to: i64) -> Asked<'_> {
        Asked {
            stay: self.stay,
            classes: &self.classes,
            zone,
            clock: &self.tariff.clock,
            calendar: &self.tariff.calendar,
            enter: from,
            leave: to,
        }
    }

    /// The rate for a zone on a day: of those whose conditions hold, the one that asks for most.
    fn rate_for(&self, zone: Option<&'a str>, day: i32, from: i64, to: i64) -> Result<&'a Rate, QuoteError> {
        let asked = self.asked(zone, from, to);
        let mut best: Option<(i64, &Rate)> = None;
        let mut in_time = false;
        for rate in self.tariff.rates.iter().filter(|r| r.offer.is_none()) {
            let valid = rate.valid.0 <= day && day <= rate.valid.1;
            in_time |= valid;
            if valid && best.is_none_or(|(w, _)| rate.when.weight() > w) && rate.when.holds(&asked) {
                best = Some((rate.when.weight(), rate));
            }
        }
        best.map(|(_, rate)| rate).ok_or_else(|| {
            let mut what = self.classes.iter().cloned().collect::<Vec<_>>().join(", ");
            match zone {
                Some(zone) => what.push_str(&format!(" in zone {zone}")),
                None if !self.tariff.known_zones.is_empty() => what.push_str(" without a zone"),
                None => {}
            }
            if !in_time {
                what.push_str(&format!(" on {}", date_of_day(day)));
            }
            QuoteError::NoRate(what)
        })
    }

    fn legs(
        &self,
        zones: &[(Option<&'a str>, i64, i64)],
        from: i64,
        to: i64,
    ) -> Result<Vec<Leg<'a>>, QuoteError> {
        let clock = &self.tariff.clock;
        let mut legs: Vec<Leg<'a>> = Vec::with_capacity(zones.len());
        for (zone, begin, end) in zones {
            let mut at = *begin;
            loop {
                let moment = if self.tariff.prices_by_moment { at } else { from };
                let rate = self.rate_for(*zone, clock.day(moment), from, to)?;
                let next =
                    if self.tariff.prices_by_moment { clock.next_day_start(at, 0).min(*end) } else { *end };
                match legs.last_mut() {
                    Some(leg) if std::ptr::eq(leg.rate, rate) && leg.zone == *zone && leg.to == at => {
                        leg.to = next;
                    }
                    _ => legs.push(Leg { rate, zone: *zone, from: at, to: next }),
                }
                at = next;
                if at >= *end {
                    break;
                }
            }
        }
        Ok(legs)
    }

    /// Walks the legs with one meter.
    fn run(
        &self,
        legs: &[Leg<'a>],
        from: i64,
        take: &Allowance,
        warnings: &mut Vec<Warning>,
    ) -> Result<Base, QuoteError> {
        let first = legs[0].rate;
        let separate = self.tariff.zones == Zones::Separate;
        let mut meter: Option<Meter<'a>> = None;
        let mut origin = from;
        for (i, leg) in legs.iter().enumerate() {
            self.check_years(leg.rate.needs_calendar, leg.from, leg.to, warnings)?;
            let new_zone = i > 0 && legs[i - 1].zone != leg.zone;
            let fresh = new_zone && separate;
            let begin = if fresh || i == 0 { leg.from } else { from };
            let allowance = if i == 0 {
                Allowance { no_free: take.no_free || self.free_used_up(leg.rate, from), ..*take }
            } else {
                let again = fresh && self.tariff.zones_free_each && !take.no_free;
                Allowance { no_free: !again, validated_end_s: take.validated_end_s, ..Allowance::default() }
            };
            let mut part = self.part(leg, begin);
            let list = covered(&part, leg.rate, &allowance, &self.away);
            if leg.rate.periods_from_charge {
                part.origin = list.first().filter(|c| c.from == leg.from).map_or(leg.from, |c| c.to);
            }
            if i == 0 || fresh {
                origin = part.origin;
            } else {
                part.origin = origin;
            }
            part.covered = &list;
            let meter = match &mut meter {
                None => meter.insert(Meter::new(self.tariff, leg.rate, origin, self.earlier)),
                Some(meter) => {
                    meter.change_rate(leg.rate, origin, fresh);
                    meter
                }
            };
            part.walk(|piece| meter.take(piece, &NAMES));
        }
        let lines = meter.map(|m| m.lines).unwrap_or_default();
        let mut base = Base::of(first, lines);
        if let Some(minimum) = first.minimum.filter(|m| 0 < base.sum && base.sum < *m) {
            let to = legs.last().map_or(from, |l| l.to);
            base.lines.push(line(
                self.tariff,
                first.name.clone(),
                from,
                to,
                minimum - base.sum,
                Note::Minimum,
            ));
            base.sum = minimum;
        }
        Ok(base)
    }

    fn part(&self, leg: &Leg<'a>, origin: i64) -> Part<'a> {
        let asked = self.asked(leg.zone, self.enter, self.leave);
        let mask = |holds: &dyn Fn(usize) -> bool, count: usize| {
            (0..count.min(64)).filter(|i| holds(*i)).fold(0_u64, |m, i| m | 1 << i)
        };
        let rate = leg.rate;
        let adjusts = &self.tariff.adjusts;
        let adjust_holds = |i: usize| adjusts[i].is_timed() && self.adjust_is_on(&adjusts[i], &asked);
        let pass = self.pass.filter(|(pass, ..)| {
            pass.zones.is_empty() || leg.zone.is_some_and(|z| pass.zones.iter().any(|p| p == z))
        });
        Part {
            tariff: self.tariff,
            rate,
            from: leg.from,
            to: leg.to,
            enter: self.enter,
            origin,
            windows: mask(&|i| rate.windows[i].when.holds(&asked), rate.windows.len()),
            adjusts: if adjusts.is_empty() { 0 } else { mask(&adjust_holds, adjusts.len()) },
            covered: &[],
            pass,
        }
    }

    fn free_used_up(&self, rate: &Rate, from: i64) -> bool {
        let Some(free) = rate.free.as_ref().filter(|f| f.visits_a_day != i64::MAX) else { return false };
        let asked = self.asked(None, from, from);
        visits_before(&asked, self.tariff.clock.day(from)) >= free.visits_a_day
    }

    fn check_years(
        &self,
        needed: bool,
        from: i64,
        to: i64,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), QuoteError> {
        let tariff = self.tariff;
        if !needed && !self.needs_calendar {
            return Ok(());
        }
        let clock = &tariff.clock;
        for day in [clock.day(from), clock.day((to - 1).max(from))] {
            if tariff.calendar.knows(day) {
                continue;
            }
            let calendar = tariff.calendar_name.clone().unwrap_or_else(|| "(none)".to_owned());
            let error = QuoteError::UnknownYear { calendar, year: date_of_day(day).year() };
            if !tariff.guess_unknown_years {
                return Err(error);
            }
            let message = format!("{error}; priced by weekdays");
            if !warnings.iter().any(|w| w.message == message) {
                warnings.push(Warning { code: "calendar_year_unknown", message });
            }
        }
        Ok(())
    }

    fn best_offer(
        &self,
        base: Base,
        zone: Option<&'a str>,
        time: (i64, i64),
        take: &Allowance,
        warnings: &mut Vec<Warning>,
    ) -> Result<Base, QuoteError> {
        let (from, to) = time;
        let mut best = base;
        let day = self.tariff.clock.day(from);
        for rate in self.tariff.rates.iter().filter(|r| r.offer.is_some()) {
            let asked = self.asked(zone, from, to);
            if rate.valid.0 > day || day > rate.valid.1 || !rate.when.holds(&asked) {
                continue;
            }
            let offer = self.run(&[Leg { rate, zone, from, to }], from, take, warnings)?;
            if rate.offer == Some(Choose::Always) || offer.sum < best.sum {
                best = offer;
            }
        }
        Ok(best)
    }
}

/// Everything the tariff calls a name for; forces the names once so that the first quote is not slower.
pub(crate) fn warm_up(_: &Tariff) {
    LazyLock::force(&NAMES);
}
