//! Keys and signatures made with OpenSSL, for tests.

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/", $name))
    };
}

/// A private key, PKCS#8.
pub(crate) const PKCS8: &str = data!("pkcs8.pem");
/// The same, PKCS#1.
pub(crate) const PKCS1: &str = data!("pkcs1.pem");
/// Its public half, SPKI.
pub(crate) const SPKI: &str = data!("spki.pem");
/// Its public half, PKCS#1.
pub(crate) const PKCS1_PUBLIC: &str = data!("pkcs1_public.pem");
/// Its self-signed certificate.
pub(crate) const CERTIFICATE: &str = data!("certificate.pem");
/// OpenSSL's signature over the request of `request_signature_as_openssl_makes_it`.
pub(crate) const REQUEST_SIGNATURE: &str = data!("request.sig");
