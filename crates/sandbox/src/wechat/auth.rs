//! Who calls: the `Authorization` header, its five pairs in any order, and the signature over the request as it was sent.

use std::collections::HashMap;

use super::SCHEME;
use super::errors::ApiError;
use crate::crypto::Hash;
use crate::http::Request;
use crate::keys::{Keys, Merchant};

/// How far a caller's clock may be off, in milliseconds.
const CLOCK_MS: i64 = 300_000;

/// The merchant that signed the request.
pub(crate) fn verify<'a>(keys: &'a Keys, base_ms: i64, request: &Request) -> Result<&'a Merchant, ApiError> {
    let fail = |issue: &str| ApiError::sign(issue, &request.method, &request.target(), "");
    let header = request.header("authorization").ok_or_else(|| fail("Http头缺少签名信息：Authorization"))?;
    let pairs = header
        .trim()
        .strip_prefix(SCHEME)
        .map(parse_pairs)
        .ok_or_else(|| fail("Http头Authorization值格式错误：认证类型应为WECHATPAY2-SHA256-RSA2048"))?;
    let need = |name: &str| {
        pairs.get(name).cloned().ok_or_else(|| fail(&format!("Http头Authorization值缺少{name}")))
    };
    let (mchid, serial, nonce) = (need("mchid")?, need("serial_no")?, need("nonce_str")?);
    let (timestamp, signature) = (need("timestamp")?, need("signature")?);
    let merchant = keys
        .merchants
        .iter()
        .find(|merchant| merchant.wechat_mchid == mchid)
        .ok_or_else(|| ApiError::new(401, "SIGN_ERROR", "商户号不存在"))?;
    if !serial.eq_ignore_ascii_case(&merchant.wechat.serial) {
        return Err(ApiError::new(401, "SIGN_ERROR", "商户证书序列号有误，请使用签名私钥匹配的证书序列号"));
    }
    let sent_ms =
        timestamp.parse::<i64>().map_err(|_| fail("timestamp should be seconds"))?.saturating_mul(1000);
    if (base_ms - sent_ms).abs() > CLOCK_MS {
        return Err(ApiError::new(
            401,
            "SIGN_ERROR",
            "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟",
        ));
    }
    if nonce.is_empty() || nonce.len() > 32 {
        return Err(fail("nonce_str should have 1 to 32 characters"));
    }
    let mut message =
        format!("{}\n{}\n{timestamp}\n{nonce}\n", request.method, request.target()).into_bytes();
    message.extend_from_slice(&request.body);
    message.push(b'\n');
    if !merchant.wechat.key.verifies(Hash::Sha256, &message, &signature) {
        let shown = String::from_utf8_lossy(&message);
        return Err(ApiError::sign("sign not match", &request.method, &request.target(), &shown));
    }
    Ok(merchant)
}

/// `a="1",b="2"` in any order, with or without spaces.
fn parse_pairs(text: &str) -> HashMap<String, String> {
    text.split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim().to_string(), value.trim().trim_matches('"').to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_in_any_order() {
        let pairs =
            parse_pairs(r#" timestamp="1", signature="ab+/c==",mchid="19" , nonce_str="n",serial_no="F""#);
        let expected = [
            ("timestamp", "1"),
            ("signature", "ab+/c=="),
            ("mchid", "19"),
            ("nonce_str", "n"),
            ("serial_no", "F"),
        ];
        for (name, value) in expected {
            assert_eq!(pairs.get(name).map(String::as_str), Some(value), "{name}");
        }
    }
}
