//! Bad input, each with a clear problem detail: one row a case.

use std::time::Duration;

use desk::MIGRATIONS;
use scenes::retail;
use serde_json::{Value, json};
use store::testing::Engine;

use super::world::{Answer, World};

/// A request and what is refused about it.
struct Case {
    name: &'static str,
    path: String,
    body: Value,
    status: u16,
    code: &'static str,
    /// Part of the detail: which field, which limit.
    says: &'static str,
}

fn case(
    name: &'static str,
    path: impl Into<String>,
    body: Value,
    status: u16,
    code: &'static str,
    says: &'static str,
) -> Case {
    Case { name, path: path.into(), body, status, code, says }
}

/// Every refusal has all parts of a problem detail.
#[track_caller]
fn check_problem(name: &str, answer: &Answer, status: u16, code: &str, says: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{name}: {}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{name}");
    assert_eq!(answer.json["status"], status, "{name}");
    for part in ["type", "title", "detail", "fix"] {
        assert!(answer.json[part].as_str().is_some_and(|t| !t.is_empty()), "{name}: {part} is missing");
    }
    assert!(
        answer.json["detail"].as_str().unwrap().contains(says),
        "{name}: {} does not say {says:?}",
        answer.json["detail"]
    );
}

fn amount(value: i64) -> Value {
    json!({"value": value, "currency": "CNY"})
}

fn sales(w: &World) -> Vec<Case> {
    let sale = |name, request: Value, status, code, says| {
        case(name, "/v1/orders", w.sale(&request), status, code, says)
    };
    let tea = |value| json!({"amount": amount(value), "description": "tea"});
    let items = |lines: Value| json!({"items": lines});
    let with = |name, key: &str, value: Value, status, code, says| {
        let mut body = w.sale(&tea(1));
        body[key] = value;
        case(name, "/v1/orders", body, status, code, says)
    };
    let many: Vec<Value> = (0..201).map(|_| json!({"sku": "tea", "quantity": 1})).collect();
    vec![
        with("unknown scene", "scene", json!("opera"), 422, "unknown_scene", "retail"),
        sale("amount of zero", tea(0), 422, "invalid_amount", "not above zero"),
        sale("negative amount", tea(-1), 422, "invalid_amount", "not above zero"),
        sale("amount beyond the limit", tea(5_000_001), 422, "invalid_amount", "limit"),
        sale(
            "amount beyond 64 bits",
            json!({"amount": {"value": 1e30, "currency": "CNY"}}),
            422,
            "invalid_request",
            "request.amount.value",
        ),
        sale(
            "amount with a fraction",
            json!({"amount": {"value": 1.5, "currency": "CNY"}}),
            422,
            "invalid_request",
            "request.amount.value",
        ),
        sale(
            "amount as text",
            json!({"amount": {"value": "1", "currency": "CNY"}}),
            422,
            "invalid_request",
            "request.amount.value",
        ),
        sale(
            "wrong currency",
            json!({"amount": {"value": 1, "currency": "USD"}}),
            422,
            "currency_mismatch",
            "CNY",
        ),
        sale(
            "unknown currency",
            json!({"amount": {"value": 1, "currency": "XXX"}}),
            422,
            "invalid_request",
            "request.amount.currency",
        ),
        sale(
            "unknown field of the request",
            json!({"amount": amount(1), "tip": 1}),
            422,
            "invalid_request",
            "tip",
        ),
        sale(
            "unknown field of an amount",
            json!({"amount": {"value": 1, "currency": "CNY", "unit": "fen"}}),
            422,
            "invalid_request",
            "unit",
        ),
        sale("neither amount nor items", json!({}), 422, "invalid_request", "amount"),
        sale("amount and items", json!({"amount": amount(1), "items": []}), 422, "invalid_request", "items"),
        sale("no items", items(json!([])), 422, "invalid_request", "empty"),
        sale("too many lines", items(Value::Array(many)), 422, "retail_too_many_lines", "200"),
        sale(
            "quantity of zero",
            items(json!([{"sku": "tea", "quantity": 0}])),
            422,
            "retail_quantity_invalid",
            "request.items[0].quantity",
        ),
        sale(
            "quantity of 10000",
            items(json!([{"sku": "tea", "quantity": 10_000}])),
            422,
            "retail_quantity_invalid",
            "9999",
        ),
        sale(
            "unknown item",
            items(json!([{"sku": "gold", "quantity": 1}])),
            422,
            "retail_item_unknown",
            "gold",
        ),
        sale(
            "a SKU that cannot be one",
            items(json!([{"sku": "a b", "quantity": 1}])),
            422,
            "retail_item_unknown",
            "a b",
        ),
        sale(
            "description of 121",
            json!({"amount": amount(1), "description": "x".repeat(121)}),
            422,
            "invalid_request",
            "request.description",
        ),
        sale(
            "description that commands",
            json!({"amount": amount(1), "description": "a\u{1b}b"}),
            422,
            "invalid_request",
            "request.description",
        ),
        with("a site where the terminal is not", "site", json!(w.other.site), 422, "invalid_request", "site"),
        case(
            "unknown site",
            "/v1/orders",
            json!({"scene": "retail", "site": "0000000000001", "request": tea(1)}),
            404,
            "not_found",
            "site",
        ),
        with("site that is no id", "site", json!("Lobby"), 422, "invalid_request", "site"),
        with(
            "a terminal of somebody else",
            "terminal",
            json!(w.other.terminal),
            404,
            "not_found",
            "terminal",
        ),
        with("unknown field", "colour", json!("red"), 422, "invalid_request", "colour"),
        with("request that is text", "request", json!("tea"), 422, "invalid_request", "request"),
        with("quote together with a sale", "quote", json!("0000000000001"), 422, "invalid_request", "quote"),
        case("no scene", "/v1/orders", json!({"request": {}}), 422, "invalid_request", "scene"),
        case("no request", "/v1/orders", json!({"scene": "retail"}), 422, "invalid_request", "request"),
        case(
            "neither site nor terminal",
            "/v1/orders",
            json!({"scene": "retail", "request": tea(1)}),
            422,
            "invalid_request",
            "site",
        ),
        case("a list", "/v1/orders", json!([]), 422, "invalid_request", ""),
        case(
            "quote without a request",
            "/v1/quotes",
            json!({"scene": "retail"}),
            422,
            "invalid_request",
            "request",
        ),
        case("unknown quote", "/v1/orders", json!({"quote": "0000000000001"}), 404, "not_found", ""),
    ]
}

