//! Orders that the payer's side carries, signed by the merchant: a browser brings a page order (`page.pay` on a computer, `wap.pay` on a telephone)
//! and is led to the wallet's cashier and back; a merchant's own application hands an order string to the wallet (`app.pay`).

use serde_json::{Value, json};

use super::errors::ApiError;
use super::form::Params;
use super::{Answer, Call, Outcome, authenticate, perform, trade, view};
use crate::amount::yuan;
use crate::bank;
use crate::clock::spaced;
use crate::crypto::Hash;
use crate::http::Reply;
use crate::keys::Keys;
use crate::model::{Channel, Product, Trade, TradeState};
use crate::world::World;

/// Methods that a browser brings.
pub(super) const PAGES: [&str; 2] = ["alipay.trade.page.pay", "alipay.trade.wap.pay"];
/// The one that an application brings.
pub(super) const APP: &str = "alipay.trade.app.pay";

/// Makes the order, or finds the one that the payer brought before.
pub(super) fn order(call: &mut Call<'_>, method: &str, return_url: Option<&str>) -> Outcome {
    let (product, codes): (_, &[&str]) = match method {
        "alipay.trade.page.pay" => (Product::Page, &["FAST_INSTANT_TRADE_PAY"]),
        APP => (Product::App, &["QUICK_MSECURITY_PAY"]),
        // The documents name the first, widely used libraries send the second.
        _ => (Product::Page, &["QUICK_WAP_WAY", "QUICK_WAP_PAY"]),
    };
    if call.fields.raw("product_code").is_some_and(|own| !codes.contains(&own.as_str())) {
        return Err(ApiError::parameter("product_code", &format!("应为{}", codes[0])));
    }
    let mut trade = trade::new_trade(call, product, TradeState::Unpaid)?;
    if let Some(known) = trade::known(call, &trade.out_trade_no) {
        trade::check_repeat(&known, &trade)?;
        return Ok(Answer::Done(Value::Object(view::numbers(&known))));
    }
    trade.request["_method"] = json!(method);
    if let Some(back) = return_url {
        trade.request["_return_url"] = json!(back);
    }
    let trade_no = bank::new_trade_no(call.state, Channel::Alipay);
    trade.codes.push(trade_no.clone());
    trade.trade_no = Some(trade_no);
    call.state.save_trade(&trade);
    Ok(Answer::Done(Value::Object(view::numbers(&trade))))
}

/// Leads the browser that brought an order to the wallet. Who turns round unpaid goes to `quit_url`, or to where it was to come back to.
pub(super) fn open_wallet(params: &Params, trade: &Value) -> Reply {
    let content: Value =
        params.get("biz_content").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let back = content["quit_url"].as_str().map(str::to_owned).or_else(|| params.get("return_url"));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("wallet", "alipay");
    query.append_pair("code", trade["trade_no"].as_str().unwrap_or_default());
    if let Some(back) = back {
        query.append_pair("return", &back);
    }
    Reply::empty(302).with("location", format!("/phone/scan?{}", query.finish()))
}

/// Takes an order string as an application hands it to the wallet; the number of its trade. Error: why the wallet refuses it.
pub(crate) fn take_order(world: &World, order: &str) -> Result<String, String> {
    let params = Params::of(order.as_bytes(), &[]);
    if params.get("method").as_deref() != Some(APP) {
        return Err(format!("the order string is not one of {APP}"));
    }
    let keys = world.keys();
    let worded = |error: ApiError| format!("{}: {}", error.sub_code, error.sub_msg);
    let merchant = authenticate(&keys, &params).map_err(worded)?;
    match perform(world, &keys, merchant, &params).map_err(worded)? {
        Answer::Done(trade) => Ok(trade["trade_no"].as_str().unwrap_or_default().to_owned()),
        _ => Err("the order was not taken".to_owned()),
    }
}

/// What a paid trade's side learns at once: the fields of the page's address, or of the application's result.
fn fields(trade: &Trade, merchant_seller: &str) -> Vec<(&'static str, String)> {
    vec![
        ("app_id", trade.account.clone()),
        ("auth_app_id", trade.account.clone()),
        ("charset", "utf-8".into()),
        ("out_trade_no", trade.out_trade_no.clone()),
        ("seller_id", merchant_seller.to_owned()),
        ("timestamp", spaced(trade.paid_ms.unwrap_or_default())),
        ("total_amount", yuan(trade.total_fen)),
        ("trade_no", trade.trade_no.clone().unwrap_or_default()),
    ]
}

/// Where a page's payer goes back to once the trade is paid: the merchant's address with what happened, signed. None for any other trade.
pub(crate) fn way_back(keys: &Keys, trade: &Trade) -> Option<String> {
    let own = |name: &str| trade.request.get(name).and_then(Value::as_str);
    let mut back = reqwest::Url::parse(own("_return_url")?).ok()?;
    if trade.channel != Channel::Alipay || trade.state != TradeState::Paid {
        return None;
    }
    let mut told = fields(trade, own("_seller_id").unwrap_or_default());
    told.push(("method", format!("{}.return", own("_method").unwrap_or_default())));
    told.push(("version", "1.0".into()));
    told.sort_unstable();
    let text: Vec<String> = told.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let (hash, sign_type) = hash_of(trade);
    let sign = keys.alipay.key.sign(hash, text.join("&").as_bytes());
    back.query_pairs_mut().extend_pairs(told).append_pair("sign_type", sign_type).append_pair("sign", &sign);
    Some(back.into())
}

/// What the wallet answers to the application that handed it an order.
pub(crate) fn app_result(keys: &Keys, trade: &Trade) -> Value {
    if trade.state != TradeState::Paid {
        return json!({"resultStatus": "6001", "memo": "用户中途取消", "result": ""});
    }
    let seller = trade.request.get("_seller_id").and_then(Value::as_str).unwrap_or_default();
    let mut node = json!({"code": "10000", "msg": "Success"});
    for (name, value) in fields(trade, seller) {
        node[name] = json!(value);
    }
    let (hash, sign_type) = hash_of(trade);
    let node = node.to_string();
    let sign = keys.alipay.key.sign(hash, node.as_bytes());
    let result = format!(
        "{{\"alipay_trade_app_pay_response\":{node},\"sign\":\"{sign}\",\"sign_type\":\"{sign_type}\"}}"
    );
    json!({"resultStatus": "9000", "memo": "", "result": result})
}

/// As the merchant signed.
fn hash_of(trade: &Trade) -> (Hash, &'static str) {
    if trade.request["_sign_type"] == "RSA" { (Hash::Sha1, "RSA") } else { (Hash::Sha256, "RSA2") }
}
