//! How a trade looks in answers and callbacks. Empty fields are never written.

use serde_json::{Map, Value, json};

use crate::amount::yuan;
use crate::clock::spaced;
use crate::model::{Channel, Payer, Refund, Trade, TradeState};
use crate::state::State;

/// How long a paid trade can be refunded; after that it is finished.
pub(crate) const REFUNDABLE_MS: i64 = 365 * 86_400_000;

/// The channel's name of a trade's state; fully refunded is closed.
pub(crate) fn trade_status(trade: &Trade) -> &'static str {
    match trade.state {
        TradeState::Precreated | TradeState::Unpaid | TradeState::Prompted => "WAIT_BUYER_PAY",
        TradeState::Paid if trade.refunded_fen >= trade.total_fen => "TRADE_CLOSED",
        TradeState::Paid => "TRADE_SUCCESS",
        TradeState::Closed | TradeState::Revoked | TradeState::Failed => "TRADE_CLOSED",
    }
}

pub(crate) fn numbers(trade: &Trade) -> Map<String, Value> {
    let mut view = Map::new();
    view.insert("out_trade_no".into(), json!(trade.out_trade_no));
    if let Some(no) = &trade.trade_no {
        view.insert("trade_no".into(), json!(no));
    }
    view
}

pub(crate) fn payer<'a>(state: &'a State, trade: &Trade) -> Option<&'a Payer> {
    trade.payer.as_deref().and_then(|id| state.payer(Channel::Alipay, id))
}

/// What pay and query tell about money and buyer.
fn money(state: &State, trade: &Trade, view: &mut Map<String, Value>) {
    if let Some(payer) = payer(state, trade) {
        view.insert("buyer_logon_id".into(), json!(payer.logon_id));
        view.insert("buyer_user_id".into(), json!(payer.user_id));
    }
    view.insert("total_amount".into(), json!(yuan(trade.total_fen)));
    let paid = if trade.paid_ms.is_some() { trade.total_fen } else { 0 };
    for name in ["receipt_amount", "buyer_pay_amount", "invoice_amount"] {
        view.insert(name.into(), json!(yuan(paid)));
    }
    view.insert("point_amount".into(), json!("0.00"));
    if trade.paid_ms.is_some() {
        view.insert(
            "fund_bill_list".into(),
            json!([{"fund_channel": "ALIPAYACCOUNT", "amount": yuan(trade.total_fen)}]),
        );
    }
    for name in ["store_id", "terminal_id"] {
        if let Some(value) = trade.request.get(name).and_then(Value::as_str).filter(|value| !value.is_empty())
        {
            view.insert(name.into(), json!(value));
        }
    }
}

/// The answer of a payment that succeeded.
pub(crate) fn paid(state: &State, trade: &Trade) -> Value {
    let mut view = numbers(trade);
    money(state, trade, &mut view);
    view.insert("gmt_payment".into(), json!(spaced(trade.paid_ms.unwrap_or_default())));
    Value::Object(view)
}

/// The answer of a query.
pub(crate) fn queried(state: &State, trade: &Trade) -> Value {
    let mut view = numbers(trade);
    let kept_ms = state.now_ms - trade.paid_ms.unwrap_or(state.now_ms);
    let status = match trade_status(trade) {
        "TRADE_SUCCESS" if kept_ms > REFUNDABLE_MS => "TRADE_FINISHED",
        status => status,
    };
    view.insert("trade_status".into(), json!(status));
    money(state, trade, &mut view);
    if let Some(paid_ms) = trade.paid_ms {
        view.insert("send_pay_date".into(), json!(spaced(paid_ms)));
    }
    Value::Object(view)
}

/// What a callback tells; all values are text.
pub(crate) fn payment_payload(state: &State, trade: &Trade) -> Value {
    let mut view = numbers(trade);
    let mut put = |name: &str, value: String| {
        if !value.is_empty() {
            view.insert(name.into(), Value::String(value));
        }
    };
    let own = |name: &str| trade.request.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
    put("notify_type", "trade_status_sync".into());
    put("charset", "utf-8".into());
    put("version", "1.0".into());
    let app = own("_app_id");
    put("app_id", if app.is_empty() { trade.account.clone() } else { app });
    put("auth_app_id", trade.account.clone());
    put("seller_id", own("_seller_id"));
    put("seller_email", "shop***@example.com".into());
    if let Some(payer) = payer(state, trade) {
        put("buyer_id", payer.user_id.clone());
        put("buyer_logon_id", payer.logon_id.clone());
    }
    put("trade_status", "TRADE_SUCCESS".into());
    for name in ["total_amount", "receipt_amount", "invoice_amount", "buyer_pay_amount"] {
        put(name, yuan(trade.total_fen));
    }
    put("point_amount", "0.00".into());
    put("subject", trade.subject.clone());
    put("body", own("body"));
    put("passback_params", own("passback_params"));
    put("gmt_create", spaced(trade.created_ms));
    put("gmt_payment", spaced(trade.paid_ms.unwrap_or_default()));
    put(
        "fund_bill_list",
        format!("[{{\"amount\":\"{}\",\"fundChannel\":\"ALIPAYACCOUNT\"}}]", yuan(trade.total_fen)),
    );
    Value::Object(view)
}

/// What the callback of a refund tells, where refunds are told of: the trade's fields, and the sum of what went back.
pub(crate) fn refund_payload(state: &State, trade: &Trade, refund: &Refund) -> Value {
    let mut view = payment_payload(state, trade);
    view["trade_status"] = json!(trade_status(trade));
    view["out_biz_no"] = json!(refund.out_refund_no);
    view["refund_fee"] = json!(yuan(trade.refunded_fen));
    view["gmt_refund"] = json!(format!("{}.000", spaced(refund.settled_ms.unwrap_or(refund.created_ms))));
    view
}
