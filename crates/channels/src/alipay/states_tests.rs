//! Every code and state of the fact sheet has a row here that says what the platform does with it.

use desk::channel::{Decline, Receipt, RefundStanding, Reversal, Standing};
use money::Money;
use store::Millis;

use super::{TradeWords, cancelled, moved, refund_standing, standing, verdict};
use crate::alipay::wire::Node;
use crate::verdict::{Asked, Verdict};

const NOW: Millis = Millis(1_795_316_645_000);

fn node(code: &str, sub_code: &str) -> Node {
    Node { code: code.into(), sub_code: sub_code.into(), ..Node::default() }
}

#[test]
fn every_gateway_code_has_its_meaning() {
    use Asked::{Charge, Close, Present, Query, Refund, RefundQuery, Reverse};
    use Verdict::{Later, Refused, Throttled, Unknown, Waiting};
    let calls = [Present, Charge, Query, Close, Reverse, Refund, RefundQuery];
    let ours = [Refused, Refused, Refused, Refused, Refused, Later, Unknown];
    let limited = [Throttled, Unknown, Throttled, Throttled, Throttled, Unknown, Throttled];
    let table: &[(&str, &str, [Verdict; 7])] = &[
        ("10003", "", [Unknown, Waiting, Unknown, Unknown, Unknown, Unknown, Unknown]),
        ("20000", "isp.unknow-error", [Unknown; 7]),
        ("20000", "aop.ACQ.SYSTEM_ERROR", [Unknown; 7]),
        ("20001", "aop.invalid-auth-token", ours),
        ("40001", "isv.missing-method", ours),
        ("40002", "isv.invalid-signature", ours),
        ("40002", "isv.invalid-app-id", ours),
        ("40002", "isv.invalid-method", ours),
        ("40002", "isv.invalid-timestamp", ours),
        ("40003", "", ours),
        ("40006", "isv.insufficient-isv-permissions", ours),
        ("40002", "isp.unknow-error", [Unknown; 7]),
        ("40002", "isv.app-call-limited", limited),
        ("40005", "isv.app-call-limited", limited),
        ("40005", "isv.method-call-limited", limited),
        ("40004", "ACQ.SYSTEM_ERROR", [Unknown; 7]),
        ("40004", "AQC.SYSTEM_ERROR", [Unknown; 7]),
        ("40004", "aop.ACQ.SYSTEM_ERROR", [Unknown; 7]),
        ("40004", "ACQ.SOMETHING_NEW", [Unknown; 7]),
        ("40004", "", [Unknown; 7]),
        ("70000", "", [Unknown; 7]),
        ("", "", [Unknown; 7]),
    ];
    for (code, sub_code, wants) in table {
        for (asked, want) in calls.into_iter().zip(wants) {
            assert_eq!(verdict(asked, &node(code, sub_code)), *want, "{code} {sub_code} to {asked:?}");
        }
    }
}

fn check(asked: Asked, rows: &[(&str, Verdict)]) {
    for (sub_code, want) in rows {
        let full = format!("ACQ.{sub_code}");
        assert_eq!(verdict(asked, &node("40004", &full)), *want, "{full} to {asked:?}");
    }
}

