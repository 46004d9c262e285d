//! Every state and error code of the fact sheet has a row here that says what the platform does with it.

use desk::channel::{Decline, Receipt, RefundStanding, Standing};
use money::Money;
use store::Millis;

use super::{refund_standing, standing, verdict};
use crate::verdict::{Asked, Said, Verdict};
use crate::wechat::wire::{RefundRecord, Transaction};

const NOW: Millis = Millis(1_795_316_645_000);

#[test]
fn every_error_code_has_its_meaning() {
    use Asked::{Charge, Close, Present, Query, Refund, RefundQuery, Reverse};
    use Verdict::{
        Absent, Closed, Failed, Later, Paid, Refused, Reversed, Throttled, TooLate, Unknown, Waiting,
    };
    let declined = Verdict::Declined;
    let calls = [Present, Charge, Query, Close, Reverse, Refund, RefundQuery];
    let refused = [Refused, Refused, Refused, Refused, Refused, Failed, Unknown];
    let ours = [Refused, Refused, Refused, Refused, Refused, Later, Unknown];
    let table: &[(&str, [Verdict; 7])] = &[
        ("USERPAYING", [Unknown, Waiting, Waiting, Unknown, Waiting, Unknown, Unknown]),
        ("PARAM_ERROR", refused),
        ("INVALID_REQUEST", refused),
        ("APPID_MCHID_NOT_MATCH", ours),
        ("MCH_NOT_EXISTS", ours),
        ("MCHID_NOT_EXIST", ours),
        ("APPID_NOT_EXIST", ours),
        ("SIGN_ERROR", ours),
        ("SIGNERROR", ours),
        ("NO_AUTH", ours),
        ("NOAUTH", ours),
        ("ORDER_CLOSED", [Closed, Closed, Closed, Closed, Closed, Failed, Unknown]),
        ("ORDERCLOSED", [Closed, Closed, Closed, Closed, Closed, Failed, Unknown]),
        ("ORDERPAID", [Paid, Paid, Paid, Paid, Paid, Unknown, Unknown]),
        ("ORDERREVERSED", [Reversed, Reversed, Reversed, Reversed, Reversed, Failed, Unknown]),
        ("OUT_TRADE_NO_USED", [Unknown, Unknown, Unknown, Unknown, Unknown, Unknown, Unknown]),
        (
            "RULE_LIMIT",
            [Refused, declined(Decline::WalletRefused), Unknown, Unknown, Unknown, Later, Unknown],
        ),
        ("RULELIMIT", [Refused, declined(Decline::WalletRefused), Unknown, Unknown, Unknown, Later, Unknown]),
        ("TRADE_ERROR", [Unknown, declined(Decline::Other), Unknown, Refused, Refused, Failed, Unknown]),
        (
            "ACCOUNT_ERROR",
            [Refused, declined(Decline::WalletRefused), Unknown, Unknown, Unknown, Failed, Unknown],
        ),
        (
            "ACCOUNTERROR",
            [Refused, declined(Decline::WalletRefused), Unknown, Unknown, Unknown, Failed, Unknown],
        ),
        (
            "NOT_ENOUGH",
            [Unknown, declined(Decline::NotEnoughMoney), Unknown, Unknown, Unknown, Later, Unknown],
        ),
        (
            "NOTENOUGH",
            [Unknown, declined(Decline::NotEnoughMoney), Unknown, Unknown, Unknown, Later, Unknown],
        ),
        ("ORDER_NOT_EXIST", [Unknown, Unknown, Absent, Absent, Absent, Failed, Absent]),
        ("ORDERNOTEXIST", [Unknown, Unknown, Absent, Absent, Absent, Failed, Absent]),
        ("RESOURCE_NOT_EXISTS", [Unknown, Unknown, Unknown, Unknown, Unknown, Failed, Absent]),
        ("FREQUENCY_LIMITED", [Throttled, Unknown, Throttled, Throttled, Throttled, Unknown, Throttled]),
        ("RATELIMIT_EXCEEDED", [Throttled, Unknown, Throttled, Throttled, Throttled, Unknown, Throttled]),
        ("FREQUENCY_LIMIT", [Throttled, Unknown, Throttled, Throttled, Throttled, Unknown, Throttled]),
        ("INVALID_REQ_TOO_MUCH", [Throttled, Unknown, Throttled, Throttled, Throttled, Unknown, Throttled]),
        ("REFUNDNOTEXIST", [Unknown, Unknown, Unknown, Unknown, Unknown, Unknown, Absent]),
        ("USER_ACCOUNT_ABNORMAL", [Unknown, Unknown, Unknown, Unknown, Unknown, Failed, Unknown]),
        ("TRADE_OVERDUE", [Unknown, Unknown, Unknown, Unknown, Unknown, Failed, Unknown]),
        ("SYSTEM_ERROR", [Unknown; 7]),
        ("SYSTEMERROR", [Unknown; 7]),
        ("BANK_ERROR", [Unknown; 7]),
        ("BANKERROR", [Unknown; 7]),
        ("OPENID_MISMATCH", [Refused, Unknown, Refused, Refused, Refused, Unknown, Unknown]),
        ("INVALID_TRANSACTIONID", [Refused, Unknown, Refused, Refused, Refused, Unknown, Unknown]),
        (
            "AUTHCODEEXPIRE",
            [Unknown, declined(Decline::CodeExpired), Unknown, Unknown, Unknown, Unknown, Unknown],
        ),
        (
            "AUTH_CODE_ERROR",
            [Unknown, declined(Decline::CodeExpired), Unknown, Unknown, Unknown, Unknown, Unknown],
        ),
        (
            "AUTH_CODE_INVALID",
            [Unknown, declined(Decline::CodeExpired), Unknown, Unknown, Unknown, Unknown, Unknown],
        ),
        (
            "NOTSUPORTCARD",
            [Unknown, declined(Decline::WalletRefused), Unknown, Unknown, Unknown, Unknown, Unknown],
        ),
        (
            "BUYER_MISMATCH",
            [Unknown, declined(Decline::WalletRefused), Unknown, Unknown, Unknown, Unknown, Unknown],
        ),
        ("REVERSE_EXPIRE", [Unknown, Unknown, Unknown, Unknown, TooLate, Unknown, Unknown]),
        ("XML_FORMAT_ERROR", ours),
        ("REQUIRE_POST_METHOD", ours),
        ("LACK_PARAMS", ours),
        ("NOT_UTF8", ours),
        ("POST_DATA_EMPTY", ours),
        // Never seen before, or no code at all: nothing is assumed.
        ("SOMETHING_NEW", [Unknown; 7]),
        ("", [Unknown; 7]),
    ];
    for (code, wants) in table {
        for (asked, want) in calls.into_iter().zip(wants) {
            assert_eq!(verdict(asked, &Said::new(*code, "")), *want, "{code} to {asked:?}");
        }
    }
}

