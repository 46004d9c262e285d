//! What each v2 call does. The rules are those of v3; the words are v2's.

use serde_json::{Value, json};

use super::{Answer, Call, Failure, Fields, Outcome};
use crate::bank::{self, NewRefund};
use crate::clock::compact;
use crate::model::{Channel, Refund, Trade, TradeState};
use crate::state::State;
use crate::wechat::codepay::{self, NoReverse, Scanned, Unpaid};
use crate::wechat::{refund as v3_refund, view};

impl Call<'_> {
    pub(super) fn text(&self, name: &str, longest: usize) -> Result<Option<String>, Failure> {
        match self.fields.get(name).filter(|value| !value.is_empty()) {
            Some(value) if value.chars().count() > longest => {
                Err(Failure::new("PARAM_ERROR", format!("{name}长度不得超过{longest}")))
            }
            value => Ok(value.cloned()),
        }
    }

    pub(super) fn need(&self, name: &str, longest: usize) -> Result<String, Failure> {
        self.text(name, longest)?.ok_or_else(|| Failure::new("LACK_PARAMS", format!("缺少参数{name}")))
    }

    pub(super) fn fen(&self, name: &str) -> Result<i64, Failure> {
        let fen = self.need(name, 10)?.parse::<i64>().ok().filter(|fen| *fen >= 1);
        fen.ok_or_else(|| Failure::new("PARAM_ERROR", format!("{name}应为正整数，单位为分")))
    }

    /// The sub-merchant if an integrator calls, else the merchant.
    pub(super) fn account(&self) -> (String, Option<String>) {
        let mchid = self.merchant.wechat_mchid.clone();
        match self.fields.get("sub_mch_id").filter(|sub| !sub.is_empty()) {
            Some(sub) => (sub.clone(), Some(mchid)),
            None => (mchid, None),
        }
    }

    /// The trade that `transaction_id` or `out_trade_no` names.
    pub(super) fn trade(&mut self) -> Result<Trade, Failure> {
        let (account, _) = self.account();
        let found = match (self.text("transaction_id", 32)?, self.text("out_trade_no", 32)?) {
            (Some(id), _) => self.state.trade_by_trade_no(&id),
            (None, Some(number)) => self.state.trade_by_number(Channel::Wechat, &account, &number),
            (None, None) => return Err(Failure::new("LACK_PARAMS", "缺少参数transaction_id或out_trade_no")),
        };
        found
            .filter(|trade| trade.channel == Channel::Wechat && trade.account == account)
            .ok_or_else(|| Failure::new("ORDERNOTEXIST", "订单不存在"))
    }

    /// The request without what differs at every call.
    pub(super) fn kept_request(&self) -> Value {
        let mut kept: serde_json::Map<String, Value> = self
            .fields
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "sign" | "nonce_str"))
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let device = self.fields.get("device_info").cloned().unwrap_or_default();
        kept.insert("scene_info".into(), json!({"device_id": device}));
        kept.insert("sp_appid".into(), json!(self.merchant.wechat_appid));
        Value::Object(kept)
    }
}

/// `POST /pay/micropay`
pub(super) fn micropay(call: &mut Call<'_>) -> Outcome {
    let (account, partner) = call.account();
    let trade = Trade {
        partner,
        total_fen: call.fen("total_fee")?,
        subject: call.need("body", 128)?,
        attach: call.text("attach", 127)?,
        request: call.kept_request(),
        expires_ms: call.state.now_ms + 7 * 86_400_000,
        ..Trade::open(
            call.state.next_id(),
            Channel::Wechat,
            account,
            call.need("out_trade_no", 32)?,
            call.state.now_ms,
        )
    };
    call.need("spbill_create_ip", 64)?;
    let code = call.need("auth_code", 128)?;
    let paying = || Failure::new("USERPAYING", "需要用户输入支付密码");
    if let Some(known) = call.state.trade_by_number(Channel::Wechat, &trade.account, &trade.out_trade_no) {
        return Err(match known.state {
            TradeState::Paid => Failure::new("ORDERPAID", "该订单已支付"),
            TradeState::Closed => Failure::new("ORDERCLOSED", "该订单已关闭"),
            TradeState::Revoked => Failure::new("ORDERREVERSED", "该订单已撤销"),
            TradeState::Prompted if known.request == trade.request => paying(),
            _ => Failure::new("OUT_TRADE_NO_USED", "商户订单号重复"),
        });
    }
    match codepay::scan(call.state, trade, &code) {
        Ok(Scanned::Paid(trade)) => Ok(Answer::Fields(paid_fields(call.state, &trade))),
        Ok(Scanned::Asked) => Err(paying()),
        Ok(Scanned::Lost) => Ok(Answer::Lost),
        Err(Unpaid::CodeExpired) => {
            Err(Failure::new("AUTHCODEEXPIRE", "二维码已过期，请用户在微信上刷新后再试"))
        }
        Err(Unpaid::CodeUsed) => Err(Failure::new("AUTH_CODE_ERROR", "每个二维码仅限使用一次，请刷新再试")),
        Err(Unpaid::CodeInvalid) => Err(Failure::new("AUTH_CODE_INVALID", "请扫描微信支付被扫条码/二维码")),
        Err(Unpaid::NotEnough) => Err(Failure::new("NOTENOUGH", "用户余额不足")),
    }
}

