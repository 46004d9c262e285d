//! What the adapters do around one signature, each beside the bare call of the library over the same bytes: for `saoma bench signatures`. The
//! functions measured are the ones the adapters call, with everything they build: texts, parameters, headers, base64.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::crypto::{Nonces, Signer};
use crate::wechat::keys::PlatformKeys;
use crate::{alipay, alipay_plus, wechat};

/// One signature or one check of one.
pub struct Case {
    /// The channel and its protocol.
    pub channel: &'static str,
    /// `sign` or `verify`.
    pub what: &'static str,
    /// As the adapter does it; false if it went wrong.
    pub adapter: Box<dyn Fn() -> bool>,
    /// The library's call alone, over the same bytes with a parsed key.
    pub bare: Box<dyn Fn() -> bool>,
}

const BODY: &str = r#"{"appid":"wx5a0f00c0ffee0001","mchid":"1900000001","description":"Longjing tea 250 g","out_trade_no":"0A1B2C3D4E5F6G7H8J9K0M1N2P","time_expire":"2026-11-22T10:15:00+08:00","notify_url":"https://pay.example.com/v1/notify/wechat/0A1B2C3D4E5F6","amount":{"total":12800,"currency":"CNY"}}"#;
const NODE: &str = r#"{"code":"10000","msg":"Success","buyer_logon_id":"wa***@example.com","buyer_pay_amount":"128.00","buyer_user_id":"2088100000000001","invoice_amount":"128.00","out_trade_no":"0A1B2C3D4E5F6G7H8J9K0M1N2P","point_amount":"0.00","receipt_amount":"128.00","send_pay_date":"2026-11-22 10:00:00","total_amount":"128.00","trade_no":"2026112222001000000000000001","trade_status":"TRADE_SUCCESS"}"#;
const SECONDS: &str = "1795312800";
const NOW_MS: i64 = 1_795_312_800_000;
const PATH: &str = "/ams/api/v1/payments/pay";
const CLIENT: &str = "SANDBOX_5000000000000001";
const TIME: &str = "2026-11-22T10:00:00+08:00";

/// All of them with one 2048-bit key, given as PKCS#8 bytes. Error: the key cannot be read.
pub fn cases(pkcs8: &[u8]) -> Result<Vec<Case>, String> {
    let text = BASE64.encode(pkcs8);
    let all = [wechat_cases(&text, pkcs8)?, alipay_cases(&text, pkcs8)?, alipay_plus_cases(&text, pkcs8)?];
    Ok(all.into_iter().flatten().collect())
}

fn bare_sign(pkcs8: &[u8], message: Vec<u8>) -> Result<Box<dyn Fn() -> bool>, String> {
    let key = RsaKeyPair::from_pkcs8(pkcs8).map_err(|e| e.to_string())?;
    let random = SystemRandom::new();
    Ok(Box::new(move || {
        let mut signature = [0; 256];
        key.sign(&RSA_PKCS1_SHA256, &random, &message, &mut signature).is_ok()
    }))
}

fn bare_verify(pkcs8: &[u8], message: Vec<u8>, signature: &str) -> Result<Box<dyn Fn() -> bool>, String> {
    let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|e| e.to_string())?;
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
        .map_err(|e| e.to_string())?;
    let signature = BASE64.decode(signature).map_err(|e| e.to_string())?;
    Ok(Box::new(move || key.verify_sig(&message, &signature).is_ok()))
}

