//! Reading request fields with the documented limits; each refusal names the field as the channel does.

use serde_json::Value;

use super::errors::ApiError;
use crate::http::Request;

/// A JSON body whose fields are read by pointer (`/amount/total`).
pub(crate) struct Fields {
    pub(crate) body: Value,
}

impl Fields {
    pub(crate) fn read(request: &Request, strict: bool) -> Result<Self, ApiError> {
        let text = std::str::from_utf8(&request.body)
            .map_err(|_| ApiError::new(400, "PARAM_ERROR", "请求体须为UTF-8编码"))?;
        let body: Value = serde_json::from_str(text)
            .map_err(|e| ApiError::new(400, "PARAM_ERROR", format!("请求体不是有效的JSON：{e}")))?;
        if !body.is_object() {
            return Err(ApiError::new(400, "PARAM_ERROR", "请求体须为JSON对象"));
        }
        if text.chars().any(|c| c.len_utf8() > 3) {
            return Err(ApiError::new(400, "PARAM_ERROR", "仅支持1至3个字节的UTF-8字符"));
        }
        if strict && holds_null(&body) {
            return Err(ApiError::new(400, "PARAM_ERROR", "请求体不得包含null"));
        }
        Ok(Fields { body })
    }

    /// The raw value; a JSON null counts as missing.
    pub(crate) fn value(&self, pointer: &str) -> Option<&Value> {
        self.body.pointer(pointer).filter(|value| !value.is_null())
    }

    /// An optional text of at most `longest` characters.
    pub(crate) fn text(&self, pointer: &str, longest: usize) -> Result<Option<String>, ApiError> {
        let Some(value) = self.value(pointer) else { return Ok(None) };
        let Some(text) = value.as_str() else {
            return Err(ApiError::param(pointer, value, "should be a string"));
        };
        if text.chars().count() > longest {
            return Err(ApiError::param(
                pointer,
                value,
                &format!("should have at most {longest} characters"),
            ));
        }
        Ok(Some(text.to_string()))
    }

    /// A required text that is not empty.
    pub(crate) fn need(&self, pointer: &str, longest: usize) -> Result<String, ApiError> {
        match self.text(pointer, longest)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(ApiError::param(pointer, &Value::Null, "is required")),
        }
    }

    /// A required number of fen, at least 1.
    pub(crate) fn fen(&self, pointer: &str) -> Result<i64, ApiError> {
        let value =
            self.value(pointer).ok_or_else(|| ApiError::param(pointer, &Value::Null, "is required"))?;
        match value.as_i64() {
            Some(fen) if fen >= 1 => Ok(fen),
            _ => Err(ApiError::param(pointer, value, "should be a whole number of fen, at least 1")),
        }
    }

    /// A currency, if given, is CNY.
    pub(crate) fn cny(&self, pointer: &str) -> Result<(), ApiError> {
        match self.value(pointer) {
            None => Ok(()),
            Some(value) if value == "CNY" => Ok(()),
            Some(value) => Err(ApiError::param(pointer, value, "should be CNY")),
        }
    }

    /// A merchant's number of `shortest` to `longest` characters of the documented set.
    pub(crate) fn number(
        &self,
        pointer: &str,
        shortest: usize,
        longest: usize,
        also: &str,
    ) -> Result<String, ApiError> {
        let text = self.need(pointer, longest)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-|*".contains(c) || also.contains(c);
        if text.len() < shortest || !text.chars().all(fits) {
            let issue = format!("should have {shortest} to {longest} letters, digits or _-|*{also}");
            return Err(ApiError::param(pointer, &text.into(), &issue));
        }
        Ok(text)
    }

    /// Where to call back: absolute, http or https, no query; strict wants https, except on this machine.
    pub(crate) fn notify_url(&self, pointer: &str, strict: bool) -> Result<Option<String>, ApiError> {
        let Some(url) = self.text(pointer, 256)? else { return Ok(None) };
        let wrong = |issue: &str| Err(ApiError::param(pointer, &url.clone().into(), issue));
        let Ok(parsed) = reqwest::Url::parse(&url) else { return wrong("should be an absolute address") };
        let loopback = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match parsed.scheme() {
            "https" => {}
            "http" if loopback || !strict => {}
            _ => return wrong("should be https"),
        }
        if parsed.query().is_some() {
            return wrong("should not have a query");
        }
        Ok(Some(url))
    }
}

fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(holds_null),
        Value::Object(fields) => fields.values().any(holds_null),
        _ => false,
    }
}
