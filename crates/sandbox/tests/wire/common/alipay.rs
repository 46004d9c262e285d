//! An Alipay gateway client of the tests' own: signs in every request shape, checks the node's signature over its raw text.

use aws_lc_rs::rsa::KeyPair;
use sandbox::AlipayJson;
use serde_json::{Value, json};

use super::receiver::Received;
use super::{Fixture, private_key, sign, unique, verifies};

pub struct Alipay {
    pub json: AlipayJson,
    key: KeyPair,
    http: reqwest::Client,
}

/// How the parameters travel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    Query,
    Mixed,
    Form,
}

impl Alipay {
    pub fn new(fixture: &Fixture, index: usize) -> Self {
        let json = fixture.running.json.accounts[index].alipay.clone();
        let key = private_key(&json.app_private_key);
        Alipay { json, key, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    pub fn params(&self, method: &str, content: &Value, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let content = content.to_string();
        let more: Vec<(&str, &str)> =
            more.iter().copied().chain([("biz_content", content.as_str())]).collect();
        self.bare(method, &more)
    }

    /// The signed parameters, with whatever content `more` brings.
    pub fn bare(&self, method: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut params: Vec<(String, String)> = [
            ("app_id", self.json.app_id.as_str()),
            ("method", method),
            ("charset", "utf-8"),
            ("sign_type", "RSA2"),
            ("timestamp", "2026-06-01 08:00:00"),
            ("version", "1.0"),
        ]
        .into_iter()
        .chain(more.iter().copied())
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .collect();
        params.sort();
        let text: Vec<String> =
            params.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| format!("{k}={v}")).collect();
        let signature = sign(&self.key, text.join("&").as_bytes());
        params.push(("sign".into(), signature));
        params
    }

    pub async fn send(&self, params: &[(String, String)], shape: Shape) -> Result<String, reqwest::Error> {
        let encode = |pairs: &[(String, String)]| {
            form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
        };
        let gateway = &self.json.gateway_url;
        let (content, common): (Vec<_>, Vec<_>) =
            params.iter().cloned().partition(|(name, _)| name == "biz_content");
        let form = "application/x-www-form-urlencoded;charset=utf-8";
        let request = match shape {
            Shape::Query => self.http.get(format!("{gateway}?{}", encode(params))),
            Shape::Mixed => self
                .http
                .post(format!("{gateway}?{}", encode(&common)))
                .header("content-type", form)
                .body(encode(&content)),
            Shape::Form => self.http.post(gateway).header("content-type", form).body(encode(params)),
        };
        let response = request.send().await?;
        assert_eq!(response.status(), 200);
        response.text().await
    }

    /// The node of an answer, its signature checked over the raw text.
    pub fn node(&self, method: &str, text: &str) -> Value {
        let head = format!("{{\"{}_response\":", method.replace('.', "_"));
        let rest = text.strip_prefix(&head).unwrap_or_else(|| panic!("not the node first: {text}"));
        let (node, sign) = rest.rsplit_once(",\"sign\":\"").unwrap();
        assert!(
            verifies(&self.json.alipay_public_key, node.as_bytes(), sign.trim_end_matches("\"}")),
            "{text}"
        );
        serde_json::from_str(node).unwrap()
    }

    pub async fn call_with(&self, method: &str, content: Value, more: &[(&str, &str)]) -> Value {
        let text = self.send(&self.params(method, &content, more), Shape::Mixed).await.unwrap();
        self.node(method, &text)
    }

    pub async fn call(&self, method: &str, content: Value) -> Value {
        self.call_with(method, content, &[]).await
    }

    pub fn number(&self) -> String {
        format!("ALI{:010}", unique())
    }

    pub async fn precreate(&self, number: &str, amount: &str, notify_url: &str) -> String {
        let content =
            json!({"out_trade_no": number, "total_amount": amount, "subject": "一杯茶 {x", "body": "tea"});
        let node = self.call_with("alipay.trade.precreate", content, &[("notify_url", notify_url)]).await;
        assert_eq!(node["code"], "10000", "{node}");
        node["qr_code"].as_str().unwrap().to_string()
    }

    pub async fn pay(&self, number: &str, amount: &str, code: &str) -> Value {
        let content = json!({"out_trade_no": number, "total_amount": amount, "subject": "tea", "scene": "bar_code", "auth_code": code});
        self.call("alipay.trade.pay", content).await
    }

    pub async fn query(&self, number: &str) -> Value {
        self.call("alipay.trade.query", json!({"out_trade_no": number})).await
    }

    /// A v3 call: status and body, the answer's signature checked.
    pub async fn v3(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (status, text) = self.v3_text(method, path, &body.to_string(), &[]).await;
        (status, serde_json::from_str(&text).unwrap())
    }

    /// The same with any body and more headers; a token is signed too.
    pub async fn v3_text(
        &self,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> (u16, String) {
        let head = format!("app_id={},nonce=n{},timestamp={}", self.json.app_id, unique(), super::now_ms());
        let mut message = format!("{head}\n{method}\n{path}\n{body}\n");
        for (_, token) in headers.iter().filter(|(name, _)| *name == "alipay-app-auth-token") {
            message += &format!("{token}\n");
        }
        let signature = sign(&self.key, message.as_bytes());
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.json.v3_endpoint))
            .header("authorization", format!("ALIPAY-SHA256withRSA {head},sign={signature}"))
            .header("content-type", "application/json")
            .body(body.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_string();
        let (timestamp, nonce, signature) =
            (header("alipay-timestamp"), header("alipay-nonce"), header("alipay-signature"));
        let text = response.text().await.unwrap();
        let message = format!("{timestamp}\n{nonce}\n{text}\n");
        assert!(verifies(&self.json.alipay_public_key, message.as_bytes(), &signature), "{text}");
        (status, text)
    }

    /// The fields of a callback; `None` when the signature is not Alipay's.
    pub fn open(&self, received: &Received) -> Option<Vec<(String, String)>> {
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(received.body.as_bytes()).into_owned().collect();
        assert!(pairs.iter().all(|(_, value)| !value.is_empty()), "an empty field: {pairs:?}");
        let sign = pairs.iter().find(|(name, _)| name == "sign").unwrap().1.clone();
        let mut signed: Vec<_> =
            pairs.iter().filter(|(name, _)| name != "sign" && name != "sign_type").cloned().collect();
        signed.sort();
        let text: Vec<String> = signed.iter().map(|(k, v)| format!("{k}={v}")).collect();
        verifies(&self.json.alipay_public_key, text.join("&").as_bytes(), &sign).then_some(pairs)
    }
}