#[test]
fn every_business_code_of_a_code_payment() {
    use Verdict::{Closed, Declined, Paid, Refused, Unknown};
    let wallet = Declined(Decline::WalletRefused);
    let money = Declined(Decline::NotEnoughMoney);
    let code = Declined(Decline::CodeExpired);
    let merchant = Declined(Decline::MerchantRefused);
    check(
        Asked::Charge,
        &[
            ("SYSTEM_ERROR", Unknown),
            ("INVALID_PARAMETER", Refused),
            ("ACCESS_FORBIDDEN", Refused),
            ("EXIST_FORBIDDEN_WORD", Refused),
            ("PARTNER_ERROR", Refused),
            ("TOTAL_FEE_EXCEED", Refused),
            ("PAYMENT_AUTH_CODE_INVALID", code),
            ("CONTEXT_INCONSISTENT", Unknown),
            ("TRADE_HAS_SUCCESS", Paid),
            ("TRADE_HAS_CLOSE", Closed),
            ("BUYER_BALANCE_NOT_ENOUGH", money),
            ("BUYER_BANKCARD_BALANCE_NOT_ENOUGH", money),
            ("ERROR_BALANCE_PAYMENT_DISABLE", wallet),
            ("BUYER_SELLER_EQUAL", wallet),
            ("TRADE_BUYER_NOT_MATCH", wallet),
            ("SOUNDWAVE_PARSER_FAIL", code),
            ("PULL_MOBILE_CASHIER_FAIL", code),
            ("ERROR_BUYER_CERTIFY_LEVEL_LIMIT", wallet),
            ("BUYER_ENABLE_STATUS_FORBID", wallet),
            ("MOBILE_PAYMENT_SWITCH_OFF", wallet),
            ("PAYMENT_FAIL", wallet),
            ("BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", wallet),
            ("BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR", wallet),
            ("BEYOND_PAY_RESTRICTION", merchant),
            ("BEYOND_PER_RECEIPT_RESTRICTION", merchant),
            ("PAYMENT_REQUEST_HAS_RISK", wallet),
            ("NO_PAYMENT_INSTRUMENTS_AVAILABLE", money),
            ("INVALID_STORE_ID", Refused),
            ("NOW_TIME_AFTER_EXPIRE_TIME_ERROR", Refused),
            ("TRADE_STATUS_ERROR", Unknown),
            ("TRADE_NOT_EXIST", Unknown),
        ],
    );
    check(
        Asked::Present,
        &[
            ("TRADE_HAS_SUCCESS", Paid),
            ("TRADE_HAS_CLOSE", Closed),
            ("CONTEXT_INCONSISTENT", Unknown),
            ("TOTAL_FEE_EXCEED", Refused),
            ("BEYOND_PAY_RESTRICTION", Refused),
        ],
    );
}

#[test]
fn every_business_code_of_the_other_calls() {
    use Verdict::{Absent, Closed, Failed, Later, Paid, Refused, TooLate, Unknown};
    check(Asked::Query, &[("TRADE_NOT_EXIST", Absent), ("INVALID_PARAMETER", Refused)]);
    check(
        Asked::RefundQuery,
        &[("TRADE_NOT_EXIST", Absent), ("SYSTEM_ERROR", Unknown), ("INVALID_PARAMETER", Unknown)],
    );
    check(
        Asked::Close,
        &[
            ("TRADE_NOT_EXIST", Absent),
            ("REASON_TRADE_STATUS_INVALID", Paid),
            ("TRADE_STATUS_ERROR", Paid),
            ("REASON_ILLEGAL_STATUS", Paid),
            ("TRADE_HAS_SUCCESS", Paid),
            ("TRADE_HAS_FINISHED", Paid),
            ("TRADE_HAS_CLOSE", Closed),
            ("INVALID_PARAMETER", Refused),
        ],
    );
    check(
        Asked::Reverse,
        &[
            ("TRADE_NOT_EXIST", Absent),
            ("TRADE_CANCEL_TIME_OUT", TooLate),
            ("CANCEL_NOT_ALLOWED", TooLate),
            ("TRADE_HAS_FINISHED", TooLate),
            ("REASON_TRADE_REFUND_FEE_ERR", TooLate),
            ("REASON_ILLEGAL_STATUS", TooLate),
            ("REASON_TRADE_STATUS_INVALID", TooLate),
            ("TRADE_STATUS_ERROR", TooLate),
            ("TRADE_HAS_CLOSE", Closed),
            ("SELLER_BALANCE_NOT_ENOUGH", Later),
            ("REASON_TRADE_BEEN_FREEZEN", Later),
            ("INVALID_PARAMETER", Refused),
        ],
    );
    check(
        Asked::Refund,
        &[
            ("SELLER_BALANCE_NOT_ENOUGH", Later),
            ("REASON_TRADE_BEEN_FREEZEN", Later),
            ("REFUND_AMT_NOT_EQUAL_TOTAL", Failed),
            ("TRADE_HAS_FINISHED", Failed),
            ("REFUND_FEE_ERROR", Failed),
            ("DISCORDANT_REPEAT_REQUEST", Failed),
            ("REASON_TRADE_REFUND_FEE_ERR", Failed),
            ("REASON_TRADE_STATUS_INVALID", Failed),
            ("TRADE_STATUS_ERROR", Failed),
            ("TRADE_HAS_CLOSE", Failed),
            ("TRADE_NOT_ALLOW_REFUND", Failed),
            ("BUYER_ERROR", Failed),
            ("BUYER_NOT_EXIST", Failed),
            ("ACCESS_FORBIDDEN", Later),
            ("TRADE_NOT_EXIST", Failed),
            ("INVALID_PARAMETER", Failed),
        ],
    );
}

