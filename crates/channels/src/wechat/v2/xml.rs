//! Flat XML and its signature, as WeChat Pay v2 writes them.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::crypto::md5_hex;

/// The fields of a message, in the order they are signed.
pub(crate) type Fields = BTreeMap<String, String>;

/// How a message is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignType {
    /// The default of the protocol.
    Md5,
    /// The better one.
    HmacSha256,
}

impl SignType {
    /// Its name in `sign_type`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            SignType::Md5 => "MD5",
            SignType::HmacSha256 => "HMAC-SHA256",
        }
    }
}

/// The signature: over all fields with a value but `sign`, by key, and the secret at the end.
pub(crate) fn sign(fields: &Fields, key: &str, sign_type: SignType) -> String {
    let mut text = String::new();
    for (name, value) in fields.iter().filter(|(name, value)| *name != "sign" && !value.is_empty()) {
        text.push_str(&format!("{name}={value}&"));
    }
    text.push_str("key=");
    text.push_str(key);
    let digest = match sign_type {
        SignType::Md5 => md5_hex(text.as_bytes()),
        SignType::HmacSha256 => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
            HEXLOWER.encode(hmac::sign(&key, text.as_bytes()).as_ref())
        }
    };
    digest.to_ascii_uppercase()
}

/// Whether a message carries the right signature; its length tells the kind.
pub(crate) fn is_signed(fields: &Fields, key: &str) -> bool {
    let Some(given) = fields.get("sign") else { return false };
    let sign_type = if given.len() == 64 { SignType::HmacSha256 } else { SignType::Md5 };
    let right = sign(fields, key, sign_type);
    aws_lc_rs::constant_time::verify_slices_are_equal(right.as_bytes(), given.as_bytes()).is_ok()
}

/// A message as text.
pub(crate) fn write(fields: &Fields) -> String {
    let mut text = "<xml>".to_owned();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        // A value cannot hold the end of its own wrapping.
        let value = value.replace("]]>", "]]]]><![CDATA[>");
        text.push_str(&format!("<{name}><![CDATA[{value}]]></{name}>"));
    }
    text.push_str("</xml>");
    text
}

/// Reads a flat message. Error: what is wrong with it. A document type is never read: nothing outside can be pulled in.
pub(crate) fn parse(text: &str) -> Result<Fields, String> {
    let mut reader = Reader::from_str(text);
    let mut fields = Fields::new();
    let mut open: Vec<String> = Vec::new();
    let mut value = String::new();
    loop {
        match reader.read_event().map_err(|e| format!("not XML: {e}"))? {
            Event::Start(tag) => {
                open.push(tag.name().0.to_owned());
                value.clear();
            }
            Event::Text(part) => value.push_str(&part),
            Event::CData(part) => value.push_str(&part),
            Event::GeneralRef(name) => value.push(entity(&name).ok_or("an unknown entity")?),
            Event::End(_) => {
                let name = open.pop().unwrap_or_default();
                if open.len() == 1 {
                    fields.insert(name, value.trim().to_owned());
                }
                value.clear();
            }
            Event::DocType(_) => return Err("a document type is not allowed".to_owned()),
            Event::Eof if open.is_empty() && !fields.is_empty() => return Ok(fields),
            Event::Eof => return Err("it ends too early".to_owned()),
            _ => {}
        }
    }
}

fn entity(name: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    match &**name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => name.resolve_char_ref().ok().flatten(),
    }
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
