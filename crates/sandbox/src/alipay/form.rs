//! The gateway's parameters in every shape clients send: all in the query, split between query and form, in UTF-8 or GBK.

use std::collections::BTreeMap;

use encoding_rs::{Encoding, GBK, UTF_8};

use crate::http::Request;

/// All parameters of one call, as bytes in the caller's charset: that is what the signature covers.
#[derive(Clone, Debug)]
pub(crate) struct Params {
    raw: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) charset: &'static Encoding,
    pub(crate) charset_known: bool,
}

impl Params {
    /// Query and form body together.
    pub(crate) fn read(request: &Request) -> Self {
        let query = request.query.as_deref().unwrap_or_default().as_bytes();
        let form = request.header("content-type").is_none_or(|kind| !kind.contains("json"));
        Params::of(query, if form { &request.body } else { &[] })
    }

    /// The same of their texts.
    pub(crate) fn of(query: &[u8], body: &[u8]) -> Self {
        let mut raw = BTreeMap::new();
        for pair in [query, body].into_iter().flat_map(|text| text.split(|b| *b == b'&')) {
            let mut halves = pair.splitn(2, |b| *b == b'=');
            let name = unescape(halves.next().unwrap_or_default());
            if !name.is_empty() {
                raw.insert(name, unescape(halves.next().unwrap_or_default()));
            }
        }
        let name = raw.get(b"charset".as_slice()).map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        let (charset, charset_known) = match name.as_slice() {
            b"" | b"utf-8" | b"utf8" => (UTF_8, true),
            b"gbk" | b"gb2312" | b"gb18030" => (GBK, true),
            _ => (UTF_8, false),
        };
        Params { raw, charset, charset_known }
    }

    /// A parameter that is not empty, as text.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let value = self.raw.get(name.as_bytes()).filter(|value| !value.is_empty())?;
        Some(self.charset.decode_without_bom_handling(value).0.into_owned())
    }

    /// Whether contents travel sealed.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.get("encrypt_type").is_some_and(|kind| kind.eq_ignore_ascii_case("AES"))
    }

    /// `k=v` joined by `&`, sorted, without `sign` and without empty ones.
    pub(crate) fn signed_text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in &self.raw {
            if name == b"sign" || value.is_empty() {
                continue;
            }
            if !out.is_empty() {
                out.push(b'&');
            }
            out.extend_from_slice(name);
            out.push(b'=');
            out.extend_from_slice(value);
        }
        out
    }

    /// Text in the caller's charset.
    pub(crate) fn encode(&self, text: &str) -> Vec<u8> {
        self.charset.encode(text).0.into_owned()
    }

    /// `utf-8` or `GBK`, as content types write it.
    pub(crate) fn charset_name(&self) -> &'static str {
        if self.charset == GBK { "GBK" } else { "utf-8" }
    }
}

/// Form decoding over bytes: `+` is a space, `%xx` a byte.
fn unescape(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    percent_encoding::percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_and_form_are_one() {
        let request = Request {
            method: "POST".into(),
            path: "/gateway.do".into(),
            query: Some("charset=gbk&app_id=1&empty=".into()),
            headers: hyper::HeaderMap::new(),
            body: bytes::Bytes::from_static(b"subject=%B2%E8+x&sign=zz"),
        };
        let params = Params::read(&request);
        assert_eq!(params.get("subject").as_deref(), Some("茶 x"));
        assert_eq!(params.get("empty"), None);
        assert_eq!(params.signed_text(), b"app_id=1&charset=gbk&subject=\xB2\xE8 x");
    }
}
