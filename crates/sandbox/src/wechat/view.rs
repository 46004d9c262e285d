//! How a trade and a refund look in answers and callbacks.

use serde_json::{Value, json};

use crate::clock::rfc3339;
use crate::model::{Channel, Product, Refund, RefundState, Trade, TradeState};
use crate::state::State;

/// The channel's name of a trade's state and its description.
pub(crate) fn trade_state(trade: &Trade) -> (&'static str, &'static str) {
    match trade.state {
        TradeState::Precreated | TradeState::Unpaid => ("NOTPAY", "订单未支付"),
        TradeState::Prompted => ("USERPAYING", "需要用户输入支付密码"),
        TradeState::Paid if trade.refunded_fen > 0 => ("REFUND", "订单发生过退款，退款详情请查询退款单"),
        TradeState::Paid => ("SUCCESS", "支付成功"),
        TradeState::Closed => ("CLOSED", "订单已关闭"),
        TradeState::Revoked => ("REVOKED", "订单已撤销"),
        TradeState::Failed => ("PAYERROR", "支付失败，请撤销订单"),
    }
}

/// JSAPI, NATIVE, APP, MWEB or MICROPAY.
pub(crate) fn trade_type(trade: &Trade) -> &'static str {
    match trade.product {
        Product::Scan => "NATIVE",
        Product::Code => "MICROPAY",
        Product::InApp => "JSAPI",
        Product::Page => "MWEB",
        Product::App => "APP",
    }
}

/// The answer to a query; also what a payment callback seals.
pub(crate) fn transaction(state: &State, trade: &Trade) -> Value {
    let (trade_state, description) = trade_state(trade);
    let mut view = json!({
        "out_trade_no": trade.out_trade_no,
        "trade_state": trade_state,
        "trade_state_desc": description,
    });
    owner_fields(trade, &mut view);
    let was_paid = trade.paid_ms.is_some();
    if !was_paid {
        return view;
    }
    view["transaction_id"] = json!(trade.trade_no);
    view["trade_type"] = json!(trade_type(trade));
    view["bank_type"] = json!("OTHERS");
    view["attach"] = json!(trade.attach.clone().unwrap_or_default());
    view["success_time"] = json!(rfc3339(trade.paid_ms.unwrap_or_default()));
    let openid = trade
        .payer
        .as_deref()
        .and_then(|id| state.payer(Channel::Wechat, id))
        .map(|payer| payer.user_id.clone());
    view["payer"] = match &trade.partner {
        None => json!({"openid": openid}),
        // The sub-merchant's own application knows the payer by a number of its own.
        Some(_) if trade.request.get("sub_appid").is_some() => {
            json!({"sp_openid": openid, "sub_openid": openid})
        }
        Some(_) => json!({"sp_openid": openid}),
    };
    view["amount"] = json!({
        "total": trade.total_fen,
        "payer_total": trade.total_fen,
        "currency": trade.currency,
        "payer_currency": trade.currency,
    });
    if let Some(device) = trade.request.pointer("/scene_info/device_id").and_then(Value::as_str) {
        view["scene_info"] = json!({"device_id": device});
    }
    view["promotion_detail"] = json!([]);
    view
}

/// The numbers of who sells: one pair, or four with an integrator.
fn owner_fields(trade: &Trade, view: &mut Value) {
    if let Some(partner) = &trade.partner {
        view["sp_mchid"] = json!(partner);
        view["sp_appid"] = trade.request["sp_appid"].clone();
        view["sub_mchid"] = json!(trade.account);
        if let Some(sub_appid) = trade.request.get("sub_appid") {
            view["sub_appid"] = sub_appid.clone();
        }
    } else {
        view["mchid"] = json!(trade.account);
        view["appid"] = trade.request["appid"].clone();
    }
}

/// What a payment callback tells.
pub(crate) fn payment_payload(state: &State, trade: &Trade) -> Value {
    transaction(state, trade)
}

/// The channel's name of a refund's state.
pub(crate) fn refund_state(refund: &Refund) -> &'static str {
    match refund.state {
        RefundState::Processing => "PROCESSING",
        RefundState::Success => "SUCCESS",
        RefundState::Abnormal => "ABNORMAL",
        RefundState::Closed => "CLOSED",
    }
}

const RECEIVED_BY: &str = "支付用户零钱";

/// The answer to a refund or its query.
pub(crate) fn refund(trade: &Trade, refund: &Refund) -> Value {
    let mut view = json!({
        "refund_id": refund.refund_no,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": RECEIVED_BY,
        "create_time": rfc3339(refund.created_ms),
        "status": refund_state(refund),
        "funds_account": refund.request.get("funds_account").cloned().unwrap_or_else(|| json!("AVAILABLE")),
        "amount": {
            "total": trade.total_fen,
            "refund": refund.amount_fen,
            "from": refund.request.pointer("/amount/from").cloned().unwrap_or_else(|| json!([])),
            "payer_total": trade.total_fen,
            "payer_refund": refund.amount_fen,
            "settlement_refund": refund.amount_fen,
            "settlement_total": trade.total_fen,
            "discount_refund": 0,
            "currency": trade.currency,
            "refund_fee": 0,
        },
        "promotion_detail": [],
    });
    if let Some(settled_ms) = refund.settled_ms {
        view["success_time"] = json!(rfc3339(settled_ms));
    }
    view
}

/// What a refund callback tells. Its field is `refund_status`, where the answer says `status`.
pub(crate) fn refund_payload(_state: &State, trade: &Trade, refund: &Refund) -> Value {
    if let Some(older) = super::v2::refund_payload(trade, refund) {
        return older;
    }
    let mut view = json!({
        "out_trade_no": trade.out_trade_no,
        "transaction_id": trade.trade_no,
        "out_refund_no": refund.out_refund_no,
        "refund_id": refund.refund_no,
        "refund_status": refund_state(refund),
        "user_received_account": RECEIVED_BY,
        "amount": {
            "total": trade.total_fen,
            "refund": refund.amount_fen,
            "payer_total": trade.total_fen,
            "payer_refund": refund.amount_fen,
        },
    });
    if let Some(partner) = &trade.partner {
        view["sp_mchid"] = json!(partner);
        view["sub_mchid"] = json!(trade.account);
    } else {
        view["mchid"] = json!(trade.account);
    }
    if let Some(settled_ms) = refund.settled_ms {
        view["success_time"] = json!(rfc3339(settled_ms));
    }
    view
}
