//! The v3 REST protocol: the same methods as paths, flat JSON, real HTTP status codes, its own signature both ways.

use serde_json::{Value, json};

use super::errors::ApiError;
use super::fields::Fields;
use super::{Answer, Call, METHODS, account, run};
use crate::crypto::Hash;
use crate::http::{Reply, Request};
use crate::keys::{Keys, Merchant};
use crate::world::World;

const SCHEME: &str = "ALIPAY-SHA256withRSA";
/// How far a caller's clock may be off, in milliseconds.
const CLOCK_MS: i64 = 600_000;

/// Whether the path is one of v3.
pub(crate) fn is_v3(path: &str) -> bool {
    path.starts_with("/v3/alipay/")
}

/// An error with its HTTP status.
struct Refused(u16, String, String);

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        let status = match error.code {
            "20000" => 500,
            "40005" => 429,
            "20001" => 401,
            _ => 400,
        };
        Refused(status, error.sub_code, error.sub_msg)
    }
}

/// Answers one v3 request.
pub(crate) fn handle(world: &World, request: &Request) -> Reply {
    let keys = world.keys();
    let app = match authenticate(&keys, world.base_ms(), request) {
        Ok(app) => app,
        Err(refused) => return refuse(world, &keys, request, &refused),
    };
    let outcome = perform(world, &keys, app, request);
    match outcome {
        Ok(Answer::Done(fields)) if is_encrypted(request) => {
            let text = super::sealed(app, fields.to_string().as_bytes());
            sign(world, &keys, request, Reply::new(200, "text/plain;charset=utf-8", text))
        }
        Ok(Answer::Done(fields)) => sign(world, &keys, request, Reply::json(200, &fields)),
        // What the gateway calls 10003 comes as HTTP 400 here (seen by users, not documented).
        Ok(Answer::Waiting(_)) => {
            let waiting =
                Refused(400, "ORDER_SUCCESS_PAY_INPROCESS".into(), "order success pay inprocess".into());
            refuse(world, &keys, request, &waiting)
        }
        Ok(Answer::Lost) => Reply::lost(),
        Err(refused) => refuse(world, &keys, request, &refused),
    }
}

/// A fault's answer instead of the real one.
pub(crate) fn failure(world: &World, request: &Request, status: u16) -> Reply {
    let error = if status == 429 { ApiError::limited() } else { ApiError::unavailable() };
    refuse(world, &world.keys(), request, &error.into())
}

/// A refusal that a test asked for.
pub(crate) fn refusal(world: &World, request: &Request, error: ApiError) -> Reply {
    refuse(world, &world.keys(), request, &error.into())
}

/// Who calls: `app_id=…,nonce=…,timestamp=…,sign=…` over method, path, body and an optional token.
fn authenticate<'a>(keys: &'a Keys, base_ms: i64, request: &Request) -> Result<&'a Merchant, Refused> {
    let fail = |code: &str, text: &str| Refused(401, code.into(), text.into());
    let header = request.header("authorization").unwrap_or_default();
    let text =
        header.strip_prefix(SCHEME).ok_or_else(|| fail("missing-authorization", "缺少Authorization"))?.trim();
    let (signed, signature) =
        text.split_once(",sign=").ok_or_else(|| fail("missing-signature", "缺少签名参数"))?;
    let pairs: Vec<(&str, &str)> = signed.split(',').filter_map(|pair| pair.split_once('=')).collect();
    let pair = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let merchant = keys
        .merchants
        .iter()
        .find(|merchant| pair("app_id") == Some(&merchant.alipay_app_id))
        .ok_or_else(|| fail("invalid-app-id", "无效的AppID参数"))?;
    if pair("app_cert_sn").is_some_and(|sn| sn != merchant.alipay.alipay_sn) {
        return Err(fail("invalid-app-cert-sn", "应用公钥证书SN不匹配"));
    }
    let sent_ms = pair("timestamp").and_then(|ms| ms.parse::<i64>().ok());
    if sent_ms.is_none_or(|ms| (ms - base_ms).abs() > CLOCK_MS) || pair("nonce").is_none() {
        return Err(fail("invalid-timestamp", "非法的时间戳参数"));
    }
    let mut message = format!("{signed}\n{}\n{}\n", request.method, request.target()).into_bytes();
    message.extend_from_slice(&request.body);
    message.push(b'\n');
    if let Some(token) = request.header("alipay-app-auth-token").filter(|token| !token.is_empty()) {
        message.extend_from_slice(format!("{token}\n").as_bytes());
    }
    if merchant.alipay.key.verifies(Hash::Sha256, &message, signature) {
        return Ok(merchant);
    }
    let shown = String::from_utf8_lossy(&message).into_owned();
    Err(fail("invalid-signature", &format!("验签出错，网关生成的验签字符串为：{shown}")))
}

