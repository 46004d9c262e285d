//! Alipay: the `gateway.do` protocol, its methods and its callbacks; the v3 protocol over the same methods.

mod account;
mod bill;
mod errors;
mod fields;
mod form;
mod pages;
mod refund;
mod trade;
mod v3;
mod view;

use serde_json::{Value, json};

use crate::aes;
use crate::clock;
use crate::crypto::{self, Hash};
use crate::http::{Reply, Request};
use crate::keys::{Certified, Keys, Merchant};
use crate::model::{Channel, Notice};
use crate::notices::Outgoing;
use crate::phone;
use crate::state::State;
use crate::world::World;
use errors::ApiError;
use fields::Fields;
use form::Params;

pub(crate) use pages::{app_result, take_order, way_back};
pub(crate) use trade::expiry_after_scan;
pub(crate) use view::{payment_payload, refund_payload};

/// Everything a method works with.
struct Call<'a> {
    state: &'a mut State,
    /// Whose application asks.
    app: &'a Merchant,
    /// Whom it asks for: itself, or who gave it an `app_auth_token`.
    merchant: &'a Merchant,
    fields: Fields,
    notify_url: Option<String>,
    base_url: &'a str,
    /// Alipay's own, for clients that fetch it by its number.
    certificate: &'a Certified,
}

/// What a method came to: the fields of the node beside `code` and `msg`.
enum Answer {
    Done(Value),
    /// 10003: the payer is asked.
    Waiting(Value),
    /// The work is done, or not, and nobody is told.
    Lost,
}

type Outcome = Result<Answer, ApiError>;

/// Answers one request of the channel.
pub(crate) fn handle(world: &World, request: &Request) -> Reply {
    if request.path.starts_with("/alipay/bill/") {
        return bill::download(world, request);
    }
    if v3::is_v3(&request.path) {
        return v3::handle(world, request);
    }
    let trace = world.state().random.hex(32);
    gateway(world, request).with("trace_id", trace)
}

/// Answers `gateway.do`.
fn gateway(world: &World, request: &Request) -> Reply {
    let params = Params::read(request);
    let keys = world.keys();
    let method = params.get("method").unwrap_or_default();
    let is_page = pages::PAGES.contains(&method.as_str());
    let refuse = |error: &ApiError| {
        if is_page {
            // A person sees this one.
            return phone::refused(world, request, &format!("{}: {}", error.sub_code, error.sub_msg));
        }
        emit(&keys, &params, &error.node())
    };
    if method == pages::APP {
        let error = ApiError::invalid("isv.invalid-method", "由支付宝客户端处理，不能直接请求网关");
        return emit(&keys, &params, &error.node());
    }
    let app = match authenticate(&keys, &params) {
        Ok(app) => app,
        Err(error) => return refuse(&error),
    };
    if method == "alipay.system.oauth.token" {
        let token = account::oauth_token(world, app, |name| params.get(name));
        return emit(&keys, &params, &token.unwrap_or_else(|error| error.node()));
    }
    let outcome = perform(world, &keys, app, &params);
    match outcome {
        Ok(Answer::Done(trade)) if is_page => pages::open_wallet(&params, &trade),
        Ok(Answer::Done(fields)) => emit(&keys, &params, &node("10000", "Success", fields)),
        Ok(Answer::Waiting(fields)) => {
            emit(&keys, &params, &node("10003", " order success pay inprocess", fields))
        }
        Ok(Answer::Lost) => Reply::lost(),
        Err(error) => refuse(&error),
    }
}

/// A fault's answer instead of the real one; the gateway words even that with HTTP 200.
pub(crate) fn failure(world: &World, request: &Request, status: u16) -> Reply {
    if v3::is_v3(&request.path) {
        return v3::failure(world, request, status);
    }
    let error = if status == 429 { ApiError::limited() } else { ApiError::unavailable() };
    emit(&world.keys(), &Params::read(request), &error.node())
}

/// A refusal that a test asked for: `isv.…` and `isp.…` as they are, everything else a reason of the business.
pub(crate) fn refusal(world: &World, request: &Request, code: &str) -> Reply {
    let error = ApiError::named(code);
    if v3::is_v3(&request.path) {
        return v3::refusal(world, request, error);
    }
    emit(&world.keys(), &Params::read(request), &error.node())
}

