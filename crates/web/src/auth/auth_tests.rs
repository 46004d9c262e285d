//! Cookies and the proof that a form is ours.

use axum::http::{HeaderMap, HeaderValue, Method, Request};

use super::*;

fn with(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
    }
    headers
}

/// Cookie lines, and what is found: session, the terminal's key, the only terminal's key.
type Case<'a> = (&'a [&'a str], Option<&'a str>, Option<&'a str>, Option<&'a str>);

#[test]
fn cookies_are_found_by_name() {
    let id = Id(7);
    let one = format!("saoma_t_{id}=tk_1");
    let two = format!("saoma_t_{}=tk_2", Id(8));
    let both = format!("lang=zh; {one}; {two}");
    let cases: [Case<'_>; 6] = [
        (&[], None, None, None),
        (&["saoma_session=ss_1"], Some("ss_1"), None, None),
        (&["saoma_session="], None, None, None),
        (&[&one], None, Some("tk_1"), Some("tk_1")),
        (&["a=b", &one], None, Some("tk_1"), Some("tk_1")),
        (&[&both], None, Some("tk_1"), None),
    ];
    for (lines, session, terminal, only) in cases {
        let headers = with(lines);
        let got =
            (cookies::session(&headers), cookies::terminal(&headers, id), cookies::only_terminal(&headers));
        assert_eq!(got, (session, terminal, only), "{lines:?}");
    }
}

#[test]
fn the_bearer_is_read_strictly() {
    let cases = [
        (None, "none"),
        (Some("Bearer sk_1"), "sk_1"),
        (Some("bearer sk_1 "), "sk_1"),
        (Some("Bearer"), "refused"),
        (Some("Basic eDp5"), "refused"),
    ];
    for (value, want) in cases {
        let mut headers = HeaderMap::new();
        if let Some(value) = value {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        let got = match bearer(&headers) {
            None => "none".to_owned(),
            Some(Ok(token)) => token.to_owned(),
            Some(Err(_)) => "refused".to_owned(),
        };
        assert_eq!(got, want, "{value:?}");
    }
}

#[test]
fn a_terminal_is_named_by_header_or_query() {
    let id = Id(7).to_string();
    let named = |path: &str, header: Option<&str>| {
        let mut request = Request::builder().method(Method::GET).uri(path);
        if let Some(value) = header {
            request = request.header(TERMINAL_HEADER, value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        named_terminal(&parts).map(|found| found.map_err(|f| f.0.code()))
    };
    assert_eq!(named("/v1/stream", None), None);
    assert_eq!(named("/v1/stream", Some(&id)), Some(Ok(Id(7))));
    assert_eq!(named(&format!("/v1/stream?x=1&as_terminal={id}"), None), Some(Ok(Id(7))));
    assert_eq!(named("/v1/stream?as_terminal=me", None), Some(Err("unauthenticated")));
}

#[test]
fn a_terminals_token_follows_from_its_key_alone() {
    let token = csrf_of_terminal("tk_1");
    assert_eq!((token.len(), csrf_of_terminal("tk_1")), (24, token.clone()));
    assert_ne!(csrf_of_terminal("tk_2"), token);
    assert!(csrf::check(&token, &token).is_ok());
    for wrong in ["", "x", &token[1..], &token.to_lowercase().repeat(2)] {
        assert_eq!(csrf::check(&token, wrong).unwrap_err().0.code(), "csrf", "{wrong}");
    }
}
