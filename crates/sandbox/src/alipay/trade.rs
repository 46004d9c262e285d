//! Trades: precreate (no trade before the scan), pay by code, create, query, close, cancel.

use serde_json::{Value, json};

use super::errors::ApiError;
use super::{Answer, Call, Outcome, view};
use crate::bank::{self, Refusal};
use crate::clock;
use crate::model::{Channel, Outcome as CodeOutcome, Product, Trade, TradeState};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
/// A code nobody scanned is dead after this.
const QR_LIVES_MS: i64 = 120 * MINUTE_MS;
/// A trade nobody paid is closed after this unless the call says otherwise.
const TRADE_LIVES_MS: i64 = 15 * DAY_MS;

/// `90m`, `2h`, `3d`, `1c` (to the end of the day) from a moment on.
fn span_end(text: &str, from_ms: i64) -> Option<i64> {
    if text == "1c" {
        return Some(clock::day_start(&clock::day(from_ms))? + DAY_MS);
    }
    let number: i64 = text.get(..text.len().checked_sub(1)?)?.parse().ok()?;
    let unit = match text.chars().last()? {
        'm' => MINUTE_MS,
        'h' => 60 * MINUTE_MS,
        'd' => DAY_MS,
        _ => return None,
    };
    let span_ms = number.checked_mul(unit)?;
    (MINUTE_MS..=TRADE_LIVES_MS).contains(&span_ms).then_some(from_ms + span_ms)
}

/// When a trade that exists from `from_ms` on is closed unpaid.
pub(crate) fn expiry_after_scan(request: &Value, from_ms: i64) -> i64 {
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    if let Some(at) = text("time_expire").and_then(clock::parse_spaced) {
        return at;
    }
    text("timeout_express").and_then(|span| span_end(span, from_ms)).unwrap_or(from_ms + TRADE_LIVES_MS)
}

/// Checks the time fields and says when a code that nobody scans dies.
fn code_expiry(call: &Call<'_>) -> Result<i64, ApiError> {
    let now_ms = call.state.now_ms;
    let mut end_ms = now_ms + QR_LIVES_MS;
    for name in ["timeout_express", "qr_code_timeout_express"] {
        if let Some(span) = call.fields.text(name, 6)? {
            let at = span_end(&span, now_ms).ok_or_else(|| ApiError::parameter(name, "取值范围：1m～15d"))?;
            if name == "qr_code_timeout_express" {
                end_ms = end_ms.min(at);
            }
        }
    }
    if let Some(text) = call.fields.text("time_expire", 32)? {
        let at = clock::parse_spaced(&text)
            .ok_or_else(|| ApiError::parameter("time_expire", "格式应为yyyy-MM-dd HH:mm:ss"))?;
        if at <= now_ms {
            return Err(ApiError::refused(
                "NOW_TIME_AFTER_EXPIRE_TIME_ERROR",
                "当前时间已超过允许支付的时间",
            ));
        }
        end_ms = end_ms.min(at);
    }
    Ok(end_ms)
}

/// A trade from the fields every kind of payment shares.
pub(super) fn new_trade(call: &mut Call<'_>, product: Product, state: TradeState) -> Result<Trade, ApiError> {
    let out_trade_no = call.fields.out_trade_no()?;
    let total_fen = call.fields.yuan("total_amount")?;
    let subject = call.fields.need("subject", 256)?;
    for (name, longest) in
        [("body", 128), ("operator_id", 28), ("store_id", 32), ("terminal_id", 32), ("passback_params", 512)]
    {
        call.fields.text(name, longest)?;
    }
    if let Some(url) = &call.notify_url
        && (url.len() > 256 || reqwest::Url::parse(url).is_err())
    {
        return Err(ApiError::parameter("notify_url", "应为不超过256个字符的完整地址"));
    }
    let expires_ms = code_expiry(call)?;
    let mut request = call.fields.body.clone();
    request["_seller_id"] = json!(call.merchant.alipay_seller_id);
    if call.app.alipay_app_id != call.merchant.alipay_app_id {
        request["_app_id"] = json!(call.app.alipay_app_id);
    }
    let now_ms = call.state.now_ms;
    let expires_ms =
        if state == TradeState::Precreated { expires_ms } else { expiry_after_scan(&request, now_ms) };
    Ok(Trade {
        product,
        state,
        total_fen,
        subject,
        notify_url: call.notify_url.clone(),
        request,
        expires_ms,
        ..Trade::open(
            call.state.next_id(),
            Channel::Alipay,
            call.merchant.alipay_app_id.clone(),
            out_trade_no,
            call.state.now_ms,
        )
    })
}