#[test]
fn generic_refusals_of_a_code_payment_are_told_apart_by_their_words() {
    let cases = [
        ("INVALID_REQUEST", "101 付款码已过期,请刷新再试", Verdict::Declined(Decline::CodeExpired)),
        ("PARAM_ERROR", "参数auth_code有误", Verdict::Declined(Decline::CodeExpired)),
        ("INVALID_REQUEST", "201 商户订单号重复", Verdict::Unknown),
        ("INVALID_REQUEST", "其他", Verdict::Refused),
    ];
    for (code, words, want) in cases {
        assert_eq!(verdict(Asked::Charge, &Said::new(code, words)), want, "{words}");
    }
    let repeated = Said::new("INVALID_REQUEST", "201 商户订单号重复");
    assert_eq!(verdict(Asked::Present, &repeated), Verdict::Unknown);
}

fn record(state: &str) -> Transaction {
    let text = serde_json::json!({
        "out_trade_no": "A1", "transaction_id": "4200001", "trade_state": state, "trade_state_desc": "",
        "success_time": "2026-11-22T11:04:05+08:00", "amount": {"total": 100, "payer_total": 90, "currency": "CNY"},
    });
    serde_json::from_value(text).expect("a record")
}

#[test]
fn every_payment_state_has_its_meaning() {
    let receipt =
        || Receipt { channel_txn: "4200001".into(), amount: Money::fen(100), paid_at: NOW, exchange: None };
    let cancelled =
        |said: &str| Standing::Declined { why: Decline::PayerCancelled, channel_said: said.into() };
    let cases = [
        ("SUCCESS", Standing::Paid(receipt())),
        ("REFUND", Standing::Refunded(Some(receipt()))),
        ("NOTPAY", Standing::Waiting),
        ("USERPAYING", Standing::Waiting),
        ("ACCEPT", Standing::Waiting),
        ("CLOSED", Standing::Closed),
        ("REVOKED", Standing::Reversed),
        ("PAYERROR", cancelled("PAYERROR")),
        ("FROZEN", Standing::Strange("FROZEN".into())),
        ("", Standing::Strange(String::new())),
    ];
    for (state, want) in cases {
        assert_eq!(standing(&record(state), NOW), want, "{state}");
    }
}

/// The answer of 202: nothing but a state.
#[test]
fn an_answer_that_only_says_that_the_payer_is_asked_is_read() {
    let bare: Transaction = serde_json::from_str(r#"{"trade_state":"USERPAYING"}"#).expect("a record");
    assert_eq!(standing(&bare, NOW), Standing::Waiting);
}

#[test]
fn a_payment_without_number_or_amount_is_not_believed() {
    let spoil: [fn(&mut Transaction); 3] = [
        |r| r.transaction_id.clear(),
        |r| r.amount = None,
        |r| r.amount.as_mut().expect("an amount").currency = "XXX".into(),
    ];
    for spoil in spoil {
        let mut spoiled = record("SUCCESS");
        spoil(&mut spoiled);
        assert!(matches!(standing(&spoiled, NOW), Standing::Strange(_)), "{spoiled:?}");
        spoiled.trade_state = "REFUND".into();
        assert_eq!(standing(&spoiled, NOW), Standing::Refunded(None));
    }
    let mut timeless = record("SUCCESS");
    timeless.success_time.clear();
    let Standing::Paid(receipt) = standing(&timeless, Millis(7)) else { panic!("paid") };
    assert_eq!(receipt.paid_at, Millis(7));
}

#[test]
fn every_refund_state_has_its_meaning() {
    let done = RefundStanding::Succeeded { channel_refund: "503".into(), at: NOW };
    let abnormal = "ABNORMAL: the payer's bank did not take it; repair it here or in the WeChat Pay console";
    let cases = [
        ("SUCCESS", done),
        ("PROCESSING", RefundStanding::Processing),
        ("CLOSED", RefundStanding::Failed("CLOSED".into())),
        ("ABNORMAL", RefundStanding::Stuck(abnormal.into())),
        ("NEW", RefundStanding::Strange("NEW".into())),
        ("", RefundStanding::Strange(String::new())),
    ];
    for field in ["status", "refund_status"] {
        let of = |state: &str| -> RefundRecord {
            let text = serde_json::json!({
                "out_refund_no": "R1", "refund_id": "503", "success_time": "2026-11-22T11:04:05+08:00", field: state,
            });
            serde_json::from_value(text).expect("a record")
        };
        for (state, want) in &cases {
            assert_eq!(refund_standing(&of(state), Millis(0)), *want, "{state}");
        }
    }
}
