//! Alipay (支付宝), the gateway protocol: the payer scans a code, the terminal scans the payer's code, refunds, notifications.

pub mod bill;
mod certificates;
mod client;
pub mod funds;
mod in_app;
mod login;
mod notify;
mod rest;
pub mod states;
pub mod wire;

use std::sync::Arc;
use std::time::Duration;

use desk::channel::{Facts, Line, PayerCodes, Remote, SettingsError, Wallet};
use desk::rows::Presentment;
use money::Currency;

use crate::crypto::{Certificate, Nonces, Signer, Verifier};
use crate::http::Http;
use crate::settings::Reader;

use certificates::Certificates;
use client::AlipayLine;

const DAY: u64 = 24 * 3600;

static FACTS: Facts = Facts {
    code: "alipay",
    name_en: "Alipay",
    name_zh: "支付宝",
    presentments: &[Presentment::MerchantPresented, Presentment::CustomerPresented, Presentment::InApp],
    payer_codes: &[PayerCodes { min_len: 16, max_len: 24, first: 25, last: 30 }],
    currencies: &[Currency::CNY],
    code_life: Duration::from_secs(2 * 3600),
    refund_window: Duration::from_secs(365 * DAY),
    unscanned_stays_open: true,
};

/// The channel.
pub struct Alipay {
    http: Arc<Http>,
    nonces: Arc<Nonces>,
}

impl Alipay {
    /// The channel on this client.
    pub const fn new(http: Arc<Http>, nonces: Arc<Nonces>) -> Alipay {
        Alipay { http, nonces }
    }
}

impl Remote for Alipay {
    fn facts(&self) -> &Facts {
        &FACTS
    }

    fn wallet(&self) -> Option<Wallet> {
        Some(Wallet { agent: "AlipayClient", code_field: "auth_code" })
    }

    fn open(&self, settings: &serde_json::Value) -> Result<Arc<dyn Line>, Vec<SettingsError>> {
        let mut r = Reader::new(settings);
        let gateway = r.url("gateway_url", "https://openapi.alipay.com/gateway.do");
        let rest = protocol(&mut r);
        let authorize = r.url("oauth_url", "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm");
        let app_id = r.text("app_id", "the app's number at the open platform, 16 digits");
        let private = r.secret("app_private_key", "app_private_key_file", "the app's private key");
        let signer = r.parse("app_private_key", private, Signer::from_text);
        let keys = keys(&mut r);
        let seller_id = r.optional("seller_id");
        let app_auth_token = r.optional("app_auth_token");
        let timeout = r.millis("timeout_ms", self.http.settings().timeout);
        r.finish()?;
        let all = (gateway, authorize, app_id, signer, keys);
        let (Some(gateway), Some(authorize), Some(app_id), Some(signer), Some((key, certificates))) = all
        else {
            return Err(vec![SettingsError {
                key: "settings".to_owned(),
                what: "are not complete".to_owned(),
            }]);
        };
        Ok(Arc::new(AlipayLine {
            app_id,
            app_auth_token,
            seller_id,
            signer,
            key,
            certificates,
            gateway,
            authorize,
            rest,
            nonces: Arc::clone(&self.nonces),
            timeout,
            http: Arc::clone(&self.http),
        }))
    }
}

/// The address of the v3 protocol, where the settings ask for it.
fn protocol(r: &mut Reader<'_>) -> Option<reqwest::Url> {
    let asked = r.optional("protocol").unwrap_or_else(|| "gateway".to_owned());
    let endpoint = r.url("v3_endpoint", "https://openapi.alipay.com");
    match asked.as_str() {
        "gateway" => None,
        "v3" => endpoint,
        _ => {
            r.fail("protocol", "write gateway or v3");
            None
        }
    }
}

/// Alipay's key: by itself, or in certificate mode with the names of all three certificates.
fn keys(r: &mut Reader<'_>) -> Option<(Verifier, Option<Certificates>)> {
    let public = r.optional_secret("alipay_public_key", "alipay_public_key_file");
    let app = r.optional_secret("app_cert", "app_cert_file");
    let root = r.optional_secret("alipay_root_cert", "alipay_root_cert_file");
    let alipay = r.optional_secret("alipay_cert", "alipay_cert_file");
    if app.is_none() && root.is_none() && alipay.is_none() {
        if public.is_none() {
            r.fail(
                "alipay_public_key",
                "is missing: Alipay's public key (not the app's), or the three certificates",
            );
        }
        return r.parse("alipay_public_key", public, Verifier::from_text).map(|key| (key, None));
    }
    if public.is_some() {
        r.fail("alipay_public_key", "leave it out in certificate mode: alipay_cert holds the key");
    }
    for (key, text) in [("app_cert", &app), ("alipay_root_cert", &root), ("alipay_cert", &alipay)] {
        if text.is_none() {
            r.fail(key, "is missing: certificate mode needs app_cert, alipay_root_cert and alipay_cert");
        }
    }
    let app = r.parse("app_cert", app, Certificate::from_pem);
    let roots = r.parse("alipay_root_cert", root, Certificate::bundle);
    let alipay = r.parse("alipay_cert", alipay, Certificate::from_pem);
    let key = alipay.as_ref().map(Certificate::verifier);
    if let Some(Err(what)) = &key {
        r.fail("alipay_cert", what.clone());
    }
    let names = Certificates::new(&app?, roots?, &alipay?).ok()?;
    Some((key?.ok()?, Some(names)))
}
