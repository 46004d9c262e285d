//! Every result code and status used here has a row that says what the platform does with it.

use desk::channel::{Decline, Exchange, Exchanged, Receipt, RefundStanding, Standing};
use money::{Currency, Money};
use serde_json::json;
use store::Millis;

use super::{refund_standing, standing, verdict};
use crate::alipay_plus::wire::{Ending, Told};
use crate::verdict::{Asked, Verdict};

const NOW: Millis = Millis(1_795_316_645_000);

fn check(status: &str, rows: &[(&str, [Verdict; 7])]) {
    use Asked::{Charge, Close, Present, Query, Refund, RefundQuery, Reverse};
    let calls = [Present, Charge, Query, Close, Reverse, Refund, RefundQuery];
    for (code, wants) in rows {
        let ending =
            Ending { result_status: status.into(), result_code: (*code).into(), ..Ending::default() };
        for (asked, want) in calls.into_iter().zip(wants) {
            assert_eq!(verdict(asked, &ending), *want, "{status} {code} to {asked:?}");
        }
    }
}

#[test]
fn every_ending_has_its_meaning() {
    use Verdict::{
        Absent, Closed, Failed, Later, Paid, Refused, Reversed, Throttled, TooLate, Unknown, Waiting,
    };
    let unclear = [Unknown, Unknown, Unknown, Unknown, Later, Unknown, Unknown];
    let ours = [Refused, Refused, Refused, Refused, Refused, Later, Unknown];
    let at_charge = |why| [Unknown, Verdict::Declined(why), Unknown, Unknown, Unknown, Unknown, Unknown];
    let at_refund = |v| [Unknown, Unknown, Unknown, Unknown, Unknown, v, Unknown];
    let undone = [Closed, Reversed, Reversed, Reversed, Reversed, Unknown, Unknown];
    let over = [Unknown, Unknown, Unknown, Unknown, TooLate, Unknown, Unknown];
    check(
        "U",
        &[
            ("PAYMENT_IN_PROCESS", [Waiting, Waiting, Waiting, Unknown, Later, Unknown, Unknown]),
            ("REFUND_IN_PROCESS", [Unknown, Unknown, Unknown, Unknown, Later, Waiting, Waiting]),
            (
                "REQUEST_TRAFFIC_EXCEED_LIMIT",
                [Throttled, Unknown, Throttled, Throttled, Throttled, Unknown, Throttled],
            ),
            ("UNKNOWN_EXCEPTION", unclear),
            ("SOMETHING_NEW", unclear),
        ],
    );
    check(
        "F",
        &[
            ("SYSTEM_ERROR", [Unknown; 7]),
            ("UNKNOWN_EXCEPTION", [Unknown; 7]),
            ("SOMETHING_NEW", [Unknown; 7]),
            ("EXPIRED_CODE", at_charge(Decline::CodeExpired)),
            ("INVALID_CODE", at_charge(Decline::CodeExpired)),
            ("PAYMENT_NOT_EXIST", at_charge(Decline::CodeExpired)),
            ("USER_BALANCE_NOT_ENOUGH", at_charge(Decline::NotEnoughMoney)),
            ("NO_PAY_OPTIONS", at_charge(Decline::NotEnoughMoney)),
            ("RISK_REJECT", at_charge(Decline::WalletRefused)),
            ("USER_AMOUNT_EXCEED_LIMIT", at_charge(Decline::WalletRefused)),
            ("USER_STATUS_ABNORMAL", at_charge(Decline::WalletRefused)),
            ("USER_NOT_EXIST", at_charge(Decline::WalletRefused)),
            ("USER_KYC_NOT_QUALIFIED", at_charge(Decline::WalletRefused)),
            ("PAYMENT_AMOUNT_EXCEED_LIMIT", at_charge(Decline::WalletRefused)),
            ("PAYMENT_COUNT_EXCEED_LIMIT", at_charge(Decline::WalletRefused)),
            ("PAYMENT_PROHIBITED", at_charge(Decline::WalletRefused)),
            ("USER_CANCEL", at_charge(Decline::PayerCancelled)),
            (
                "PROCESS_FAIL",
                [Unknown, Verdict::Declined(Decline::Other), Unknown, Unknown, Unknown, Later, Unknown],
            ),
            ("ORDER_STATUS_INVALID", [Unknown, Unknown, Unknown, Paid, TooLate, Failed, Unknown]),
            ("CANCEL_WINDOW_EXCEED", over),
            ("CANCEL_NOT_ALLOWED", over),
            ("ORDER_NOT_EXIST", [Unknown, Unknown, Absent, Absent, Absent, Failed, Absent]),
            ("REFUND_NOT_EXIST", [Unknown, Unknown, Unknown, Unknown, Unknown, Unknown, Absent]),
            ("ORDER_IS_CANCELED", undone),
            ("ORDER_IS_CLOSED", undone),
            ("REPEAT_REQ_INCONSISTENT", at_refund(Failed)),
            ("MERCHANT_BALANCE_NOT_ENOUGH", at_refund(Later)),
            ("REFUND_AMOUNT_EXCEED", at_refund(Failed)),
            ("REFUND_WINDOW_EXCEED", at_refund(Failed)),
            ("REFUND_NOT_SUPPORTED", at_refund(Failed)),
            ("MULTIPLE_REFUNDS_NOT_SUPPORTED", at_refund(Failed)),
            ("PARTIAL_REFUND_NOT_SUPPORTED", at_refund(Failed)),
            ("CURRENCY_NOT_SUPPORT", [Refused, Refused, Refused, Refused, Refused, Failed, Unknown]),
            ("PARAM_ILLEGAL", [Refused, Refused, Refused, Refused, Refused, Failed, Unknown]),
            ("INVALID_SIGNATURE", ours),
            ("INVALID_CLIENT", ours),
            ("ACCESS_DENIED", ours),
            ("INVALID_MERCHANT_STATUS", ours),
            ("UNKNOWN_CLIENT", ours),
            ("KEY_NOT_FOUND", ours),
            ("CLIENT_FORBIDDEN_ACCESS_API", ours),
            ("INVALID_API", ours),
            ("NO_INTERFACE_DEF", ours),
            ("METHOD_NOT_SUPPORTED", ours),
            ("MEDIA_TYPE_NOT_ACCEPTABLE", ours),
            ("OAUTH_FAILED", ours),
            ("INVALID_CONTRACT", ours),
            ("SETTLE_CONTRACT_NOT_MATCH", ours),
            ("MERCHANT_KYB_NOT_QUALIFIED", ours),
            ("KYB_NOT_QUALIFIED", ours),
        ],
    );
    check("", &[("", [Unknown; 7])]);
    check("X", &[("SUCCESS", [Unknown; 7])]);
}

