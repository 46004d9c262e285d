//! Messages and signatures of v2.

use super::{Fields, SignType, is_signed, parse, sign, write};

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

/// The worked example of the channel's own documentation of this signature.
#[test]
fn signatures_as_documented() {
    let message = fields(&[
        ("appid", "wxd930ea5d5a258f4f"),
        ("mch_id", "10000100"),
        ("device_info", "1000"),
        ("body", "test"),
        ("nonce_str", "ibuaiVcKdpRxkhJA"),
        ("sign", "ignored"),
        ("empty", ""),
    ]);
    let key = "192006250b4c09247ec02edce69f6a2d";
    let cases = [
        (SignType::Md5, "9A0A8659F005D6984697E2CA0A9CF3B7"),
        (SignType::HmacSha256, "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"),
    ];
    for (sign_type, want) in cases {
        assert_eq!(sign(&message, key, sign_type), want);
        let mut signed = message.clone();
        signed.insert("sign".into(), want.into());
        assert!(is_signed(&signed, key));
        assert!(!is_signed(&signed, "another key"));
        signed.insert("body".into(), "changed".into());
        assert!(!is_signed(&signed, key));
        signed.remove("sign");
        assert!(!is_signed(&signed, key));
    }
}

#[test]
fn messages_read_back() {
    let message = fields(&[("a", "茶 <&> ]]> \"'"), ("b", "1")]);
    assert_eq!(parse(&write(&message)), Ok(message));
    let cases: &[(&str, Option<Pairs<'_>>)] = &[
        ("<xml><a>1</a><b><![CDATA[2]]></b></xml>", Some(&[("a", "1"), ("b", "2")])),
        ("<?xml version=\"1.0\"?>\n<xml>\n <a>x &amp; &#121;</a>\n</xml>", Some(&[("a", "x & y")])),
        ("<xml><a></a></xml>", Some(&[("a", "")])),
        ("<xml><a>1</xml>", None),
        ("<xml>", None),
        ("", None),
        ("<html><body>502</body>", None),
        ("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><a>&e;</a></xml>", None),
        ("<xml><a>&e;</a></xml>", None),
    ];
    for (text, want) in cases {
        assert_eq!(parse(text).ok(), want.map(fields), "{text}");
    }
}
