//! The mall of the demo over HTTP: whichever of the four ways a car was paid by, it leaves by any of the four gates (P29); what is not paid pays at the
//! exit's own code (P24). And no plate is ever in the logs.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, redirect};
use serde_json::{Value, json};

use crate::process::{Demo, Place};

const PATIENCE: Duration = Duration::from_secs(60);
const GATES: [&str; 4] = ["east", "south", "west", "north"];
const WAYS: [&str; 4] = ["wechat", "alipay", "kiosk", "handheld"];

/// Who calls.
#[derive(Clone, Copy)]
enum As<'a> {
    Nobody,
    Key(&'a str),
    Session(&'a str, &'a str),
}

struct Mall {
    client: Client,
    json: Value,
    site: String,
    key: String,
    lanes: Vec<Value>,
    cashier: (String, String),
    calls: std::cell::Cell<u32>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Asks again until it is as it has to be.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

impl Mall {
    async fn of(demo: &Demo) -> Mall {
        let json = demo.json.clone();
        let kiosk = json["terminals"]
            .as_array()
            .unwrap()
            .iter()
            .find(|t| t["kind"] == "parking_kiosk")
            .unwrap()
            .clone();
        let merchant = json["merchants"]
            .as_array()
            .unwrap()
            .iter()
            .find(|m| m["id"] == kiosk["merchant"])
            .unwrap()
            .clone();
        let client = Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none()).build().unwrap();
        let mut mall = Mall {
            client,
            json,
            site: text(&kiosk["site"]),
            key: text(&merchant["api_key"]),
            lanes: Vec::new(),
            cashier: (String::new(), String::new()),
            calls: 0.into(),
        };
        let lanes = mall
            .ask(Method::GET, &format!("/v1/parking/parks/{}/lanes", mall.site), None, As::Key(&mall.key))
            .await;
        mall.lanes = lanes.1["items"].as_array().unwrap().clone();
        mall.cashier = mall.sign_in("8001").await;
        mall
    }

