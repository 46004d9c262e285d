//! WeChat Pay v3 over real HTTP: signatures both ways, Native, code payment, refunds, callbacks, refusals.

use crate::common::receiver::Receiver;
use crate::common::wechat::Wechat;
use crate::common::{start, start_with};
use serde_json::{Value, json};

#[tokio::test]
async fn native_from_code_to_callback() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let mut wechat = Wechat::new(&fixture, 0);
    for public_key_mode in [false, true] {
        wechat.public_key_mode = public_key_mode;
        let number = wechat.number();
        let code = wechat.create(&number, 1234, &receiver.url).await;
        assert!(code.starts_with("weixin://wxpay/bizpayurl?pr="));
        let unpaid = wechat.query(&number).await;
        assert_eq!(unpaid.json["trade_state"], "NOTPAY");
        assert_eq!(unpaid.json.get("transaction_id"), None);
        let before = receiver.received().len();
        let paid = fixture.ok("pay", json!({"code": code})).await;
        assert_eq!(paid["amount"], json!({"value": 1234, "currency": "CNY"}));
        let received = receiver.wait(before + 1).await;
        let (sealed, envelope) = wechat.open(&received[before]);
        assert_eq!(envelope["event_type"], "TRANSACTION.SUCCESS");
        assert_eq!(sealed["out_trade_no"], number.as_str());
        assert_eq!(sealed["attach"], "table 3");
        let expected_serial = if public_key_mode {
            &wechat.json.platform_public_key_id
        } else {
            &wechat.json.platform_certificate_serial
        };
        assert_eq!(received[before].header("wechatpay-serial"), expected_serial);
        let queried = wechat.query(&number).await.json;
        assert_eq!(queried, sealed, "the callback seals what a query answers");
        assert_eq!(queried["trade_type"], "NATIVE");
        assert!(queried["transaction_id"].as_str().unwrap().starts_with("4200"));
        let by_id = format!(
            "/v3/pay/transactions/id/{}?mchid={}",
            queried["transaction_id"].as_str().unwrap(),
            wechat.json.mchid
        );
        assert_eq!(wechat.call("GET", &by_id, Value::Null).await.json, queried);
    }
}

#[tokio::test]
async fn certificates_open_with_the_merchants_key() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let list = wechat.call("GET", "/v3/certificates", Value::Null).await.json;
    let entry = &list["data"][0];
    assert_eq!(entry["serial_no"], wechat.json.platform_certificate_serial.as_str());
    let pem = String::from_utf8(wechat.unseal_bytes(&entry["encrypt_certificate"])).unwrap();
    assert_eq!(pem, std::fs::read_to_string(&wechat.json.platform_certificate).unwrap());
    assert_eq!(wechat.json.merchant_cert_serial.len(), 40);
    fixture.ok("certificates", json!({})).await;
    let list = {
        let draft = wechat.draft("GET", "/v3/certificates", &Value::Null);
        wechat.send(&draft, Some(wechat.authorization(&draft))).await.unwrap()
    };
    assert_eq!(list.json["data"].as_array().unwrap().len(), 2, "old and new are listed");
    assert_ne!(list.header("wechatpay-serial"), wechat.json.platform_certificate_serial);
}

#[tokio::test]
async fn wrong_signatures_are_refused() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let other = Wechat::new(&fixture, 1);
    let target = format!("/v3/pay/transactions/out-trade-no/NOBODY01?mchid={}", wechat.json.mchid);
    let genuine = wechat.draft("GET", &target, &Value::Null);
    let authorization = wechat.authorization(&genuine);
    let cases: Vec<(&str, Option<String>)> = vec![
        ("none", None),
        ("other scheme", Some(authorization.replace("WECHATPAY2-SHA256-RSA2048", "Bearer"))),
        ("altered nonce", Some(authorization.replace("nonce_str=\"nonce", "nonce_str=\"Nonce"))),
        ("unknown merchant", Some(authorization.replace(&wechat.json.mchid, "1999999999"))),
        ("unknown serial", Some(authorization.replace(&wechat.json.merchant_cert_serial, &"0".repeat(40)))),
        ("another merchant's key", Some(other.authorization(&genuine))),
        (
            "old",
            Some({
                let mut draft = wechat.draft("GET", &target, &Value::Null);
                draft.timestamp -= 301;
                wechat.authorization(&draft)
            }),
        ),
    ];
    for (what, authorization) in cases {
        let answer = wechat.send(&genuine, authorization).await.unwrap();
        assert_eq!(
            (answer.status, answer.json["code"].as_str()),
            (401, Some("SIGN_ERROR")),
            "{what}: {}",
            answer.text
        );
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    }
    let answer = wechat.send(&genuine, Some(authorization)).await.unwrap();
    assert_eq!((answer.status, answer.json["code"].as_str()), (404, Some("ORDER_NOT_EXIST")));
}

