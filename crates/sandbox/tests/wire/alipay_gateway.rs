//! Alipay over real HTTP: the gateway's request shapes, codes, refunds, callbacks; the v3 protocol.

use crate::common::alipay::{Alipay, Shape};
use crate::common::receiver::Receiver;
use crate::common::start;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test]
async fn every_request_shape_is_one_call() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    for shape in [Shape::Query, Shape::Mixed, Shape::Form] {
        let content =
            json!({"out_trade_no": alipay.number(), "total_amount": "0.01", "subject": "茶 & +% {"});
        let text = alipay.send(&alipay.params("alipay.trade.precreate", &content, &[]), shape).await.unwrap();
        assert_eq!(alipay.node("alipay.trade.precreate", &text)["code"], "10000", "{shape:?}: {text}");
    }
    // An absolute-form request target, as one SDK sends it.
    let content = json!({"out_trade_no": alipay.number(), "total_amount": "0.01", "subject": "x"});
    let params = alipay.params("alipay.trade.precreate", &content, &[]);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&params).finish();
    let address = fixture.running.address;
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST http://{address}/gateway.do?{query} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(alipay.node("alipay.trade.precreate", body)["code"], "10000");
}

#[tokio::test]
async fn gateway_errors_are_answers() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    let content = json!({"out_trade_no": "A1", "total_amount": "0.01", "subject": "x"});
    let good = alipay.params("alipay.trade.precreate", &content, &[]);
    let without = |name: &str| good.iter().filter(|(key, _)| key != name).cloned().collect::<Vec<_>>();
    let with = |name: &str, value: &str| {
        let mut params = without(name);
        params.push((name.into(), value.into()));
        params
    };
    let cases = [
        (with("biz_content", "{}"), "40002", "isv.invalid-signature"),
        (with("sign", "AAAA"), "40002", "isv.invalid-signature"),
        (with("app_id", "1"), "40002", "isv.invalid-app-id"),
        (with("timestamp", "now"), "40002", "isv.invalid-timestamp"),
        (with("sign_type", "MD5"), "40002", "isv.invalid-signature-type"),
        (with("charset", "latin"), "40002", "isv.invalid-charset"),
        (without("sign"), "40001", "isv.missing-signature"),
        (without("app_id"), "40001", "isv.missing-app-id"),
        (without("version"), "40001", "isv.missing-version"),
    ];
    for (params, code, sub_code) in cases {
        let node = alipay.node("alipay.trade.precreate", &alipay.send(&params, Shape::Form).await.unwrap());
        assert_eq!(
            (node["code"].as_str().unwrap(), node["sub_code"].as_str().unwrap()),
            (code, sub_code),
            "{node}"
        );
    }
    let text = alipay.send(&with("method", "alipay.no.such"), Shape::Form).await.unwrap();
    assert!(text.starts_with("{\"error_response\":{"), "{text}");
}

#[tokio::test]
async fn a_code_is_no_trade_before_the_scan() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let alipay = Alipay::new(&fixture, 0);
    let number = alipay.number();
    let code = alipay.precreate(&number, "12.34", &receiver.url).await;
    assert!(code.starts_with("https://qr.alipay.com/bax"), "{code}");
    for method in ["alipay.trade.query", "alipay.trade.close"] {
        let node = alipay.call(method, json!({"out_trade_no": number})).await;
        assert_eq!(
            (&node["code"], &node["sub_code"]),
            (&json!("40004"), &json!("ACQ.TRADE_NOT_EXIST")),
            "{method}"
        );
    }
    let cancelled = alipay.call("alipay.trade.cancel", json!({"out_trade_no": number})).await;
    assert_eq!(
        (&cancelled["code"], &cancelled["retry_flag"], cancelled.get("action")),
        (&json!("10000"), &json!("N"), None)
    );
    fixture.ok("scan", json!({"code": code})).await;
    assert_eq!(alipay.query(&number).await["trade_status"], "WAIT_BUYER_PAY");
    fixture.ok("pay", json!({"code": code})).await;
    let received = receiver.wait(1).await;
    let fields = alipay.open(&received[0]).expect("genuine");
    let field =
        |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    assert_eq!(
        (field("trade_status"), field("total_amount"), field("out_trade_no")),
        ("TRADE_SUCCESS", "12.34", number.as_str())
    );
    assert_eq!(
        (field("seller_id"), field("app_id")),
        (alipay.json.seller_id.as_str(), alipay.json.app_id.as_str())
    );
    let queried = alipay.query(&number).await;
    assert_eq!(
        (&queried["trade_status"], &queried["total_amount"]),
        (&json!("TRADE_SUCCESS"), &json!("12.34"))
    );
    assert_eq!(queried["trade_no"], field("trade_no"));
    let closed = alipay.call("alipay.trade.close", json!({"out_trade_no": number})).await;
    assert_eq!(closed["sub_code"], "ACQ.TRADE_STATUS_ERROR");
}

