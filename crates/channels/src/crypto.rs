//! Signatures, sealed boxes and certificates, as every remote channel needs them. Keys are parsed once, when a line is
//! opened; signing and verifying then hash the parts of a message where they lie and copy nothing.

mod certificate;
mod pem;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{Context, Digest, SHA256};
use aws_lc_rs::signature::{
    KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use data_encoding::HEXLOWER;

pub use certificate::Certificate;

/// The SHA-256 of a message given in parts.
fn digest(parts: &[&[u8]]) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    context.finish()
}

/// Our private RSA key: RSASSA-PKCS1-v1_5 with SHA-256.
pub struct Signer {
    key: RsaKeyPair,
    len: usize,
}

impl Signer {
    /// Reads PKCS#8 or PKCS#1, as PEM or as bare base64 on any number of lines. Error: what is wrong with it.
    pub fn from_text(text: &str) -> Result<Signer, String> {
        let der = pem::der_of(text, &["PRIVATE KEY", "RSA PRIVATE KEY"])?;
        let key = RsaKeyPair::from_pkcs8(&der)
            .or_else(|_| RsaKeyPair::from_der(&der))
            .map_err(|e| format!("not an RSA private key of 2048 bits or more ({e})"))?;
        let len = key.public_modulus_len();
        Ok(Signer { key, len })
    }

    /// The base64 signature of a message given in parts.
    pub fn sign(&self, parts: &[&[u8]]) -> String {
        let mut signature = vec![0; self.len];
        self.key
            .sign_digest(&RSA_PKCS1_SHA256, &digest(parts), &mut signature)
            .expect("a parsed RSA key signs a SHA-256 digest");
        BASE64.encode(signature)
    }

    /// The public half, for tests and for checking that two halves belong together.
    pub fn verifier(&self) -> Verifier {
        let der = self.key.public_key().as_ref();
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der)
            .expect("the public half of a parsed key is valid");
        Verifier { key }
    }
}

/// The channel's public RSA key.
#[derive(Clone)]
pub struct Verifier {
    key: ParsedPublicKey,
}

impl Verifier {
    /// Reads a public key (SPKI or PKCS#1, PEM or bare base64) or takes it out of a PEM certificate. Error: what is wrong.
    pub fn from_text(text: &str) -> Result<Verifier, String> {
        if text.contains("BEGIN CERTIFICATE") {
            return Certificate::from_pem(text)?.verifier();
        }
        Verifier::from_der(&pem::der_of(text, &["PUBLIC KEY", "RSA PUBLIC KEY"])?)
    }

    /// Reads a public key from its DER bytes (SPKI or PKCS#1).
    pub fn from_der(der: &[u8]) -> Result<Verifier, String> {
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der)
            .map_err(|e| format!("not an RSA public key of 2048 bits or more ({e})"))?;
        Ok(Verifier { key })
    }

    /// Whether the base64 `signature` is this key's over the message given in parts.
    pub fn verify(&self, parts: &[&[u8]], signature: &str) -> bool {
        let Ok(signature) = BASE64.decode(signature.trim()) else { return false };
        self.key.verify_digest_sig(&digest(parts), &signature).is_ok()
    }
}

impl Verifier {
    /// Whether the signature's bytes are this key's over the message.
    pub(crate) fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_digest_sig(&digest(&[message]), signature).is_ok()
    }
}

/// AES-256-GCM with a key of 32 bytes, as WeChat Pay seals notifications and certificates.
pub struct SealedBox {
    key: LessSafeKey,
}

impl SealedBox {
    /// Takes the 32 bytes of the key. Error: another length.
    pub fn new(key: &[u8]) -> Result<SealedBox, String> {
        let unbound = UnboundKey::new(&AES_256_GCM, key)
            .map_err(|_| format!("the key has {} bytes; it must have exactly 32", key.len()))?;
        Ok(SealedBox { key: LessSafeKey::new(unbound) })
    }

    /// Opens `base64(ciphertext ‖ tag)`. `None` when anything was changed, or sealed with another key.
    pub fn open(&self, nonce: &str, associated: &str, ciphertext: &str) -> Option<Vec<u8>> {
        let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).ok()?;
        let mut buffer = BASE64.decode(ciphertext.trim()).ok()?;
        let len = self.key.open_in_place(nonce, Aad::from(associated), &mut buffer).ok()?.len();
        buffer.truncate(len);
        Some(buffer)
    }

    /// Seals as the channel does: for tests of [`SealedBox::open`]. The nonce has 12 characters.
    pub fn seal(&self, nonce: &str, associated: &str, plain: &[u8]) -> Option<String> {
        let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).ok()?;
        let mut buffer = plain.to_vec();
        self.key.seal_in_place_append_tag(nonce, Aad::from(associated), &mut buffer).ok()?;
        Some(BASE64.encode(buffer))
    }
}

/// Lower-case hexadecimal MD5: only for names of certificates and old signatures that the channels still ask for.
pub(crate) fn md5_hex(bytes: &[u8]) -> String {
    use md5::Digest as _;
    HEXLOWER.encode(&md5::Md5::digest(bytes))
}

/// Lower-case hexadecimal SHA-1: only for the checksum of bill files.
pub(crate) fn sha1_hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref())
}

/// Numbers used once, made from a seed that is passed in and a counter: no global random source is read, no two are the same.
pub struct Nonces {
    seed: [u8; 32],
    count: std::sync::atomic::AtomicU64,
}

impl Nonces {
    /// `seed` should be fresh random bytes for each start of the process.
    pub const fn new(seed: [u8; 32]) -> Nonces {
        Nonces { seed, count: std::sync::atomic::AtomicU64::new(0) }
    }

    /// 32 hexadecimal characters never given before by this seed.
    pub fn next(&self) -> String {
        let count = self.count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        HEXLOWER.encode(&digest(&[&self.seed, &count.to_be_bytes()]).as_ref()[..16])
    }
}

#[cfg(test)]
mod crypto_tests;
