//! WeChat Pay v2: XML code payment with MD5 and HMAC-SHA256 signatures.

use std::collections::BTreeMap;

use crate::common::wechat::Wechat;
use crate::common::{start, unique};
use serde_json::json;

pub type Fields = BTreeMap<String, String>;

/// `HMAC-SHA256`, or MD5 by the digests of the tests' own (not the sandbox's) making.
pub fn signed(wechat: &Wechat, pairs: &[(&str, &str)]) -> Fields {
    let mut fields: Fields = [
        ("appid", wechat.json.appid.as_str()),
        ("mch_id", wechat.json.mchid.as_str()),
        ("nonce_str", "abcdef"),
        ("sign_type", "HMAC-SHA256"),
    ]
    .iter()
    .chain(pairs)
    .map(|(name, value)| (name.to_string(), value.to_string()))
    .collect();
    let sign = hmac(&fields, &wechat.json.apiv2_key);
    fields.insert("sign".into(), sign);
    fields
}

fn hmac(fields: &Fields, key: &str) -> String {
    let mut text: String = fields
        .iter()
        .filter(|(n, v)| *n != "sign" && !v.is_empty())
        .map(|(n, v)| format!("{n}={v}&"))
        .collect();
    text += &format!("key={key}");
    let hmac_key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&hmac_key, text.as_bytes());
    tag.as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
}

async fn send(wechat: &Wechat, path: &str, fields: &Fields) -> Fields {
    parsed(&send_raw(wechat, path, fields).await)
}

pub async fn send_raw(wechat: &Wechat, path: &str, fields: &Fields) -> String {
    let body: String = fields.iter().map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
    let response = reqwest::Client::new()
        .post(format!("{}{path}", wechat.base_url))
        .header("content-type", "text/xml")
        .body(format!("<xml>{body}</xml>"))
        .send()
        .await
        .unwrap();
    response.text().await.unwrap()
}

/// The fields of a message.
pub fn parsed(text: &str) -> Fields {
    text.split("<![CDATA[")
        .collect::<Vec<_>>()
        .windows(2)
        .map(|pair| {
            let name = pair[0].rsplit('<').next().unwrap().trim_end_matches('>').to_string();
            (name, pair[1].split("]]>").next().unwrap().to_string())
        })
        .collect()
}

/// A call whose answer must be signed; the fields.
pub async fn call(wechat: &Wechat, path: &str, pairs: &[(&str, &str)]) -> Fields {
    let answer = send(wechat, path, &signed(wechat, pairs)).await;
    assert_eq!(answer["return_code"], "SUCCESS", "{answer:?}");
    assert_eq!(answer["sign"], hmac(&answer, &wechat.json.apiv2_key), "{answer:?}");
    answer
}

async fn micropay(wechat: &Wechat, number: &str, code: &str) -> Fields {
    let pairs = [
        ("body", "tea"),
        ("out_trade_no", number),
        ("total_fee", "100"),
        ("spbill_create_ip", "10.0.0.1"),
        ("auth_code", code),
    ];
    call(wechat, "/pay/micropay", &pairs).await
}

#[tokio::test]
async fn codes_and_their_outcomes() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let cases = [
        ("00", "SUCCESS", ""),
        ("01", "FAIL", "USERPAYING"),
        ("02", "FAIL", "NOTENOUGH"),
        ("03", "FAIL", "AUTHCODEEXPIRE"),
        ("77", "FAIL", "AUTH_CODE_INVALID"),
    ];
    for (outcome, result, code) in cases {
        let answer = micropay(&wechat, &wechat.number(), &format!("13{outcome}{:014}", unique())).await;
        let said = answer.get("err_code").map(String::as_str).unwrap_or_default();
        assert_eq!((answer["result_code"].as_str(), said), (result, code), "{answer:?}");
    }
}

#[tokio::test]
async fn pay_query_refund_reverse() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    let paid = micropay(&wechat, &number, &format!("1300{:014}", unique())).await;
    assert_eq!((paid["trade_type"].as_str(), paid["total_fee"].as_str()), ("MICROPAY", "100"));
    let queried = call(&wechat, "/pay/orderquery", &[("out_trade_no", &number)]).await;
    assert_eq!(
        (queried["trade_state"].as_str(), &queried["transaction_id"]),
        ("SUCCESS", &paid["transaction_id"])
    );
    assert_eq!(wechat.query(&number).await.json["trade_state"], "SUCCESS", "v3 sees the same order");
    let refund = [
        ("out_trade_no", number.as_str()),
        ("out_refund_no", "V2R"),
        ("total_fee", "100"),
        ("refund_fee", "40"),
    ];
    assert_eq!(call(&wechat, "/secapi/pay/refund", &refund).await["refund_fee"], "40");
    let too_much = [
        ("out_trade_no", number.as_str()),
        ("out_refund_no", "V2S"),
        ("total_fee", "100"),
        ("refund_fee", "61"),
    ];
    assert_eq!(call(&wechat, "/secapi/pay/refund", &too_much).await["err_code"], "INVALID_REQUEST");
    assert_eq!(call(&wechat, "/pay/refundquery", &[("out_refund_no", "V2R")]).await["refund_count"], "1");
    let reversed = call(&wechat, "/secapi/pay/reverse", &[("out_trade_no", &number)]).await;
    assert_eq!(reversed["err_code"], "TRADE_ERROR");
    let number = wechat.number();
    micropay(&wechat, &number, &format!("1306{:014}", unique())).await;
    fixture.ok("faults", json!({"channel": "wechat", "fault": "retry_cancel", "next": 1})).await;
    assert_eq!(call(&wechat, "/secapi/pay/reverse", &[("out_trade_no", &number)]).await["recall"], "Y");
    assert_eq!(call(&wechat, "/secapi/pay/reverse", &[("out_trade_no", &number)]).await["recall"], "N");
    assert_eq!(
        call(&wechat, "/pay/orderquery", &[("out_trade_no", &number)]).await["trade_state"],
        "REVOKED"
    );
    assert_eq!(
        call(&wechat, "/pay/orderquery", &[("out_trade_no", "NONE")]).await["err_code"],
        "ORDERNOTEXIST"
    );
}

#[tokio::test]
async fn a_wrong_signature_fails_the_message() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let mut fields = signed(&wechat, &[("out_trade_no", "X")]);
    fields.insert("out_trade_no".into(), "Y".into());
    let answer = send(&wechat, "/pay/orderquery", &fields).await;
    assert_eq!((answer["return_code"].as_str(), answer.get("sign")), ("FAIL", None));
    fixture.ok("faults", json!({"channel": "wechat", "fault": "error_before", "next": 1})).await;
    let answer = call(&wechat, "/pay/orderquery", &[("out_trade_no", "X")]).await;
    assert_eq!(answer["err_code"], "SYSTEMERROR");
}
