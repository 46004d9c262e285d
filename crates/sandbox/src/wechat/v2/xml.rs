//! Flat XML and its signatures, as WeChat Pay v2 writes them.

use std::collections::BTreeMap;

use quick_xml::XmlVersion;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

use crate::crypto;

/// The fields of one message.
pub(crate) type Fields = BTreeMap<String, String>;

/// Reads `<xml><k>v</k>…</xml>`, values plain or CDATA.
pub(crate) fn parse(text: &str) -> Option<Fields> {
    let mut reader = Reader::from_str(text);
    let (mut fields, mut depth, mut name, mut value) = (Fields::new(), 0, String::new(), String::new());
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                depth += 1;
                name = tag.name().as_ref().to_string();
                value.clear();
            }
            Event::Empty(tag) if depth == 1 => {
                fields.insert(tag.name().as_ref().to_string(), String::new());
            }
            Event::Text(text) => value.push_str(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(text) => value.push_str(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => value.push(match reference.resolve_char_ref().ok()? {
                Some(character) => character,
                None => match &*reference.xml_content(XmlVersion::Implicit1_0) {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "apos" => '\'',
                    _ => return None,
                },
            }),
            Event::End(_) => {
                if depth == 2 {
                    fields.insert(std::mem::take(&mut name), value.trim().to_string());
                }
                depth -= 1;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    (depth == 0 && !fields.is_empty()).then_some(fields)
}

/// Writes the fields, each value as CDATA.
pub(crate) fn write(fields: &Fields) -> String {
    write_in("xml", fields)
}

/// The same inside another element.
pub(crate) fn write_in(element: &str, fields: &Fields) -> String {
    let inner: String = fields
        .iter()
        .map(|(name, value)| format!("<{name}><![CDATA[{}]]></{name}>\n", value.replace("]]>", "]] >")))
        .collect();
    format!("<{element}>\n{inner}</{element}>")
}

/// Which digest signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    Md5,
    HmacSha256,
}

/// The signature over all fields that are not empty, except `sign`.
pub(crate) fn sign(fields: &Fields, key: &str, digest: Digest) -> String {
    let mut text: String = fields
        .iter()
        .filter(|(name, value)| *name != "sign" && !value.is_empty())
        .map(|(name, value)| format!("{name}={value}&"))
        .collect();
    text += &format!("key={key}");
    match digest {
        Digest::Md5 => crypto::md5_hex(text.as_bytes()),
        Digest::HmacSha256 => crypto::hmac_sha256_hex(key.as_bytes(), text.as_bytes()),
    }
    .to_uppercase()
}

/// The digest of a message that is signed correctly; told by the signature's length.
pub(crate) fn verify(fields: &Fields, key: &str) -> Option<Digest> {
    let given = fields.get("sign")?;
    let digest = if given.len() == 64 { Digest::HmacSha256 } else { Digest::Md5 };
    (*given == sign(fields, key, digest)).then_some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example every v2 document prints.
    #[test]
    fn the_documented_signatures() {
        let text = "<xml><appid>wxd930ea5d5a258f4f</appid><mch_id><![CDATA[10000100]]></mch_id><device_info>1000</device_info>\
                    <body>test</body><nonce_str>ibuaiVcKdpRxkhJA</nonce_str><empty/></xml>";
        let fields = parse(text).unwrap();
        let key = "192006250b4c09247ec02edce69f6a2d";
        assert_eq!(sign(&fields, key, Digest::Md5), "9A0A8659F005D6984697E2CA0A9CF3B7");
        assert_eq!(
            sign(&fields, key, Digest::HmacSha256),
            "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"
        );
    }

    #[test]
    fn text_survives() {
        let fields: Fields = [("body".to_string(), "茶 & <x>".to_string())].into();
        assert_eq!(parse(&write(&fields)), Some(fields));
        assert_eq!(parse("<xml><a>1 &amp; &#65;</a></xml>").unwrap()["a"], "1 & A");
        assert_eq!(parse("not xml"), None);
        assert_eq!(parse("<xml><a>1</a>"), None);
    }
}
