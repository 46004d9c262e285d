//! Attempts, refunds and fulfilments of an order.

use desk::rows::{
    Attempt, AttemptState, Fulfilment, FulfilmentState, Presentment, Refund, RefundCause, RefundState,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Id, Millis};
use utoipa::ToSchema;

use super::{Amount, AmountView};

/// A try to pay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttemptBody {
    /// How payer and terminal meet: `merchant_presented`, `customer_presented`, `cash`, `in_app` …
    #[schema(example = "merchant_presented")]
    pub presentment: String,
    /// The channel; for a payer's code it follows from the code.
    pub channel: Option<String>,
    /// What the terminal scanned.
    pub payer_code: Option<String>,
    /// The cash handed over.
    pub tendered: Option<Amount>,
    /// The terminal, when a key acts for one of its merchant's.
    #[schema(value_type = Option<String>)]
    pub terminal: Option<Id>,
    /// For `in_app`, where the payer is: `page` (inside the wallet, needs `payer_id`), `browser` (outside it; the answer is an address),
    /// `app` (the merchant's own). Follows from `payer_id` when absent.
    #[schema(example = "page")]
    pub way: Option<String>,
    /// For `in_app`: the wallet's id of the payer for this account, as the wallet's own sign-in gave it. Forgotten when the attempt ends.
    #[schema(max_length = 128)]
    pub payer_id: Option<String>,
    /// For `in_app`: the payer's address, for the channel's risk rules.
    pub client_ip: Option<String>,
    /// For `in_app` in a browser: where it goes afterwards.
    #[schema(max_length = 512)]
    pub return_url: Option<String>,
    /// For `in_app`: stops the payment of this order that another payer has begun, instead of being refused with `attempt_in_progress`.
    #[serde(default)]
    pub take_over: bool,
    /// More that the channel understands: pieces of cash, a card's number.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub data: Value,
}

/// One try to pay.
#[derive(Serialize, ToSchema)]
#[schema(as = Attempt)]
pub struct AttemptView<'a> {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// The order.
    #[schema(value_type = String)]
    pub order: Id,
    /// `pending`, `in_doubt`, `succeeded`, `declined`, `closed` or `reversed`.
    #[schema(value_type = String)]
    pub state: &'a AttemptState,
    /// The channel.
    pub channel: &'a str,
    /// How payer and terminal met.
    #[schema(value_type = String)]
    pub presentment: &'a Presentment,
    /// What is to be paid.
    #[schema(value_type = Amount)]
    pub amount: AmountView<'a>,
    /// Our number of it at the channel.
    pub out_trade_no: &'a str,
    /// What to show as a QR code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// For `in_app`, while it can be paid: what the wallet's own script or library is given (`getBrandWCPayRequest`, `tradePay`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub call: Option<Value>,
    /// For `in_app` in a browser, while it can be paid: where to go.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub address: Option<Value>,
    /// Why it did not succeed: `not_enough_money`, `payer_code_expired` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// The channel's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_said: Option<&'a str>,
    /// The channel's number of the payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_txn: Option<&'a str>,
    /// The cash handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Amount>)]
    pub tendered: Option<AmountView<'a>>,
    /// The cash to give back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Amount>)]
    pub change: Option<AmountView<'a>>,
    /// More that the channel tells: for cash the pieces `taken` and `given`, counts by value in minor units.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "embedded")]
    #[schema(value_type = Option<Object>)]
    pub details: Option<&'a str>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    /// The last moment to pay by it.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Millis,
    /// The channel's success time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paid_at: Option<Millis>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Millis>,
}

