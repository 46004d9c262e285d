//! Signatures against OpenSSL's, sealed boxes both ways, certificates' names.

use super::{Certificate, Nonces, SealedBox, Signer, Verifier, md5_hex, sha1_hex};
use crate::fixtures::{CERTIFICATE, PKCS1, PKCS1_PUBLIC, PKCS8, REQUEST_SIGNATURE, SPKI};

fn bare(pem: &str) -> String {
    pem.lines().filter(|l| !l.starts_with("-----")).collect()
}

#[test]
fn private_keys_in_every_form_sign_alike() {
    let forms = [PKCS8.to_owned(), PKCS1.to_owned(), bare(PKCS8), bare(PKCS1), PKCS8.replace('\n', "\r\n")];
    for form in forms {
        let signer = Signer::from_text(&form).expect("a key");
        assert_eq!(signer.sign(&[b"a", b"", b"bc"]), signer.sign(&[b"abc"]));
        assert!(signer.verifier().verify(&[b"abc"], &signer.sign(&[b"abc"])));
    }
    let bad = ["", "hello!", "-----BEGIN PRIVATE KEY-----", SPKI, "AAAA"];
    for form in bad {
        assert!(Signer::from_text(form).is_err(), "{form:?}");
    }
}

#[test]
fn request_signature_as_openssl_makes_it() {
    let body = br#"{"appid":"wx1","mchid":"1900000001"}"#;
    let parts = crate::wechat::wire::request_text(
        "POST",
        "/v3/pay/transactions/native",
        "1795316645",
        "593BEC0C930BF1AFEB40B4A08C8FB242",
        body,
    );
    let signer = Signer::from_text(PKCS8).expect("a key");
    assert_eq!(signer.sign(&parts), REQUEST_SIGNATURE.trim());
}

#[test]
fn public_keys_in_every_form_verify_and_nothing_else_does() {
    let signature = Signer::from_text(PKCS8).expect("a key").sign(&[b"message"]);
    for form in [SPKI.to_owned(), PKCS1_PUBLIC.to_owned(), CERTIFICATE.to_owned(), bare(SPKI)] {
        let key = Verifier::from_text(&form).expect("a key");
        assert!(key.verify(&[b"mess", b"age"], &signature));
        assert!(!key.verify(&[b"massage"], &signature));
        assert!(!key.verify(&[b"message"], ""));
        assert!(!key.verify(&[b"message"], "not base64!"));
        assert!(!key.verify(&[b"message"], &signature.replacen(&signature[..4], "AAAA", 1)));
    }
    assert!(Verifier::from_text(PKCS8).is_err());
}

#[test]
fn sealed_boxes_open_only_unchanged() {
    let sealed = SealedBox::new(b"0123456789abcdef0123456789abcdef").expect("32 bytes");
    let text = sealed.seal("0123456789ab", "transaction", "钱".as_bytes()).expect("sealed");
    assert_eq!(sealed.open("0123456789ab", "transaction", &text).as_deref(), Some("钱".as_bytes()));
    let other = SealedBox::new(b"1123456789abcdef0123456789abcdef").expect("32 bytes");
    assert_eq!(other.open("0123456789ab", "transaction", &text), None);
    let cases = [
        ("0123456789ac", "transaction", text.as_str()),
        ("0123456789ab", "refund", &text),
        ("0123456789ab", "transaction", &text[4..]),
        ("0123456789", "transaction", &text),
        ("0123456789ab", "transaction", ""),
    ];
    for (nonce, associated, text) in cases {
        assert_eq!(sealed.open(nonce, associated, text), None, "{nonce} {associated} {text}");
    }
    assert!(SealedBox::new(b"too short").is_err());
}

#[test]
fn certificates_and_how_the_channels_name_them() {
    let certificate = Certificate::from_pem(CERTIFICATE).expect("a certificate");
    assert_eq!(certificate.serial, "5B1D2C3A4F5E6D7C8B9A0F1E2D3C4B5A69788796");
    // The MD5 of issuer and decimal serial, computed by another program.
    assert_eq!(certificate.alipay_sn(), "d5e8a35002616e68d36c94bf49babcc8");
    let bundle = Certificate::bundle(&CERTIFICATE.repeat(2)).expect("two");
    let name = certificate.alipay_sn();
    assert_eq!(Certificate::alipay_root_sn(&bundle), format!("{name}_{name}"));
    assert!(certificate.not_before_ms < certificate.not_after_ms);
    assert!(Certificate::from_pem(SPKI).is_err());
    assert!(Certificate::bundle("").is_err());
}

#[test]
fn digests_and_nonces() {
    assert_eq!(md5_hex(b"abc"), "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(sha1_hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    let (one, other) = (Nonces::new([1; 32]), Nonces::new([2; 32]));
    let mut all: Vec<String> = (0..100).flat_map(|_| [one.next(), other.next()]).collect();
    assert!(all.iter().all(|n| n.len() == 32));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 200);
}