#[tokio::test]
async fn what_the_channel_refuses_to_create() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let other = Wechat::new(&fixture, 1);
    let cases: Vec<(&str, Value, u16, &str)> = vec![
        ("/amount/total", json!(0), 400, "PARAM_ERROR"),
        ("/amount/total", json!("100"), 400, "PARAM_ERROR"),
        ("/amount/total", json!(1.5), 400, "PARAM_ERROR"),
        ("/amount/currency", json!("USD"), 400, "PARAM_ERROR"),
        ("/out_trade_no", json!("short"), 400, "PARAM_ERROR"),
        ("/out_trade_no", json!("with space"), 400, "PARAM_ERROR"),
        ("/description", json!(""), 400, "PARAM_ERROR"),
        ("/description", json!("x".repeat(128)), 400, "PARAM_ERROR"),
        ("/description", json!("tea 🍵"), 400, "PARAM_ERROR"),
        ("/notify_url", json!("http://127.0.0.1/x?y=1"), 400, "PARAM_ERROR"),
        ("/notify_url", json!("/relative"), 400, "PARAM_ERROR"),
        ("/time_expire", json!("tomorrow"), 400, "PARAM_ERROR"),
        ("/appid", json!("wx0000000000000000"), 400, "APPID_MCHID_NOT_MATCH"),
        ("/mchid", json!("1999999999"), 400, "MCH_NOT_EXISTS"),
        ("/mchid", json!(other.json.mchid), 403, "NO_AUTH"),
    ];
    for (field, value, status, code) in cases {
        let mut body = wechat.native(&wechat.number(), 100, "http://127.0.0.1:9/x");
        match body.pointer_mut(field) {
            Some(known) => *known = value.clone(),
            None => body[field.trim_start_matches('/')] = value.clone(),
        }
        let answer = wechat.call("POST", "/v3/pay/transactions/native", body).await;
        assert_eq!((answer.status, answer.json["code"].as_str().unwrap()), (status, code), "{field} {value}");
    }
}

#[tokio::test]
async fn one_number_one_order() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    let url = "http://127.0.0.1:9/x";
    let first = wechat.create(&number, 100, url).await;
    let second = wechat.create(&number, 100, url).await;
    assert_ne!(first, second, "a repetition hands out a fresh code");
    let other = wechat.call("POST", "/v3/pay/transactions/native", wechat.native(&number, 101, url)).await;
    assert_eq!((other.status, other.json["code"].as_str().unwrap()), (403, "OUT_TRADE_NO_USED"));
    fixture.ok("pay", json!({"code": first})).await;
    let paid = wechat.call("POST", "/v3/pay/transactions/native", wechat.native(&number, 100, url)).await;
    assert_eq!((paid.status, paid.json["code"].as_str().unwrap()), (400, "ORDERPAID"));
    // Another merchant may use the same number.
    Wechat::new(&fixture, 1).create(&number, 7, url).await;
    assert_eq!(wechat.query(&number).await.json["amount"]["total"], 100);
}

