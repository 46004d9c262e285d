//! Reading the rules around the rates: discounts, validations, passes, re-entry, payment, late and lost.

use std::sync::Arc;

use money::Rounding;

use super::super::days::DaySet;
use super::super::model::{
    Adjust, AfterPayment, AfterReentry, Benefit, Change, Combine, Every, Late, Longest, Lost, OverLongest,
    Overstay, Pass, Reentry, RoundTo, Validation, WithStay,
};
use super::super::node::Table;
use super::super::vehicle::canonical;
use super::super::when::{VehicleMatch, When};
use super::super::words::{self, Span};
use super::Reader;
use super::steps::every_word;

pub(super) const ROUNDINGS: [(&str, Rounding); 5] = [
    ("half_up", Rounding::HalfUp),
    ("half_even", Rounding::HalfEven),
    ("down", Rounding::Down),
    ("up", Rounding::Up),
    ("nearest", Rounding::HalfUp),
];

impl Reader<'_, '_> {
    /// `[[discount]]` (`sign` -1) and `[[surcharge]]` (`sign` 1).
    pub(super) fn adjust(&self, table: &Table<'_, '_>, sign: i64, index: usize) -> Option<Adjust> {
        let (word, percent_key, amount_key) = if sign < 0 {
            ("discount", "percent_off", "amount_off")
        } else {
            ("surcharge", "percent", "amount")
        };
        let percent = table.read(percent_key, words::percent);
        let pay = if sign < 0 { table.read("pay_percent", words::percent) } else { None };
        let amount = table.get(amount_key).and_then(|i| i.read(|t| self.money(t)));
        let each_at = if sign > 0 { table.read("at", words::time_of_day) } else { None };
        let change = match (percent.or(pay.map(|p| (10_000 - p).max(0))), amount, each_at) {
            (Some(bp), None, None) if sign > 0 || bp <= 10_000 => Change::Percent(sign * bp),
            (Some(_), None, None) => return table.wrong("a discount takes off at most 100 percent"),
            (None, Some(amount), None) if amount >= 0 => Change::Amount(sign * amount),
            (None, Some(amount), Some(at)) if amount >= 0 => Change::EachTime(amount, at % words::DAY_S),
            _ => {
                return table
                    .wrong(format!("a {word} needs either {percent_key} or {amount_key}, not negative"));
            }
        };
        let mut span = table.any(&["time", "hours"]).and_then(|i| i.read(words::time_span));
        if let (Some(from), Some(to)) =
            (table.read("from", words::time_of_day), table.read("to", words::time_of_day))
        {
            match words::span(from, to) {
                Ok(s) => span = Some(s),
                Err(message) => return table.wrong(message),
            }
        }
        let code = table.text("code");
        let adjust = Adjust {
            name: self.name(table, code.as_deref(), &format!("{word} {}", index + 1)),
            code,
            when: self.condition(table),
            span,
            days: table.get("days").and_then(|i| self.days(&i)),
            season: table.any(&["season", "dates"]).map(|i| self.seasons(&i)).unwrap_or_default(),
            part_s: table
                .any(&["part", "stay"])
                .and_then(|i| i.read(words::duration_range))
                .map(|(low, high)| (low.max(0), high)),
            change,
            before_caps: table
                .choice("apply", &[("before_caps", true), ("after_caps", false)])
                .unwrap_or(false),
        };
        table.finish();
        let whole = matches!(adjust.change, Change::Amount(_));
        if whole && adjust.is_timed() {
            return table.wrong(
                "an amount goes with the whole stay: use when = { … } for its conditions, or a percentage",
            );
        }
        Some(adjust)
    }

    pub(super) fn name(&self, table: &Table<'_, '_>, code: Option<&str>, default: &str) -> Arc<str> {
        table.text("name").unwrap_or_else(|| code.unwrap_or(default).to_owned()).into()
    }

