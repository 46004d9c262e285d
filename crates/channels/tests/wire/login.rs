//! Who has opened a page inside a wallet: the redirect there and back, and the code that is good once.

use desk::channel::Trouble;
use serde_json::json;

use crate::rig::{Rig, now, open};

/// Follows the redirect as the wallet's browser would; the query of the address it ends at.
async fn back(address: &str) -> Vec<(String, String)> {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = browser.get(address).send().await.unwrap();
    assert_eq!(answer.status(), 302, "{address}");
    let to = reqwest::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert_eq!((to.host_str(), to.path()), (Some("shop.example"), "/s/1/back"));
    to.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect()
}

fn field<'a>(query: &'a [(String, String)], name: &str) -> &'a str {
    query.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
}

const BACK: &str = "https://shop.example/s/1/back?x=1";

#[tokio::test]
async fn wechat_tells_who_a_visitor_is_once() {
    let rig = Rig::start().await;
    let line = rig.wechat();
    let address = line.login(BACK, "mark1").unwrap();
    let order = [
        "appid=",
        "redirect_uri=",
        "response_type=code",
        "scope=snsapi_base",
        "state=mark1",
        "#wechat_redirect",
    ];
    let places: Vec<usize> = order.iter().map(|part| address.find(part).expect(part)).collect();
    assert!(places.is_sorted(), "WeChat wants this order: {address}");
    let query = back(&address).await;
    assert_eq!((field(&query, "state"), field(&query, "x")), ("mark1", "1"));
    let code = field(&query, "code");
    assert_eq!(line.payer(code, now()).await.as_ref(), Ok(&rig.sandbox.json.wechat.openid));
    let again = line.payer(code, now()).await.unwrap_err();
    assert!(matches!(&again, Trouble::Refused { code, .. } if code == "40029"), "{again}");

    let mut settings = rig.wechat_settings("both");
    settings["app_secret"] = json!("0123456789abcdef0123456789abcdef");
    let wrong =
        open("wechat", &settings).unwrap_or_else(|e| panic!("{e:?}")).payer(code, now()).await.unwrap_err();
    assert!(matches!(&wrong, Trouble::Refused { code, .. } if code == "40125"), "{wrong}");
    settings.as_object_mut().unwrap().remove("app_secret");
    let unset = open("wechat", &settings).unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(unset.login(BACK, "m"), None);
    assert!(matches!(unset.payer("c", now()).await, Err(Trouble::Refused { .. })));
}

#[tokio::test]
async fn alipay_tells_who_a_visitor_is_once() {
    let rig = Rig::start().await;
    for keys in ["public_key", "certificate", "v3 public_key"] {
        let line = open("alipay", &rig.alipay_settings(keys)).unwrap_or_else(|e| panic!("{keys}: {e:?}"));
        let address = line.login(BACK, "mark2").unwrap();
        assert!(address.contains("scope=auth_base"), "{address}");
        let query = back(&address).await;
        assert_eq!((field(&query, "state"), field(&query, "x")), ("mark2", "1"));
        let code = field(&query, "auth_code");
        assert_eq!(line.payer(code, now()).await.as_ref(), Ok(&rig.sandbox.json.alipay.buyer_id), "{keys}");
        let again = line.payer(code, now()).await.unwrap_err();
        assert!(
            matches!(&again, Trouble::Refused { code, .. } if code == "isv.code-invalid"),
            "{keys}: {again}"
        );
    }
}

#[tokio::test]
async fn a_code_of_one_account_is_worth_nothing_to_another() {
    let rig = Rig::start().await;
    let (wechat, alipay) = (rig.wechat(), rig.alipay());
    let query = back(&wechat.login(BACK, "m").unwrap()).await;
    assert!(matches!(alipay.payer(field(&query, "code"), now()).await, Err(Trouble::Refused { .. })));
    let none = open("alipay_plus", &rig.alipay_plus_settings()).unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(none.login(BACK, "m"), None);
    assert!(matches!(none.payer("x", now()).await, Err(Trouble::Refused { .. })));
}
