//! The real router over a rig: pages as anybody sees them, and calls of people who are signed in.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use desk::rows::{Role, Terminal};
use desk::{NewOperator, NewTerminal};
use scenes::parking::handheld::KIND;
use serde_json::{Value, json};
use store::testing::Engine;
use tower::ServiceExt;

use super::rig::Rig;

const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 0xff, 0xd9];

/// The router over a rig, and a cashier with a session.
pub(crate) struct Site {
    pub(crate) rig: Rig,
    pub(crate) app: Router,
    pub(crate) handheld: Terminal,
    pub(crate) session: desk::SignedIn,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) place: String,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.text.contains(part), "{part:?} is not in {}", self.text);
        }
    }
}

impl Site {
    pub(crate) async fn on(engine: Engine) -> Site {
        let rig = Rig::on(engine).await;
        let mut options = web::Options::new("http://saoma.test");
        options.scene_routes = scenes::routes();
        options.scene_screens = scenes::screens();
        options.problems = scenes::problems();
        let app = web::router(rig.desk.clone(), options);
        let handheld = Site::handheld(&rig, "Handheld 1").await;
        let new = NewOperator {
            name: "8001".to_owned(),
            password: "correct horse".to_owned(),
            role: Role::Cashier,
        };
        rig.desk.create_operator(&rig.who, new).await.unwrap();
        let session = rig.desk.sign_in("8001", "correct horse").await.unwrap();
        Site { rig, app, handheld, session }
    }

    pub(crate) async fn handheld(rig: &Rig, name: &str) -> Terminal {
        let can = ["shows_code", "scans_code", "takes_cash", "photographs"];
        let new = NewTerminal {
            site: rig.site.id,
            name: name.to_owned(),
            kind: KIND.to_owned(),
            capabilities: can.map(str::to_owned).to_vec(),
            unattended: false,
        };
        rig.desk.create_terminal(&rig.who, new).await.unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let place =
            response.headers().get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let bytes = to_bytes(response.into_body(), 1 << 22).await.unwrap();
        Answer { status, place, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// A page as anybody sees it, in English.
    pub(crate) async fn page(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn form(&self, path: &str, fields: &str) -> Answer {
        let request = Request::post(path).header("content-type", FORM).body(Body::from(fields.to_owned()));
        self.send(request.unwrap()).await
    }

    /// A call of the cashier's handheld.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>, key: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", format!("saoma_session={}", self.session.token))
            .header("x-csrf-token", &self.session.csrf)
            .header("idempotency-key", key)
            .header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |b| Body::from(b.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    /// Somebody with this role signs in.
    pub(crate) async fn person(&self, name: &str, role: Role) -> desk::SignedIn {
        let new = NewOperator { name: name.to_owned(), password: "correct horse".to_owned(), role };
        self.rig.desk.create_operator(&self.rig.who, new).await.unwrap();
        self.rig.desk.sign_in(name, "correct horse").await.unwrap()
    }

    /// A call of somebody who is signed in.
    pub(crate) async fn call_as(
        &self,
        who: &desk::SignedIn,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", format!("saoma_session={}", who.token))
            .header("x-csrf-token", &who.csrf)
            .header("idempotency-key", self.rig.key())
            .header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |b| Body::from(b.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn raw(&self, path: &str, bytes: &[u8], key: &str) -> Answer {
        let request = Request::post(path)
            .header("cookie", format!("saoma_session={}", self.session.token))
            .header("x-csrf-token", &self.session.csrf)
            .header("idempotency-key", key)
            .header("content-type", "image/jpeg");
        self.send(request.body(Body::from(bytes.to_vec())).unwrap()).await
    }

    pub(crate) fn own(&self, path: &str) -> String {
        format!("/parking/handheld/{}{path}", self.handheld.id)
    }

    pub(crate) async fn shift(&self) {
        let opened = self.call("POST", &self.own("/shift"), Some(json!({"float": {}})), "shift").await;
        assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
    }

    /// An order at the handheld and its cash, as the browser's queue sends them; every step under its own key.
    pub(crate) async fn cash(&self, request: Value, tendered: i64, key: &str) -> (Answer, Answer) {
        let body = json!({"scene": "parking", "site": self.rig.site.id, "terminal": self.handheld.id, "request": request});
        let order = self.call("POST", "/v1/orders", Some(body), &format!("{key}-order")).await;
        let id = order.json()["id"].as_str().unwrap_or("-").to_owned();
        let body = json!({"presentment": "cash", "channel": "cash", "terminal": self.handheld.id,
            "tendered": {"value": tendered, "currency": "CNY"}});
        let paid =
            self.call("POST", &format!("/v1/orders/{id}/attempts"), Some(body), &format!("{key}-cash")).await;
        (order, paid)
    }
}

pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}
