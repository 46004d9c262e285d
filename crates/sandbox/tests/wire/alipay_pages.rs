//! Orders that the payer's side carries to Alipay: a browser's page, a telephone's page, an application's order string; each paid to the end.

use serde_json::{Value, json};

use crate::common::alipay::Alipay;
use crate::common::receiver::Receiver;
use crate::common::{Fixture, start, verifies};

fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

fn encoded(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The address an answer leads to, its body otherwise.
async fn led(answer: reqwest::Response) -> Result<String, String> {
    match answer.headers().get("location") {
        Some(to) => Ok(to.to_str().unwrap().to_owned()),
        None => Err(answer.text().await.unwrap()),
    }
}

fn hidden(html: &str, name: &str) -> String {
    let marker = format!("name=\"{name}\" value=\"");
    html.split(&marker).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// `k=v` of all but the two, sorted, by Alipay's key.
fn is_alipays(alipay: &Alipay, pairs: &[(String, String)]) -> bool {
    let mut signed: Vec<_> =
        pairs.iter().filter(|(name, _)| name != "sign" && name != "sign_type").cloned().collect();
    signed.sort();
    let text: Vec<String> = signed.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let sign = &pairs.iter().find(|(name, _)| name == "sign").unwrap().1;
    verifies(&alipay.json.alipay_public_key, text.join("&").as_bytes(), sign)
}

/// Everything after the payment: the callback, the query, a refund in part and in full.
async fn ends_well(fixture: &Fixture, alipay: &Alipay, receiver: &Receiver, number: &str, count: usize) {
    let told = alipay.open(&receiver.wait(count).await[count - 1]).expect("genuine");
    let field = |name: &str| told.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    assert_eq!((field("trade_status"), field("out_trade_no")), ("TRADE_SUCCESS", number));
    assert_eq!((field("total_amount"), field("passback_params")), ("8.80", "p=1"));
    assert_eq!(alipay.query(number).await["trade_status"], "TRADE_SUCCESS");
    for (request, amount, status) in [("R1", "3.00", "TRADE_SUCCESS"), ("R2", "5.80", "TRADE_CLOSED")] {
        let back = json!({"out_trade_no": number, "refund_amount": amount, "out_request_no": request});
        assert_eq!(alipay.call("alipay.trade.refund", back).await["fund_change"], "Y");
        assert_eq!(alipay.query(number).await["trade_status"], status);
    }
    let trades = fixture.get(&format!("trades?out_trade_no={number}")).await;
    assert_eq!(trades["trades"].as_array().unwrap().len(), 1);
}

fn order(number: &str, code: &str) -> Value {
    json!({"out_trade_no": number, "total_amount": "8.80", "subject": "一杯茶 & {x}", "body": "tea", "product_code": code,
        "passback_params": "p=1", "quit_url": "http://127.0.0.1:9/quit", "timeout_express": "30m"})
}

#[tokio::test]
async fn a_page_is_brought_paid_and_left_by_a_signed_address() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let alipay = Alipay::new(&fixture, 0);
    let cases = [
        ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY", "GET"),
        ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY", "POST"),
        ("alipay.trade.wap.pay", "QUICK_WAP_WAY", "GET"),
        ("alipay.trade.wap.pay", "QUICK_WAP_WAY", "POST"),
        ("alipay.trade.wap.pay", "QUICK_WAP_PAY", "GET"),
    ];
    for (index, (method, code, verb)) in cases.into_iter().enumerate() {
        let number = alipay.number();
        let more = [("return_url", "http://127.0.0.1:9/back?o=2"), ("notify_url", receiver.url.as_str())];
        let params = alipay.params(method, &order(&number, code), &more);
        let gateway = &alipay.json.gateway_url;
        // A form that submits itself: the common parameters in its address, the content in its body; or all in one address.
        let (content, common): (Vec<_>, Vec<_>) =
            params.iter().cloned().partition(|(name, _)| name == "biz_content");
        let bring = || match verb {
            "GET" => browser().get(format!("{gateway}?{}", encoded(&params))),
            _ => browser()
                .post(format!("{gateway}?{}", encoded(&common)))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(encoded(&content)),
        };
        let to = led(bring().send().await.unwrap()).await.unwrap();
        assert_eq!(led(bring().send().await.unwrap()).await.unwrap(), to, "reloaded: the same order");
        let sheet = fixture.http.get(fixture.url(&to)).send().await.unwrap().text().await.unwrap();
        assert!(sheet.contains("href=\"http://127.0.0.1:9/quit\""), "who turns round: {sheet}");
        assert_eq!(alipay.query(&number).await["trade_status"], "WAIT_BUYER_PAY");
        let id = hidden(&sheet, "trade");
        let early = browser().get(fixture.url(&format!("/phone/return?trade={id}"))).send().await.unwrap();
        assert!(led(early).await.is_err(), "unpaid is not told as paid");
        let form = format!("trade={id}&wallet=alipay&payer=wang");
        let paid = fixture.http.post(fixture.url("/phone/pay")).body(form).send().await.unwrap();
        let paid = paid.text().await.unwrap();
        let back = format!("/phone/return?trade={id}");
        assert!(paid.contains(&format!("href=\"{back}\"")), "{paid}");
        let back = led(browser().get(fixture.url(&back)).send().await.unwrap()).await.unwrap();
        let rest = back.strip_prefix("http://127.0.0.1:9/back?o=2&").unwrap_or_else(|| panic!("{back}"));
        let told: Vec<_> = form_urlencoded::parse(rest.as_bytes()).into_owned().collect();
        assert!(is_alipays(&alipay, &told), "{told:?}");
        let field = |name: &str| told.iter().find(|(key, _)| key == name).map_or("", |(_, v)| v.as_str());
        assert_eq!((field("out_trade_no"), field("total_amount")), (number.as_str(), "8.80"));
        assert_eq!(field("method"), format!("{method}.return"));
        ends_well(&fixture, &alipay, &receiver, &number, index + 1).await;
    }
}

#[tokio::test]
async fn a_page_that_is_wrong_says_so_to_whoever_sees_it() {
    let fixture = start().await;
    let alipay = Alipay::new(&fixture, 0);
    let good = order(&alipay.number(), "FAST_INSTANT_TRADE_PAY");
    let mut cases =
        vec![(alipay.params("alipay.trade.page.pay", &order("P1", "QUICK_WAP_WAY"), &[]), "product_code")];
    let mut forged = alipay.params("alipay.trade.page.pay", &good, &[]);
    forged.retain(|(name, _)| name != "sign");
    forged.push(("sign".into(), "AAAA".into()));
    cases.push((forged, "isv.invalid-signature"));
    let mut nameless = good.clone();
    nameless["subject"] = json!("");
    cases.push((alipay.params("alipay.trade.page.pay", &nameless, &[]), "subject"));
    for (params, want) in cases {
        let answer = browser().get(format!("{}?{}", alipay.json.gateway_url, encoded(&params))).send().await;
        let page = led(answer.unwrap()).await.unwrap_err();
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains(want), "{want}: {page}");
    }
}

