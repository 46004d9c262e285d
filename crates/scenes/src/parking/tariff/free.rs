//! Which time of a stay is not charged before any window is asked: free minutes, validated time, time away.

use super::model::{Every, Free, Rate};
use super::walk::{Covered, Kind, Part, Why};

/// What is to be taken off a part of a stay.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allowance {
    /// Validated seconds from the entry on, after the free minutes.
    pub(crate) validated_s: i64,
    /// Validated seconds at the end.
    pub(crate) validated_end_s: i64,
    /// Validated time runs beside the free minutes and not after them.
    pub(crate) beside: bool,
    /// No free minutes.
    pub(crate) no_free: bool,
}

/// The uncharged stretches of a part, in order and without overlap. `probe` walks the part as it is given so far.
pub(crate) fn covered(part: &Part<'_>, rate: &Rate, take: &Allowance, away: &[(i64, i64)]) -> Vec<Covered> {
    let mut out = Vec::new();
    let (from, to) = (part.from, part.to);
    let free = rate.free.as_ref().filter(|_| !take.no_free);
    match free {
        Some(free) if free.charged_time => charged_minutes(part, free, take, &mut out),
        _ => minutes_from_entry(part, free, take, &mut out),
    }
    if take.validated_end_s > 0 {
        add(&mut out, Covered { from: (to - take.validated_end_s).max(from), to, why: Why::Validated });
    }
    for (gone, back) in away {
        add(&mut out, Covered { from: (*gone).max(from), to: (*back).min(to), why: Why::Away });
    }
    out
}

fn minutes_from_entry(part: &Part<'_>, free: Option<&Free>, take: &Allowance, out: &mut Vec<Covered>) {
    let (from, to) = (part.from, part.to);
    let length = to - from;
    let free_s = free.map_or(0, |f| f.length_s);
    let validated_s = if take.beside { (take.validated_s - free_s).max(0) } else { take.validated_s };
    let allowed = free_s + validated_s;
    let clawed_back = free.is_some_and(|f| f.clawed_back);
    let within = length < allowed || (length == allowed && free.is_none_or(|f| f.inclusive));
    if !clawed_back || within {
        add(out, Covered { from, to: (from + free_s).min(to), why: Why::FreeMinutes });
        add(out, Covered { from: from + free_s, to: (from + allowed).min(to), why: Why::Validated });
    } else {
        let validated_s = if take.beside { take.validated_s } else { validated_s };
        add(out, Covered { from, to: (from + validated_s).min(to), why: Why::Validated });
    }
    let Some(free) = free.filter(|f| f.again != Every::Stay) else { return };
    let mut begin = next_period(part, free.again, from);
    while begin < to {
        let next = next_period(part, free.again, begin);
        let end = next.min(to);
        let rest = end - begin;
        let within = rest < free.length_s || (rest == free.length_s && free.inclusive);
        if !free.clawed_back || (end == to && within) {
            add(out, Covered { from: begin, to: (begin + free.length_s).min(end), why: Why::FreeMinutes });
        }
        begin = next;
    }
}

fn next_period(part: &Part<'_>, again: Every, at: i64) -> i64 {
    match again {
        Every::Seconds(n) => part.from + ((at - part.from).div_euclid(n) + 1) * n,
        Every::Day(start) => part.tariff.clock.next_day_start(at, start),
        _ => i64::MAX,
    }
}

/// Free minutes counted in charged time: the first charged pieces of the stay, or all of them.
fn charged_minutes(part: &Part<'_>, free: &Free, take: &Allowance, out: &mut Vec<Covered>) {
    let mut charged = Vec::new();
    part.walk(|piece| {
        if let Kind::Charged(_) = piece.kind {
            charged.push((piece.from, piece.to));
        }
    });
    let total: i64 = charged.iter().map(|(from, to)| to - from).sum();
    let allowed = free.length_s + take.validated_s;
    let within = total < allowed || (total == allowed && free.inclusive);
    let free_s = if free.clawed_back && !within { 0 } else { free.length_s };
    let mut free_left = free_s;
    let mut validated_left = take.validated_s;
    for (mut from, to) in charged {
        let free_end = (from + free_left).min(to);
        add(out, Covered { from, to: free_end, why: Why::FreeMinutes });
        free_left -= free_end - from;
        from = free_end;
        let validated_end = (from + validated_left).min(to);
        add(out, Covered { from, to: validated_end, why: Why::Validated });
        validated_left -= validated_end - from;
        if free_left <= 0 && validated_left <= 0 {
            break;
        }
    }
}

/// Adds what of a stretch no earlier one covers.
fn add(list: &mut Vec<Covered>, new: Covered) {
    let mut from = new.from;
    let mut pieces = Vec::new();
    for old in list.iter() {
        if old.to <= from || new.to <= old.from {
            continue;
        }
        if from < old.from {
            pieces.push(Covered { from, to: old.from, why: new.why });
        }
        from = from.max(old.to);
    }
    if from < new.to {
        pieces.push(Covered { from, to: new.to, why: new.why });
    }
    if !pieces.is_empty() {
        list.extend(pieces);
        list.sort_by_key(|c| c.from);
    }
}
