//! Paying from a page inside a wallet: what the page hands to the wallet is checked as the wallet checks it.

use serde_json::Value;

use super::look::Look;
use super::refused;
use crate::alipay;
use crate::crypto::{self, Hash};
use crate::http::{Reply, Request};
use crate::keys::{Keys, Merchant};
use crate::model::Channel;
use crate::world::World;

/// The prepay id behind the parameters of `getBrandWCPayRequest`, if the merchant signed them.
pub(crate) fn prepay_id(keys: &Keys, field: impl Fn(&str) -> Option<String>) -> Result<String, &'static str> {
    let need = |name: &str| field(name).unwrap_or_default();
    let (app_id, package) = (need("appId"), need("package"));
    let merchant =
        keys.merchants.iter().find(|merchant| merchant.wechat_appid == app_id).ok_or("appId is unknown")?;
    let prepay_id = package.strip_prefix("prepay_id=").ok_or("package should be prepay_id=…")?;
    if matches!(need("signType").as_str(), "MD5" | "HMAC-SHA256") {
        return older(merchant, &need, prepay_id);
    }
    if need("signType") != "RSA" {
        return Err("signType should be RSA, or MD5 or HMAC-SHA256 for an order of v2");
    }
    let text = format!("{app_id}\n{}\n{}\n{package}\n", need("timeStamp"), need("nonceStr"));
    if !merchant.wechat.key.verifies(Hash::Sha256, text.as_bytes(), &need("paySign").replace(' ', "+")) {
        return Err("paySign is not the merchant's over appId, timeStamp, nonceStr and package");
    }
    Ok(prepay_id.to_string())
}

/// The same parameters as v2 signs them: sorted, with the merchant's key at the end.
fn older(
    merchant: &Merchant,
    need: &impl Fn(&str) -> String,
    prepay_id: &str,
) -> Result<String, &'static str> {
    let names = ["appId", "nonceStr", "package", "signType", "timeStamp"];
    let expected = digest(merchant, need, &names, need("signType") == "MD5");
    let good = need("paySign").eq_ignore_ascii_case(&expected);
    good.then(|| prepay_id.to_string())
        .ok_or("paySign is not the merchant's over appId, nonceStr, package, signType and timeStamp")
}

/// v2's digest over these fields, which are sorted already.
fn digest(merchant: &Merchant, need: &impl Fn(&str) -> String, names: &[&str], md5: bool) -> String {
    let text: String = names.iter().map(|name| format!("{name}={}&", need(name))).collect();
    let text = format!("{text}key={}", merchant.apiv2_key);
    match md5 {
        true => crypto::md5_hex(text.as_bytes()),
        false => crypto::hmac_sha256_hex(merchant.apiv2_key.as_bytes(), text.as_bytes()),
    }
}

/// The prepay id behind the parameters that an application hands to WeChat's library; which version signed them shows in `sign`.
pub(crate) fn app_prepay_id(
    keys: &Keys,
    field: impl Fn(&str) -> Option<String>,
) -> Result<String, &'static str> {
    let need = |name: &str| field(name).unwrap_or_default();
    let (app_id, prepay_id, sign) = (need("appid"), need("prepayid"), need("sign"));
    let merchant =
        keys.merchants.iter().find(|merchant| merchant.wechat_appid == app_id).ok_or("appid is unknown")?;
    if need("partnerid") != merchant.wechat_mchid {
        return Err("partnerid should be the merchant's number");
    }
    if need("package") != "Sign=WXPay" {
        return Err("package should be Sign=WXPay");
    }
    let good = match sign.len() {
        32 | 64 => {
            let names = ["appid", "noncestr", "package", "partnerid", "prepayid", "timestamp"];
            sign.eq_ignore_ascii_case(&digest(merchant, &need, &names, sign.len() == 32))
        }
        _ => {
            let text = format!("{app_id}\n{}\n{}\n{prepay_id}\n", need("timestamp"), need("noncestr"));
            merchant.wechat.key.verifies(Hash::Sha256, text.as_bytes(), &sign)
        }
    };
    good.then_some(prepay_id).ok_or("sign is not the merchant's over appid, timestamp, noncestr and prepayid")
}

/// The page of an H5 order: it opens the wallet by its own kind of address, which some libraries read out of the page; here the telephone
/// opens by itself.
pub(crate) fn h5(request: &Request) -> Reply {
    let prepay_id = request.asked("prepay_id").unwrap_or_default();
    if prepay_id.is_empty() || !prepay_id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Reply::problem(400, "missing_field", "The address names no prepay_id.");
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("wallet", "wechat").append_pair("code", &prepay_id);
    if let Some(back) = request.asked("redirect_url") {
        query.append_pair("return", &back);
    }
    let onward = format!("/phone/scan?{}", query.finish()).replace('&', "&amp;");
    let deeplink =
        format!("weixin://wap/pay?prepayid%3D{prepay_id}&package=1037687096&noncestr=1&sign=sandbox");
    Reply::html(format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>微信支付</title>\n\
         <meta http-equiv=\"refresh\" content=\"0; url={onward}\">\n\
         <script>var url=\"{deeplink}\";</script>\n<a href=\"{onward}\">微信支付</a>\n"
    ))
}

/// The fields of `{"jsapi": {…}}` in a control call.
pub(crate) fn from_json(fields: &Value) -> impl Fn(&str) -> Option<String> + '_ {
    |name| match fields.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `/phone/cashier`: what the bridge script opens. A checked request goes on to the payment sheet.
pub(crate) fn cashier(world: &World, request: &Request) -> Reply {
    let look = Look::of(&world.state(), request);
    let code = match (look.wallet, request.asked("orderStr")) {
        (Channel::Wechat, _) => prepay_id(&world.keys(), |name| request.asked(name)).map_err(str::to_owned),
        (_, Some(order)) => alipay::take_order(world, &order),
        (_, None) => request.asked("tradeNO").ok_or_else(|| "tradeNO is missing".to_owned()),
    };
    match code {
        Ok(code) => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("code", &code).finish();
            Reply::empty(303)
                .with("location", format!("/phone/scan?{}&{query}{}", look.who(), look.returning()))
        }
        Err(reason) => refused(world, request, &reason),
    }
}

/// `/phone/return?trade=ID`: back to the page that brought an order, which is told by a signed address that it is paid.
pub(crate) fn back(world: &World, request: &Request) -> Reply {
    let keys = world.keys();
    let id = request.asked("trade").and_then(|id| id.parse().ok());
    let trade = id.and_then(|id| world.state().trade(id));
    match trade.and_then(|trade| alipay::way_back(&keys, &trade)) {
        Some(to) => Reply::empty(303).with("location", to),
        None => refused(world, request, "nobody waits for this payment"),
    }
}
