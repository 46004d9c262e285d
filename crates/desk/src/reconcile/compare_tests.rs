//! A day's bill beside the ledger, by table: what fits, what is missing on either side, what differs.

use money::Money;
use store::{Id, Millis};

use super::{Back, Compared, Ledger, Paid, compare, difference_name, name_of};
use crate::channel::{Bill, BillKind, BillRow};
use crate::rows::{AttemptState, DifferenceKind, RefundState};

const DAY: &str = "2026-11-22";
const BEFORE: &str = "2026-11-21";

/// `pay NO TXN FEN`, `back NO REFUND FEN [STATE]`, `undo NO TXN FEN`: a row of the bill.
fn row(text: &str) -> BillRow {
    let words: Vec<&str> = text.split(' ').collect();
    let kind = match words[0] {
        "pay" => BillKind::Payment,
        "back" => BillKind::Refund,
        _ => BillKind::Reversal,
    };
    let is_refund = kind == BillKind::Refund;
    BillRow {
        kind,
        at: Millis(0),
        out_trade_no: words[1].into(),
        channel_txn: if is_refund { "T".into() } else { words[2].into() },
        out_refund_no: if is_refund { words[2].into() } else { String::new() },
        channel_refund: String::new(),
        amount: Money::fen(words[3].parse().unwrap()),
        fee_thousandths: 600,
        state: words.get(4).copied().unwrap_or("SUCCESS").into(),
    }
}

/// `pay NO TXN FEN DAY STATE`, `back NO REFUND FEN DAY STATE`, `seen DAY NAME`: what the ledger has.
fn ledger(lines: &[&str]) -> Ledger {
    let mut ledger = Ledger::default();
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let amount = || Money::fen(words[3].parse().unwrap());
        let day = || words.get(4).filter(|day| **day != "-").copied().unwrap_or_default().to_owned();
        match words[0] {
            "pay" => ledger.paid.push(Paid {
                order: Id(7),
                out_trade_no: words[1].into(),
                channel_txn: if words[2] == "-" { String::new() } else { words[2].into() },
                amount: amount(),
                day: day(),
                state: AttemptState::parse(words[5]),
            }),
            "back" => ledger.back.push(Back {
                order: Id(7),
                out_trade_no: words[1].into(),
                out_refund_no: words[2].into(),
                amount: amount(),
                day: day(),
                state: RefundState::parse(words[5]),
            }),
            _ => {
                ledger.billed.insert(words[2].into(), words[1].into());
            }
        }
    }
    ledger
}

fn compared(bill: &[&str], own: &[&str]) -> Compared {
    let bill = Bill { rows: bill.iter().map(|text| row(text)).collect(), strange: Vec::new() };
    compare(DAY, BEFORE, &bill, &ledger(own))
}

