//! WeChat Pay (微信支付), API v3: the payer scans a code, the terminal scans the payer's code, refunds, notifications.

mod account;
pub mod bill;
mod client;
pub mod funds;
mod in_app;
pub(crate) mod keys;
mod login;
mod notify;
pub mod states;
pub(crate) mod v2;
pub mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::time::Duration;

use desk::channel::{Facts, Line, PayerCodes, Remote, SettingsError, Wallet};
use desk::rows::Presentment;
use money::Currency;

use crate::crypto::{Certificate, Nonces, SealedBox, Signer, Verifier};
use crate::http::Http;
use crate::settings::Reader;

use account::Account;
use client::WechatLine;
use keys::PlatformKeys;
use v2::{SignType, V2};
use wire::Party;

const DAY: u64 = 24 * 3600;

static FACTS: Facts = Facts {
    code: "wechat",
    name_en: "WeChat Pay",
    name_zh: "微信支付",
    presentments: &[Presentment::MerchantPresented, Presentment::CustomerPresented, Presentment::InApp],
    payer_codes: &[PayerCodes { min_len: 18, max_len: 18, first: 10, last: 15 }],
    currencies: &[Currency::CNY],
    code_life: Duration::from_secs(2 * 3600),
    refund_window: Duration::from_secs(365 * DAY),
    unscanned_stays_open: false,
};

/// The channel.
pub struct Wechat {
    http: Arc<Http>,
    nonces: Arc<Nonces>,
}

impl Wechat {
    /// The channel on this client.
    pub const fn new(http: Arc<Http>, nonces: Arc<Nonces>) -> Wechat {
        Wechat { http, nonces }
    }
}

impl Remote for Wechat {
    fn facts(&self) -> &Facts {
        &FACTS
    }

    fn wallet(&self) -> Option<Wallet> {
        Some(Wallet { agent: "MicroMessenger", code_field: "code" })
    }

    fn open(&self, settings: &serde_json::Value) -> Result<Arc<dyn Line>, Vec<SettingsError>> {
        let mut r = Reader::new(settings);
        let base = r.url("base_url", "https://api.mch.weixin.qq.com");
        let appid = r.text("appid", "the app id bound to the merchant number, such as wx…");
        let mchid = r.text("mchid", "the merchant number; the service provider's in partner mode");
        let sub_mchid = r.optional("sub_mchid");
        let sub_appid = r.optional("sub_appid");
        if sub_appid.is_some() && sub_mchid.is_none() {
            r.fail("sub_mchid", "is missing: sub_appid is only used in partner mode");
        }
        let private = r.secret(
            "merchant_private_key",
            "merchant_private_key_file",
            "the merchant API private key (apiclient_key.pem)",
        );
        let signer = r.parse("merchant_private_key", private.clone(), Signer::from_text);
        let serial = r.text(
            "merchant_cert_serial",
            "the serial number of the merchant API certificate, 40 hexadecimal characters",
        );
        let apiv3 = r.secret("apiv3_key", "apiv3_key_file", "the APIv3 key, 32 characters");
        let sealed = r.parse("apiv3_key", apiv3, |text| SealedBox::new(text.as_bytes()));
        let keys = platform_keys(&mut r);
        let device_ip = r.optional("device_ip").unwrap_or_else(|| "127.0.0.1".to_owned());
        let timeout = r.millis("timeout_ms", self.http.settings().timeout);
        let login = login::settings(&mut r);
        let v2 = old_code_payment(&mut r, &self.http, private);
        r.finish()?;
        let all = (base, appid, mchid, signer, serial, sealed, keys);
        let (Some(base), Some(appid), Some(mchid), Some(signer), Some(serial), Some(sealed), Some(keys)) =
            all
        else {
            return Err(vec![SettingsError {
                key: "settings".to_owned(),
                what: "are not complete".to_owned(),
            }]);
        };
        Ok(Arc::new(WechatLine(Arc::new(Account {
            party: Party { appid, mchid, sub: sub_mchid.map(|sub| (sub, sub_appid)) },
            serial,
            signer,
            sealed,
            fetched_ms: AtomicI64::new(i64::MIN / 2),
            keys,
            base,
            device_ip,
            timeout,
            v2,
            login,
            http: Arc::clone(&self.http),
            nonces: Arc::clone(&self.nonces),
            fetching: tokio::sync::Mutex::default(),
            refreshing: AtomicBool::new(false),
        }))))
    }
}

/// Code payment by v2, where the settings ask for it.
fn old_code_payment(r: &mut Reader<'_>, http: &Http, private_key: Option<String>) -> Option<V2> {
    let asked = r.optional("code_payment").unwrap_or_else(|| "v3".to_owned());
    let key = r.optional_secret("apiv2_key", "apiv2_key_file");
    let sign_type = r.optional("v2_sign_type").unwrap_or_else(|| "HMAC-SHA256".to_owned());
    let certificate = r.optional_secret("merchant_certificate", "merchant_certificate_file");
    let sign_type = match sign_type.as_str() {
        "HMAC-SHA256" => SignType::HmacSha256,
        "MD5" => SignType::Md5,
        _ => {
            r.fail("v2_sign_type", "write HMAC-SHA256 or MD5");
            return None;
        }
    };
    match asked.as_str() {
        "v3" => return None,
        "v2" => {}
        _ => r.fail("code_payment", "write v3 or v2"),
    }
    if key.is_none() {
        r.fail("apiv2_key", "is missing: code payment by v2 is signed with it");
    }
    if certificate.is_none() {
        r.fail("merchant_certificate", "is missing: v2 reverses only for who shows it (apiclient_cert.pem)");
    }
    let private_key = private_key?;
    let certified = r.parse("merchant_certificate", certificate, |text| {
        Http::with_identity(http.settings().clone(), format!("{text}\n{private_key}\n"))
    })?;
    Some(V2 { key: key?, sign_type, certified: Arc::new(certified) })
}

fn platform_keys(r: &mut Reader<'_>) -> Option<PlatformKeys> {
    let id = r.optional("platform_public_key_id");
    let key = r.optional_secret("platform_public_key", "platform_public_key_file");
    match (&id, &key) {
        (Some(_), None) => {
            r.fail("platform_public_key", "is missing: the key that platform_public_key_id names");
        }
        (None, Some(_)) => {
            r.fail("platform_public_key_id", "is missing: PUB_KEY_ID_ and digits, shown beside the key");
        }
        _ => {}
    }
    if id.as_ref().is_some_and(|id| !id.starts_with("PUB_KEY_ID_")) {
        r.fail("platform_public_key_id", "must begin with PUB_KEY_ID_");
    }
    let verifier = r.parse("platform_public_key", key, Verifier::from_text);
    let pem = r.optional_secret("platform_certificate", "platform_certificate_file");
    let certificates = r.parse("platform_certificate", pem, Certificate::bundle).unwrap_or_default();
    match PlatformKeys::new(id.zip(verifier), &certificates) {
        Ok(keys) => Some(keys),
        Err(what) => {
            r.fail("platform_certificate", what);
            None
        }
    }
}
