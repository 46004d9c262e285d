//! What is read, and how a wrong body is named.

use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Tea {
    cups: Vec<Cup>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Cup {
    size: u8,
}

#[test]
fn a_refused_body_names_the_field() {
    let cases = [
        (r#"{"cups": [{"size": 1}]}"#, "", ""),
        (r#"{"cups": [{"size": 1}, {"size": "big"}]}"#, "invalid_request", "cups[1].size: invalid type"),
        (r#"{"cups": [{"size": 256}]}"#, "invalid_request", "cups[0].size: invalid value"),
        (r#"{"cups": [{"size": -1}]}"#, "invalid_request", "cups[0].size"),
        (r#"{"cups": [{"size": 1.0}]}"#, "invalid_request", "cups[0].size"),
        (r#"{"cups": [{"sise": 1}]}"#, "invalid_request", "unknown field `sise`"),
        (r#"{"cups": [{}]}"#, "invalid_request", "missing field `size`"),
        (r#"{"cups": null}"#, "invalid_request", "cups: "),
        (r#"{"cups": [], "cups": []}"#, "invalid_request", "duplicate field"),
        ("{}", "invalid_request", "missing field `cups`"),
        ("[]", "invalid_request", ""),
        (r#"{"cups": []}}"#, "body_not_json", "trailing"),
        (r#"{"cups": [}"#, "body_not_json", ""),
        ("", "body_not_json", "empty"),
        ("tea", "body_not_json", ""),
    ];
    for (body, code, says) in cases {
        match parse::<Tea>(body.as_bytes()) {
            Ok(_) => assert_eq!(code, "", "{body}"),
            Err(failure) => {
                assert_eq!(failure.0.code(), code, "{body}: {}", failure.0.detail);
                assert!(failure.0.detail.contains(says), "{body}: {}", failure.0.detail);
                assert!(
                    !failure.0.detail.contains(" at line ") || code == "body_not_json",
                    "{}",
                    failure.0.detail
                );
            }
        }
    }
}

#[test]
fn a_part_of_a_body_is_named_from_its_root() {
    let refusal = from_value::<Tea>("request", &json!({"cups": [{"size": true}]})).unwrap_err();
    assert!(refusal.detail.starts_with("request.cups[0].size: "), "{}", refusal.detail);
    let refusal = from_value::<Tea>("request", &json!("tea")).unwrap_err();
    assert!(refusal.detail.starts_with("request: "), "{}", refusal.detail);
}
