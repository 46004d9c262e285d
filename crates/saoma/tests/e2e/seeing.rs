//! What is seen from outside after a day of sales: metrics that agree with it, a trace from the terminal to the channel and back, and logs that
//! name the order and nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use reqwest::Client;
use serde_json::{Value, json};

use crate::process::{Demo, Place};
use crate::shop::Shop;

/// Spans that a collector was sent.
pub(crate) type Spans = Arc<Mutex<Vec<Value>>>;

/// A place whose process tells everything: JSON lines at the level of debugging, and traces to a collector of the test.
pub(crate) async fn watched(mut place: Place) -> (Place, Spans) {
    let spans = Spans::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let kept = spans.clone();
    let take = move |axum::Json(body): axum::Json<Value>| {
        let sent = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone();
        kept.lock().unwrap().extend(sent);
        async { axum::Json(json!({})) }
    };
    let collector = Router::new().route("/v1/traces", post(take));
    tokio::spawn(async move { axum::serve(listener, collector).await });
    let filter = "info,saoma=debug,web=debug,desk=debug,store=debug,channels=debug,scenes=debug,sandbox=off";
    place.environment = vec![
        ("RUST_LOG", filter.to_owned()),
        ("SAOMA_LOG__JSON", "true".to_owned()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
    ];
    (place, spans)
}

/// The page as name with labels → value.
pub(crate) async fn page(base: &str) -> BTreeMap<String, f64> {
    let answer = Client::new().get(format!("{base}/metrics")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = answer.text().await.unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(k, v)| (k.to_owned(), v.parse().unwrap()))
        .collect()
}

/// The page at a moment when no decision waits: work in the background takes some at any time.
async fn quiet_page(base: &str) -> BTreeMap<String, f64> {
    let began = Instant::now();
    loop {
        let page = page(base).await;
        if page["saoma_store_waiting"] == 0.0 && page["saoma_database_up"] == 1.0 {
            return page;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "it never comes to rest: {page:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Prometheus is told what happened.
pub(crate) async fn metrics(shop: &Shop) {
    let page = quiet_page(&shop.base).await;
    let sum = |name: &str, with: &[&str]| -> f64 {
        let wanted = |k: &str| {
            k.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('{'))
                && with.iter().all(|w| k.contains(w))
        };
        page.iter().filter(|(k, _)| wanted(k)).map(|(_, v)| v).sum()
    };
    let at_least = |least: f64, name: &str, with: &[&str]| {
        let found = sum(name, with);
        assert!(found >= least, "{name} {with:?} is {found}: {page:#?}");
    };
    for channel in ["wechat", "alipay"] {
        let channel = format!("channel=\"{channel}\"");
        at_least(
            3.0,
            "saoma_attempts_total",
            &[&channel, "presentment=\"customer_presented\"", "state=\"succeeded\""],
        );
        at_least(2.0, "saoma_attempts_total", &[&channel, "state=\"declined\""]);
        at_least(1.0, "saoma_attempts_total", &[&channel, "state=\"in_doubt\""]);
        at_least(1.0, "saoma_attempts_total", &[&channel, "state=\"reversed\""]);
        at_least(3.0, "saoma_attempt_seconds_count", &[&channel, "state=\"succeeded\""]);
        at_least(7.0, "saoma_channel_call_seconds_count", &[&channel, "call=\"charge\""]);
        at_least(1.0, "saoma_channel_call_seconds_count", &[&channel, "outcome=\"unknown\""]);
        at_least(1.0, "saoma_channel_notices_total", &[&channel, "believed=\"true\""]);
        at_least(1.0, "saoma_channel_notices_total", &[&channel, "believed=\"false\""]);
    }
    at_least(1.0, "saoma_attempts_total", &["channel=\"cash\"", "state=\"succeeded\""]);
    at_least(20.0, "saoma_orders_total", &["scene=\"retail\"", "state=\"fulfilled\""]);
    at_least(3.0, "saoma_refunds_total", &["state=\"succeeded\""]);
    at_least(1.0, "saoma_refunds_total", &["cause=\"duplicate_payment\""]);
    at_least(30.0, "saoma_http_requests_total", &["route=\"/v1/orders/{order}/attempts\"", "status=\"201\""]);
    at_least(30.0, "saoma_http_request_seconds_count", &["route=\"/v1/orders/{order}/attempts\""]);
    at_least(100.0, "saoma_decisions_total", &[]);
    at_least(1.0, "saoma_group_decisions_count", &[]);
    assert_eq!(page["saoma_ledger_imbalance{currency=\"CNY\"}"], 0.0);
    for zero in ["saoma_in_doubt", "saoma_webhooks_parked", "saoma_spans_lost_total"] {
        assert_eq!(page[zero], 0.0, "{zero}");
    }
    let open: f64 = sum("saoma_open_attempts", &[]);
    assert_eq!(open, 0.0, "all of them have ended");
    let late_looks = sum("saoma_jobs", &["kind=\"attempt\""]);
    assert_eq!(sum("saoma_jobs", &["state=\"parked\""]), 0.0, "{late_looks} jobs look once more");
}

/// A terminal's trace is found again in the calls to the channel and in the channel's call back.
pub(crate) async fn traced(shop: &Shop, collector: &Spans) {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let order = shop.order(321).await;
    let body = json!({"presentment": "merchant_presented", "channel": "wechat", "terminal": shop.counter});
    let answer = Client::new()
        .post(format!("{}/v1/orders/{order}/attempts", shop.base))
        .bearer_auth(&shop.key)
        .header("idempotency-key", shop.fresh_key())
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    let attempt: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert!(shop.pay(&attempt["code"]).await);
    shop.until(&order, "fulfilled", |o| o["state"] == "fulfilled").await;
    let of_trace = || -> Vec<Value> {
        collector.lock().unwrap().iter().filter(|span| span["traceId"] == TRACE).cloned().collect()
    };
    let wanted =
        ["POST /v1/orders/{order}/attempts", "wechat present", "POST /v1/notify/{channel}/{account}"];
    let began = Instant::now();
    let spans = loop {
        let spans = of_trace();
        let names: BTreeSet<&str> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
        if wanted.iter().all(|name| names.contains(name)) {
            break spans;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{names:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let named = |name: &str| spans.iter().find(|span| span["name"] == name).unwrap();
    let request = named(wanted[0]);
    assert_eq!(request["parentSpanId"], "00f067aa0ba902b7", "below the terminal's own span");
    for below in &wanted[1..] {
        let span = named(below);
        assert_eq!(span["parentSpanId"], request["spanId"], "{below}: {span:#}");
        let order = json!({"key": "saoma.order", "value": {"stringValue": order}});
        assert!(span["attributes"].as_array().unwrap().contains(&order), "{below}: {span:#}");
    }
}

/// Every word by which somebody proves who they are, or that names a payer.
async fn secrets(demo: &Demo, shop: &Shop) -> Vec<String> {
    let mut secrets = shop.codes.lock().unwrap().clone();
    assert!(secrets.len() >= 14);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for (list, key) in [
        ("merchants", "api_key"),
        ("terminals", "key"),
        ("terminals", "enrolment_code"),
        ("operators", "password"),
    ] {
        secrets.extend(demo.json[list].as_array().unwrap().iter().map(|one| text(&one[key])));
    }
    let (_, orders) = shop.get("/v1/orders?limit=50").await;
    for order in orders["items"].as_array().unwrap() {
        let whole = shop.look(order["id"].as_str().unwrap()).await;
        let url = text(&whole["pay_url"]);
        secrets.push(url.rsplit('/').next().unwrap().to_owned());
        let attempts = whole["attempts"].as_array().unwrap();
        secrets.extend(attempts.iter().filter(|a| a["code"].is_string()).map(|a| text(&a["code"])));
    }
    secrets.retain(|secret| secret.len() > 5);
    secrets
}

/// Every line is JSON; requests, callbacks and calls to channels name their order; no secret and no payer is in any.
pub(crate) async fn logs(demo: &Demo, shop: &Shop) {
    let secrets = secrets(demo, shop).await;
    let said = std::fs::read_to_string(demo.place.log()).unwrap();
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .collect();
    let about = |message: &str, key: &str, value: &str| {
        lines
            .iter()
            .filter(|l| l["fields"]["message"] == message && l["fields"][key] == value)
            .collect::<Vec<_>>()
    };
    for (message, key, value) in [
        ("request", "route", "/v1/orders/{order}/attempts"),
        ("channel", "call", "charge"),
        ("channel", "call", "query"),
        ("channel", "call", "refund"),
    ] {
        let found = about(message, key, value);
        assert!(!found.is_empty(), "no line of {value}");
        for line in found {
            assert_eq!(line["fields"]["order"].as_str().map(str::len), Some(13), "{line}");
        }
    }
    let callbacks = about("request", "route", "/v1/notify/{channel}/{account}");
    let named = callbacks.iter().filter(|line| line["fields"]["order"].is_string()).count();
    assert!(named > 5, "{named} of {} callbacks name their order", callbacks.len());
    for secret in &secrets {
        let found = said.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(found, None, "{secret} is in the log");
    }
    let payers = ["openid", "buyer_user_id", "buyer_logon_id", "payer_code", "auth_code", "Bearer "];
    for word in payers {
        let found = said.lines().find(|line| line.contains(word));
        assert_eq!(found, None, "{word} is in the log");
    }
    assert!(lines.len() > 100, "{} lines", lines.len());
}