#[tokio::test]
async fn payment_codes_carry_their_outcome() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    let cases = [
        ("280012345678901234", "10000", ""),
        ("280112345678901234", "10003", ""),
        ("280212345678901234", "40004", "ACQ.BUYER_BALANCE_NOT_ENOUGH"),
        ("280312345678901234", "40004", "ACQ.PAYMENT_AUTH_CODE_INVALID"),
        ("280012345678901234", "40004", "ACQ.PAYMENT_AUTH_CODE_INVALID"),
        ("130012345678901234", "40004", "ACQ.PAYMENT_AUTH_CODE_INVALID"),
    ];
    for (code, expected, sub_code) in cases {
        let node = alipay.pay(&alipay.number(), "1.00", code).await;
        let said = (node["code"].as_str().unwrap(), node["sub_code"].as_str().unwrap_or_default());
        assert_eq!(said, (expected, sub_code), "{code}");
    }
    for (outcome, expected) in [("04", "TRADE_SUCCESS"), ("05", "WAIT_BUYER_PAY")] {
        let number = alipay.number();
        let code = format!("28{outcome}55556666777788");
        let content = json!({"out_trade_no": number, "total_amount": "1", "subject": "x", "auth_code": code});
        assert!(alipay.send(&alipay.params("alipay.trade.pay", &content, &[]), Shape::Mixed).await.is_err());
        assert_eq!(alipay.query(&number).await["trade_status"], expected);
    }
}

#[tokio::test]
async fn cancel_says_what_it_did() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    for (code, action) in [("280098765432109876", "refund"), ("280698765432109876", "close")] {
        let number = alipay.number();
        alipay.pay(&number, "3.00", code).await;
        for _ in 0..2 {
            let node = alipay.call("alipay.trade.cancel", json!({"out_trade_no": number})).await;
            assert_eq!(
                (&node["code"], &node["retry_flag"], &node["action"]),
                (&json!("10000"), &json!("N"), &json!(action))
            );
        }
        assert_eq!(alipay.query(&number).await["trade_status"], "TRADE_CLOSED");
    }
    let number = alipay.number();
    alipay.pay(&number, "3.00", "280011112222333344").await;
    fixture.ok("clock", json!({"advance_ms": 86_400_000})).await;
    let late = alipay.call("alipay.trade.cancel", json!({"out_trade_no": number})).await;
    assert_eq!((&late["code"], &late["sub_code"]), (&json!("40004"), &json!("ACQ.TRADE_CANCEL_TIME_OUT")));
}

