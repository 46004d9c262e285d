//! Signed texts, nodes, amounts.

use super::{Params, Parts, is_signed, parts, read_form, signed_form, signed_text, yuan};
use crate::crypto::Signer;
use crate::fixtures::PKCS8;

fn params(pairs: &[(&str, &str)]) -> Params {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn the_signed_text_is_sorted_and_skips_what_it_must() {
    let all = params(&[("b", "2"), ("sign", "x"), ("a", "1 &="), ("sign_type", "RSA2"), ("c", "")]);
    let cases: [(&[&str], bool, &str); 3] = [
        (&["sign"], false, "a=1 &=&b=2&sign_type=RSA2"),
        (&["sign", "sign_type"], false, "a=1 &=&b=2"),
        (&["sign", "sign_type"], true, "a=1 &=&b=2&c="),
    ];
    for (left_out, keep_empty, want) in cases {
        assert_eq!(signed_text(&all, left_out, keep_empty).concat(), want.as_bytes());
    }
}

#[test]
fn forms_carry_their_signature_through_encoding() {
    let signer = Signer::from_text(PKCS8).expect("a key");
    let form = signed_form(params(&[("biz_content", "{\"a\":\"茶 + &=%\"}"), ("charset", "utf-8")]), &signer);
    let read = read_form(form.as_bytes());
    assert_eq!(read["biz_content"], "{\"a\":\"茶 + &=%\"}");
    let text = signed_text(&read, &["sign"], false);
    assert!(signer.verifier().verify(&text, &read["sign"]));
}

#[test]
fn notifications_verify_with_and_without_empty_values() {
    let signer = Signer::from_text(PKCS8).expect("a key");
    let key = signer.verifier();
    for keep_empty in [false, true] {
        let mut all = params(&[("a", "1"), ("empty", ""), ("sign_type", "RSA2")]);
        let sign = signer.sign(&signed_text(&all, &["sign_type"], keep_empty));
        all.insert("sign".into(), sign);
        assert!(is_signed(&all, &key));
        all.insert("a".into(), "2".into());
        assert!(!is_signed(&all, &key));
        all.remove("sign");
        assert!(!is_signed(&all, &key));
    }
}

#[test]
fn nodes_are_found_in_their_raw_text() {
    let part = |node, is_error, sign: &str, cert: &str| Parts {
        node,
        is_error,
        sign: sign.into(),
        cert_sn: cert.into(),
    };
    let cases: &[(&str, Option<Parts<'_>>)] = &[
        (
            r#"{"alipay_trade_query_response":{"code":"10000"},"sign":"ab=="}"#,
            Some(part(r#"{"code":"10000"}"#, false, "ab==", "")),
        ),
        (
            r#"{"sign":"s","alipay_cert_sn":"c","alipay_trade_query_response": {"m":"\/}{\"","x":{}} }"#,
            Some(part(r#"{"m":"\/}{\"","x":{}}"#, false, "s", "c")),
        ),
        (r#"{"error_response":{"code":"40002"}}"#, Some(part(r#"{"code":"40002"}"#, true, "", ""))),
        (r#"{"alipay_trade_pay_response":{},"sign":"s"}"#, None),
        ("<html>", None),
        ("", None),
    ];
    for (text, want) in cases {
        assert_eq!(parts(text, "alipay.trade.query").ok().as_ref(), want.as_ref(), "{text}");
    }
}

#[test]
fn amounts_are_yuan() {
    assert_eq!(yuan("12.30").map(|m| m.value), Ok(1230));
    assert!(yuan("12.345").is_err());
}
