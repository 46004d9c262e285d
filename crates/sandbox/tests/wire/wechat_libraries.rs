//! What client libraries of WeChat Pay ask for beside payments: integrators, sealed fields, older bills and callbacks, H5 pages.

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::bills::{bill, today};
use crate::common::receiver::Receiver;
use crate::common::wechat::Wechat;
use crate::common::{Fixture, start, start_with, unique, unpem};
use crate::wechat_v2::{call, parsed, send_raw, signed};

/// An order of a sub-merchant, paid; its number.
async fn partner_sale(fixture: &Fixture, wechat: &Wechat, more: Value, notify_url: &str) -> String {
    let number = wechat.number();
    let mut body = json!({
        "sp_appid": wechat.json.appid, "sp_mchid": wechat.json.mchid, "sub_mchid": wechat.json.sub_mchid,
        "description": "一杯茶", "out_trade_no": number, "notify_url": notify_url, "amount": {"total": 100},
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = wechat.call("POST", "/v3/pay/partner/transactions/native", body).await;
    assert_eq!(made.status, 200, "{}", made.text);
    fixture.ok("pay", json!({"code": made.json["code_url"]})).await;
    number
}

fn seal(pem: &str, plain: &str) -> String {
    let key = PublicEncryptingKey::from_der(&unpem(&std::fs::read_to_string(pem).unwrap())).unwrap();
    let key = OaepPublicEncryptingKey::new(key).unwrap();
    let mut out = vec![0; key.ciphertext_size()];
    STANDARD.encode(key.encrypt(&OAEP_SHA1_MGF1SHA1, plain.as_bytes(), &mut out, None).unwrap())
}

#[tokio::test]
async fn an_integrator_repairs_a_refund_with_sealed_fields() {
    let fixture = start().await;
    let mut wechat = Wechat::new(&fixture, 0);
    let number = partner_sale(&fixture, &wechat, json!({}), "http://127.0.0.1:9/x").await;
    fixture.ok("faults", json!({"channel": "wechat", "fault": "refund_abnormal", "next": 1})).await;
    let sub = &wechat.json.sub_mchid.clone();
    let refund = json!({
        "sub_mchid": sub, "out_trade_no": number, "out_refund_no": "RP1", "funds_account": "UNSETTLED",
        "amount": {"refund": 40, "total": 100, "currency": "CNY", "from": [{"account": "AVAILABLE", "amount": 40}]},
    });
    let made = wechat.call("POST", "/v3/refund/domestic/refunds", refund.clone()).await.json;
    assert_eq!(
        (&made["funds_account"], &made["amount"]["from"][0]["amount"]),
        (&json!("UNSETTLED"), &json!(40))
    );
    fixture.ok("clock", json!({"advance_ms": 1_000})).await;
    let target =
        format!("/v3/refund/domestic/refunds/{}/apply-abnormal-refund", made["refund_id"].as_str().unwrap());
    let sealed = |text: &str| seal(&wechat.json.platform_public_key, text);
    let body = json!({
        "sub_mchid": sub, "out_refund_no": "RP1", "type": "USER_BANK_CARD", "bank_type": "ICBC_DEBIT",
        "bank_account": sealed("6222021234567890"), "real_name": sealed("王芳"),
    });
    // without the name of the key, with an open field, without the sub-merchant
    let (mut open, mut direct) = (body.clone(), body.clone());
    open["real_name"] = json!("王芳");
    direct.as_object_mut().unwrap().remove("sub_mchid");
    assert_eq!(wechat.call("POST", &target, body.clone()).await.json["code"], "PARAM_ERROR");
    wechat.public_key_mode = true; // sends Wechatpay-Serial
    for (body, status) in [(open, 400), (direct, 404), (body, 200)] {
        let answer = wechat.call("POST", &target, body).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    for (part, account) in [(41, "AVAILABLE"), (40, "SOMEWHERE")] {
        let mut wrong = refund.clone();
        wrong["out_refund_no"] = json!("RP2");
        wrong["amount"]["from"] = json!([{"account": account, "amount": part}]);
        let answer = wechat.call("POST", "/v3/refund/domestic/refunds", wrong).await;
        assert_eq!(answer.json["code"], "PARAM_ERROR", "{account} {part}");
    }
}

#[tokio::test]
async fn a_closed_refund_can_be_asked_for_again() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    let code = wechat.create(&number, 100, &receiver.url).await;
    fixture.ok("pay", json!({"code": code})).await;
    fixture.ok("faults", json!({"channel": "wechat", "fault": "refund_closed", "next": 1})).await;
    wechat.refund(&number, "RC1", 100, 100, Some(&receiver.url)).await;
    let received = receiver.wait(2).await;
    let (sealed, envelope) = wechat.open(&received[1]);
    assert_eq!(
        (&envelope["event_type"], &sealed["refund_status"]),
        (&json!("REFUND.CLOSED"), &json!("CLOSED"))
    );
    assert_eq!(wechat.query(&number).await.json["trade_state"], "SUCCESS", "the money is still here");
    assert_eq!(wechat.refund(&number, "RC2", 100, 100, None).await.status, 200);
}

#[tokio::test]
async fn an_integrator_sees_one_sub_merchants_bill() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let own = wechat.create(&wechat.number(), 300, "http://127.0.0.1:9/x").await;
    fixture.ok("pay", json!({"code": own})).await;
    let app = json!({"sub_appid": "wxsub00000000001"});
    let number = partner_sale(&fixture, &wechat, app, "http://127.0.0.1:9/x").await;
    let target = format!(
        "/v3/pay/partner/transactions/out-trade-no/{number}?sp_mchid={}&sub_mchid={}",
        wechat.json.mchid, wechat.json.sub_mchid
    );
    let payer = wechat.call("GET", &target, Value::Null).await.json["payer"].clone();
    assert_eq!((payer["sp_openid"].is_string(), payer["sub_openid"].is_string()), (true, true));
    let date = today(&fixture).await;
    let target = format!("/v3/bill/tradebill?bill_date={date}");
    let of_sub = format!("{target}&sub_mchid={}", wechat.json.sub_mchid);
    assert_eq!(bill(&wechat, &target).await.lines().count(), 5);
    assert_eq!(bill(&wechat, &of_sub).await.lines().count(), 4);
    let stranger = wechat.call("GET", &format!("{target}&sub_mchid=1999999999"), Value::Null).await;
    assert_eq!(stranger.json["code"], "NO_AUTH");
    let recharged = bill(&wechat, &format!("{target}&bill_type=RECHARGE_REFUND")).await;
    assert!(recharged.lines().count() == 3 && recharged.lines().next().unwrap().split(',').count() == 29);
}

#[tokio::test]
async fn the_older_bills_are_the_answer() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let date = today(&fixture).await.replace('-', "");
    let ask = |kind: &'static str, name: &'static str, value: &'static str| {
        signed(&wechat, &[("bill_date", date.as_str()), (kind, name), ("tar_type", value)])
    };
    let none = parsed(&send_raw(&wechat, "/pay/downloadbill", &ask("bill_type", "ALL", "")).await);
    assert_eq!((none["return_code"].as_str(), none["return_msg"].as_str()), ("FAIL", "No Bill Exist"));
    let code = wechat.create(&wechat.number(), 300, "http://127.0.0.1:9/x").await;
    fixture.ok("pay", json!({"code": code})).await;
    for (path, kind, name, columns) in [
        ("/pay/downloadbill", "bill_type", "ALL", 27),
        ("/pay/downloadbill", "bill_type", "SUCCESS", 20),
        ("/pay/downloadfundflow", "account_type", "Basic", 11),
        ("/sandboxnew/pay/downloadbill", "bill_type", "REFUND", 29),
    ] {
        let text = send_raw(&wechat, path, &ask(kind, name, "")).await;
        assert!(
            text.trim_start_matches('\u{feff}').lines().next().unwrap().split(',').count() == columns,
            "{text}"
        );
    }
    for (kind, name, value) in
        [("bill_type", "ALL", "ZIP"), ("bill_type", "SOME", ""), ("bill_date", "2026-06-01", "")]
    {
        let refused = parsed(&send_raw(&wechat, "/pay/downloadbill", &ask(kind, name, value)).await);
        assert_eq!(refused["return_code"], "FAIL", "{name} {value}");
    }
    let key = parsed(&send_raw(&wechat, "/sandboxnew/pay/getsignkey", &signed(&wechat, &[])).await);
    assert_eq!(key["sandbox_signkey"], wechat.json.apiv2_key);
}

