//! Every fault does what its name says, on the wire and in the callbacks.

use std::time::{Duration, Instant};

use crate::common::alipay::{Alipay, Shape};
use crate::common::receiver::Receiver;
use crate::common::wechat::Wechat;
use crate::common::{Fixture, start};
use serde_json::{Value, json};

async fn fault(fixture: &Fixture, channel: &str, name: &str, delay_ms: Option<i64>) {
    let mut body = json!({"channel": channel, "fault": name, "next": 1});
    if let Some(ms) = delay_ms {
        body["delay_ms"] = json!(ms);
    }
    fixture.ok("faults", body).await;
}

/// Creates a Native order that calls back and pays it; the number.
async fn paid(fixture: &Fixture, wechat: &Wechat, receiver: &Receiver) -> String {
    let number = wechat.number();
    let code = wechat.create(&number, 100, &receiver.url).await;
    fixture.ok("pay", json!({"code": code})).await;
    number
}

#[tokio::test]
async fn answers_that_fail_or_never_come() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    // fault, answered with, and whether the call did its work
    let cases = [
        ("error_before", Some(500), false),
        ("error_after", Some(500), true),
        ("rate_limited", Some(429), false),
        ("timeout_before", None, false),
        ("timeout_after", None, true),
    ];
    for (name, status, worked) in cases {
        let number = wechat.number();
        fault(&fixture, "wechat", name, Some(50)).await;
        let draft = wechat.draft(
            "POST",
            "/v3/pay/transactions/native",
            &wechat.native(&number, 5, "http://127.0.0.1:9/x"),
        );
        let answer = wechat.send(&draft, Some(wechat.authorization(&draft))).await;
        assert_eq!(answer.ok().map(|answer| answer.status), status, "{name}");
        let expected = if worked { 200 } else { 404 };
        assert_eq!(wechat.query(&number).await.status, expected, "{name}");
    }
}

#[tokio::test]
async fn the_gateway_words_its_failures_with_200() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    fault(&fixture, "alipay", "error_after", None).await;
    let number = alipay.number();
    let node = alipay.pay(&number, "1.00", "280012341234123412").await;
    assert_eq!((&node["code"], &node["sub_code"]), (&json!("20000"), &json!("isp.unknow-error")));
    assert_eq!(alipay.query(&number).await["trade_status"], "TRADE_SUCCESS");
    fault(&fixture, "alipay", "timeout_before", Some(10)).await;
    let content = json!({"out_trade_no": number});
    assert!(alipay.send(&alipay.params("alipay.trade.query", &content, &[]), Shape::Query).await.is_err());
}

#[tokio::test]
async fn slow_is_slow_and_for_its_channel_only() {
    let fixture = start().await;
    let (wechat, alipay) = (Wechat::new(&fixture, 0), Alipay::new(&fixture, 0));
    fault(&fixture, "alipay", "slow", Some(400)).await;
    let before = Instant::now();
    wechat.query("NOSUCHORDER").await;
    assert!(before.elapsed() < Duration::from_millis(300));
    alipay.query("NONE").await;
    assert!(before.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn callbacks_lost_late_twice() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let wechat = Wechat::new(&fixture, 0);
    fault(&fixture, "wechat", "callback_lost", None).await;
    let lost = paid(&fixture, &wechat, &receiver).await;
    fault(&fixture, "wechat", "callback_late", Some(600)).await;
    let before = crate::common::now_ms();
    let late = paid(&fixture, &wechat, &receiver).await;
    let received = receiver.wait(1).await;
    assert!(received[0].at_ms - before >= 600, "{}", received[0].at_ms - before);
    assert_eq!(wechat.open(&received[0]).0["out_trade_no"], late.as_str());
    fault(&fixture, "wechat", "callback_twice", None).await;
    let twice = paid(&fixture, &wechat, &receiver).await;
    let received = receiver.wait(3).await;
    let (first, again) = (wechat.open(&received[1]), wechat.open(&received[2]));
    assert_eq!((&first.0["out_trade_no"], &first.1["id"]), (&json!(twice), &again.1["id"]));
    let list = fixture.get(&format!("notifications?out_trade_no={lost}")).await;
    assert_eq!(list["notifications"][0]["state"], "lost");
    assert_eq!(wechat.query(&lost).await.json["trade_state"], "SUCCESS", "a query still tells");
}

#[tokio::test]
async fn callbacks_reordered_and_forged() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let (wechat, alipay) = (Wechat::new(&fixture, 0), Alipay::new(&fixture, 0));
    fault(&fixture, "wechat", "callback_reordered", Some(5_000)).await;
    let first = paid(&fixture, &wechat, &receiver).await;
    let second = paid(&fixture, &wechat, &receiver).await;
    let received = receiver.wait(2).await;
    let number = |index: usize| wechat.open(&received[index]).0["out_trade_no"].clone();
    assert_eq!((number(0), number(1)), (json!(second), json!(first)));
    fault(&fixture, "wechat", "callback_forged", None).await;
    paid(&fixture, &wechat, &receiver).await;
    let received = receiver.wait(4).await;
    assert!(!wechat.is_genuine(&received[2]));
    assert!(wechat.is_genuine(&received[3]));
    fault(&fixture, "alipay", "callback_forged", None).await;
    let code = alipay.precreate(&alipay.number(), "1.00", &receiver.url).await;
    fixture.ok("pay", json!({"code": code})).await;
    let received = receiver.wait(6).await;
    assert!(alipay.open(&received[4]).is_none());
    assert!(alipay.open(&received[5]).is_some());
}

