//! A merchant's system and the payers' wallets, as programs: calls that are repeated with the same key while the process is down.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::process::Demo;

/// How long anything may take to settle: the bound of an unclear scan, restarts and a slow machine included.
const PATIENCE: Duration = Duration::from_secs(120);
/// The same where the process is killed again and again, on a machine that may do other things too.
const MORE_PATIENCE: Duration = Duration::from_secs(360);

/// One merchant at its counter.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) client: Client,
    pub(crate) base: String,
    /// Other nodes of the same platform, asked when the first does not answer.
    pub(crate) others: Vec<String>,
    pub(crate) sandbox: String,
    pub(crate) key: String,
    pub(crate) site: String,
    pub(crate) counter: String,
    /// A terminal that only shows codes.
    pub(crate) stand: String,
    /// Whether the process stays up; where it does not, a charge may never have been sent.
    pub(crate) undisturbed: bool,
    keys: Arc<AtomicU64>,
    /// Every payment code that a wallet showed.
    pub(crate) codes: Arc<Mutex<Vec<String>>>,
}

/// An answer: status and JSON.
pub(crate) type Answer = (u16, Value);

impl Shop {
    /// The first merchant's.
    pub(crate) fn of(demo: &Demo, undisturbed: bool) -> Shop {
        Shop::numbered(demo, 0, undisturbed)
    }

