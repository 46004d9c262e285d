//! Reading and writing JSON strictly: a wrong body is refused with the name of the field, and never with bare text.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use desk::Refusal;
use desk::problem::desk as problems;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Id;

use crate::problem::{Failure, http};

mod words;

/// A JSON body. Unknown fields, wrong types and values out of range are refused with the field's path.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        check_content_type(request.headers())?;
        let bytes = bytes(request, state).await?;
        parse(&bytes).map(Body)
    }
}

/// The whole body. Errors: larger than the limit, or broken off.
pub async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Failure> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(inner) if inner.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            http::BODY_TOO_LARGE.with("the body is larger than this address takes").into()
        }
        other => http::BODY_UNREADABLE.with(other.body_text()).into(),
    })
}

/// A body without a content type is read as JSON; another content type is refused.
fn check_content_type(headers: &HeaderMap) -> Result<(), Failure> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    let is_json = essence.eq_ignore_ascii_case("application/json")
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    if is_json {
        Ok(())
    } else {
        Err(http::UNSUPPORTED_MEDIA_TYPE
            .with(format!("the body is {essence:?}, not application/json"))
            .into())
    }
}

/// A body that is not JSON, whole. Errors: `body_too_large`, `body_unreadable`.
pub struct Raw(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        bytes(request, state).await.map(Raw)
    }
}

/// A NUL as JSON writes it. No database keeps one in a text, and nobody types one.
const NUL: &[u8] = br"\u0000";

/// Error: `invalid_request` for a text or a name with a NUL in it.
fn without_nul(bytes: &[u8]) -> Result<(), Failure> {
    fn has_nul(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(items) => items.iter().any(has_nul),
            Value::Object(fields) => fields.iter().any(|(name, of)| name.contains('\0') || has_nul(of)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    // Hardly any body has these six characters, and of those that do a few mean them as they stand.
    let suspect = bytes.windows(NUL.len()).any(|six| six == NUL);
    if suspect && serde_json::from_slice(bytes).is_ok_and(|value| has_nul(&value)) {
        return Err(problems::INVALID_REQUEST
            .with("the body has a NUL character (\\u0000) in a text")
            .into());
    }
    Ok(())
}

/// Reads JSON. The first pass is the fast one; only a refused body is read again to name the field.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    without_nul(bytes)?;
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let error = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Ok(value) => {
            return reader.end().map(|()| value).map_err(|e| http::BODY_NOT_JSON.with(e.to_string()).into());
        }
        Err(error) => error,
    };
    let path = error.path().to_string();
    let inner = error.into_inner();
    Err(if inner.is_data() {
        let what = words::plain(without_position(&inner.to_string()));
        let named = if path == "." { what } else { format!("{path}: {what}") };
        problems::INVALID_REQUEST.with(named).into()
    } else if bytes.is_empty() {
        http::BODY_NOT_JSON.with("the body is empty").into()
    } else {
        http::BODY_NOT_JSON.with(inner.to_string()).into()
    })
}

/// Reads a part of a body that was kept as JSON, such as a scene's own request. Error: `invalid_request` with the field's path below `root`.
pub fn from_value<'a, T: Deserialize<'a>>(root: &str, value: &'a Value) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." { root.to_owned() } else { format!("{root}.{path}") };
        problems::INVALID_REQUEST.with(format!("{place}: {}", words::plain(&error.into_inner().to_string())))
    })
}

fn without_position(text: &str) -> &str {
    text.rsplit_once(" at line ").map_or(text, |(what, _)| what)
}

/// A query string, read as strictly as a body.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| Query(value))
            .map_err(|e| http::INVALID_QUERY.with(e.body_text()).into())
    }
}

/// What stands in the path, read as strictly. Error: `invalid_id`.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Path(value))
            .map_err(|e| http::INVALID_ID.with(e.body_text()).into())
    }
}

/// One id in the path.
pub struct PathId(pub Id);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        text.parse().map(PathId).map_err(|_| http::INVALID_ID.with(format!("{text:?} is not an id")).into())
    }
}

/// The `Idempotency-Key` every `POST` carries (rule 8).
pub struct Key(pub String);

impl Key {
    /// Reads the header. Errors: it is missing, or not 1 to 255 printable ASCII characters.
    pub fn of(headers: &HeaderMap) -> Result<Key, Failure> {
        let value = headers.get("idempotency-key").ok_or(&problems::IDEMPOTENCY_KEY_MISSING)?;
        let text = value.to_str().unwrap_or_default();
        if (1..=255).contains(&text.len()) && text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            Ok(Key(text.to_owned()))
        } else {
            Err((&problems::IDEMPOTENCY_KEY_INVALID).into())
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Key::of(&parts.headers)
    }
}

/// A JSON answer.
pub struct Reply<T>(pub StatusCode, pub T);

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let mut buffer = Vec::with_capacity(1024);
        if let Err(error) = serde_json::to_writer(&mut buffer, &self.1) {
            return Failure::from(http::INTERNAL.with(error.to_string())).into_response();
        }
        let mut response = (self.0, buffer).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

/// 200 with a body.
pub fn ok<T>(value: T) -> Reply<T> {
    Reply(StatusCode::OK, value)
}

/// 201 with a body.
pub fn created<T>(value: T) -> Reply<T> {
    Reply(StatusCode::CREATED, value)
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
