//! Pages inside a wallet learn who opened them, once.

use crate::common::alipay::{Alipay, Shape};
use crate::common::start;
use serde_json::{Value, json};

#[tokio::test]
async fn a_code_is_exchanged_once() {
    let fixture = start().await;
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let back = |url: String| {
        let browser = browser.clone();
        async move {
            let response = browser.get(url).send().await.unwrap();
            assert_eq!(response.status(), 302);
            reqwest::Url::parse(response.headers()["location"].to_str().unwrap()).unwrap()
        }
    };
    let value = |url: &reqwest::Url, name: &str| {
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let wechat = fixture.running.json.wechat.clone();
    let page = "http%3A%2F%2F127.0.0.1%3A9%2Fs%2F1%3Fa%3D1";
    let url = format!(
        "{}?appid={}&redirect_uri={page}&scope=snsapi_base&state=s1",
        wechat.authorize_url, wechat.appid
    );
    let to = back(url).await;
    assert_eq!((to.path(), value(&to, "a"), value(&to, "state")), ("/s/1", "1".into(), "s1".into()));
    let exchange = format!(
        "{}/sns/oauth2/access_token?appid={}&secret={}&code={}&grant_type=authorization_code",
        fixture.running.base_url,
        wechat.appid,
        wechat.app_secret,
        value(&to, "code")
    );
    for (field, expected) in [("openid", json!(wechat.openid)), ("errcode", json!(40029))] {
        let text = browser.get(&exchange).send().await.unwrap().text().await.unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()[field], expected);
    }
    let alipay = Alipay::new(&fixture, 0);
    let url =
        format!("{}?app_id={}&redirect_uri={page}&payer=li", alipay.json.authorize_url, alipay.json.app_id);
    let code = value(&back(url).await, "auth_code");
    for (field, expected) in [("user_id", json!("2088100000000002")), ("sub_code", json!("isv.code-invalid"))]
    {
        let more = [("grant_type", "authorization_code"), ("code", code.as_str())];
        let params = alipay.params("alipay.system.oauth.token", &json!({}), &more);
        let text = alipay.send(&params, Shape::Form).await.unwrap();
        assert_eq!(alipay.node("alipay.system.oauth.token", &text)[field], expected, "{text}");
    }
}