fn told(status: &str) -> Told {
    let text = json!({
        "paymentRequestId": "A1", "paymentId": "2026", "paymentStatus": status, "paymentTime": "2026-11-22T11:04:05+08:00",
        "paymentAmount": {"currency": "HKD", "value": "10000"},
        "settlementAmount": {"currency": "CNY", "value": "9120"},
        "settlementQuote": {"quoteCurrencyPair": "HKD/CNY", "quotePrice": "0.91200000"},
        "actualPaymentAmount": {"currency": "JPY", "value": "1900"},
        "paymentResultCode": "USER_BALANCE_NOT_ENOUGH",
    });
    serde_json::from_value(text).expect("an answer")
}

#[test]
fn every_payment_status_has_its_meaning() {
    let side = |value, currency, rate: &str, pair: &str| {
        Some(Exchanged { amount: Money::new(value, currency), rate: rate.into(), pair: pair.into() })
    };
    let receipt = Receipt {
        channel_txn: "2026".into(),
        amount: Money::new(10_000, Currency::HKD),
        paid_at: NOW,
        exchange: Some(Exchange {
            settled: side(9120, Currency::CNY, "0.91200000", "HKD/CNY"),
            payer: side(1900, Currency::JPY, "", ""),
        }),
    };
    let poor =
        Standing::Declined { why: Decline::NotEnoughMoney, channel_said: "USER_BALANCE_NOT_ENOUGH".into() };
    let cases = [
        ("SUCCESS", Standing::Paid(receipt.clone())),
        ("Success", Standing::Paid(receipt)),
        ("PROCESSING", Standing::Waiting),
        ("PENDING", Standing::Waiting),
        ("CANCELLED", Standing::Reversed),
        ("FAIL", poor),
        ("NEW", Standing::Strange("NEW".into())),
        ("", Standing::Strange(String::new())),
    ];
    for (status, want) in cases {
        assert_eq!(standing(&told(status), NOW), want, "{status}");
    }
    let nameless = Told { payment_id: String::new(), ..told("SUCCESS") };
    assert!(matches!(standing(&nameless, NOW), Standing::Strange(_)));
    let moneyless = Told { payment_amount: None, ..told("SUCCESS") };
    assert!(matches!(standing(&moneyless, NOW), Standing::Strange(_)));
}

#[test]
fn every_refund_status_has_its_meaning() {
    let of = |status: &str, id: &str| Told {
        refund_status: status.into(),
        refund_id: id.into(),
        refund_time: "2026-11-22T11:04:05+08:00".into(),
        ..Told::default()
    };
    let cases = [
        ("SUCCESS", "R", RefundStanding::Succeeded { channel_refund: "R".into(), at: NOW }),
        ("PROCESSING", "R", RefundStanding::Processing),
        ("FAIL", "R", RefundStanding::Failed("FAIL".into())),
        ("", "", RefundStanding::Absent),
        ("NEW", "R", RefundStanding::Strange("NEW".into())),
    ];
    for (status, id, want) in cases {
        assert_eq!(refund_standing(&of(status, id), Millis(0)), want, "{status}");
    }
}
