//! Lines as the meter writes them, and what units cost.

use std::sync::Arc;

use jiff::Timestamp;
use money::Money;

use super::fee::{Line, Note};
use super::model::{Tariff, Units};
use super::walk::Piece;

/// Names of lines that no rule of the file has a name for.
pub(crate) struct Names {
    pub(crate) outside: Arc<str>,
    pub(crate) free: Arc<str>,
    pub(crate) validated: Arc<str>,
    pub(crate) away: Arc<str>,
    pub(crate) pass: Arc<str>,
}

/// `bp` hundredths of a percent of an amount.
pub(crate) fn percent_of(amount: i64, bp: i64, rounding: money::Rounding) -> i64 {
    rounding.divide(i128::from(amount) * i128::from(bp), 10_000).unwrap_or(i64::MAX / 1024)
}

/// A new line.
pub(crate) fn line(tariff: &Tariff, rule: Arc<str>, from: i64, to: i64, amount: i64, note: Note) -> Line {
    let at = |s: i64| Timestamp::from_second(s).unwrap_or(Timestamp::MAX);
    let amount = Money::new(amount, tariff.currency);
    Line { rule, from: at(from), to: at(to), minutes: (to - from + 59) / 60, amount, note }
}

/// Moves the end of a line.
pub(super) fn extend(line: &mut Line, to: i64) {
    if to > line.to.as_second() {
        line.to = Timestamp::from_second(to).unwrap_or(Timestamp::MAX);
        line.minutes = (to - line.from.as_second() + 59) / 60;
    }
}

/// Adds to a line, or begins it.
pub(super) fn add_to(
    lines: &mut Vec<Line>,
    at: &mut Option<usize>,
    tariff: &Tariff,
    rule: &Arc<str>,
    piece: &Piece,
    amount: i64,
    note: Note,
) {
    match *at {
        Some(i) => {
            lines[i].amount.value += amount;
            extend(&mut lines[i], piece.to);
        }
        None => {
            *at = Some(lines.len());
            lines.push(line(tariff, rule.clone(), piece.from, piece.to, amount, note));
        }
    }
}

impl Units {
    /// The price of the first `n` units together, rounded once.
    pub(crate) fn sum(&self, n: i64, rounding: money::Rounding) -> i64 {
        let (n, num, den) = (i128::from(n), i128::from(self.num), i128::from(self.den));
        let whole = if self.rise == 0 {
            n * num
        } else {
            let (rise, last) = (i128::from(self.rise) * den, i128::from(self.rise_to) * den);
            // Units before the price stands at `rise_to`.
            let climbing = ((last - num).max(0) + rise - 1).div_euclid(rise).clamp(0, n);
            climbing * num + rise * (climbing * (climbing - 1) / 2) + (n - climbing) * last
        };
        rounding.divide(whole, den).unwrap_or(i64::MAX / 1024)
    }
}