#[tokio::test]
async fn close_is_for_unpaid_orders() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    let code = wechat.create(&number, 100, "http://127.0.0.1:9/x").await;
    let closed = wechat.close(&number).await;
    assert_eq!((closed.status, closed.text.as_str()), (204, ""));
    assert_eq!(wechat.query(&number).await.json["trade_state"], "CLOSED");
    assert_eq!(wechat.close(&number).await.status, 204);
    let (status, problem) = fixture.control("POST", "pay", json!({"code": code})).await;
    assert_eq!((status, problem["code"].as_str().unwrap()), (409, "order_closed"));
    let number = wechat.number();
    let code = wechat.create(&number, 100, "http://127.0.0.1:9/x").await;
    fixture.ok("pay", json!({"code": code})).await;
    let refused = wechat.close(&number).await;
    assert_eq!((refused.status, refused.json["code"].as_str().unwrap()), (400, "ORDERPAID"));
}

#[tokio::test]
async fn payment_codes_carry_their_outcome() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let cases = [
        ("130012345678901234", 200, "SUCCESS"),
        ("130112345678901234", 202, "USERPAYING"),
        ("130212345678901234", 403, "NOT_ENOUGH"),
        ("130312345678901234", 400, "AUTH_CODE_EXPIRE"),
        ("130012345678901234", 400, "AUTH_CODE_INVALID"), // used before
        ("139912345678901234", 400, "AUTH_CODE_INVALID"),
        ("280012345678901234", 400, "AUTH_CODE_INVALID"),
        ("1300123", 400, "AUTH_CODE_INVALID"),
    ];
    for (code, status, expected) in cases {
        let answer = wechat.codepay(&wechat.number(), 100, code).await;
        let said = answer.json["code"].as_str().or(answer.json["trade_state"].as_str()).unwrap();
        assert_eq!((answer.status, said), (status, expected), "{code}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_password_prompt_is_answered() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    for (answer, expected) in [("confirm", "SUCCESS"), ("decline", "PAYERROR")] {
        let number = wechat.number();
        let code =
            fixture.ok("payer-code", json!({"channel": "wechat", "outcome": "01"})).await["code"].clone();
        let asked = wechat.codepay(&number, 100, code.as_str().unwrap()).await;
        assert_eq!((asked.status, asked.json), (202, json!({"trade_state": "USERPAYING"})));
        assert_eq!(wechat.query(&number).await.json["trade_state"], "USERPAYING");
        assert_eq!(fixture.get("prompts").await["prompts"][0]["out_trade_no"], number.as_str());
        fixture.ok(answer, json!({"channel": "wechat", "out_trade_no": number})).await;
        assert_eq!(wechat.query(&number).await.json["trade_state"], expected);
        let (status, _) =
            fixture.control("POST", answer, json!({"channel": "wechat", "out_trade_no": number})).await;
        assert_eq!(status, 409, "a prompt is answered once");
    }
}

#[tokio::test]
async fn reverse_undoes_paid_and_unpaid() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let balance =
        || async { fixture.get("wallets").await["wallets"][0]["balance"]["value"].as_i64().unwrap() };
    let before = balance().await;
    for outcome in ["00", "06"] {
        let number = wechat.number();
        wechat.codepay(&number, 100, &format!("13{outcome}98765432109876")).await;
        let reversed = wechat.reverse(&number).await;
        assert_eq!(reversed.status, 200, "{}", reversed.text);
        assert_eq!(reversed.json["out_trade_no"], number.as_str());
        assert_eq!(wechat.reverse(&number).await.status, 200, "again is the same");
        assert_eq!(wechat.query(&number).await.json["trade_state"], "REVOKED");
    }
    assert_eq!(balance().await, before);
    assert_eq!(wechat.reverse("NOSUCHORDER").await.json["code"], "ORDER_NOT_EXIST");
    let native = wechat.number();
    wechat.create(&native, 100, "http://127.0.0.1:9/x").await;
    assert_eq!(wechat.reverse(&native).await.json["code"], "INVALID_REQUEST");
}

#[tokio::test]
async fn lost_answers_are_lost() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    for (outcome, expected) in [("04", "SUCCESS"), ("05", "NOTPAY")] {
        let number = wechat.number();
        let body = json!({
            "appid": wechat.json.appid, "mchid": wechat.json.mchid, "description": "x", "out_trade_no": number,
            "payer": {"auth_code": format!("13{outcome}11112222333344")}, "amount": {"total": 5},
            "scene_info": {"store_info": {"out_id": "S1"}},
        });
        let draft = wechat.draft("POST", "/v3/pay/transactions/codepay", &body);
        assert!(wechat.send(&draft, Some(wechat.authorization(&draft))).await.is_err(), "no answer at all");
        assert_eq!(wechat.query(&number).await.json["trade_state"], expected);
    }
}

