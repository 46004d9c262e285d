//! Who may call: keys, terminals, sessions, payers; and that one merchant sees nothing of another.

use axum::http::header::SET_COOKIE;
use desk::MIGRATIONS;
use desk::rows::Role;
use scenes::retail;
use serde_json::{Value, json};
use store::testing::Engine;

use super::world::{Answer, World};

fn cookie(answer: &Answer) -> String {
    let set = answer.headers[SET_COOKIE].to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

async fn sign_in(w: &World, name: &str) -> (String, String) {
    let answer = w
        .call("POST", "/v1/session")
        .json(&json!({"name": name, "password": "correct horse"}))
        .send()
        .await
        .expect(200);
    (cookie(&answer), answer.json["csrf_token"].as_str().unwrap().to_owned())
}

fn tea(w: &World) -> Value {
    w.sale(&json!({"amount": {"value": 1, "currency": "CNY"}}))
}

store::both_engines! {
    with [MIGRATIONS, retail::MIGRATIONS];

    async fn nobody_is_refused(engine: Engine) {
        let w = World::new(&engine).await;
        let order = w.order(1).await;
        let paths = [
            ("GET", format!("/v1/orders/{order}")),
            ("GET", format!("/v1/orders/{order}/events")),
            ("GET", "/v1/orders".to_owned()),
            ("GET", "/v1/events".to_owned()),
            ("GET", "/v1/stream".to_owned()),
            ("GET", "/v1/terminals".to_owned()),
            ("GET", "/v1/operators".to_owned()),
            ("GET", "/v1/channel-accounts".to_owned()),
            ("GET", "/v1/today".to_owned()),
            ("GET", "/v1/session".to_owned()),
            ("GET", "/v1/retail/items".to_owned()),
            ("POST", "/v1/orders".to_owned()),
            ("POST", format!("/v1/orders/{order}/refunds")),
        ];
        for (method, path) in paths {
            for wrong in [None, Some("Bearer sk_00000000000000000000000000000000"), Some("Basic eDp5"), Some("Bearer")] {
                let mut call = w.call(method, path.clone()).raw("{}");
                if let Some(value) = wrong {
                    call = call.header("authorization", value);
                }
                let answer = call.send().await.expect(401);
                assert_eq!(answer.code(), "unauthenticated", "{method} {path} {wrong:?}");
                assert_eq!(answer.headers["www-authenticate"], "Bearer");
            }
        }
    }

    async fn one_merchant_sees_nothing_of_another(engine: Engine) {
        let w = World::new(&engine).await;
        let order = w.order(500).await;
        w.pay_cash(&order, 500).await.expect(201);
        let stranger = |method, path: String| w.call(method, path).bearer(&w.other.key);
        for path in [format!("/v1/orders/{order}"), format!("/v1/orders/{order}/events")] {
            assert_eq!(stranger("GET", path).send().await.expect(404).code(), "not_found");
        }
        let refund = json!({"reason": "mine now"});
        stranger("POST", format!("/v1/orders/{order}/refunds")).json(&refund).send().await.expect(404);
        stranger("POST", format!("/v1/orders/{order}/close")).json(&json!({})).send().await.expect(404);
        stranger("GET", format!("/v1/terminals/{}", w.shop.terminal)).send().await.expect(404);
        for path in ["/v1/orders", "/v1/events"] {
            let list = stranger("GET", path.to_owned()).send().await.expect(200).json;
            let about: Vec<&Value> = list["items"].as_array().unwrap().iter().filter(|e| e["subject"] == json!(order) || e["id"] == json!(order)).collect();
            assert_eq!(about, Vec::<&Value>::new(), "{path}");
        }
        let timeline = stranger("GET", format!("/v1/orders/{order}/timeline")).send().await.json;
        assert!(timeline["entries"].as_array().is_none_or(Vec::is_empty) && timeline["events"].as_array().is_none_or(Vec::is_empty));
        let same_key = w.ask("POST", "/v1/orders").key("shared").json(&tea(&w)).send().await.expect(201).id();
        let body = json!({"scene": "retail", "site": w.other.site, "request": {"amount": {"value": 1, "currency": "CNY"}}});
        let theirs = stranger("POST", "/v1/orders".to_owned()).key("shared").json(&body).send().await.expect(201).id();
        assert_ne!(same_key, theirs, "keys of two merchants do not meet");
    }

    async fn sessions_need_the_token_of_the_page(engine: Engine) {
        let w = World::new(&engine).await;
        w.add_operator("lin", Role::Manager).await;
        let wrong = w.call("POST", "/v1/session").json(&json!({"name": "lin", "password": "wrong"})).send().await.expect(401);
        assert_eq!(wrong.code(), "sign_in_failed");
        let (cookie, csrf) = sign_in(&w, "lin").await;
        let me = w.call("GET", "/v1/session").header("cookie", cookie.clone()).send().await.expect(200).json;
        assert_eq!((&me["actor"], &me["role"], &me["csrf_token"]), (&json!("operator"), &json!("manager"), &json!(csrf)));
        let order = || w.call("POST", "/v1/orders").header("cookie", cookie.clone()).json(&tea(&w));
        for given in [None, Some(""), Some("cs_00000000000000000000000000000000")] {
            let call = match given {
                Some(token) => order().header("x-csrf-token", token),
                None => order(),
            };
            assert_eq!(call.send().await.expect(403).code(), "csrf", "{given:?}");
        }
        order().header("x-csrf-token", csrf.clone()).send().await.expect(201);
        let out = w.call("DELETE", "/v1/session").header("cookie", cookie.clone()).header("x-csrf-token", csrf).send().await.expect(204);
        assert!(out.headers[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
        w.call("GET", "/v1/session").header("cookie", cookie).send().await.expect(401);
    }

    async fn roles_are_kept(engine: Engine) {
        let w = World::new(&engine).await;
        let order = w.order(500).await;
        w.pay_cash(&order, 500).await.expect(201);
        for (name, role) in [("audi", Role::Auditor), ("cash", Role::Cashier), ("mana", Role::Manager)] {
            w.add_operator(name, role).await;
        }
        let item = json!({"sku": "x", "name_en": "X", "unit_price": {"value": 1, "currency": "CNY"}});
        let person = json!({"name": "new one", "password": "long enough", "role": "cashier"});
        let cases = [
            ("POST", "/v1/orders".to_owned(), tea(&w), "no yes yes"),
            ("POST", format!("/v1/orders/{order}/refunds"), json!({"amount": {"value": 1, "currency": "CNY"}, "reason": "x"}), "no no yes"),
            ("POST", "/v1/retail/items".to_owned(), item, "no no yes"),
            ("POST", "/v1/sites".to_owned(), json!({"name": "S"}), "no no yes"),
            ("POST", "/v1/operators".to_owned(), person, "no no no"),
            ("PUT", "/v1/channel-accounts/bank".to_owned(), json!({"name": "B", "settings": {"mchid": "n"}}), "no no no"),
            ("GET", "/v1/orders".to_owned(), Value::Null, "yes yes yes"),
        ];
        for (method, path, body, want) in cases {
            let mut got = Vec::new();
            for name in ["audi", "cash", "mana"] {
                let (cookie, csrf) = sign_in(&w, name).await;
                let mut call = w.call(method, path.clone()).header("cookie", cookie).header("x-csrf-token", csrf);
                if !body.is_null() {
                    call = call.json(&body);
                }
                let answer = call.send().await;
                if !answer.status.is_success() {
                    assert_eq!(answer.code(), "forbidden", "{method} {path}: {}", answer.text);
                }
                got.push(if answer.status.is_success() { "yes" } else { "no" });
            }
            assert_eq!(got.join(" "), want, "{method} {path}");
        }
    }

    async fn a_terminal_enrols_once_and_keeps_its_key(engine: Engine) {
        let w = World::new(&engine).await;
        let path = format!("/v1/terminals/{}/enrolment", w.shop.terminal);
        let code = w.post(path, &json!({})).await.expect(201).json["code"].as_str().unwrap().to_owned();
        let enrolled = w.call("POST", "/v1/enrol").json(&json!({"code": code})).send().await.expect(201).json;
        let again = w.call("POST", "/v1/enrol").json(&json!({"code": code})).send().await.expect(409);
        assert_eq!(again.code(), "enrolment_invalid");
        let key = enrolled["key"].as_str().unwrap();
        let sale = json!({"scene": "retail", "request": {"amount": {"value": 5, "currency": "CNY"}}});
        let order = w.call("POST", "/v1/orders").bearer(key).json(&sale).send().await.expect(201);
        assert_eq!(order.json["terminal"], json!(w.shop.terminal), "the terminal is its own place");
        let refund = w.call("POST", format!("/v1/orders/{}/refunds", order.id())).bearer(key).json(&json!({"reason": "x"})).send().await;
        assert_eq!(refund.expect(403).code(), "forbidden");

        let cookie = format!("saoma_t_{}={key}", w.shop.terminal);
        let me = w.call("GET", "/v1/session").header("cookie", cookie.clone()).send().await.expect(200).json;
        assert_eq!(me["actor"], "terminal");
        let write = || w.call("POST", "/v1/orders").header("cookie", cookie.clone()).json(&sale);
        assert_eq!(write().send().await.expect(403).code(), "csrf");
        write().header("x-csrf-token", me["csrf_token"].as_str().unwrap()).send().await.expect(201);
        let named = w.call("GET", "/v1/session").header("cookie", cookie).header("x-saoma-terminal", w.other.terminal.to_string());
        named.send().await.expect(401);
        let offers = w.get(format!("/v1/terminals/{}/offers", w.shop.terminal)).await.expect(200).json;
        assert_eq!(offers["items"][0]["presentments"], json!(["merchant_presented", "customer_presented", "in_app"]));
    }

    async fn a_payer_reads_and_pays_one_order(engine: Engine) {
        let w = World::new(&engine).await;
        let id = w.order(500).await;
        let whole = w.get(format!("/v1/orders/{id}")).await.json;
        let token = whole["pay_url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let order = w.call("GET", format!("/v1/pay/{token}")).send().await.expect(200);
        assert_eq!(order.json, whole);
        let attempts = format!("/v1/pay/{token}/attempts");
        let shown = json!({"presentment": "merchant_presented", "channel": "bank"});
        assert_eq!(w.call("POST", attempts.clone()).json(&shown).send().await.expect(201).json["state"], "pending");
        for body in [json!({"presentment": "cash"}), json!({"presentment": "customer_presented", "payer_code": "130000000000000000"})] {
            assert_eq!(w.call("POST", attempts.clone()).json(&body).send().await.expect(403).code(), "forbidden", "{body}");
        }
        let elsewhere = json!({"presentment": "merchant_presented", "channel": "bank", "terminal": w.shop.terminal});
        assert_eq!(w.call("POST", attempts).json(&elsewhere).send().await.expect(422).code(), "invalid_request");
        let mut wrong = token.clone();
        wrong.replace_range(20..21, if &token[20..21] == "0" { "1" } else { "0" });
        for token in [wrong.as_str(), "x", &token[..13]] {
            assert_eq!(w.call("GET", format!("/v1/pay/{token}")).send().await.expect(404).code(), "not_found");
        }
    }

    async fn secrets_of_channels_are_not_told(engine: Engine) {
        let w = World::new(&engine).await;
        let accounts = w.get("/v1/channel-accounts").await.expect(200);
        assert!(!accounts.text.contains("\"secret\""), "{}", accounts.text);
        assert_eq!(accounts.json["items"][0]["settings"], json!({"mchid": "m", "private_key": "(set)"}));
        let missing = json!({"name": "B", "settings": {}});
        let answer = w.ask("PUT", "/v1/channel-accounts/bank").json(&missing).send().await.expect(422);
        assert_eq!(answer.code(), "settings_invalid");
        let off = w.ask("PATCH", "/v1/channel-accounts/bank").json(&json!({"standing": "off"})).send().await.expect(200);
        assert_eq!(off.json["standing"], "off");
        let id = w.order(1).await;
        let shown = json!({"presentment": "merchant_presented", "channel": "bank"});
        assert_eq!(w.post(format!("/v1/orders/{id}/attempts"), &shown).await.expect(409).code(), "channel_closed");
    }
}