    pub(super) fn validation(&self, table: &Table<'_, '_>) -> Option<Validation> {
        let code =
            table.text("code").or_else(|| table.wrong("a validation needs a code: code = \"shop\""))?;
        let tiers_given = table.any(&["spend", "receipts_total"]);
        let mut tiers = Vec::new();
        if let Some(item) = &tiers_given {
            for member in item.list() {
                let Some(tier) = member.table() else { continue };
                let from = tier.any(&["from", "at_least"]).and_then(|i| i.read(|t| self.money(t)));
                let benefit = self.benefit(&tier);
                tier.finish();
                match from {
                    Some(from) => tiers.push((from, benefit)),
                    None => {
                        member.wrong("say from which sum of receipts on: { from = 100, hours = \"1h\" }")?;
                    }
                }
            }
            tiers.sort_by_key(|(from, _)| *from);
        } else {
            tiers.push((0, self.benefit(table)));
        }
        let mut each_at_least = 0;
        let mut at_most_receipts = usize::MAX;
        let mut needs_receipts = tiers_given.is_some();
        if let Some(receipts) = table.get("receipts").and_then(|i| i.table()) {
            each_at_least = receipts.amount("each_at_least", self.currency).unwrap_or(0);
            at_most_receipts =
                receipts.count("at_most").and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
            if let Some(total) = receipts.amount("total_at_least", self.currency) {
                tiers.iter_mut().for_each(|(from, _)| *from = (*from).max(total));
            }
            needs_receipts = true;
            receipts.finish();
        }
        needs_receipts |= tiers.iter().any(|(_, b)| b.for_each > 0);
        for (from, benefit) in &mut tiers {
            *from = (*from).max(benefit.for_each);
        }
        let validation = Validation {
            name: self.name(table, Some(&code), "validation"),
            code,
            when: self.condition(table),
            tiers,
            needs_receipts,
            each_at_least,
            receipts_at_most: at_most_receipts,
            at_most: table.count("at_most").and_then(|n| usize::try_from(n).ok()).unwrap_or(1),
            free_at_most_s: table.duration("free_at_most").unwrap_or(i64::MAX / 8),
            from_end: table.choice("counts_from", &[("entry", false), ("exit", true)]).unwrap_or(false),
            with_free: table.choice("free_minutes", &[("add", false), ("include", true)]).unwrap_or(false),
        };
        table.finish();
        let gives = |b: &Benefit| {
            b.free_s > 0 || b.amount > 0 || b.percent_off > 0 || b.flat.is_some() || b.all || b.whole_day
        };
        if !validation.tiers.iter().any(|(_, b)| gives(b)) {
            return table.wrong("a validation gives something: hours = \"2h\", money = 10, percent_off = 50, flat = 5, free = true or whole_day = true");
        }
        Some(validation)
    }

    fn benefit(&self, table: &Table<'_, '_>) -> Benefit {
        let money = |key| table.get(key).and_then(|i| i.read(|t| self.money(t))).map(|a| a.max(0));
        let hours = table.any(&["hours", "time", "minutes"]).and_then(|item| {
            if item.is_number() && item.path.ends_with("hours") {
                return item.read(|t| words::duration(&format!("{t}h")));
            }
            item.read(words::duration)
        });
        let whole_day = table.flag("whole_day").unwrap_or(false);
        Benefit {
            free_s: hours.unwrap_or(0),
            for_each: money("for_each").unwrap_or(0),
            amount: money("money").unwrap_or(0),
            percent_off: table.read("percent_off", words::percent).unwrap_or(0).min(10_000),
            flat: money("flat"),
            all: table.flag("free").unwrap_or(false),
            whole_day,
        }
    }

    pub(super) fn combine(&self, table: &Table<'_, '_>) -> Option<Combine> {
        table.choice("validations", &[("add", Combine::Add), ("best", Combine::Best)])
    }

    pub(super) fn pass(&self, table: &Table<'_, '_>) -> Option<Pass> {
        let code = table.text("code").or_else(|| table.wrong("a pass needs a code: code = \"monthly\""))?;
        let mut spans = table.any(&["time", "hours"]).map(|i| self.spans(&i)).unwrap_or_default();
        if spans.is_empty() {
            spans.push(Span::ALL_DAY);
        }
        let mut when = self.condition(table);
        let pass = Pass {
            name: self.name(table, Some(&code), "pass"),
            code,
            cars: table.count("cars").unwrap_or(1),
            spans,
            days: table.get("days").and_then(|i| self.days(&i)).unwrap_or_else(DaySet::every),
            zones: std::mem::take(&mut when.zones),
            when,
        };
        for key in ["month", "year", "day", "week"] {
            table.amount(key, self.currency);
        }
        table.finish();
        Some(pass)
    }

    pub(super) fn reentry(&self, table: &Table<'_, '_>) -> Option<Reentry> {
        let within_s =
            table.duration("within").or_else(|| table.wrong("say how soon: within = \"60min\""))?;
        let then =
            table.choice("then", &[("continue", AfterReentry::Continue), ("no_free", AfterReentry::NoFree)]);
        let gap_counts =
            table.choice("gap", &[("counts", true), ("free", false), ("excluded", false)]).unwrap_or(true);
        table.finish();
        Some(Reentry { within_s, then: then.unwrap_or(AfterReentry::Continue), gap_counts })
    }

