//! The table is complete: both languages say everything, with the same placeholders, under keys that are found.

use std::collections::{BTreeSet, HashSet};

use axum::http::{HeaderMap, HeaderValue, Uri};

use super::*;

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
fn both_languages_say_everything() {
    let mut keys = HashSet::new();
    for text in all() {
        assert!(keys.insert(text.key), "{} is there twice", text.key);
        assert!(
            !text.en.trim().is_empty() && !text.zh.trim().is_empty(),
            "{} is empty in a language",
            text.key
        );
        assert_eq!(
            placeholders(text.en),
            placeholders(text.zh),
            "{} has other placeholders in the other language",
            text.key
        );
        assert!(!is_chinese(text.en), "{} has Chinese in its English", text.key);
        let only_symbols = placeholders(text.zh).len() == 1 && text.en.starts_with('{') || text.zh == "—";
        assert!(
            is_chinese(text.zh) || only_symbols,
            "{} has no Chinese in its Chinese: {}",
            text.key,
            text.zh
        );
    }
    assert!(keys.len() > 250, "the table is there");
}

#[test]
fn every_problem_and_state_of_the_desk_is_worded() {
    for problem in desk::problem::desk::ALL {
        assert!(
            by_key(&format!("problem.{}", problem.code)).is_some(),
            "problem.{} has no words",
            problem.code
        );
    }
    let declines = [
        desk::channel::Decline::NotEnoughMoney,
        desk::channel::Decline::CodeExpired,
        desk::channel::Decline::PayerCancelled,
        desk::channel::Decline::WalletRefused,
        desk::channel::Decline::MerchantRefused,
        desk::channel::Decline::Other,
    ];
    for decline in declines {
        assert!(by_key(&format!("reason.{}", decline.as_str())).is_some(), "{decline:?} has no words");
    }
    for (group, codes) in [
        ("order", &["open", "paid", "fulfilled", "closed"][..]),
        ("attempt", &["pending", "in_doubt", "succeeded", "declined", "closed", "reversed"]),
        ("refund", &["processing", "succeeded", "failed"]),
        ("fulfilment", &["pending", "done", "failed", "revoked"]),
        ("role", &["owner", "manager", "cashier", "auditor"]),
        (
            "presentment",
            &[
                "merchant_presented",
                "customer_presented",
                "tap",
                "offline_tap",
                "in_app",
                "agreement",
                "cash",
            ],
        ),
        (
            "cause",
            &["requested", "duplicate_payment", "paid_after_close", "reversal_too_late", "fulfilment_failed"],
        ),
    ] {
        for code in codes {
            assert!(by_key(&format!("{group}.{code}")).is_some(), "{group}.{code} has no words");
        }
    }
}

/// Scripts name texts by key: every key they name is in the table.
#[test]
fn scripts_find_their_words() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
    for file in std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()) {
        if file.extension().is_none_or(|e| e != "js") {
            continue;
        }
        let source = std::fs::read_to_string(&file).unwrap();
        for rest in source.split("say(\"").skip(1) {
            let key = rest.split('"').next().unwrap();
            assert!(by_key(key).is_some(), "{} says {key:?}, which has no words", file.display());
        }
    }
}

#[test]
fn a_value_nobody_knows_is_shown_as_it_is() {
    assert_eq!(code(Lang::Zh, "attempt", "teleported"), "teleported");
    assert_eq!(code(Lang::Zh, "attempt", "succeeded"), "已付款");
}

#[test]
fn the_language_of_a_request() {
    let check = |uri: &str, cookie: &str, accept: &str, want: Lang| {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", HeaderValue::from_str(cookie).unwrap());
        headers.insert("accept-language", HeaderValue::from_str(accept).unwrap());
        assert_eq!(Lang::of(&uri.parse::<Uri>().unwrap(), &headers), want, "{uri} {cookie:?} {accept:?}");
    };
    check("/", "", "", Lang::En);
    check("/", "", "zh-CN,zh;q=0.9,en;q=0.8", Lang::Zh);
    check("/", "", "fr,en;q=0.5,zh;q=0.7", Lang::Zh);
    check("/", "", "zh;q=0", Lang::En);
    check("/", "a=b; lang=en", "zh-CN", Lang::En);
    check("/?lang=zh", "lang=en", "en", Lang::Zh);
    check("/?a=1&lang=en", "lang=zh", "zh", Lang::En);
    check("/?lang=xx", "lang=zh", "", Lang::Zh);
}
