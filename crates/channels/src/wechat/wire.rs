//! What goes over the wire to WeChat Pay v3: paths, bodies, signed texts. Direct merchants and sub-merchants of a
//! service provider differ in paths and in who is named; both are made here.

use money::Money;
use serde::{Deserialize, Serialize};

use crate::crypto::Signer;

/// The scheme's name in `Authorization` and in `Wechatpay-Signature-Type`.
pub const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

/// Who asks: the merchant itself, or a service provider for a sub-merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The app id of whoever signs.
    pub appid: String,
    /// The merchant number of whoever signs.
    pub mchid: String,
    /// The sub-merchant's number and perhaps its own app id: then the one above is the service provider.
    pub sub: Option<(String, Option<String>)>,
}

/// Names of the parties in a body; which fields are set depends on the mode.
#[derive(Debug, Default, Serialize)]
pub struct Names<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    appid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mchid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sp_appid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sp_mchid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_appid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_mchid: Option<&'a str>,
}

impl Party {
    /// All names, for ordering, code payment and reversal.
    pub fn names(&self) -> Names<'_> {
        match &self.sub {
            None => Names { appid: Some(&self.appid), mchid: Some(&self.mchid), ..Names::default() },
            Some((sub_mchid, sub_appid)) => Names {
                sp_appid: Some(&self.appid),
                sp_mchid: Some(&self.mchid),
                sub_appid: sub_appid.as_deref(),
                sub_mchid: Some(sub_mchid),
                ..Names::default()
            },
        }
    }

    /// Merchant numbers only, for closing.
    pub fn merchants(&self) -> Names<'_> {
        Names { appid: None, sp_appid: None, sub_appid: None, ..self.names() }
    }

    fn base(&self) -> &'static str {
        if self.sub.is_some() { "/v3/pay/partner/transactions" } else { "/v3/pay/transactions" }
    }

    /// The path that orders by `product`: `native`, `jsapi`, `h5`, `app`, `codepay`.
    pub fn order_path(&self, product: &str) -> String {
        format!("{}/{product}", self.base())
    }

    /// The path of one payment's `action`: `close`, `reverse`.
    pub fn action_path(&self, out_trade_no: &str, action: &str) -> String {
        format!("{}/out-trade-no/{out_trade_no}/{action}", self.base())
    }

    /// Path and query that ask where a payment stands.
    pub fn query_target(&self, out_trade_no: &str) -> String {
        let path = format!("{}/out-trade-no/{out_trade_no}", self.base());
        match &self.sub {
            None => format!("{path}?mchid={}", self.mchid),
            Some((sub, _)) => format!("{path}?sp_mchid={}&sub_mchid={sub}", self.mchid),
        }
    }

    /// Path and query that ask where a refund stands.
    pub fn refund_target(&self, out_refund_no: &str) -> String {
        let path = format!("{REFUND_PATH}/{out_refund_no}");
        match &self.sub {
            None => path,
            Some((sub, _)) => format!("{path}?sub_mchid={sub}"),
        }
    }

    /// Whether a record names this party; fields the channel left out are not held against it.
    pub fn is_named_by(&self, record: &RecordNames) -> bool {
        let fits = |given: &str, ours: &str| given.is_empty() || given == ours;
        match &self.sub {
            None => fits(&record.mchid, &self.mchid) && fits(&record.appid, &self.appid),
            Some((sub, _)) => fits(&record.sp_mchid, &self.mchid) && fits(&record.sub_mchid, sub),
        }
    }
}

/// Where refunds are asked for.
pub const REFUND_PATH: &str = "/v3/refund/domestic/refunds";
/// Where the platform's certificates are listed.
pub const CERTIFICATES_PATH: &str = "/v3/certificates";

/// An amount in fen.
#[derive(Debug, Serialize)]
pub struct Amount {
    total: i64,
    currency: &'static str,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Amount { total: money.value, currency: money.currency.code() }
    }
}

/// An order for a code, an in-app payment or a page.
#[derive(Debug, Serialize)]
pub struct Order<'a> {
    #[serde(flatten)]
    pub(super) names: Names<'a>,
    pub(super) description: String,
    pub(super) out_trade_no: &'a str,
    pub(super) time_expire: String,
    pub(super) notify_url: &'a str,
    pub(super) amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payer: Option<Payer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scene_info: Option<OrderScene<'a>>,
}

/// Who pays: by open id of the app, or of the sub-merchant's app.
#[derive(Debug, Default, Serialize)]
pub struct Payer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) openid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sp_openid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sub_openid: Option<&'a str>,
}

/// Where an order comes from.
#[derive(Debug, Serialize)]
pub struct OrderScene<'a> {
    pub(super) payer_client_ip: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) h5_info: Option<H5Info>,
}

/// What sort of page asks.
#[derive(Debug, Serialize)]
pub struct H5Info {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

/// A code payment: no address to call back, and its own form of the scene.
#[derive(Debug, Serialize)]
pub struct CodePay<'a> {
    #[serde(flatten)]
    pub(super) names: Names<'a>,
    pub(super) description: String,
    pub(super) out_trade_no: &'a str,
    pub(super) payer: CodePayer<'a>,
    pub(super) amount: Amount,
    pub(super) scene_info: CodeScene<'a>,
}