    pub(super) fn after_payment(&self, table: &Table<'_, '_>) -> AfterPayment {
        let then = [
            ("difference", Overstay::Difference),
            ("new_stay", Overstay::NewStay),
            ("new_stay_after_grace", Overstay::NewStayAfterGrace),
        ];
        let rule = AfterPayment {
            grace_s: table.any(&["grace", "leave_within"]).and_then(|i| i.read(words::duration)).unwrap_or(0),
            then: table.choice("then", &then).unwrap_or(Overstay::Difference),
        };
        table.finish();
        rule
    }

    pub(super) fn late(&self, table: &Table<'_, '_>, index: usize) -> Option<Late> {
        let percent = table.read("percent", words::percent);
        let amount = table.amount("amount", self.currency);
        let after_s =
            table.duration("after").or_else(|| table.wrong("say after how long: after = \"30 days\""));
        let on_top = table.choice("combine", &[("replace", false), ("add", true)]).unwrap_or(false);
        let name = self.name(table, None, &format!("late payment {}", index + 1));
        table.finish();
        let change = match (percent, amount) {
            (Some(bp), None) => Change::Percent(bp),
            (None, Some(amount)) => Change::Amount(amount),
            _ => return table.wrong("late payment costs either percent = 50 or amount = 20"),
        };
        Some(Late { name, after_s: after_s?, change, on_top })
    }

    pub(super) fn lost(&self, item: &super::super::node::Item<'_, '_>) -> Option<Lost> {
        if !item.is_table() {
            let fee = item.read(|t| self.money(t))?;
            return Some(Lost { fee, with_stay: WithStay::Instead, per: Every::Stay });
        }
        let table = item.table()?;
        let with =
            [("instead", WithStay::Instead), ("plus", WithStay::Plus), ("at_least", WithStay::AtLeast)];
        let fee = table.amount("fee", self.currency);
        let lost = Lost {
            fee: fee.unwrap_or(0),
            with_stay: table.choice("with_stay", &with).unwrap_or(WithStay::Instead),
            per: table.read("per", every_word).unwrap_or(Every::Stay),
        };
        table.finish();
        if fee.is_none() { table.wrong("a lost ticket needs a fee: fee = 50") } else { Some(lost) }
    }

    pub(super) fn longest(&self, item: &super::super::node::Item<'_, '_>) -> Option<Longest> {
        if !item.is_table() {
            return Some(Longest { limit_s: item.read(words::duration)?, over: OverLongest::Refuse });
        }
        let table = item.table()?;
        let limit_s = table.any(&["limit", "length"]).and_then(|i| i.read(words::duration));
        let word = table.choice("then", &[("refuse", OverLongest::Refuse), ("warn", OverLongest::Warn)]);
        let fine = table.amount("fine", self.currency);
        table.finish();
        let over = fine.map(OverLongest::Fine).or(word).unwrap_or(OverLongest::Refuse);
        match limit_s {
            Some(limit_s) => Some(Longest { limit_s, over }),
            None => item.wrong("say how long: max_stay = { limit = \"60min\", then = \"refuse\" }"),
        }
    }

    pub(super) fn round_to(&self, item: &super::super::node::Item<'_, '_>) -> Option<RoundTo> {
        let (to, rounding) = if item.is_table() {
            let table = item.table()?;
            let to = table.amount("to", self.currency);
            let mode = table.choice("mode", &ROUNDINGS);
            table.finish();
            (to, mode.unwrap_or(Rounding::HalfUp))
        } else {
            (item.read(|t| self.money(t)), Rounding::HalfUp)
        };
        match to {
            Some(to) if to > 0 => Some(RoundTo { to, rounding }),
            _ => item.wrong("say to what: round = { to = 0.5, mode = \"half_up\" }"),
        }
    }

    /// `exempt = ["police", "army"]` or `[[exempt]]` tables.
    pub(super) fn exempt(&self, table: &Table<'_, '_>) -> Vec<(Arc<str>, When)> {
        let Some(item) = table.get("exempt") else { return Vec::new() };
        let mut out: Vec<(Arc<str>, When)> = Vec::new();
        for member in item.list() {
            if !member.is_table() {
                for class in member.texts() {
                    let class = canonical(&class);
                    let vehicle = VehicleMatch { any_of: vec![class.clone()], ..VehicleMatch::default() };
                    out.push((class.as_str().into(), When { vehicle, ..When::default() }));
                }
                continue;
            }
            let Some(table) = member.table() else { continue };
            let when = self.condition(&table);
            out.push((self.name(&table, None, "exempt"), when));
            table.finish();
        }
        out
    }
}
