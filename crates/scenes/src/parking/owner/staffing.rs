//! How many people the gates need, and what fewer of them saves a year (P25). People are shifts × heads; integers only.

use money::{Money, MoneyError};

/// Months a year is paid for.
const MONTHS: i64 = 12;

/// A gate: how many shifts share its hours, and how many people stand there in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Post {
    /// Shifts; 0 where nobody stands.
    pub shifts: i64,
    /// People in a shift.
    pub heads: i64,
}

impl Post {
    /// People this gate needs.
    pub const fn people(self) -> i64 {
        self.shifts.saturating_mul(self.heads)
    }
}

/// The gates of the mall, before and after self-service: 24 h at east, day and night without anybody at south and west, 12 h at north.
pub const MALL: [(&str, Post, Post); 4] = [
    ("east", Post { shifts: 4, heads: 1 }, Post { shifts: 4, heads: 1 }),
    ("south", Post { shifts: 2, heads: 1 }, Post { shifts: 0, heads: 0 }),
    ("west", Post { shifts: 4, heads: 1 }, Post { shifts: 0, heads: 0 }),
    ("north", Post { shifts: 2, heads: 1 }, Post { shifts: 2, heads: 1 }),
];

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// People before.
    pub before: i64,
    /// People after.
    pub after: i64,
    /// What a month costs less; negative when it costs more.
    pub a_month: Money,
    /// What a year costs less.
    pub a_year: Money,
}

/// Compares two rosters at this monthly pay. Error: the sum is beyond what an amount can hold.
pub fn compare(posts: &[(Post, Post)], monthly_pay: Money) -> Result<Saved, MoneyError> {
    let total =
        |pick: fn(&(Post, Post)) -> Post| posts.iter().map(|p| pick(p).people()).fold(0, i64::saturating_add);
    let (before, after) = (total(|p| p.0), total(|p| p.1));
    let a_month = monthly_pay.times(before - after)?;
    Ok(Saved { before, after, a_month, a_year: a_month.times(MONTHS)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(posts: &[(i64, i64)], pay_yuan: i64, want: (i64, i64, i64)) {
        let one = |people| Post { shifts: people, heads: 1 };
        let posts: Vec<_> = posts.iter().map(|(b, a)| (one(*b), one(*a))).collect();
        let saved = compare(&posts, Money::fen(pay_yuan * 100)).unwrap();
        assert_eq!((saved.before, saved.after, saved.a_year.value / 100), want, "{posts:?}");
    }

    #[test]
    fn p25_twelve_people_become_six_and_a_year_costs_180_000_less() {
        let mall: Vec<_> = MALL.iter().map(|(_, before, after)| (*before, *after)).collect();
        let people =
            |pick: fn(&(Post, Post)) -> Post| mall.iter().map(|p| pick(p).people()).collect::<Vec<_>>();
        assert_eq!((people(|p| p.0), people(|p| p.1)), (vec![4, 2, 4, 2], vec![4, 0, 0, 2]));
        let saved = compare(&mall, Money::fen(250_000)).unwrap();
        assert_eq!((saved.before, saved.after), (12, 6));
        assert_eq!((saved.a_month, saved.a_year), (Money::fen(1_500_000), Money::fen(18_000_000)));
    }

    #[test]
    fn p25_other_rosters() {
        check(&[], 2500, (0, 0, 0));
        check(&[(4, 4)], 2500, (4, 4, 0));
        check(&[(0, 1)], 1000, (0, 1, -12_000));
        check(&[(12, 6)], 2500, (12, 6, 180_000));
        assert_eq!(Post { shifts: 4, heads: 2 }.people(), 8);
        let many = [(Post { shifts: i64::MAX, heads: 2 }, Post { shifts: 0, heads: 0 })];
        assert!(
            compare(&many, Money::fen(250_000)).is_err(),
            "a sum beyond all amounts is said, not wrapped"
        );
    }
}
