//! Code payment: the terminal scanned the payer's code. No callback exists; whoever asked must query and, if need be, reverse.

use serde_json::json;

use super::errors::ApiError;
use super::fields::Fields;
use super::order::{account_of, seller_of};
use super::{Answer, Call, Outcome, view};
use crate::bank::{self, BadCode, Refusal};
use crate::model::{Channel, Outcome as CodeOutcome, Product, Trade, TradeState};
use crate::state::State;

const DAY_MS: i64 = 86_400_000;
/// Strict: above this the wallet asks for the password.
const FREE_OF_PASSWORD_FEN: i64 = 100_000;

/// What a scanned code came to, before it is worded in v3 or v2.
pub(crate) enum Scanned {
    Paid(Box<Trade>),
    Asked,
    Lost,
}

/// Why a scanned code did not pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unpaid {
    CodeExpired,
    CodeUsed,
    CodeInvalid,
    NotEnough,
}

/// Scans the code for a fresh trade. Shared by v3 and v2.
pub(crate) fn scan(state: &mut State, mut trade: Trade, code: &str) -> Result<Scanned, Unpaid> {
    let (payer, outcome) =
        bank::use_code(state, Channel::Wechat, code, &trade.out_trade_no).map_err(|bad| match bad {
            BadCode::Expired => Unpaid::CodeExpired,
            BadCode::Used => Unpaid::CodeUsed,
            BadCode::Malformed => Unpaid::CodeInvalid,
        })?;
    trade.payer = Some(payer.clone());
    let outcome = match outcome {
        CodeOutcome::Pays if state.strict && trade.total_fen > FREE_OF_PASSWORD_FEN => {
            CodeOutcome::AsksPassword
        }
        outcome => outcome,
    };
    match outcome {
        CodeOutcome::AsksPassword | CodeOutcome::NeverAnswered => {
            bank::ask(state, &mut trade, &payer);
            Ok(Scanned::Asked)
        }
        CodeOutcome::NotEnough => {
            bank_failed(state, &mut trade);
            Err(Unpaid::NotEnough)
        }
        CodeOutcome::LostUnpaid => {
            state.save_trade(&trade);
            Ok(Scanned::Lost)
        }
        CodeOutcome::Pays | CodeOutcome::LostPaid | CodeOutcome::Expired => {
            state.save_trade(&trade);
            match bank::pay(state, trade.id, &payer) {
                Ok(_) if outcome == CodeOutcome::LostPaid => Ok(Scanned::Lost),
                Ok(paid) => Ok(Scanned::Paid(Box::new(paid))),
                Err(Refusal::NotEnough) => {
                    bank_failed(state, &mut trade);
                    Err(Unpaid::NotEnough)
                }
                Err(_) => Err(Unpaid::CodeInvalid),
            }
        }
    }
}

fn bank_failed(state: &mut State, trade: &mut Trade) {
    trade.state = TradeState::Failed;
    trade.ended_ms = Some(state.now_ms);
    state.save_trade(trade);
}

/// `POST /v3/pay/[partner/]transactions/codepay`
pub(crate) fn pay(call: &mut Call<'_>, partner: bool) -> Outcome {
    let fields = Fields::read(call.request, call.state.strict)?;
    let seller = seller_of(call, &fields, partner)?;
    let out_trade_no = fields.number("/out_trade_no", 6, 32, "")?;
    let subject = fields.need("/description", 127)?;
    let total_fen = fields.fen("/amount/total")?;
    fields.cny("/amount/currency")?;
    let attach = fields.text("/attach", 128)?;
    let code = fields.need("/payer/auth_code", 128)?;
    check_store(call, &fields)?;
    if let Some(known) = call.state.trade_by_number(Channel::Wechat, &seller.account, &out_trade_no) {
        return repeat(call, &known, &fields);
    }
    let trade = Trade {
        partner: seller.partner,
        total_fen,
        subject,
        attach,
        request: fields.body,
        expires_ms: call.state.now_ms + 7 * DAY_MS,
        public_key: call.public_key,
        ..Trade::open(call.state.next_id(), Channel::Wechat, seller.account, out_trade_no, call.state.now_ms)
    };
    match scan(call.state, trade, &code) {
        Ok(Scanned::Paid(trade)) => Ok(Answer::Json(200, view::transaction(call.state, &trade))),
        Ok(Scanned::Asked) => Ok(Answer::Json(202, json!({"trade_state": "USERPAYING"}))),
        Ok(Scanned::Lost) => Ok(Answer::Lost),
        Err(Unpaid::CodeExpired) => {
            Err(ApiError::new(400, "AUTH_CODE_EXPIRE", "付款码已过期，请用户刷新后重试"))
        }
        Err(Unpaid::CodeUsed) => {
            Err(ApiError::new(400, "AUTH_CODE_INVALID", "付款码已被使用，请用户刷新后重试"))
        }
        Err(Unpaid::CodeInvalid) => {
            Err(ApiError::new(400, "AUTH_CODE_INVALID", "请扫描微信支付付款码（沙箱：第3、4位须为00至06）"))
        }
        Err(Unpaid::NotEnough) => Err(ApiError::new(403, "NOT_ENOUGH", "用户余额不足")),
    }
}

