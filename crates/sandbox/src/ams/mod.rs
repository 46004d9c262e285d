//! Alipay+ (AMS): in-store payment across borders, by the payer's code or by an order code. All scalars are strings.

mod calls;
mod view;

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::clock;
use crate::crypto::{self, Hash};
use crate::http::{Reply, Request};
use crate::keys::{Keys, Merchant};
use crate::model::Notice;
use crate::notices::Outgoing;
use crate::state::State;
use crate::world::World;

pub(crate) use view::{payment_payload, refund_payload};

/// `S`, `F` or `U` with its code: how every call ends.
pub(crate) struct Ending {
    status: &'static str,
    code: Cow<'static, str>,
    message: String,
}

impl Ending {
    fn success() -> Self {
        Ending { status: "S", code: "SUCCESS".into(), message: "success".into() }
    }

    fn fail(code: &'static str, message: impl Into<String>) -> Self {
        Ending { status: "F", code: code.into(), message: message.into() }
    }

    /// Nobody knows yet: inquire.
    fn unknown(code: &'static str, message: &str) -> Self {
        Ending { status: "U", code: code.into(), message: message.into() }
    }

    fn json(&self) -> Value {
        json!({"resultCode": self.code, "resultStatus": self.status, "resultMessage": self.message})
    }
}

/// Everything a call works with.
struct Call<'a> {
    state: &'a mut State,
    merchant: &'a Merchant,
    body: Value,
}

/// What a call came to: its ending and the fields beside it, or no answer.
enum Answer {
    Told(Ending, Value),
    Lost,
}

type Outcome = Result<Answer, Ending>;

const PREFIXES: [&str; 2] = ["/ams/api/v1/payments/", "/ams/sandbox/api/v1/payments/"];

/// Answers one request of the channel.
pub(crate) fn handle(world: &World, request: &Request) -> Reply {
    let keys = world.keys();
    let Some(merchant) = merchant_of(&keys, request) else {
        return sign(
            &keys,
            request,
            "",
            world.base_ms(),
            &Ending::fail("INVALID_CLIENT", "The client is invalid."),
            json!({}),
        );
    };
    let outcome = perform(world, merchant, request);
    let client = &merchant.ams_client_id;
    match outcome {
        Ok(Answer::Told(ending, fields)) => sign(&keys, request, client, world.base_ms(), &ending, fields),
        Ok(Answer::Lost) => Reply::lost(),
        Err(ending) => sign(&keys, request, client, world.base_ms(), &ending, json!({})),
    }
}

/// A fault's answer instead of the real one.
pub(crate) fn failure(world: &World, request: &Request, status: u16) -> Reply {
    let ending = match status {
        429 => Ending::unknown("REQUEST_TRAFFIC_EXCEED_LIMIT", "The request traffic exceeds the limit."),
        _ => Ending::unknown(
            "UNKNOWN_EXCEPTION",
            "An API call has failed, which is caused by unknown reasons.",
        ),
    };
    let client = request.header("client-id").unwrap_or_default();
    sign(&world.keys(), request, client, world.base_ms(), &ending, json!({}))
}

/// A refusal that a test asked for; what is never final ends with U.
pub(crate) fn refusal(world: &World, request: &Request, code: &str) -> Reply {
    let open =
        ["PAYMENT_IN_PROCESS", "REFUND_IN_PROCESS", "UNKNOWN_EXCEPTION", "REQUEST_TRAFFIC_EXCEED_LIMIT"];
    let status = if open.contains(&code) { "U" } else { "F" };
    let ending = Ending { status, code: code.to_string().into(), message: "As the test asked.".into() };
    let client = request.header("client-id").unwrap_or_default();
    sign(&world.keys(), request, client, world.base_ms(), &ending, json!({}))
}

fn merchant_of<'a>(keys: &'a Keys, request: &Request) -> Option<&'a Merchant> {
    let client = request.header("client-id")?;
    keys.merchants.iter().find(|merchant| merchant.ams_client_id == client)
}

