//! What client libraries of Alipay ask for beside payments: sealed contents, tokens, months of bills, faces, refunds that are told of.

use aws_lc_rs::cipher::{
    AES_128, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::bills::today;
use crate::common::alipay::{Alipay, Shape};
use crate::common::receiver::Receiver;
use crate::common::start;

const ZEROS: [u8; 16] = [0; 16];

fn key(alipay: &Alipay) -> UnboundCipherKey {
    UnboundCipherKey::new(&AES_128, &STANDARD.decode(&alipay.json.encrypt_key).unwrap()).unwrap()
}

fn seal(alipay: &Alipay, plain: &str) -> String {
    let mut buffer = plain.as_bytes().to_vec();
    let start = EncryptionContext::Iv128(FixedLength::from(ZEROS));
    PaddedBlockEncryptingKey::cbc_pkcs7(key(alipay)).unwrap().less_safe_encrypt(&mut buffer, start).unwrap();
    STANDARD.encode(buffer)
}

fn unseal(alipay: &Alipay, sealed: &str) -> Value {
    let mut buffer = STANDARD.decode(sealed).unwrap();
    let start = DecryptionContext::Iv128(FixedLength::from(ZEROS));
    let opened =
        PaddedBlockDecryptingKey::cbc_pkcs7(key(alipay)).unwrap().decrypt(&mut buffer, start).unwrap();
    serde_json::from_slice(opened).unwrap()
}

#[tokio::test]
async fn contents_travel_sealed() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    let number = alipay.number();
    let method = "alipay.trade.pay";
    let content = json!({"out_trade_no": number, "total_amount": "1.00", "subject": "茶", "scene": "bar_code", "auth_code": "280012345678900001"});
    for (content, code) in [(seal(&alipay, &content.to_string()), "10000"), ("bm9wZQ==".into(), "40002")] {
        let more = [("encrypt_type", "AES"), ("biz_content", content.as_str())];
        let text = alipay.send(&alipay.bare(method, &more), Shape::Form).await.unwrap();
        let node = unseal(&alipay, alipay.node(method, &text).as_str().expect("a sealed node"));
        assert_eq!(node["code"], code, "{node}");
    }
    assert_eq!(alipay.query(&number).await["trade_status"], "TRADE_SUCCESS");
    let path = "/v3/alipay/trade/query";
    let sealed = seal(&alipay, &json!({"out_trade_no": number}).to_string());
    let (status, text) = alipay.v3_text("POST", path, &sealed, &[("alipay-encrypt-type", "AES")]).await;
    assert_eq!((status, unseal(&alipay, &text)["trade_status"].clone()), (200, json!("TRADE_SUCCESS")));
    let (status, text) = alipay.v3_text("POST", path, "bm9wZQ==", &[("alipay-encrypt-type", "AES")]).await;
    assert!(status == 400 && text.contains("isv.decryption-error"), "{text}");
}

#[tokio::test]
async fn a_token_acts_for_its_merchant() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let (shop, agent) = (Alipay::new(&fixture, 0), Alipay::new(&fixture, 1));
    let number = shop.number();
    let token = shop.json.app_auth_token.clone();
    let content = json!({"out_trade_no": number, "total_amount": "5.00", "subject": "tea"});
    let more = [("app_auth_token", token.as_str()), ("notify_url", receiver.url.as_str())];
    let made = agent.call_with("alipay.trade.precreate", content.clone(), &more).await;
    fixture.ok("pay", json!({"code": made["qr_code"]})).await;
    let received = receiver.wait(1).await;
    let fields = agent.open(&received[0]).expect("genuine");
    let field =
        |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    assert_eq!(
        [field("app_id"), field("auth_app_id"), field("seller_id")],
        [agent.json.app_id.as_str(), shop.json.app_id.as_str(), shop.json.seller_id.as_str()]
    );
    assert_eq!(shop.query(&number).await["trade_status"], "TRADE_SUCCESS", "the shop's own trade");
    assert_eq!(agent.query(&number).await["sub_code"], "ACQ.TRADE_NOT_EXIST", "not the agent's");
    let wrong =
        agent.call_with("alipay.trade.precreate", content, &[("app_auth_token", "202606BBnobody")]).await;
    assert_eq!((&wrong["code"], &wrong["sub_code"]), (&json!("20001"), &json!("aop.invalid-app-auth-token")));
    let body = json!({"out_trade_no": number}).to_string();
    for (token, status) in [(token.as_str(), 200), ("nobody", 401)] {
        let headers = [("alipay-app-auth-token", token)];
        assert_eq!(
            agent.v3_text("POST", "/v3/alipay/trade/query", &body, &headers).await.0,
            status,
            "{token}"
        );
    }
}