#[test]
fn every_answer_to_a_cancel_has_its_meaning() {
    let cases = [
        ("N", "close", Some(Reversal::Reversed)),
        ("N", "refund", Some(Reversal::Reversed)),
        ("N", "", Some(Reversal::Reversed)),
        ("", "", Some(Reversal::Reversed)),
        ("Y", "", Some(Reversal::Again)),
        ("Y", "refund", Some(Reversal::Again)),
        ("M", "close", Some(Reversal::Again)),
        ("N", "freeze", None),
    ];
    for (retry, action, want) in cases {
        let node = Node { retry_flag: retry.into(), action: action.into(), ..node("10000", "") };
        assert_eq!(cancelled(&node).ok(), want, "{retry} {action}");
    }
}

#[test]
fn only_a_moved_fund_is_a_refund_that_is_done() {
    let done = RefundStanding::Succeeded { channel_refund: "2026".into(), at: NOW };
    for (change, want) in [("Y", Some(done)), ("N", None), ("", None), ("X", None)] {
        let node = Node {
            fund_change: change.into(),
            trade_no: "2026".into(),
            gmt_refund_pay: "2026-11-22 11:04:05".into(),
            ..node("10000", "")
        };
        assert_eq!(moved(&node, Millis(0)), want, "{change}");
    }
}

#[test]
fn every_trade_status_has_its_meaning() {
    let receipt =
        || Receipt { channel_txn: "2026".into(), amount: Money::fen(1230), paid_at: NOW, exchange: None };
    let paid = "2026-11-22 11:04:05";
    let cases = [
        ("WAIT_BUYER_PAY", "", Standing::Waiting),
        ("TRADE_SUCCESS", paid, Standing::Paid(receipt())),
        ("TRADE_FINISHED", paid, Standing::Paid(receipt())),
        ("TRADE_CLOSED", "", Standing::Closed),
        ("TRADE_CLOSED", paid, Standing::Refunded(Some(receipt()))),
        ("TRADE_PENDING", "", Standing::Strange("TRADE_PENDING".into())),
        ("", "", Standing::Strange(String::new())),
    ];
    for (status, paid_at, want) in cases {
        let words = TradeWords { status, trade_no: "2026", total: "12.30", paid_at };
        assert_eq!(standing(&words, NOW), want, "{status} {paid_at}");
    }
    for (trade_no, total) in [("", "12.30"), ("2026", ""), ("2026", "12.345")] {
        let words = TradeWords { status: "TRADE_SUCCESS", trade_no, total, paid_at: paid };
        assert!(matches!(standing(&words, NOW), Standing::Strange(_)), "{trade_no} {total}");
    }
}

#[test]
fn every_refund_status_has_its_meaning() {
    let done = RefundStanding::Succeeded { channel_refund: "2026".into(), at: NOW };
    let cases = [
        ("REFUND_SUCCESS", "1.00", done.clone()),
        ("", "1.00", done),
        ("", "", RefundStanding::Absent),
        ("REFUND_PROCESSING", "", RefundStanding::Processing),
        ("REFUND_FAIL", "", RefundStanding::Failed("REFUND_FAIL".into())),
        ("REFUND_NEW", "", RefundStanding::Strange("REFUND_NEW".into())),
    ];
    for (status, amount, want) in cases {
        let node = Node {
            trade_no: "2026".into(),
            refund_status: status.into(),
            refund_amount: amount.into(),
            gmt_refund_pay: "2026-11-22 11:04:05".into(),
            ..Node::default()
        };
        assert_eq!(refund_standing(&node, Millis(0)), want, "{status} {amount}");
    }
}