    /// The shop of a merchant of `demo.json`.
    pub(crate) fn numbered(demo: &Demo, number: usize, undisturbed: bool) -> Shop {
        let json = &demo.json;
        let merchant = &json["merchants"][number];
        let terminals: Vec<&Value> = json["terminals"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|t| t["merchant"] == merchant["id"])
            .collect();
        let of_kind = |kind: &str| {
            terminals.iter().find(|t| t["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))["id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Shop {
            client: Client::builder().timeout(Duration::from_secs(60)).build().unwrap(),
            base: text(&json["base_url"]),
            others: Vec::new(),
            sandbox: text(&json["sandbox_url"]),
            key: text(&merchant["api_key"]),
            site: text(&terminals[0]["site"]),
            counter: of_kind("counter"),
            stand: of_kind("stand"),
            undisturbed,
            keys: Arc::default(),
            codes: Arc::default(),
        }
    }

    fn patience(&self) -> Duration {
        if self.undisturbed { PATIENCE } else { MORE_PATIENCE }
    }

    /// A key for one write.
    pub(crate) fn fresh_key(&self) -> String {
        format!("e2e-{}-{}", std::process::id(), self.keys.fetch_add(1, Ordering::Relaxed))
    }

    /// One call, repeated with the same key until it is answered.
    pub(crate) async fn call(&self, method: Method, url: &str, body: Option<&Value>, key: &str) -> Answer {
        let began = Instant::now();
        for round in 0.. {
            let mut request = self
                .client
                .request(method.clone(), self.at(url, round))
                .bearer_auth(&self.key)
                .header("idempotency-key", key)
                .header("content-type", "application/json");
            if let Some(body) = body {
                request = request.body(body.to_string());
            }
            let failed = match request.send().await {
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    match answer.bytes().await {
                        Ok(text) => return (status, serde_json::from_slice(&text).unwrap_or(Value::Null)),
                        Err(error) => error,
                    }
                }
                Err(error) => error,
            };
            assert!(!self.undisturbed, "{url}: {failed:?}");
            assert!(began.elapsed() < self.patience(), "{url}: {failed}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        unreachable!("it ends by an answer or by patience")
    }

    /// The address at the node whose turn it is.
    fn at(&self, url: &str, round: usize) -> String {
        let nodes: Vec<&String> = [&self.base].into_iter().chain(&self.others).collect();
        match url.strip_prefix(&self.base) {
            Some(path) => format!("{}{path}", nodes[round % nodes.len()]),
            None => url.to_owned(),
        }
    }

    /// A write of the API. What answers "repeat with the same key" is repeated.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let (key, began) = (self.fresh_key(), Instant::now());
        loop {
            let answer = self.call(Method::POST, &format!("{}{path}", self.base), Some(body), &key).await;
            if answer.0 != 503 || self.undisturbed || began.elapsed() > self.patience() {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// A read of the API.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, &format!("{}{path}", self.base), None, "unused").await
    }

    /// A call of the sandbox's control.
    pub(crate) async fn control(&self, name: &str, body: &Value) -> Answer {
        self.call(Method::POST, &format!("{}/_sandbox/{name}", self.sandbox), Some(body), "unused").await
    }

    /// A new order of an amount in fen; its id.
    pub(crate) async fn order(&self, fen: i64) -> String {
        let body = json!({"scene": "retail", "site": self.site, "terminal": self.counter,
            "request": {"amount": yuan(fen), "description": "Tea 茶"}});
        let (status, order) = self.post("/v1/orders", &body).await;
        assert_eq!((status, &order["state"]), (201, &json!("open")), "{order:#}");
        order["id"].as_str().unwrap().to_owned()
    }

    /// The order as it is now. While the database is away the platform says so, and is asked again.
    pub(crate) async fn look(&self, order: &str) -> Value {
        let began = Instant::now();
        loop {
            let (status, whole) = self.get(&format!("/v1/orders/{order}")).await;
            if status == 503 && whole["code"] == "busy" && began.elapsed() < self.patience() {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            assert_eq!(status, 200, "{whole:#}");
            return whole;
        }
    }

    /// The order once `good` holds. Fails with the order as it is when it never does.
    pub(crate) async fn until(&self, order: &str, what: &str, good: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let whole = self.look(order).await;
            if good(&whole) {
                return whole;
            }
            assert!(began.elapsed() < self.patience(), "order {order} never was {what}: {whole:#}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Tries to pay.
    pub(crate) async fn attempt(&self, order: &str, body: &Value) -> Answer {
        self.post(&format!("/v1/orders/{order}/attempts"), body).await
    }

    /// A code on the screen: the attempt that carries it.
    pub(crate) async fn show(&self, order: &str, channel: &str) -> Value {
        let body = json!({"presentment": "merchant_presented", "channel": channel, "terminal": self.counter});
        let (status, attempt) = self.attempt(order, &body).await;
        if status == 201 && attempt["code"].is_string() {
            return attempt;
        }
        // The channel's answer was lost, or ours: the same number is asked for again, and the order shows the code then.
        assert!(!self.undisturbed || attempt["code"] == "channel_unavailable", "{status} {attempt:#}");
        let shown = |a: &Value| a["channel"] == channel && a["code"].is_string();
        let whole = self
            .until(order, "showing a code", |o| o["attempts"].as_array().unwrap().iter().any(shown))
            .await;
        whole["attempts"].as_array().unwrap().iter().find(|a| shown(a)).unwrap().clone()
    }

    /// A wallet scans a code and pays. A repeated call may find it paid already.
    pub(crate) async fn pay(&self, code: &Value) -> bool {
        let (status, answer) = self.control("pay", &json!({"code": code})).await;
        let repeated = status == 409 && answer["code"] == "already_paid" && !self.undisturbed;
        if self.undisturbed {
            assert_eq!(status, 200, "{answer:#}");
        }
        status == 200 || repeated
    }

    /// Takes every fault of a channel back.
    pub(crate) async fn no_faults(&self, channel: &str) {
        let url = format!("{}/_sandbox/faults?channel={channel}", self.sandbox);
        assert_eq!(self.call(Method::DELETE, &url, None, "unused").await.0, 200);
    }

    /// A payment code of a wallet, with its outcome.
    pub(crate) async fn payer_code(&self, channel: &str, outcome: &str) -> String {
        let (status, code) =
            self.control("payer-code", &json!({"channel": channel, "outcome": outcome})).await;
        assert_eq!(status, 200, "{code:#}");
        let code = code["code"].as_str().unwrap().to_owned();
        self.codes.lock().unwrap().push(code.clone());
        code
    }

    /// What the channels keep of an order's payments and what the platform keeps are the same money; the order as it is then.
    pub(crate) async fn agrees(&self, order: &str) -> Value {
        let began = Instant::now();
        loop {
            let whole = self.look(order).await;
            let mut channels = 0;
            for attempt in whole["attempts"].as_array().unwrap() {
                if attempt["channel"] == "cash" {
                    channels += attempt["amount"]["value"].as_i64().unwrap();
                    continue;
                }
                let number = attempt["out_trade_no"].as_str().unwrap();
                let url = format!("{}/_sandbox/trades?out_trade_no={number}", self.sandbox);
                let (_, trades) = self.call(Method::GET, &url, None, "unused").await;
                for trade in trades["trades"].as_array().unwrap() {
                    if trade["paid_at"].is_string() {
                        channels += trade["amount"]["value"].as_i64().unwrap();
                    }
                    channels -= trade["refunded"]["value"].as_i64().unwrap();
                }
            }
            let cash_back: i64 = refunds(&whole)
                .filter(|r| r["state"] == "succeeded" && channel_of(&whole, r) == "cash")
                .map(|r| r["amount"]["value"].as_i64().unwrap())
                .sum();
            if channels - cash_back == net(&whole) {
                return whole;
            }
            assert!(
                began.elapsed() < self.patience(),
                "the channels keep {channels}, the platform {}: {whole:#}",
                net(&whole)
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Every refund of an order.
pub(crate) fn refunds(order: &Value) -> impl Iterator<Item = &Value> {
    order["refunds"].as_array().unwrap().iter()
}

fn channel_of<'a>(order: &'a Value, refund: &Value) -> &'a str {
    let attempts = order["attempts"].as_array().unwrap();
    attempts.iter().find(|a| a["id"] == refund["attempt"]).unwrap()["channel"].as_str().unwrap()
}

/// What was paid and has not gone back, in fen.
pub(crate) fn net(order: &Value) -> i64 {
    order["paid"]["value"].as_i64().unwrap() - order["refunded"]["value"].as_i64().unwrap()
}

/// An amount as the API writes it.
pub(crate) fn yuan(fen: i64) -> Value {
    json!({"value": fen, "currency": "CNY"})
}