async fn payments(w: &World) -> Vec<Case> {
    let order = w.order(500).await;
    let mute = World::add_terminal(&w.desk, &w.shop.who, w.shop.site, &["takes_cash"]).await;
    let attempts = format!("/v1/orders/{order}/attempts");
    let attempt =
        |name, body: Value, status, code, says| case(name, attempts.clone(), body, status, code, says);
    let scan = |code: &str| json!({"presentment": "customer_presented", "payer_code": code});
    let refunds = format!("/v1/orders/{order}/refunds");
    vec![
        attempt(
            "a terminal that cannot do the presentment",
            json!({"presentment": "merchant_presented", "channel": "bank", "terminal": mute}),
            422,
            "presentment_unsupported",
            "shows_code",
        ),
        attempt(
            "a channel that cannot",
            json!({"presentment": "tap", "channel": "bank"}),
            422,
            "presentment_unsupported",
            "bank",
        ),
        attempt(
            "unknown presentment",
            json!({"presentment": "telepathy", "channel": "bank"}),
            422,
            "presentment_unsupported",
            "telepathy",
        ),
        attempt(
            "unknown channel",
            json!({"presentment": "merchant_presented", "channel": "gold"}),
            422,
            "unknown_channel",
            "gold",
        ),
        attempt("no channel", json!({"presentment": "merchant_presented"}), 422, "unknown_channel", ""),
        attempt("payment code too short", scan("1300"), 422, "payer_code_invalid", ""),
        attempt("payment code with letters", scan("13000000000000000x"), 422, "payer_code_invalid", ""),
        attempt(
            "payment code of an unknown wallet",
            scan("990000000000000000"),
            422,
            "payer_code_unknown_wallet",
            "",
        ),
        attempt(
            "no payment code",
            json!({"presentment": "customer_presented"}),
            422,
            "payer_code_invalid",
            "missing",
        ),
        attempt(
            "a code that is shown and scanned",
            json!({"presentment": "merchant_presented", "channel": "bank", "payer_code": "130000000000000000"}),
            422,
            "invalid_request",
            "payer_code",
        ),
        attempt(
            "too little cash",
            json!({"presentment": "cash", "tendered": amount(499)}),
            422,
            "tendered_too_little",
            "",
        ),
        attempt(
            "cash of another currency",
            json!({"presentment": "cash", "tendered": {"value": 500, "currency": "USD"}}),
            422,
            "currency_mismatch",
            "CNY",
        ),
        attempt("unknown field", json!({"presentment": "cash", "cash": 1}), 422, "invalid_request", "cash"),
        case(
            "refund of an unpaid order",
            refunds.clone(),
            json!({"amount": amount(1), "reason": "x"}),
            409,
            "order_not_paid",
            "",
        ),
        case(
            "refund without a reason",
            refunds.clone(),
            json!({"amount": amount(1)}),
            422,
            "invalid_request",
            "reason",
        ),
        case(
            "refund with an empty reason",
            refunds,
            json!({"amount": amount(1), "reason": " "}),
            422,
            "invalid_request",
            "reason",
        ),
        case("unknown order", "/v1/orders/0000000000001/close", json!({}), 404, "not_found", ""),
        case("an id that is none", "/v1/orders/42/close", json!({}), 404, "invalid_id", "42"),
    ]
}