/// `POST /tools/authcodetoopenid`: whose payment code this is, before it is debited.
pub(super) fn whose_code(call: &mut Call<'_>) -> Outcome {
    let code = call.need("auth_code", 128)?;
    let payer = match call.state.payer_code(&code) {
        Some(known) if known.used_for.is_some() => {
            return Err(Failure::new("AUTHCODEEXPIRE", "二维码已过期，请用户在微信上刷新后再试"));
        }
        Some(known) => known.payer.clone(),
        None if bank::is_code(Channel::Wechat, &code) => bank::first_payer(call.state, Channel::Wechat),
        None => return Err(Failure::new("AUTH_CODE_INVALID", "请扫描微信支付被扫条码/二维码")),
    };
    let openid = call.state.payer(Channel::Wechat, &payer).map(|payer| payer.user_id.clone());
    let mut fields = Fields::new();
    put(&mut fields, "openid", openid.unwrap_or_default());
    Ok(Answer::Fields(fields))
}

fn put(fields: &mut Fields, name: &str, value: impl Into<String>) {
    fields.insert(name.to_string(), value.into());
}

pub(super) fn paid_fields(state: &State, trade: &Trade) -> Fields {
    let mut fields = Fields::new();
    let payer = trade.payer.as_deref().and_then(|id| state.payer(Channel::Wechat, id));
    put(&mut fields, "openid", payer.map(|payer| payer.user_id.clone()).unwrap_or_default());
    put(&mut fields, "is_subscribe", "N");
    put(&mut fields, "trade_type", view::trade_type(trade));
    put(&mut fields, "bank_type", "OTHERS");
    put(&mut fields, "fee_type", "CNY");
    put(&mut fields, "cash_fee_type", "CNY");
    for name in ["total_fee", "settlement_total_fee", "cash_fee"] {
        put(&mut fields, name, trade.total_fen.to_string());
    }
    put(&mut fields, "transaction_id", trade.trade_no.clone().unwrap_or_default());
    put(&mut fields, "out_trade_no", trade.out_trade_no.clone());
    put(&mut fields, "attach", trade.attach.clone().unwrap_or_default());
    put(&mut fields, "time_end", trade.paid_ms.map(compact).unwrap_or_default());
    if trade.partner.is_some() {
        put(&mut fields, "sub_mch_id", trade.account.clone());
    }
    fields
}

/// `POST /pay/orderquery`
pub(super) fn order_query(call: &mut Call<'_>) -> Outcome {
    let trade = call.trade()?;
    let (state, description) = view::trade_state(&trade);
    let mut fields = if trade.paid_ms.is_some() { paid_fields(call.state, &trade) } else { Fields::new() };
    put(&mut fields, "out_trade_no", trade.out_trade_no.clone());
    put(&mut fields, "trade_state", state);
    put(&mut fields, "trade_state_desc", description);
    Ok(Answer::Fields(fields))
}

/// `POST /secapi/pay/reverse`
pub(super) fn reverse(call: &mut Call<'_>) -> Outcome {
    let trade = match call.trade() {
        Ok(trade) => trade,
        Err(failure) if failure.code == "ORDERNOTEXIST" => {
            return Err(Failure::new("INVALID_TRANSACTIONID", "无效的交易号"));
        }
        Err(failure) => return Err(failure),
    };
    let mut fields = Fields::new();
    if call.state.fires(Channel::Wechat, "retry_cancel").is_some() {
        put(&mut fields, "recall", "Y");
        put(&mut fields, "result_code", "FAIL");
        put(&mut fields, "err_code", "SYSTEMERROR");
        put(&mut fields, "err_code_des", "接口返回错误，请重新调用");
        return Ok(Answer::Fields(fields));
    }
    put(&mut fields, "recall", "N");
    match codepay::undo(call.state, trade) {
        Ok(()) => Ok(Answer::Fields(fields)),
        Err(NoReverse::NotCodePayment) => Err(Failure::new("INVALID_REQUEST", "仅支持撤销付款码支付的订单")),
        Err(NoReverse::TooLate) => Err(Failure::new("REVERSE_EXPIRE", "订单无法撤销：已超过7天")),
        Err(NoReverse::TooEarly) => Err(Failure::new("TRADE_ERROR", "支付后至少15秒才可撤销订单")),
        Err(NoReverse::Refunded) => Err(Failure::new("TRADE_ERROR", "订单已发生退款，不可撤销")),
    }
}

