//! Orders, attempts, refunds, fulfilments, quotes and the keys of idempotent writes.

use store::{Id, Json, Millis};

use super::words::{AttemptState, FulfilmentState, OrderState, Presentment, RefundCause, RefundState, Step};
use crate::scene::QuoteLine;

store::rows! {
    /// What is owed for one thing bought. Amounts are minor units of `currency`.
    pub struct Order in orders {
        key { id: Id }
        fixed {
            scene: String, site: Id, terminal: Option<Id>, operator: Option<Id>, subject: Option<String>,
            currency: String, due: i64, description: String,
            lines: Json<Vec<QuoteLine>>, request: Json<serde_json::Value>,
            secret: Vec<u8>, business_date: String, created_at: Millis, expires_at: Millis
        }
        fields {
            state: OrderState, paid: i64, refunded: i64, reserved: i64, kept: Option<Id>, tries: i64,
            paid_at: Option<Millis>, closed_at: Option<Millis>, version: i64
        }
    }
}

store::rows! {
    /// One try to pay the whole of what is due through one channel.
    pub struct Attempt in attempts {
        key { id: Id }
        fixed {
            order: Id, channel: String, account: Option<Id>, terminal: Option<Id>, operator: Option<Id>,
            presentment: Presentment, currency: String, amount: i64, out_trade_no: String,
            created_at: Millis, expires_at: Millis, trace: Option<String>
        }
        fields {
            state: AttemptState, step: Step, payer_code: Option<String>, code: Option<String>, reason: Option<String>, channel_said: Option<String>,
            channel_txn: Option<String>, paid_at: Option<Millis>, received: i64, refunded: i64, reserved: i64,
            tendered: Option<i64>, change: Option<i64>, details: Option<String>,
            asked: i64, reversing_until: Option<Millis>, ended_at: Option<Millis>, business_date: Option<String>,
            job: Option<Id>
        }
    }
}

store::rows! {
    /// Money given back. It keeps its number through every retry (rule 7).
    pub struct Refund in refunds {
        key { id: Id }
        fixed {
            order: Id, attempt: Id, currency: String, amount: i64, out_refund_no: String, cause: RefundCause, reason: String,
            operator: Option<Id>, terminal: Option<Id>, created_at: Millis
        }
        fields {
            state: RefundState, channel_refund: Option<String>, channel_said: Option<String>, advice: Option<String>,
            asked: i64, ended_at: Option<Millis>, business_date: Option<String>, job: Option<Id>
        }
    }
}

store::rows! {
    /// What was handed out, written with the payment (rule 6).
    pub struct Fulfilment in fulfilments {
        key { id: Id }
        fixed { order: Id, kind: String, body: Json<serde_json::Value>, device: Option<Id>, created_at: Millis }
        fields { state: FulfilmentState, done_at: Option<Millis>, note: Option<String> }
    }
}

store::rows! {
    /// A stored quote that an order can be made from.
    pub struct StoredQuote in quotes {
        key { id: Id }
        fixed {
            scene: String, site: Id, terminal: Option<Id>, request: Json<serde_json::Value>, lines: Json<Vec<QuoteLine>>, currency: String,
            total: i64, description: String, subject: Option<String>, valid_until: Millis, created_at: Millis
        }
        fields { order: Option<Id> }
    }
}

store::rows! {
    /// A write that was done, by its idempotency key: the hash of its input and what it made (rule 8).
    pub struct Done in done_keys by hash {
        key { name: String }
        fixed { input: Vec<u8>, made: Id, created_at: Millis }
        fields { }
    }
}

store::rows! {
    /// The open order of a subject: one stay, one slip, one parcel.
    pub struct Subject in subjects {
        key { name: String }
        fixed { }
        fields { order: Option<Id> }
    }
}

store::rows! {
    /// The order that waits at a stand, if any: whoever scans its code sees that amount.
    pub struct StandAsk in stand_asks {
        key { stand: Id }
        fixed { }
        fields { order: Option<Id>, asked_by: Option<Id>, asked_at: Millis }
    }
}

store::index! {
    /// Every attempt of an order.
    pub AttemptsOfOrder of Attempt by { order: Id } limit 64
}
store::index! {
    /// Every refund of an order.
    pub RefundsOfOrder of Refund by { order: Id } limit 128
}
store::index! {
    /// Everything handed out for an order.
    pub FulfilmentsOfOrder of Fulfilment by { order: Id } limit 256
}
