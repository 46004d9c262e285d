//! The meter: it counts steps and units over the pieces of a stay, stops at ceilings, and writes the lines.
//!
//! Steps are counted in charged time since they last began (`position`); free time stands still. `covered` is the
//! position up to which units were paid for: ahead of the position while a started unit runs, behind it while a unit
//! that is only charged when used has not been used enough.

use std::sync::Arc;

use money::Money;

use super::fee::{Line, Note};
use super::lines::{Names, add_to, extend, line, percent_of};
use super::model::{Cap, Change, Crossing, Every, FOREVER, Price, Rate, Step, Tariff, Units, Window};
use super::stay::EarlierStay;
use super::walk::{Kind, Piece, Why, period_begin};
use super::words::date_of_day;

/// A ceiling on its way through the stay.
#[derive(Clone, Debug)]
struct CapState {
    bucket: i64,
    first: i64,
    seen: usize,
    sum: i64,
    line: Option<usize>,
}

/// An adjustment on its way through the stay.
#[derive(Clone, Debug, Default)]
struct AdjustState {
    base: i64,
    made: i64,
    line: Option<usize>,
}

/// What the last charged line was about: window, step, occurrence, run.
type LineKey = (usize, usize, i32, u32);

pub(crate) struct Meter<'a> {
    tariff: &'a Tariff,
    rate: &'a Rate,
    earlier: &'a [EarlierStay],
    origin: i64,
    pub(crate) lines: Vec<Line>,
    position: i64,
    covered: i64,
    run: u32,
    run_sum: i64,
    current: Option<(usize, i32, i64)>,
    /// Steps of this run whose one amount was charged.
    flats: Vec<(usize, usize)>,
    /// Windows whose amount for this occurrence was charged.
    occasions: Vec<(usize, i32)>,
    counted: (usize, usize, i64),
    pending: Option<(usize, usize)>,
    caps: Vec<CapState>,
    adjusts: Vec<AdjustState>,
    last: Option<(LineKey, usize)>,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(
        tariff: &'a Tariff,
        rate: &'a Rate,
        origin: i64,
        earlier: &'a [EarlierStay],
    ) -> Meter<'a> {
        let fresh = CapState { bucket: i64::MIN, first: 0, seen: 0, sum: 0, line: None };
        Meter {
            tariff,
            rate,
            earlier,
            origin,
            lines: Vec::with_capacity(6),
            position: 0,
            covered: 0,
            run: 0,
            run_sum: 0,
            current: None,
            flats: Vec::new(),
            occasions: Vec::new(),
            counted: (usize::MAX, 0, 0),
            pending: None,
            caps: vec![fresh; rate.caps.len() + tariff.caps.len()],
            adjusts: vec![AdjustState::default(); tariff.adjusts.len()],
            last: None,
        }
    }

    /// Goes on under another rate. `fresh`: steps and the rate's own ceilings begin again; those of the tariff go on.
    pub(crate) fn change_rate(&mut self, rate: &'a Rate, origin: i64, fresh: bool) {
        let keep = self.caps.split_off(self.rate.caps.len());
        let new = CapState { bucket: i64::MIN, first: 0, seen: 0, sum: 0, line: None };
        if fresh || rate.caps.len() != self.caps.len() {
            self.caps = vec![new; rate.caps.len()];
        }
        self.caps.extend(keep);
        self.rate = rate;
        self.current = None;
        self.last = None;
        self.pending = None;
        self.counted = (usize::MAX, 0, 0);
        self.occasions.clear();
        if fresh {
            self.origin = origin;
            self.begin_run(0);
        } else {
            self.covered = self.position;
        }
    }

    /// Writes a line that is not about a step.
    pub(crate) fn write(&mut self, rule: &Arc<str>, from: i64, to: i64, amount: i64, note: Note) {
        self.lines.push(line(self.tariff, rule.clone(), from, to, amount, note));
    }

    /// Takes the next piece.
    pub(crate) fn take(&mut self, piece: &Piece, names: &Names) {
        if piece.restart {
            self.begin_run(0);
            self.current = self.current.map(|(w, o, _)| (w, o, piece.from));
        }
        let time = (piece.from, piece.to);
        match piece.kind {
            Kind::Charged(w) => self.charge(piece, w),
            Kind::Free(w) => self.not_charged(time, &self.rate.windows[w].name.clone(), Note::FreeWindow),
            Kind::Outside => self.not_charged(time, &names.outside, Note::Outside),
            Kind::Pass => self.not_charged(time, &names.pass, Note::Pass),
            Kind::Covered(Why::FreeMinutes) => self.not_charged(time, &names.free, Note::FreeMinutes),
            Kind::Covered(Why::Validated) => self.not_charged(time, &names.validated, Note::ValidatedTime),
            Kind::Covered(Why::Away) => self.not_charged(time, &names.away, Note::Away),
        }
    }

    fn not_charged(&mut self, (from, to): (i64, i64), rule: &Arc<str>, note: Note) {
        if let Some(last) = self.lines.last_mut()
            && last.note == note
            && last.rule == *rule
            && last.to.as_second() == from
        {
            extend(last, to);
            return;
        }
        self.write(rule, from, to, 0, note);
    }

    fn begin_run(&mut self, carried: i64) {
        self.position = 0;
        self.covered = carried.max(0);
        self.run += 1;
        self.run_sum = 0;
        self.flats.clear();
        self.counted = (usize::MAX, 0, 0);
        self.pending = None;
    }

    /// Moves into a window: what goes on from before and what begins again.
    fn enter_window(&mut self, piece: &Piece, w: usize) {
        let window = &self.rate.windows[w];
        let goes_on = self.current.is_some_and(|(cw, occurrence, end)| {
            cw == w
                && (occurrence == piece.occurrence
                    || window.base
                    || (window.span.is_full() && end == piece.from))
        });
        if !goes_on && self.current.is_some() {
            if self.rate.restart == Every::Window {
                let carried =
                    if self.rate.crossing == Crossing::Start { self.covered - self.position } else { 0 };
                self.begin_run(carried);
            } else if self.rate.crossing == Crossing::Split {
                self.covered = self.position;
                self.pending = None;
            }
        }
        self.current = Some((w, piece.occurrence, piece.to));
    }

    fn charge(&mut self, piece: &Piece, w: usize) {
        self.enter_window(piece, w);
        let rate = self.rate;
        let window = &rate.windows[w];
        let start = self.position;
        let end = start + (piece.to - piece.from);
        self.position = end;
        if window.flat_each_time {
            self.charge_each_time(piece, w, window);
            self.covered = end;
            return;
        }
        self.tell_of(piece.from, piece.from + (self.covered.min(end) - start).max(0));
        if !self.finish_pending(piece, w, end) {
            self.tell_of(piece.from, piece.to);
            return;
        }
        while self.covered < end {
            let s = window.steps.partition_point(|step| step.until_s <= self.covered);
            let Some(step) = window.steps.get(s) else { break };
            let from = piece.from + (self.covered - start).max(0);
            let to = piece.from + (step.until_s.min(end) - start).max(0);
            if !self.charge_step(piece, (w, s), step, (from, to), end) {
                break;
            }
        }
        let charged = self.last.map_or(piece.from, |(_, i)| self.lines[i].to.as_second());
        let paid =
            self.lines.last().filter(|l| l.note == Note::PaidFor).map_or(piece.from, |l| l.to.as_second());
        self.tell_of(charged.max(paid).max(piece.from), piece.to);
    }

    /// Time that was paid for before: the line of what was charged last reaches over it, or, when something lay between,
    /// a line of its own says so.
    fn tell_of(&mut self, from: i64, to: i64) {
        let Some((_, i)) = self.last.filter(|_| to > from) else { return };
        if self.lines[i].to.as_second() >= from {
            extend(&mut self.lines[i], to);
        } else {
            let rule = self.lines[i].rule.clone();
            self.not_charged((from, to), &rule, Note::PaidFor);
        }
    }

    /// A unit that began in another window and runs on at its price. False while it has not been used enough.
    fn finish_pending(&mut self, piece: &Piece, w: usize, end: i64) -> bool {
        let Some((pw, ps)) = self.pending.filter(|(pw, _)| *pw != w) else { return true };
        let rate = self.rate;
        let Some(step) = rate.windows.get(pw).and_then(|window| window.steps.get(ps)) else { return true };
        let Price::Units(units) = &step.price else { return true };
        if end - self.covered < units.counts_from_s {
            return false;
        }
        self.book_units(piece, (pw, ps), step, units, 1, (piece.from, piece.to));
        self.covered += units.unit_s;
        self.pending = None;
        true
    }

    fn charge_each_time(&mut self, piece: &Piece, w: usize, window: &Window) {
        let occurrence =
            if window.base { i32::try_from(self.run).unwrap_or(i32::MAX) } else { piece.occurrence };
        if self.occasions.contains(&(w, occurrence)) {
            if let Some(i) = self.last.filter(|(key, _)| key.0 == w).map(|(_, i)| i) {
                extend(&mut self.lines[i], piece.to);
            }
            return;
        }
        self.occasions.push((w, occurrence));
        if let Some(Step { price: Price::Flat(amount), name, .. }) = window.steps.first() {
            let key = (w, 0, occurrence, self.run);
            self.book(piece, key, name, (piece.from, piece.to), *amount, Note::Flat);
        }
    }

    /// Charges what of a step lies before `end`. False when the rest of it has to wait.
    fn charge_step(
        &mut self,
        piece: &Piece,
        at: (usize, usize),
        step: &Step,
        time: (i64, i64),
        end: i64,
    ) -> bool {
        let key =
            (at.0, at.1, if matches!(step.price, Price::Units(_)) { piece.occurrence } else { 0 }, self.run);
        match &step.price {
            Price::Flat(amount) => {
                if !self.flats.contains(&at) {
                    self.flats.push(at);
                    self.run_sum += amount;
                    self.book(piece, key, &step.name, time, *amount, Note::Flat);
                } else {
                    self.not_charged(time, &step.name, Note::PaidFor);
                }
                self.covered = step.until_s;
                true
            }
            Price::Total(amount) => {
                let more = amount - self.run_sum;
                self.run_sum = *amount;
                self.book(piece, (at.0, usize::MAX, 0, self.run), &step.name, time, more, Note::Total);
                self.covered = step.until_s;
                true
            }
            Price::Units(units) => {
                let limit = step.until_s.min(end);
                let free = limit - self.covered;
                let count = if free < units.counts_from_s {
                    0
                } else {
                    (free - units.counts_from_s) / units.unit_s + 1
                };
                self.book_units(piece, at, step, units, count, time);
                let reached =
                    self.covered.saturating_add(count.saturating_mul(units.unit_s)).min(step.until_s);
                let step_is_over = step.until_s <= end;
                self.covered = if step_is_over { step.until_s } else { reached };
                if self.covered < end && !step_is_over {
                    self.pending = Some(at);
                    return false;
                }
                self.pending = None;
                true
            }
        }
    }

    fn book_units(
        &mut self,
        piece: &Piece,
        at: (usize, usize),
        step: &Step,
        units: &Units,
        count: i64,
        time: (i64, i64),
    ) {
        let before = if (self.counted.0, self.counted.1) == at { self.counted.2 } else { 0 };
        self.counted = (at.0, at.1, before + count);
        let rounding = self.tariff.fractions;
        let amount = units.sum(before + count, rounding) - units.sum(before, rounding);
        self.run_sum += amount;
        let price = Money::new(units.said.0, self.tariff.currency);
        let note = Note::Units { count, unit_s: units.unit_s, price, per_s: units.said.1 };
        self.book(piece, (at.0, at.1, piece.occurrence, self.run), &step.name, time, amount, note);
    }

    /// Writes an amount, or adds it to the line it belongs to, and takes it through adjustments and ceilings.
    fn book(
        &mut self,
        piece: &Piece,
        key: LineKey,
        rule: &Arc<str>,
        time: (i64, i64),
        amount: i64,
        note: Note,
    ) {
        match self.last {
            Some((last_key, i)) if last_key == key => {
                let line = &mut self.lines[i];
                line.amount.value += amount;
                extend(line, time.1);
                match (&mut line.note, &note) {
                    (Note::Units { count, .. }, Note::Units { count: more, .. }) => *count += more,
                    (Note::Total, _) => line.rule = rule.clone(),
                    _ => {}
                }
            }
            _ => {
                self.last = Some((key, self.lines.len()));
                self.write(rule, time.0, time.1, amount, note);
            }
        }
        let amount = self.adjust(piece, amount, true);
        let amount = self.stop_at_caps(piece, key.0, amount);
        self.adjust(piece, amount, false);
    }

    /// Applies the percentages that hold here; the answer is what is left.
    fn adjust(&mut self, piece: &Piece, amount: i64, before_caps: bool) -> i64 {
        if piece.adjusts == 0 {
            return amount;
        }
        let mut left = amount;
        for (i, adjust) in self.tariff.adjusts.iter().enumerate() {
            let Change::Percent(bp) = adjust.change else { continue };
            if piece.adjusts >> i & 1 == 0 || adjust.before_caps != before_caps {
                continue;
            }
            let state = &mut self.adjusts[i];
            state.base += left;
            let made = percent_of(state.base, bp, self.tariff.fractions);
            let more = made - state.made;
            state.made = made;
            left += more;
            if more != 0 {
                add_to(
                    &mut self.lines,
                    &mut self.adjusts[i].line,
                    self.tariff,
                    &adjust.name,
                    piece,
                    more,
                    Note::Percent(bp),
                );
            }
        }
        left
    }

    /// Lets through what the ceilings have room for.
    fn stop_at_caps(&mut self, piece: &Piece, window: usize, amount: i64) -> i64 {
        let mut left = amount;
        let rate_caps = self.rate.caps.len();
        for i in 0..self.caps.len() {
            let cap = if i < rate_caps { &self.rate.caps[i] } else { &self.tariff.caps[i - rate_caps] };
            if i < rate_caps && cap.windows >> window & 1 == 0 {
                continue;
            }
            self.fill_bucket(i, cap, piece, window);
            let state = &mut self.caps[i];
            let limit = cap.limits.get(state.seen).or(cap.limits.last()).copied().unwrap_or(FOREVER);
            let room = (limit - state.sum).max(0);
            let over = (left - room).max(0);
            left -= over;
            state.sum += left;
            if over > 0 {
                let note = Note::Cap { limit: Money::new(limit, self.tariff.currency) };
                add_to(&mut self.lines, &mut self.caps[i].line, self.tariff, &cap.name, piece, -over, note);
            } else if let Some(line) = self.caps[i].line {
                extend(&mut self.lines[line], piece.to);
            }
        }
        left
    }

    /// Opens the period of a ceiling that the piece lies in, if it is another one than before.
    fn fill_bucket(&mut self, i: usize, cap: &Cap, piece: &Piece, window: usize) {
        let bucket = match cap.per {
            Every::Stay => 0,
            Every::Seconds(n) => (piece.from - self.origin).div_euclid(n),
            Every::SecondsWithinDay(n) => {
                let begin = period_begin(self.tariff, cap.per, self.origin, piece.from);
                begin.saturating_add((piece.from - begin).div_euclid(n) * n)
            }
            Every::Window if self.rate.windows[window].base => i64::from(self.run),
            Every::Window => i64::from(piece.occurrence) * 64 + i64::try_from(window).unwrap_or(0),
            other => self.calendar_bucket(other, piece.from),
        };
        if self.caps[i].bucket == bucket {
            return;
        }
        let before = if cap.all_visits { self.charged_before(cap.per, bucket) } else { 0 };
        let state = &mut self.caps[i];
        if state.bucket == i64::MIN {
            state.first = match cap.per {
                Every::Window | Every::SecondsWithinDay(_) | Every::Seconds(_) | Every::Stay => 0,
                other => calendar_bucket(self.tariff, other, self.origin),
            };
            state.seen = 0;
        } else if counted_as_seen(cap.per) {
            state.seen += 1;
        }
        if !counted_as_seen(cap.per) {
            state.seen = usize::try_from(bucket - state.first).unwrap_or(0);
        }
        state.bucket = bucket;
        state.line = None;
        state.sum = before;
    }

    fn calendar_bucket(&self, per: Every, at: i64) -> i64 {
        calendar_bucket(self.tariff, per, at)
    }

    /// What earlier visits were charged in the same calendar period.
    fn charged_before(&self, per: Every, bucket: i64) -> i64 {
        let same = |e: &&EarlierStay| calendar_bucket(self.tariff, per, e.enter.as_second()) == bucket;
        self.earlier.iter().filter(same).map(|e| e.fee.value).sum()
    }
}

/// Periods whose numbers are not evenly spaced: the n-th is the n-th that was seen.
const fn counted_as_seen(per: Every) -> bool {
    matches!(per, Every::Window | Every::SecondsWithinDay(_))
}

fn calendar_bucket(tariff: &Tariff, per: Every, at: i64) -> i64 {
    let start = if let Every::Day(start) = per { start } else { 0 };
    let day = (tariff.clock.local(at) - start).div_euclid(super::words::DAY_S);
    match per {
        Every::Week => (day + 3).div_euclid(7),
        Every::Month => {
            let date = date_of_day(i32::try_from(day).unwrap_or(0));
            i64::from(date.year()) * 12 + i64::from(date.month())
        }
        _ => day,
    }
}