#[tokio::test]
async fn refunds_count_up() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    let number = alipay.number();
    alipay.pay(&number, "10.00", "280022223333444455").await;
    let cases = [
        (Some("R1"), "4.00", "10000", "Y", "4.00"),
        (Some("R1"), "4.00", "10000", "N", "4.00"),
        (Some("R1"), "4.01", "40004", "ACQ.DISCORDANT_REPEAT_REQUEST", ""),
        (Some("R2"), "6.01", "40004", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", ""),
        (None, "6.00", "40004", "ACQ.INVALID_PARAMETER", ""),
        (Some("R2"), "6.00", "10000", "Y", "10.00"),
    ];
    for (request_no, amount, code, said, sum) in cases {
        let mut content = json!({"out_trade_no": number, "refund_amount": amount});
        if let Some(request_no) = request_no {
            content["out_request_no"] = json!(request_no);
        }
        let node = alipay.call("alipay.trade.refund", content).await;
        let heard = node["sub_code"].as_str().or(node["fund_change"].as_str()).unwrap();
        assert_eq!((node["code"].as_str().unwrap(), heard), (code, said), "{request_no:?} {amount}");
        assert_eq!(node["refund_fee"].as_str().unwrap_or_default(), sum);
    }
    assert_eq!(alipay.query(&number).await["trade_status"], "TRADE_CLOSED");
    let known = alipay
        .call("alipay.trade.fastpay.refund.query", json!({"out_trade_no": number, "out_request_no": "R2"}))
        .await;
    assert_eq!(
        (&known["refund_status"], &known["refund_amount"]),
        (&json!("REFUND_SUCCESS"), &json!("6.00"))
    );
    let unknown = alipay
        .call("alipay.trade.fastpay.refund.query", json!({"out_trade_no": number, "out_request_no": "R9"}))
        .await;
    assert_eq!((&unknown["code"], unknown.get("refund_status")), (&json!("10000"), None::<&Value>));
}

#[tokio::test]
async fn a_callback_is_repeated_until_success() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let alipay = Alipay::new(&fixture, 0);
    receiver.answer(&[(500, "no"), (200, "SUCCESS?"), (200, "success")]);
    fixture.ok("clock", json!({"scale": 10_000})).await;
    let number = alipay.number();
    let code = alipay.precreate(&number, "1.00", &receiver.url).await;
    fixture.ok("pay", json!({"code": code})).await;
    let received = receiver.wait(3).await;
    let id = |index: usize| {
        let fields = alipay.open(&received[index]).unwrap();
        fields.into_iter().find(|(name, _)| name == "notify_id").unwrap().1
    };
    assert_eq!((id(0), id(1)), (id(1), id(2)), "the event's id stays");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(receiver.received().len(), 3, "taken is taken");
}

#[tokio::test]
async fn v3_is_the_same_with_real_status_codes() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    let number = alipay.number();
    let order = json!({"out_trade_no": number, "total_amount": "5.00", "subject": "茶", "notify_url": "http://127.0.0.1:9/x"});
    let (status, made) = alipay.v3("POST", "/v3/alipay/trade/precreate", &order).await;
    assert_eq!((status, made.get("code")), (200, None), "{made}");
    let named = json!({"out_trade_no": number});
    let (status, unknown) = alipay.v3("POST", "/v3/alipay/trade/query", &named).await;
    assert_eq!((status, &unknown["code"]), (400, &json!("ACQ.TRADE_NOT_EXIST")));
    fixture.ok("pay", json!({"code": made["qr_code"]})).await;
    assert_eq!(alipay.v3("POST", "/v3/alipay/trade/query", &named).await.1["trade_status"], "TRADE_SUCCESS");
    let refund = json!({"out_trade_no": number, "refund_amount": "2.00", "out_request_no": "V3"});
    assert_eq!(alipay.v3("POST", "/v3/alipay/trade/refund", &refund).await.1["refund_fee"], "2.00");
    let code = format!("2801{:014}", crate::common::unique());
    let asked = json!({"out_trade_no": alipay.number(), "total_amount": "1", "subject": "x", "auth_code": code, "scene": "bar_code"});
    let (status, waiting) = alipay.v3("POST", "/v3/alipay/trade/pay", &asked).await;
    assert_eq!((status, &waiting["code"]), (400, &json!("ORDER_SUCCESS_PAY_INPROCESS")));
    assert_eq!(alipay.v3("POST", "/v3/alipay/no/such", &named).await.0, 404);
    fixture.ok("faults", json!({"channel": "alipay", "fault": "error_before", "next": 1})).await;
    assert_eq!(alipay.v3("POST", "/v3/alipay/trade/query", &named).await.0, 500);
    let response = fixture.http.post(fixture.url("/v3/alipay/trade/query")).body("{}").send().await.unwrap();
    assert_eq!(response.status(), 401);
}
