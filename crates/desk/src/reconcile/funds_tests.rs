//! What a statement comes to, by table.

use money::Money;
use store::{Id, Millis};

use super::{Balance, balances, fits, sums};
use crate::channel::{FundKind, FundRow, Funds};
use crate::rows::{Reconciliation, ReconciliationState};

/// `ACCOUNT KIND AMOUNT BALANCE`: a movement, a second after the one before.
fn rows(lines: &[&str]) -> Vec<FundRow> {
    let of = |(at, line): (usize, &&str)| {
        let words: Vec<&str> = line.split(' ').collect();
        let fen = |text: &str| Money::fen(text.parse().expect("an amount"));
        let kinds = [
            ("payment", FundKind::Payment),
            ("refund", FundKind::Refund),
            ("fee", FundKind::Fee),
            ("fee_back", FundKind::FeeBack),
            ("withdrawal", FundKind::Withdrawal),
            ("other", FundKind::Other),
        ];
        FundRow {
            account: words[0].to_owned(),
            at: Millis(at as i64 * 1000),
            number: at.to_string(),
            channel_txn: String::new(),
            reference: String::new(),
            kind: kinds.iter().find(|(word, _)| *word == words[1]).expect("a kind").1,
            word: words[1].to_owned(),
            amount: fen(words[2]),
            balance: fen(words[3]),
        }
    };
    lines.iter().enumerate().map(of).collect()
}

const DAY: [&str; 6] = [
    "BASIC payment 10000 15000",
    "BASIC fee -60 14940",
    "BASIC refund -2500 12440",
    "BASIC fee_back 15 12455",
    "BASIC withdrawal -12000 455",
    "FEES other 500 500",
];

#[test]
fn what_moved_and_what_is_left() {
    let day = rows(&DAY);
    let told: Vec<(&str, i64)> =
        sums(&day).into_iter().map(|(kind, sum)| (kind.as_str(), sum.value)).collect();
    let want = [
        ("payment", 10_000),
        ("refund", -2500),
        ("fee", -60),
        ("fee_back", 15),
        ("withdrawal", -12_000),
        ("other", 500),
    ];
    assert_eq!(told, want);
    let of = |account: &str, opening, closing| Balance {
        account: account.to_owned(),
        opening: Money::fen(opening),
        closing: Money::fen(closing),
    };
    assert_eq!(balances(&day), [of("BASIC", 5000, 455), of("FEES", 0, 500)]);
    assert_eq!((sums(&[]), balances(&[])), (vec![], vec![]));
}

#[test]
fn a_file_that_begins_with_the_newest_is_turned_around() {
    let day = rows(&DAY);
    for turned in [false, true] {
        let mut funds = Funds { rows: day.clone(), strange: Vec::new() };
        if turned {
            funds.rows.reverse();
        }
        funds.oldest_first();
        assert_eq!(funds.rows, day, "{turned}");
    }
}

#[test]
fn the_statement_fits_the_bill_or_does_not() {
    let bill = |paid, back, fees_thousandths| Reconciliation {
        account: Id(1),
        day: "2026-11-22".to_owned(),
        channel: "bank".to_owned(),
        created_at: Millis(0),
        state: ReconciliationState::Agrees,
        said: None,
        rows: 2,
        matched: 2,
        paid,
        back,
        fees_thousandths,
        open: 0,
        looked_at: None,
    };
    let cases = [
        ("the same money", &DAY[..], bill(10_000, 2500, 45_000), true),
        ("fees finer than a fen", &DAY[..], bill(10_000, 2500, 44_100), true),
        ("a fee more than was said", &DAY[..], bill(10_000, 2500, 43_000), false),
        (
            "a refund net of its fee",
            &["B payment 10000 1", "B fee -60 1", "B refund -2485 1"],
            bill(10_000, 2500, 45_000),
            true,
        ),
        ("a payment that is not in it", &DAY[2..], bill(10_000, 2500, 45_000), false),
        ("nothing", &[], bill(0, 0, 0), true),
    ];
    for (what, lines, bill, want) in cases {
        assert_eq!(fits(&rows(lines), &bill), want, "{what}");
    }
}
