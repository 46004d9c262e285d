//! What is not about money: who opened a page, and Alipay's certificate by its number.

use serde_json::{Value, json};

use super::errors::ApiError;
use super::{Answer, Call, Outcome};
use crate::crypto;
use crate::keys::Merchant;
use crate::model::Channel;
use crate::oauth;
use crate::world::World;

/// `alipay.system.oauth.token`: its fields are parameters of their own, and its success has no code.
pub(crate) fn oauth_token(
    world: &World,
    merchant: &Merchant,
    field: impl Fn(&str) -> Option<String>,
) -> Result<Value, ApiError> {
    let mut state = world.state();
    let code = field("code").unwrap_or_default();
    let user_id = match field("grant_type").as_deref() {
        Some("authorization_code") => {
            oauth::exchange(&mut state, Channel::Alipay, &merchant.alipay_app_id, &code)
        }
        _ => None,
    };
    match user_id {
        None => Err(ApiError::invalid("isv.code-invalid", "授权码code无效")),
        Some(user_id) => Ok(json!({
            "user_id": user_id,
            "alipay_user_id": user_id,
            "access_token": state.random.letters(40),
            "expires_in": "1296000",
            "refresh_token": state.random.letters(40),
            "re_expires_in": "2592000",
        })),
    }
}

/// `alipay.open.app.alipaycert.download`: Alipay's certificate by its number.
pub(crate) fn certificate(call: &mut Call<'_>) -> Outcome {
    if call.fields.need("alipay_cert_sn", 64)? != call.certificate.alipay_sn {
        return Err(ApiError::invalid("isv.invalid-alipay-cert-sn", "支付宝公钥证书SN不存在"));
    }
    let content = crypto::encode64(call.certificate.certificate_pem.as_bytes());
    Ok(Answer::Done(json!({"alipay_cert_content": content})))
}
