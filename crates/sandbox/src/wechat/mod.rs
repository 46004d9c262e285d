//! WeChat Pay: APIv3 (JSON, RSA signatures both ways) and the v2 XML calls of code payment.

mod auth;
mod bill;
mod certificates;
mod codepay;
mod errors;
mod fields;
mod order;
mod refund;
mod v2;
mod view;

use serde_json::Value;

use crate::crypto::{self, Hash};
use crate::http::{Reply, Request};
use crate::keys::{Keys, Merchant};
use crate::model::{Channel, Notice, NoticeKind};
use crate::notices::Outgoing;
use crate::state::State;
use crate::world::World;
use errors::ApiError;

pub(crate) use view::{payment_payload, refund_payload};

const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

/// What a call came to.
enum Answer {
    Json(u16, Value),
    /// 204, signed over an empty body.
    Done,
    /// Bytes as they are, unsigned (bill files).
    File(Reply),
    /// The work is done, or not, and nobody is told.
    Lost,
}

type Outcome = Result<Answer, ApiError>;

/// Everything a call works with.
struct Call<'a> {
    state: &'a mut State,
    keys: &'a Keys,
    merchant: &'a Merchant,
    request: &'a Request,
    base_url: &'a str,
    /// The call asked for an answer signed by the public key.
    public_key: bool,
}

/// Answers one request of the channel.
pub(crate) fn handle(world: &World, request: &Request) -> Reply {
    if v2::is_v2(&request.path) {
        return v2::handle(world, request);
    }
    let keys = world.keys();
    let merchant = match auth::verify(&keys, world.base_ms(), request) {
        Ok(merchant) => merchant,
        Err(error) => return with_request_id(&mut world.state(), error.reply()),
    };
    let mut state = world.state();
    if state.strict && (request.header("accept").is_none() || request.header("user-agent").is_none()) {
        let error = ApiError::new(400, "PARAM_ERROR", "Http头缺少Accept或User-Agent");
        return with_request_id(&mut state, error.reply());
    }
    let asked = request.header("wechatpay-serial").is_some_and(|serial| serial == keys.wechat_public_id);
    let answer_key = state.answer_key;
    let public_key = answer_key.is_public(&mut state, asked);
    let mut call =
        Call { state: &mut state, keys: &keys, merchant, request, base_url: &world.base_url, public_key };
    let reply = match route(&mut call) {
        Ok(Answer::Json(status, body)) => Reply::json(status, &body),
        Ok(Answer::Done) => Reply::empty(204),
        Ok(Answer::File(reply)) => return with_request_id(&mut state, reply),
        Ok(Answer::Lost) => return Reply::lost(),
        Err(error) => error.reply(),
    };
    let stamp = Stamp::draw(&mut state);
    let reply = with_request_id(&mut state, reply);
    drop(state);
    stamp
        .headers(&keys, public_key, &reply.body)
        .into_iter()
        .fold(reply, |reply, (name, value)| reply.with(name, value))
}

/// A fault's answer instead of the real one.
pub(crate) fn failure(world: &World, request: &Request, status: u16) -> Reply {
    if v2::is_v2(&request.path) {
        return v2::failure(world, request, status);
    }
    let error = match status {
        429 => ApiError::new(429, "FREQUENCY_LIMITED", "频率超限"),
        _ => ApiError::new(500, "SYSTEM_ERROR", "系统异常，请用相同参数重新调用"),
    };
    with_request_id(&mut world.state(), error.reply())
}

