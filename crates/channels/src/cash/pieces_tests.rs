//! Change by the fewest pieces, against trying everything.

use money::Currency;

use super::{CURRENCIES, Pieces, add, denominations, fewest, take, total, usual};

type Listed<'a> = &'a [(i64, i64)];

fn pieces(of: &[(i64, i64)]) -> Pieces {
    of.iter().copied().collect()
}

/// Every way there is.
fn brute(amount: i64, stock: &[(i64, i64)]) -> Option<i64> {
    let Some((&(value, count), rest)) = stock.split_first() else {
        return (amount == 0).then_some(0);
    };
    (0..=count).filter_map(|n| brute(amount - n * value, rest).map(|others| others + n)).min()
}

#[test]
fn the_fewest_pieces_are_those_that_trying_everything_finds() {
    let mut seed = 7_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((seed >> 33) % below).expect("small")
    };
    let values = [50, 20, 10, 5, 2, 1];
    for round in 0..3000 {
        let stock: Vec<(i64, i64)> = values.iter().map(|v| (*v, next(4))).collect();
        let amount = next(200);
        let of = pieces(&stock);
        match (fewest(amount, &of), brute(amount, &stock)) {
            (Ok(found), Some(count)) => {
                assert_eq!(total(&found), Some(amount), "round {round}");
                assert_eq!(found.values().sum::<i64>(), count, "{amount} from {of:?} by {found:?}");
                assert!(take(&mut of.clone(), &found), "only what is there");
            }
            (Err(below), None) => {
                let largest = (0..amount).rev().find(|a| brute(*a, &stock).is_some());
                assert_eq!(Some(below), largest, "below {amount} from {of:?}");
            }
            (found, count) => panic!("{amount} from {of:?}: {found:?} and {count:?}"),
        }
    }
}

#[test]
fn change_by_table() {
    let cases: &[(i64, Listed<'_>, Result<Listed<'_>, i64>)] = &[
        (0, &[], Ok(&[])),
        (-1, &[(1, 9)], Err(0)),
        (60, &[(50, 1), (20, 3)], Ok(&[(20, 3)])),
        (60, &[(50, 1), (20, 3), (10, 1)], Ok(&[(50, 1), (10, 1)])),
        (7700, &[(10_000, 5)], Err(0)),
        (7700, &[(5000, 1), (2000, 1), (100, 6)], Err(7600)),
        (66, &[(50, 1), (10, 9)], Err(60)),
        (1_999_990, &[(10_000, 400), (10, 9000)], Ok(&[(10_000, 199), (10, 999)])),
        (1_000_000_001, &[(1, 9)], Err(0)),
    ];
    for (amount, stock, want) in cases {
        assert_eq!(fewest(*amount, &pieces(stock)), want.map(pieces), "{amount} from {stock:?}");
    }
}

#[test]
fn what_is_usually_handed_over() {
    let cases: &[(i64, Option<Listed<'_>>)] = &[
        (0, Some(&[])),
        (5000, Some(&[(5000, 1)])),
        (12_340, Some(&[(10_000, 1), (2000, 1), (100, 3), (20, 2)])),
        (3, Some(&[(2, 1), (1, 1)])),
        (-5, None),
    ];
    for (amount, want) in cases {
        assert_eq!(usual(*amount, Currency::CNY), want.map(pieces), "{amount}");
    }
    assert_eq!(usual(5, Currency::HKD), None, "there is no coin under ten cents");
    assert_eq!(usual(5, Currency::THB), None, "not known here");
}

#[test]
fn denominations_descend_and_every_currency_taken_has_some() {
    for &currency in CURRENCIES {
        let all = denominations(currency);
        assert!(!all.is_empty() && all.is_sorted_by(|a, b| a > b), "{currency}");
    }
}

#[test]
fn stocks_add_up_and_never_go_below_nothing() {
    let mut stock = pieces(&[(100, 2)]);
    add(&mut stock, &pieces(&[(100, 1), (50, 1)]));
    assert!(!take(&mut stock, &pieces(&[(100, 1), (50, 2)])));
    assert_eq!(stock, pieces(&[(100, 3), (50, 1)]));
    assert!(take(&mut stock, &pieces(&[(100, 3)])));
    assert_eq!(stock, pieces(&[(50, 1)]));
    assert_eq!(total(&pieces(&[(i64::MAX, 2)])), None);
}
