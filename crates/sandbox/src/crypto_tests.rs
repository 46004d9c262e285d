//! Signatures against the library, AEAD and digests against published values.
use super::*;

#[test]
fn signatures_verify_and_alterations_do_not() {
    let key = RsaKey::generate().unwrap();
    for hash in [Hash::Sha1, Hash::Sha256] {
        let signature = key.sign(hash, b"message");
        assert_eq!(signature.len(), 344);
        assert!(key.verifies(hash, b"message", &signature), "{hash:?}");
        assert!(!key.verifies(hash, b"massage", &signature), "{hash:?}");
        assert!(!key.verifies(hash, b"message", "not base64"), "{hash:?}");
    }
    assert!(!key.verifies(Hash::Sha256, b"message", &key.sign(Hash::Sha1, b"message")));
}

#[test]
fn digests_match_published_values() {
    assert_eq!(md5_hex(b"abc"), "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(HEXLOWER.encode(&sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(
        hmac_sha256_hex(b"key", b"The quick brown fox jumps over the lazy dog"),
        "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    );
}

#[test]
fn pem_round_trips() {
    let bytes: Vec<u8> = (0..200).collect();
    assert_eq!(unpem(&pem("X", &bytes)), Some(bytes));
    assert_eq!(unpem("nothing"), None);
}
