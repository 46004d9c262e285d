//! What is read on paper, and that no text can command the printer.

use money::Currency;

use super::*;
use crate::receipt::{Payment, ReceiptBody, ReceiptLine};

fn line(en: &str, zh: &str, quantity: i64, price: i64) -> ReceiptLine {
    ReceiptLine {
        name_en: en.to_owned(),
        name_zh: zh.to_owned(),
        quantity,
        unit_price: Some(Money::fen(price)),
        amount: Money::fen(price * quantity),
    }
}

fn receipt() -> Receipt {
    let cash = Payment {
        channel: "cash".to_owned(),
        amount: Money::fen(2250),
        cash: Some((Money::fen(3000), Money::fen(750))),
        channel_txn: None,
    };
    Receipt {
        body: ReceiptBody {
            number: "0AKXS0B5R0002".to_owned(),
            site: "人民路店".to_owned(),
            at: "2026-11-22 11:20:05".to_owned(),
            lines: vec![line("Jasmine tea", "茉莉花茶", 2, 1000), line("Bag", "购物袋", 1, 250)],
            total: Money::fen(2250),
        },
        payments: vec![cash],
        refunded: Money::zero(Currency::CNY),
        pay_url: "https://saoma.test/p/token".to_owned(),
        copy: false,
    }
}

/// The lines a person reads: printer commands left out.
fn read(bytes: &[u8]) -> Vec<String> {
    let (text, _, broken) = GB18030.decode(bytes);
    assert!(!broken, "all of it is GB18030");
    let visible = |line: &str| line.rsplit(|c: char| c.is_control()).next().unwrap_or_default().to_owned();
    text.replace("\u{1b}d\u{1}", "\n")
        .split('\n')
        .map(visible)
        .filter(|l| l.contains(' ') || l.starts_with('-'))
        .collect()
}

#[test]
fn a_receipt_of_32_columns_in_both_languages() {
    let zh = read(&bytes(&receipt(), Lang::Zh, 32).unwrap());
    let want = [
        "单号               0AKXS0B5R0002",
        "时间         2026-11-22 11:20:05",
        "--------------------------------",
        "  2 x 10.00                20.00",
        "购物袋                      2.50",
        "--------------------------------",
        "合计                     ￥22.50",
        "支付方式                    现金",
        "实收现金                 ￥30.00",
        "找零                      ￥7.50",
    ];
    assert_eq!(zh, want);
    let en = read(&bytes(&receipt(), Lang::En, 32).unwrap());
    assert_eq!((en[1].as_str(), en[3].as_str()), ("Time         2026-11-22 11:20:05", "Jasmine tea"));
}

#[test]
fn copies_say_so_and_codes_lead_to_the_payers_page() {
    let first = bytes(&receipt(), Lang::En, 48).unwrap();
    let copy = bytes(&Receipt { copy: true, ..receipt() }, Lang::En, 48).unwrap();
    let says = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(!says(&first, "COPY") && says(&copy, "*** COPY ***"));
    assert!(says(&first, "https://saoma.test/p/token"));
    let refunded = bytes(&Receipt { refunded: Money::fen(250), ..receipt() }, Lang::En, 48).unwrap();
    assert!(says(&refunded, "Refunded"));
}

#[test]
fn no_text_commands_the_printer() {
    let mut evil = receipt();
    evil.body.site = "\u{1b}p\0open the drawer".to_owned();
    evil.body.lines[0].name_zh = "\u{1d}V\0cut".to_owned();
    let bytes = bytes(&evil, Lang::Zh, 32).unwrap();
    let has = |part: &[u8]| bytes.windows(part.len()).any(|w| w == part);
    assert!(!has(b"\x1bp") && !has(b"\x1dV\0cut"));
    assert!(has(b"popen the drawer") && has(b"Vcut"));
}

#[test]
fn lines_never_exceed_the_paper() {
    for (text, columns, want) in [
        ("", 4, vec![""]),
        ("abcd", 4, vec!["abcd"]),
        ("abcde", 4, vec!["abcd", "e"]),
        ("茶茶茶", 4, vec!["茶茶", "茶"]),
        ("a茶茶", 4, vec!["a茶", "茶"]),
    ] {
        assert_eq!(wrap(text, columns), want, "{text}");
    }
    assert_eq!(pair("ab", "cd", 6), "ab  cd");
    assert_eq!(pair("茶茶", "12.00", 9), "茶茶\n    12.00");
}