#[tokio::test]
async fn an_application_hands_its_order_to_the_wallet() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let alipay = Alipay::new(&fixture, 0);
    let number = alipay.number();
    let more = [("notify_url", receiver.url.as_str())];
    let text = encoded(&alipay.params("alipay.trade.app.pay", &order(&number, "QUICK_MSECURITY_PAY"), &more));
    let direct = alipay
        .send(&alipay.params("alipay.trade.app.pay", &json!({}), &[]), crate::common::alipay::Shape::Form)
        .await;
    assert_eq!(alipay.node("alipay.trade.app.pay", &direct.unwrap())["sub_code"], "isv.invalid-method");
    let paid = fixture.ok("pay", json!({"order_string": text})).await;
    assert_eq!((&paid["state"], &paid["out_trade_no"]), (&json!("paid"), &json!(number)));
    assert_eq!(paid["app_result"]["resultStatus"], "9000");
    let result = paid["app_result"]["result"].as_str().unwrap();
    let rest = result.strip_prefix("{\"alipay_trade_app_pay_response\":").unwrap();
    let (node, tail) = rest.split_once(",\"sign\":\"").unwrap();
    let sign = tail.split('"').next().unwrap();
    assert!(verifies(&alipay.json.alipay_public_key, node.as_bytes(), sign), "{result}");
    let node: Value = serde_json::from_str(node).unwrap();
    assert_eq!((&node["out_trade_no"], &node["total_amount"]), (&json!(number), &json!("8.80")));
    ends_well(&fixture, &alipay, &receiver, &number, 1).await;
    let (status, again) = fixture.control("POST", "pay", json!({"order_string": text})).await;
    assert_eq!((status, again["code"].as_str().unwrap()), (400, "wrong_order_string"), "{again}");
    let forged = text.replace("8.80", "0.01");
    let (status, refused) = fixture.control("POST", "pay", json!({"order_string": forged})).await;
    assert_eq!((status, refused["code"].as_str().unwrap()), (400, "wrong_order_string"));
    // The bridge of a page inside the wallet takes the same string.
    let number = alipay.number();
    let text = encoded(&alipay.params("alipay.trade.app.pay", &order(&number, "QUICK_MSECURITY_PAY"), &more));
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("orderStr", &text).finish();
    let url = fixture.url(&format!("/phone/cashier?wallet=alipay&{query}"));
    let sheet = fixture.http.get(url).send().await.unwrap().text().await.unwrap();
    let form = format!("trade={}&wallet=alipay&payer=wang", hidden(&sheet, "trade"));
    fixture.http.post(fixture.url("/phone/pay")).body(form).send().await.unwrap();
    ends_well(&fixture, &alipay, &receiver, &number, 2).await;
    fixture.ok("faults", json!({"channel": "alipay", "fault": "callback_lost", "next": 1})).await;
    let declined = alipay.number();
    let text = encoded(&alipay.params("alipay.trade.app.pay", &order(&declined, "QUICK_MSECURITY_PAY"), &[]));
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("orderStr", &text).finish();
    fixture.http.get(fixture.url(&format!("/phone/cashier?wallet=alipay&{query}"))).send().await.unwrap();
    fixture.ok("decline", json!({"channel": "alipay", "out_trade_no": declined})).await;
    assert_eq!(alipay.query(&declined).await["trade_status"], "TRADE_CLOSED");
}