#[tokio::test]
async fn an_older_refund_is_told_sealed() {
    let (fixture, receiver) = (start().await, Receiver::start().await);
    let wechat = Wechat::new(&fixture, 0);
    let number = wechat.number();
    let code = format!("1300{:014}", unique());
    let pay = [
        ("body", "tea"),
        ("out_trade_no", &number),
        ("total_fee", "100"),
        ("spbill_create_ip", "10.0.0.1"),
        ("auth_code", &code),
    ];
    call(&wechat, "/pay/micropay", &pay).await;
    let refund = [
        ("out_trade_no", number.as_str()),
        ("out_refund_no", "V2N"),
        ("total_fee", "100"),
        ("refund_fee", "40"),
        ("notify_url", &receiver.url),
    ];
    call(&wechat, "/secapi/pay/refund", &refund).await;
    let id = call(&wechat, "/pay/refundquery", &[("out_refund_no", "V2N")]).await["refund_id_0"].clone();
    let by_id = call(&wechat, "/pay/refundquery", &[("refund_id", &id)]).await;
    assert_eq!((by_id["refund_count"].as_str(), by_id["out_refund_no_0"].as_str()), ("1", "V2N"));
    let body = receiver.wait(1).await[0].body.clone();
    let fields = parsed(&body);
    assert_eq!((fields["return_code"].as_str(), fields.get("sign")), ("SUCCESS", None));
    let key: String =
        md5(wechat.json.apiv2_key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let key = PaddedBlockDecryptingKey::ecb_pkcs7(UnboundCipherKey::new(&AES_256, key.as_bytes()).unwrap())
        .unwrap();
    let mut sealed = STANDARD.decode(&fields["req_info"]).unwrap();
    let opened = key.decrypt(&mut sealed, DecryptionContext::None).unwrap();
    let text = String::from_utf8(opened.to_vec()).unwrap();
    let inner = parsed(&text);
    assert!(text.starts_with("<root>"), "{text}");
    assert_eq!(
        (inner["out_refund_no"].as_str(), inner["refund_fee"].as_str(), inner["refund_status"].as_str()),
        ("V2N", "40", "SUCCESS")
    );
}

fn md5(bytes: &[u8]) -> Vec<u8> {
    use md5::Digest as _;
    md5::Md5::digest(bytes).to_vec()
}

#[tokio::test]
async fn an_older_order_is_paid_inside_the_wallet() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let openid = wechat.json.openid.clone();
    let order = [
        ("body", "tea"),
        ("out_trade_no", "V2JSAPI001"),
        ("total_fee", "100"),
        ("spbill_create_ip", "10.0.0.1"),
        ("notify_url", "http://127.0.0.1:9/x"),
        ("trade_type", "JSAPI"),
        ("openid", &openid),
    ];
    let package = format!("prepay_id={}", call(&wechat, "/pay/unifiedorder", &order).await["prepay_id"]);
    let text = format!(
        "appId={}&nonceStr=n&package={package}&signType=MD5&timeStamp=1&key={}",
        wechat.json.appid, wechat.json.apiv2_key
    );
    let sign: String = md5(text.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect();
    let mut fields = json!({
        "appId": wechat.json.appid, "timeStamp": "1", "nonceStr": "m", "package": package, "signType": "MD5", "paySign": sign,
    });
    assert_eq!(fixture.control("POST", "pay", json!({"jsapi": fields})).await.0, 400, "another nonce");
    fields["nonceStr"] = json!("n");
    assert_eq!(fixture.ok("pay", json!({"jsapi": fields})).await["state"], "paid");
}

#[tokio::test]
async fn an_h5_page_opens_the_wallet_for_five_minutes() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    for (wait_ms, status) in [(0, 200), (301_000, 409)] {
        let mut order = wechat.native(&wechat.number(), 700, "http://127.0.0.1:9/x");
        order["scene_info"] = json!({"payer_client_ip": "10.0.0.1", "h5_info": {"type": "Wap"}});
        let made = wechat.call("POST", "/v3/pay/transactions/h5", order).await;
        let html = reqwest::get(made.json["h5_url"].as_str().unwrap()).await.unwrap().text().await.unwrap();
        let line = html.lines().find(|line| line.contains("weixin://")).expect("an address of the wallet");
        let deeplink = line.split('"').find(|part| part.starts_with("weixin://")).unwrap();
        fixture.ok("clock", json!({"advance_ms": wait_ms})).await;
        assert_eq!(fixture.control("POST", "pay", json!({"code": deeplink})).await.0, status);
    }
    let number = wechat.number();
    let old = wechat.create(&number, 100, "http://127.0.0.1:9/x").await;
    fixture.ok("clock", json!({"advance_ms": 2 * 3_600_000 + 1_000})).await;
    assert_eq!(fixture.control("POST", "pay", json!({"code": old})).await.0, 409, "a code lives two hours");
    let fresh = wechat.create(&number, 100, "http://127.0.0.1:9/x").await;
    assert_eq!(fixture.ok("pay", json!({"code": fresh})).await["state"], "paid");
}

