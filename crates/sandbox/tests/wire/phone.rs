//! The telephone's pages: both languages, and a payment by links and forms alone.

use crate::common::alipay::Alipay;
use crate::common::wechat::Wechat;
use crate::common::{Fixture, start};
use serde_json::json;

async fn page(fixture: &Fixture, path: &str) -> String {
    let response =
        fixture.http.get(fixture.url(path)).header("accept-language", "en-GB,en").send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.text().await.unwrap()
}

fn hidden(html: &str, name: &str) -> String {
    let at = html.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {html}"));
    let rest = &html[at + name.len() + 15..];
    rest.split('"').next().unwrap().to_string()
}

#[tokio::test]
async fn it_speaks_both_languages() {
    let fixture = start().await;
    for (path, accept, says) in [
        ("/phone", "en-GB,en;q=0.9", "Scan"),
        ("/phone", "zh-CN,zh;q=0.9,en;q=0.8", "扫一扫"),
        ("/phone?tab=code&lang=zh", "en", "付款码"),
        ("/phone?tab=bills&wallet=alipay", "en", "Bills"),
        ("/phone/trade?trade=999", "en", "no such payment"),
        ("/phone/scan?code=<script>", "en", "not a payment code"),
    ] {
        let response =
            fixture.http.get(fixture.url(path)).header("accept-language", accept).send().await.unwrap();
        let html = response.text().await.unwrap();
        assert!(html.contains(says), "{path} {accept}: {html}");
        assert!(!html.contains("<script>"), "escaped");
    }
}

#[tokio::test]
async fn a_code_is_paid_by_link_and_form() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    let number = alipay.number();
    let code = alipay.precreate(&number, "8.00", "http://127.0.0.1:9/x").await;
    assert!(page(&fixture, "/phone").await.contains(">8<span class=\"minor\">.00"));
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("code", &code).finish();
    assert!(page(&fixture, &format!("/phone/scan?wallet=wechat&{query}")).await.contains("Another wallet"));
    let sheet = page(&fixture, &format!("/phone/scan?wallet=alipay&payer=li&{query}")).await;
    assert_eq!(alipay.query(&number).await["trade_status"], "WAIT_BUYER_PAY");
    let form = format!("trade={}&wallet=alipay&payer=li", hidden(&sheet, "trade"));
    let response = fixture.http.post(fixture.url("/phone/pay")).body(form).send().await.unwrap();
    assert!(response.text().await.unwrap().contains("Paid"));
    assert_eq!(alipay.query(&number).await["trade_status"], "TRADE_SUCCESS");
    assert!(page(&fixture, "/phone?wallet=alipay&payer=li&tab=bills").await.contains("一杯茶"));
}

#[tokio::test]
async fn the_shown_code_rings() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let html = page(&fixture, "/phone?tab=code&outcome=01&payer=li").await;
    let code = html.split("data-code=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
    assert!(code.starts_with("1301"), "{code}");
    let number = wechat.number();
    assert_eq!(wechat.codepay(&number, 100, &code).await.status, 202);
    let live = fixture
        .http
        .get(fixture.url("/phone/live?tab=code&payer=li"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let live: serde_json::Value = serde_json::from_str(&live).unwrap();
    let prompt = page(&fixture, live["go"].as_str().expect("rings")).await;
    let form = format!("trade={}&wallet=wechat&payer=li", hidden(&prompt, "trade"));
    fixture.http.post(fixture.url("/phone/confirm")).body(form).send().await.unwrap();
    assert_eq!(wechat.query(&number).await.json["trade_state"], "SUCCESS");
    assert_eq!(
        fixture.get("history?payer=li").await["history"][0]["amount"],
        json!({"value": 100, "currency": "CNY"})
    );
}

#[tokio::test]
async fn a_page_inside_the_wallet_pays_and_comes_back() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    let mut order = wechat.native(&number, 700, "http://127.0.0.1:9/x");
    order["payer"] = json!({"openid": wechat.json.openid});
    let made = wechat.call("POST", "/v3/pay/transactions/jsapi", order).await;
    let package = format!("prepay_id={}", made.json["prepay_id"].as_str().unwrap());
    let text = format!("{}\n1\nn\n{package}\n", wechat.json.appid);
    let key = crate::common::private_key(&wechat.json.merchant_private_key);
    let pay_sign = crate::common::sign(&key, text.as_bytes());
    let mut fields = json!({
        "appId": wechat.json.appid, "timeStamp": "1", "nonceStr": "n", "package": package, "signType": "RSA", "paySign": pay_sign,
    });
    let cashier = |fields: &serde_json::Value| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields.as_object().unwrap() {
            query.append_pair(name, value.as_str().unwrap());
        }
        query.append_pair("return", "http://127.0.0.1:9/s/1");
        format!("/phone/cashier?wallet=wechat&{}", query.finish())
    };
    let sheet = page(&fixture, &cashier(&fields)).await;
    assert_eq!(hidden(&sheet, "return"), "http://127.0.0.1:9/s/1");
    let form = format!(
        "trade={}&wallet=wechat&payer=wang&return=http%3A%2F%2F127.0.0.1%3A9%2Fs%2F1",
        hidden(&sheet, "trade")
    );
    let paid =
        fixture.http.post(fixture.url("/phone/pay")).body(form).send().await.unwrap().text().await.unwrap();
    assert!(paid.contains("href=\"http://127.0.0.1:9/s/1\""), "{paid}");
    let (status, problem) = fixture.control("POST", "pay", json!({"jsapi": fields})).await;
    assert_eq!((status, problem["code"].as_str().unwrap()), (409, "already_paid"));
    fields["nonceStr"] = json!("m");
    let (status, problem) = fixture.control("POST", "pay", json!({"jsapi": fields})).await;
    assert_eq!((status, problem["code"].as_str().unwrap()), (400, "wrong_page_request"));
    assert!(page(&fixture, &cashier(&fields)).await.contains("asked wrongly"));
}