#[tokio::test]
async fn a_month_has_a_bill() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    alipay.pay(&alipay.number(), "10.00", "280012345678900002").await;
    let month = today(&fixture).await[..7].to_string();
    let method = "alipay.data.dataservice.bill.downloadurl.query";
    let cases = [(month.as_str(), "10000"), ("2019-01", "40004"), ("2999-01", "40004"), ("2026-13", "40004")];
    for (month, code) in cases {
        let node = alipay.call(method, json!({"bill_type": "trade", "bill_date": month})).await;
        assert_eq!(node["code"], code, "{month}: {node}");
        let Some(url) = node["bill_download_url"].as_str() else { continue };
        let bytes = reqwest::get(url).await.unwrap().bytes().await.unwrap();
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let name = encoding_rs::GBK.decode(zip.by_index(0).unwrap().name_raw()).0.into_owned();
        assert_eq!(name, format!("{}0156_{}_业务明细.csv", alipay.json.seller_id, month.replace('-', "")));
    }
}

#[tokio::test]
async fn faces_pay_and_old_trades_are_finished() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    for (code, expected) in
        [("fp00aaaabbbbccccdddd", "10000"), ("fp02aaaabbbbccccdddd", "40004"), ("fpshort", "40004")]
    {
        let content = json!({"out_trade_no": alipay.number(), "total_amount": "1.00", "subject": "tea", "scene": "security_code", "auth_code": code});
        assert_eq!(alipay.call("alipay.trade.pay", content).await["code"], expected, "{code}");
    }
    let number = alipay.number();
    alipay.pay(&number, "1.00", "280012345678900003").await;
    fixture.ok("clock", json!({"advance_ms": 366_i64 * 86_400_000})).await;
    assert_eq!(alipay.query(&number).await["trade_status"], "TRADE_FINISHED");
    let content = json!({"out_trade_no": number, "refund_amount": "1.00"});
    assert_eq!(alipay.call("alipay.trade.refund", content).await["sub_code"], "ACQ.TRADE_HAS_FINISHED");
}

#[tokio::test]
async fn refunds_are_told_of_where_a_test_wants_it() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let alipay = Alipay::new(&fixture, 0);
    let number = alipay.number();
    let code = alipay.precreate(&number, "3.00", &receiver.url).await;
    fixture.ok("pay", json!({"code": code})).await;
    receiver.wait(1).await;
    fixture.ok("faults", json!({"channel": "alipay", "fault": "refund_told", "next": 2})).await;
    for (index, (amount, sum, status)) in
        [("1.00", "1.00", "TRADE_SUCCESS"), ("2.00", "3.00", "TRADE_CLOSED")].into_iter().enumerate()
    {
        let content =
            json!({"out_trade_no": number, "refund_amount": amount, "out_request_no": format!("T{index}")});
        assert_eq!(alipay.call("alipay.trade.refund", content).await["fund_change"], "Y");
        let received = receiver.wait(index + 2).await;
        let fields = alipay.open(&received[index + 1]).expect("genuine");
        let field =
            |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        assert_eq!([field("refund_fee"), field("trade_status")], [sum, status]);
        assert_eq!(field("out_biz_no"), format!("T{index}"));
    }
    alipay.call("alipay.trade.query", json!({"out_trade_no": number})).await;
}

#[tokio::test]
async fn v3_signs_in_and_answers_are_traced() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!(
        "{}?app_id={}&redirect_uri=http%3A%2F%2Fx.example%2F",
        alipay.json.authorize_url, alipay.json.app_id
    );
    let to = browser.get(url).send().await.unwrap().headers()["location"].to_str().unwrap().to_string();
    let code = to.split("auth_code=").nth(1).unwrap().split('&').next().unwrap().to_string();
    for (code, status) in [(code.as_str(), 200), ("used", 400)] {
        let body = json!({"grant_type": "authorization_code", "code": code});
        let (said, answer) = alipay.v3("POST", "/v3/alipay/system/oauth/token", &body).await;
        assert_eq!((said, answer["user_id"].is_string()), (status, status == 200), "{answer}");
    }
    let params = alipay.params("alipay.trade.query", &json!({"out_trade_no": "NONE"}), &[]);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&params).finish();
    let answer = reqwest::get(format!("{}?{query}", alipay.json.gateway_url)).await.unwrap();
    assert_eq!(answer.headers()["trace_id"].len(), 32);
}