fn perform(world: &World, merchant: &Merchant, request: &Request) -> Outcome {
    let name = PREFIXES.iter().find_map(|prefix| request.path.strip_prefix(prefix)).unwrap_or_default();
    if request.method != "POST" {
        return Err(Ending::fail(
            "METHOD_NOT_SUPPORTED",
            "The server does not implement the requested HTTP method.",
        ));
    }
    verify(merchant, request)?;
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|e| Ending::fail("PARAM_ILLEGAL", format!("The body is not JSON: {e}.")))?;
    let mut state = world.state();
    let mut call = Call { state: &mut state, merchant, body };
    match name {
        "pay" => calls::pay(&mut call),
        "inquiryPayment" => calls::inquire(&mut call),
        "cancel" => calls::cancel(&mut call),
        "refund" => calls::refund(&mut call),
        "inquiryRefund" => calls::inquire_refund(&mut call),
        _ => Err(Ending::fail("NO_INTERFACE_DEF", "The API is not defined.")),
    }
}

/// The text that both sides sign: `POST path\nclient-id.time.body`.
fn signed_text(path: &str, client: &str, time: &str, body: &[u8]) -> Vec<u8> {
    [format!("POST {path}\n{client}.{time}.").as_bytes(), body].concat()
}

fn verify(merchant: &Merchant, request: &Request) -> Result<(), Ending> {
    let fail = || Ending::fail("INVALID_SIGNATURE", "The signature is invalid.");
    let header = request.header("signature").ok_or_else(fail)?;
    let encoded =
        header.split(',').find_map(|part| part.trim().strip_prefix("signature=")).ok_or_else(fail)?;
    let signature = percent_encoding::percent_decode_str(encoded).decode_utf8_lossy().replace(' ', "+");
    let time = request.header("request-time").ok_or_else(fail)?;
    let text = signed_text(&request.target(), &merchant.ams_client_id, time, &request.body);
    merchant.ams.verifies(Hash::Sha256, &text, &signature).then_some(()).ok_or_else(fail)
}

fn signature_header(key: &crypto::RsaKey, text: &[u8]) -> String {
    let signature: String =
        form_urlencoded::byte_serialize(key.sign(Hash::Sha256, text).as_bytes()).collect();
    format!("algorithm=RSA256,keyVersion=1,signature={signature}")
}

fn sign(keys: &Keys, request: &Request, client: &str, base_ms: i64, ending: &Ending, fields: Value) -> Reply {
    let mut body = fields;
    body["result"] = ending.json();
    let reply = Reply::json(200, &body);
    let time = clock::rfc3339(base_ms);
    let signature = signature_header(&keys.ams, &signed_text(&request.target(), client, &time, &reply.body));
    reply.with("client-id", client).with("response-time", time).with("signature", signature)
}

/// Signs a callback with the path it goes to. A forged one carries a stranger's signature and another amount.
pub(crate) fn outgoing(world: &World, notice: &Notice, forged: bool) -> Outgoing {
    let keys = world.keys();
    let client = world.state().trade(notice.trade).map(|trade| trade.account).unwrap_or_default();
    let mut payload = notice.payload.clone();
    if forged && let Some(amount) = payload["paymentAmount"]["value"].as_str() {
        payload["paymentAmount"]["value"] = json!(format!("1{amount}"));
    }
    let body = payload.to_string().into_bytes();
    let time = clock::rfc3339(world.base_ms());
    let path = reqwest::Url::parse(&notice.url).map(|url| url.path().to_string()).unwrap_or_default();
    let key = if forged { &keys.stranger } else { &keys.ams };
    let signature = signature_header(key, &signed_text(&path, &client, &time, &body));
    let headers = vec![("client-id", client), ("request-time", time), ("signature", signature)];
    Outgoing { content_type: "application/json; charset=UTF-8", headers, body }
}