#[tokio::test]
async fn refunds_up_to_the_total() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    let code = wechat.create(&number, 100, "http://127.0.0.1:9/x").await;
    let early = wechat.refund(&number, "R0", 10, 100, None).await;
    assert_eq!((early.status, early.json["code"].as_str().unwrap()), (400, "INVALID_REQUEST"));
    fixture.ok("pay", json!({"code": code})).await;
    let cases = [
        ("R1", 60, 100, 200, "PROCESSING"),
        ("R1", 60, 100, 200, "PROCESSING"), // the same number is the same refund
        ("R1", 61, 100, 400, "INVALID_REQUEST"),
        ("R2", 41, 100, 400, "INVALID_REQUEST"),
        ("R2", 40, 99, 400, "INVALID_REQUEST"),
        ("R3", 40, 100, 200, "PROCESSING"),
        ("R4", 1, 100, 400, "INVALID_REQUEST"),
    ];
    for (refund_no, refund, total, status, expected) in cases {
        let answer = wechat.refund(&number, refund_no, refund, total, Some(&receiver.url)).await;
        let said = answer.json["status"].as_str().or(answer.json["code"].as_str()).unwrap();
        assert_eq!((answer.status, said), (status, expected), "{refund_no} {refund}");
    }
    assert_eq!(wechat.query(&number).await.json["trade_state"], "REFUND");
    let received = receiver.wait(2).await;
    let (sealed, envelope) = wechat.open(&received[0]);
    assert_eq!(envelope["event_type"], "REFUND.SUCCESS");
    assert_eq!((&sealed["refund_status"], &sealed["amount"]["refund"]), (&json!("SUCCESS"), &json!(60)));
    let queried = wechat.call("GET", "/v3/refund/domestic/refunds/R1", Value::Null).await;
    assert_eq!((queried.status, &queried.json["status"]), (200, &json!("SUCCESS")));
    let missing = wechat.call("GET", "/v3/refund/domestic/refunds/NONE", Value::Null).await;
    assert_eq!((missing.status, missing.json["code"].as_str().unwrap()), (404, "RESOURCE_NOT_EXISTS"));
    let stranger = Wechat::new(&fixture, 1).call("GET", "/v3/refund/domestic/refunds/R1", Value::Null).await;
    assert_eq!(stranger.status, 404);
}

#[tokio::test]
async fn an_abnormal_refund_is_repaired() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    fixture.ok("clock", json!({"scale": 50})).await;
    fixture.ok("faults", json!({"channel": "wechat", "fault": "refund_abnormal", "next": 1})).await;
    let number = wechat.number();
    fixture.ok("pay", json!({"code": wechat.create(&number, 9, "http://127.0.0.1:9/x").await})).await;
    let refund_id = wechat.refund(&number, "A1", 9, 9, None).await.json["refund_id"].clone();
    let status = |expected: &'static str| {
        let wechat = &wechat;
        async move {
            for _ in 0..100 {
                let status =
                    wechat.call("GET", "/v3/refund/domestic/refunds/A1", Value::Null).await.json["status"]
                        .clone();
                if status == expected {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            panic!("never {expected}");
        }
    };
    status("ABNORMAL").await;
    let target = format!("/v3/refund/domestic/refunds/{}/apply-abnormal-refund", refund_id.as_str().unwrap());
    let repair =
        wechat.call("POST", &target, json!({"out_refund_no": "A1", "type": "MERCHANT_BANK_CARD"})).await;
    assert_eq!((repair.status, &repair.json["status"]), (200, &json!("PROCESSING")));
    status("SUCCESS").await;
}