#[tokio::test]
async fn a_scanned_page_opens_in_the_wallet() {
    let fixture = start().await;
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for (code, to) in [
        ("http%3A%2F%2Fshop.example%2Fs%2F1", "http://shop.example/s/1?wallet=alipay"),
        ("https%3A%2F%2Fshop.example%2Fs%2F1%3Fa%3D1", "https://shop.example/s/1?a=1&wallet=alipay"),
    ] {
        let url = fixture.url(&format!("/phone/scan?wallet=alipay&payer=li&code={code}"));
        let answer = browser.get(url).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, to));
        assert!(answer.headers()["set-cookie"].to_str().unwrap().contains("phone-payer=li"));
    }
}

#[tokio::test]
async fn a_browser_brings_an_order_to_alipay_and_comes_back() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    let number = alipay.number();
    let content = json!({"out_trade_no": number, "total_amount": "3.00", "subject": "tea", "product_code": "QUICK_WAP_WAY"});
    let more = [("return_url", "http://127.0.0.1:9/s/1?o=2"), ("notify_url", "http://127.0.0.1:9/x")];
    let params = alipay.params("alipay.trade.wap.pay", &content, &more);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&params).finish();
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = browser.get(format!("{}?{query}", alipay.json.gateway_url)).send().await.unwrap();
    let to = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(answer.status(), 302);
    assert_eq!(alipay.query(&number).await["trade_status"], "WAIT_BUYER_PAY");
    let sheet = page(&fixture, &to).await;
    assert_eq!(hidden(&sheet, "return"), "http://127.0.0.1:9/s/1?o=2");
    fixture.control("POST", "decline", json!({"channel": "alipay", "out_trade_no": number})).await;
    assert_eq!(alipay.query(&number).await["trade_status"], "TRADE_CLOSED");
}

#[tokio::test]
async fn the_wallet_writes_when_money_goes_and_comes_back() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let read = || page(&fixture, "/phone?tab=messages&lang=en&payer=wang");
    assert!(read().await.contains("Nothing yet"));
    let number = wechat.number();
    let code = wechat.create(&number, 1200, "http://127.0.0.1:9/x").await;
    fixture.ok("pay", json!({"code": code})).await;
    for (fault, refund_no, told) in [
        (None, "M1", "Refund arrived"),
        (Some("refund_abnormal"), "M2", "Refund stuck"),
        (Some("refund_closed"), "M3", "Refund closed"),
    ] {
        if let Some(fault) = fault {
            fixture.ok("faults", json!({"channel": "wechat", "fault": fault, "next": 1})).await;
        }
        wechat.refund(&number, refund_no, 100, 1200, None).await;
        assert!(read().await.contains("Refund on its way"), "{refund_no}");
        fixture.ok("clock", json!({"advance_ms": 1_000})).await;
        let html = read().await;
        assert!(
            html.contains(told) && html.contains("Payment receipt") && html.contains("changed mind"),
            "{html}"
        );
    }
    assert!(page(&fixture, "/phone?tab=messages&lang=zh&payer=wang").await.contains("退款到账通知"));
    assert!(page(&fixture, "/phone?tab=messages&lang=en&payer=li").await.contains("Nothing yet"));
}
