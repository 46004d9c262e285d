//! The sandbox's own cryptography: RSA signatures, AES-GCM, digests, base64. Independent of the platform's on purpose.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{self, KeyPair as _, ParsedPublicKey, RsaKeyPair};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;
use md5::Digest as _;

use crate::der;

/// Which digest an RSA signature is made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    /// Alipay's old `RSA`.
    Sha1,
    /// Everything else.
    Sha256,
}

/// A key pair that signs and verifies PKCS#1 v1.5.
pub(crate) struct RsaKey {
    pair: RsaKeyPair,
    pkcs8: Vec<u8>,
    spki: Vec<u8>,
    verify_sha256: ParsedPublicKey,
    verify_sha1: ParsedPublicKey,
}

impl std::fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RsaKey")
    }
}

impl RsaKey {
    /// A fresh 2048-bit key.
    pub(crate) fn generate() -> Result<Self, String> {
        let pair =
            RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| "no RSA key could be made".to_string())?;
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| "no PKCS#8".to_string())?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, String> {
        let broken = |_| "the RSA key cannot be read".to_string();
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(broken)?;
        let spki = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())
            .map_err(|_| "the RSA key has no public half".to_string())?;
        let spki = spki.as_ref().to_vec();
        let verify_sha256 =
            ParsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, &spki).map_err(broken)?;
        let verify_sha1 =
            ParsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, &spki)
                .map_err(broken)?;
        Ok(RsaKey { pair, pkcs8: pkcs8.to_vec(), spki, verify_sha256, verify_sha1 })
    }

    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    pub(crate) fn private_pem(&self) -> String {
        pem("PRIVATE KEY", &self.pkcs8)
    }

    pub(crate) fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.spki)
    }

    /// Base64 of the signature over `message`.
    pub(crate) fn sign(&self, hash: Hash, message: &[u8]) -> String {
        if hash == Hash::Sha1 {
            return encode64(&der::sign_sha1(&self.pkcs8, &sha1(message)));
        }
        let mut out = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut out)
            .expect("an RSA key that parsed signs a digest");
        encode64(&out)
    }

    /// Whether `signature` (base64) is this key's over `message`.
    pub(crate) fn verifies(&self, hash: Hash, message: &[u8], signature: &str) -> bool {
        let Some(signature) = decode64(signature) else { return false };
        let key = match hash {
            Hash::Sha1 => &self.verify_sha1,
            Hash::Sha256 => &self.verify_sha256,
        };
        key.verify_sig(message, &signature).is_ok()
    }

    /// Opens a field that somebody sealed for this key (RSA-OAEP with SHA-1, base64).
    pub(crate) fn opens(&self, sealed: &str) -> Option<Vec<u8>> {
        let sealed = decode64(sealed)?;
        let key = OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(&self.pkcs8).ok()?).ok()?;
        let mut out = vec![0; key.min_output_size()];
        key.decrypt(&OAEP_SHA1_MGF1SHA1, &sealed, &mut out, None).ok().map(|opened| opened.to_vec())
    }
}

/// AEAD_AES_256_GCM as WeChat writes it: base64 of ciphertext and tag.
pub(crate) fn seal(key: &str, nonce: &str, associated: &str, plain: &[u8]) -> String {
    let key = UnboundKey::new(&AES_256_GCM, key.as_bytes()).expect("an APIv3 key has 32 bytes");
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).expect("a nonce has 12 bytes");
    let mut buffer = plain.to_vec();
    LessSafeKey::new(key)
        .seal_in_place_append_tag(nonce, Aad::from(associated.as_bytes()), &mut buffer)
        .expect("a short text seals");
    encode64(&buffer)
}

pub(crate) fn sha1(message: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, message).as_ref().to_vec()
}

pub(crate) fn md5_hex(message: &[u8]) -> String {
    HEXLOWER.encode(&md5::Md5::digest(message))
}

pub(crate) fn hmac_sha256_hex(key: &[u8], message: &[u8]) -> String {
    HEXLOWER.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref())
}

pub(crate) fn encode64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn decode64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok()
}

/// A PEM block with lines of 64 characters.
pub(crate) fn pem(label: &str, bytes: &[u8]) -> String {
    let text = encode64(bytes);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|i| &text[i..text.len().min(i + 64)]).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The bytes of the first PEM block.
pub(crate) fn unpem(text: &str) -> Option<Vec<u8>> {
    let body: String = text
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .collect();
    if body.is_empty() { None } else { decode64(&body) }
}

#[cfg(test)]
#[path = "crypto_tests.rs"]
mod tests;
