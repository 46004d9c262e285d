//! Alipay+ over real HTTP: signatures with the path, codes, money in three currencies, refunds, callbacks.

use crate::common::alipay::Alipay;
use crate::common::receiver::Receiver;
use crate::common::{Fixture, private_key, sign, start, unique, verifies};
use aws_lc_rs::rsa::KeyPair;
use sandbox::AlipayPlusJson;
use serde_json::{Value, json};

struct Ams {
    json: AlipayPlusJson,
    key: KeyPair,
    http: reqwest::Client,
}

impl Ams {
    fn new(fixture: &Fixture) -> Self {
        let json = fixture.running.json.alipay_plus.clone();
        let key = private_key(&json.client_private_key);
        Ams { json, key, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn send(&self, name: &str, body: &Value, forged: bool) -> Result<Value, reqwest::Error> {
        let path = format!("/ams/sandbox/api/v1/payments/{name}");
        let time = "2026-06-01T08:00:00+08:00";
        let text =
            format!("POST {path}\n{}.{time}.{body}{}", self.json.client_id, if forged { "x" } else { "" });
        let signature: String =
            form_urlencoded::byte_serialize(sign(&self.key, text.as_bytes()).as_bytes()).collect();
        let request = self
            .http
            .post(format!("{}{path}", self.json.gateway_url))
            .header("client-id", &self.json.client_id)
            .header("request-time", time)
            .header("signature", format!("algorithm=RSA256,keyVersion=1,signature={signature}"))
            .body(body.to_string());
        let response = request.send().await?;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_string();
        let (time, signature) = (header("response-time"), header("signature"));
        let text = response.text().await?;
        self.check(&path, &time, &signature, &text);
        Ok(serde_json::from_str(&text).unwrap())
    }

    fn check(&self, path: &str, time: &str, signature: &str, body: &str) {
        let encoded = format!("s={}", signature.split("signature=").nth(1).unwrap());
        let decoded = form_urlencoded::parse(encoded.as_bytes()).next().unwrap().1.into_owned();
        let text = format!("POST {path}\n{}.{time}.{body}", self.json.client_id);
        assert!(verifies(&self.json.alipay_plus_public_key, text.as_bytes(), &decoded), "{body}");
    }

    async fn call(&self, name: &str, body: Value) -> Value {
        self.send(name, &body, false).await.unwrap()
    }

    fn payment(&self, number: &str, value: &str, currency: &str, code: &str, notify_url: &str) -> Value {
        let amount = json!({"currency": currency, "value": value});
        json!({
            "productCode": "IN_STORE_PAYMENT", "paymentRequestId": number, "paymentAmount": amount,
            "order": {"referenceOrderId": number, "orderDescription": "tea", "orderAmount": amount},
            "paymentMethod": {"paymentMethodType": "CONNECT_WALLET", "paymentMethodId": code},
            "paymentFactor": {"inStorePaymentScenario": if code.is_empty() { "OrderCode" } else { "PaymentCode" }},
            "paymentNotifyUrl": notify_url, "settlementStrategy": {"settlementCurrency": "USD"},
        })
    }
}

fn code(outcome: &str) -> String {
    format!("28{outcome}{:015}", unique())
}

#[tokio::test]
async fn codes_and_their_outcomes() {
    let fixture = start().await;
    let ams = Ams::new(&fixture);
    let cases = [
        ("00", "S", "SUCCESS", "SUCCESS"),
        ("01", "U", "PAYMENT_IN_PROCESS", "PROCESSING"),
        ("02", "F", "USER_BALANCE_NOT_ENOUGH", "FAIL"),
    ];
    for (outcome, status, result, inquired) in cases {
        let number = format!("AP{}", unique());
        let body = ams.payment(&number, "1000", "CNY", &code(outcome), "http://127.0.0.1:9/x");
        let answer = ams.call("pay", body.clone()).await;
        assert_eq!(
            (&answer["result"]["resultStatus"], &answer["result"]["resultCode"]),
            (&json!(status), &json!(result))
        );
        let found = ams.call("inquiryPayment", json!({"paymentRequestId": number})).await;
        assert_eq!(found["paymentStatus"], inquired, "{found}");
        let mut other = body;
        other["paymentAmount"]["value"] = json!("1001");
        assert_eq!(ams.call("pay", other).await["result"]["resultCode"], "REPEAT_REQ_INCONSISTENT");
    }
    for (bad, result) in [(code("03"), "EXPIRED_CODE"), ("123".into(), "INVALID_CODE")] {
        let body = ams.payment(&format!("AP{}", unique()), "1000", "CNY", &bad, "http://127.0.0.1:9/x");
        assert_eq!(ams.call("pay", body).await["result"]["resultCode"], result);
    }
    let unsigned = ams.send("inquiryPayment", &json!({"paymentRequestId": "x"}), true).await.unwrap();
    assert_eq!(unsigned["result"]["resultCode"], "INVALID_SIGNATURE");
    assert_eq!(
        ams.call("inquiryPayment", json!({"paymentRequestId": "x"})).await["result"]["resultCode"],
        "ORDER_NOT_EXIST"
    );
}

#[tokio::test]
async fn three_currencies_and_their_rates() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let ams = Ams::new(&fixture);
    let balance = || async {
        let wallets = fixture.get("wallets").await;
        let wallet = wallets["wallets"]
            .as_array()
            .unwrap()
            .iter()
            .find(|w| w["channel"] == "alipay_plus")
            .unwrap()
            .clone();
        wallet["balance"]["value"].as_i64().unwrap()
    };
    let before = balance().await;
    let number = format!("AP{}", unique());
    let body = ams.payment(&number, "7100", "CNY", &code("00"), &receiver.url);
    let paid = ams.call("pay", body).await;
    assert_eq!(paid["paymentAmount"], json!({"currency": "CNY", "value": "7100"}));
    assert_eq!(paid["settlementAmount"], json!({"currency": "USD", "value": "1000"}));
    assert_eq!(paid["settlementQuote"]["quoteCurrencyPair"], "CNY/USD");
    assert_eq!(paid["customerAmount"], json!({"currency": "HKD", "value": "7785"}));
    assert_eq!(before - balance().await, 7785);
    let received = receiver.wait(1).await;
    ams.check(
        "/notify",
        received[0].header("request-time"),
        received[0].header("signature"),
        &received[0].body,
    );
    let told: Value = serde_json::from_str(&received[0].body).unwrap();
    assert_eq!((&told["notifyType"], &told["paymentRequestId"]), (&json!("PAYMENT_RESULT"), &json!(number)));
    let refund = |id: &str, value: &str| json!({"paymentId": paid["paymentId"], "refundRequestId": id, "refundAmount": {"currency": "CNY", "value": value}});
    assert_eq!(ams.call("refund", refund("R1", "7000")).await["result"]["resultStatus"], "S");
    assert_eq!(ams.call("refund", refund("R1", "7000")).await["result"]["resultStatus"], "S");
    assert_eq!(ams.call("refund", refund("R2", "101")).await["result"]["resultCode"], "REFUND_AMOUNT_EXCEED");
    let found = ams.call("inquiryRefund", json!({"refundRequestId": "R1"})).await;
    assert_eq!(
        (&found["refundStatus"], &found["refundAmount"]["value"]),
        (&json!("SUCCESS"), &json!("7000"))
    );
}

#[tokio::test]
async fn an_order_code_is_scanned_or_cancelled() {
    let fixture = start().await;
    let ams = Ams::new(&fixture);
    for (pays, expected) in [(true, "SUCCESS"), (false, "CANCELLED")] {
        let number = format!("AP{}", unique());
        let shown = ams.call("pay", ams.payment(&number, "500", "HKD", "", "http://127.0.0.1:9/x")).await;
        let code = shown["orderCodeForm"]["codeDetails"][0]["codeValue"].clone();
        if pays {
            fixture.ok("pay", json!({"code": code})).await;
        } else {
            assert_eq!(
                ams.call("cancel", json!({"paymentRequestId": number})).await["result"]["resultStatus"],
                "S"
            );
        }
        assert_eq!(
            ams.call("inquiryPayment", json!({"paymentRequestId": number})).await["paymentStatus"],
            expected
        );
    }
    fixture.ok("faults", json!({"channel": "alipay_plus", "fault": "error_after", "next": 1})).await;
    let number = format!("AP{}", unique());
    let unknown =
        ams.call("pay", ams.payment(&number, "500", "HKD", &code("00"), "http://127.0.0.1:9/x")).await;
    assert_eq!(unknown["result"]["resultStatus"], "U");
    assert_eq!(
        ams.call("inquiryPayment", json!({"paymentRequestId": number})).await["paymentStatus"],
        "SUCCESS"
    );
}

#[tokio::test]
async fn no_refund_but_wechat_pays_rests_until_it_is_repaired() {
    let fixture = start().await;
    let (ams, alipay) = (Ams::new(&fixture), Alipay::new(&fixture, 0));
    fixture.ok("faults", json!({"fault": "refund_abnormal", "rate": 1})).await;
    let number = format!("AP{}", unique());
    let paid = ams.call("pay", ams.payment(&number, "500", "CNY", &code("00"), "http://127.0.0.1:9/x")).await;
    let back = json!({"paymentId": paid["paymentId"], "refundRequestId": "N1", "refundAmount": {"currency": "CNY", "value": "500"}});
    assert_eq!(ams.call("refund", back).await["result"]["resultStatus"], "S");
    let number = alipay.number();
    alipay.pay(&number, "5.00", "280044445555666677").await;
    let back = json!({"out_trade_no": number, "refund_amount": "5.00", "out_request_no": "N1"});
    assert_eq!(alipay.call("alipay.trade.refund", back).await["fund_change"], "Y");
    for _ in 0..2 {
        let ended = ams.call("inquiryRefund", json!({"refundRequestId": "N1"})).await;
        assert_eq!(ended["refundStatus"], "SUCCESS");
        let asked = json!({"out_trade_no": number, "out_request_no": "N1"});
        let ended = alipay.call("alipay.trade.fastpay.refund.query", asked).await;
        assert_eq!(ended["refund_status"], "REFUND_SUCCESS");
        assert_eq!(fixture.ok("repair-refunds", json!({})).await["repaired"], 0);
    }
    for channel in ["alipay", "alipay_plus"] {
        let body = json!({"channel": channel, "fault": "refund_abnormal", "next": 1});
        let (status, said) = fixture.control("POST", "faults", body).await;
        assert_eq!((status, &said["code"]), (400, &json!("invalid_fault")), "{said}");
    }
}
