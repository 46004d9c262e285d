//! What goes over the wire to Alipay+ (AMS): all scalars are texts, amounts in the currency's minor unit, one signature scheme for
//! requests, answers and notifications.

use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::crypto::{Signer, Verifier};

/// The parts of the text that both sides sign: `POST path`, a line feed, `client.time.body`.
pub fn signed_text<'a>(path: &'a str, client: &'a str, time: &'a str, body: &'a [u8]) -> [&'a [u8]; 8] {
    [b"POST ", path.as_bytes(), b"\n", client.as_bytes(), b".", time.as_bytes(), b".", body]
}

/// The value of the `signature` header.
pub fn signature_header(signer: &Signer, key_version: &str, text: &[&[u8]]) -> String {
    let signature: String = form_urlencoded::byte_serialize(signer.sign(text).as_bytes()).collect();
    format!("algorithm=RSA256,keyVersion={key_version},signature={signature}")
}

/// Whether the value of a `signature` header is `key`'s over the text.
pub fn is_signed(key: &Verifier, header: &str, text: &[&[u8]]) -> bool {
    let Some(encoded) = header.split(',').find_map(|p| p.trim().strip_prefix("signature=")) else {
        return false;
    };
    // Decoded as a form value; a `+` that was left as it is must not become a blank.
    let form = format!("s={}", encoded.replace('+', "%2B"));
    let decoded = form_urlencoded::parse(form.as_bytes()).next().map(|(_, v)| v.into_owned());
    decoded.is_some_and(|signature| key.verify(text, &signature))
}

/// An amount as the wire has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Amount {
    currency: String,
    value: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Amount { currency: money.currency.code().to_owned(), value: money.value.to_string() }
    }
}

impl Amount {
    /// As money; `None` when the currency or the number is not known here.
    pub fn money(&self) -> Option<Money> {
        let currency: Currency = self.currency.parse().ok()?;
        Some(Money::new(self.value.parse().ok()?, currency))
    }
}

/// A rate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Quote {
    pub(super) quote_price: String,
    pub(super) quote_currency_pair: String,
}

/// How every call ends: `S`, `F` or `U`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Ending {
    pub(super) result_code: String,
    pub(super) result_status: String,
    pub(super) result_message: String,
}

/// What answers and notifications tell, of all calls. What is absent is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Told {
    pub(super) result: Ending,
    pub(super) notify_type: String,
    pub(super) payment_request_id: String,
    pub(super) payment_id: String,
    pub(super) payment_status: String,
    pub(super) payment_result_code: String,
    pub(super) payment_result_message: String,
    pub(super) payment_amount: Option<Amount>,
    pub(super) payment_time: String,
    pub(super) settlement_amount: Option<Amount>,
    pub(super) settlement_quote: Option<Quote>,
    pub(super) customer_amount: Option<Amount>,
    pub(super) customer_quote: Option<Quote>,
    /// The same by the names of other releases; an answer may carry both.
    pub(super) gross_settlement_amount: Option<Amount>,
    pub(super) actual_payment_amount: Option<Amount>,
    pub(super) payment_quote: Option<Quote>,
    pub(super) order_code_form: Option<OrderCodeForm>,
    pub(super) refund_request_id: String,
    pub(super) refund_id: String,
    pub(super) refund_status: String,
    pub(super) refund_time: String,
}

/// The code a payer scans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderCodeForm {
    pub(super) code_details: Vec<CodeDetail>,
}

/// One form of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CodeDetail {
    pub(super) code_value: String,
    pub(super) display_type: String,
}

/// Who sells, as wallets and regulators want to know it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Merchant {
    pub(super) reference_merchant_id: String,
    pub(super) merchant_name: String,
    #[serde(rename = "merchantMCC")]
    pub(super) merchant_mcc: String,
}

/// A payment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pay<'a> {
    pub(super) product_code: &'static str,
    pub(super) payment_request_id: &'a str,
    pub(super) order: Order<'a>,
    pub(super) payment_amount: Amount,
    pub(super) payment_method: Method<'a>,
    pub(super) payment_factor: Factor,
    pub(super) payment_notify_url: &'a str,
    pub(super) payment_expiry_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) settlement_strategy: Option<Settlement<'a>>,
}

/// What is sold.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Order<'a> {
    pub(super) reference_order_id: &'a str,
    pub(super) order_description: String,
    pub(super) order_amount: Amount,
    pub(super) merchant: Seller<'a>,
}

/// Who sells, and where.
#[derive(Debug, Serialize)]
pub struct Seller<'a> {
    #[serde(flatten)]
    pub(super) merchant: &'a Merchant,
    pub(super) store: Shop<'a>,
}

/// The shop.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shop<'a> {
    pub(super) reference_store_id: &'a str,
    pub(super) store_name: &'a str,
    #[serde(rename = "storeMCC")]
    pub(super) store_mcc: &'a str,
    pub(super) store_terminal_id: &'a str,
}

/// How it is paid: by any connected wallet, with the payer's code or without.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Method<'a> {
    pub(super) payment_method_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payment_method_id: Option<&'a str>,
}

/// `PaymentCode` or `OrderCode`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Factor {
    pub(super) in_store_payment_scenario: &'static str,
}

/// In which currency the merchant is settled.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settlement<'a> {
    pub(super) settlement_currency: &'a str,
}

/// Names a payment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRef<'a> {
    pub(super) payment_request_id: &'a str,
}

/// A refund. It names the payment by the channel's own number.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundOrder<'a> {
    pub(super) refund_request_id: &'a str,
    pub(super) payment_id: &'a str,
    pub(super) refund_amount: Amount,
    pub(super) refund_reason: String,
}

/// Names a refund.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundRef<'a> {
    pub(super) refund_request_id: &'a str,
}