/// Checks everything that is not business: application, charset, version, signature.
fn authenticate<'a>(keys: &'a Keys, params: &Params) -> Result<&'a Merchant, ApiError> {
    let method =
        params.get("method").ok_or_else(|| ApiError::missing("isv.missing-method", "缺少方法名参数"))?;
    if !METHODS.contains(&method.as_str()) {
        return Err(ApiError::invalid("isv.invalid-method", "不存在的方法名"));
    }
    let app_id =
        params.get("app_id").ok_or_else(|| ApiError::missing("isv.missing-app-id", "缺少AppID参数"))?;
    let merchant = keys
        .merchants
        .iter()
        .find(|merchant| merchant.alipay_app_id == app_id)
        .ok_or_else(|| ApiError::invalid("isv.invalid-app-id", "无效的AppID参数"))?;
    if !params.charset_known {
        return Err(ApiError::invalid("isv.invalid-charset", "无效的字符集参数"));
    }
    if params.get("version").is_none() {
        return Err(ApiError::missing("isv.missing-version", "缺少版本参数"));
    }
    let hash = match params.get("sign_type").as_deref() {
        Some("RSA2") => Hash::Sha256,
        Some("RSA") => Hash::Sha1,
        Some(_) => return Err(ApiError::invalid("isv.invalid-signature-type", "无效的签名类型")),
        None => return Err(ApiError::missing("isv.missing-signature-type", "缺少签名类型参数")),
    };
    let timestamp = params
        .get("timestamp")
        .ok_or_else(|| ApiError::missing("isv.missing-timestamp", "缺少时间戳参数"))?;
    if clock::parse_spaced(&timestamp).is_none() {
        return Err(ApiError::invalid("isv.invalid-timestamp", "非法的时间戳参数"));
    }
    if params.get("app_cert_sn").is_some_and(|sn| sn != merchant.alipay.alipay_sn) {
        return Err(ApiError::invalid("isv.invalid-app-cert-sn", "应用公钥证书SN不匹配"));
    }
    if params.get("alipay_root_cert_sn").is_some_and(|sn| sn != keys.alipay_root_sn) {
        return Err(ApiError::invalid("isv.invalid-alipay-root-cert-sn", "支付宝根证书SN不匹配"));
    }
    let sign =
        params.get("sign").ok_or_else(|| ApiError::missing("isv.missing-signature", "缺少签名参数"))?;
    // A space is what an unescaped plus became on its way through a form.
    if !merchant.alipay.key.verifies(hash, &params.signed_text(), &sign.replace(' ', "+")) {
        let text = String::from_utf8_lossy(&params.signed_text()).into_owned();
        let hint = format!(
            "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为：{text}"
        );
        return Err(ApiError::invalid("isv.invalid-signature", &hint));
    }
    Ok(merchant)
}

const METHODS: [&str; 14] = [
    pages::PAGES[0],
    pages::PAGES[1],
    pages::APP,
    "alipay.system.oauth.token",
    "alipay.open.app.alipaycert.download",
    "alipay.trade.precreate",
    "alipay.trade.pay",
    "alipay.trade.create",
    "alipay.trade.query",
    "alipay.trade.close",
    "alipay.trade.cancel",
    "alipay.trade.refund",
    "alipay.trade.fastpay.refund.query",
    "alipay.data.dataservice.bill.downloadurl.query",
];

/// Whom the application asks for.
fn seller<'a>(keys: &'a Keys, app: &'a Merchant, token: Option<&str>) -> Result<&'a Merchant, ApiError> {
    let Some(token) = token else { return Ok(app) };
    keys.merchants.iter().find(|other| other.alipay_auth_token == token).ok_or_else(ApiError::token)
}

/// What travels sealed with the application's AES key.
fn unsealed(app: &Merchant, content: &str) -> Result<String, ApiError> {
    let key = crypto::decode64(&app.alipay_encrypt_key).unwrap_or_default();
    let opened = aes::open_chain(&key, content).and_then(|opened| String::from_utf8(opened).ok());
    opened.ok_or_else(ApiError::sealed)
}

fn sealed(app: &Merchant, content: &[u8]) -> String {
    let key = crypto::decode64(&app.alipay_encrypt_key).unwrap_or_default();
    aes::seal_chain(&key, content).unwrap_or_default()
}

fn perform(world: &World, keys: &Keys, app: &Merchant, params: &Params) -> Outcome {
    let mut content = params.get("biz_content").unwrap_or_else(|| "{}".into());
    if params.is_encrypted() && params.get("biz_content").is_some() {
        content = unsealed(app, &content)?;
    }
    let merchant = seller(keys, app, params.get("app_auth_token").as_deref())?;
    let mut fields = Fields::read(&content)?;
    if params.get("sign_type").as_deref() == Some("RSA") {
        fields.body["_sign_type"] = json!("RSA"); // its callbacks are signed so too
    }
    let notify_url = params.get("notify_url").or_else(|| fields.raw("notify_url"));
    let state = &mut world.state();
    let (base_url, certificate) = (world.base_url.as_str(), &keys.alipay);
    let mut call = Call { state, app, merchant, fields, notify_url, base_url, certificate };
    let method = params.get("method").unwrap_or_default();
    if method == pages::APP || pages::PAGES.contains(&method.as_str()) {
        return pages::order(&mut call, &method, params.get("return_url").as_deref());
    }
    run(&mut call, &method)
}

