//! The page of a stand's code over HTTP: the wallet's sign-in there and back, whose payment it is, what is refused, and what the API says of it.

use std::time::Duration;

use desk::{MIGRATIONS, NewTerminal};
use scenes::retail;
use serde_json::{Value, json};
use store::Id;
use store::testing::Engine;

use super::world::{Answer, World};

const AGENT: &str = "Mozilla/5.0 BankWallet/8.0";

async fn stand(w: &World) -> Id {
    let new = NewTerminal {
        site: w.shop.site,
        name: "Table".to_owned(),
        kind: "stand".to_owned(),
        capabilities: vec!["shows_code".to_owned()],
        unattended: false,
    };
    w.desk.create_terminal(&w.shop.who, new).await.unwrap().id
}

fn cookie(answer: &Answer, name: &str) -> String {
    let all = answer.headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok());
    let found = all.filter_map(|line| line.split(';').next()).find(|pair| pair.starts_with(name));
    found.unwrap_or_else(|| panic!("no {name}: {:?}", answer.headers)).to_owned()
}

async fn visit(w: &World, path: &str, cookies: &str) -> Answer {
    w.call("GET", path).header("user-agent", AGENT).header("cookie", cookies).send().await
}

/// Signs a visitor in by the wallet; the cookie by which the page knows the visitor.
async fn signed_in(w: &World, stand: Id, payer: &str) -> String {
    let sent = visit(w, &format!("/s/{stand}"), "").await.expect(303);
    let to = sent.headers["location"].to_str().unwrap().to_owned();
    assert!(
        to.starts_with(&format!("https://bank.test/who?back=http://saoma.test/s/{stand}/back&state=")),
        "{to}"
    );
    let (state, mark) = (to.rsplit('=').next().unwrap(), cookie(&sent, "saoma_mark"));
    let back = visit(w, &format!("/s/{stand}/back?code=is-{payer}&state={state}"), &mark).await.expect(303);
    assert_eq!(back.headers["location"], format!("/s/{stand}"));
    cookie(&back, "saoma_visitor")
}

async fn pay(w: &World, stand: Id, cookies: &str, body: &Value) -> Answer {
    let call = w.call("POST", format!("/s/{stand}/pay")).header("user-agent", AGENT);
    call.header("cookie", cookies).json(body).send().await
}

