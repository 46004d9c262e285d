//! A quote: the question is checked, earlier visits and payments are taken in, the stay is priced, and what applies
//! to the whole is added.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use money::Money;

use super::clock::{FIRST_S, LAST_S};
use super::extras::Validated;
use super::fee::{Fee, Note, QuoteError, Warning};
use super::free::Allowance;
use super::lines::line;
use super::model::{Adjust, AfterReentry, Overstay, Pass, Seconds, Tariff};
use super::stay::{EarlierStay, Stay};
use super::vehicle;
use super::when::Asked;
use super::words::{DAY_S, date_of_day, show_duration};

/// A question on its way to an answer.
pub(crate) struct Ask<'a> {
    pub(crate) tariff: &'a Tariff,
    pub(crate) stay: &'a Stay,
    pub(crate) classes: Cow<'a, BTreeSet<String>>,
    pub(crate) enter: i64,
    pub(crate) leave: i64,
    pub(crate) pass: Option<(&'a Pass, i64, i64)>,
    /// Time away between visits that count as one.
    pub(crate) away: Vec<(i64, i64)>,
    /// What earlier visits that count as one were charged.
    pub(crate) charged_before: i64,
    pub(crate) earlier: &'a [EarlierStay],
    pub(crate) no_free: bool,
    pub(crate) needs_calendar: bool,
}

/// What a stretch of the stay comes to.
struct Priced {
    fee: Fee,
    end: i64,
}

impl Tariff {
    /// The fee of a stay, with its lines. Errors say what is wrong with the question or missing in the tariff.
    pub fn quote(&self, stay: &Stay) -> Result<Fee, QuoteError> {
        let mut warnings = Vec::new();
        let ask = Ask::new(self, stay, &mut warnings)?;
        if let Some(fee) = ask.exempt() {
            return Ok(fee);
        }
        let validated = ask.validated(&mut warnings)?;
        let mut fee = ask.with_payments(&validated, &mut warnings)?;
        fee.warnings = warnings;
        debug_assert_eq!(fee.sum_of_lines(), fee.total, "lines add up");
        Ok(fee)
    }
}