    fn request(&self, method: Method, path: &str, who: As<'_>) -> reqwest::RequestBuilder {
        self.calls.set(self.calls.get() + 1);
        let request = self
            .client
            .request(method, format!("{}{path}", text(&self.json["base_url"])))
            .header("idempotency-key", format!("mall-{}-{}", std::process::id(), self.calls.get()));
        match who {
            As::Nobody => request,
            As::Key(key) => request.bearer_auth(key),
            As::Session(cookie, csrf) => request.header("cookie", cookie).header("x-csrf-token", csrf),
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>, who: As<'_>) -> (u16, Value) {
        let mut request = self.request(method, path, who);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null))
    }

    async fn post(&self, path: &str, body: Value, who: As<'_>) -> Value {
        let (status, answer) = self.ask(Method::POST, path, Some(body), who).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer:#}");
        answer
    }

    async fn sign_in(&self, name: &str) -> (String, String) {
        let people = self.json["operators"].as_array().unwrap();
        let password = &people.iter().find(|p| p["name"] == name).unwrap()["password"];
        let body = json!({"name": name, "password": password}).to_string();
        let request = self.request(Method::POST, "/v1/session", As::Nobody);
        let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let told: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        (cookie, text(&told["csrf_token"]))
    }

    fn terminal(&self, kind: &str) -> &Value {
        self.json["terminals"].as_array().unwrap().iter().find(|t| t["kind"] == kind).unwrap()
    }

    fn exit(&self, gate: &str) -> &Value {
        self.lanes.iter().find(|l| l["gate"] == gate && l["direction"] == "exit").unwrap()
    }

    /// The key of a lane's barrier.
    fn barrier(&self, lane: &Value) -> &str {
        let of = |t: &&Value| t["id"] == lane["barrier"];
        self.json["terminals"].as_array().unwrap().iter().find(of).unwrap()["key"].as_str().unwrap()
    }

    /// A car that came three hours ago, with a card.
    async fn came(&self, plate: &str, card: &str) -> String {
        let at = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(185);
        let body = json!({"site": self.site, "plate": plate, "entered_at": at.to_string(), "reason": "test"});
        let stay = text(&self.post("/v1/parking/stays", body, As::Key(&self.key)).await["id"]);
        self.post(&format!("/v1/parking/stays/{stay}/card"), json!({"card": card}), As::Key(&self.key)).await;
        stay
    }

    async fn stay(&self, stay: &str) -> Value {
        self.ask(Method::GET, &format!("/v1/parking/stays/{stay}"), None, As::Key(&self.key)).await.1
    }

    /// The driver's page at an address, the button on it, and the wallet.
    async fn by_phone(&self, path: &str, field: &str, channel: &str) {
        let page = self.request(Method::GET, path, As::Nobody).send().await.unwrap().text().await.unwrap();
        let hidden = |name: &str| {
            let found = page
                .split(&format!("name=\"{name}\" value=\""))
                .nth(1)
                .unwrap_or_else(|| panic!("{name}: {page}"));
            found.split('"').next().unwrap().to_owned()
        };
        let form = format!("{field}={}&stay={}&at={}", hidden(field), hidden("stay"), hidden("at"));
        let request = self.request(Method::POST, &format!("/park/{}/bill", self.site), As::Nobody);
        let made = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .unwrap();
        let place = made.headers()["location"].to_str().unwrap().to_owned();
        let token = place.rsplit('/').next().unwrap().to_owned();
        let body = json!({"presentment": "merchant_presented", "channel": channel});
        let attempt = self.post(&format!("/v1/pay/{token}/attempts"), body, As::Nobody).await;
        let pay = format!("{}/_sandbox/pay", text(&self.json["sandbox_url"]));
        let body = json!({"code": attempt["code"]}).to_string();
        let paid =
            self.client.post(pay).header("content-type", "application/json").body(body).send().await.unwrap();
        assert!(paid.status().is_success(), "{channel}: {}", paid.text().await.unwrap());
    }

    /// Notes into the kiosk's machine, and the button.
    async fn at_the_kiosk(&self, stay: &str) {
        let kiosk = self.terminal("parking_kiosk");
        let (id, key) = (text(&kiosk["id"]), As::Key(kiosk["key"].as_str().unwrap()));
        let body = json!({"scene": "parking", "site": self.site, "terminal": id, "request": {"stay": stay}});
        let order = self.post("/v1/orders", body, key).await;
        let (order, due) = (text(&order["id"]), order["amount"]["value"].as_i64().unwrap());
        let own = format!("/v1/terminals/{id}/machine");
        until("the machine is heard", async || {
            let (_, machine) = self.ask(Method::GET, &own, None, key).await;
            (machine["online"] == true && machine["waiting"] == 0).then_some(())
        })
        .await;
        self.post(&format!("{own}/begin"), json!({"order": order}), key).await;
        until("the money is in", async || {
            let (_, machine) = self.ask(Method::GET, &format!("{own}?order={order}"), None, key).await;
            let held = |name: &str| machine["credit"][name].as_i64().unwrap_or(0);
            if held("stacked") + held("escrow") >= due {
                return Some(());
            }
            let note =
                self.client.post(text(&kiosk["cash_simulator"])).form(&[("what", "note"), ("value", "2000")]);
            assert!(note.send().await.unwrap().status().as_u16() < 400);
            tokio::time::sleep(Duration::from_millis(500)).await;
            None
        })
        .await;
        self.post(&format!("{own}/pay"), json!({}), key).await;
    }

    /// Cash into the cashier's hand.
    async fn at_the_handheld(&self, stay: &str) {
        let handheld = text(&self.terminal("parking_handheld")["id"]);
        let who = As::Session(&self.cashier.0, &self.cashier.1);
        let body =
            json!({"scene": "parking", "site": self.site, "terminal": handheld, "request": {"stay": stay}});
        let order = self.post("/v1/orders", body, who).await;
        let body = json!({"presentment": "cash", "channel": "cash", "terminal": handheld, "tendered": order["amount"]});
        let paid = self.post(&format!("/v1/orders/{}/attempts", text(&order["id"])), body, who).await;
        assert_eq!(paid["state"], "succeeded", "{paid:#}");
    }

    /// The camera of an exit sees a plate; what it says.
    async fn at_the_exit(&self, gate: &str, plate: &str) -> String {
        let lane = self.exit(gate);
        let path = format!("/v1/parking/lanes/{}/camera/plain", text(&lane["id"]));
        let answer =
            self.post(&path, json!({"plate": plate, "confidence": 97}), As::Key(self.barrier(lane))).await;
        text(&answer["items"].get(0).unwrap_or(&answer)["outcome"])
    }

    /// The barrier's controller fetches its command, opens, and says so; the cause.
    async fn opened(&self, gate: &str) -> String {
        let lane = self.exit(gate);
        let key = As::Key(self.barrier(lane));
        let path = format!("/v1/parking/lanes/{}/commands", text(&lane["id"]));
        let command = until("a command for the barrier", async || {
            self.ask(Method::GET, &path, None, key).await.1["items"].get(0).cloned()
        })
        .await;
        self.post(&format!("/v1/parking/commands/{}/ack", text(&command["id"])), json!({"done": true}), key)
            .await;
        text(&command["cause"])
    }
}

