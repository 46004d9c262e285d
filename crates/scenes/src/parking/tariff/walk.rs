//! The walk over a stay: it cuts time where something may change (a window, a day, a period, a zone of a discount)
//! and hands each piece to the meter. No piece is looked at minute by minute.

use super::calendar::Calendar;
use super::model::{Adjust, Every, Pass, Rate, Tariff};
use super::words::DAY_S;

/// Time that is not charged, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Covered {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) why: Why,
}

/// Why time is not charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    FreeMinutes,
    Validated,
    Away,
}

/// What a piece of a stay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Charged by the window of that index.
    Charged(usize),
    /// In a free window.
    Free(usize),
    /// In no window.
    Outside,
    Covered(Why),
    Pass,
}

/// A piece of a stay in which nothing changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) kind: Kind,
    /// The day (since 1970) its window began on.
    pub(crate) occurrence: i32,
    /// The steps begin again here.
    pub(crate) restart: bool,
    /// Bit n: the n-th adjustment holds here.
    pub(crate) adjusts: u64,
}

/// A part of a stay under one rate, with everything about it that does not change on the way.
pub(crate) struct Part<'a> {
    pub(crate) tariff: &'a Tariff,
    pub(crate) rate: &'a Rate,
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// Entry of the stay, from which parts of it are measured.
    pub(crate) enter: i64,
    /// Where periods are counted from.
    pub(crate) origin: i64,
    /// Bit n: the n-th window of the rate can apply to this stay at all.
    pub(crate) windows: u64,
    /// Bit n: the n-th adjustment of the tariff can apply to this stay at all.
    pub(crate) adjusts: u64,
    pub(crate) covered: &'a [Covered],
    /// The pass, and the instants it is valid between.
    pub(crate) pass: Option<(&'a Pass, i64, i64)>,
}

/// What of the day is known, renewed when the day changes.
struct Today {
    day: i32,
    /// Windows whose occurrence may begin today, and those that may have begun yesterday.
    now: u64,
    before: u64,
    adjusts_now: u64,
    adjusts_before: u64,
    pass_now: bool,
    pass_before: bool,
}

