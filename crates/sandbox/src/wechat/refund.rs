//! Refunds: taken on at once, settled a moment later, told by a callback; the 50-times, total and window rules.

use serde_json::Value;

use super::errors::ApiError;
use super::fields::Fields;
use super::{Answer, Call, Outcome, view};
use crate::bank::{self, NewRefund};
use crate::model::{Channel, Refund, RefundState, Trade, TradeState};
use crate::state::State;

const WINDOW_MS: i64 = 365 * 86_400_000;
const MOST_PARTIAL: usize = 50;
const INTERVAL_MS: i64 = 60_000;

/// `POST /v3/refund/domestic/refunds`
pub(crate) fn create(call: &mut Call<'_>) -> Outcome {
    let fields = Fields::read(call.request, call.state.strict)?;
    let trade = trade_of(call, &fields)?;
    let out_refund_no = fields.number("/out_refund_no", 1, 64, "@")?;
    let amount_fen = fields.fen("/amount/refund")?;
    let total_fen = fields.fen("/amount/total")?;
    fields.cny("/amount/currency")?;
    let reason = fields.text("/reason", 80)?;
    check_funds(&fields, amount_fen)?;
    let notify_url = fields.notify_url("/notify_url", call.state.strict)?;
    let same_number = call.state.refunds_by_number(Channel::Wechat, &trade.account, &out_refund_no);
    if let Some(known) = same_number.first() {
        if known.trade == trade.id && known.amount_fen == amount_fen {
            return Ok(Answer::Json(200, view::refund(&trade, known)));
        }
        return Err(ApiError::invalid("商户退款单号重复，且请求参数与上次不一致"));
    }
    check(call.state, &trade, amount_fen, total_fen)?;
    let mut trade = trade;
    let new = NewRefund {
        out_refund_no,
        amount_fen,
        reason,
        notify_url,
        request: fields.body,
        public_key: call.public_key,
    };
    let refund = bank::refund(call.state, &mut trade, new);
    Ok(Answer::Json(200, view::refund(&trade, &refund)))
}

/// Out of which money: the account's name, and the parts that must add up.
fn check_funds(fields: &Fields, amount_fen: i64) -> Result<(), ApiError> {
    if let Some(account) = fields.text("/funds_account", 32)?
        && !matches!(account.as_str(), "AVAILABLE" | "UNSETTLED")
    {
        return Err(ApiError::param("/funds_account", &account.into(), "should be AVAILABLE or UNSETTLED"));
    }
    let Some(parts) = fields.value("/amount/from") else { return Ok(()) };
    let parts = parts.as_array().cloned().unwrap_or_default();
    if parts.is_empty() {
        return Ok(());
    }
    let known =
        parts.iter().all(|part| matches!(part["account"].as_str(), Some("AVAILABLE" | "UNAVAILABLE")));
    let sum: i64 = parts.iter().filter_map(|part| part["amount"].as_i64()).sum();
    if known && sum == amount_fen {
        return Ok(());
    }
    Err(ApiError::param(
        "/amount/from",
        &parts.into(),
        "accounts should be AVAILABLE or UNAVAILABLE and add up to refund",
    ))
}

/// The paid trade a refund names, by either number.
fn trade_of(call: &mut Call<'_>, fields: &Fields) -> Result<Trade, ApiError> {
    let account = match fields.text("/sub_mchid", 32)? {
        Some(sub) => {
            super::order::known_sub(call, &sub)?;
            sub
        }
        None => call.merchant.wechat_mchid.clone(),
    };
    let found = match (fields.text("/transaction_id", 32)?, fields.text("/out_trade_no", 32)?) {
        (Some(id), _) => call.state.trade_by_trade_no(&id),
        (None, Some(number)) => call.state.trade_by_number(Channel::Wechat, &account, &number),
        (None, None) => {
            return Err(ApiError::param(
                "/transaction_id",
                &Value::Null,
                "transaction_id or out_trade_no is required",
            ));
        }
    };
    found
        .filter(|trade| trade.channel == Channel::Wechat && trade.account == account)
        .ok_or_else(|| ApiError::new(404, "RESOURCE_NOT_EXISTS", "订单不存在"))
}

