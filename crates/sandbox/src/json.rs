//! `sandbox.json`: everything a foreign client needs to talk to this sandbox, written in one step.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::keys::Keys;

/// The whole file. Key paths are absolute.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SandboxJson {
    /// The origin all channels are served from.
    pub base_url: String,
    /// WeChat Pay account of the first merchant.
    pub wechat: WechatJson,
    /// Alipay application of the first merchant.
    pub alipay: AlipayJson,
    /// Alipay+ client of the first merchant.
    pub alipay_plus: AlipayPlusJson,
    /// All merchants, the first one included.
    pub accounts: Vec<AccountJson>,
    /// The telephone for a person.
    pub phone_url: String,
}

/// One merchant's accounts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountJson {
    /// At WeChat Pay.
    pub wechat: WechatJson,
    /// At Alipay.
    pub alipay: AlipayJson,
    /// At Alipay+.
    pub alipay_plus: AlipayPlusJson,
}

/// A WeChat Pay merchant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WechatJson {
    /// Application id bound to the merchant number.
    pub appid: String,
    /// Merchant number; also the integrator's number in partner mode.
    pub mchid: String,
    /// A sub-merchant of it (partner mode).
    pub sub_mchid: String,
    /// Path of the merchant's private key (PKCS#8 PEM).
    pub merchant_private_key: String,
    /// Path of the merchant's certificate (PEM).
    pub merchant_certificate: String,
    /// Its serial, 40 upper-case hexadecimal digits.
    pub merchant_cert_serial: String,
    /// 32 characters.
    pub apiv3_key: String,
    /// 32 characters.
    pub apiv2_key: String,
    /// Path of the current platform certificate (PEM).
    pub platform_certificate: String,
    /// Its serial.
    pub platform_certificate_serial: String,
    /// `PUB_KEY_ID_…`
    pub platform_public_key_id: String,
    /// Path of the WeChat Pay public key (SPKI PEM).
    pub platform_public_key: String,
    /// A payer's id under the application id.
    pub openid: String,
    /// The application's secret, for the exchange of an OAuth code.
    pub app_secret: String,
    /// Where a page inside the wallet asks who opened it; the exchange is at `/sns/oauth2/access_token`.
    pub authorize_url: String,
}

/// An Alipay application.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AlipayJson {
    /// Where `gateway.do` answers.
    pub gateway_url: String,
    /// Origin of the v3 protocol (paths begin with `/v3/alipay/`).
    pub v3_endpoint: String,
    /// Application id.
    pub app_id: String,
    /// The merchant's own id, `seller_id` in callbacks.
    pub seller_id: String,
    /// With this `app_auth_token` another application of `accounts` acts for this merchant.
    pub app_auth_token: String,
    /// AES key (base64) of encrypted contents (`encrypt_type=AES`).
    pub encrypt_key: String,
    /// Path of the application's private key (PKCS#8 PEM).
    pub app_private_key: String,
    /// Path of Alipay's public key (SPKI PEM).
    pub alipay_public_key: String,
    /// Path of the application's certificate (certificate mode).
    pub app_certificate: String,
    /// Path of Alipay's certificate (certificate mode).
    pub alipay_certificate: String,
    /// Path of Alipay's root certificates (certificate mode).
    pub alipay_root_certificate: String,
    /// A payer's id.
    pub buyer_id: String,
    /// Where a page inside the wallet asks who opened it; the exchange is `alipay.system.oauth.token`.
    pub authorize_url: String,
}

/// A client of Alipay+ (AMS).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AlipayPlusJson {
    /// Origin of the calls; their paths begin with `/ams/api/v1/` or `/ams/sandbox/api/v1/`.
    pub gateway_url: String,
    /// Client id.
    pub client_id: String,
    /// Path of the client's private key (PKCS#8 PEM).
    pub client_private_key: String,
    /// Path of the channel's public key (SPKI PEM).
    pub alipay_plus_public_key: String,
}

/// What the file says.
pub(crate) fn describe(base_url: &str, data: &Path, keys: &Keys) -> Result<SandboxJson, Error> {
    let folder = std::path::absolute(data.join("keys")).map_err(Error::file(data))?;
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let newest = keys.wechat_platform.len() - 1;
    let accounts: Vec<AccountJson> = keys
        .merchants
        .iter()
        .enumerate()
        .map(|(index, merchant)| AccountJson {
            wechat: WechatJson {
                appid: merchant.wechat_appid.clone(),
                mchid: merchant.wechat_mchid.clone(),
                sub_mchid: merchant.wechat_sub_mchid.clone(),
                merchant_private_key: path(&format!("wechat_merchant_{index}_key.pem")),
                merchant_certificate: path(&format!("wechat_merchant_{index}_cert.pem")),
                merchant_cert_serial: merchant.wechat.serial.clone(),
                apiv3_key: merchant.apiv3_key.clone(),
                apiv2_key: merchant.apiv2_key.clone(),
                platform_certificate: path(&format!("wechat_platform_{newest}_cert.pem")),
                platform_certificate_serial: keys.wechat_platform[newest].serial.clone(),
                platform_public_key_id: keys.wechat_public_id.clone(),
                platform_public_key: path("wechat_public_public_key.pem"),
                openid: merchant.openid.clone(),
                app_secret: merchant.wechat_app_secret.clone(),
                authorize_url: format!("{base_url}/connect/oauth2/authorize"),
            },
            alipay: AlipayJson {
                gateway_url: format!("{base_url}/gateway.do"),
                v3_endpoint: base_url.to_string(),
                app_id: merchant.alipay_app_id.clone(),
                seller_id: merchant.alipay_seller_id.clone(),
                app_auth_token: merchant.alipay_auth_token.clone(),
                encrypt_key: merchant.alipay_encrypt_key.clone(),
                app_private_key: path(&format!("alipay_app_{index}_key.pem")),
                alipay_public_key: path("alipay_public_key.pem"),
                app_certificate: path(&format!("alipay_app_{index}_cert.pem")),
                alipay_certificate: path("alipay_cert.pem"),
                alipay_root_certificate: path("alipay_root_cert.pem"),
                buyer_id: "2088100000000001".into(),
                authorize_url: format!("{base_url}/oauth2/publicAppAuthorize.htm"),
            },
            alipay_plus: AlipayPlusJson {
                gateway_url: base_url.to_string(),
                client_id: merchant.ams_client_id.clone(),
                client_private_key: path(&format!("ams_client_{index}_key.pem")),
                alipay_plus_public_key: path("ams_public_key.pem"),
            },
        })
        .collect();
    Ok(SandboxJson {
        base_url: base_url.to_string(),
        wechat: accounts[0].wechat.clone(),
        alipay: accounts[0].alipay.clone(),
        alipay_plus: accounts[0].alipay_plus.clone(),
        accounts,
        phone_url: format!("{base_url}/phone"),
    })
}

/// Writes `DATA/sandbox.json`: a reader sees the old file or the whole new one.
pub(crate) fn write(json: &SandboxJson, data: &Path) -> Result<(), Error> {
    let path = data.join("sandbox.json");
    let next = data.join("sandbox.json.next");
    let text = serde_json::to_string_pretty(json).expect("our own description serialises");
    std::fs::write(&next, text).map_err(Error::file(&next))?;
    std::fs::rename(&next, &path).map_err(Error::file(&path))
}
