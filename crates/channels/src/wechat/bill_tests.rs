//! Bills as WeChat Pay lays them out.

use desk::channel::{Bill, BillKind, BillRow};
use money::Money;
use store::Millis;

use super::parse;

const HEADER: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const PAID: &str = "`2026-11-22 11:04:05,`wx1,`190,`0,`,`4200001,`A1,`oid,`NATIVE,`SUCCESS,`OTHERS,`CNY,`1.00,`0.00,`0,`0,`0.00,`0.00,`,`,`茶, 杯,`,`0.00600,`0.60%,`1.00,`0.00,`";
const BACK: &str = "`2026-11-22 11:04:06,`wx1,`190,`0,`,`4200001,`A1,`oid,`NATIVE,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`5030001,`R1,`0.40,`0.00,`ORIGINAL,`PROCESSING,`茶,`,`-0.00240,`0.60%,`0.00,`0.40,`";
const UNDONE: &str = "`2026-11-22 11:04:07,`wx1,`190,`0,`,`4200002,`A2,`oid,`MICROPAY,`REVOKED,`OTHERS,`CNY,`0.00,`0.00,`0,`0,`2.00,`0.00,`ORIGINAL,`SUCCESS,`茶,`,`0.00000,`0.60%,`0.00,`2.00,`";
const TOTALS: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

fn file(lines: &[&str]) -> Bill {
    parse(&format!("\u{feff}{}\r\n", lines.join("\r\n")))
}

fn base() -> BillRow {
    BillRow {
        kind: BillKind::Payment,
        at: Millis(1_795_316_645_000),
        out_trade_no: "A1".into(),
        channel_txn: "4200001".into(),
        out_refund_no: String::new(),
        channel_refund: String::new(),
        amount: Money::fen(100),
        fee_thousandths: 600,
        state: "SUCCESS".into(),
    }
}

#[test]
fn rows_of_every_kind() {
    let bill = file(&[HEADER, PAID, BACK, UNDONE, TOTALS, "`3,`1.00,`2.40,`0.00,`0.00360,`1.00,`2.40"]);
    let back = BillRow {
        kind: BillKind::Refund,
        at: Millis(1_795_316_646_000),
        out_refund_no: "R1".into(),
        channel_refund: "5030001".into(),
        amount: Money::fen(40),
        fee_thousandths: -240,
        state: "PROCESSING".into(),
        ..base()
    };
    let undone = BillRow {
        kind: BillKind::Reversal,
        at: Millis(1_795_316_647_000),
        out_trade_no: "A2".into(),
        channel_txn: "4200002".into(),
        amount: Money::fen(200),
        fee_thousandths: 0,
        ..base()
    };
    assert_eq!(bill, Bill { rows: vec![base(), back, undone], strange: vec![] });
}

#[test]
fn what_cannot_be_read_is_kept_word_for_word() {
    let odd = PAID.replace("SUCCESS", "FROZEN");
    let short = "`2026-11-22 11:04:05,`wx1";
    let good = "`1,`1.00,`0.00,`0.00,`0.00600,`1.00,`0.00";
    let cases: &[(&[&str], usize, &[&str])] = &[
        (&[HEADER, PAID, TOTALS, good], 1, &[]),
        (&[HEADER, PAID, &odd, TOTALS, &good.replace("`1,`", "`2,`")], 1, &["FROZEN"]),
        (&[HEADER, short, PAID, TOTALS, &good.replace("`1,`", "`2,`")], 1, &[short]),
        (&[HEADER, "free text", PAID, TOTALS, &good.replace("`1,`", "`2,`")], 1, &["free text"]),
        (&[HEADER, PAID, PAID, TOTALS, good], 2, &["does not add up"]),
        (&[HEADER, PAID, BACK, TOTALS, &good.replace("`1,`", "`2,`")], 2, &["does not add up"]),
        (&[HEADER, PAID], 1, &["ends without"]),
        (&[], 0, &["ends without"]),
    ];
    for (lines, rows, strange) in cases {
        let bill = file(lines);
        assert_eq!(bill.rows.len(), *rows, "{lines:?}");
        assert_eq!(bill.strange.len(), strange.len(), "{:?}", bill.strange);
        for (found, want) in bill.strange.iter().zip(*strange) {
            assert!(found.contains(want), "{found}");
        }
    }
}

#[test]
fn which_codes_say_that_there_is_no_bill() {
    for (code, absent) in [
        ("NO_STATEMENT_EXIST", true),
        ("STATEMENT_CREATING", true),
        ("NO_BILL_EXIST", true),
        ("PARAM_ERROR", false),
        ("SYSTEM_ERROR", false),
        ("", false),
    ] {
        assert_eq!(super::is_absent(code), absent, "{code}");
    }
}
