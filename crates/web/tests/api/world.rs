//! Two merchants with a shop each behind the real router, and a client that speaks to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use desk::channel::Channel;
use desk::rows::Role;
use desk::scene::Scene;
use desk::{Desk, NewChannel, NewOperator, NewSite, NewTerminal, Parts, Sealer, Settings, Who};
use money::Currency;
use scenes::retail::Retail;
use serde_json::{Value, json};
use store::Id;
use store::testing::{Engine, ManualClock, SeededRandom};
use tower::ServiceExt;

use super::bank::{Bank, Till};

pub const ALL_CAPABILITIES: [&str; 5] = ["shows_code", "scans_code", "takes_cash", "gives_change", "prints"];

/// A merchant with all it needs to sell.
pub struct Shop {
    pub who: Who,
    pub key: String,
    pub site: Id,
    pub terminal: Id,
    pub account: Id,
}

pub struct World {
    pub desk: Desk,
    pub app: Router,
    /// Asks the process to stop.
    pub stop: tokio::sync::watch::Sender<bool>,
    pub clock: Arc<ManualClock>,
    pub shop: Shop,
    pub other: Shop,
    keys: AtomicU32,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or("")
    }

    pub fn id(&self) -> String {
        self.json["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.text)).to_owned()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

/// A request being made.
pub struct Call<'a> {
    world: &'a World,
    method: &'a str,
    path: String,
    headers: Vec<(&'a str, String)>,
    body: Vec<u8>,
    keyed: bool,
}

impl<'a> Call<'a> {
    pub fn header(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn key(self, key: &str) -> Self {
        let mut call = self.header("idempotency-key", key);
        call.keyed = false;
        call
    }

    pub fn no_key(mut self) -> Self {
        self.keyed = false;
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.header("content-type", "application/json")
    }

    pub fn raw(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub async fn response(mut self) -> axum::response::Response {
        if self.keyed && self.method == "POST" {
            let key = format!("test-{}", self.world.keys.fetch_add(1, Ordering::Relaxed));
            self = self.key(&key);
        }
        let mut request = Request::builder().method(self.method).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        self.world.app.clone().oneshot(request.body(Body::from(self.body)).unwrap()).await.unwrap()
    }

    pub async fn send(self) -> Answer {
        let response = self.response().await;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), 1 << 22).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status, headers, text, json }
    }
}

impl World {
    pub async fn new(engine: &Engine) -> World {
        World::with(engine, vec![Arc::new(Retail::default())]).await
    }

    /// With these lines of business.
    pub async fn with(engine: &Engine, scenes: Vec<Arc<dyn Scene>>) -> World {
        let settings = Settings {
            answer_wait: Duration::from_millis(500),
            base_url: "http://saoma.test".to_owned(),
            ..Settings::default()
        };
        let desk = Desk::new(Parts {
            db: engine.db.clone(),
            scenes,
            channels: vec![Channel::Remote(Arc::new(Bank::new())), Channel::Value(Arc::new(Till::new()))],
            settings,
            clock: engine.clock.clone(),
            random: Arc::new(SeededRandom::new(2)),
            sealer: Sealer::from_seed(&[7; 32]),
        });
        let mut options = web::Options::new("http://saoma.test");
        options.scene_routes = scenes::routes();
        options.scene_screens = scenes::screens();
        options.problems = scenes::problems();
        let stop = tokio::sync::watch::Sender::new(false);
        options.stop = stop.subscribe();
        let app = web::router(desk.clone(), options);
        let shop = World::shop(&desk, "One").await;
        let other = World::shop(&desk, "Two").await;
        World { desk, app, stop, clock: engine.clock.clone(), shop, other, keys: AtomicU32::new(0) }
    }

    async fn shop(desk: &Desk, name: &str) -> Shop {
        let merchant = desk.create_merchant(name, Currency::CNY).await.unwrap();
        let who = Who::system(merchant);
        let site =
            NewSite {
                name: format!("{name} 路店"), zone: None, cut_off_minutes: 0, address: String::new()
            };
        let site = desk.create_site(&who, site).await.unwrap().id;
        let terminal = World::add_terminal(desk, &who, site, &ALL_CAPABILITIES).await;
        let bank = NewChannel {
            channel: "bank".to_owned(),
            name: "Bank".to_owned(),
            settings: json!({"mchid": "m", "private_key": "secret"}),
        };
        let account = desk.set_channel(&who, bank).await.unwrap().id;
        let key = desk.create_key(&who, "tests", Role::Owner).await.unwrap();
        Shop { who, key, site, terminal, account }
    }

    pub async fn add_terminal(desk: &Desk, who: &Who, site: Id, can: &[&str]) -> Id {
        let capabilities = can.iter().map(|c| (*c).to_owned()).collect();
        let new = NewTerminal {
            site,
            name: "Till".to_owned(),
            kind: "counter".to_owned(),
            capabilities,
            unattended: true,
        };
        desk.create_terminal(who, new).await.unwrap().id
    }

    pub async fn add_operator(&self, name: &str, role: Role) {
        let new = NewOperator { name: name.to_owned(), password: "correct horse".to_owned(), role };
        self.desk.create_operator(&self.shop.who, new).await.unwrap();
    }

    /// A request of nobody.
    /// Signs an operator in; the password is the one [`World::add_operator`] gives.
    pub async fn shop_session(&self, name: &str) -> desk::SignedIn {
        self.desk.sign_in(name, "correct horse").await.unwrap()
    }

    pub fn call<'a>(&'a self, method: &'a str, path: impl Into<String>) -> Call<'a> {
        Call { world: self, method, path: path.into(), headers: Vec::new(), body: Vec::new(), keyed: true }
    }

    /// A request of the first shop's system.
    pub fn ask<'a>(&'a self, method: &'a str, path: impl Into<String>) -> Call<'a> {
        self.call(method, path).bearer(&self.shop.key)
    }

    pub async fn post(&self, path: impl Into<String>, body: &Value) -> Answer {
        self.ask("POST", path).json(body).send().await
    }

    pub async fn get(&self, path: impl Into<String>) -> Answer {
        self.ask("GET", path).send().await
    }

    /// The body of a sale at the first shop.
    pub fn sale(&self, request: &Value) -> Value {
        json!({"scene": "retail", "site": self.shop.site, "terminal": self.shop.terminal, "request": request})
    }

    /// A new order of an amount.
    pub async fn order(&self, fen: i64) -> String {
        let request = json!({"amount": {"value": fen, "currency": "CNY"}, "description": "茶 tea"});
        self.post("/v1/orders", &self.sale(&request)).await.expect(201).id()
    }

    pub async fn pay_cash(&self, order: &str, fen: i64) -> Answer {
        let body = json!({"presentment": "cash", "tendered": {"value": fen, "currency": "CNY"}});
        self.post(format!("/v1/orders/{order}/attempts"), &body).await
    }

    /// The bank tells of a payment.
    pub async fn notify(&self, out_trade_no: &str, fen: i64, signature: &str, age: Duration) -> Answer {
        let path = format!("/v1/notify/bank/{}", self.shop.account);
        let at = self.clock.now().minus(age);
        self.call("POST", path)
            .no_key()
            .header("x-signature", signature)
            .header("x-at", at.0.to_string())
            .json(&json!({"out_trade_no": out_trade_no, "amount": fen}))
            .send()
            .await
    }
}
