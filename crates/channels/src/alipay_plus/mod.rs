//! Alipay+ (AMS), in store: wallets from abroad. The order is in the merchant's currency; what the wallet was charged and what the merchant is
//! settled are told with their rates and kept with the payment.

mod client;
mod notify;
pub mod states;
pub mod wire;

use std::sync::Arc;
use std::time::Duration;

use desk::channel::{Facts, Line, PayerCodes, Remote, SettingsError};
use desk::rows::Presentment;
use money::Currency;

use crate::crypto::{Signer, Verifier};
use crate::http::Http;
use crate::settings::Reader;

use client::AlipayPlusLine;
use wire::Merchant;

const DAY: u64 = 24 * 3600;

static FACTS: Facts = Facts {
    code: "alipay_plus",
    name_en: "Alipay+",
    name_zh: "Alipay+（境外钱包）",
    presentments: &[Presentment::MerchantPresented, Presentment::CustomerPresented],
    payer_codes: &[PayerCodes { min_len: 19, max_len: 19, first: 25, last: 30 }],
    currencies: Currency::ALL,
    code_life: Duration::from_secs(3 * 60),
    refund_window: Duration::from_secs(365 * DAY),
    unscanned_stays_open: false,
};

/// The channel.
pub struct AlipayPlus {
    http: Arc<Http>,
}

impl AlipayPlus {
    /// The channel on this client.
    pub const fn new(http: Arc<Http>) -> AlipayPlus {
        AlipayPlus { http }
    }
}

impl Remote for AlipayPlus {
    fn facts(&self) -> &Facts {
        &FACTS
    }

    fn open(&self, settings: &serde_json::Value) -> Result<Arc<dyn Line>, Vec<SettingsError>> {
        let mut r = Reader::new(settings);
        let gateway = r.url("gateway_url", "https://open-sea-global.alipay.com");
        let client_id =
            r.text("client_id", "the client id; those of the channel's own sandbox begin with SANDBOX_");
        let private = r.secret("client_private_key", "client_private_key_file", "the client's private key");
        let signer = r.parse("client_private_key", private, Signer::from_text);
        let public =
            r.secret("alipay_plus_public_key", "alipay_plus_public_key_file", "Alipay+'s public key");
        let key = r.parse("alipay_plus_public_key", public, Verifier::from_text);
        let key_version = r.optional("key_version").unwrap_or_else(|| "1".to_owned());
        let agent_token = r.optional("agent_token");
        let id = r.text("merchant_id", "the merchant's number, as registered with Alipay+");
        let name = r.text("merchant_name", "the merchant's name, as registered with Alipay+");
        let mcc = r.text("merchant_mcc", "the merchant category code, four digits");
        let store_name = r.optional("store_name").or_else(|| name.clone());
        let settlement_currency = r.optional("settlement_currency");
        if settlement_currency.as_ref().is_some_and(|c| c.parse::<Currency>().is_err()) {
            r.fail("settlement_currency", "write an ISO 4217 code, such as CNY");
        }
        let timeout = r.millis("timeout_ms", self.http.settings().timeout);
        r.finish()?;
        let merchant = id.zip(name).zip(mcc);
        let all = (gateway, client_id, signer, key, merchant, store_name);
        let (
            Some(gateway),
            Some(client_id),
            Some(signer),
            Some(key),
            Some(((id, name), mcc)),
            Some(store_name),
        ) = all
        else {
            return Err(vec![SettingsError {
                key: "settings".to_owned(),
                what: "are not complete".to_owned(),
            }]);
        };
        let prefix = if client_id.starts_with("SANDBOX_") { "/ams/sandbox/api/v1" } else { "/ams/api/v1" };
        let base = format!("{}{prefix}", gateway.as_str().trim_end_matches('/'));
        let base = reqwest::Url::parse(&base)
            .map_err(|e| vec![SettingsError { key: "gateway_url".to_owned(), what: e.to_string() }])?;
        Ok(Arc::new(AlipayPlusLine {
            client_id,
            key_version,
            signer,
            key,
            agent_token,
            merchant: Merchant { reference_merchant_id: id, merchant_name: name, merchant_mcc: mcc },
            store_name,
            settlement_currency,
            base,
            timeout,
            http: Arc::clone(&self.http),
        }))
    }
}
