//! Orders the payer pays from the telephone: Native, JSAPI, app, H5; their query and close. Direct and with an integrator.

use serde_json::{Value, json};

use super::errors::ApiError;
use super::fields::Fields;
use super::{Answer, Call, Outcome, view};
use crate::model::{Channel, Product, Trade, TradeState};
use crate::{bank, clock};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// Which number a query names.
#[derive(Clone, Copy)]
pub(crate) enum Number<'a> {
    OutTradeNo(&'a str),
    TransactionId(&'a str),
}

/// Who sells: the merchant itself, or a sub-merchant through its integrator.
pub(crate) struct Seller {
    pub(crate) account: String,
    pub(crate) partner: Option<String>,
}

/// Checks the seller's numbers in a body.
pub(crate) fn seller_of(call: &Call<'_>, fields: &Fields, partner: bool) -> Result<Seller, ApiError> {
    let merchant = call.merchant;
    let (appid_field, mchid_field) = if partner { ("/sp_appid", "/sp_mchid") } else { ("/appid", "/mchid") };
    let appid = fields.need(appid_field, 32)?;
    let mchid = fields.need(mchid_field, 32)?;
    own_number(call, &mchid)?;
    if appid != merchant.wechat_appid {
        return Err(ApiError::new(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"));
    }
    if !partner {
        return Ok(Seller { account: mchid, partner: None });
    }
    let sub = fields.need("/sub_mchid", 32)?;
    known_sub(call, &sub)?;
    Ok(Seller { account: sub, partner: Some(mchid) })
}

/// The number in a body or query is the caller's own.
pub(crate) fn own_number(call: &Call<'_>, mchid: &str) -> Result<(), ApiError> {
    if mchid == call.merchant.wechat_mchid {
        return Ok(());
    }
    if call.keys.merchants.iter().any(|other| other.wechat_mchid == mchid) {
        return Err(ApiError::new(403, "NO_AUTH", "商户号与签名的商户号不一致，无权限"));
    }
    Err(ApiError::new(400, "MCH_NOT_EXISTS", "商户号不存在"))
}

pub(crate) fn known_sub(call: &Call<'_>, sub: &str) -> Result<(), ApiError> {
    let known = call.keys.merchants.iter().any(|merchant| merchant.wechat_sub_mchid == sub);
    known.then_some(()).ok_or_else(|| ApiError::new(403, "NO_AUTH", "特约子商户号未授权给该服务商"))
}

/// `POST /v3/pay/[partner/]transactions/{native|jsapi|app|h5}`
pub(crate) fn create(call: &mut Call<'_>, kind: &str, partner: bool) -> Outcome {
    let fields = Fields::read(call.request, call.state.strict)?;
    let seller = seller_of(call, &fields, partner)?;
    let product = match kind {
        "native" => Product::Scan,
        "jsapi" => Product::InApp,
        "app" => Product::App,
        _ => Product::Page,
    };
    let out_trade_no = fields.number("/out_trade_no", 6, 32, "")?;
    let subject = fields.need("/description", 127)?;
    let total_fen = fields.fen("/amount/total")?;
    fields.cny("/amount/currency")?;
    let attach = fields.text("/attach", 128)?;
    let notify_url = fields.notify_url("/notify_url", call.state.strict)?;
    if notify_url.is_none() {
        return Err(ApiError::param("/notify_url", &Value::Null, "is required"));
    }
    let payer = payer_of(call, &fields, product, partner)?;
    if product == Product::Page {
        fields.need("/scene_info/payer_client_ip", 45)?;
        fields.need("/scene_info/h5_info/type", 32)?;
    }
    let expires_ms = expiry(call, &fields)?;
    if let Some(known) = call.state.trade_by_number(Channel::Wechat, &seller.account, &out_trade_no) {
        return repeat(call, known, product, &fields.body);
    }
    let mut trade = Trade {
        partner: seller.partner,
        product,
        total_fen,
        subject,
        attach,
        notify_url,
        request: fields.body,
        expires_ms,
        payer,
        public_key: call.public_key,
        ..Trade::open(call.state.next_id(), Channel::Wechat, seller.account, out_trade_no, call.state.now_ms)
    };
    Ok(hand_out(call, &mut trade))
}

/// JSAPI names who will pay; that person must exist.
fn payer_of(
    call: &Call<'_>,
    fields: &Fields,
    product: Product,
    partner: bool,
) -> Result<Option<String>, ApiError> {
    if product != Product::InApp {
        return Ok(None);
    }
    let openid = match (fields.text("/payer/openid", 128)?, partner) {
        (Some(openid), false) => openid,
        (_, true) => match (fields.text("/payer/sp_openid", 128)?, fields.text("/payer/sub_openid", 128)?) {
            (Some(openid), _) | (None, Some(openid)) => openid,
            (None, None) => return Err(ApiError::param("/payer/sp_openid", &Value::Null, "is required")),
        },
        (None, false) => return Err(ApiError::param("/payer/openid", &Value::Null, "is required")),
    };
    let known =
        call.state.payers.iter().find(|payer| payer.channel == Channel::Wechat && payer.user_id == openid);
    match known {
        Some(payer) => Ok(Some(payer.id.clone())),
        None if openid == call.merchant.openid => Ok(Some(bank::first_payer(call.state, Channel::Wechat))),
        None => Err(ApiError::param("/payer/openid", &openid.into(), "无效的openid，与appid不匹配")),
    }
}

/// The last moment to pay: within the documented bounds, 7 days when nothing is said.
fn expiry(call: &Call<'_>, fields: &Fields) -> Result<i64, ApiError> {
    let now_ms = call.state.now_ms;
    let Some(text) = fields.text("/time_expire", 64)? else { return Ok(now_ms + 7 * DAY_MS) };
    let asked_ms = clock::parse_rfc3339(&text).ok_or_else(|| {
        ApiError::param("/time_expire", &text.clone().into(), "should be like 2018-06-08T10:34:56+08:00")
    })?;
    Ok(asked_ms.clamp(now_ms + MINUTE_MS, now_ms + 90 * DAY_MS))
}

/// The same number again: a fresh code for the same request, an error for another one.
fn repeat(call: &mut Call<'_>, mut known: Trade, product: Product, body: &Value) -> Outcome {
    match known.state {
        TradeState::Paid => return Err(ApiError::new(400, "ORDERPAID", "该订单已支付")),
        TradeState::Closed | TradeState::Revoked => {
            return Err(ApiError::new(400, "ORDER_CLOSED", "该订单已关闭"));
        }
        _ => {}
    }
    if known.product != product || known.request != *body {
        return Err(ApiError::new(403, "OUT_TRADE_NO_USED", "商户订单号重复，且请求参数与上次不一致"));
    }
    if known.expires_ms < call.state.now_ms {
        return Err(ApiError::invalid("订单已过支付结束时间，请使用新的商户订单号"));
    }
    Ok(hand_out(call, &mut known))
}

/// When a code or prepay id handed out now dies: after two hours, a page after five minutes.
pub(crate) fn code_dies_ms(product: Product, now_ms: i64) -> i64 {
    now_ms + if product == Product::Page { 5 * MINUTE_MS } else { 120 * MINUTE_MS }
}

/// Gives the trade a fresh code, prepay id or page and keeps it.
fn hand_out(call: &mut Call<'_>, trade: &mut Trade) -> Answer {
    let stamp = clock::compact(call.state.now_ms);
    let prepay_id = format!("wx{stamp}{}", call.state.random.hex(20));
    let answer = match trade.product {
        Product::Scan => {
            let code = format!("weixin://wxpay/bizpayurl?pr={}zz", call.state.random.letters(7));
            trade.codes.push(code.clone());
            json!({"code_url": code})
        }
        Product::Page => {
            trade.codes.push(prepay_id.clone());
            let page = format!("{}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={prepay_id}", call.base_url);
            trade.codes.push(page.clone());
            json!({"h5_url": page})
        }
        _ => {
            trade.codes.push(prepay_id.clone());
            json!({"prepay_id": prepay_id})
        }
    };
    trade.code_dies_ms = Some(code_dies_ms(trade.product, call.state.now_ms));
    call.state.save_trade(trade);
    Answer::Json(200, answer)
}

/// Finds a trade of the caller by number, checking the numbers in the query string.
fn find(call: &mut Call<'_>, account: &str, number: &Number<'_>) -> Result<Trade, ApiError> {
    let found = match number {
        Number::OutTradeNo(number) => call.state.trade_by_number(Channel::Wechat, account, number),
        Number::TransactionId(number) => call.state.trade_by_trade_no(number),
    };
    found
        .filter(|trade| trade.channel == Channel::Wechat && trade.account == account)
        .ok_or_else(ApiError::order_not_exist)
}

/// `GET …/out-trade-no/{no}?mchid=` and `…/id/{transaction_id}?mchid=`
pub(crate) fn query(call: &mut Call<'_>, partner: bool, number: Number<'_>) -> Outcome {
    let asked = |name: &str| {
        call.request.asked(name).ok_or_else(|| ApiError::asked(name, &Value::Null, "is required"))
    };
    let account = if partner {
        own_number(call, &asked("sp_mchid")?)?;
        let sub = asked("sub_mchid")?;
        known_sub(call, &sub)?;
        sub
    } else {
        let mchid = asked("mchid")?;
        own_number(call, &mchid)?;
        mchid
    };
    let trade = find(call, &account, &number)?;
    Ok(Answer::Json(200, view::transaction(call.state, &trade)))
}

/// The account a body of close or reverse names.
pub(crate) fn account_of(call: &Call<'_>, fields: &Fields, partner: bool) -> Result<String, ApiError> {
    if !partner {
        let mchid = fields.need("/mchid", 32)?;
        own_number(call, &mchid)?;
        return Ok(mchid);
    }
    own_number(call, &fields.need("/sp_mchid", 32)?)?;
    let sub = fields.need("/sub_mchid", 32)?;
    known_sub(call, &sub)?;
    Ok(sub)
}

/// `POST …/out-trade-no/{no}/close`
pub(crate) fn close(call: &mut Call<'_>, partner: bool, number: &str) -> Outcome {
    let fields = Fields::read(call.request, call.state.strict)?;
    let account = account_of(call, &fields, partner)?;
    let mut trade = find(call, &account, &Number::OutTradeNo(number))?;
    match trade.state {
        TradeState::Paid => Err(ApiError::new(400, "ORDERPAID", "该订单已支付，无法关闭")),
        TradeState::Closed | TradeState::Revoked => Ok(Answer::Done),
        TradeState::Prompted => Err(ApiError::new(403, "TRADE_ERROR", "用户支付中，请稍后查询或撤销订单")),
        _ if call.state.strict && call.state.now_ms - trade.created_ms < 5 * MINUTE_MS => {
            Err(ApiError::invalid("订单生成后不能马上调用关单接口，最短调用时间间隔为5分钟"))
        }
        _ => {
            bank::end(call.state, &mut trade, TradeState::Closed);
            Ok(Answer::Done)
        }
    }
}
