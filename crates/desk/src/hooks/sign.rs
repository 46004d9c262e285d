//! The Standard Webhooks signature: HMAC-SHA256 over `id.timestamp.body`, in base64, with the endpoint's secret.

use aws_lc_rs::hmac;
use store::Millis;

use super::endpoints::SECRET_PREFIX;

/// The headers of one signed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `webhook-id`: the same at every repetition.
    pub id: String,
    /// `webhook-timestamp`: seconds.
    pub timestamp: i64,
    /// `webhook-signature`: `v1,` and the signature.
    pub signature: String,
}

/// Signs a body for an endpoint. `secret` is `whsec_` and base64; a secret that is not signs with its plain bytes.
pub fn sign(secret: &str, id: &str, now: Millis, body: &str) -> Signed {
    let encoded = secret.strip_prefix(SECRET_PREFIX).unwrap_or(secret);
    let bytes = base64_decode(encoded).unwrap_or_else(|| encoded.as_bytes().to_vec());
    let timestamp = now.0.div_euclid(1000);
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &bytes));
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let signature = format!("v1,{}", base64_encode(mac.sign().as_ref()));
    Signed { id: id.to_owned(), timestamp, signature }
}

pub(super) fn base64_encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn base64_decode(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        // The vector that the specification's reference libraries are tested with.
        let body = r#"{"test": 2432232314}"#;
        let signed = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Millis(1_614_265_330_000),
            body,
        );
        assert_eq!(signed.timestamp, 1_614_265_330);
        assert_eq!(signed.signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