store::both_engines! {
    with [MIGRATIONS, retail::MIGRATIONS];

    async fn every_bad_body_is_refused_by_name(engine: Engine) {
        let w = World::new(&engine).await;
        let mut cases = sales(&w);
        cases.extend(payments(&w).await);
        for case in cases {
            let answer = w.post(case.path, &case.body).await;
            check_problem(case.name, &answer, case.status, case.code, case.says);
        }
        let orders = w.get("/v1/orders").await.expect(200);
        assert_eq!(orders.json["items"].as_array().unwrap().len(), 1, "a refused sale leaves nothing behind");
    }

    async fn what_is_no_json_is_refused(engine: Engine) {
        let w = World::new(&engine).await;
        let big = format!("{{\"scene\": \"{}\"}}", "x".repeat(70_000));
        let cases: [(&str, &str, &[u8], u16, &str, &str); 7] = [
            ("no JSON", "application/json", b"scene=retail", 400, "body_not_json", ""),
            ("cut off", "application/json", b"{\"scene\": ", 400, "body_not_json", "EOF"),
            ("more than one value", "application/json", b"{} {}", 422, "invalid_request", ""),
            ("nothing", "application/json", b"", 400, "body_not_json", "empty"),
            ("no UTF-8", "application/json", b"{\"scene\": \"\xff\"}", 400, "body_not_json", ""),
            ("a form", "application/x-www-form-urlencoded", b"scene=retail", 415, "unsupported_media_type", "form"),
            ("oversized", "application/json", big.as_bytes(), 413, "body_too_large", ""),
        ];
        for (name, content_type, body, status, code, says) in cases {
            let answer = w.ask("POST", "/v1/quotes").header("content-type", content_type).raw(body).send().await;
            check_problem(name, &answer, status, code, says);
        }
    }

    async fn rule_8_keys_are_needed_and_hold(engine: Engine) {
        let w = World::new(&engine).await;
        let tea = |fen: i64| w.sale(&json!({"amount": amount(fen), "description": "tea"}));
        for path in ["/v1/orders", "/v1/quotes", "/v1/sites", "/v1/terminals", "/v1/retail/items", "/v1/session", "/v1/keys"] {
            let answer = w.ask("POST", path).no_key().json(&tea(1)).send().await;
            check_problem(path, &answer, 400, "idempotency_key_missing", "");
        }
        let long = "k".repeat(256);
        for key in ["", long.as_str(), "schl\u{fc}ssel"] {
            let answer = w.ask("POST", "/v1/orders").key(key).json(&tea(1)).send().await;
            check_problem(key, &answer, 400, "idempotency_key_invalid", "");
        }
        let first = w.ask("POST", "/v1/orders").key("one").json(&tea(700)).send().await.expect(201);
        let again = w.ask("POST", "/v1/orders").key("one").json(&tea(700)).send().await.expect(201);
        assert_eq!(first.json, again.json);
        let other = w.ask("POST", "/v1/orders").key("one").json(&tea(701)).send().await;
        check_problem("another body", &other, 409, "idempotency_key_reused", "");
        let site = |name: &str| json!({"name": name});
        let made = w.ask("POST", "/v1/sites").key("site").json(&site("A")).send().await.expect(201);
        let same = w.ask("POST", "/v1/sites").key("site").json(&site("A")).send().await.expect(201);
        assert_eq!(made.id(), same.id());
        let differs = w.ask("POST", "/v1/sites").key("site").json(&site("B")).send().await;
        check_problem("another site", &differs, 409, "idempotency_key_reused", "");
    }

    async fn rule_4_callbacks_that_are_not_believed(engine: Engine) {
        let w = World::new(&engine).await;
        let order = w.order(500).await;
        let shown = json!({"presentment": "merchant_presented", "channel": "bank"});
        let attempt = w.post(format!("/v1/orders/{order}/attempts"), &shown).await.expect(201);
        let number = attempt.json["out_trade_no"].as_str().unwrap().to_owned();
        let now = Duration::ZERO;
        let cases = [
            ("forged", number.as_str(), 500, "bad", now),
            ("replayed long after", number.as_str(), 500, "good", Duration::from_secs(301)),
            ("wrong amount", number.as_str(), 499, "good", now),
            ("unknown number", "0000000000001", 500, "good", now),
            ("a number we never gave", "hello", 500, "good", now),
        ];
        for (name, number, fen, signature, age) in cases {
            let answer = w.notify(number, fen, signature, age).await;
            assert!(answer.status.is_client_error(), "{name}: {}", answer.status);
            assert_eq!(w.get(format!("/v1/orders/{order}")).await.json["state"], "open", "{name}");
        }
        for (name, path) in [("no such account", "/v1/notify/bank/0000000000001"), ("no such channel", "/v1/notify/gold/x")] {
            assert_eq!(w.call("POST", path).no_key().raw("{}").send().await.status, 404, "{name}");
        }
        for _ in 0..2 {
            w.notify(&number, 500, "good", now).await.expect(200);
            let whole = w.get(format!("/v1/orders/{order}")).await.expect(200);
            assert_eq!((&whole.json["state"], &whole.json["paid"]), (&json!("fulfilled"), &amount(500)), "told twice, paid once");
            assert_eq!(whole.json["refunds"], json!([]));
        }
    }
}
