//! The cookies: an operator's session and, one for each terminal opened in this browser, a terminal's key.

use axum::http::{HeaderMap, HeaderValue, header};
use store::Id;

/// The operator's session.
pub const SESSION: &str = "saoma_session";
/// Followed by the terminal's id.
pub const TERMINAL_PREFIX: &str = "saoma_t_";
/// A terminal keeps its key: ten years.
const TERMINAL_LIFE_SECONDS: u64 = 10 * 365 * 24 * 3600;

/// Every cookie the request carries.
pub fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

/// The value of one cookie.
pub fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    all(headers).find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// The operator's session token.
pub fn session(headers: &HeaderMap) -> Option<&str> {
    get(headers, SESSION).filter(|v| !v.is_empty())
}

/// The key of one terminal.
pub fn terminal(headers: &HeaderMap, id: Id) -> Option<&str> {
    let name = format!("{TERMINAL_PREFIX}{id}");
    all(headers).find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// The key of the only terminal this browser is; none where it is several.
pub fn only_terminal(headers: &HeaderMap) -> Option<&str> {
    let mut found =
        all(headers).filter(|(name, _)| name.starts_with(TERMINAL_PREFIX)).map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

fn cookie(name: &str, value: &str, max_age_seconds: Option<u64>, secure: bool) -> HeaderValue {
    let age = max_age_seconds.map(|s| format!("; Max-Age={s}")).unwrap_or_default();
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}");
    HeaderValue::try_from(text).expect("tokens and ids are visible ASCII")
}

/// `Set-Cookie` that signs an operator in until the browser closes; the desk ends the session sooner or later.
pub fn set_session(token: &str, secure: bool) -> HeaderValue {
    cookie(SESSION, token, None, secure)
}

/// `Set-Cookie` that signs an operator out.
pub fn clear_session(secure: bool) -> HeaderValue {
    cookie(SESSION, "", Some(0), secure)
}

/// `Set-Cookie` by which this browser stays a terminal.
pub fn set_terminal(id: Id, key: &str, secure: bool) -> HeaderValue {
    cookie(&format!("{TERMINAL_PREFIX}{id}"), key, Some(TERMINAL_LIFE_SECONDS), secure)
}