/// Every way × every gate.
async fn any_way_any_gate(mall: &Mall, plates: &mut Vec<String>) {
    let who = As::Session(&mall.cashier.0, &mall.cashier.1);
    let handheld = text(&mall.terminal("parking_handheld")["id"]);
    mall.post(
        &format!("/parking/handheld/{handheld}/shift"),
        json!({"float": {"10000": 2, "1000": 10}}),
        who,
    )
    .await;
    for (w, way) in WAYS.into_iter().enumerate() {
        for (g, gate) in GATES.into_iter().enumerate() {
            let (plate, card) = (format!("粤E{w}{g}7K{g}"), format!("ANY-{w}-{g}"));
            let stay = mall.came(&plate, &card).await;
            match way {
                "kiosk" => mall.at_the_kiosk(&stay).await,
                "handheld" => mall.at_the_handheld(&stay).await,
                channel => mall.by_phone(&format!("/park/{}/card/{card}", mall.site), "card", channel).await,
            }
            let paid = until(&format!("{way}: {stay} is paid"), async || {
                let row = mall.stay(&stay).await;
                (row["paid"].as_i64().unwrap() > 0).then_some(row)
            })
            .await;
            assert_eq!(
                (&paid["state"], paid["paid_until"].is_string()),
                (&json!("inside"), true),
                "{paid:#}"
            );
            assert_eq!(mall.at_the_exit(gate, &plate).await, "opened", "paid by {way}, leaves by {gate}");
            assert_eq!(mall.opened(gate).await, "paid");
            let left = mall.stay(&stay).await;
            assert_eq!(
                (&left["state"], &left["exit_lane"]),
                (&json!("left"), &mall.exit(gate)["id"]),
                "{way} {gate}"
            );
            plates.push(plate);
        }
    }
}

/// Who has not paid is not let out, scans the exit's own code, and the payment lifts the barrier.
async fn the_exits_own_code(mall: &Mall, plates: &mut Vec<String>) {
    for (g, gate) in GATES.into_iter().enumerate() {
        let plate = format!("粤F{g}77K{g}");
        let stay = mall.came(&plate, &format!("OWN-{g}")).await;
        assert_eq!(mall.at_the_exit(gate, &plate).await, "unpaid", "{gate}");
        let lane = text(&mall.exit(gate)["id"]);
        let channel = if g % 2 == 0 { "wechat" } else { "alipay" };
        mall.by_phone(&format!("/park/{}/lane/{lane}", mall.site), "lane", channel).await;
        assert_eq!(mall.opened(gate).await, "paid_here", "{gate}");
        assert_eq!(mall.stay(&stay).await["state"], "left");
        plates.push(plate);
    }
}

/// What is typed, misread, put right and refused: none of it is in a log.
async fn other_plates(mall: &Mall, plates: &mut Vec<String>) {
    let own = format!("/park/{}", mall.site);
    for plate in ["粤G1Q2W3", "京AF0236", "沪C9QP18", "not a plate 88"] {
        let url = format!("{own}?plate={}", plate.bytes().map(|b| format!("%{b:02X}")).collect::<String>());
        assert!(mall.request(Method::GET, &url, As::Nobody).send().await.unwrap().status().is_success());
        plates.push(plate.to_owned());
    }
    let stay = mall.came("粤G5R6T7", "LOG-1").await;
    let right = json!({"plate": "粤G5R6T8", "reason": "misread"});
    mall.post(&format!("/v1/parking/stays/{stay}/plate"), right, As::Key(&mall.key)).await;
    let again = json!({"site": mall.site, "plate": "粤G5R6T8"});
    let (status, told) = mall.ask(Method::POST, "/v1/parking/stays", Some(again), As::Key(&mall.key)).await;
    assert_eq!((status, &told["code"]), (409, &json!("parking_plate_inside")));
    let (status, told) = mall
        .ask(
            Method::POST,
            "/v1/orders",
            Some(json!({"scene": "parking", "site": mall.site, "request": {"plate": "粤G9Z9Z9"}})),
            As::Key(&mall.key),
        )
        .await;
    assert_eq!((status, &told["code"]), (404, &json!("parking_no_stay")));
    assert_eq!(mall.at_the_exit("south", "粤G7Y7Y7").await, "no_entry");
    plates.extend(["粤G5R6T7", "粤G5R6T8", "粤G9Z9Z9", "粤G7Y7Y7"].map(str::to_owned));
}

/// A plate, or what is left of it without its province, in any way of writing.
fn no_plate(said: &str, plates: &[String]) {
    assert!(said.lines().count() > 50, "the log tells everything");
    for plate in plates {
        let short: String = plate.chars().filter(char::is_ascii).collect();
        let short = short.trim();
        assert!(short.len() >= 6, "{plate}");
        let encoded: String = plate.bytes().map(|b| format!("%{b:02X}")).collect();
        let found = said.lines().find(|line| line.contains(short) || line.contains(&encoded));
        assert_eq!(found, None, "{plate} is in the log");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p29_paid_by_any_of_four_ways_a_car_leaves_by_any_of_four_gates() {
    let (place, _collector) = crate::seeing::watched(Place::sqlite("mall")).await;
    let mut demo = Demo::start(place).await;
    let mall = Mall::of(&demo).await;
    let mut plates = Vec::new();
    any_way_any_gate(&mall, &mut plates).await;
    the_exits_own_code(&mall, &mut plates).await;
    other_plates(&mall, &mut plates).await;
    demo.verify_is_fine();
    demo.stop();
    let said = std::fs::read_to_string(demo.place.log()).unwrap();
    no_plate(&said, &plates);
}
