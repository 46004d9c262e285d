//! The control calls: clear errors, wallets, the clock, and a restart that forgets nothing.

use crate::common::alipay::Alipay;
use crate::common::receiver::Receiver;
use crate::common::wechat::Wechat;
use crate::common::{options, start};
use sandbox::Sandbox;
use serde_json::{Value, json};

#[tokio::test]
async fn wrong_calls_say_what_is_wrong() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let alipay = Alipay::new(&fixture, 0);
    let paid = wechat.create(&wechat.number(), 5, "http://127.0.0.1:9/x").await;
    fixture.ok("pay", json!({"code": paid})).await;
    let dear = alipay.precreate(&alipay.number(), "100.00", "http://127.0.0.1:9/x").await;
    let number = alipay.number();
    let scanned = alipay.precreate(&number, "1.00", "http://127.0.0.1:9/x").await;
    fixture.ok("scan", json!({"code": scanned})).await;
    let cases: Vec<(&str, &str, Value, u16, &str)> = vec![
        ("POST", "pay", json!({}), 400, "missing_field"),
        ("POST", "pay", json!([]), 400, "not_an_object"),
        ("POST", "pay", json!({"code": "weixin://wxpay/bizpayurl?pr=none"}), 404, "unknown_code"),
        ("POST", "pay", json!({"code": "130012345678901234"}), 404, "unknown_code"),
        ("POST", "pay", json!({"code": paid}), 409, "already_paid"),
        ("POST", "pay", json!({"code": dear, "payer": "nobody"}), 404, "unknown_payer"),
        ("POST", "pay", json!({"code": dear, "payer": "chen"}), 409, "not_enough_money"),
        ("POST", "pay", json!({"channel": "paypal", "out_trade_no": "x"}), 400, "unknown_channel"),
        ("POST", "pay", json!({"channel": "alipay", "out_trade_no": "x"}), 404, "unknown_trade"),
        ("POST", "confirm", json!({"channel": "alipay", "out_trade_no": number}), 409, "not_asked"),
        ("POST", "payer-code", json!({"channel": "wechat", "outcome": "9"}), 400, "unknown_outcome"),
        ("POST", "faults", json!({"fault": "nonsense", "next": 1}), 400, "unknown_fault"),
        ("POST", "faults", json!({"fault": "slow"}), 400, "invalid_fault"),
        ("POST", "faults", json!({"fault": "slow", "next": 1, "rate": 0.5}), 400, "invalid_fault"),
        ("POST", "faults", json!({"fault": "slow", "rate": 2}), 400, "invalid_fault"),
        ("POST", "faults", json!({"fault": "slow", "next": 0}), 400, "invalid_fault"),
        ("POST", "clock", json!({}), 400, "invalid_clock"),
        ("POST", "clock", json!({"scale": 0}), 400, "invalid_clock"),
        ("GET", "pay", Value::Null, 405, "wrong_method"),
        ("POST", "nothing", Value::Null, 404, "no_such_call"),
    ];
    for (method, path, body, status, code) in cases {
        let (got, problem) = fixture.control(method, path, body.clone()).await;
        assert_eq!(
            (got, problem["code"].as_str().unwrap_or_default()),
            (status, code),
            "{path} {body}: {problem}"
        );
        assert!(problem["detail"].as_str().unwrap().len() > 10, "{problem}");
    }
}

#[tokio::test]
async fn a_code_expires() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let mut body = wechat.native(&wechat.number(), 5, "http://127.0.0.1:9/x");
    body["time_expire"] = json!("2020-01-01T00:00:00+08:00"); // moved to a minute from now
    let code = wechat.call("POST", "/v3/pay/transactions/native", body).await.json["code_url"].clone();
    assert_eq!(fixture.get("open-codes").await["codes"].as_array().unwrap().len(), 1);
    fixture.ok("clock", json!({"advance_ms": 60_500})).await;
    assert_eq!(fixture.get("open-codes").await["codes"].as_array().unwrap().len(), 0);
    let (status, problem) = fixture.control("POST", "pay", json!({"code": code})).await;
    assert_eq!((status, problem["code"].as_str().unwrap()), (409, "code_expired"));
}

#[tokio::test]
async fn faults_are_listed_and_cleared() {
    let fixture = start().await;
    fixture.ok("faults", json!({"channel": "wechat", "fault": "slow", "rate": 0.5})).await;
    fixture.ok("faults", json!({"fault": "callback_lost", "next": 3})).await;
    let list = fixture.get("faults").await;
    assert_eq!(list["faults"].as_array().unwrap().len(), 2);
    assert!(list["known"].as_array().unwrap().len() >= 15);
    let (status, cleared) = fixture.control("DELETE", "faults", Value::Null).await;
    assert_eq!((status, &cleared["cleared"]), (200, &json!(2)));
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    let code = wechat.create(&number, 100, &receiver.url).await;
    let open = wechat.create(&wechat.number(), 70, &receiver.url).await;
    receiver.answer(&[(500, "FAIL")]);
    fixture.ok("pay", json!({"code": code, "payer": "li"})).await;
    receiver.wait(1).await;
    wechat.refund(&number, "BEFORE", 30, 100, None).await;
    fixture.ok("payer-code", json!({"channel": "wechat"})).await;
    let (data, keys) = (fixture.data.clone(), fixture.running.json.clone());
    fixture.running.stop().await;
    let running = Sandbox::start(options(&data, false)).await.unwrap();
    assert_eq!(running.json.wechat.merchant_cert_serial, keys.wechat.merchant_cert_serial);
    assert_eq!(running.json.wechat.apiv3_key, keys.wechat.apiv3_key);
    let fixture = crate::common::Fixture { running, data, http: fixture.http };
    let wechat = Wechat::new(&fixture, 0);
    assert_eq!(wechat.query(&number).await.json["trade_state"], "REFUND");
    let too_much = wechat.refund(&number, "AFTER", 71, 100, None).await;
    assert_eq!(too_much.json["code"], "INVALID_REQUEST");
    assert_eq!(wechat.refund(&number, "AFTER", 70, 100, None).await.status, 200);
    let li = fixture.get("wallets").await["wallets"][1]["balance"]["value"].as_i64().unwrap();
    assert!((199_900..=199_930).contains(&li), "100 spent, 30 on the way back: {li}");
    fixture.ok("pay", json!({"code": open})).await;
    fixture.ok("clock", json!({"scale": 1000})).await;
    receiver.wait(3).await; // the failed one again, and the new one
    let file: Value =
        serde_json::from_str(&std::fs::read_to_string(fixture.data.join("sandbox.json")).unwrap()).unwrap();
    for path in [
        "/wechat/merchant_private_key",
        "/wechat/platform_certificate",
        "/wechat/platform_public_key",
        "/alipay/app_private_key",
        "/alipay/alipay_public_key",
    ] {
        let path = file.pointer(path).unwrap().as_str().unwrap();
        assert!(std::path::Path::new(path).is_absolute());
        assert!(std::fs::read_to_string(path).unwrap().starts_with("-----BEGIN"), "{path}");
    }
}
