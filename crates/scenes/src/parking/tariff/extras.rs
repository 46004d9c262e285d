//! What applies to a stay as a whole, in this order: discounts and surcharges, validations, the longest stay, late
//! payment, a lost ticket, rounding, and what was charged for an earlier visit that counts as one with it.

use std::sync::Arc;

use super::base::Base;
use super::fee::{Fee, Note, QuoteError, Warning};
use super::free::Allowance;
use super::lines::{line, percent_of};
use super::model::{Benefit, Change, Combine, Every, OverLongest, Validation, WithStay};
use super::quote::{Ask, list};
use super::stay::ValidationUse;
use super::words::show_duration;
use money::Money;

/// The validations that count for a stay.
#[derive(Default)]
pub(crate) struct Validated<'a> {
    /// Time they give.
    pub(crate) time: Allowance,
    /// What else they give.
    benefits: Vec<(&'a Arc<str>, Benefit)>,
}

/// Lines in the making.
struct Sheet<'s, 'a> {
    ask: &'s Ask<'a>,
    base: Base,
    time: (i64, i64),
}

impl Sheet<'_, '_> {
    /// Adds an amount; what takes off never takes more than there is.
    fn add(&mut self, rule: &Arc<str>, amount: i64, note: Note) {
        let amount = amount.max(-self.base.sum.max(0));
        if amount != 0 {
            self.base.lines.push(line(self.ask.tariff, rule.clone(), self.time.0, self.time.1, amount, note));
            self.base.sum = self.base.sum.saturating_add(amount);
        }
    }
}

impl<'a> Ask<'a> {
    /// Which validations count, and what they give.
    pub(crate) fn validated(&self, warnings: &mut Vec<Warning>) -> Result<Validated<'a>, QuoteError> {
        let mut all: Vec<(&'a Validation, Benefit)> = Vec::new();
        let mut serials: Vec<(&str, &str)> = Vec::new();
        for used in &self.stay.validations {
            let known = || self.tariff.validations.iter().map(|v| v.code.as_str()).collect::<Vec<_>>();
            let rule = self.tariff.validations.iter().find(|v| v.code == used.code).ok_or_else(|| {
                QuoteError::UnknownCode { what: "validation", code: used.code.clone(), known: list(&known()) }
            })?;
            let mut warn = |code, message| warnings.push(Warning { code, message });
            if let Some(serial) = &used.serial {
                if serials.contains(&(&used.code, serial)) {
                    warn(
                        "validation_repeated",
                        format!(
                            "the validation {} number {serial} was used twice: it counts once",
                            used.code
                        ),
                    );
                    continue;
                }
                serials.push((&used.code, serial));
            }
            if all.iter().filter(|(v, ..)| v.code == rule.code).count() >= rule.at_most {
                warn(
                    "validation_repeated",
                    format!(
                        "the validation {} counts at most {} for one stay",
                        used.code,
                        times(rule.at_most)
                    ),
                );
                continue;
            }
            let zone = self.stay.zones.first().map(|z| z.zone.as_str());
            if !rule.when.holds(&self.asked(zone, self.enter, self.leave)) {
                warn(
                    "validation_refused",
                    format!(
                        "the validation {} does not hold for this stay: its conditions are not met",
                        used.code
                    ),
                );
                continue;
            }
            match benefit(rule, used) {
                Some(benefit) => all.push((rule, benefit)),
                None => warn(
                    "validation_refused",
                    format!("the receipts for the validation {} are not enough", used.code),
                ),
            }
        }
        Ok(self.combine(&all))
    }

