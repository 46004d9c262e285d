//! Requests and replies as plain values, so that every handler is an ordinary function.

use bytes::Bytes;
use hyper::HeaderMap;
use serde_json::Value;

/// A request that was read completely.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As sent, still percent-encoded.
    pub(crate) path: String,
    /// As sent, without the question mark.
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A header's value, or nothing when it is missing or not text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Path and query exactly as sent: what signatures cover.
    pub(crate) fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The path's pieces, decoded.
    pub(crate) fn pieces(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|piece| !piece.is_empty())
            .map(|piece| percent_encoding::percent_decode_str(piece).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// One value of the query.
    pub(crate) fn asked(&self, key: &str) -> Option<String> {
        let query = self.query.as_deref()?;
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.into_owned())
    }
}

/// An answer, or the decision not to give one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// The connection is cut instead of answering.
    pub(crate) lost: bool,
}

impl Reply {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Reply {
            status,
            headers: vec![("content-type", content_type.to_string())],
            body: body.into(),
            lost: false,
        }
    }

    /// Without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Reply { status, ..Reply::default() }
    }

    /// No answer at all.
    pub(crate) fn lost() -> Self {
        Reply { lost: true, ..Reply::default() }
    }

    /// JSON with its charset spelled out: some clients guess otherwise.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Reply::new(status, "application/json; charset=utf-8", body.to_string())
    }

    pub(crate) fn html(body: String) -> Self {
        Reply::new(200, "text/html; charset=utf-8", body)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// RFC 9457 problem details, as the control API answers what it refuses.
    pub(crate) fn problem(status: u16, code: &str, detail: &str) -> Self {
        let body = serde_json::json!({
            "type": format!("about:blank#{code}"),
            "title": code.replace('_', " "),
            "status": status,
            "code": code,
            "detail": detail,
        });
        Reply::new(status, "application/problem+json; charset=utf-8", body.to_string())
    }
}
