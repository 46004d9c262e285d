//! The v2 calls in XML: micropay, orderquery, reverse, refund, refundquery; unifiedorder and closeorder; bills; callbacks.
//!
//! Two layers answer: `return_code` (the message itself, unsigned when it fails) and `result_code` (the business, signed).

mod bill;
mod calls;
mod order;
mod xml;

use std::sync::MutexGuard;

use crate::http::{Reply, Request};
use crate::keys::Merchant;
use crate::state::State;
use crate::world::World;
use xml::{Digest, Fields};

pub(crate) use calls::refund_payload;
pub(crate) use order::{callback, is_of_v2, refund_callback};

/// Why a call failed: `err_code` and its description.
pub(crate) struct Failure {
    code: &'static str,
    text: String,
}

impl Failure {
    fn new(code: &'static str, text: impl Into<String>) -> Self {
        Failure { code, text: text.into() }
    }
}

/// Everything a call works with.
struct Call<'a> {
    state: &'a mut State,
    merchant: &'a Merchant,
    fields: Fields,
    /// How the request is signed, and so what follows from it.
    digest: Digest,
    base_url: &'a str,
}

/// What a call came to: answered fields, no answer, or a failure with the fields it still tells.
enum Answer {
    Fields(Fields),
    /// Fields as they are, without a signature.
    Unsigned(Fields),
    /// Bytes as they are (bills).
    File(Reply),
    Lost,
}

type Outcome = Result<Answer, Failure>;

/// Whether the path is one of v2.
pub(crate) fn is_v2(path: &str) -> bool {
    path.starts_with("/pay/")
        || path.starts_with("/secapi/")
        || path.starts_with("/tools/")
        || path.starts_with(TRIAL)
}

/// Where the channel's own trial system answers; its calls are the same.
const TRIAL: &str = "/sandboxnew/";

/// Answers one v2 request.
pub(crate) fn handle(world: &World, request: &Request) -> Reply {
    if request.method != "POST" {
        return refuse("REQUIRE_POST_METHOD");
    }
    let Some(fields) = std::str::from_utf8(&request.body).ok().and_then(xml::parse) else {
        return refuse("XML格式错误");
    };
    let keys = world.keys();
    let mch_id = fields.get("mch_id").cloned().unwrap_or_default();
    let Some(merchant) = keys.merchants.iter().find(|merchant| merchant.wechat_mchid == mch_id) else {
        return refuse("商户号mch_id或sub_mch_id不存在");
    };
    let Some(digest) = xml::verify(&fields, &merchant.apiv2_key) else { return refuse("签名错误") };
    let path = request.path.strip_prefix("/sandboxnew").unwrap_or(&request.path);
    if path == "/pay/getsignkey" {
        return sign_key(merchant);
    }
    if fields.get("appid") != Some(&merchant.wechat_appid) {
        return refuse("appid和mch_id不匹配");
    }
    let mut state = world.state();
    let mut call = Call { state: &mut state, merchant, fields, digest, base_url: &world.base_url };
    let outcome = match path {
        "/pay/micropay" => calls::micropay(&mut call),
        "/pay/orderquery" => calls::order_query(&mut call),
        "/secapi/pay/reverse" => calls::reverse(&mut call),
        "/secapi/pay/refund" => calls::refund(&mut call),
        "/pay/refundquery" => calls::refund_query(&mut call),
        "/pay/unifiedorder" => order::unified(&mut call),
        "/pay/closeorder" => order::close(&mut call),
        "/tools/authcodetoopenid" => calls::whose_code(&mut call),
        "/pay/downloadbill" => bill::trades(&mut call),
        "/pay/downloadfundflow" => bill::funds(&mut call),
        _ => return refuse("接口不存在"),
    };
    match outcome {
        Ok(Answer::Lost) => Reply::lost(),
        Ok(Answer::File(file)) => file,
        Ok(Answer::Unsigned(fields)) => Reply::new(200, "text/xml; charset=utf-8", xml::write(&fields)),
        Ok(Answer::Fields(fields)) => answer(&mut state, merchant, digest, fields),
        Err(failure) => answer(&mut state, merchant, digest, failure_fields(&failure)),
    }
}

/// A fault's answer instead of the real one: the business layer says it does not know.
pub(crate) fn failure(world: &World, request: &Request, status: u16) -> Reply {
    let failure = match status {
        429 => Failure::new("FREQUENCY_LIMITED", "频率超限"),
        _ => Failure::new("SYSTEMERROR", "系统超时"),
    };
    signed_failure(world, request, failure_fields(&failure))
}

/// A refusal that a test asked for.
pub(crate) fn refusal(world: &World, request: &Request, code: &str) -> Reply {
    let pairs = [("result_code", "FAIL"), ("err_code", code), ("err_code_des", "沙箱按要求返回此错误")];
    let fields = pairs.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    signed_failure(world, request, fields)
}

fn signed_failure(world: &World, request: &Request, failure: Fields) -> Reply {
    let keys = world.keys();
    let fields = std::str::from_utf8(&request.body).ok().and_then(xml::parse).unwrap_or_default();
    let merchant =
        keys.merchants.iter().find(|merchant| fields.get("mch_id") == Some(&merchant.wechat_mchid));
    let merchant = merchant.unwrap_or(&keys.merchants[0]);
    let digest = xml::verify(&fields, &merchant.apiv2_key).unwrap_or(Digest::Md5);
    let mut state: MutexGuard<'_, State> = world.state();
    answer(&mut state, merchant, digest, failure)
}

fn failure_fields(failure: &Failure) -> Fields {
    let pairs =
        [("result_code", "FAIL"), ("err_code", failure.code), ("err_code_des", failure.text.as_str())];
    pairs.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// The key of the trial system, which is the merchant's own here.
fn sign_key(merchant: &Merchant) -> Reply {
    let pairs = [
        ("return_code", "SUCCESS"),
        ("return_msg", "ok"),
        ("mch_id", &merchant.wechat_mchid),
        ("sandbox_signkey", &merchant.apiv2_key),
    ];
    let fields: Fields = pairs.into_iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
    Reply::new(200, "text/xml; charset=utf-8", xml::write(&fields))
}

/// The message itself is refused, unsigned.
fn refuse(reason: &str) -> Reply {
    let fields: Fields = [("return_code", "FAIL"), ("return_msg", reason)]
        .into_iter()
        .map(|(n, v)| (n.to_string(), v.to_string()))
        .collect();
    Reply::new(200, "text/xml; charset=utf-8", xml::write(&fields))
}

fn answer(state: &mut State, merchant: &Merchant, digest: Digest, mut fields: Fields) -> Reply {
    let more = [
        ("return_code", "SUCCESS".to_string()),
        ("return_msg", "OK".to_string()),
        ("appid", merchant.wechat_appid.clone()),
        ("mch_id", merchant.wechat_mchid.clone()),
        ("nonce_str", state.random.letters(32)),
    ];
    fields.extend(more.into_iter().map(|(name, value)| (name.to_string(), value)));
    fields.entry("result_code".into()).or_insert_with(|| "SUCCESS".into());
    fields.retain(|_, value| !value.is_empty());
    let sign = xml::sign(&fields, &merchant.apiv2_key, digest);
    fields.insert("sign".into(), sign);
    Reply::new(200, "text/xml; charset=utf-8", xml::write(&fields))
}
