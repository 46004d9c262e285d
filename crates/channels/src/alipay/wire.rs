//! What goes over the wire to Alipay's gateway: parameters, signed texts, raw nodes of answers, amounts.

use std::collections::{BTreeMap, HashMap};

use money::{Currency, Money, MoneyError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::crypto::{Signer, Verifier};

/// The parameters of a request or a notification, in the order they are signed.
pub type Params = BTreeMap<String, String>;

/// The parts of the text that is signed: `k=v` joined by `&`, by key, without `sign` and without empty values; notifications
/// leave out `sign_type` too.
pub fn signed_text<'a>(params: &'a Params, left_out: &[&str], keep_empty: bool) -> Vec<&'a [u8]> {
    let mut parts: Vec<&[u8]> = Vec::with_capacity(params.len() * 4);
    let kept = |(key, value): &(&String, &String)| {
        !left_out.contains(&key.as_str()) && (keep_empty || !value.is_empty())
    };
    for (key, value) in params.iter().filter(kept) {
        if !parts.is_empty() {
            parts.push(b"&");
        }
        parts.extend([key.as_bytes(), b"=", value.as_bytes()]);
    }
    parts
}

/// Adds the signature to a request's parameters and writes the form.
pub fn signed_form(mut params: Params, signer: &Signer) -> String {
    let sign = signer.sign(&signed_text(&params, &["sign"], false));
    params.insert("sign".to_owned(), sign);
    form_urlencoded::Serializer::new(String::new()).extend_pairs(&params).finish()
}

/// Reads a form.
pub fn read_form(body: &[u8]) -> Params {
    form_urlencoded::parse(body).into_owned().collect()
}

/// Whether a notification is signed by `key`. Clients and servers disagree on empty values: both readings are tried.
pub fn is_signed(params: &Params, key: &Verifier) -> bool {
    let Some(sign) = params.get("sign") else { return false };
    let left_out = ["sign", "sign_type"];
    key.verify(&signed_text(params, &left_out, false), sign)
        || params.values().any(String::is_empty) && key.verify(&signed_text(params, &left_out, true), sign)
}

/// An answer taken apart without touching the signed text.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The raw text of the node, exactly as signed.
    pub node: &'a str,
    /// Whether it is the gateway's `error_response`.
    pub is_error: bool,
    /// The signature; empty when there is none.
    pub sign: String,
    /// Which of Alipay's certificates signed; empty in public-key mode.
    pub cert_sn: String,
}

/// Finds the node of `method` in an answer. Error: what is not as documented.
pub fn parts<'a>(text: &'a str, method: &str) -> Result<Parts<'a>, String> {
    let fields: HashMap<&str, &'a RawValue> =
        serde_json::from_str(text).map_err(|e| format!("not an answer as documented: {e}"))?;
    let name = format!("{}_response", method.replace('.', "_"));
    let (node, is_error) = match (fields.get(name.as_str()), fields.get("error_response")) {
        (Some(node), _) => (node, false),
        (None, Some(node)) => (node, true),
        (None, None) => return Err(format!("the answer has no {name}")),
    };
    let text_of = |key: &str| {
        fields.get(key).and_then(|v| serde_json::from_str::<String>(v.get()).ok()).unwrap_or_default()
    };
    Ok(Parts { node: node.get(), is_error, sign: text_of("sign"), cert_sn: text_of("alipay_cert_sn") })
}

/// What nodes say, of all methods used here. What is absent is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Node {
    /// The gateway's code: `10000` and so on.
    pub code: String,
    /// Its words.
    pub msg: String,
    /// The business code: `ACQ.TRADE_NOT_EXIST`.
    pub sub_code: String,
    /// Its words.
    pub sub_msg: String,
    /// Our number.
    pub out_trade_no: String,
    /// Alipay's number.
    pub trade_no: String,
    /// What the code to show holds.
    pub qr_code: String,
    /// Where the trade stands.
    pub trade_status: String,
    /// Yuan.
    pub total_amount: String,
    /// When it was paid, Beijing time (pay).
    pub gmt_payment: String,
    /// When it was paid, Beijing time (query).
    pub send_pay_date: String,
    /// `Y` asks to cancel again.
    pub retry_flag: String,
    /// What a cancel did: `close`, `refund`, or nothing.
    pub action: String,
    /// `Y` when this very request moved money.
    pub fund_change: String,
    /// When a refund was paid, Beijing time.
    pub gmt_refund_pay: String,
    /// `REFUND_SUCCESS` when done.
    pub refund_status: String,
    /// Yuan of one refund (refund query).
    pub refund_amount: String,
    /// Our number of the refund.
    pub out_request_no: String,
    /// The user's number, of the exchange of a visitor's code.
    pub user_id: String,
    /// The user's id for this app, where the app is told no number.
    pub open_id: String,
    /// Where a bill can be fetched.
    pub bill_download_url: String,
}

/// The business content of precreate and pay.
#[derive(Debug, Serialize)]
pub struct Trade<'a> {
    pub(super) out_trade_no: &'a str,
    pub(super) total_amount: String,
    pub(super) subject: String,
    pub(super) product_code: &'static str,
    pub(super) time_expire: String,
    pub(super) store_id: &'a str,
    pub(super) terminal_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seller_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) qr_code_timeout_express: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scene: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auth_code: Option<&'a str>,
}

/// The business content of query, close and cancel.
#[derive(Debug, Serialize)]
pub struct TradeRef<'a> {
    pub(super) out_trade_no: &'a str,
}

/// The business content of a refund.
#[derive(Debug, Serialize)]
pub struct RefundOrder<'a> {
    /// The channel's own number where we know it; it wins over ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trade_no: Option<&'a str>,
    pub(super) out_trade_no: &'a str,
    pub(super) refund_amount: String,
    pub(super) out_request_no: &'a str,
    pub(super) refund_reason: String,
}

/// The business content of a refund's query.
#[derive(Debug, Serialize)]
pub struct RefundRef<'a> {
    /// The channel's own number where we know it; it wins over ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trade_no: Option<&'a str>,
    pub(super) out_trade_no: &'a str,
    pub(super) out_request_no: &'a str,
    pub(super) query_options: [&'static str; 1],
}

/// A yuan string as an amount.
pub fn yuan(text: &str) -> Result<Money, MoneyError> {
    Money::parse_decimal(text, Currency::CNY)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
