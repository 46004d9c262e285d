//! Moments, forms of strangers, paths in queries.

use super::*;

#[test]
fn moments_by_place_and_language() {
    let at = Millis("2026-11-22T06:03:27Z".parse::<Timestamp>().unwrap().as_millisecond());
    assert_eq!(Clock::new("Asia/Shanghai", Lang::En).day_minute(at), "22 Nov, 14:03");
    assert_eq!(Clock::new("Asia/Shanghai", Lang::Zh).day_minute(at), "11月22日 14:03");
    assert_eq!(Clock::new("No/Where", Lang::Zh).second(at), "06:03:27");
}

#[test]
fn only_own_pages_post_forms_without_a_session() {
    let check = |value: Option<&'static str>, fine: bool| {
        let mut headers = HeaderMap::new();
        if let Some(value) = value {
            headers.insert("sec-fetch-site", HeaderValue::from_static(value));
        }
        assert_eq!(own_form(&headers).is_ok(), fine, "{value:?}");
    };
    check(None, true);
    check(Some("same-origin"), true);
    check(Some("none"), true);
    check(Some("cross-site"), false);
    check(Some("same-site"), false);
}

#[test]
fn a_path_survives_a_query() {
    assert_eq!(encoded("/orders/0A?x=1&y"), "/orders/0A%3Fx%3D1%26y");
}