fn wechat_cases(text: &str, pkcs8: &[u8]) -> Result<Vec<Case>, String> {
    let (signer, nonces) = (Signer::from_text(text)?, Nonces::new([7; 32]));
    let target = "/v3/pay/transactions/native";
    let serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
    let message =
        wechat::wire::request_text("POST", target, SECONDS, &nonces.next(), BODY.as_bytes()).concat();
    let nonce = nonces.next();
    let signature = signer.sign(&wechat::wire::answer_text(SECONDS, &nonce, BODY.as_bytes()));
    let answer = wechat::wire::answer_text(SECONDS, &nonce, BODY.as_bytes()).concat();
    let keys = PlatformKeys::new(Some((serial.to_owned(), signer.verifier())), &[])?;
    let bare = bare_verify(pkcs8, answer, &signature)?;
    let check = move || {
        let header = |name: &str| match name {
            "wechatpay-signature" => signature.as_str(),
            "wechatpay-serial" => serial,
            "wechatpay-timestamp" => SECONDS,
            "wechatpay-nonce" => nonce.as_str(),
            "wechatpay-signature-type" => wechat::wire::SCHEME,
            _ => "",
        };
        keys.check(header, BODY.as_bytes(), NOW_MS).is_ok()
    };
    let request = move || {
        let request =
            wechat::wire::Request { method: "POST", target, seconds: SECONDS, body: BODY.as_bytes() };
        !wechat::wire::authorization(&signer, "1900000001", serial, &nonces.next(), &request).is_empty()
    };
    Ok(vec![
        Case {
            channel: "wechat v3",
            what: "sign",
            adapter: Box::new(request),
            bare: bare_sign(pkcs8, message)?,
        },
        Case { channel: "wechat v3", what: "verify", adapter: Box::new(check), bare },
    ])
}

/// The parameters of a gateway call, as [`alipay`] makes them.
fn params() -> alipay::wire::Params {
    let pairs = [
        ("app_id", "2021000100000001"),
        ("method", "alipay.trade.precreate"),
        ("format", "JSON"),
        ("charset", "utf-8"),
        ("sign_type", "RSA2"),
        ("timestamp", "2026-11-22 10:00:00"),
        ("version", "1.0"),
        ("notify_url", "https://pay.example.com/v1/notify/alipay/0A1B2C3D4E5F6"),
        ("biz_content", BODY),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn alipay_cases(text: &str, pkcs8: &[u8]) -> Result<Vec<Case>, String> {
    let signer = Signer::from_text(text)?;
    let key = signer.verifier();
    let message = alipay::wire::signed_text(&params(), &["sign"], false).concat();
    let sign = signer.sign(&[NODE.as_bytes()]);
    let answer = format!("{{\"alipay_trade_query_response\":{NODE},\"sign\":\"{sign}\"}}");
    let bare = bare_verify(pkcs8, NODE.as_bytes().to_vec(), &sign)?;
    let check = move || {
        let parts = alipay::wire::parts(&answer, "alipay.trade.query");
        parts.is_ok_and(|parts| key.verify(&[parts.node.as_bytes()], &parts.sign))
    };
    let request = move || !alipay::wire::signed_form(params(), &signer).is_empty();
    Ok(vec![
        Case {
            channel: "alipay",
            what: "sign",
            adapter: Box::new(request),
            bare: bare_sign(pkcs8, message)?,
        },
        Case { channel: "alipay", what: "verify", adapter: Box::new(check), bare },
    ])
}

fn alipay_plus_cases(text: &str, pkcs8: &[u8]) -> Result<Vec<Case>, String> {
    use alipay_plus::wire::{is_signed, signature_header, signed_text};
    let signer = Signer::from_text(text)?;
    let key = signer.verifier();
    let message = signed_text(PATH, CLIENT, TIME, BODY.as_bytes()).concat();
    let header = signature_header(&signer, "1", &signed_text(PATH, CLIENT, TIME, BODY.as_bytes()));
    let bare = bare_verify(pkcs8, message.clone(), &signer.sign(&[&message]))?;
    let check = move || is_signed(&key, &header, &signed_text(PATH, CLIENT, TIME, BODY.as_bytes()));
    let request =
        move || !signature_header(&signer, "1", &signed_text(PATH, CLIENT, TIME, BODY.as_bytes())).is_empty();
    Ok(vec![
        Case {
            channel: "alipay_plus",
            what: "sign",
            adapter: Box::new(request),
            bare: bare_sign(pkcs8, message)?,
        },
        Case { channel: "alipay_plus", what: "verify", adapter: Box::new(check), bare },
    ])
}

#[cfg(test)]
mod tests {
    use base64::Engine;

    #[test]
    fn both_sides_of_every_case_do_their_work() {
        let text: String = crate::fixtures::PKCS8.lines().filter(|line| !line.starts_with('-')).collect();
        let cases = super::cases(&super::BASE64.decode(text).unwrap()).unwrap();
        assert_eq!(cases.len(), 6);
        for case in cases {
            assert!((case.adapter)() && (case.bare)(), "{} {}", case.channel, case.what);
        }
    }
}