fn run(call: &mut Call<'_>, method: &str) -> Outcome {
    match method {
        "alipay.trade.precreate" => trade::precreate(call),
        "alipay.trade.pay" => trade::pay(call),
        "alipay.trade.create" => trade::create(call),
        "alipay.trade.query" => trade::query(call),
        "alipay.trade.close" => trade::close(call),
        "alipay.trade.cancel" => trade::cancel(call),
        "alipay.trade.refund" => refund::create(call),
        "alipay.trade.fastpay.refund.query" => refund::query(call),
        "alipay.data.dataservice.bill.downloadurl.query" => bill::query(call),
        "alipay.open.app.alipaycert.download" => account::certificate(call),
        _ => Err(ApiError::invalid("isv.invalid-method", "不存在的方法名")),
    }
}

fn node(code: &str, msg: &str, fields: Value) -> Value {
    let mut node = json!({"code": code, "msg": msg});
    if let (Some(node), Value::Object(fields)) = (node.as_object_mut(), fields) {
        node.extend(fields);
    }
    node
}

/// `{"x_response":{…},"sign":"…"}`: the node first, compact, signed exactly as it stands, HTTP 200 always.
fn emit(keys: &Keys, params: &Params, node: &Value) -> Reply {
    let name = match params.get("method") {
        Some(method) if METHODS.contains(&method.as_str()) => {
            format!("{}_response", method.replace('.', "_"))
        }
        _ => "error_response".to_string(),
    };
    let mut node = params.encode(&quiet_braces(&node.to_string()));
    let app = keys.merchants.iter().find(|app| params.get("app_id").as_ref() == Some(&app.alipay_app_id));
    if let Some(app) = app.filter(|_| params.is_encrypted() && name != "error_response") {
        node = format!("\"{}\"", sealed(app, &node)).into_bytes();
    }
    let hash = if params.get("sign_type").as_deref() == Some("RSA") { Hash::Sha1 } else { Hash::Sha256 };
    let sign = keys.alipay.key.sign(hash, &node);
    let certificate = match params.get("app_cert_sn") {
        Some(_) => format!(",\"alipay_cert_sn\":\"{}\"", keys.alipay.alipay_sn),
        None => String::new(),
    };
    let head = format!("{{\"{name}\":");
    let tail = format!("{certificate},\"sign\":\"{sign}\"}}");
    let body = [head.as_bytes(), &node, tail.as_bytes()].concat();
    Reply::new(200, &format!("text/html;charset={}", params.charset_name()), body)
}

/// Braces inside strings become escapes, because some clients find the node's end by counting braces.
fn quiet_braces(json: &str) -> String {
    let (mut out, mut inside, mut escaped) = (String::with_capacity(json.len()), false, false);
    for c in json.chars() {
        match c {
            '"' if !escaped => inside = !inside,
            '{' if inside => {
                out.push_str("\\u007b");
                continue;
            }
            '}' if inside => {
                out.push_str("\\u007d");
                continue;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

/// Signs a callback: a form whose fields are never empty; `sign` and `sign_type` stay outside the signed text.
pub(crate) fn outgoing(world: &World, notice: &Notice, forged: bool) -> Outgoing {
    let keys = world.keys();
    let mut state = world.state();
    let mut fields: Vec<(String, String)> = notice
        .payload
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| value.as_str().map(|text| (name.clone(), text.to_string())))
        .collect();
    let skew_ms =
        state.fires(Channel::Alipay, "clock_skew").map_or(0, |fired| fired.delay_ms.unwrap_or(600_000));
    fields.push(("notify_id".into(), notice.event_id.clone()));
    fields.push(("notify_time".into(), clock::spaced(state.base_ms + skew_ms)));
    if forged {
        for (name, value) in &mut fields {
            if name == "total_amount" {
                *value = format!("1{value}");
            }
        }
    }
    fields.retain(|(_, value)| !value.is_empty());
    fields.sort();
    let text: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let key = if forged { &keys.stranger } else { &keys.alipay.key };
    let old = state.trade(notice.trade).is_some_and(|trade| trade.request["_sign_type"] == "RSA");
    let (hash, sign_type) = if old { (Hash::Sha1, "RSA") } else { (Hash::Sha256, "RSA2") };
    let sign = key.sign(hash, text.join("&").as_bytes());
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(&fields).append_pair("sign_type", sign_type).append_pair("sign", &sign);
    Outgoing {
        content_type: "application/x-www-form-urlencoded; charset=utf-8",
        headers: vec![("User-Agent", "Mozilla/4.0".to_string())],
        body: body.finish().into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_strings_are_escaped_and_mean_the_same() {
        let node = json!({"subject": "a } \" { b \\", "n": {"m": []}});
        let text = quiet_braces(&node.to_string());
        assert_eq!(text.matches('{').count(), 2, "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), node);
    }
}