#[test]
fn what_differs() {
    let sale = "pay A1 T1 100 2026-11-22 succeeded";
    #[allow(clippy::type_complexity, reason = "a table of cases")]
    let cases: &[(&str, &[&str], &[&str], &[&str])] = &[
        ("nothing on either side", &[], &[], &[]),
        ("the same", &["pay A1 T1 100"], &[sale], &[]),
        ("missing here", &["pay A9 T9 100"], &[], &["missing_here"]),
        ("missing there", &[], &[sale], &["missing_there"]),
        ("another amount", &["pay A1 T1 101"], &[sale], &["amount"]),
        ("twice", &["pay A1 T1 100", "pay A1 T1 100"], &[sale], &["twice"]),
        (
            "three times is told once",
            &["pay A1 T1 100", "pay A1 T1 100", "pay A1 T1 100"],
            &[sale],
            &["twice"],
        ),
        ("in another day's bill too", &["pay A1 T1 100"], &[sale, "seen 2026-11-21 p-A1-T1"], &["twice"]),
        ("in this bill before", &["pay A1 T1 100"], &[sale, "seen 2026-11-22 p-A1-T1"], &[]),
        ("gone from this bill since", &[], &[sale, "seen 2026-11-22 p-A1-T1"], &["missing_there"]),
        ("in the next day's bill", &[], &[sale, "seen 2026-11-23 p-A1-T1"], &[]),
        ("paid there, closed here", &["pay A1 T1 100"], &["pay A1 - 100 - closed"], &["state"]),
        ("paid there, in doubt here", &["pay A1 T1 100"], &["pay A1 - 100 - in_doubt"], &["state"]),
        ("paid and undone", &["pay A1 T1 100", "undo A1 T1 100"], &["pay A1 - 100 - reversed"], &[]),
        (
            "undone by Alipay's refund without a number",
            &["pay A1 T1 100", "back A1 A1 100"],
            &["pay A1 - 100 - reversed"],
            &[],
        ),
        ("undone there, kept here", &["pay A1 T1 100", "undo A1 T1 100"], &[sale], &["state"]),
        ("undone, unknown here", &["undo A9 T9 100"], &[], &["missing_here"]),
        (
            "two transactions of one number",
            &["pay A1 T1 100", "pay A1 T2 100"],
            &[sale, "pay A1 T2 100 2026-11-22 succeeded"],
            &[],
        ),
        ("the second is not known here", &["pay A1 T1 100", "pay A1 T2 100"], &[sale], &["missing_here"]),
        ("a refund", &["pay A1 T1 100", "back A1 R1 40"], &[sale, "back A1 R1 40 2026-11-22 succeeded"], &[]),
        ("a refund under way here", &["back A1 R1 40 PROCESSING"], &["back A1 R1 40 - processing"], &[]),
        ("a refund that failed here", &["back A1 R1 40"], &["back A1 R1 40 - failed"], &["state"]),
        ("a refund that failed on both sides", &["back A1 R1 40 CLOSED"], &["back A1 R1 40 - failed"], &[]),
        (
            "a refund of another amount",
            &["back A1 R1 41"],
            &["back A1 R1 40 2026-11-22 succeeded"],
            &["amount"],
        ),
        ("a refund missing here", &["back A1 R9 40"], &[], &["missing_here"]),
        ("a refund missing there", &[], &["back A1 R1 40 2026-11-22 succeeded"], &["missing_there"]),
        ("a refund of yesterday is not missed today", &[], &["back A1 R1 40 2026-11-21 succeeded"], &[]),
    ];
    for (what, bill, own, want) in cases {
        let got: Vec<String> = compared(bill, own).found.iter().map(|f| f.kind.as_str().to_owned()).collect();
        assert_eq!(got, *want, "{what}");
    }
}

#[test]
fn a_row_that_comes_late_clears_the_day_it_belongs_to() {
    let name = name_of(BillKind::Payment, "A1", "T1");
    let missed = (BEFORE.to_owned(), difference_name(&DifferenceKind::MissingThere, &name));
    let late = compared(&["pay A1 T1 100"], &["pay A1 T1 100 2026-11-21 succeeded"]);
    assert_eq!((late.found.len(), late.clears), (0, vec![missed]));
    let undone = (BEFORE.to_owned(), difference_name(&DifferenceKind::State, &name));
    let after_midnight = compared(&["undo A1 T1 100"], &["pay A1 - 100 - reversed"]);
    assert_eq!((after_midnight.found.len(), after_midnight.clears), (0, vec![undone]));
}

#[test]
fn names_are_stable_and_fit_an_address() {
    let (one, other) = (compared(&["pay A9 T9 100"], &[]), compared(&["pay A8 T8 1", "pay A9 T9 100"], &[]));
    assert_eq!(one.found[0].name, other.found[1].name);
    assert!(one.found[0].name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
}

#[test]
fn what_cannot_be_read_is_kept_and_sums_are_told() {
    let strange = vec!["the summary does not add up".to_owned()];
    let bill = Bill { rows: vec![row("pay A1 T1 100"), row("back A1 R1 40")], strange };
    let own = ledger(&["pay A1 T1 100 2026-11-22 succeeded", "back A1 R1 40 2026-11-22 succeeded"]);
    let got = compare(DAY, BEFORE, &bill, &own);
    assert_eq!((got.paid, got.back, got.fees_thousandths, got.matched.len()), (100, 40, 1200, 2));
    assert_eq!(got.found.len(), 1);
    assert_eq!(
        (&got.found[0].kind, got.found[0].said.as_str()),
        (&DifferenceKind::Unreadable, "the summary does not add up")
    );
}

#[test]
fn a_flood_of_differences_is_cut_and_counted() {
    let rows: Vec<String> = (0..1_003).map(|n| format!("pay B{n} T{n} 1")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let got = compared(&rows, &[]);
    assert_eq!((got.found.len(), got.more), (1_000, 3));
}
