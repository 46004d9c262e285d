//! A WeChat Pay v3 client of the tests' own: signs requests, checks every 2xx, opens callbacks.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::KeyPair;
use base64::Engine as _;
use sandbox::WechatJson;
use serde_json::{Value, json};

use super::receiver::Received;
use super::{Fixture, private_key, sign, unique, verifies};

pub struct Wechat {
    pub json: WechatJson,
    pub base_url: String,
    key: KeyPair,
    http: reqwest::Client,
    /// Ask for answers signed by the public key.
    pub public_key_mode: bool,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
    pub json: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

/// One request as it is about to be sent; tests alter it.
pub struct Draft {
    pub method: &'static str,
    pub target: String,
    pub body: String,
    pub timestamp: i64,
    pub mchid: String,
    pub serial: String,
}

impl Wechat {
    pub fn new(fixture: &Fixture, index: usize) -> Self {
        let json = fixture.running.json.accounts[index].wechat.clone();
        let key = private_key(&json.merchant_private_key);
        let http = reqwest::Client::builder().no_proxy().user_agent("tests").build().unwrap();
        Wechat { json, base_url: fixture.running.base_url.clone(), key, http, public_key_mode: false }
    }

    pub fn draft(&self, method: &'static str, target: &str, body: &Value) -> Draft {
        Draft {
            method,
            target: target.to_string(),
            body: if body.is_null() { String::new() } else { body.to_string() },
            timestamp: super::now_ms() / 1000,
            mchid: self.json.mchid.clone(),
            serial: self.json.merchant_cert_serial.clone(),
        }
    }

    pub fn authorization(&self, draft: &Draft) -> String {
        let nonce = format!("nonce{}", unique());
        let message =
            format!("{}\n{}\n{}\n{nonce}\n{}\n", draft.method, draft.target, draft.timestamp, draft.body);
        let signature = sign(&self.key, message.as_bytes());
        format!(
            "WECHATPAY2-SHA256-RSA2048 signature=\"{signature}\",nonce_str=\"{nonce}\",mchid=\"{}\",timestamp=\"{}\",serial_no=\"{}\"",
            draft.mchid, draft.timestamp, draft.serial
        )
    }

    pub async fn send(&self, draft: &Draft, authorization: Option<String>) -> Result<Answer, reqwest::Error> {
        let mut request = self
            .http
            .request(draft.method.parse().unwrap(), format!("{}{}", self.base_url, draft.target))
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .body(draft.body.clone());
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        if self.public_key_mode {
            request = request.header("wechatpay-serial", &self.json.platform_public_key_id);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_str().unwrap().to_string()))
            .collect();
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, text, json })
    }

    /// A call whose answer, if 2xx, must be signed correctly.
    pub async fn call(&self, method: &'static str, target: &str, body: Value) -> Answer {
        let draft = self.draft(method, target, &body);
        let answer = self.send(&draft, Some(self.authorization(&draft))).await.unwrap();
        if answer.status < 300 {
            assert!(
                self.genuine(&|name| answer.header(name).to_string(), &answer.text),
                "unsigned: {answer:?}"
            );
        }
        assert!(!answer.header("request-id").is_empty());
        answer
    }

    /// Whether headers sign this body.
    pub fn genuine(&self, header: &dyn Fn(&str) -> String, body: &str) -> bool {
        if header("wechatpay-signature-type") != "WECHATPAY2-SHA256-RSA2048" {
            return false;
        }
        let serial = header("wechatpay-serial");
        let key = if serial == self.json.platform_public_key_id {
            &self.json.platform_public_key
        } else if serial == self.json.platform_certificate_serial {
            &self.json.platform_certificate
        } else {
            return false;
        };
        let message = format!("{}\n{}\n{body}\n", header("wechatpay-timestamp"), header("wechatpay-nonce"));
        verifies(key, message.as_bytes(), &header("wechatpay-signature"))
    }

    pub fn number(&self) -> String {
        format!("TEST{:08}", unique())
    }

    pub fn native(&self, number: &str, total: i64, notify_url: &str) -> Value {
        json!({
            "appid": self.json.appid, "mchid": self.json.mchid, "description": "一杯茶", "out_trade_no": number,
            "notify_url": notify_url, "amount": {"total": total, "currency": "CNY"}, "attach": "table 3",
        })
    }

    pub async fn create(&self, number: &str, total: i64, notify_url: &str) -> String {
        let answer =
            self.call("POST", "/v3/pay/transactions/native", self.native(number, total, notify_url)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json["code_url"].as_str().unwrap().to_string()
    }

    pub async fn codepay(&self, number: &str, total: i64, code: &str) -> Answer {
        let body = json!({
            "appid": self.json.appid, "mchid": self.json.mchid, "description": "一杯茶", "out_trade_no": number,
            "payer": {"auth_code": code}, "amount": {"total": total},
            "scene_info": {"device_ip": "10.0.0.1", "store_info": {"out_id": "S1"}},
        });
        self.call("POST", "/v3/pay/transactions/codepay", body).await
    }

    pub async fn query(&self, number: &str) -> Answer {
        let target = format!("/v3/pay/transactions/out-trade-no/{number}?mchid={}", self.json.mchid);
        self.call("GET", &target, Value::Null).await
    }

    pub async fn close(&self, number: &str) -> Answer {
        let target = format!("/v3/pay/transactions/out-trade-no/{number}/close");
        self.call("POST", &target, json!({"mchid": self.json.mchid})).await
    }

    pub async fn reverse(&self, number: &str) -> Answer {
        let target = format!("/v3/pay/transactions/out-trade-no/{number}/reverse");
        self.call("POST", &target, json!({"appid": self.json.appid, "mchid": self.json.mchid})).await
    }

    pub async fn refund(
        &self,
        number: &str,
        refund_no: &str,
        refund: i64,
        total: i64,
        notify_url: Option<&str>,
    ) -> Answer {
        let mut body = json!({
            "out_trade_no": number, "out_refund_no": refund_no, "reason": "changed mind",
            "amount": {"refund": refund, "total": total, "currency": "CNY"},
        });
        if let Some(url) = notify_url {
            body["notify_url"] = json!(url);
        }
        self.call("POST", "/v3/refund/domestic/refunds", body).await
    }

    /// Whether a callback is the channel's.
    pub fn is_genuine(&self, received: &Received) -> bool {
        self.genuine(&|name| received.header(name).to_string(), &received.body)
    }

    /// What a genuine callback seals.
    pub fn open(&self, received: &Received) -> (Value, Value) {
        assert!(self.is_genuine(received), "forged: {received:?}");
        let body: Value = serde_json::from_str(&received.body).unwrap();
        (self.unseal(&body["resource"]), body)
    }

    pub fn unseal(&self, resource: &Value) -> Value {
        serde_json::from_slice(&self.unseal_bytes(resource)).unwrap()
    }

    pub fn unseal_bytes(&self, resource: &Value) -> Vec<u8> {
        let text = |name: &str| resource[name].as_str().unwrap().to_string();
        let mut sealed = base64::engine::general_purpose::STANDARD.decode(text("ciphertext")).unwrap();
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, self.json.apiv3_key.as_bytes()).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(text("nonce").as_bytes()).unwrap();
        key.open_in_place(nonce, Aad::from(text("associated_data").as_bytes()), &mut sealed).unwrap().to_vec()
    }
}
