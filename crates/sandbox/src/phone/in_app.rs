//! Paying from a page inside a wallet: what the page hands to the wallet is checked as the wallet checks it.

use serde_json::Value;

use super::look::{Look, Page};
use super::sheets;
use crate::crypto::Hash;
use crate::http::{Reply, Request};
use crate::keys::Keys;
use crate::model::Channel;
use crate::world::World;

/// The prepay id behind the parameters of `getBrandWCPayRequest`, if the merchant signed them.
pub(crate) fn prepay_id(keys: &Keys, field: impl Fn(&str) -> Option<String>) -> Result<String, &'static str> {
    let need = |name: &str| field(name).unwrap_or_default();
    let (app_id, package) = (need("appId"), need("package"));
    let merchant =
        keys.merchants.iter().find(|merchant| merchant.wechat_appid == app_id).ok_or("appId is unknown")?;
    let prepay_id = package.strip_prefix("prepay_id=").ok_or("package should be prepay_id=…")?;
    if need("signType") != "RSA" {
        return Err("signType should be RSA");
    }
    let text = format!("{app_id}\n{}\n{}\n{package}\n", need("timeStamp"), need("nonceStr"));
    if !merchant.wechat.key.verifies(Hash::Sha256, text.as_bytes(), &need("paySign").replace(' ', "+")) {
        return Err("paySign is not the merchant's over appId, timeStamp, nonceStr and package");
    }
    Ok(prepay_id.to_string())
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
pub(crate) fn cashier(world: &World, request: &Request, refuse: impl FnOnce(&Look, Page) -> Reply) -> Reply {
    let keys = world.keys();
    let look = Look::of(&world.state(), request);
    let code = match look.wallet {
        Channel::Wechat => prepay_id(&keys, |name| request.asked(name)),
        _ => request.asked("tradeNO").ok_or("tradeNO is missing"),
    };
    match code {
        Ok(code) => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("code", &code).finish();
            Reply::empty(303)
                .with("location", format!("/phone/scan?{}&{query}{}", look.who(), look.returning()))
        }
        Err(reason) => refuse(&look, sheets::refused_page(&look, reason)),
    }
}