#[tokio::test]
async fn strict_keeps_the_waiting_rules() {
    let fixture = start_with(true).await;
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    let code = wechat.create(&number, 100, "http://127.0.0.1:9/x").await;
    assert_eq!(wechat.close(&number).await.json["code"], "INVALID_REQUEST");
    fixture.ok("pay", json!({"code": code})).await;
    assert_eq!(wechat.refund(&number, "S1", 10, 100, None).await.status, 200);
    let soon = wechat.refund(&number, "S2", 10, 100, None).await;
    assert_eq!((soon.status, soon.json["code"].as_str().unwrap()), (429, "FREQUENCY_LIMITED"));
    fixture.ok("clock", json!({"advance_ms": 61_000})).await;
    assert_eq!(wechat.refund(&number, "S2", 10, 100, None).await.status, 200);
}

#[tokio::test]
async fn callbacks_of_the_migration_week_are_signed_by_either_key() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let wechat = Wechat::new(&fixture, 0);
    fixture.ok("certificates", json!({"callbacks": "mixed"})).await;
    for count in 1..=12 {
        let code = wechat.create(&wechat.number(), 1, &receiver.url).await;
        fixture.ok("pay", json!({"code": code})).await;
        receiver.wait(count).await;
    }
    let received = receiver.received();
    let by_public_key = received
        .iter()
        .filter(|one| {
            wechat.open(one);
            one.header("wechatpay-serial") == wechat.json.platform_public_key_id
        })
        .count();
    assert!((1..12).contains(&by_public_key), "{by_public_key} of 12");
}

#[tokio::test]
async fn an_integrator_sells_for_its_sub_merchant() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    let json = &wechat.json;
    let mut body = wechat.native(&number, 300, &receiver.url);
    for name in ["appid", "mchid"] {
        body.as_object_mut().unwrap().remove(name);
    }
    for (name, value) in
        [("sp_appid", &json.appid), ("sp_mchid", &json.mchid), ("sub_mchid", &json.sub_mchid)]
    {
        body[name] = json!(value);
    }
    let created = wechat.call("POST", "/v3/pay/partner/transactions/native", body).await;
    fixture.ok("pay", json!({"code": created.json["code_url"]})).await;
    let (sealed, _) = wechat.open(&receiver.wait(1).await[0]);
    assert_eq!((&sealed["sp_mchid"], &sealed["sub_mchid"]), (&json!(json.mchid), &json!(json.sub_mchid)));
    let target = format!(
        "/v3/pay/partner/transactions/out-trade-no/{number}?sp_mchid={}&sub_mchid={}",
        json.mchid, json.sub_mchid
    );
    assert_eq!(wechat.call("GET", &target, Value::Null).await.json, sealed);
    let refund = json!({
        "sub_mchid": json.sub_mchid, "out_trade_no": number, "out_refund_no": "SUB1",
        "amount": {"refund": 100, "total": 300, "currency": "CNY"},
    });
    assert_eq!(wechat.call("POST", "/v3/refund/domestic/refunds", refund).await.status, 200);
    let target = format!("/v3/refund/domestic/refunds/SUB1?sub_mchid={}", json.sub_mchid);
    assert_eq!(wechat.call("GET", &target, Value::Null).await.json["amount"]["refund"], 100);
    assert_eq!(Wechat::new(&fixture, 1).call("GET", &target, Value::Null).await.status, 404);
}

#[tokio::test]
async fn fifty_refunds_and_no_more() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    fixture.ok("pay", json!({"code": wechat.create(&number, 100, "http://127.0.0.1:9/x").await})).await;
    for index in 0..50 {
        let answer = wechat.refund(&number, &format!("F{index}"), 1, 100, None).await;
        assert_eq!(answer.status, 200, "{index}: {}", answer.text);
    }
    assert_eq!(wechat.refund(&number, "F50", 1, 100, None).await.json["code"], "INVALID_REQUEST");
    fixture.ok("clock", json!({"advance_ms": 366 * 86_400_000_i64})).await;
    let number = wechat.number();
    fixture.ok("pay", json!({"code": wechat.create(&number, 100, "http://127.0.0.1:9/x").await})).await;
    fixture.ok("clock", json!({"advance_ms": 366 * 86_400_000_i64})).await;
    assert_eq!(wechat.refund(&number, "OLD", 1, 100, None).await.json["code"], "INVALID_REQUEST");
}
