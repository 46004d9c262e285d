//! Rates as exact ratios, and the roundings that turn a product back into minor units.

use serde::{Deserialize, Serialize};

use crate::{Money, MoneyError};

/// Where a result between two minor units goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Away from zero at one half: 0.5 becomes 1, -0.5 becomes -1 (四舍五入).
    HalfUp,
    /// To the even neighbour at one half.
    HalfEven,
    /// Toward zero.
    Down,
    /// Away from zero.
    Up,
    /// Toward minus infinity.
    Floor,
    /// Toward plus infinity.
    Ceiling,
}

impl Rounding {
    /// `numerator / denominator` as an integer. Errors: a zero denominator or a result beyond 64 bits.
    pub fn divide(self, numerator: i128, denominator: i128) -> Result<i64, MoneyError> {
        if denominator == 0 {
            return Err(MoneyError::Overflow);
        }
        let (n, d) = if denominator < 0 { (-numerator, -denominator) } else { (numerator, denominator) };
        let floor = n.div_euclid(d);
        let rest = n.rem_euclid(d);
        let negative = n < 0;
        let up = match self {
            _ if rest == 0 => false,
            Rounding::Floor => false,
            Rounding::Ceiling => true,
            Rounding::Down => negative,
            Rounding::Up => !negative,
            Rounding::HalfUp => rest * 2 > d || (rest * 2 == d && !negative),
            Rounding::HalfEven => rest * 2 > d || (rest * 2 == d && floor % 2 != 0),
        };
        i64::try_from(floor + i128::from(up)).map_err(|_| MoneyError::Overflow)
    }
}

/// A ratio of integers: 6/1000 is a fee of 0.6 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rate {
    numerator: i64,
    denominator: i64,
}

impl Rate {
    /// A ratio; `None` when the denominator is not positive.
    pub const fn new(numerator: i64, denominator: i64) -> Option<Rate> {
        if denominator > 0 { Some(Rate { numerator, denominator }) } else { None }
    }

    /// Hundredths of a percent: 60 is 0.6 %.
    pub const fn basis_points(points: i64) -> Rate {
        Rate { numerator: points, denominator: 10_000 }
    }

    /// This share of an amount, in its own currency. Error: overflow.
    pub fn of(self, amount: Money, rounding: Rounding) -> Result<Money, MoneyError> {
        let product = i128::from(amount.value) * i128::from(self.numerator);
        let value = rounding.divide(product, i128::from(self.denominator))?;
        Ok(Money { value, ..amount })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Rounding::{Ceiling, Down, Floor, HalfEven, HalfUp, Up};

    #[test]
    fn roundings_by_table() {
        // numerator over 2, in the order: half_up half_even down up floor ceiling
        let cases = [
            (5, [3, 2, 2, 3, 2, 3]),
            (3, [2, 2, 1, 2, 1, 2]),
            (-5, [-3, -2, -2, -3, -3, -2]),
            (-3, [-2, -2, -1, -2, -2, -1]),
            (4, [2, 2, 2, 2, 2, 2]),
            (-4, [-2, -2, -2, -2, -2, -2]),
        ];
        for (n, want) in cases {
            let got = [HalfUp, HalfEven, Down, Up, Floor, Ceiling].map(|r| r.divide(n, 2));
            assert_eq!(got, want.map(Ok), "{n}/2");
        }
        assert_eq!(HalfUp.divide(1, 0), Err(MoneyError::Overflow));
    }

    #[test]
    fn a_fee_of_sixty_basis_points() {
        let fee = Rate::basis_points(60);
        assert_eq!(fee.of(Money::fen(100), HalfUp), Ok(Money::fen(1)));
        assert_eq!(fee.of(Money::fen(83), HalfUp), Ok(Money::fen(0)));
        assert_eq!(fee.of(Money::fen(i64::MAX), Down).map(|m| m.value), Ok(55_340_232_221_128_654));
        assert_eq!(Rate::new(1, 0), None);
    }
}