impl<'a> Ask<'a> {
    fn new(tariff: &'a Tariff, stay: &'a Stay, warnings: &mut Vec<Warning>) -> Result<Ask<'a>, QuoteError> {
        let (enter, leave) = seconds(tariff, stay);
        check_times(tariff, stay, enter, leave)?;
        let classes = vehicle::classes_of(tariff, &stay.vehicle)?;
        check_names(tariff, stay)?;
        let mut ask = Ask {
            tariff,
            stay,
            classes,
            enter,
            leave,
            pass: None,
            away: Vec::new(),
            charged_before: 0,
            earlier: &stay.earlier,
            no_free: false,
            needs_calendar: tariff.needs_calendar(),
        };
        ask.look_back();
        ask.pass = ask.find_pass(warnings)?;
        Ok(ask)
    }

    /// Takes earlier visits in that were shortly before.
    fn look_back(&mut self) {
        let Some(reentry) = &self.tariff.reentry else { return };
        let mut earlier = self.stay.earlier.iter().collect::<Vec<_>>();
        earlier.sort_by_key(|e| e.leave);
        for visit in earlier.into_iter().rev() {
            let (came, left) = (visit.enter.as_second(), visit.leave.as_second());
            let gap = self.enter - left;
            if gap < 0 || gap > reentry.within_s || came > left {
                continue;
            }
            match reentry.then {
                AfterReentry::NoFree => {
                    self.no_free = true;
                    return;
                }
                AfterReentry::Continue => {
                    if !reentry.gap_counts {
                        self.away.insert(0, (left, self.enter));
                    }
                    self.charged_before += visit.fee.value;
                    self.enter = came;
                }
            }
        }
    }

    fn find_pass(&self, warnings: &mut Vec<Warning>) -> Result<Option<(&'a Pass, i64, i64)>, QuoteError> {
        let Some(used) = &self.stay.pass else { return Ok(None) };
        let known = self.tariff.passes.iter().map(|p| p.code.as_str()).collect::<Vec<_>>();
        let pass = self.tariff.passes.iter().find(|p| p.code == used.code).ok_or_else(|| {
            QuoteError::UnknownCode { what: "pass", code: used.code.clone(), known: list(&known) }
        })?;
        let asked = self.asked(self.stay.zones.first().map(|z| z.zone.as_str()), self.enter, self.leave);
        if !pass.when.holds(&asked) {
            let message = format!("the pass {} does not hold for this vehicle or stay", pass.name);
            warnings.push(Warning { code: "pass_refused", message });
            return Ok(None);
        }
        if used.cars_inside >= pass.cars {
            let message = format!(
                "the pass {} holds for {} at once and {} of its cars stood inside: this one pays",
                pass.name, pass.cars, used.cars_inside
            );
            warnings.push(Warning { code: "pass_full", message });
            return Ok(None);
        }
        let from = used.from.map_or(i64::MIN, Timestamp::as_second);
        let until = used.until.map_or(i64::MAX, Timestamp::as_second);
        Ok(Some((pass, from, until)))
    }

    /// True when an adjustment applies to this stay (at some time of it).
    pub(crate) fn adjust_is_on(&self, adjust: &Adjust, asked: &Asked<'_>) -> bool {
        let code = adjust.code.as_ref().is_none_or(|code| self.stay.codes.contains(code));
        code && adjust.when.holds(asked)
    }

    fn exempt(&self) -> Option<Fee> {
        let asked = self.asked(self.stay.zones.first().map(|z| z.zone.as_str()), self.enter, self.leave);
        let (name, _) = self.tariff.exempt.iter().find(|(_, when)| when.holds(&asked))?;
        let only = line(self.tariff, name.clone(), self.enter, self.leave, 0, Note::Exempt);
        let zero = Money::zero(self.tariff.currency);
        let rate = name.clone();
        Some(Fee {
            rate,
            total: zero,
            lines: vec![only],
            paid: zero,
            due: zero,
            leave_by: None,
            warnings: Vec::new(),
        })
    }

    /// Prices the stay between payments and after them.
    fn with_payments(
        &self,
        validated: &Validated<'a>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Fee, QuoteError> {
        let tariff = self.tariff;
        let mut known = 0;
        let mut payments = Vec::new();
        for payment in &self.stay.payments {
            if payment.amount.is_some_and(|a| a.currency != tariff.currency) {
                return Err(QuoteError::BadStay(format!("the payment is not in {}", tariff.currency)));
            }
            match payment.at {
                Some(at) => payments.push((at.as_second(), payment.amount.map(|a| a.value))),
                None => known += payment.amount.map_or(0, |a| a.value),
            }
        }
        payments.sort_by_key(|(at, _)| *at);
        let rule = &tariff.after_payment;
        let mut paid = known;
        let mut begin = self.enter;
        let mut before: Option<Fee> = None;
        let mut leave_by = None;
        let mut last: Option<Priced> = None;
        for (at, amount) in payments {
            let at = at.clamp(self.enter, self.leave);
            if leave_by.is_some_and(|until| at <= until) {
                paid += amount.unwrap_or(0);
                continue;
            }
            if let (Some(until), Overstay::NewStay | Overstay::NewStayAfterGrace) = (leave_by, rule.then) {
                before = last.take().map(|p| join(before.take(), p.fee));
                begin = if rule.then == Overstay::NewStay { until - rule.grace_s } else { until };
            }
            let priced = self.price(begin, at, before.is_some(), validated, warnings)?;
            let due = priced.fee.total.value + before.as_ref().map_or(0, |b| b.total.value);
            paid = match amount {
                Some(amount) => paid + amount,
                None => paid.max(due),
            };
            if paid >= due {
                leave_by = Some(at.saturating_add(rule.grace_s));
                last = Some(priced);
            } else {
                let message = format!(
                    "{} was paid when {} was due: no time to leave follows from it",
                    Money::new(paid, tariff.currency),
                    Money::new(due, tariff.currency)
                );
                warnings.push(Warning { code: "underpaid", message });
            }
        }
        let own = match (leave_by, last) {
            (Some(until), Some(priced)) if self.leave <= until => priced,
            (Some(until), Some(priced)) if rule.then != Overstay::Difference => {
                before = Some(join(before, priced.fee));
                let from = if rule.then == Overstay::NewStay { until - rule.grace_s } else { until };
                self.price(from, self.leave, true, validated, warnings)?
            }
            _ => self.price(begin, self.leave, before.is_some(), validated, warnings)?,
        };
        debug_assert!(own.end <= self.leave);
        let mut fee = match before {
            Some(before) => join(Some(before), own.fee),
            None => own.fee,
        };
        fee.paid = Money::new(paid, tariff.currency);
        fee.due = Money::new((fee.total.value - paid).max(0), tariff.currency);
        fee.leave_by = leave_by.and_then(|until| Timestamp::from_second(until).ok());
        Ok(fee)
    }

    /// Prices one stretch with everything that applies to the whole of it.
    fn price(
        &self,
        from: i64,
        to: i64,
        later: bool,
        validated: &Validated<'a>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Priced, QuoteError> {
        let take = if later {
            Allowance { no_free: true, ..Allowance::default() }
        } else {
            Allowance { no_free: self.no_free, ..validated.time }
        };
        let base = self.base(from, to, &take, warnings)?;
        let fee = self.whole(base, (from, to), later, validated, warnings)?;
        Ok(Priced { fee, end: to })
    }
}