#[tokio::test]
async fn a_signtest_is_followed_by_the_real_one() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    let code = wechat.create(&number, 100, &receiver.url).await;
    fixture.ok("clock", json!({"scale": 1000})).await;
    fault(&fixture, "wechat", "signtest", None).await;
    fixture.ok("pay", json!({"code": code})).await;
    let received = receiver.wait(2).await;
    assert!(received[0].header("wechatpay-signature").starts_with("WECHATPAY/SIGNTEST/"));
    assert!(!wechat.is_genuine(&received[0]));
    assert_eq!(wechat.open(&received[1]).0["out_trade_no"], number.as_str());
}

#[tokio::test]
async fn money_after_the_close() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let wechat = Wechat::new(&fixture, 0);
    // By itself, after a moment.
    let number = wechat.number();
    let code = wechat.create(&number, 100, &receiver.url).await;
    fault(&fixture, "wechat", "pays_after_close", Some(200)).await;
    assert_eq!(wechat.close(&number).await.status, 204);
    assert_eq!(wechat.query(&number).await.json["trade_state"], "CLOSED");
    assert_eq!(wechat.open(&receiver.wait(1).await[0]).0["out_trade_no"], number.as_str());
    assert_eq!(wechat.query(&number).await.json["trade_state"], "SUCCESS");
    fixture.ok("pay", json!({"code": code})).await;
    // By a wallet, when the fault is set after the close.
    let number = wechat.number();
    let code = wechat.create(&number, 100, &receiver.url).await;
    wechat.close(&number).await;
    fault(&fixture, "wechat", "pays_after_close", None).await;
    fixture.ok("pay", json!({"code": code})).await;
    assert_eq!(wechat.query(&number).await.json["trade_state"], "SUCCESS");
    assert_eq!(wechat.refund(&number, "BACK", 100, 100, None).await.status, 200);
}

#[tokio::test]
async fn one_number_paid_twice() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let wechat = Wechat::new(&fixture, 0);
    fault(&fixture, "wechat", "pays_twice", None).await;
    let number = paid(&fixture, &wechat, &receiver).await;
    let received = receiver.wait(2).await;
    let ids: Vec<Value> = received.iter().map(|one| wechat.open(one).0["transaction_id"].clone()).collect();
    assert_ne!(ids[0], ids[1]);
    let first = wechat.query(&number).await.json["transaction_id"].clone();
    let second = if ids[0] == first { &ids[1] } else { &ids[0] };
    let body = json!({
        "transaction_id": second, "out_refund_no": "TWICE", "amount": {"refund": 100, "total": 100, "currency": "CNY"},
    });
    let refund = wechat.call("POST", "/v3/refund/domestic/refunds", body).await;
    assert_eq!(refund.status, 200, "{}", refund.text);
    assert_eq!(wechat.query(&number).await.json["trade_state"], "SUCCESS");
}

#[tokio::test]
async fn retries_follow_the_channels_clock() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let wechat = Wechat::new(&fixture, 0);
    receiver.answer(&[(500, "FAIL"), (500, "FAIL"), (204, "")]);
    let number = paid(&fixture, &wechat, &receiver).await;
    receiver.wait(1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(receiver.received().len(), 1, "the next try is 15 seconds away");
    fixture.ok("clock", json!({"scale": 300})).await;
    receiver.wait(3).await;
    for _ in 0..50 {
        let list = fixture.get(&format!("notifications?out_trade_no={number}")).await;
        if list["notifications"][0]["state"] == "delivered" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never delivered");
}

#[tokio::test]
async fn any_documented_error_can_be_asked_for() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    wechat.create(&number, 100, "http://127.0.0.1:9/x").await;
    let ask = |channel: &'static str, code: &'static str| {
        let fixture = &fixture;
        async move {
            fixture
                .ok("faults", json!({"channel": channel, "fault": "refused_as", "next": 1, "code": code}))
                .await
        }
    };
    for (code, status) in [
        ("RULE_LIMIT", 403),
        ("ORDER_NOT_EXIST", 404),
        ("FREQUENCY_LIMITED", 429),
        ("BANK_ERROR", 500),
        ("PARAM_ERROR", 400),
        ("NEW_ONE", 400),
    ] {
        ask("wechat", code).await;
        let answer = wechat.query(&number).await;
        assert_eq!((answer.status, answer.json["code"].as_str().unwrap()), (status, code));
        assert_eq!(wechat.query(&number).await.json["trade_state"], "NOTPAY", "once");
    }
    let alipay = Alipay::new(&fixture, 0);
    for (code, sub_code, said) in [
        ("PAYMENT_REQUEST_HAS_RISK", "ACQ.PAYMENT_REQUEST_HAS_RISK", "40004"),
        ("isv.app-call-limited", "isv.app-call-limited", "40002"),
        ("isp.unknow-error", "isp.unknow-error", "20000"),
    ] {
        ask("alipay", code).await;
        let node = alipay.query("NONE").await;
        assert_eq!((&node["code"], &node["sub_code"]), (&json!(said), &json!(sub_code)));
        ask("alipay", code).await;
        let (status, body) =
            alipay.v3("POST", "/v3/alipay/trade/query", &json!({"out_trade_no": "NONE"})).await;
        assert_eq!((status, &body["code"]), (if said == "20000" { 500 } else { 400 }, &json!(sub_code)));
    }
    for wrong in [json!({"fault": "refused_as", "next": 1}), json!({"fault": "slow", "next": 1, "code": "X"})]
    {
        assert_eq!(fixture.control("POST", "faults", wrong).await.1["code"], "invalid_fault");
    }
}