store::both_engines! {
    with [MIGRATIONS, retail::MIGRATIONS];

    async fn a_visitor_pays_a_typed_amount(engine: Engine) {
        let w = World::new(&engine).await;
        let stand = stand(&w).await;
        let ann = signed_in(&w, stand, "oZq7x").await;
        let page = visit(&w, &format!("/s/{stand}"), &ann).await.expect(200);
        assert!(page.text.contains("One") && page.text.contains("stand.js"), "{}", page.text);
        assert!(!page.text.contains("oZq7x"), "who pays is not in the page");
        let started = pay(&w, stand, &ann, &json!({"amount": 1280})).await.expect(200).json;
        assert_eq!(started["call"]["for"], "oZq7x");
        let token = started["token"].as_str().unwrap().to_owned();
        let again = pay(&w, stand, &ann, &json!({"order": token})).await.expect(200).json;
        assert_eq!(again["call"], started["call"], "asking again gives the same");
        let order = &token[..13];
        let whole = w.get(format!("/v1/orders/{order}")).await.expect(200).json;
        assert_eq!((&whole["terminal"], &whole["amount"]["value"]), (&json!(stand.to_string()), &json!(1280)));
        let no = whole["attempts"][0]["out_trade_no"].as_str().unwrap().to_owned();
        assert_eq!(whole["attempts"][0]["call"], started["call"]);
        w.notify(&no, 1280, "good", Duration::ZERO).await.expect(200);
        let over = visit(&w, &format!("/s/{stand}?o={token}"), &ann).await.expect(303);
        assert_eq!(over.headers["location"], format!("/p/{token}"));
        assert_eq!(cookie(&over, "saoma_visitor"), "saoma_visitor=", "who paid is forgotten");
        let whole = w.get(format!("/v1/orders/{order}")).await.expect(200);
        assert!(!whole.text.contains("oZq7x") && whole.json["attempts"][0].get("call").is_none(), "{}", whole.text);
        let events = w.get("/v1/events?limit=200").await.expect(200);
        assert!(events.text.contains("\"stand.paid\"") && !events.text.contains("oZq7x"));
    }

    async fn what_is_refused_at_a_stand(engine: Engine) {
        let w = World::new(&engine).await;
        let id = stand(&w).await;
        let ann = signed_in(&w, id, "ann").await;
        let cases = [
            (json!({"amount": 0}), 422, "invalid_amount"),
            (json!({"amount": -5}), 422, "invalid_amount"),
            (json!({"amount": 500_001}), 422, "invalid_amount"),
            (json!({}), 422, "invalid_request"),
            (json!({"amount": 1, "order": "x"}), 422, "invalid_request"),
            (json!({"amount": 1, "payer_id": "bob"}), 422, "invalid_request"),
            (json!({"order": "0000000000000deadbeef"}), 404, "not_found"),
        ];
        for (body, status, code) in cases {
            let refused = pay(&w, id, &ann, &body).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (status, code), "{body}");
        }
        assert_eq!(pay(&w, id, "", &json!({"amount": 1})).await.code(), "unauthenticated", "nobody");
        let forged = ann.replace("saoma_visitor=", "saoma_visitor=1");
        assert_eq!(pay(&w, id, &forged, &json!({"amount": 1})).await.code(), "unauthenticated");
        let elsewhere = stand(&w).await;
        assert_eq!(pay(&w, elsewhere, &ann, &json!({"amount": 1})).await.code(), "unauthenticated", "another stand");
        let strange = w.call("POST", format!("/s/{id}/pay")).header("user-agent", AGENT).header("cookie", ann.clone());
        let strange = strange.header("sec-fetch-site", "cross-site").json(&json!({"amount": 1})).send().await;
        assert_eq!(strange.code(), "csrf", "another site's page");
        let not_here = w.order(900).await;
        let url = w.get(format!("/v1/orders/{not_here}")).await.json["pay_url"].as_str().unwrap().to_owned();
        let token = url.rsplit('/').next().unwrap();
        assert_eq!(pay(&w, id, &ann, &json!({"order": token})).await.code(), "not_found", "an order of the counter");
        assert_eq!(visit(&w, &format!("/s/{}", w.shop.terminal), "").await.status.as_u16(), 409, "no stand");
        assert_eq!(visit(&w, "/s/0000000000009", "").await.status.as_u16(), 404);
    }

    async fn only_the_visitor_who_was_sent_comes_back(engine: Engine) {
        let w = World::new(&engine).await;
        let id = stand(&w).await;
        let sent = visit(&w, &format!("/s/{id}"), "").await.expect(303);
        let (mark, to) = (cookie(&sent, "saoma_mark"), sent.headers["location"].to_str().unwrap().to_owned());
        let state = to.rsplit('=').next().unwrap();
        for (query, cookies) in [
            (format!("code=is-ann&state={state}"), ""),
            ("code=is-ann&state=0123".to_owned(), mark.as_str()),
            ("code=is-ann".to_owned(), mark.as_str()),
            (format!("code=wrong&state={state}"), mark.as_str()),
            (format!("state={state}"), mark.as_str()),
        ] {
            let back = visit(&w, &format!("/s/{id}/back?{query}"), cookies).await.expect(200);
            assert!(back.text.contains("id=\"unknown\""), "{query}");
            let set = back.headers.get_all("set-cookie").iter().any(|c| c.to_str().unwrap().contains("saoma_visitor"));
            assert!(!set, "{query}");
        }
    }

    async fn two_visitors_do_not_mix(engine: Engine) {
        let w = World::new(&engine).await;
        let id = stand(&w).await;
        let (ann, bob) = (signed_in(&w, id, "ann").await, signed_in(&w, id, "bob").await);
        let order = w.order(2600).await;
        let path = format!("/v1/terminals/{id}/ask");
        assert_eq!(w.post(&path, &json!({"order": order})).await.expect(200).json["order"], json!(order));
        let second = w.order(100).await;
        assert_eq!(w.post(&path, &json!({"order": second})).await.expect(409).code(), "stand_taken");
        let asked = w.call("GET", format!("/s/{id}/asked")).send().await.expect(200).json;
        assert_eq!(asked["asked"]["amount"], 2600);
        let body = json!({"order": asked["asked"]["token"]});
        let hers = pay(&w, id, &ann, &body).await.expect(200).json;
        assert_eq!(hers["call"]["for"], "ann");
        assert_eq!(pay(&w, id, &bob, &body).await.expect(409).code(), "attempt_in_progress");
        let own = pay(&w, id, &bob, &json!({"amount": 450})).await.expect(200).json;
        assert_eq!(own["call"]["for"], "bob");
        assert_ne!(own["token"], hers["token"]);
        let over = json!({"order": asked["asked"]["token"], "take_over": true});
        assert_eq!(pay(&w, id, &bob, &over).await.expect(200).json["call"]["for"], "bob");
        assert_eq!(w.post(&path, &json!({"order": null})).await.expect(200).json.get("order"), None);
        assert_eq!(w.call("GET", format!("/s/{id}/asked")).send().await.json, json!({"asked": null}));
    }

    async fn an_ordinary_browser_is_led_to_the_wallet(engine: Engine) {
        let w = World::new(&engine).await;
        let id = stand(&w).await;
        let page = w.call("GET", format!("/s/{id}?wallet=bank")).send().await.expect(200);
        assert!(page.text.contains("stand.js"), "outside a demo no address names a wallet");
        let started = w.call("POST", format!("/s/{id}/pay")).json(&json!({"amount": 70, "channel": "bank"})).send().await;
        let started = started.expect(200).json;
        let address = started["address"].as_str().unwrap();
        let back = format!("back=http://saoma.test/s/{id}?o={}", started["token"].as_str().unwrap());
        assert!(address.starts_with("bank://open/") && address.ends_with(&back), "{address}");
        let order = w.order(900).await;
        w.post(format!("/v1/terminals/{id}/ask"), &json!({"order": order})).await.expect(200);
        let asked = w.call("GET", format!("/s/{id}/asked")).send().await.json["asked"]["token"].clone();
        let body = json!({"order": asked, "channel": "bank"});
        let one = w.call("POST", format!("/s/{id}/pay")).json(&body).send().await.expect(200);
        let other = w.call("POST", format!("/s/{id}/pay")).json(&body).send().await.expect(409);
        assert_eq!(other.code(), "attempt_in_progress", "another browser is another payer");
        let mine = w.call("POST", format!("/s/{id}/pay")).header("cookie", cookie(&one, "saoma_visitor")).json(&body).send().await;
        assert_eq!(mine.expect(200).json["address"], one.json["address"]);
    }

    async fn a_wallet_that_is_switched_off_is_told_so(engine: Engine) {
        let w = World::new(&engine).await;
        let id = stand(&w).await;
        let ann = signed_in(&w, id, "ann").await;
        w.ask("PATCH", "/v1/channel-accounts/bank").json(&json!({"standing": "off"})).send().await.expect(200);
        let page = visit(&w, &format!("/s/{id}"), &ann).await.expect(200);
        assert!(page.text.contains("id=\"closed\""), "{}", page.text);
        assert_eq!(pay(&w, id, &ann, &json!({"amount": 1})).await.code(), "channel_closed");
    }

    async fn paying_in_an_app_by_the_api(engine: Engine) {
        let w = World::new(&engine).await;
        let order = w.order(800).await;
        let path = format!("/v1/orders/{order}/attempts");
        let cases = [
            (json!({"presentment": "in_app", "channel": "bank", "way": "page"}), "invalid_request"),
            (json!({"presentment": "in_app", "channel": "bank", "way": "pigeon"}), "invalid_request"),
            (json!({"presentment": "in_app", "channel": "bank", "data": {"way": "app"}}), "invalid_request"),
            (json!({"presentment": "in_app", "channel": "bank", "return_url": "ftp://x"}), "invalid_request"),
            (json!({"presentment": "in_app"}), "unknown_channel"),
            (json!({"presentment": "merchant_presented", "channel": "bank", "payer_id": "ann"}), "invalid_request"),
        ];
        for (body, code) in cases {
            let refused = w.post(&path, &body).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (422, code), "{body}");
        }
        let made = w.post(&path, &json!({"presentment": "in_app", "channel": "bank", "payer_id": "ann"})).await.expect(201).json;
        assert_eq!((&made["state"], &made["call"]["for"], made.get("code")), (&json!("pending"), &json!("ann"), None));
        let browser = json!({"presentment": "in_app", "channel": "bank", "take_over": true});
        let made = w.post(&path, &browser).await.expect(201).json;
        assert!(made["address"].as_str().unwrap().starts_with("bank://open/"), "{made}");
    }
}