    fn combine(&self, all: &[(&'a Validation, Benefit)]) -> Validated<'a> {
        let mut out = Validated::default();
        let best = |value: &dyn Fn(&Benefit) -> i64| all.iter().map(|(_, b)| value(b)).max().unwrap_or(0);
        let best_time = best(&|b| b.free_s);
        let best_amount = best(&|b| b.amount);
        let best_percent = best(&|b| b.percent_off);
        for (rule, benefit) in all {
            let alone = self.tariff.combine == Combine::Best;
            let mut free_s = benefit.free_s;
            if benefit.whole_day {
                let midnight = self.tariff.clock.next_day_start(self.enter, 0);
                free_s = midnight - self.enter;
            }
            if alone && free_s < best_time && !benefit.whole_day {
                free_s = 0;
            }
            let sum = if rule.from_end { &mut out.time.validated_end_s } else { &mut out.time.validated_s };
            if alone {
                *sum = (*sum).max(free_s);
            } else {
                let limit = rule.free_at_most_s;
                *sum = (*sum + free_s).min(limit.max(*sum));
            }
            out.time.beside |= rule.with_free;
            let weaker = alone && (benefit.amount < best_amount || benefit.percent_off < best_percent);
            let twice = alone
                && out.benefits.iter().any(|(_, b)| b.amount == benefit.amount && b.flat == benefit.flat);
            if !weaker && !twice {
                out.benefits.push((&rule.name, benefit.clone()));
            }
        }
        out
    }

    /// Everything that applies to the whole of a stretch.
    pub(crate) fn whole(
        &self,
        base: Base,
        time: (i64, i64),
        later: bool,
        validated: &Validated<'a>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Fee, QuoteError> {
        let rate = base.rate.clone();
        let mut sheet = Sheet { ask: self, base, time };
        self.adjust_whole(&mut sheet, later);
        if !later {
            for (name, benefit) in &validated.benefits {
                apply(&mut sheet, name, benefit);
            }
            self.check_longest(&mut sheet, warnings)?;
        }
        self.late_payment(&mut sheet, later);
        if self.stay.lost_ticket && !later {
            self.lost_ticket(&mut sheet)?;
        }
        if let Some(round) = self.tariff.round {
            let steps = round
                .rounding
                .divide(i128::from(sheet.base.sum), i128::from(round.to))
                .map_err(|_| QuoteError::TooLarge)?;
            let rounded = steps.checked_mul(round.to).ok_or(QuoteError::TooLarge)?;
            let name: Arc<str> = "rounding".into();
            let more = rounded - sheet.base.sum;
            sheet.add(&name, more, Note::Rounding);
        }
        if self.charged_before > 0 && !later {
            let name: Arc<str> = "earlier visit".into();
            sheet.add(&name, -self.charged_before, Note::ChargedBefore);
        }
        let Base { lines, sum, .. } = sheet.base;
        if sum.unsigned_abs() > 1 << 60 {
            return Err(QuoteError::TooLarge);
        }
        let zero = Money::zero(self.tariff.currency);
        let total = Money::new(sum, self.tariff.currency);
        Ok(Fee { rate, total, lines, paid: zero, due: total, leave_by: None, warnings: Vec::new() })
    }

    fn adjust_whole(&self, sheet: &mut Sheet<'_, 'a>, later: bool) {
        if let (true, Some(bays)) = (self.tariff.per_bay, self.stay.vehicle.bays.filter(|b| *b > 1)) {
            let more = sheet.base.sum.saturating_mul(bays - 1);
            sheet.add(&"further places".into(), more, Note::Bays(bays));
        }
        if self.tariff.adjusts.is_empty() {
            return;
        }
        let zone = self.stay.zones.first().map(|z| z.zone.as_str());
        let asked = self.asked(zone, self.enter, self.leave);
        for adjust in &self.tariff.adjusts {
            let each_time = matches!(adjust.change, Change::EachTime(..));
            if (adjust.is_timed() && !each_time) || !self.adjust_is_on(adjust, &asked) {
                continue;
            }
            match adjust.change {
                Change::Percent(bp) => {
                    let more = percent_of(sheet.base.sum, bp, self.tariff.fractions);
                    sheet.add(&adjust.name, more, Note::Percent(bp));
                }
                Change::Amount(amount) if !later => sheet.add(&adjust.name, amount, Note::Amount),
                Change::Amount(_) => {}
                Change::EachTime(amount, tod) => {
                    let count = self.passes_of(adjust, tod, sheet.time);
                    sheet.add(&adjust.name, amount.saturating_mul(count), Note::Amount);
                }
            }
        }
    }

    /// How often a stretch passes a second of the day, on the days the adjustment holds.
    fn passes_of(&self, adjust: &super::model::Adjust, tod: i64, time: (i64, i64)) -> i64 {
        let clock = &self.tariff.clock;
        let mut count = 0;
        let mut at = time.0 - 1;
        loop {
            at = clock.next_day_start(at, tod);
            if at >= time.1 {
                return count;
            }
            let day = clock.day(at);
            let on = adjust.days.as_ref().is_none_or(|d| d.holds_in(day, &self.tariff.calendar))
                && (adjust.season.is_empty() || adjust.season.iter().any(|s| s.holds(day)));
            count += i64::from(on);
        }
    }

    fn check_longest(
        &self,
        sheet: &mut Sheet<'_, 'a>,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), QuoteError> {
        let Some(longest) = &self.tariff.longest else { return Ok(()) };
        let length = self.leave - self.enter;
        if length <= longest.limit_s {
            return Ok(());
        }
        let (stay, limit) = (show_duration(length), show_duration(longest.limit_s));
        match longest.over {
            OverLongest::Refuse => return Err(QuoteError::TooLong { stay, limit }),
            OverLongest::Warn => {}
            OverLongest::Fine(amount) => sheet.add(&"longest stay".into(), amount, Note::TooLong),
        }
        let message = format!("the stay of {stay} is longer than the {limit} allowed");
        if !warnings.iter().any(|w| w.code == "over_longest_stay") {
            warnings.push(Warning { code: "over_longest_stay", message });
        }
        Ok(())
    }

    fn late_payment(&self, sheet: &mut Sheet<'_, 'a>, later: bool) {
        let Some(settled) = self.stay.settled_at else { return };
        let late_s = settled.as_second() - self.leave;
        let fee = sheet.base.sum;
        let reached = self.tariff.late.iter().filter(|l| late_s > l.after_s).collect::<Vec<_>>();
        let last_alone = reached.iter().rposition(|l| !l.on_top);
        for (i, stage) in reached.iter().enumerate() {
            if !stage.on_top && Some(i) != last_alone {
                continue;
            }
            match stage.change {
                Change::Percent(bp) => {
                    sheet.add(&stage.name, percent_of(fee, bp, self.tariff.fractions), Note::Late);
                }
                Change::Amount(amount) if !later && fee > 0 => sheet.add(&stage.name, amount, Note::Late),
                Change::Amount(_) | Change::EachTime(..) => {}
            }
        }
    }

    fn lost_ticket(&self, sheet: &mut Sheet<'_, 'a>) -> Result<(), QuoteError> {
        let lost = self.tariff.lost.as_ref().ok_or(QuoteError::NoLostTicket)?;
        let count = match lost.per {
            Every::Seconds(n) => ((self.leave - self.enter + n - 1) / n).max(1),
            Every::Day(_) => {
                let last = self.tariff.clock.day((self.leave - 1).max(self.enter));
                i64::from(last - self.tariff.clock.day(self.enter)) + 1
            }
            _ => 1,
        };
        let fixed = lost.fee.saturating_mul(count);
        let more = match lost.with_stay {
            WithStay::Plus => fixed,
            WithStay::Instead => fixed - sheet.base.sum,
            WithStay::AtLeast => (fixed - sheet.base.sum).max(0),
        };
        sheet.add(&"lost ticket".into(), more, Note::LostTicket);
        Ok(())
    }
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// What a validation gives for the receipts shown.
fn benefit(rule: &Validation, used: &ValidationUse) -> Option<Benefit> {
    let mut receipts = used.receipts.iter().copied().filter(|r| *r >= rule.each_at_least).collect::<Vec<_>>();
    receipts.sort_unstable_by(|a, b| b.cmp(a));
    receipts.truncate(rule.receipts_at_most);
    let spent: i64 = receipts.iter().fold(0_i64, |sum, r| sum.saturating_add(*r));
    let spent = if rule.needs_receipts { spent } else { spent.max(0) };
    if rule.needs_receipts && receipts.is_empty() {
        return None;
    }
    let mut benefit = rule.tiers.iter().rev().find(|(from, _)| *from <= spent).map(|(_, b)| b.clone())?;
    if benefit.for_each > 0 {
        let times = spent / benefit.for_each;
        benefit.free_s = benefit.free_s.saturating_mul(times).min(i64::MAX / 16);
        benefit.amount = benefit.amount.saturating_mul(times);
    }
    Some(benefit)
}

fn apply(sheet: &mut Sheet<'_, '_>, name: &Arc<str>, benefit: &Benefit) {
    let rounding = sheet.ask.tariff.fractions;
    if benefit.all {
        sheet.add(name, -sheet.base.sum, Note::Replaced);
    }
    if let Some(flat) = benefit.flat
        && flat < sheet.base.sum
    {
        sheet.add(name, flat - sheet.base.sum, Note::Replaced);
    }
    if benefit.percent_off > 0 {
        sheet.add(
            name,
            percent_of(sheet.base.sum, -benefit.percent_off, rounding),
            Note::Percent(-benefit.percent_off),
        );
    }
    if benefit.amount > 0 {
        sheet.add(name, -benefit.amount, Note::Amount);
    }
}