#[tokio::test]
async fn certificates_by_algorithm() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    for (kind, status, count) in [("RSA", 200, 1), ("ALL", 200, 1), ("SM2", 200, 0), ("DSA", 400, 0)] {
        let answer =
            wechat.call("GET", &format!("/v3/certificates?algorithm_type={kind}"), Value::Null).await;
        let listed = answer.json["data"].as_array().map_or(0, Vec::len);
        assert_eq!((answer.status, listed), (status, count), "{kind}");
    }
}

#[tokio::test]
async fn strict_asks_for_the_password_and_does_not_wait_for_ever() {
    let fixture = start_with(true).await;
    let wechat = Wechat::new(&fixture, 0);
    for (total, status) in [(100_000, 200), (100_001, 202)] {
        let code = fixture.ok("payer-code", json!({"channel": "wechat"})).await["code"].clone();
        let number = wechat.number();
        assert_eq!(wechat.codepay(&number, total, code.as_str().unwrap()).await.status, status, "{total}");
        if status == 202 {
            fixture.ok("clock", json!({"advance_ms": 44_000})).await;
            assert_eq!(wechat.query(&number).await.json["trade_state"], "USERPAYING");
            fixture.ok("clock", json!({"advance_ms": 2_000})).await;
            assert_eq!(wechat.query(&number).await.json["trade_state"], "REVOKED");
        }
    }
    let draft = wechat.draft("GET", "/v3/certificates", &Value::Null);
    let bare = reqwest::Client::new()
        .get(format!("{}/v3/certificates", wechat.base_url))
        .header("authorization", wechat.authorization(&draft))
        .send()
        .await
        .unwrap();
    assert_eq!(bare.status(), 400, "without User-Agent");
}