/// A number that was used before: an error unless it is the same, still open order.
pub(super) fn check_repeat(known: &Trade, fresh: &Trade) -> Result<(), ApiError> {
    match known.state {
        TradeState::Paid => return Err(ApiError::refused("TRADE_HAS_SUCCESS", "交易已被支付")),
        TradeState::Closed | TradeState::Revoked | TradeState::Failed => {
            return Err(ApiError::refused("TRADE_HAS_CLOSE", "交易已经关闭"));
        }
        _ => {}
    }
    let same = known.product == fresh.product
        && known.total_fen == fresh.total_fen
        && known.subject == fresh.subject;
    if same { Ok(()) } else { Err(ApiError::refused("CONTEXT_INCONSISTENT", "交易信息被篡改")) }
}

pub(super) fn known(call: &mut Call<'_>, number: &str) -> Option<Trade> {
    call.state.trade_by_number(Channel::Alipay, &call.merchant.alipay_app_id, number)
}

/// `alipay.trade.precreate`: a code, and no trade until somebody scans it.
pub(crate) fn precreate(call: &mut Call<'_>) -> Outcome {
    let mut trade = new_trade(call, Product::Scan, TradeState::Precreated)?;
    if let Some(known) = known(call, &trade.out_trade_no) {
        check_repeat(&known, &trade)?;
        let code = known.codes.last().cloned().unwrap_or_default();
        return Ok(Answer::Done(json!({"out_trade_no": known.out_trade_no, "qr_code": code})));
    }
    let code = format!(
        "https://qr.alipay.com/bax{:0>5}{}",
        call.state.random.digits(5),
        call.state.random.letters(16).to_lowercase()
    );
    trade.codes.push(code.clone());
    call.state.save_trade(&trade);
    Ok(Answer::Done(json!({"out_trade_no": trade.out_trade_no, "qr_code": code})))
}

/// `alipay.trade.create`: a trade that a named buyer pays inside the wallet.
pub(crate) fn create(call: &mut Call<'_>) -> Outcome {
    let buyer =
        ["buyer_id", "buyer_open_id", "op_buyer_open_id"].iter().find_map(|name| call.fields.raw(name));
    let buyer = buyer.ok_or_else(|| ApiError::parameter("buyer_id", "不能为空"))?;
    let payer =
        call.state.payers.iter().find(|p| p.channel == Channel::Alipay && p.user_id == buyer).cloned();
    let payer = payer.ok_or_else(|| ApiError::parameter("buyer_id", "买家不存在"))?;
    let mut trade = new_trade(call, Product::InApp, TradeState::Unpaid)?;
    if let Some(known) = known(call, &trade.out_trade_no) {
        check_repeat(&known, &trade)?;
        return Ok(Answer::Done(Value::Object(view::numbers(&known))));
    }
    let trade_no = bank::new_trade_no(call.state, Channel::Alipay);
    trade.codes.push(trade_no.clone());
    trade.trade_no = Some(trade_no);
    trade.payer = Some(payer.id);
    call.state.save_trade(&trade);
    Ok(Answer::Done(Value::Object(view::numbers(&trade))))
}

/// `alipay.trade.pay`: the terminal scanned the payer's code.
pub(crate) fn pay(call: &mut Call<'_>) -> Outcome {
    let code = call.fields.need("auth_code", 64)?;
    let scene = call.fields.raw("scene").unwrap_or_else(|| "bar_code".into());
    if !matches!(scene.as_str(), "bar_code" | "wave_code" | "security_code") {
        return Err(ApiError::parameter("scene", "应为bar_code、wave_code或security_code"));
    }
    let mut trade = new_trade(call, Product::Code, TradeState::Unpaid)?;
    if let Some(known) = known(call, &trade.out_trade_no) {
        check_repeat(&known, &trade)?;
        if known.state == TradeState::Prompted {
            return Ok(Answer::Waiting(Value::Object(view::numbers(&known))));
        }
        return Err(ApiError::refused("CONTEXT_INCONSISTENT", "商户订单号重复，请使用新的商户订单号"));
    }
    let (payer, outcome) =
        bank::use_code(call.state, Channel::Alipay, &code, &trade.out_trade_no).map_err(|_| {
            ApiError::refused(
                "PAYMENT_AUTH_CODE_INVALID",
                "支付失败，获取顾客账户信息失败，请顾客刷新付款码后重新收款",
            )
        })?;
    let poor = ApiError::refused("BUYER_BALANCE_NOT_ENOUGH", "买家余额不足");
    if outcome == CodeOutcome::NotEnough {
        return Err(poor);
    }
    trade.trade_no = Some(bank::new_trade_no(call.state, Channel::Alipay));
    trade.payer = Some(payer.clone());
    match outcome {
        CodeOutcome::AsksPassword | CodeOutcome::NeverAnswered => {
            bank::ask(call.state, &mut trade, &payer);
            Ok(Answer::Waiting(Value::Object(view::numbers(&trade))))
        }
        CodeOutcome::LostUnpaid => {
            call.state.save_trade(&trade);
            Ok(Answer::Lost)
        }
        _ => {
            let rich = call
                .state
                .payer(Channel::Alipay, &payer)
                .is_some_and(|wallet| wallet.balance_fen >= trade.total_fen);
            if !rich {
                return Err(poor);
            }
            call.state.save_trade(&trade);
            match bank::pay(call.state, trade.id, &payer) {
                Ok(_) if outcome == CodeOutcome::LostPaid => Ok(Answer::Lost),
                Ok(paid) => Ok(Answer::Done(view::paid(call.state, &paid))),
                Err(Refusal::NotEnough) => Err(poor),
                Err(_) => Err(ApiError::refused("PAYMENT_FAIL", "支付失败")),
            }
        }
    }
}

