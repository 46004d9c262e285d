//! Alipay+: orders in a foreign currency, every magic payment code, faults.

use std::sync::Arc;

use desk::channel::{
    ChargeAsk, Closing, Decline, Line, Notice, PresentAsk, RefundAsk, RefundStanding, Reversal, Standing,
    Trouble,
};
use money::{Currency, Money};
use serde_json::json;

use crate::rig::{Callback, Rig, now, open, receipt, refunded};

fn hkd(value: i64) -> Money {
    Money::new(value, Currency::HKD)
}

fn ask(rig: &Rig, value: i64) -> PresentAsk {
    PresentAsk { amount: hkd(value), ..rig.ask(1) }
}

fn refund(rig: &Rig, no: &str, txn: Option<&str>, value: i64, paid: i64) -> RefundAsk {
    let base = rig.refund(no, 1, 1);
    RefundAsk { amount: hkd(value), paid: hkd(paid), channel_txn: txn.map(str::to_owned), ..base }
}

fn with_path((mut headers, body): Callback) -> Callback {
    headers.push((":path".into(), "/notify".into()));
    (headers, body)
}

#[tokio::test]
async fn a_shown_code_is_paid_told_and_given_back_with_both_amounts_and_rates() {
    let rig = Rig::start().await;
    let line = open("alipay_plus", &rig.alipay_plus_settings()).unwrap();
    let ask = ask(&rig, 10_000);
    let no = &ask.out_trade_no;
    assert_eq!(line.query(no, now()).await, Ok(Standing::Absent));
    let code = line.present(&ask).await.unwrap();
    assert!(code.starts_with("https://"), "{code}");
    assert_eq!(line.query(no, now()).await, Ok(Standing::Waiting));
    rig.control("pay", json!({ "code": code })).await;
    let paid = receipt(line.query(no, now()).await.unwrap());
    assert_eq!(paid.amount, ask.amount);
    let settled = paid.exchange.clone().unwrap().settled.unwrap();
    assert_eq!((settled.amount, settled.pair.as_str()), (Money::fen(9120), "HKD/CNY"));
    let (headers, body) = with_path(rig.callbacks(1).await.remove(0));
    let told = line.notification(&headers, &body, now()).unwrap();
    assert_eq!(told, Notice::Payment { out_trade_no: no.clone(), standing: Standing::Paid(paid.clone()) });
    assert!(line.notification(&headers[..headers.len() - 1], &body, now()).is_err(), "another address");
    let later = now().plus(std::time::Duration::from_secs(3600));
    assert!(line.notification(&headers, &body, later).is_err(), "an old one");
    let spoilt = String::from_utf8(body).unwrap().replace("10000", "10001");
    assert!(line.notification(&headers, spoilt.as_bytes(), now()).is_err(), "a changed one");
    assert_eq!(line.close(no, now()).await, Ok(Closing::Paid), "closing gives nothing back");
    let part = refund(&rig, no, Some(&paid.channel_txn), 4000, 10_000);
    assert_eq!(line.refund_query(&part).await, Ok(RefundStanding::Absent));
    line.refund(&part).await.unwrap();
    refunded(&line, &part).await;
    line.refund(&part).await.unwrap();
    let too_much = refund(&rig, no, Some(&paid.channel_txn), 6001, 10_000);
    assert!(matches!(line.refund(&too_much).await, Ok(RefundStanding::Failed(_))));
    let rest = refund(&rig, no, None, 6000, 10_000);
    line.refund(&rest).await.unwrap();
    refunded(&line, &rest).await;
}

#[tokio::test]
async fn every_magic_payment_code_ends_as_it_says() {
    let rig = Rig::start().await;
    let line = open("alipay_plus", &rig.alipay_plus_settings()).unwrap();
    for outcome in ["00", "01", "02", "03", "04", "05", "06"] {
        magic(&rig, &line, outcome).await;
    }
}

