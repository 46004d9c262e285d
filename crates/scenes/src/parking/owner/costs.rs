//! What each way to pay costs to set up, and how soon it pays back (P27). The printed table adds unit prices and counts to its
//! totals; [`printed`] reproduces that, so that the page can say where the difference comes from.

use money::{Currency, Money, MoneyError};

/// One position: so many at this price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is: a key of the words.
    pub what: &'static str,
    /// The price of one.
    pub unit: Money,
    /// How many.
    pub count: i64,
}

/// A way to pay with all it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Which: a key of the words.
    pub way: &'static str,
    /// The positions.
    pub items: Vec<Item>,
    /// The total the survey prints, where it prints a wrong one.
    pub printed: Option<Money>,
}

const fn yuan(value: i64) -> Money {
    Money::fen(value * 100)
}

/// The table of the survey.
pub fn survey() -> Vec<Way> {
    let item = |what, unit, count| Item { what, unit: yuan(unit), count };
    vec![
        Way { way: "alipay", items: vec![item("software", 30_000, 1)], printed: None },
        Way { way: "wechat", items: vec![item("software", 30_000, 1)], printed: None },
        Way {
            way: "kiosk",
            items: vec![item("kiosk", 209_000, 1), item("network", 5_000, 1), item("works", 500, 1)],
            printed: Some(yuan(423_501)),
        },
        Way {
            way: "handheld",
            items: vec![item("handheld", 7_500, 3), item("network", 5_000, 1)],
            printed: Some(yuan(35_003)),
        },
    ]
}

/// Unit price × count of everything. Error: beyond what an amount can hold.
pub fn total(items: &[Item]) -> Result<Money, MoneyError> {
    let currency = items.first().map_or(Currency::CNY, |item| item.unit.currency);
    items.iter().try_fold(Money::zero(currency), |sum, item| sum.plus(item.unit.times(item.count)?))
}

/// The sum as it was printed: the first position is added three times over, as unit price, as count (in whole yuan) and as amount.
pub fn printed(items: &[Item]) -> Result<Money, MoneyError> {
    let Some(first) = items.first() else { return total(items) };
    let count = Money::new(first.count, first.unit.currency).times(first.unit.currency.minor_per_major())?;
    total(items)?.plus(first.unit)?.plus(count)
}

/// Months until it has paid for itself, in tenths, rounded to the nearest; `None` when it earns nothing.
pub fn payback_tenths(cost: Money, earned_a_month: Money) -> Option<i64> {
    if earned_a_month.value <= 0 || cost.currency != earned_a_month.currency {
        return None;
    }
    let (cost, month) = (i128::from(cost.value), i128::from(earned_a_month.value));
    i64::try_from((20 * cost + month).div_euclid(2 * month)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p27_the_right_totals_and_how_the_printed_ones_came_about() {
        let check = |way: &str, right: i64, as_printed: Option<i64>| {
            let all = survey();
            let row = all.iter().find(|row| row.way == way).unwrap();
            assert_eq!(total(&row.items).unwrap(), yuan(right), "{way}");
            assert_eq!(row.printed, as_printed.map(yuan), "{way}");
            if let Some(wrong) = as_printed {
                assert_eq!(
                    printed(&row.items).unwrap(),
                    yuan(wrong),
                    "{way}: unit price and count were added too"
                );
            }
        };
        check("alipay", 30_000, None);
        check("wechat", 30_000, None);
        check("kiosk", 214_500, Some(423_501));
        check("handheld", 27_500, Some(35_003));
    }

    #[test]
    fn p27_a_kiosk_pays_back_in_14_3_months() {
        let check = |cost, month, want| {
            assert_eq!(payback_tenths(yuan(cost), yuan(month)), want, "{cost} at {month}");
        };
        check(214_500, 15_000, Some(143));
        check(27_500, 15_000, Some(18));
        check(0, 15_000, Some(0));
        check(214_500, 0, None);
        check(214_500, -1, None);
        assert_eq!(payback_tenths(yuan(1), Money::new(1, Currency::HKD)), None);
    }

    #[test]
    fn p27_sums_that_no_amount_holds_are_said() {
        let item = Item { what: "kiosk", unit: Money::fen(i64::MAX), count: 2 };
        assert!(total(&[item]).is_err() && printed(&[item]).is_err());
        assert_eq!(total(&[]).unwrap(), yuan(0));
    }
}