/// A refusal that a test asked for, with the status the documents give that error.
pub(crate) fn refusal(world: &World, request: &Request, code: &str) -> Reply {
    if v2::is_v2(&request.path) {
        return v2::refusal(world, request, code);
    }
    let status = match code {
        "SIGN_ERROR" => 401,
        "NO_AUTH" | "OUT_TRADE_NO_USED" | "RULE_LIMIT" | "TRADE_ERROR" | "ACCOUNT_ERROR" | "NOT_ENOUGH" => {
            403
        }
        "ORDER_NOT_EXIST" | "RESOURCE_NOT_EXISTS" => 404,
        "FREQUENCY_LIMITED" | "RATELIMIT_EXCEEDED" => 429,
        "SYSTEM_ERROR" | "BANK_ERROR" | "OPENID_MISMATCH" | "INVALID_TRANSACTIONID" => 500,
        _ => 400,
    };
    let body = serde_json::json!({"code": code, "message": "沙箱按要求返回此错误"});
    with_request_id(&mut world.state(), Reply::json(status, &body))
}

fn route(call: &mut Call<'_>) -> Outcome {
    let pieces = call.request.pieces();
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    match (call.request.method.as_str(), pieces.as_slice()) {
        ("POST", ["v3", "pay", "transactions", kind @ ("native" | "jsapi" | "app" | "h5")]) => {
            order::create(call, kind, false)
        }
        ("POST", ["v3", "pay", "partner", "transactions", kind @ ("native" | "jsapi" | "app" | "h5")]) => {
            order::create(call, kind, true)
        }
        ("POST", ["v3", "pay", "transactions", "codepay"]) => codepay::pay(call, false),
        ("POST", ["v3", "pay", "partner", "transactions", "codepay"]) => codepay::pay(call, true),
        ("GET", ["v3", "pay", rest @ ..]) => {
            let (partner, rest) = partner_path(rest);
            match rest {
                ["out-trade-no", number] => order::query(call, partner, order::Number::OutTradeNo(number)),
                ["id", number] => order::query(call, partner, order::Number::TransactionId(number)),
                _ => Err(ApiError::no_such_api()),
            }
        }
        ("POST", ["v3", "pay", rest @ ..]) => {
            let (partner, rest) = partner_path(rest);
            match rest {
                ["out-trade-no", number, "close"] => order::close(call, partner, number),
                ["out-trade-no", number, "reverse"] => codepay::reverse(call, partner, number),
                _ => Err(ApiError::no_such_api()),
            }
        }
        ("POST", ["v3", "refund", "domestic", "refunds"]) => refund::create(call),
        ("GET", ["v3", "refund", "domestic", "refunds", number]) => refund::query(call, number),
        ("POST", ["v3", "refund", "domestic", "refunds", number, "apply-abnormal-refund"]) => {
            refund::repair(call, number)
        }
        ("GET", ["v3", "bill", "tradebill"]) => bill::trade_bill(call),
        ("GET", ["v3", "bill", "fundflowbill"]) => bill::fund_flow_bill(call),
        ("GET", ["v3", "billdownload", "file"]) => bill::download(call),
        ("GET", ["v3", "certificates"]) => certificates::list(call),
        _ => Err(ApiError::no_such_api()),
    }
}

/// `[partner/]transactions/…` → whether an integrator calls, and what follows.
fn partner_path<'a, 'b>(rest: &'a [&'b str]) -> (bool, &'a [&'b str]) {
    match rest {
        ["partner", "transactions", rest @ ..] => (true, rest),
        ["transactions", rest @ ..] => (false, rest),
        _ => (false, &[]),
    }
}

fn with_request_id(state: &mut State, reply: Reply) -> Reply {
    let id = format!("08{}", state.random.hex(30).to_uppercase());
    reply.with("request-id", id)
}

/// What goes into a signature beside the body.
struct Stamp {
    timestamp: String,
    nonce: String,
    signtest: bool,
}

impl Stamp {
    fn draw(state: &mut State) -> Self {
        let skew_ms =
            state.fires(Channel::Wechat, "clock_skew").map_or(0, |fired| fired.delay_ms.unwrap_or(600_000));
        Stamp {
            timestamp: ((state.base_ms + skew_ms) / 1000).to_string(),
            nonce: state.random.letters(32),
            signtest: state.fires(Channel::Wechat, "signtest").is_some(),
        }
    }

    fn message(&self, body: &[u8]) -> Vec<u8> {
        [self.timestamp.as_bytes(), b"\n", self.nonce.as_bytes(), b"\n", body, b"\n"].concat()
    }

