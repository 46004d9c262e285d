//! Notes and coins: which there are, what they add up to, and the fewest that make an amount out of a stock.

use std::collections::BTreeMap;

use money::Currency;

/// How many pieces of each denomination (minor units).
pub type Pieces = BTreeMap<i64, i64>;

/// The largest amount of change that is worked out, counted in the smallest step between amounts of the stock.
const MOST_STEPS: i64 = 200_000;

/// The currencies whose notes and coins are known here.
pub const CURRENCIES: &[Currency] = &[
    Currency::CNY,
    Currency::HKD,
    Currency::MOP,
    Currency::TWD,
    Currency::USD,
    Currency::EUR,
    Currency::GBP,
    Currency::SGD,
    Currency::JPY,
    Currency::KRW,
];

/// The denominations of a currency in minor units, largest first; empty where none are known.
pub const fn denominations(currency: Currency) -> &'static [i64] {
    match currency {
        Currency::CNY => &[10_000, 5000, 2000, 1000, 500, 100, 50, 20, 10, 5, 2, 1],
        Currency::HKD => &[100_000, 50_000, 10_000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10],
        Currency::MOP => &[100_000, 50_000, 10_000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10],
        Currency::TWD => &[200_000, 100_000, 50_000, 20_000, 10_000, 5000, 2000, 1000, 500, 100],
        Currency::USD => &[10_000, 5000, 2000, 1000, 500, 200, 100, 50, 25, 10, 5, 1],
        Currency::EUR => &[50_000, 20_000, 10_000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
        Currency::GBP => &[5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
        Currency::SGD => &[100_000, 10_000, 5000, 1000, 500, 200, 100, 50, 20, 10, 5],
        Currency::JPY => &[10_000, 5000, 2000, 1000, 500, 100, 50, 10, 5, 1],
        Currency::KRW => &[50_000, 10_000, 5000, 1000, 500, 100, 50, 10],
        _ => &[],
    }
}

/// What pieces add up to; `None` beyond 64 bits.
pub fn total(pieces: &Pieces) -> Option<i64> {
    pieces.iter().try_fold(0_i64, |sum, (value, count)| sum.checked_add(value.checked_mul(*count)?))
}

/// Adds pieces to others.
pub fn add(to: &mut Pieces, pieces: &Pieces) {
    for (value, count) in pieces {
        *to.entry(*value).or_default() += count;
    }
    to.retain(|_, count| *count > 0);
}

/// Takes pieces away; false, and nothing changed, when there are not enough.
pub fn take(from: &mut Pieces, pieces: &Pieces) -> bool {
    if pieces.iter().any(|(value, count)| from.get(value).copied().unwrap_or(0) < *count) {
        return false;
    }
    for (value, count) in pieces {
        *from.entry(*value).or_default() -= count;
    }
    from.retain(|_, count| *count > 0);
    true
}

/// The pieces somebody most likely hands over for an amount: the largest first. `None` when the amount cannot be made.
pub fn usual(amount: i64, currency: Currency) -> Option<Pieces> {
    let mut pieces = Pieces::new();
    let mut rest = amount;
    for &value in denominations(currency) {
        let count = rest / value;
        if count > 0 {
            pieces.insert(value, count);
            rest -= count * value;
        }
    }
    (rest == 0 && amount >= 0).then_some(pieces)
}

/// The fewest pieces of a stock that make exactly `amount`. Error: the largest amount below it that can be made.
pub fn fewest(amount: i64, stock: &Pieces) -> Result<Pieces, i64> {
    if amount <= 0 {
        return if amount == 0 { Ok(Pieces::new()) } else { Err(0) };
    }
    let usable: Vec<(i64, i64)> = stock
        .iter()
        .filter(|(value, count)| **value > 0 && **count > 0 && **value <= amount)
        .map(|(value, count)| (*value, (*count).min(amount / value)))
        .collect();
    let step = usable.iter().fold(0, |step, (value, _)| gcd(step, *value));
    if step == 0 {
        return Err(0);
    }
    let steps = amount / step;
    if steps > MOST_STEPS {
        return Err(0);
    }
    let table = Table::fill(&usable, step, usize::try_from(steps).map_err(|_| 0)?);
    match table.pieces_of(steps).filter(|_| amount % step == 0) {
        Some(pieces) => Ok(pieces),
        None => Err(table.largest() * step),
    }
}

const fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Some pieces of one denomination, put in together or not at all.
struct Bundle {
    value: i64,
    count: i64,
    steps: usize,
}

/// For every amount up to the one asked for: the fewest pieces, and which bundles made it.
struct Table {
    bundles: Vec<Bundle>,
    fewest: Vec<u32>,
    /// One bit for each amount and bundle: the bundle is part of the best way found when it was tried.
    used: Vec<Vec<u64>>,
}

const NO_WAY: u32 = u32::MAX;

impl Table {
    /// Every count up to a stock is a sum of bundles of 1, 2, 4 … and a rest: so each bundle is used once at most.
    fn fill(usable: &[(i64, i64)], step: i64, steps: usize) -> Table {
        let mut bundles = Vec::new();
        for &(value, stock) in usable {
            let (mut left, mut count) = (stock, 1);
            while left > 0 {
                let count_now = count.min(left);
                let size = usize::try_from(value / step * count_now).unwrap_or(usize::MAX);
                bundles.push(Bundle { value, count: count_now, steps: size });
                left -= count_now;
                count *= 2;
            }
        }
        let mut fewest = vec![NO_WAY; steps + 1];
        fewest[0] = 0;
        let mut used = Vec::with_capacity(bundles.len());
        for bundle in &bundles {
            let mut bits = vec![0_u64; steps / 64 + 1];
            let pieces = u32::try_from(bundle.count).unwrap_or(NO_WAY);
            for at in (bundle.steps..=steps).rev() {
                let before = fewest[at - bundle.steps];
                if before != NO_WAY && before.saturating_add(pieces) < fewest[at] {
                    fewest[at] = before + pieces;
                    bits[at / 64] |= 1 << (at % 64);
                }
            }
            used.push(bits);
        }
        Table { bundles, fewest, used }
    }

    fn pieces_of(&self, steps: i64) -> Option<Pieces> {
        let mut at = usize::try_from(steps).ok()?;
        if self.fewest[at] == NO_WAY {
            return None;
        }
        let mut pieces = Pieces::new();
        for (bundle, bits) in self.bundles.iter().zip(&self.used).rev() {
            if bits[at / 64] >> (at % 64) & 1 == 1 {
                *pieces.entry(bundle.value).or_default() += bundle.count;
                at -= bundle.steps;
            }
        }
        debug_assert_eq!(at, 0, "the bundles lead back to nothing");
        Some(pieces)
    }

    fn largest(&self) -> i64 {
        let at = self.fewest.iter().rposition(|f| *f != NO_WAY).unwrap_or(0);
        i64::try_from(at).unwrap_or(0)
    }
}

#[cfg(test)]
#[path = "pieces_tests.rs"]
mod tests;