async fn magic(rig: &Rig, line: &Arc<dyn Line>, outcome: &str) {
    let payer_code = rig.payer_code("alipay_plus", outcome).await;
    let ask = ChargeAsk { common: ask(rig, 500), payer_code };
    let no = ask.common.out_trade_no.clone();
    let answer = line.charge(&ask).await;
    let stands = line.query(&no, now()).await.unwrap();
    match outcome {
        "00" => assert_eq!(receipt(answer.unwrap()), receipt(stands)),
        "01" => {
            assert_eq!((answer, stands), (Ok(Standing::Waiting), Standing::Waiting));
            rig.control("confirm", json!({"channel": "alipay_plus", "out_trade_no": no})).await;
            receipt(line.query(&no, now()).await.unwrap());
            assert_eq!(line.reverse(&no, now()).await, Ok(Reversal::Reversed), "a paid one is undone");
            assert_eq!(line.query(&no, now()).await, Ok(Standing::Reversed));
        }
        "02" | "03" => {
            let want = if outcome == "02" { Decline::NotEnoughMoney } else { Decline::CodeExpired };
            assert!(matches!(&answer, Ok(Standing::Declined { why, .. }) if *why == want), "{answer:?}");
        }
        "04" => {
            assert!(matches!(answer, Err(Trouble::Unknown(_))), "{answer:?}");
            receipt(stands);
        }
        _ => {
            let unclear = matches!(answer, Ok(Standing::Waiting) | Err(Trouble::Unknown(_)));
            assert!(unclear, "{outcome}: {answer:?}");
            assert_eq!(stands, Standing::Waiting, "{outcome}");
            assert_eq!(line.reverse(&no, now()).await, Ok(Reversal::Reversed), "{outcome}");
            assert_eq!(line.query(&no, now()).await, Ok(Standing::Reversed), "{outcome}");
        }
    }
}

#[tokio::test]
async fn faults_leave_nothing_assumed() {
    let rig = Rig::start().await;
    let line = open("alipay_plus", &rig.alipay_plus_settings()).unwrap();
    for (fault, paid) in [
        ("error_before", false),
        ("error_after", true),
        ("timeout_before", false),
        ("timeout_after", true),
        ("rate_limited", false),
    ] {
        let ask = ChargeAsk { common: ask(&rig, 500), payer_code: rig.payer_code("alipay_plus", "00").await };
        let no = &ask.common.out_trade_no;
        rig.fault("alipay_plus", fault, Some(100)).await;
        let answer = line.charge(&ask).await;
        assert!(matches!(answer, Err(Trouble::Unknown(_))), "{fault}: {answer:?}");
        let stands = line.query(no, now()).await.unwrap();
        assert_eq!(matches!(stands, Standing::Paid(_)), paid, "{fault}: {stands:?}");
        if paid {
            rig.fault("alipay_plus", "retry_cancel", None).await;
            assert_eq!(line.reverse(no, now()).await, Ok(Reversal::Again), "{fault}");
        }
        assert_eq!(line.reverse(no, now()).await, Ok(Reversal::Reversed), "{fault}");
    }
    let ask = ask(&rig, 100);
    line.present(&ask).await.unwrap();
    assert_eq!(line.close(&ask.out_trade_no, now()).await, Ok(Closing::Closed));
    assert_eq!(line.close("NOBODY0001", now()).await, Ok(Closing::Absent));
}

#[test]
fn every_wrong_setting_is_named_at_once() {
    let wrong = json!({"gateway_url": "x", "client_private_key": "rubbish", "settlement_currency": "yuan", "what": 1});
    let Err(errors) = open("alipay_plus", &wrong) else { panic!("opened") };
    let mut keys: Vec<&str> = errors.iter().map(|e| e.key.as_str()).collect();
    keys.sort_unstable();
    let want = [
        "alipay_plus_public_key",
        "client_id",
        "client_private_key",
        "gateway_url",
        "merchant_id",
        "merchant_mcc",
        "merchant_name",
        "settlement_currency",
        "what",
    ];
    assert_eq!(keys, want);
}
