//! What goes wrong on the wire, and that nothing is assumed then.

use std::sync::Arc;

use desk::channel::{Line, RefundStanding, Reversal, Standing, Trouble};
use serde_json::json;

use crate::rig::{Rig, now, open, receipt, refunded};

fn unknown<T: std::fmt::Debug>(answer: &Result<T, Trouble>, why: &str) {
    assert!(matches!(answer, Err(Trouble::Unknown(_))), "{why}: {answer:?}");
}

async fn charge_under(
    rig: &Rig,
    line: &Arc<dyn Line>,
    channel: &str,
    fault: &str,
    delay: Option<i64>,
) -> String {
    let ask = rig.charge(700, &rig.payer_code(channel, "00").await);
    rig.fault(channel, fault, delay).await;
    unknown(&line.charge(&ask).await, fault);
    ask.common.out_trade_no
}

#[tokio::test]
async fn a_charge_without_a_clear_answer_is_unknown_and_found_out_by_asking() {
    let rig = Rig::start().await;
    let lines = [
        ("wechat", rig.wechat()),
        ("wechat", open("wechat", &rig.wechat_settings("v2")).unwrap()),
        ("alipay", rig.alipay()),
        ("alipay", open("alipay", &rig.alipay_settings("v3 public_key")).unwrap()),
    ];
    for (channel, line) in lines {
        for (fault, delay, paid) in [
            ("error_before", None, false),
            ("error_after", None, true),
            ("timeout_before", Some(100), false),
            ("timeout_after", Some(100), true),
            ("rate_limited", None, false),
        ] {
            let no = charge_under(&rig, &line, channel, fault, delay).await;
            let stands = line.query(&no, now()).await.unwrap();
            if paid {
                assert_eq!(receipt(stands).amount.value, 700, "{channel} {fault}");
            } else {
                assert_eq!(stands, Standing::Absent, "{channel} {fault}");
            }
            match line.reverse(&no, now()).await {
                Ok(Reversal::Reversed) => {}
                // v2 knows no such number: then the desk asks once more, and it is absent.
                Err(Trouble::Refused { code, .. }) if !paid => assert_eq!(code, "INVALID_TRANSACTIONID"),
                other => panic!("{channel} {fault}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_done_once() {
    let rig = Rig::start().await;
    let rest = open("alipay", &rig.alipay_settings("v3 public_key")).unwrap();
    for (channel, line) in [("wechat", rig.wechat()), ("alipay", rig.alipay()), ("alipay", rest)] {
        for fault in ["error_before", "error_after", "timeout_before", "timeout_after"] {
            let ask = rig.charge(700, &rig.payer_code(channel, "00").await);
            line.charge(&ask).await.unwrap();
            let no = &ask.common.out_trade_no;
            let refund = rig.refund(no, 400, 700);
            rig.fault(channel, fault, Some(100)).await;
            unknown(&line.refund(&refund).await, fault);
            line.refund(&refund).await.unwrap();
            refunded(&line, &refund).await;
            let rest = rig.refund(no, 300, 700);
            line.refund(&rest).await.unwrap();
            refunded(&line, &rest).await;
        }
    }
}

#[tokio::test]
async fn a_refund_that_cannot_be_now_may_be_later() {
    let rig = Rig::start().await;
    for (channel, line) in [("wechat", rig.wechat()), ("alipay", rig.alipay())] {
        let ask = rig.charge(700, &rig.payer_code(channel, "00").await);
        line.charge(&ask).await.unwrap();
        let refund = rig.refund(&ask.common.out_trade_no, 700, 700);
        rig.fault(channel, "refund_not_enough", None).await;
        assert!(matches!(line.refund(&refund).await, Ok(RefundStanding::Later(_))), "{channel}");
        line.refund(&refund).await.unwrap();
        refunded(&line, &refund).await;
    }
}

#[tokio::test]
async fn a_refund_the_bank_sends_back_waits_for_its_repair() {
    let rig = Rig::start().await;
    let line = rig.wechat();
    let ask = rig.charge(700, &rig.payer_code("wechat", "00").await);
    line.charge(&ask).await.unwrap();
    let refund = rig.refund(&ask.common.out_trade_no, 700, 700);
    rig.fault("wechat", "refund_abnormal", None).await;
    line.refund(&refund).await.unwrap();
    for _ in 0..100 {
        match line.refund_query(&refund).await.unwrap() {
            RefundStanding::Processing => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            RefundStanding::Stuck(said) => {
                assert!(said.contains("ABNORMAL"));
                assert_eq!(line.repair(&refund).await, Ok(RefundStanding::Processing));
                refunded(&line, &refund).await;
                assert!(
                    matches!(line.repair(&refund).await, Ok(RefundStanding::Succeeded { .. })),
                    "there is nothing left to repair"
                );
                return;
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("it never became abnormal");
}

#[tokio::test]
async fn answers_that_are_not_signed_rightly_are_not_believed() {
    let rig = Rig::start().await;
    let line = rig.wechat();
    let ask = rig.ask(100);
    line.present(&ask).await.unwrap();
    for (fault, delay) in [("signtest", None), ("clock_skew", Some(400_000)), ("clock_skew", Some(-400_000))]
    {
        rig.fault("wechat", fault, delay).await;
        unknown(&line.query(&ask.out_trade_no, now()).await, fault);
        assert_eq!(line.query(&ask.out_trade_no, now()).await, Ok(Standing::Waiting), "after {fault}");
    }
}

#[tokio::test]
async fn certificates_that_change_in_mid_flight_are_fetched() {
    let rig = Rig::start().await;
    let line = rig.wechat();
    let ask = rig.ask(100);
    let code = line.present(&ask).await.unwrap();
    rig.control("certificates", json!({})).await;
    let later = now().plus(std::time::Duration::from_secs(60));
    assert_eq!(line.query(&ask.out_trade_no, later).await, Ok(Standing::Waiting));
    rig.control("pay", json!({ "code": code })).await;
    rig.notices(&line, 1).await;
}

#[tokio::test]
async fn callers_that_all_lack_the_certificate_all_get_their_answers() {
    let rig = Rig::start().await;
    let line = rig.wechat();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (line, ask) = (Arc::clone(&line), rig.ask(100));
        tasks.spawn(async move { line.present(&ask).await });
    }
    let answers = tasks.join_all().await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_no_answer() {
    let rig = Rig::start().await;
    for channel in ["wechat", "alipay"] {
        let mut settings = if channel == "wechat" {
            rig.wechat_settings("public_key")
        } else {
            rig.alipay_settings("public_key")
        };
        settings["timeout_ms"] = json!(300);
        let line = open(channel, &settings).unwrap();
        let no = charge_under(&rig, &line, channel, "slow", Some(600)).await;
        assert_eq!(line.reverse(&no, now()).await, Ok(Reversal::Reversed), "{channel}");
    }
}

#[tokio::test]
async fn a_gateway_that_is_not_there_was_not_asked() {
    let rig = Rig::start().await;
    let mut wechat = rig.wechat_settings("public_key");
    wechat["base_url"] = json!("http://127.0.0.1:9");
    let mut alipay = rig.alipay_settings("public_key");
    alipay["gateway_url"] = json!("http://127.0.0.1:9/gateway.do");
    for (channel, settings) in [("wechat", wechat), ("alipay", alipay)] {
        let line = open(channel, &settings).unwrap();
        let answer = line.charge(&rig.charge(1, "130012345678901234")).await;
        assert!(matches!(answer, Err(Trouble::NotSent(_))), "{channel}: {answer:?}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused_by_the_channel_and_says_so() {
    let rig = Rig::start().await;
    let second = &rig.sandbox.json.accounts[1];
    let mut wechat = rig.wechat_settings("public_key");
    wechat["merchant_private_key_file"] = json!(second.wechat.merchant_private_key);
    let mut alipay = rig.alipay_settings("public_key");
    alipay["app_private_key_file"] = json!(second.alipay.app_private_key);
    for (channel, settings, code) in
        [("wechat", wechat, "SIGN_ERROR"), ("alipay", alipay, "isv.invalid-signature")]
    {
        let line = open(channel, &settings).unwrap();
        match line.present(&rig.ask(100)).await {
            Err(Trouble::Refused { code: said, .. }) => assert_eq!(said, code),
            other => panic!("{channel}: {other:?}"),
        }
        let refund = rig.refund("NOBODY0001", 1, 1);
        assert!(
            matches!(line.refund(&refund).await, Ok(RefundStanding::Later(_))),
            "{channel} can be put right"
        );
        unknown(&line.refund_query(&refund).await, "asking about a refund never fails it");
    }
}