/// Two fees after each other.
fn join(before: Option<Fee>, mut fee: Fee) -> Fee {
    let Some(mut first) = before else { return fee };
    first.lines.append(&mut fee.lines);
    first.total.value += fee.total.value;
    first
}

pub(super) fn list(known: &[&str]) -> String {
    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
}

fn seconds(tariff: &Tariff, stay: &Stay) -> (i64, i64) {
    let (enter, leave) = (stay.enter.as_second(), stay.leave.as_second());
    match tariff.seconds {
        Seconds::Exact => (enter, leave),
        Seconds::Drop => (enter - enter.rem_euclid(60), leave - leave.rem_euclid(60)),
        Seconds::Up => {
            let over = (leave - enter).rem_euclid(60);
            (enter, if over == 0 { leave } else { leave + 60 - over })
        }
    }
}

fn check_times(tariff: &Tariff, stay: &Stay, enter: i64, leave: i64) -> Result<(), QuoteError> {
    let clock = &tariff.clock;
    if stay.leave < stay.enter {
        return Err(QuoteError::ExitBeforeEntry {
            enter: clock.show(stay.enter),
            leave: clock.show(stay.leave),
        });
    }
    let range = FIRST_S + DAY_S * 400..LAST_S - DAY_S * 400;
    if !range.contains(&enter) || !range.contains(&leave) {
        return Err(QuoteError::OutOfRange("a stay must lie between the years 2002 and 2098".to_owned()));
    }
    if leave - enter > 20 * 366 * DAY_S {
        let long = show_duration(leave - enter);
        return Err(QuoteError::OutOfRange(format!("a stay of {long} is longer than twenty years")));
    }
    let day = clock.day(enter);
    if day < tariff.valid.0 || day > tariff.valid.1 {
        let side = |day: i32, word: &str| match day {
            i32::MIN | i32::MAX => String::new(),
            day => format!("{word} {}", date_of_day(day)),
        };
        let valid = [side(tariff.valid.0, "from"), side(tariff.valid.1, "until")].join(" ").trim().to_owned();
        return Err(QuoteError::NotInForce(valid, date_of_day(day).to_string()));
    }
    let mut before = i64::MIN;
    for moved in stay.zones.iter().skip(1) {
        let at = moved.from.as_second();
        if at < before || at < stay.enter.as_second() || at > stay.leave.as_second() {
            let at = clock.show(moved.from);
            return Err(QuoteError::BadStay(format!(
                "the move to zone {:?} at {at} is not between entry and exit, or not in order",
                moved.zone
            )));
        }
        before = at;
    }
    Ok(())
}

fn check_names(tariff: &Tariff, stay: &Stay) -> Result<(), QuoteError> {
    for zone in &stay.zones {
        if !tariff.known_zones.contains(&zone.zone) {
            let known = tariff.known_zones.iter().map(String::as_str).collect::<Vec<_>>();
            return Err(QuoteError::UnknownZone { zone: zone.zone.clone(), known: list(&known) });
        }
    }
    for code in &stay.codes {
        let known = tariff.codes();
        if !known.contains(&code.as_str()) {
            return Err(QuoteError::UnknownCode { what: "code", code: code.clone(), known: list(&known) });
        }
    }
    Ok(())
}

impl Tariff {
    /// Codes that surcharges, discounts and offers ask for.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let mut all = self.adjusts.iter().filter_map(|a| a.code.as_deref()).collect::<Vec<_>>();
        all.extend(self.rates.iter().flat_map(|r| r.when.code.iter().map(String::as_str)));
        all.extend(self.adjusts.iter().flat_map(|a| a.when.code.iter().map(String::as_str)));
        all.extend(self.exempt.iter().flat_map(|(_, w)| w.code.iter().map(String::as_str)));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// True when something besides the rates asks the calendar.
    pub(crate) fn needs_calendar(&self) -> bool {
        let days = |d: &Option<super::days::DaySet>| d.as_ref().is_some_and(|d| d.needs_calendar);
        self.adjusts.iter().any(|a| days(&a.days) || a.when.needs_calendar())
            || self.passes.iter().any(|p| p.days.needs_calendar || p.when.needs_calendar())
            || self.validations.iter().any(|v| v.when.needs_calendar())
            || self.exempt.iter().any(|(_, w)| w.needs_calendar())
    }
}