impl<'a> From<&'a Attempt> for AttemptView<'a> {
    fn from(a: &'a Attempt) -> Self {
        let money = |value| AmountView { value, currency: &a.currency };
        let mut given = Some(a).filter(|a| a.state == AttemptState::Pending).and_then(desk::in_app::given);
        let mut given = |key: &str| given.as_mut().and_then(|g| g.as_object_mut()?.remove(key));
        AttemptView {
            id: a.id,
            order: a.order,
            state: &a.state,
            channel: &a.channel,
            presentment: &a.presentment,
            amount: money(a.amount),
            out_trade_no: &a.out_trade_no,
            code: a.code.as_deref().filter(|_| a.presentment != Presentment::InApp),
            call: given("call"),
            address: given("address"),
            reason: a.reason.as_deref(),
            channel_said: a.channel_said.as_deref(),
            channel_txn: a.channel_txn.as_deref(),
            tendered: a.tendered.map(money),
            change: a.change.map(money),
            details: a.details.as_deref(),
            created_at: a.created_at,
            expires_at: a.expires_at,
            paid_at: a.paid_at,
            ended_at: a.ended_at,
        }
    }
}

/// Writes text that holds JSON as the JSON it is; other text as text.
fn embedded<S: serde::Serializer>(text: &Option<&str>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = text.unwrap_or("null");
    match serde_json::from_str::<Value>(text) {
        Ok(value) => value.serialize(serializer),
        Err(_) => serializer.serialize_str(text),
    }
}

/// Money to give back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundBody {
    /// How much; all that is left when absent.
    pub amount: Option<Amount>,
    /// Why, as the payer may read it.
    #[schema(max_length = 80)]
    pub reason: String,
}

/// Money given back.
#[derive(Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundView<'a> {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// The order.
    #[schema(value_type = String)]
    pub order: Id,
    /// The attempt whose money goes back.
    #[schema(value_type = String)]
    pub attempt: Id,
    /// `processing`, `succeeded` or `failed`.
    #[schema(value_type = String)]
    pub state: &'a RefundState,
    /// How much.
    #[schema(value_type = Amount)]
    pub amount: AmountView<'a>,
    /// Our number of it at the channel; the same through every retry.
    pub out_refund_no: &'a str,
    /// Who or what opened it: `requested`, `duplicate_payment`, `paid_after_close` …
    #[schema(value_type = String)]
    pub cause: &'a RefundCause,
    /// Why, in words.
    pub reason: &'a str,
    /// The channel's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_said: Option<&'a str>,
    /// What an operator can do: `retry_or_pay_by_hand` about a failed one, `repair` about one that the payer's side did not take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'a str>,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Millis>,
}

impl<'a> From<&'a Refund> for RefundView<'a> {
    fn from(r: &'a Refund) -> Self {
        RefundView {
            id: r.id,
            order: r.order,
            attempt: r.attempt,
            state: &r.state,
            amount: AmountView { value: r.amount, currency: &r.currency },
            out_refund_no: &r.out_refund_no,
            cause: &r.cause,
            reason: &r.reason,
            channel_said: r.channel_said.as_deref(),
            advice: r.advice.as_deref(),
            created_at: r.created_at,
            ended_at: r.ended_at,
        }
    }
}

/// A device's word about what it was to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeBody {
    /// True: handed out. False: the device failed.
    pub done: bool,
    /// What happened.
    #[schema(max_length = 200)]
    pub note: Option<String>,
}

/// Something handed out.
#[derive(Serialize, ToSchema)]
#[schema(as = Fulfilment)]
pub struct FulfilmentView<'a> {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// The order.
    #[schema(value_type = String)]
    pub order: Id,
    /// What sort: `receipt`, `ticket`, `exit_permission`.
    pub kind: &'a str,
    /// `pending`, `done`, `failed` or `revoked`.
    #[schema(value_type = String)]
    pub state: &'a FulfilmentState,
    /// The thing itself.
    #[schema(value_type = Object)]
    pub body: &'a Value,
    /// The terminal whose device must act.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub device: Option<Id>,
    /// What the device said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'a str>,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    /// When it was handed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub done_at: Option<Millis>,
}

impl<'a> From<&'a Fulfilment> for FulfilmentView<'a> {
    fn from(f: &'a Fulfilment) -> Self {
        FulfilmentView {
            id: f.id,
            order: f.order,
            kind: &f.kind,
            state: &f.state,
            body: &f.body,
            device: f.device,
            note: f.note.as_deref(),
            created_at: f.created_at,
            done_at: f.done_at,
        }
    }
}
