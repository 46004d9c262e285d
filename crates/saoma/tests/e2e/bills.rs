//! The channels' bills beside the ledger, through the real binary: what agrees, and what every fault of a bill is called.

use serde_json::{Value, json};

use crate::process::{Demo, Place, saoma};
use crate::shop::{Shop, net, yuan};

/// The channels' calendar day now.
fn today() -> String {
    let beijing = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    jiff::Timestamp::now().to_zoned(beijing).strftime("%Y-%m-%d").to_string()
}

/// Two sales, one of them refunded in part.
async fn sell(shop: &Shop, channel: &str) {
    let mut last = String::new();
    for fen in [700, 1_300] {
        last = shop.order(fen).await;
        let code = shop.payer_code(channel, "00").await;
        let body = json!({"presentment": "customer_presented", "payer_code": code, "terminal": shop.counter});
        assert_eq!(shop.attempt(&last, &body).await.0, 201);
        shop.until(&last, "fulfilled", |o| o["state"] == "fulfilled").await;
    }
    let body = json!({"amount": yuan(300), "reason": "asked for"});
    assert_eq!(shop.post(&format!("/v1/orders/{last}/refunds"), &body).await.0, 201);
    shop.until(&last, "refunded", |o| net(o) == 1_000).await;
}

/// `saoma reconcile` of one channel: its exit code, the kinds of what differs, the summary.
fn reconcile(demo: &Demo, channel: &str) -> (i32, Vec<String>, Value) {
    let (data, day) = (demo.place.data.to_str().unwrap(), today());
    let merchant = demo.json["merchants"][0]["id"].as_str().unwrap();
    let args =
        ["reconcile", "--data", data, "--date", &day, "--merchant", merchant, "--channel", channel, "--json"];
    let output = saoma(&args);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds = lines
        .iter()
        .filter(|line| line["type"] == "difference")
        .map(|line| line["kind"].as_str().unwrap().to_owned())
        .collect();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let summary = lines.last().unwrap_or_else(|| panic!("nothing was said: {said}")).clone();
    assert_eq!(summary["type"], "summary");
    (output.status.code().unwrap(), kinds, summary)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_a_bill_is_found_and_told_apart() {
    let demo = Demo::start(Place::sqlite("bills")).await;
    let shop = Shop::of(&demo, true);
    for channel in ["wechat", "alipay"] {
        sell(&shop, channel).await;
        for (fault, kinds) in [
            (None, &[][..]),
            (Some("row_missing"), &["missing_there"]),
            (Some("row_twice"), &["twice"]),
            (Some("row_altered"), &["amount"]),
            (Some("row_late"), &["missing_there"]),
            (None, &[]),
        ] {
            if let Some(fault) = fault {
                let body = json!({"channel": channel, "fault": fault, "next": 1});
                assert_eq!(shop.control("faults", &body).await.0, 200);
            }
            let (status, made) = shop.control("bill", &json!({"channel": channel, "date": today()})).await;
            assert_eq!(status, 200, "{made:#}");
            let (code, found, summary) = reconcile(&demo, channel);
            assert_eq!(
                (code, found),
                (i32::from(!kinds.is_empty()), kinds.iter().map(|k| (*k).to_owned()).collect()),
                "{channel} {fault:?}: {summary:#}"
            );
            assert_eq!(summary["open"], kinds.len(), "{channel} {fault:?}");
        }
    }
    let (status, days) = shop.get("/v1/reconciliations").await;
    assert_eq!((status, days["items"].as_array().unwrap().len()), (200, 2), "{days:#}");
    let day = &days["items"][0];
    assert_eq!(
        (&day["state"], &day["rows"], &day["paid"], &day["back"]),
        (&json!("agrees"), &json!(3), &json!(2_000), &json!(300))
    );
    let one =
        format!("/v1/reconciliations/{}/{}", day["account"].as_str().unwrap(), day["date"].as_str().unwrap());
    let (_, whole) = shop.get(&one).await;
    assert!(whole["differences"].as_array().unwrap().iter().all(|d| d["state"] == "cleared"), "{whole:#}");
    let none = saoma(&["reconcile", "--data", demo.place.data.to_str().unwrap(), "--date", "2026-02-30"]);
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    demo.verify_is_fine();
}