    /// The five headers, as the live channel puts them on every 2xx, also an empty one.
    fn headers(&self, keys: &Keys, public_key: bool, body: &[u8]) -> Vec<(&'static str, String)> {
        let certified = keys.wechat_platform.last().expect("a platform certificate always exists");
        let (key, serial) = if public_key {
            (&keys.wechat_public, keys.wechat_public_id.clone())
        } else {
            (&certified.key, certified.serial.clone())
        };
        let signature = match self.signtest {
            true => format!("WECHATPAY/SIGNTEST/{}", crypto::encode64(&[0x5a; 192])),
            false => key.sign(Hash::Sha256, &self.message(body)),
        };
        vec![
            ("Wechatpay-Timestamp", self.timestamp.clone()),
            ("Wechatpay-Nonce", self.nonce.clone()),
            ("Wechatpay-Signature", signature),
            ("Wechatpay-Serial", serial),
            ("Wechatpay-Signature-Type", SCHEME.to_string()),
        ]
    }
}

/// Seals and signs a callback anew. A forged one carries a stranger's signature and another amount.
pub(crate) fn outgoing(world: &World, notice: &Notice, forged: bool) -> Outgoing {
    let keys = world.keys();
    let mut state = world.state();
    let account =
        state.trade(notice.trade).map(|trade| trade.partner.unwrap_or(trade.account)).unwrap_or_default();
    let merchant = keys.merchants.iter().find(|m| m.wechat_mchid == account).unwrap_or(&keys.merchants[0]);
    let older = match notice.kind {
        NoticeKind::Payment => state
            .trade(notice.trade)
            .filter(v2::is_of_v2)
            .map(|trade| v2::callback(&mut state, merchant, &trade, forged)),
        NoticeKind::Refund => v2::refund_callback(&mut state, merchant, &notice.payload, forged),
    };
    if let Some(body) = older {
        return Outgoing { content_type: "text/xml; charset=utf-8", headers: Vec::new(), body };
    }
    let mut payload = notice.payload.clone();
    if forged && let Some(total) = payload["amount"]["total"].as_i64() {
        payload["amount"]["total"] = (total + 1).into();
    }
    let (event_type, original_type, summary) = match notice.kind {
        NoticeKind::Payment => ("TRANSACTION.SUCCESS".to_string(), "transaction", "支付成功"),
        NoticeKind::Refund => {
            let status = payload["refund_status"].as_str().unwrap_or("SUCCESS").to_string();
            let summary = match status.as_str() {
                "SUCCESS" => "退款成功",
                "CLOSED" => "退款关闭",
                _ => "退款异常",
            };
            (format!("REFUND.{status}"), "refund", summary)
        }
    };
    let nonce = state.random.letters(12);
    let body = serde_json::json!({
        "id": notice.event_id,
        "create_time": crate::clock::rfc3339(notice.created_ms),
        "event_type": event_type,
        "resource_type": "encrypt-resource",
        "summary": summary,
        "resource": {
            "original_type": original_type,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": crypto::seal(&merchant.apiv3_key, &nonce, original_type, payload.to_string().as_bytes()),
            "associated_data": original_type,
            "nonce": nonce,
        },
    })
    .to_string()
    .into_bytes();
    let callback_key = state.callback_key;
    let public_key = callback_key.is_public(&mut state, notice.public_key);
    let mut stamp = Stamp::draw(&mut state);
    stamp.signtest = notice.signtest && notice.deliveries.iter().all(|delivery| delivery.forged);
    drop(state);
    let mut headers = stamp.headers(&keys, public_key, &body);
    if forged {
        headers[2].1 = keys.stranger.sign(Hash::Sha256, &stamp.message(&body));
    }
    headers.push(("Request-ID", notice.event_id.to_uppercase()));
    headers.push(("User-Agent", "Mozilla/4.0".to_string()));
    Outgoing { content_type: "application/json", headers, body }
}
