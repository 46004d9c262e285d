//! The API against its own document: for every operation valid and broken requests are made up from the schemas and sent by everybody who may
//! call, and every answer must be one that is documented, in the documented form, under a known code, and never the server's fault.
//! `SAOMA_TESTS_SEED` takes another walk, `SAOMA_FUZZ_ROUNDS` a longer one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use desk::MIGRATIONS;
use desk::rows::Role;
use scenes::{parking, retail};
use serde_json::{Value, json};
use store::testing::Engine;

use super::conform::conforms;
use super::made_up::{Dice, Maker, bytes, junk};
use super::world::World;

/// Requests an operation, unless `SAOMA_FUZZ_ROUNDS` says otherwise.
const ROUNDS: u64 = 24;

/// Operations that hash a password at each call.
const SLOW: &[&str] = &["/v1/session", "/v1/operators"];

/// Somebody who calls: what proves it.
type Caller = (String, Vec<(&'static str, String)>);

/// A walk over the document with what it has seen so far.
struct Walk<'a> {
    world: &'a World,
    maker: Maker<'a>,
    callers: Vec<Caller>,
    /// The status of every code there is.
    known: BTreeMap<String, u16>,
    wrong: BTreeSet<String>,
    met: BTreeSet<String>,
    answered: BTreeSet<u16>,
}

/// One request as it is sent.
struct Sent {
    method: String,
    address: String,
    headers: Vec<(&'static str, String)>,
    by: String,
    body: Vec<u8>,
}

fn catalogue() -> BTreeMap<String, u16> {
    let mut more = scenes::problems();
    more.push(channels::cash::problems::ALL);
    let all = web::problem::catalogue(&more);
    all.into_iter().map(|(problem, status)| (problem.code.to_owned(), status.as_u16())).collect()
}

/// Everybody who may call: keys and sessions of every role, terminals, a stranger, and nobody at all.
async fn callers(world: &World, round: u64) -> Vec<Caller> {
    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
    let mut all: Vec<Caller> = vec![
        ("owner".to_owned(), vec![bearer(&world.shop.key)]),
        ("stranger".to_owned(), vec![bearer(&world.other.key)]),
        ("nobody".to_owned(), vec![]),
        ("a wrong key".to_owned(), vec![bearer("sk_00000000000000000000000000000000")]),
        ("no key".to_owned(), vec![("authorization", "Basic eDp5".to_owned())]),
        ("a wrong cookie".to_owned(), vec![("cookie", "saoma_session=x; saoma_t_=; =".to_owned())]),
    ];
    for (name, role) in [("mana", Role::Manager), ("cash", Role::Cashier), ("audi", Role::Auditor)] {
        let key = world.desk.create_key(&world.shop.who, name, role.clone()).await.unwrap();
        all.push((format!("key of {name}"), vec![bearer(&key)]));
        if round == 0 {
            world.add_operator(name, role).await;
        }
        let session = world.shop_session(name).await;
        let cookie = format!("saoma_session={}", session.token);
        all.push((
            format!("session of {name}"),
            vec![("cookie", cookie.clone()), ("x-csrf-token", session.csrf)],
        ));
        all.push((format!("session of {name}, no token"), vec![("cookie", cookie)]));
    }
    for kind in ["counter", "edge"] {
        let new = json!({"site": world.shop.site, "name": "T", "kind": kind, "unattended": true,
            "capabilities": ["shows_code", "scans_code", "takes_cash", "gives_change", "prints", "opens_barrier"]});
        let id = world.post("/v1/terminals", &new).await.expect(201).id();
        let code =
            world.post(format!("/v1/terminals/{id}/enrolment"), &json!({})).await.expect(201).json["code"]
                .clone();
        let key = world.call("POST", "/v1/enrol").json(&json!({"code": code})).send().await.expect(201).json
            ["key"]
            .clone();
        all.push((format!("terminal {kind}"), vec![bearer(key.as_str().unwrap())]));
    }
    all
}

impl<'a> Walk<'a> {
    async fn new(world: &'a World, document: &'a Value, seed: u64) -> Walk<'a> {
        let seen = BTreeMap::from([
            ("site".to_owned(), vec![world.shop.site.to_string()]),
            ("terminal".to_owned(), vec![world.shop.terminal.to_string()]),
            ("account".to_owned(), vec![world.shop.account.to_string()]),
        ]);
        let maker = Maker { document, dice: Dice(seed | 1), seen };
        let mut walk = Walk {
            world,
            maker,
            callers: callers(world, 0).await,
            known: catalogue(),
            wrong: BTreeSet::new(),
            met: BTreeSet::new(),
            answered: BTreeSet::new(),
        };
        walk.car_park().await;
        walk
    }

    /// A car park with its tariff, a lane and a car inside.
    async fn car_park(&mut self) {
        let (world, site) = (self.world, self.world.shop.site);
        let park = json!({"name_en": "Mall", "name_zh": "商场", "spaces": 300});
        world.ask("PUT", format!("/v1/parking/parks/{site}")).json(&park).send().await.expect(200);
        let tariff =
            json!({"toml": parking::samples::text("demo_mall"), "applies_from": "2020-01-01T00:00:00Z"});
        world.post(format!("/v1/parking/parks/{site}/tariffs"), &tariff).await.expect(201);
        for direction in ["entry", "exit"] {
            let lane = json!({"site": site, "name": "L", "gate": "east", "direction": direction});
            let lane = world.post("/v1/parking/lanes", &lane).await.expect(201);
            self.remember("/v1/parking/lanes", &lane.json);
        }
        let stay =
            world.post("/v1/parking/stays", &json!({"site": site, "plate": "粤B12345"})).await.expect(201);
        self.remember("/v1/parking/stays", &stay.json);
    }

    fn request(&mut self, method: &str, path: &str, operation: &Value) -> Sent {
        let address = self.maker.address(path, operation);
        let (kind, body) = self.maker.body(operation);
        let dice = &mut self.maker.dice;
        // Half of the calls are the owner's: the others are mostly refused.
        let (by, proof) =
            if dice.one_in(2) { self.callers[0].clone() } else { dice.of(&self.callers).clone() };
        let mut headers = proof;
        headers.extend(kind.map(|kind| ("content-type", kind)));
        if method == "post" && !dice.one_in(20) {
            let key = match dice.below(20) {
                0 => String::new(),
                1 => "k".repeat(300),
                2 => "鍵".to_owned(),
                3..=5 => "a key used before".to_owned(),
                _ => format!("walk-{}", dice.below(usize::MAX)),
            };
            headers.push(("idempotency-key", key));
        }
        Sent { method: method.to_uppercase(), address, headers, by, body }
    }

    async fn send(&mut self, sent: &Sent, path: &str, operation: &Value) {
        let mut call = self.world.call(&sent.method, &sent.address).no_key().raw(sent.body.clone());
        for (name, value) in &sent.headers {
            call = call.header(name, value.clone());
        }
        let response = call.response().await;
        let (status, kind) = (response.status().as_u16(), response.headers().get("content-type").cloned());
        let kind = kind.map_or(String::new(), |kind| kind.to_str().unwrap().to_owned());
        self.answered.insert(status);
        if kind.starts_with("text/event-stream") {
            return; // it does not end; `live.rs` reads such
        }
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        // A channel hears its own words, not ours.
        let judged = if path.starts_with("/v1/notify/") && status < 500 {
            Ok(())
        } else {
            self.judge(operation, status, &kind, &body)
        };
        match judged {
            Err(what) => {
                let asked: String = String::from_utf8_lossy(&sent.body).chars().take(300).collect();
                let said: String = String::from_utf8_lossy(&bytes).chars().take(300).collect();
                let (method, address, by) = (&sent.method, &sent.address, &sent.by);
                self.wrong.insert(format!(
                    "{method} {path}: {what}\n    {by}: {address} {asked}\n    {status} {said}"
                ));
            }
            Ok(()) if status < 300 => self.remember(path, &body),
            Ok(()) => {}
        }
    }

    /// Error: what is wrong about an answer.
    fn judge(&mut self, operation: &Value, status: u16, kind: &str, body: &Value) -> Result<(), String> {
        if status >= 500 {
            return Err("it is our fault".to_owned());
        }
        let documented = &operation["responses"][status.to_string()];
        let described = if status >= 400 { &operation["responses"]["default"] } else { documented };
        if described.is_null() {
            return Err("the status is not documented".to_owned());
        }
        let essence = kind.split(';').next().unwrap();
        let Some(content) = described["content"].as_object() else { return Ok(()) };
        let form = content.get(essence).ok_or_else(|| format!("it comes as {essence:?}"))?;
        if !essence.ends_with("json") {
            return Ok(());
        }
        conforms(self.maker.document, &form["schema"], body)?;
        if status >= 400 {
            let code = body["code"].as_str().unwrap_or_default();
            if self.known.get(code) != Some(&status) || body["status"] != status {
                return Err(format!("{code:?} is no known code of this status"));
            }
            self.met.insert(code.to_owned());
        }
        Ok(())
    }

    /// Keeps the ids of an answer for later requests.
    fn remember(&mut self, path: &str, body: &Value) {
        let of = path.split('/').rfind(|part| part.ends_with('s')).unwrap_or("").trim_end_matches('s');
        let mut keep = |name: &str, id: &Value| {
            let all = self.maker.seen.entry(name.to_owned()).or_default();
            if let Some(id) = id.as_str().filter(|id| all.len() < 200 && !all.iter().any(|known| known == id))
            {
                all.push(id.to_owned());
            }
        };
        keep(of, &body["id"]);
        // The keys of those who walk are not to be revoked.
        if of != "key" {
            body["items"].as_array().into_iter().flatten().for_each(|one| keep(of, &one["id"]));
        }
        for (list, name) in [("attempts", "attempt"), ("refunds", "refund"), ("fulfilments", "fulfilment")] {
            body[list].as_array().into_iter().flatten().for_each(|one| keep(name, &one["id"]));
        }
        if let Some(token) = body["pay_url"].as_str().and_then(|url| url.rsplit('/').next()) {
            keep("token", &json!(token));
        }
        if of == "webhook" {
            keep("endpoint", &body["id"]);
        }
    }

    /// Something to look at, pay and give back, whatever the walk did to the things before.
    async fn sell(&mut self) {
        let (world, terminal) = (self.world, self.world.shop.terminal);
        let on = json!({"standing": "on"});
        world.ask("PATCH", format!("/v1/terminals/{terminal}")).json(&on).send().await.expect(200);
        let (paid, open) = (world.order(700).await, world.order(900).await);
        world.pay_cash(&paid, 1000).await.expect(201);
        let refund = json!({"amount": {"value": 100, "currency": "CNY"}, "reason": "x"});
        world.post(format!("/v1/orders/{paid}/refunds"), &refund).await.expect(201);
        for order in [paid, open] {
            self.remember("/v1/orders", &world.get(format!("/v1/orders/{order}")).await.json);
        }
    }

    async fn round(&mut self, round: u64) {
        if round % 8 == 7 {
            self.callers = callers(self.world, round).await;
        }
        self.sell().await;
        for (path, operations) in self.maker.document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let slow = SLOW.contains(&path.as_str()) && method == "post";
                if operation["responses"].is_null() || slow && !round.is_multiple_of(8) {
                    continue;
                }
                let sent = self.request(method, path, operation);
                self.send(&sent, path, operation).await;
            }
        }
        self.world.clock.advance(Duration::from_secs(20));
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

store::both_engines! {
    with [MIGRATIONS, retail::MIGRATIONS, parking::MIGRATIONS];

    async fn every_answer_is_documented_and_none_is_our_fault(engine: Engine) {
        let (seed, rounds) = (number("SAOMA_TESTS_SEED", 20_261_122), number("SAOMA_FUZZ_ROUNDS", ROUNDS));
        let scenes: Vec<Arc<dyn desk::scene::Scene>> =
            vec![Arc::new(retail::Retail::default()), Arc::new(parking::Parking)];
        let world = World::with(&engine, scenes).await;
        let document = serde_json::to_value(web::api::openapi(scenes::routes())).unwrap();
        let mut walk = Walk::new(&world, &document, seed).await;
        for round in 0..rounds {
            walk.round(round).await;
        }
        let wrong: Vec<String> = walk.wrong.into_iter().collect();
        assert!(wrong.is_empty(), "seed {seed}, {} wrong:\n  {}", wrong.len(), wrong.join("\n  "));
        // A walk that only ever meets one refusal tests nothing.
        assert!(walk.met.len() > 25, "too few kinds of refusals were met: {:?}", walk.met);
        assert!([200, 201, 400, 401, 403, 404, 409, 415, 422].iter().all(|s| walk.answered.contains(s)), "{:?}", walk.answered);
        let made = ["order", "attempt", "refund", "stay", "lane"].map(|of| walk.maker.seen.get(of).map_or(0, Vec::len));
        assert!(made.iter().zip([rounds, 10, 5, 1, 2]).all(|(made, least)| *made as u64 >= least), "too few things were made: {made:?}");
    }

    /// What is nowhere documented: methods that an address does not take, addresses that lead nowhere, headers that are none of ours.
    async fn what_is_not_there_is_refused_in_the_same_form(engine: Engine) {
        let world = World::new(&engine).await;
        let (known, mut dice) = (catalogue(), Dice(7));
        let document = serde_json::to_value(web::api::openapi(scenes::routes())).unwrap();
        for (path, operations) in document["paths"].as_object().unwrap() {
            let address = path.replace(['{', '}'], "");
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "PROPFIND"] {
                if operations.get(method.to_lowercase()).is_some() {
                    continue;
                }
                let answer = world.ask(method, &address).raw(bytes(&mut dice)).send().await;
                let got = (answer.status.as_u16(), answer.code());
                assert_eq!(got, (405, "method_not_allowed"), "{method} {path}: {}", answer.text);
            }
            let strange = junk(&mut dice).to_string();
            let beyond = format!("{address}/{}", super::made_up::escaped(&strange));
            let answer = world.ask("GET", beyond).send().await;
            let of_code = known.get(answer.code());
            assert!(answer.status.as_u16() < 500 && (of_code.is_some() || answer.status.is_success()), "{path}: {}", answer.text);
        }
    }
}