impl Part<'_> {
    /// Cuts the part into pieces and hands them over in order.
    pub(crate) fn walk(&self, mut sink: impl FnMut(&Piece)) {
        let clock = &self.tariff.clock;
        let mut at = self.from;
        let mut reached = i64::MIN;
        let mut today: Option<Today> = None;
        let mut covered = 0;
        let mut next_restart = self.next_restart(self.from);
        let mut restart = false;
        while at < self.to {
            let local = clock.local(at).max(reached);
            reached = local;
            let day = i32::try_from(local.div_euclid(DAY_S)).unwrap_or(i32::MAX);
            let tod = local.rem_euclid(DAY_S);
            let known = match today.take() {
                Some(known) if known.day == day => known,
                _ => self.look_at(day),
            };
            while self.covered.get(covered).is_some_and(|c| c.to <= at) {
                covered += 1;
            }
            let next = self.next_cut(at, day, tod).min(next_restart).min(match self.covered.get(covered) {
                Some(c) if c.from <= at => c.to,
                Some(c) => c.from,
                None => i64::MAX,
            });
            let (kind, occurrence) = match self.covered.get(covered) {
                Some(c) if c.from <= at => (Kind::Covered(c.why), day),
                _ if self.pass_holds(at, tod, &known) => (Kind::Pass, day),
                _ => self.window_at(at, day, tod, &known),
            };
            let adjusts = self.adjusts_at(at, tod, &known);
            sink(&Piece { from: at, to: next, kind, occurrence, restart, adjusts });
            restart = next == next_restart;
            if restart {
                next_restart = self.next_restart(next);
            }
            at = next;
            today = Some(known);
        }
    }

    fn look_at(&self, day: i32) -> Today {
        let calendar: &Calendar = &self.tariff.calendar;
        let (kind, kind_before) = (calendar.kind(day), calendar.kind(day - 1));
        let (mut now, mut before) = (0, 0);
        for (i, window) in self.rate.windows.iter().enumerate().filter(|(i, _)| self.windows >> i & 1 == 1) {
            let on = |d: i32, k: u8| {
                window.days.holds(d, k)
                    && (window.season.is_empty() || window.season.iter().any(|s| s.holds(d)))
            };
            now |= u64::from(on(day, kind)) << i;
            if window.span.end > DAY_S {
                before |= u64::from(on(day - 1, kind_before)) << i;
            }
        }
        let (mut adjusts_now, mut adjusts_before) = (0, 0);
        for (i, adjust) in self.tariff.adjusts.iter().enumerate().filter(|(i, _)| self.adjusts >> i & 1 == 1)
        {
            adjusts_now |= u64::from(adjust_on(adjust, day, kind)) << i;
            adjusts_before |= u64::from(adjust_on(adjust, day - 1, kind_before)) << i;
        }
        let (pass_now, pass_before) = match self.pass {
            Some((pass, ..)) => (pass.days.holds(day, kind), pass.days.holds(day - 1, kind_before)),
            None => (false, false),
        };
        Today { day, now, before, adjusts_now, adjusts_before, pass_now, pass_before }
    }

    /// The window of the highest rank that holds, and the day its occurrence began on.
    fn window_at(&self, at: i64, day: i32, tod: i64, today: &Today) -> (Kind, i32) {
        let mut best: Option<(i64, usize, i32)> = None;
        for (i, window) in self.rate.windows.iter().enumerate() {
            let here = if today.now >> i & 1 == 1 && window.span.start <= tod && tod < window.span.end {
                day
            } else if today.before >> i & 1 == 1 && tod + DAY_S < window.span.end {
                day - 1
            } else {
                continue;
            };
            if window.day_number.is_some_and(|(low, high)| {
                let number = self.day_number(at, here);
                number < low || number > high
            }) {
                continue;
            }
            if best.is_none_or(|(rank, ..)| window.rank > rank) {
                best = Some((window.rank, i, here));
            }
        }
        match best {
            Some((_, i, here)) if self.rate.windows[i].free => (Kind::Free(i), here),
            Some((_, i, here)) => (Kind::Charged(i), here),
            None => (Kind::Outside, day),
        }
    }

    /// Which day of the stay it is, from 1.
    fn day_number(&self, at: i64, day: i32) -> i64 {
        match self.rate.numbering {
            Every::Day(_) => i64::from(day - self.tariff.clock.day(self.origin)) + 1,
            _ => (at - self.origin).max(0) / DAY_S + 1,
        }
    }

    fn pass_holds(&self, at: i64, tod: i64, today: &Today) -> bool {
        let Some((pass, from, until)) = self.pass else { return false };
        let inside = pass.spans.iter().any(|span| {
            (today.pass_now && span.start <= tod && tod < span.end)
                || (today.pass_before && tod + DAY_S < span.end)
        });
        from <= at && at < until && inside
    }

    fn adjusts_at(&self, at: i64, tod: i64, today: &Today) -> u64 {
        if self.adjusts == 0 {
            return 0;
        }
        let mut mask = 0;
        for (i, adjust) in self.tariff.adjusts.iter().enumerate().filter(|(i, _)| self.adjusts >> i & 1 == 1)
        {
            let in_part = adjust.part_s.is_none_or(|(low, high)| {
                let after = at - self.enter;
                low <= after && after < high
            });
            let span = adjust.span.unwrap_or(super::words::Span::ALL_DAY);
            let in_span = (today.adjusts_now >> i & 1 == 1 && span.start <= tod && tod < span.end)
                || (today.adjusts_before >> i & 1 == 1 && tod + DAY_S < span.end);
            mask |= u64::from(in_part && in_span) << i;
        }
        mask
    }

    /// The next instant at which something may change, strictly after `at`.
    fn next_cut(&self, at: i64, day: i32, tod: i64) -> i64 {
        let mut next = self.to;
        let mut take = |instant: i64| {
            if instant > at {
                next = next.min(instant);
            }
        };
        if let Some(first) = self.rate.cuts.first() {
            let cut = self.rate.cuts.iter().find(|cut| **cut > tod).copied().unwrap_or(DAY_S + first);
            take(self.tariff.clock.reach(at, i64::from(day) * DAY_S + cut));
        }
        for cap in self.rate.caps.iter().chain(&self.tariff.caps) {
            if let Every::Seconds(n) | Every::SecondsWithinDay(n) = cap.per {
                let begin = period_begin(self.tariff, cap.per, self.origin, at);
                take(begin + ((at - begin).div_euclid(n) + 1) * n);
            }
        }
        if self.rate.numbering == Every::Seconds(DAY_S)
            && self.rate.windows.iter().any(|w| w.day_number.is_some())
        {
            take(self.origin + ((at - self.origin).div_euclid(DAY_S) + 1) * DAY_S);
        }
        for (i, adjust) in self.tariff.adjusts.iter().enumerate() {
            if let (1, Some((low, high))) = (self.adjusts >> i & 1, adjust.part_s) {
                take(self.enter.saturating_add(low));
                take(self.enter.saturating_add(high));
            }
        }
        if let Some((_, from, until)) = self.pass {
            take(from);
            take(until);
        }
        next
    }

    fn next_restart(&self, at: i64) -> i64 {
        match self.rate.restart {
            Every::Stay | Every::Window => i64::MAX,
            Every::Seconds(n) => self.origin + ((at - self.origin).div_euclid(n) + 1) * n,
            Every::Day(start) => self.tariff.clock.next_day_start(at, start),
            Every::Week | Every::Month | Every::SecondsWithinDay(_) => i64::MAX,
        }
    }
}

/// Where periods of so many seconds are counted from at an instant: the origin, or the last midnight after it.
pub(crate) fn period_begin(tariff: &Tariff, per: Every, origin: i64, at: i64) -> i64 {
    match per {
        Every::SecondsWithinDay(_) => {
            let midnight = i64::from(tariff.clock.day(at)) * DAY_S;
            origin.max(tariff.clock.reach(at - tariff.clock.tod(at) - 2 * 3600, midnight)).min(at)
        }
        _ => origin,
    }
}

fn adjust_on(adjust: &Adjust, day: i32, kind: u8) -> bool {
    adjust.days.as_ref().is_none_or(|d| d.holds(day, kind))
        && (adjust.season.is_empty() || adjust.season.iter().any(|s| s.holds(day)))
}
