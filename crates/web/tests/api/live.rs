//! Live updates: a stream begins with the whole order and follows it.

use axum::body::BodyDataStream;
use desk::MIGRATIONS;
use futures_util::StreamExt;
use scenes::retail;
use serde_json::Value;
use std::time::Duration;
use store::testing::Engine;

use super::world::World;

/// The data of the next message, comments skipped.
async fn next(stream: &mut BodyDataStream) -> Value {
    let mut text = String::new();
    loop {
        let chunk = tokio::time::timeout(Duration::from_secs(10), stream.next())
            .await
            .expect("a message comes in time");
        text.push_str(std::str::from_utf8(&chunk.expect("the stream goes on").unwrap()).unwrap());
        if let Some(data) = text.lines().find_map(|l| l.strip_prefix("data: ").or(l.strip_prefix("data:")))
            && text.ends_with("\n\n")
        {
            return serde_json::from_str(data).unwrap();
        }
    }
}

store::both_engines! {
    with [MIGRATIONS, retail::MIGRATIONS];

    async fn an_order_as_it_changes(engine: Engine) {
        let w = World::new(&engine).await;
        let id = w.order(500).await;
        let response = w.ask("GET", format!("/v1/orders/{id}/events")).response().await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut stream = response.into_body().into_data_stream();
        let first = next(&mut stream).await;
        assert_eq!(first, w.get(format!("/v1/orders/{id}")).await.json);
        w.pay_cash(&id, 500).await.expect(201);
        let second = next(&mut stream).await;
        assert_eq!((second["state"].as_str(), second["attempts"][0]["state"].as_str()), (Some("fulfilled"), Some("succeeded")));
    }

    async fn a_merchant_as_it_sells(engine: Engine) {
        let w = World::new(&engine).await;
        let mut stream = w.ask("GET", "/v1/stream").response().await.into_body().into_data_stream();
        let other = serde_json::json!({"scene": "retail", "site": w.other.site, "request": {"amount": {"value": 1, "currency": "CNY"}}});
        w.call("POST", "/v1/orders").bearer(&w.other.key).json(&other).send().await.expect(201);
        let id = w.order(500).await;
        let changed = next(&mut stream).await;
        assert_eq!((changed["kind"].as_str(), changed["subject"].as_str()), (Some("order.created"), Some(id.as_str())), "nothing of another merchant");
    }

    async fn streams_end_when_the_process_is_asked_to_stop(engine: Engine) {
        let w = World::new(&engine).await;
        let id = w.order(500).await;
        for path in [format!("/v1/orders/{id}/events"), "/v1/stream".to_owned()] {
            w.stop.send_replace(false);
            let mut stream = w.ask("GET", path.clone()).response().await.into_body().into_data_stream();
            w.stop.send_replace(true);
            let ended = tokio::time::timeout(Duration::from_secs(2), async { while stream.next().await.is_some() {} });
            assert!(ended.await.is_ok(), "{path} goes on");
        }
    }
}