/// Whether the bodies travel sealed.
fn is_encrypted(request: &Request) -> bool {
    request.header("alipay-encrypt-type").is_some_and(|kind| kind.eq_ignore_ascii_case("AES"))
}

fn perform(world: &World, keys: &Keys, app: &Merchant, request: &Request) -> Result<Answer, Refused> {
    let method = request.pieces()[1..].join(".");
    let verb = request.header("x-http-method-override").unwrap_or(&request.method);
    if !METHODS.contains(&method.as_str()) || !matches!(verb, "GET" | "POST") {
        return Err(Refused(404, "method-not-found".into(), "不存在的方法".into()));
    }
    let content = if request.body.is_empty() {
        let query = request.query.as_deref().unwrap_or_default();
        let fields: serde_json::Map<String, Value> = form_urlencoded::parse(query.as_bytes())
            .map(|(name, value)| (name.into_owned(), json!(value)))
            .collect();
        Value::Object(fields).to_string()
    } else if is_encrypted(request) {
        super::unsealed(app, &String::from_utf8_lossy(&request.body))?
    } else {
        String::from_utf8_lossy(&request.body).into_owned()
    };
    let fields = Fields::read(&content)?;
    if method == "alipay.system.oauth.token" {
        return Ok(Answer::Done(account::oauth_token(world, app, |name| fields.raw(name))?));
    }
    let token = request.header("alipay-app-auth-token").filter(|token| !token.is_empty());
    let merchant = super::seller(keys, app, token)?;
    let notify_url = fields.raw("notify_url");
    let mut state = world.state();
    let (base_url, certificate) = (world.base_url.as_str(), &keys.alipay);
    let mut call = Call { state: &mut state, app, merchant, fields, notify_url, base_url, certificate };
    Ok(run(&mut call, &method)?)
}

fn refuse(world: &World, keys: &Keys, request: &Request, refused: &Refused) -> Reply {
    let link = json!([{"link": "https://opendocs.alipay.com/open-v3", "desc": "解决方案"}]);
    let body = json!({"code": refused.1, "message": refused.2, "links": link});
    sign(world, keys, request, Reply::json(refused.0, &body))
}

fn sign(world: &World, keys: &Keys, request: &Request, mut reply: Reply) -> Reply {
    let (nonce, trace, timestamp) = {
        let mut state = world.state();
        (state.random.hex(32), state.random.hex(32), state.base_ms)
    };
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    let signature = keys.alipay.key.sign(Hash::Sha256, format!("{timestamp}\n{nonce}\n{text}\n").as_bytes());
    if request.header("authorization").is_some_and(|header| header.contains("app_cert_sn=")) {
        reply = reply.with("alipay-sn", keys.alipay.alipay_sn.clone());
    }
    reply
        .with("alipay-timestamp", timestamp.to_string())
        .with("alipay-nonce", nonce)
        .with("alipay-signature", signature)
        .with("alipay-trace-id", trace)
}
