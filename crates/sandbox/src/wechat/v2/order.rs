//! The older orders (v2): made for a code, a page or an application, closed again, and told of by an XML callback.

use serde_json::{Value, json};

use super::calls::paid_fields;
use super::xml::{self, Digest, Fields};
use super::{Answer, Call, Failure, Outcome};
use crate::clock;
use crate::crypto;
use crate::keys::Merchant;
use crate::model::{Channel, Product, Trade, TradeState};
use crate::state::State;
use crate::wechat::order::code_dies_ms;
use crate::{aes, bank};

const DAY_MS: i64 = 86_400_000;

fn fields_of<const N: usize>(pairs: [(&str, String); N]) -> Fields {
    pairs.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

/// `POST /pay/unifiedorder`
pub(super) fn unified(call: &mut Call<'_>) -> Outcome {
    let (account, partner) = call.account();
    let kind = call.need("trade_type", 16)?;
    let product = match kind.as_str() {
        "NATIVE" => Product::Scan,
        "JSAPI" => Product::InApp,
        "APP" => Product::App,
        "MWEB" => Product::Page,
        _ => return Err(Failure::new("PARAM_ERROR", "trade_type应为NATIVE、JSAPI、APP或MWEB")),
    };
    call.need("spbill_create_ip", 64)?;
    if product == Product::InApp
        && call.text("openid", 128)?.is_none()
        && call.text("sub_openid", 128)?.is_none()
    {
        return Err(Failure::new("PARAM_ERROR", "JSAPI支付必须传openid"));
    }
    let mut request = call.kept_request();
    request["_v2"] = json!(match call.digest {
        Digest::Md5 => "MD5",
        Digest::HmacSha256 => "HMAC-SHA256",
    });
    let trade = Trade {
        partner,
        product,
        total_fen: call.fen("total_fee")?,
        subject: call.need("body", 128)?,
        attach: call.text("attach", 127)?,
        notify_url: Some(call.need("notify_url", 256)?),
        request,
        expires_ms: call.state.now_ms + 7 * DAY_MS,
        ..Trade::open(
            call.state.next_id(),
            Channel::Wechat,
            account,
            call.need("out_trade_no", 32)?,
            call.state.now_ms,
        )
    };
    let known = call.state.trade_by_number(Channel::Wechat, &trade.account, &trade.out_trade_no);
    let trade = match known {
        None => trade,
        Some(known) => match known.state {
            TradeState::Paid => return Err(Failure::new("ORDERPAID", "该订单已支付")),
            TradeState::Closed | TradeState::Revoked => {
                return Err(Failure::new("ORDERCLOSED", "该订单已关闭"));
            }
            _ if known.product == product && known.total_fen == trade.total_fen => known,
            _ => return Err(Failure::new("OUT_TRADE_NO_USED", "商户订单号重复")),
        },
    };
    Ok(Answer::Fields(hand_out(call, trade, &kind)))
}

/// Gives the order a fresh code, prepay id or page and keeps it.
fn hand_out(call: &mut Call<'_>, mut trade: Trade, kind: &str) -> Fields {
    let prepay_id = format!("wx{}{}", clock::compact(call.state.now_ms), call.state.random.hex(20));
    let mut fields = fields_of([("trade_type", kind.to_string()), ("prepay_id", prepay_id.clone())]);
    match trade.product {
        Product::Scan => {
            let code = format!("weixin://wxpay/bizpayurl?pr={}zz", call.state.random.letters(7));
            trade.codes.push(code.clone());
            fields.insert("code_url".into(), code);
        }
        Product::Page => {
            let page = format!("{}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={prepay_id}", call.base_url);
            trade.codes.extend([prepay_id, page.clone()]);
            fields.insert("mweb_url".into(), page);
        }
        _ => trade.codes.push(prepay_id),
    }
    trade.code_dies_ms = Some(code_dies_ms(trade.product, call.state.now_ms));
    call.state.save_trade(&trade);
    fields
}

/// `POST /pay/closeorder`
pub(super) fn close(call: &mut Call<'_>) -> Outcome {
    let mut trade = call.trade()?;
    match trade.state {
        TradeState::Paid => Err(Failure::new("ORDERPAID", "该订单已支付，无法关闭")),
        TradeState::Closed | TradeState::Revoked => Err(Failure::new("ORDERCLOSED", "该订单已关闭")),
        _ if call.state.strict && call.state.now_ms - trade.created_ms < 300_000 => {
            Err(Failure::new("SYSTEMERROR", "订单生成后不能马上调用关单接口，最短调用时间间隔为5分钟"))
        }
        _ => {
            bank::end(call.state, &mut trade, TradeState::Closed);
            Ok(Answer::Fields(fields_of([("result_msg", "OK".to_string())])))
        }
    }
}

/// Whether a trade was made by v2, so that its callback is XML.
pub(crate) fn is_of_v2(trade: &Trade) -> bool {
    trade.request.get("_v2").is_some()
}

/// The body of a refund's callback: unsigned, what it says sealed with a digest of the merchant's key. A forged one is sealed with
/// another key.
pub(crate) fn refund_callback(
    state: &mut State,
    merchant: &Merchant,
    payload: &Value,
    forged: bool,
) -> Option<Vec<u8>> {
    let inner: Fields = serde_json::from_value(payload.get("_v2")?.clone()).ok()?;
    let secret = if forged { "a stranger's" } else { &merchant.apiv2_key };
    let key = crypto::md5_hex(secret.as_bytes());
    let sealed = aes::seal_blocks(key.as_bytes(), xml::write_in("root", &inner).as_bytes())?;
    let fields = fields_of([
        ("return_code", "SUCCESS".into()),
        ("appid", merchant.wechat_appid.clone()),
        ("mch_id", merchant.wechat_mchid.clone()),
        ("nonce_str", state.random.letters(32)),
        ("req_info", sealed),
    ]);
    Some(xml::write(&fields).into_bytes())
}

/// The body of a payment's callback, signed as the order was. A forged one carries another amount under the old signature.
pub(crate) fn callback(state: &mut State, merchant: &Merchant, trade: &Trade, forged: bool) -> Vec<u8> {
    let digest = match trade.request.get("_v2").and_then(Value::as_str) {
        Some("HMAC-SHA256") => Digest::HmacSha256,
        _ => Digest::Md5,
    };
    let mut fields = paid_fields(state, trade);
    fields.extend(fields_of([
        ("return_code", "SUCCESS".into()),
        ("result_code", "SUCCESS".into()),
        ("appid", merchant.wechat_appid.clone()),
        ("mch_id", merchant.wechat_mchid.clone()),
        ("nonce_str", state.random.letters(32)),
    ]));
    if digest == Digest::HmacSha256 {
        fields.insert("sign_type".into(), "HMAC-SHA256".into());
    }
    fields.retain(|_, value| !value.is_empty());
    let sign = xml::sign(&fields, &merchant.apiv2_key, digest);
    fields.insert("sign".into(), sign);
    if forged {
        fields.insert("total_fee".into(), (trade.total_fen + 1).to_string());
    }
    xml::write(&fields).into_bytes()
}
