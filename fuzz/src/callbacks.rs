//! Notifications of the channels. Half of the inputs are signed and sealed as the channel would, so that what is behind the signature is reached.

use std::sync::{Arc, LazyLock};

use channels::crypto::{SealedBox, Signer};
use channels::wechat::wire::answer_text;
use channels::{Settings, alipay, alipay_plus};
use desk::channel::{Channel, Line, Notice};
use serde_json::{Value, json};

use super::{NOW, keys};

/// A line of a channel with the keys of the tests. Panics where the settings do not fit: then the target is out of date.
fn line(code: &str, settings: &Value) -> Arc<dyn Line> {
    let all = channels::all(Settings::default());
    let found = all.into_iter().find(|channel| channel.facts().code == code);
    let Some(Channel::Remote(remote)) = found else { panic!("no remote channel {code}") };
    match remote.open(settings) {
        Ok(line) => line,
        Err(wrong) => panic!("{code}: {wrong:?}"),
    }
}

static SIGNER: LazyLock<Signer> =
    LazyLock::new(|| Signer::from_text(keys::PRIVATE).expect("a key of the tests"));
static SEALED: LazyLock<SealedBox> =
    LazyLock::new(|| SealedBox::new(keys::SEALING.as_bytes()).expect("32 characters"));

/// The first byte chooses how far the rest gets.
fn split(bytes: &[u8]) -> Option<(u8, &[u8])> {
    bytes.split_first().map(|(first, rest)| (*first, rest))
}

/// What is believed names what it is about.
fn check(notice: Result<Notice, desk::channel::Forged>) {
    match notice {
        Ok(Notice::Payment { out_trade_no, .. }) => assert!(!out_trade_no.is_empty()),
        Ok(Notice::Refund { out_refund_no, .. }) => assert!(!out_refund_no.is_empty()),
        Ok(Notice::Other(_)) | Err(_) => {}
    }
}

/// WeChat Pay: `0` the body as it is, `1` signed, else the sealed part of a signed envelope: `2` a payment, `3` a refund.
pub(crate) fn wechat(bytes: &[u8]) {
    static LINE: LazyLock<Arc<dyn Line>> = LazyLock::new(|| {
        line(
            "wechat",
            &json!({
                "appid": "wx1", "mchid": "190", "merchant_private_key": keys::PRIVATE, "merchant_cert_serial": "A1",
                "apiv3_key": keys::SEALING, "platform_public_key_id": "PUB_KEY_ID_1", "platform_public_key": keys::PUBLIC,
            }),
        )
    });
    let Some((mode, rest)) = split(bytes) else { return };
    let body = match mode & 3 {
        0 | 1 => rest.to_vec(),
        kind => {
            let (event, original) =
                if kind == 2 { ("TRANSACTION.SUCCESS", "transaction") } else { ("REFUND.SUCCESS", "refund") };
            let Some(ciphertext) = SEALED.seal("0123456789ab", original, rest) else { return };
            let resource = json!({
                "algorithm": "AEAD_AES_256_GCM", "ciphertext": ciphertext, "associated_data": original,
                "nonce": "0123456789ab", "original_type": original,
            });
            json!({"id": "1", "event_type": event, "resource": resource}).to_string().into_bytes()
        }
    };
    let seconds = (NOW.0 / 1000).to_string();
    let signature = match mode & 3 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        _ => SIGNER.sign(&answer_text(&seconds, "n", &body)),
    };
    let headers = [
        ("wechatpay-signature", signature),
        ("wechatpay-timestamp", seconds.clone()),
        ("wechatpay-nonce", "n".to_owned()),
        ("wechatpay-serial", "PUB_KEY_ID_1".to_owned()),
    ];
    check(LINE.notification(&owned(&headers), &body, NOW));
}

/// Alipay: `0` the form as it is, else its fields signed.
pub(crate) fn alipay(bytes: &[u8]) {
    static LINE: LazyLock<Arc<dyn Line>> = LazyLock::new(|| {
        let settings =
            json!({"app_id": "2021", "app_private_key": keys::PRIVATE, "alipay_public_key": keys::PUBLIC});
        line("alipay", &settings)
    });
    let Some((mode, rest)) = split(bytes) else { return };
    let mut form = alipay::wire::read_form(rest);
    let body = if mode & 1 == 0 {
        rest.to_vec()
    } else {
        form.insert("app_id".to_owned(), "2021".to_owned());
        form.remove("sign_type");
        alipay::wire::signed_form(form, &SIGNER).into_bytes()
    };
    let notice = LINE.notification(&[], &body, NOW);
    if let Err(forged) = &notice {
        assert!(mode & 1 == 0 || !forged.0.contains("signature"), "a signed form is believed: {forged}");
    }
    check(notice);
}

/// Alipay+: `0` the bytes are signature, time and body, else a signed body.
pub(crate) fn alipay_plus(bytes: &[u8]) {
    static LINE: LazyLock<Arc<dyn Line>> = LazyLock::new(|| {
        line(
            "alipay_plus",
            &json!({
                "client_id": "SANDBOX_1", "client_private_key": keys::PRIVATE, "alipay_plus_public_key": keys::PUBLIC,
                "merchant_id": "1", "merchant_name": "M", "merchant_mcc": "5812",
            }),
        )
    });
    let Some((mode, rest)) = split(bytes) else { return };
    let text = String::from_utf8_lossy(rest);
    let path = "/v1/notify/alipay_plus/1";
    let (time, signature, body) = if mode & 1 == 0 {
        let mut lines = text.splitn(3, '\n');
        let mut next = || lines.next().unwrap_or_default().to_owned();
        let (time, signature) = (next(), next());
        (time, signature, next().into_bytes())
    } else {
        let time = NOW.to_string();
        let signed = alipay_plus::wire::signed_text(path, "SANDBOX_1", &time, rest);
        (time.clone(), alipay_plus::wire::signature_header(&SIGNER, "1", &signed), rest.to_vec())
    };
    let headers = [
        (":path", path.to_owned()),
        ("client-id", "SANDBOX_1".to_owned()),
        ("request-time", time),
        ("signature", signature),
    ];
    check(LINE.notification(&owned(&headers), &body, NOW));
}

fn owned(headers: &[(&str, String)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}
