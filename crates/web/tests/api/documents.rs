//! The documents that are kept beside the code: `docs/openapi.json` and `docs/problems.md`. `SAOMA_UPDATE_DOCS=1` writes them anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

#[track_caller]
fn check(name: &str, text: &str) {
    let path = docs(name);
    if std::env::var_os("SAOMA_UPDATE_DOCS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "docs/{name} is not what the code says: run SAOMA_UPDATE_DOCS=1 cargo test -p web --test api documents"
    );
}

fn document() -> Value {
    serde_json::to_value(web::api::openapi(scenes::routes())).unwrap()
}

#[test]
fn openapi_is_kept() {
    let mut text = serde_json::to_string_pretty(&document()).unwrap();
    text.push('\n');
    check("openapi.json", &text);
}

#[test]
fn openapi_says_what_all_operations_share() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations += 1;
            assert!(operation["responses"]["default"].is_object(), "{method} {path} has no problem answer");
            assert!(
                operation["summary"].as_str().is_some_and(|s| !s.is_empty()),
                "{method} {path} has no summary"
            );
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let keyed = parameters.iter().any(|p| p["name"] == "Idempotency-Key" && p["required"] == true);
            // Channels and cameras call back with no key: what they tell has a number of its own.
            let callback = path.starts_with("/v1/notify/") || operation["tags"][0] == "callbacks";
            assert_eq!(keyed, method == "post" && !callback, "{method} {path}: Idempotency-Key");
        }
    }
    assert!(operations > 30, "{operations} operations");
    let text = document.to_string();
    let mut refs = BTreeSet::new();
    for part in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        refs.insert(part.split('"').next().unwrap());
    }
    for name in refs {
        assert!(document["components"]["schemas"][name].is_object(), "schema {name} is missing");
    }
}

#[test]
fn every_problem_is_listed() {
    let mut text = String::from(
        "# Problems\n\nEvery refusal is a problem detail (RFC 9457) with one of these codes. Codes never change their meaning. \
         This page is made from the code: `SAOMA_UPDATE_DOCS=1 cargo test -p web --test api documents`.\n\n\
         | code | status | what it means | what to do |\n|---|---|---|---|\n",
    );
    let mut more = scenes::problems();
    more.push(channels::cash::problems::ALL);
    let all = web::problem::catalogue(&more);
    let codes: BTreeSet<&str> = all.iter().map(|(p, _)| p.code).collect();
    assert_eq!(codes.len(), all.len(), "two problems share a code");
    for (problem, status) in all {
        writeln!(text, "| `{}` | {} | {} | {} |", problem.code, status.as_u16(), problem.title, problem.fix)
            .unwrap();
    }
    check("problems.md", &text);
}