/// The payer of a code payment.
#[derive(Debug, Serialize)]
pub struct CodePayer<'a> {
    pub(super) auth_code: &'a str,
}

/// Where a code was scanned.
#[derive(Debug, Serialize)]
pub struct CodeScene<'a> {
    pub(super) device_id: &'a str,
    pub(super) device_ip: &'a str,
    pub(super) store_info: Store<'a>,
}

/// A shop by our own number.
#[derive(Debug, Serialize)]
pub struct Store<'a> {
    pub(super) out_id: &'a str,
}

/// A refund.
#[derive(Debug, Serialize)]
pub struct RefundOrder<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sub_mchid: Option<&'a str>,
    /// The channel's own number where we know it: one number of ours may have been paid by two transactions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) out_trade_no: Option<&'a str>,
    pub(super) out_refund_no: &'a str,
    pub(super) reason: String,
    pub(super) notify_url: &'a str,
    pub(super) amount: RefundAmount,
}

/// Sends a refund that the payer's bank gave back to the merchant's own account.
#[derive(Debug, Serialize)]
pub struct RepairOrder<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sub_mchid: Option<&'a str>,
    pub(super) out_refund_no: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

/// How much goes back, of how much.
#[derive(Debug, Serialize)]
pub struct RefundAmount {
    pub(super) refund: i64,
    pub(super) total: i64,
    pub(super) currency: &'static str,
}

/// Who a record is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RecordNames {
    pub(super) appid: String,
    pub(super) mchid: String,
    pub(super) sp_mchid: String,
    pub(super) sub_mchid: String,
}

/// A payment as queries, code payments and notifications tell it. What is absent is empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Transaction {
    #[serde(flatten)]
    pub(super) names: RecordNames,
    pub(super) out_trade_no: String,
    pub(super) transaction_id: String,
    pub(super) trade_state: String,
    pub(super) trade_state_desc: String,
    pub(super) success_time: String,
    pub(super) amount: Option<Total>,
}

/// The amounts of a payment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Total {
    pub(super) total: Option<i64>,
    pub(super) currency: String,
}

/// A refund as the API (`status`) and notifications (`refund_status`) tell it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RefundRecord {
    #[serde(flatten)]
    pub(super) names: RecordNames,
    pub(super) out_trade_no: String,
    pub(super) out_refund_no: String,
    pub(super) refund_id: String,
    #[serde(alias = "refund_status")]
    pub(super) status: String,
    pub(super) success_time: String,
}

/// The answer to an order: one of them is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ordered {
    pub(super) code_url: String,
    pub(super) prepay_id: String,
    pub(super) h5_url: String,
}

/// An error's body.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ErrorBody {
    pub(super) code: String,
    pub(super) message: String,
}

/// Something sealed with the APIv3 key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sealed {
    pub(super) original_type: String,
    pub(super) algorithm: String,
    pub(super) ciphertext: String,
    pub(super) associated_data: String,
    pub(super) nonce: String,
}

/// A notification before it is opened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Envelope {
    pub(super) id: String,
    pub(super) event_type: String,
    pub(super) resource: Sealed,
}

/// The list of the platform's certificates.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CertificateList {
    pub(super) data: Vec<CertificateEntry>,
}

/// One of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CertificateEntry {
    pub(super) serial_no: String,
    pub(super) encrypt_certificate: Sealed,
}

/// The parts of what a request's signature is made over.
pub fn request_text<'a>(
    method: &'a str,
    target: &'a str,
    seconds: &'a str,
    nonce: &'a str,
    body: &'a [u8],
) -> [&'a [u8]; 10] {
    let lf = b"\n".as_slice();
    [method.as_bytes(), lf, target.as_bytes(), lf, seconds.as_bytes(), lf, nonce.as_bytes(), lf, body, lf]
}

/// What of a request its signature is made over.
pub struct Request<'a> {
    /// GET or POST.
    pub method: &'a str,
    /// Path and query as they are sent.
    pub target: &'a str,
    /// Now, in seconds.
    pub seconds: &'a str,
    /// The exact bytes.
    pub body: &'a [u8],
}

/// The value of a request's `Authorization` header.
pub fn authorization(
    signer: &Signer,
    mchid: &str,
    serial: &str,
    nonce: &str,
    request: &Request<'_>,
) -> String {
    let Request { method, target, seconds, body } = request;
    let signature = signer.sign(&request_text(method, target, seconds, nonce, body));
    format!(
        "{SCHEME} mchid=\"{mchid}\",nonce_str=\"{nonce}\",signature=\"{signature}\",timestamp=\"{seconds}\",serial_no=\"{serial}\""
    )
}

/// The parts of what the signature of an answer or a notification is made over.
pub fn answer_text<'a>(seconds: &'a str, nonce: &'a str, body: &'a [u8]) -> [&'a [u8]; 6] {
    let lf = b"\n".as_slice();
    [seconds.as_bytes(), lf, nonce.as_bytes(), lf, body, lf]
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