#[tokio::test]
async fn an_applications_request_is_checked() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let made = wechat
        .call("POST", "/v3/pay/transactions/app", wechat.native("APPORDER01", 100, "http://127.0.0.1:9/x"))
        .await;
    let prepay_id = made.json["prepay_id"].as_str().unwrap();
    let key = crate::common::private_key(&wechat.json.merchant_private_key);
    let newer = crate::common::sign(&key, format!("{}\n1\nn\n{prepay_id}\n", wechat.json.appid).as_bytes());
    let text = format!(
        "appid={}&noncestr=n&package=Sign=WXPay&partnerid={}&prepayid={prepay_id}&timestamp=1&key={}",
        wechat.json.appid, wechat.json.mchid, wechat.json.apiv2_key
    );
    let older: String = md5(text.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect();
    let cases = [
        ("m", newer.as_str(), 400),
        ("n", "AAAA", 400),
        ("n", newer.as_str(), 200),
        ("n", older.as_str(), 409),
    ];
    for (nonce, sign, status) in cases {
        let fields = json!({
            "appid": wechat.json.appid, "partnerid": wechat.json.mchid, "prepayid": prepay_id, "package": "Sign=WXPay",
            "noncestr": nonce, "timestamp": "1", "sign": sign,
        });
        assert_eq!(fixture.control("POST", "pay", json!({"app": fields})).await.0, status, "{nonce} {sign}");
    }
}

#[tokio::test]
async fn a_code_tells_whose_it_is() {
    let fixture = start().await;
    let wechat = Wechat::new(&fixture, 0);
    let shown = fixture.ok("payer-code", json!({"channel": "wechat", "payer": "li"})).await["code"].clone();
    let shown = shown.as_str().unwrap();
    let wallets = fixture.get("wallets").await;
    let li = wallets["wallets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|w| w["payer"] == "li" && w["channel"] == "wechat")
        .unwrap();
    let ask = |code: &str| {
        let (wechat, code) = (&wechat, code.to_string());
        async move { call(wechat, "/tools/authcodetoopenid", &[("auth_code", &code)]).await }
    };
    assert_eq!(ask(shown).await["openid"], li["user_id"].as_str().unwrap());
    assert_eq!(ask("280012345678901234").await["err_code"], "AUTH_CODE_INVALID");
    assert_eq!(wechat.codepay(&wechat.number(), 100, shown).await.status, 200, "asking does not use it up");
    assert_eq!(ask(shown).await["err_code"], "AUTHCODEEXPIRE");
}