/// `POST /secapi/pay/refund`
pub(super) fn refund(call: &mut Call<'_>) -> Outcome {
    let mut trade = call.trade()?;
    let out_refund_no = call.need("out_refund_no", 64)?;
    let (total_fen, amount_fen) = (call.fen("total_fee")?, call.fen("refund_fee")?);
    let same = call.state.refunds_by_number(Channel::Wechat, &trade.account, &out_refund_no);
    if let Some(known) = same.first() {
        if known.trade != trade.id || known.amount_fen != amount_fen {
            return Err(Failure::new("REFUND_FEE_MISMATCH", "订单金额或退款金额与之前请求不一致"));
        }
        return Ok(Answer::Fields(refund_fields(&trade, known)));
    }
    v3_refund::check(call.state, &trade, amount_fen, total_fen).map_err(|error| match error.code {
        "NOT_ENOUGH" => Failure::new("NOTENOUGH", error.message),
        code => Failure::new(code, error.message),
    })?;
    let mut request = call.kept_request();
    request["_v2"] = json!(true);
    let new = NewRefund {
        out_refund_no,
        amount_fen,
        reason: call.text("refund_desc", 80)?,
        notify_url: call.text("notify_url", 256)?,
        request,
        public_key: false,
    };
    let refund = bank::refund(call.state, &mut trade, new);
    Ok(Answer::Fields(refund_fields(&trade, &refund)))
}

fn refund_fields(trade: &Trade, refund: &Refund) -> Fields {
    let mut fields = Fields::new();
    put(&mut fields, "transaction_id", trade.trade_no.clone().unwrap_or_default());
    put(&mut fields, "out_trade_no", trade.out_trade_no.clone());
    put(&mut fields, "out_refund_no", refund.out_refund_no.clone());
    put(&mut fields, "refund_id", refund.refund_no.clone());
    put(&mut fields, "refund_fee", refund.amount_fen.to_string());
    put(&mut fields, "cash_refund_fee", refund.amount_fen.to_string());
    put(&mut fields, "total_fee", trade.total_fen.to_string());
    put(&mut fields, "cash_fee", trade.total_fen.to_string());
    put(&mut fields, "fee_type", "CNY");
    fields
}

/// v2's name of a refund's state.
fn refund_status(refund: &Refund) -> &'static str {
    match view::refund_state(refund) {
        "ABNORMAL" => "CHANGE",
        "CLOSED" => "REFUNDCLOSE",
        other => other,
    }
}

/// What the callback of a refund seals, if the refund was asked for by v2.
pub(crate) fn refund_payload(trade: &Trade, refund: &Refund) -> Option<Value> {
    refund.request.get("_v2")?;
    let pairs = [
        ("out_refund_no", refund.out_refund_no.clone()),
        ("out_trade_no", trade.out_trade_no.clone()),
        ("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS".into()),
        ("refund_fee", refund.amount_fen.to_string()),
        ("refund_id", refund.refund_no.clone()),
        ("refund_recv_accout", "支付用户零钱".into()),
        ("refund_request_source", "API".into()),
        ("refund_status", refund_status(refund).into()),
        ("settlement_refund_fee", refund.amount_fen.to_string()),
        ("settlement_total_fee", trade.total_fen.to_string()),
        ("success_time", refund.settled_ms.map(crate::clock::spaced).unwrap_or_default()),
        ("total_fee", trade.total_fen.to_string()),
        ("transaction_id", trade.trade_no.clone().unwrap_or_default()),
    ];
    let inner: Fields = pairs.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    Some(json!({"_v2": inner}))
}

/// `POST /pay/refundquery`: one refund by its number, or all of a trade.
pub(super) fn refund_query(call: &mut Call<'_>) -> Outcome {
    let (account, _) = call.account();
    let refunds: Vec<Refund> = match (call.text("refund_id", 32)?, call.text("out_refund_no", 64)?) {
        (Some(id), _) => {
            let own = |refund: &&Refund| refund.refund_no == id && refund.account == account;
            call.state.refunds().filter(own).cloned().collect()
        }
        (None, Some(number)) => call.state.refunds_by_number(Channel::Wechat, &account, &number),
        (None, None) => {
            let trade = call.trade()?;
            call.state.refunds_of(trade.id)
        }
    };
    let first = refunds.first().ok_or_else(|| Failure::new("REFUNDNOTEXIST", "退款订单查询失败"))?;
    let trade = call.state.trade(first.trade).ok_or_else(|| Failure::new("ORDERNOTEXIST", "订单不存在"))?;
    let mut fields = Fields::new();
    put(&mut fields, "transaction_id", trade.trade_no.clone().unwrap_or_default());
    put(&mut fields, "out_trade_no", trade.out_trade_no.clone());
    put(&mut fields, "total_fee", trade.total_fen.to_string());
    put(&mut fields, "cash_fee", trade.total_fen.to_string());
    put(&mut fields, "refund_count", refunds.len().to_string());
    for (index, refund) in refunds.iter().enumerate() {
        put(&mut fields, &format!("out_refund_no_{index}"), refund.out_refund_no.clone());
        put(&mut fields, &format!("refund_id_{index}"), refund.refund_no.clone());
        put(&mut fields, &format!("refund_channel_{index}"), "ORIGINAL");
        put(&mut fields, &format!("refund_fee_{index}"), refund.amount_fen.to_string());
        put(&mut fields, &format!("refund_status_{index}"), refund_status(refund));
        put(
            &mut fields,
            &format!("refund_success_time_{index}"),
            refund.settled_ms.map(crate::clock::spaced).unwrap_or_default(),
        );
    }
    Ok(Answer::Fields(fields))
}
