//! `GET /v3/certificates`: the platform certificates, sealed with the merchant's key. During a rotation both are listed.

use serde_json::json;

use super::errors::ApiError;
use super::{Answer, Call, Outcome};
use crate::clock::rfc3339;
use crate::crypto;

pub(crate) fn list(call: &mut Call<'_>) -> Outcome {
    let asked = call.request.asked("algorithm_type").unwrap_or_else(|| "RSA".into());
    match asked.as_str() {
        "RSA" | "ALL" => {}
        "SM2" => return Ok(Answer::Json(200, json!({"data": []}))), // a merchant of RSA has none
        _ => return Err(ApiError::asked("algorithm_type", &asked.into(), "should be RSA, SM2 or ALL")),
    }
    let newest = call.keys.wechat_platform.len().saturating_sub(2);
    let data: Vec<_> = call.keys.wechat_platform[newest..]
        .iter()
        .map(|certified| {
            let nonce = call.state.random.letters(12);
            json!({
                "serial_no": certified.serial,
                "effective_time": rfc3339(certified.not_before_ms),
                "expire_time": rfc3339(certified.not_after_ms),
                "encrypt_certificate": {
                    "algorithm": "AEAD_AES_256_GCM",
                    "nonce": nonce,
                    "associated_data": "certificate",
                    "ciphertext": crypto::seal(&call.merchant.apiv3_key, &nonce, "certificate", certified.certificate_pem.as_bytes()),
                },
            })
        })
        .collect();
    Ok(Answer::Json(200, json!({"data": data})))
}
