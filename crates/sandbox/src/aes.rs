//! AES as the channels use it outside of GCM: single blocks in WeChat Pay's v2 callbacks, chained blocks in Alipay's contents.

use aws_lc_rs::cipher::{
    AES_128, AES_256, Algorithm, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;

use crate::crypto::{decode64, encode64};

/// By the key's length; other lengths are none.
fn algorithm(key: &[u8]) -> Option<&'static Algorithm> {
    match key.len() {
        16 => Some(&AES_128),
        32 => Some(&AES_256),
        _ => None,
    }
}

fn unbound(key: &[u8]) -> Option<UnboundCipherKey> {
    UnboundCipherKey::new(algorithm(key)?, key).ok()
}

/// Each block on its own, padded as PKCS#7, in base64.
pub(crate) fn seal_blocks(key: &[u8], plain: &[u8]) -> Option<String> {
    let mut buffer = plain.to_vec();
    PaddedBlockEncryptingKey::ecb_pkcs7(unbound(key)?).ok()?.encrypt(&mut buffer).ok()?;
    Some(encode64(&buffer))
}

/// Chained from a vector of zeros, padded as PKCS#7, in base64.
pub(crate) fn seal_chain(key: &[u8], plain: &[u8]) -> Option<String> {
    let mut buffer = plain.to_vec();
    let start = EncryptionContext::Iv128(FixedLength::from([0u8; 16]));
    PaddedBlockEncryptingKey::cbc_pkcs7(unbound(key)?).ok()?.less_safe_encrypt(&mut buffer, start).ok()?;
    Some(encode64(&buffer))
}

/// Opens what [`seal_chain`] sealed.
pub(crate) fn open_chain(key: &[u8], sealed: &str) -> Option<Vec<u8>> {
    let mut buffer = decode64(sealed)?;
    let start = DecryptionContext::Iv128(FixedLength::from([0u8; 16]));
    let opened = PaddedBlockDecryptingKey::cbc_pkcs7(unbound(key)?).ok()?.decrypt(&mut buffer, start).ok()?;
    Some(opened.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_only() {
        let (key, other) = ([7u8; 16], [8u8; 16]);
        for plain in ["", "{}", "exactly16bytes!!", "一杯茶，两个杯子"] {
            let sealed = seal_chain(&key, plain.as_bytes()).unwrap();
            assert_eq!(open_chain(&key, &sealed).as_deref(), Some(plain.as_bytes()), "{plain}");
            assert_ne!(open_chain(&other, &sealed).as_deref(), Some(plain.as_bytes()), "{plain}");
        }
        assert_eq!(seal_chain(&[1; 15], b"x"), None);
        // FIPS-197, appendix C.3, with the block of padding that follows it
        let key: Vec<u8> = (0..32).collect();
        let plain: Vec<u8> = (0..16u8).map(|i| i * 0x11).collect();
        let sealed = decode64(&seal_blocks(&key, &plain).unwrap()).unwrap();
        assert_eq!(sealed[..4], [0x8e, 0xa2, 0xb7, 0xca]);
    }
}
