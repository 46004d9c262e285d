//! Refunds: done at once, answered with the sum of all refunds of the trade and whether this call moved money.

use serde_json::{Value, json};

use super::errors::ApiError;
use super::{Answer, Call, Outcome, trade, view};
use crate::amount::yuan;
use crate::bank::{self, NewRefund};
use crate::clock::spaced;
use crate::model::{Channel, Refund, RefundState, Trade, TradeState};

/// `alipay.trade.refund`
pub(crate) fn create(call: &mut Call<'_>) -> Outcome {
    let mut trade = trade::find(call)?;
    let amount_fen = call.fields.yuan("refund_amount")?;
    let reason = call.fields.text("refund_reason", 256)?;
    let number = call.fields.text("out_request_no", 64)?;
    if number.is_none() && amount_fen != trade.total_fen {
        return Err(ApiError::parameter("out_request_no", "部分退款时不能为空"));
    }
    let number = number.unwrap_or_else(|| trade.out_trade_no.clone());
    if let Some(known) = of_trade(call, &trade, &number) {
        if known.amount_fen != amount_fen {
            return Err(ApiError::refused("DISCORDANT_REPEAT_REQUEST", "请求信息与上次不一致"));
        }
        return Ok(Answer::Done(answer(call, &trade, "N")));
    }
    check(call, &trade, amount_fen)?;
    let request = call.fields.body.clone();
    let new = NewRefund {
        out_refund_no: number,
        amount_fen,
        reason,
        notify_url: told(call, &trade),
        request,
        public_key: false,
    };
    let refund = bank::refund(call.state, &mut trade, new);
    let moved = if refund.state == RefundState::Success { "Y" } else { "N" };
    Ok(Answer::Done(answer(call, &trade, moved)))
}

/// Refunds are told of only where a test says so: the documents are not of one mind.
fn told(call: &mut Call<'_>, trade: &Trade) -> Option<String> {
    let fires = trade.notify_url.is_some() && call.state.fires(Channel::Alipay, "refund_told").is_some();
    trade.notify_url.clone().filter(|_| fires)
}

fn check(call: &mut Call<'_>, trade: &Trade, amount_fen: i64) -> Result<(), ApiError> {
    if trade.state != TradeState::Paid {
        return Err(ApiError::refused("TRADE_STATUS_ERROR", "交易状态不合法，不可退款"));
    }
    if trade.refunded_fen + amount_fen > trade.total_fen {
        return Err(ApiError::refused("REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限"));
    }
    if call.state.now_ms - trade.paid_ms.unwrap_or_default() > view::REFUNDABLE_MS {
        return Err(ApiError::refused("TRADE_HAS_FINISHED", "交易已完结，不可退款"));
    }
    if call.state.fires(Channel::Alipay, "refund_not_enough").is_some() {
        return Err(ApiError::refused("SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足"));
    }
    Ok(())
}

/// A request number is unique within its trade.
fn of_trade(call: &Call<'_>, trade: &Trade, number: &str) -> Option<Refund> {
    call.state.refunds_of(trade.id).into_iter().find(|refund| refund.out_refund_no == number)
}

/// `refund_fee` is the sum of all refunds of the trade, not this one's amount.
fn answer(call: &Call<'_>, trade: &Trade, fund_change: &str) -> Value {
    let mut view = view::numbers(trade);
    if let Some(payer) = view::payer(call.state, trade) {
        view.insert("buyer_logon_id".into(), json!(payer.logon_id));
        view.insert("buyer_user_id".into(), json!(payer.user_id));
    }
    view.insert("fund_change".into(), json!(fund_change));
    view.insert("refund_fee".into(), json!(yuan(trade.refunded_fen)));
    view.insert("send_back_fee".into(), json!(yuan(trade.refunded_fen)));
    let last = call.state.refunds_of(trade.id).last().and_then(|refund| refund.settled_ms);
    if let Some(at) = last {
        view.insert("gmt_refund_pay".into(), json!(spaced(at)));
    }
    view.insert(
        "refund_detail_item_list".into(),
        json!([{"fund_channel": "ALIPAYACCOUNT", "amount": yuan(trade.refunded_fen)}]),
    );
    Value::Object(view)
}

/// `alipay.trade.fastpay.refund.query`: an unknown request is a success without refund fields.
pub(crate) fn query(call: &mut Call<'_>) -> Outcome {
    let trade = trade::find(call)?;
    let number = call.fields.need("out_request_no", 64)?;
    let Some(refund) = of_trade(call, &trade, &number) else { return Ok(Answer::Done(json!({}))) };
    let mut view = view::numbers(&trade);
    view.insert("out_request_no".into(), json!(refund.out_refund_no));
    view.insert("total_amount".into(), json!(yuan(trade.total_fen)));
    view.insert("refund_amount".into(), json!(yuan(refund.amount_fen)));
    if let Some(reason) = &refund.reason {
        view.insert("refund_reason".into(), json!(reason));
    }
    if let (RefundState::Success, Some(at)) = (refund.state, refund.settled_ms) {
        view.insert("refund_status".into(), json!("REFUND_SUCCESS"));
        view.insert("gmt_refund_pay".into(), json!(spaced(at)));
    }
    Ok(Answer::Done(Value::Object(view)))
}
