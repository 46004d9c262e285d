//! Sales from the quote to the refund, as a partner system sees them.

use desk::MIGRATIONS;
use scenes::retail;
use serde_json::{Value, json};
use store::testing::Engine;

use super::world::World;

fn amount(value: i64) -> Value {
    json!({"value": value, "currency": "CNY"})
}

async fn catalogue(w: &World) {
    let items = [
        ("tea", "Tea", "茶", 300, true),
        ("bun", "Bun", "包子", 250, true),
        ("old", "Old", "旧", 1, false),
        ("bag", "Bag", "袋", 0, true),
    ];
    for (sku, en, zh, price, active) in items {
        let body =
            json!({"sku": sku, "name_en": en, "name_zh": zh, "unit_price": amount(price), "active": active});
        w.post("/v1/retail/items", &body).await.expect(201);
    }
}

store::both_engines! {
    with [MIGRATIONS, retail::MIGRATIONS];

    async fn an_amount_in_cash_with_change(engine: Engine) {
        let w = World::new(&engine).await;
        let request = json!({"amount": amount(1234), "description": "茶 tea"});
        let order = w.post("/v1/orders", &w.sale(&request)).await.expect(201);
        let body = &order.json;
        assert_eq!((&body["state"], &body["amount"], &body["paid"]), (&json!("open"), &amount(1234), &amount(0)));
        assert_eq!(body["refunded"], amount(0));
        for list in ["attempts", "refunds", "fulfilments"] {
            assert_eq!(body[list], json!([]), "{list}");
        }
        assert_eq!(body["lines"], json!([{"code": "retail.amount", "params": {"description": "茶 tea"}, "amount": amount(1234)}]));
        assert!(body["pay_url"].as_str().unwrap().starts_with("http://saoma.test/p/"));
        assert!(body["expires_at"].as_str().unwrap().ends_with('Z'));
        assert_eq!(body["business_date"].as_str().unwrap().len(), 10);

        let id = order.id();
        let attempt = w.pay_cash(&id, 2000).await.expect(201);
        assert_eq!((&attempt.json["state"], &attempt.json["change"]), (&json!("succeeded"), &amount(766)));
        let whole = w.get(format!("/v1/orders/{id}")).await.expect(200).json;
        assert_eq!((&whole["state"], &whole["paid"]), (&json!("fulfilled"), &amount(1234)));
        assert_eq!(whole["attempts"][0]["id"], attempt.json["id"]);
        let receipt = &whole["fulfilments"][0];
        assert_eq!((&receipt["kind"], &receipt["state"]), (&json!("receipt"), &json!("done")));
        assert_eq!((&receipt["body"]["number"], &receipt["body"]["total"]), (&json!(id), &amount(1234)));
        assert_eq!(w.pay_cash(&id, 2000).await.expect(409).code(), "order_paid");
    }

    async fn items_of_the_catalogue(engine: Engine) {
        let w = World::new(&engine).await;
        catalogue(&w).await;
        let request = json!({"items": [{"sku": "tea", "quantity": 2}, {"sku": "bun", "quantity": 1}]});
        let quote = w.post("/v1/quotes", &w.sale(&request)).await.expect(200);
        assert_eq!(quote.json["total"], amount(850));
        assert_eq!(quote.json["lines"][0]["params"]["name_zh"], "茶");
        w.ask("PATCH", "/v1/retail/items/tea").json(&json!({"unit_price": amount(999)})).send().await.expect(200);
        let order = w.post("/v1/orders", &json!({"quote": quote.id()})).await.expect(201);
        assert_eq!(order.json["amount"], amount(850), "the order keeps the quote it was made from");
        let again = w.post("/v1/orders", &json!({"quote": quote.id()})).await.expect(409);
        assert_eq!(again.code(), "quote_expired", "a quote makes one order");
        let inactive = json!({"items": [{"sku": "old", "quantity": 1}]});
        assert_eq!(w.post("/v1/quotes", &w.sale(&inactive)).await.expect(409).code(), "retail_item_inactive");
        let free = json!({"items": [{"sku": "bag", "quantity": 1}]});
        let free = w.post("/v1/orders", &w.sale(&free)).await.expect(201);
        assert_eq!(free.json["state"], "fulfilled", "nothing due is legal and fulfils at once");

        let page = w.get("/v1/retail/items?limit=2&active=true").await.expect(200).json;
        let skus = |page: &Value| page["items"].as_array().unwrap().iter().map(|i| i["sku"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(skus(&page), ["bag", "bun"]);
        let next = w.get(format!("/v1/retail/items?active=true&after={}", page["next"].as_str().unwrap())).await.expect(200).json;
        assert_eq!((skus(&next), &next["next"]), (vec!["tea".to_owned()], &Value::Null));
        let taken = json!({"sku": "tea", "name_en": "Tea", "unit_price": amount(1)});
        assert_eq!(w.post("/v1/retail/items", &taken).await.expect(409).code(), "retail_sku_taken");
    }

    async fn scanned_shown_refunded_closed(engine: Engine) {
        let w = World::new(&engine).await;
        let id = w.order(500).await;
        let attempts = format!("/v1/orders/{id}/attempts");
        let shown = w.post(attempts.clone(), &json!({"presentment": "merchant_presented", "channel": "bank"})).await.expect(201).json;
        assert_eq!(shown["state"], "pending");
        assert_eq!(shown["code"], format!("bank://{}", shown["out_trade_no"].as_str().unwrap()));
        let scanned = w.post(attempts, &json!({"presentment": "customer_presented", "payer_code": "130000000000000000"})).await.expect(201).json;
        assert_eq!((&scanned["state"], &scanned["channel"]), (&json!("succeeded"), &json!("bank")));

        let refunds = format!("/v1/orders/{id}/refunds");
        let part = w.post(refunds.clone(), &json!({"amount": amount(200), "reason": "too hot"})).await.expect(201).json;
        assert_eq!((&part["state"], &part["amount"], &part["cause"]), (&json!("succeeded"), &amount(200), &json!("requested")));
        let much = w.post(refunds.clone(), &json!({"amount": amount(301), "reason": "too hot"})).await.expect(409);
        assert_eq!(much.code(), "refund_exceeds_paid");
        w.post(refunds, &json!({"reason": "all of it"})).await.expect(201);
        let whole = w.get(format!("/v1/orders/{id}")).await.json;
        assert_eq!((&whole["paid"], &whole["refunded"]), (&amount(500), &amount(500)));

        let open = w.order(1).await;
        let closed = w.post(format!("/v1/orders/{open}/close"), &json!({})).await.expect(200);
        assert_eq!(closed.json["state"], "closed");
        assert_eq!(w.post(format!("/v1/orders/{id}/close"), &json!({})).await.expect(409).code(), "order_paid");
    }

    async fn lists_and_events_page_by_cursor(engine: Engine) {
        let w = World::new(&engine).await;
        let mut ids = Vec::new();
        for fen in 1..=5 {
            ids.push(w.order(fen).await);
        }
        w.pay_cash(&ids[0], 1).await.expect(201);
        ids.reverse();
        let (mut seen, mut path) = (Vec::new(), "/v1/orders?limit=2".to_owned());
        loop {
            let page = w.get(path).await.expect(200).json;
            seen.extend(page["items"].as_array().unwrap().iter().map(|o| o["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/v1/orders?limit=2&after={next}");
        }
        assert_eq!(seen, ids, "newest first, each once");
        let paid = w.get("/v1/orders?state=fulfilled").await.expect(200).json;
        assert_eq!(paid["items"].as_array().unwrap().len(), 1);

        let first = w.get("/v1/events?limit=3").await.expect(200).json;
        assert_eq!(first["items"].as_array().unwrap().len(), 3);
        let rest = w.get(format!("/v1/events?after={}", first["next"].as_str().unwrap())).await.expect(200).json;
        let kinds: Vec<&str> = rest["items"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
        assert!(kinds.contains(&"order.paid"), "{kinds:?}");
        let last = rest["next"].as_str().unwrap();
        let none = w.get(format!("/v1/events?after={last}")).await.expect(200).json;
        assert_eq!((&none["items"], none["next"].as_str().unwrap()), (&json!([]), last), "the cursor stays");

        let line = w.get(format!("/v1/orders/{}/timeline", ids[4])).await.expect(200).json;
        let sum: i64 = line["entries"].as_array().unwrap().iter().map(|e| e["amount"]["value"].as_i64().unwrap()).sum();
        assert_eq!((line["entries"].as_array().unwrap().len(), sum), (2, 0), "rule 9: the entries sum to zero");
        let today = w.get("/v1/today").await.expect(200).json;
        assert_eq!((&today["paid_orders"], &today["gross"]), (&json!(1), &amount(1)));
    }

    async fn webhooks_are_set_up_and_replayed(engine: Engine) {
        let w = World::new(&engine).await;
        let url = json!({"url": "https://partner.test/hook"});
        let made = w.ask("POST", "/v1/webhooks").key("hook").json(&url).send().await.expect(201);
        assert!(made.json["secret"].as_str().unwrap().starts_with("whsec_"));
        let again = w.ask("POST", "/v1/webhooks").key("hook").json(&url).send().await.expect(201);
        assert_eq!(made.json, again.json, "rule 8");
        assert_eq!(w.get("/v1/webhooks").await.expect(200).json["items"].as_array().unwrap().len(), 1);
        let path = format!("/v1/webhooks/{}", made.id());
        let change = json!({"standing": "off", "replay_after": 0});
        let changed = w.ask("PATCH", path.clone()).json(&change).send().await.expect(200).json;
        assert_eq!((&changed["standing"], &changed["secret"]), (&json!("off"), &Value::Null));
        let bad = w.post("/v1/webhooks", &json!({"url": "http://partner.test"})).await.expect(422);
        assert_eq!(bad.code(), "webhook_endpoint_invalid");
        let theirs = w.call("GET", "/v1/webhooks").bearer(&w.other.key).send().await.expect(200).json;
        assert_eq!(theirs["items"], json!([]), "nothing of another merchant");
        w.call("PATCH", path).bearer(&w.other.key).json(&change).send().await.expect(404);
        assert_eq!(w.get("/v1/webhooks/parked").await.expect(200).json["items"], json!([]));
    }

    async fn receipts_are_shown_and_printed(engine: Engine) {
        let w = World::new(&engine).await;
        let id = w.order(500).await;
        w.pay_cash(&id, 1000).await.expect(201);
        let whole = w.get(format!("/v1/orders/{id}")).await.json;
        let receipt = whole["fulfilments"][0]["id"].as_str().unwrap().to_owned();
        let token = whole["pay_url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();

        let page = w.call("GET", format!("/receipts/{receipt}?t={token}&lang=en")).send().await.expect(200);
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
        for part in ["One 路店", "茶 tea", "5.00", "10.00", "COPY", "<svg"] {
            assert!(page.text.contains(part), "{part} is missing");
        }
        w.call("GET", format!("/receipts/{receipt}")).send().await.expect(401);
        let stranger = w.order(1).await;
        let stranger = w.get(format!("/v1/orders/{stranger}")).await.json["pay_url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        w.call("GET", format!("/receipts/{receipt}?t={stranger}")).send().await.expect(404);
        w.call("GET", format!("/receipts/{receipt}")).bearer(&w.other.key).send().await.expect(404);

        let path = format!("/v1/fulfilments/{receipt}/escpos");
        let response = w.ask("GET", format!("{path}?copy=false")).response().await;
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        assert!(bytes.starts_with(b"\x1b@"), "the printer is reset first");
        let tea = [0xb2, 0xe8, b' ', b't', b'e', b'a'];
        assert!(bytes.windows(tea.len()).any(|w| w == tea), "Chinese is GB18030");
        let copy = w.ask("GET", path.clone()).response().await;
        let copy = axum::body::to_bytes(copy.into_body(), 1 << 20).await.unwrap();
        assert!(copy.len() > bytes.len(), "a reprint is marked");
        assert_eq!(w.get(format!("{path}?columns=5")).await.expect(400).code(), "invalid_query");
    }
}
