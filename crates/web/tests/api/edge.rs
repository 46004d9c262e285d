//! The edge of all HTTP: what leads nowhere, what is not allowed, headers, liveness.

use desk::MIGRATIONS;
use scenes::retail;
use store::testing::Engine;

use super::world::World;

store::both_engines! {
    with [MIGRATIONS, retail::MIGRATIONS];

    async fn never_bare_text(engine: Engine) {
        let w = World::new(&engine).await;
        let cases = [
            ("GET", "/v1/nothing", 404, "unknown_path"),
            ("DELETE", "/v1/orders", 405, "method_not_allowed"),
            ("GET", "/v1/quotes", 405, "method_not_allowed"),
            ("GET", "/v1/orders/short", 404, "invalid_id"),
            ("GET", "/v1/orders?limit=0", 400, "invalid_query"),
            ("GET", "/v1/orders?limit=201", 400, "invalid_query"),
            ("GET", "/v1/orders?limit=many", 400, "invalid_query"),
            ("GET", "/v1/orders?colour=red", 400, "invalid_query"),
            ("GET", "/v1/orders?state=lost", 400, "invalid_query"),
            ("GET", "/v1/orders?from=yesterday", 400, "invalid_query"),
            ("GET", "/v1/events?after=-1", 400, "invalid_query"),
        ];
        for (method, path, status, code) in cases {
            let answer = w.ask(method, path).send().await;
            assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{method} {path}: {}", answer.text);
            assert_eq!(answer.headers["content-type"], "application/problem+json", "{method} {path}");
            if status == 405 {
                assert!(answer.headers["allow"].to_str().unwrap().contains("POST"), "{method} {path}");
            }
        }
    }

    async fn headers_and_health(engine: Engine) {
        let w = World::new(&engine).await;
        let live = w.call("GET", "/livez").send().await.expect(200);
        assert_eq!(live.headers["x-content-type-options"], "nosniff");
        assert_eq!(live.headers["cache-control"], "no-store");
        w.call("GET", "/readyz").send().await.expect(200);
        let problems = w.call("GET", "/problems").send().await.expect(200);
        assert!(problems.text.contains("id=\"retail_item_unknown\"") && problems.text.contains("id=\"refund_exceeds_paid\""));
        assert!(problems.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    }
}