/// The rules of a refund that could stand in its way.
pub(crate) fn check(
    state: &mut State,
    trade: &Trade,
    amount_fen: i64,
    total_fen: i64,
) -> Result<(), ApiError> {
    if trade.state != TradeState::Paid {
        return Err(ApiError::invalid("订单状态不允许退款：订单未支付、已关闭或已撤销"));
    }
    if total_fen != trade.total_fen {
        return Err(ApiError::invalid("订单金额与原订单不一致"));
    }
    if trade.refunded_fen + amount_fen > trade.total_fen {
        return Err(ApiError::invalid("申请退款金额超过订单可退金额"));
    }
    if state.now_ms - trade.paid_ms.unwrap_or_default() > WINDOW_MS {
        return Err(ApiError::invalid("订单已超过可退款的期限"));
    }
    let earlier = state.refunds_of(trade.id);
    if earlier.len() >= MOST_PARTIAL {
        return Err(ApiError::invalid("一笔订单最多支持50次部分退款"));
    }
    let last_ms = earlier.last().map(|refund| refund.created_ms);
    if state.strict && last_ms.is_some_and(|last_ms| state.now_ms - last_ms < INTERVAL_MS) {
        return Err(ApiError::new(429, "FREQUENCY_LIMITED", "同一订单多次部分退款须间隔1分钟"));
    }
    if state.fires(Channel::Wechat, "refund_not_enough").is_some() {
        return Err(ApiError::new(403, "NOT_ENOUGH", "商户余额不足，请充值后以原单号重试"));
    }
    Ok(())
}

/// The caller's refund under its own number, directly or of a sub-merchant.
fn find(call: &mut Call<'_>, out_refund_no: &str, sub: Option<String>) -> Result<(Trade, Refund), ApiError> {
    let mchid = call.merchant.wechat_mchid.clone();
    let account = sub.unwrap_or_else(|| mchid.clone());
    let missing = || ApiError::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在");
    let same_number = call.state.refunds_by_number(Channel::Wechat, &account, out_refund_no);
    let refund = same_number.into_iter().next().ok_or_else(missing)?;
    let trade = call.state.trade(refund.trade).ok_or_else(missing)?;
    if trade.partner.as_ref().unwrap_or(&trade.account) != &mchid {
        return Err(missing());
    }
    Ok((trade, refund))
}

/// `GET /v3/refund/domestic/refunds/{out_refund_no}`
pub(crate) fn query(call: &mut Call<'_>, number: &str) -> Outcome {
    let sub = call.request.asked("sub_mchid");
    let (trade, refund) = find(call, number, sub)?;
    Ok(Answer::Json(200, view::refund(&trade, &refund)))
}

/// A field that is sealed for the channel's eyes, with the key that `Wechatpay-Serial` names.
fn check_sealed(call: &Call<'_>, fields: &Fields, pointer: &str) -> Result<(), ApiError> {
    let sealed = fields.need(pointer, 1024)?;
    let serial = call.request.header("wechatpay-serial").unwrap_or_default();
    let platform = || call.keys.wechat_platform.iter().find(|one| one.serial.eq_ignore_ascii_case(serial));
    let key = match serial == call.keys.wechat_public_id {
        true => Some(&call.keys.wechat_public),
        false => platform().map(|certified| &certified.key),
    };
    let key = key.ok_or_else(|| {
        ApiError::new(
            400,
            "PARAM_ERROR",
            "请求头Wechatpay-Serial须为加密敏感信息所用的平台证书序列号或公钥ID",
        )
    })?;
    let opened = key.opens(&sealed).is_some_and(|opened| !opened.is_empty());
    opened.then_some(()).ok_or_else(|| ApiError::param(pointer, &sealed.into(), "解密失败，须用RSA-OAEP加密"))
}

/// `POST /v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund`
pub(crate) fn repair(call: &mut Call<'_>, refund_id: &str) -> Outcome {
    let fields = Fields::read(call.request, call.state.strict)?;
    let out_refund_no = fields.need("/out_refund_no", 64)?;
    let kind = fields.need("/type", 32)?;
    if !matches!(kind.as_str(), "USER_BANK_CARD" | "MERCHANT_BANK_CARD") {
        return Err(ApiError::param("/type", &kind.into(), "should be USER_BANK_CARD or MERCHANT_BANK_CARD"));
    }
    if kind == "USER_BANK_CARD" {
        fields.need("/bank_type", 32)?;
        for name in ["/bank_account", "/real_name"] {
            check_sealed(call, &fields, name)?;
        }
    }
    let sub = fields.text("/sub_mchid", 32)?;
    let (trade, refund) = find(call, &out_refund_no, sub)?;
    if refund.refund_no != refund_id {
        return Err(ApiError::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在"));
    }
    if refund.state != RefundState::Abnormal {
        return Err(ApiError::invalid("退款单状态不是异常，无需处理"));
    }
    let refund = bank::repair_refund(call.state, refund);
    Ok(Answer::Json(200, view::refund(&trade, &refund)))
}