/// `scene_info.store_info` is required, with the channel's own id or the merchant's `out_id`.
fn check_store(call: &Call<'_>, fields: &Fields) -> Result<(), ApiError> {
    let given = fields.value("/scene_info/store_info").is_some();
    if given || !call.state.strict {
        return Ok(());
    }
    Err(ApiError::param("/scene_info/store_info", &serde_json::Value::Null, "is required"))
}

/// The same number again: a code payment is never taken twice.
fn repeat(call: &Call<'_>, known: &Trade, fields: &Fields) -> Outcome {
    let _ = call;
    match known.state {
        TradeState::Paid => Err(ApiError::new(400, "ORDERPAID", "该订单已支付")),
        TradeState::Closed => Err(ApiError::new(400, "ORDER_CLOSED", "该订单已关闭")),
        TradeState::Revoked => Err(ApiError::new(400, "ORDER_CLOSED", "该订单已撤销")),
        TradeState::Prompted if known.request == fields.body => {
            Ok(Answer::Json(202, json!({"trade_state": "USERPAYING"})))
        }
        _ => Err(ApiError::new(403, "OUT_TRADE_NO_USED", "商户订单号重复，请使用新的商户订单号")),
    }
}

/// Why a reverse was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoReverse {
    NotCodePayment,
    TooLate,
    TooEarly,
    Refunded,
}

/// Undoes a code payment: unpaid ends for good, paid goes back. Shared by v3 and v2.
pub(crate) fn undo(state: &mut State, mut trade: Trade) -> Result<(), NoReverse> {
    if trade.product != Product::Code {
        return Err(NoReverse::NotCodePayment);
    }
    if state.now_ms - trade.created_ms > 7 * DAY_MS {
        return Err(NoReverse::TooLate);
    }
    if state.strict && state.now_ms - trade.created_ms < 15_000 {
        return Err(NoReverse::TooEarly);
    }
    match trade.state {
        TradeState::Revoked => Ok(()),
        TradeState::Paid if trade.refunded_fen > 0 => Err(NoReverse::Refunded),
        TradeState::Paid => {
            bank::undo(state, &mut trade, TradeState::Revoked);
            Ok(())
        }
        _ => {
            bank::end(state, &mut trade, TradeState::Revoked);
            Ok(())
        }
    }
}

/// `POST …/out-trade-no/{no}/reverse`
pub(crate) fn reverse(call: &mut Call<'_>, partner: bool, number: &str) -> Outcome {
    let fields = Fields::read(call.request, call.state.strict)?;
    let account = account_of(call, &fields, partner)?;
    let appid_field = if partner { "/sp_appid" } else { "/appid" };
    if fields.text(appid_field, 32)?.is_none() {
        return Err(ApiError::new(500, "SYSTEM_ERROR", "系统异常，请用相同参数重新调用"));
    }
    let trade = call
        .state
        .trade_by_number(Channel::Wechat, &account, number)
        .ok_or_else(ApiError::order_not_exist)?;
    if call.state.fires(Channel::Wechat, "retry_cancel").is_some() {
        return Err(ApiError::new(500, "SYSTEM_ERROR", "系统异常，请用相同参数重新调用"));
    }
    let mut answer = json!({"out_trade_no": trade.out_trade_no});
    for name in ["appid", "mchid", "sp_appid", "sp_mchid", "sub_mchid"] {
        if let Some(value) = fields.body.get(name) {
            answer[name] = value.clone();
        }
    }
    match undo(call.state, trade) {
        Ok(()) => Ok(Answer::Json(200, answer)),
        Err(NoReverse::NotCodePayment) => Err(ApiError::invalid("仅支持撤销付款码支付的订单")),
        Err(NoReverse::TooLate) => Err(ApiError::new(403, "TRADE_ERROR", "订单已超过可撤销的7天期限")),
        Err(NoReverse::TooEarly) => Err(ApiError::invalid("支付后至少15秒才可撤销订单")),
        Err(NoReverse::Refunded) => Err(ApiError::new(403, "TRADE_ERROR", "订单已发生退款，不可撤销")),
    }
}