/// The trade a call names; `trade_no` wins. A code nobody scanned is no trade.
pub(crate) fn find(call: &mut Call<'_>) -> Result<Trade, ApiError> {
    let (trade_no, number) = (call.fields.text("trade_no", 64)?, call.fields.text("out_trade_no", 64)?);
    let found = match (trade_no, number) {
        (Some(no), _) => call.state.trade_by_trade_no(&no),
        (None, Some(number)) => known(call, &number),
        (None, None) => {
            return Err(ApiError::parameter("out_trade_no", "out_trade_no和trade_no不能同时为空"));
        }
    };
    found
        .filter(|trade| trade.channel == Channel::Alipay && trade.account == call.merchant.alipay_app_id)
        .filter(|trade| trade.state != TradeState::Precreated)
        .ok_or_else(ApiError::no_trade)
}

/// `alipay.trade.query`
pub(crate) fn query(call: &mut Call<'_>) -> Outcome {
    let trade = find(call)?;
    Ok(Answer::Done(view::queried(call.state, &trade)))
}

/// `alipay.trade.close`: only a trade that waits for its buyer.
pub(crate) fn close(call: &mut Call<'_>) -> Outcome {
    let mut trade = find(call)?;
    match trade.state {
        TradeState::Unpaid | TradeState::Prompted => {
            bank::end(call.state, &mut trade, TradeState::Closed);
            Ok(Answer::Done(Value::Object(view::numbers(&trade))))
        }
        TradeState::Paid => Err(ApiError::refused("TRADE_STATUS_ERROR", "交易状态不合法：交易已支付")),
        _ => Err(ApiError::refused("TRADE_STATUS_ERROR", "交易状态不合法：交易已关闭")),
    }
}

/// `alipay.trade.cancel`: closes what is unpaid, gives back what is paid, on the same day; without a trade there is no action.
pub(crate) fn cancel(call: &mut Call<'_>) -> Outcome {
    let number = call.fields.raw("out_trade_no");
    let mut trade = match find(call) {
        Ok(trade) => trade,
        Err(error) if error.sub_code == "ACQ.TRADE_NOT_EXIST" => {
            return Ok(Answer::Done(json!({"out_trade_no": number, "retry_flag": "N"})));
        }
        Err(error) => return Err(error),
    };
    let mut answer = view::numbers(&trade);
    if call.state.fires(Channel::Alipay, "retry_cancel").is_some() {
        answer.insert("retry_flag".into(), json!("Y"));
        return Ok(Answer::Done(Value::Object(answer)));
    }
    let action = match trade.state {
        TradeState::Paid => {
            if clock::day(trade.created_ms) != clock::day(call.state.now_ms) {
                return Err(ApiError::refused("TRADE_CANCEL_TIME_OUT", "超过撤销时间范围，请使用退款"));
            }
            if trade.refunded_fen > 0 {
                return Err(ApiError::refused("REASON_ILLEGAL_STATUS", "交易已退款，不可撤销"));
            }
            bank::undo(call.state, &mut trade, TradeState::Revoked);
            "refund"
        }
        TradeState::Unpaid | TradeState::Prompted => {
            bank::end(call.state, &mut trade, TradeState::Closed);
            "close"
        }
        _ if trade.paid_ms.is_some() => "refund",
        _ => "close",
    };
    answer.insert("retry_flag".into(), json!("N"));
    answer.insert("action".into(), json!(action));
    Ok(Answer::Done(Value::Object(answer)))
}
