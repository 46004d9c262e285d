//! The channels' bills beside the ledger, through the real binary: what agrees, and what every fault of a bill is called.

use serde_json::{Value, json};

use crate::process::{Demo, Place, saoma};
use crate::shop::{Shop, net, yuan};

/// The channels' calendar day, `later` days from now.
fn day(later: i64) -> String {
    let beijing = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * later);
    at.to_zoned(beijing).strftime("%Y-%m-%d").to_string()
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
fn reconcile(demo: &Demo, channel: &str, day: &str) -> (i32, Vec<String>, Value) {
    let data = demo.place.data.to_str().unwrap();
    let merchant = demo.json["merchants"][0]["id"].as_str().unwrap();
    let args =
        ["reconcile", "--data", data, "--date", day, "--merchant", merchant, "--channel", channel, "--json"];
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

/// Makes a day's bill under faults, each once.
async fn bill(shop: &Shop, channel: &str, day: &str, faults: &[&str]) {
    for fault in faults {
        let body = json!({"channel": channel, "fault": fault, "next": 1});
        assert_eq!(shop.control("faults", &body).await.0, 200);
    }
    let (status, made) = shop.control("bill", &json!({"channel": channel, "date": day})).await;
    assert_eq!(status, 200, "{made:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_a_bill_is_found_and_told_apart() {
    let demo = Demo::start(Place::sqlite("bills")).await;
    let shop = Shop::of(&demo, true);
    let today = day(0);
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
            bill(&shop, channel, &today, fault.as_slice()).await;
            let (code, found, summary) = reconcile(&demo, channel, &today);
            assert_eq!(
                (code, found),
                (i32::from(!kinds.is_empty()), kinds.iter().map(|k| (*k).to_owned()).collect()),
                "{channel} {fault:?}: {summary:#}"
            );
            assert_eq!(summary["open"], kinds.len(), "{channel} {fault:?}");
        }
        statement(&demo, channel, true);
        explained(&demo, &shop, channel).await;
        bill(&shop, channel, &today, &[]).await;
        assert_eq!(reconcile(&demo, channel, &today).0, 0, "all is cleared again");
    }
    let (status, days) = shop.get("/v1/reconciliations").await;
    assert_eq!((status, days["items"].as_array().unwrap().len()), (200, 2), "{days:#}");
    let day = &days["items"][0];
    assert_eq!(
        (&day["state"], &day["rows"], &day["paid"], &day["back"]),
        (&json!("agrees"), &json!(3), &json!(2_000), &json!(300))
    );
    let (_, whole) = shop.get(&address_of(day)).await;
    assert!(whole["differences"].as_array().unwrap().iter().all(|d| d["state"] == "cleared"), "{whole:#}");
    let none = saoma(&["reconcile", "--data", demo.place.data.to_str().unwrap(), "--date", "2026-02-30"]);
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    demo.verify_is_fine();
}

/// The channel's statement of its account is the bill's money, fees and all; or it is said that it is not.
fn statement(demo: &Demo, channel: &str, fits: bool) {
    let data = demo.place.data.to_str().unwrap();
    let merchant = demo.json["merchants"][0]["id"].as_str().unwrap();
    let args = [
        "reconcile",
        "--data",
        data,
        "--date",
        &day(0),
        "--merchant",
        merchant,
        "--channel",
        channel,
        "--json",
    ];
    let output = saoma(&[&args[..], &["--kind", "statement"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let movements = lines.iter().filter(|line| line["type"] == "movement").count();
    let told = lines.iter().find(|line| line["type"] == "statement").unwrap_or_else(|| panic!("{text}"));
    assert_eq!((output.status.code(), &told["fits_bill"]), (Some(i32::from(!fits)), &json!(fits)), "{text}");
    // two sales and a refund, each with its fee; what is left is what was sold less what went back and the fees
    assert_eq!((movements, &told["balances"][0]["closing"]["value"]), (6, &json!(1_690)), "{text}");
}

fn address_of(day: &Value) -> String {
    format!("/v1/reconciliations/{}/{}", day["account"].as_str().unwrap(), day["date"].as_str().unwrap())
}

/// Through the desk's API: several faults in one bill, one difference a fault, each explained by somebody, and so no longer open.
async fn explained(demo: &Demo, shop: &Shop, channel: &str) {
    let today = day(0);
    bill(shop, channel, &today, &["row_missing", "row_twice"]).await;
    let (_, accounts) = shop.get("/v1/channel-accounts").await;
    let account = accounts["items"].as_array().unwrap().iter().find(|a| a["channel"] == channel).unwrap();
    let (status, whole) =
        shop.post("/v1/reconciliations", &json!({"account": account["id"], "date": today})).await;
    assert_eq!((status, &whole["state"]), (200, &json!("differs")), "{whole:#}");
    let open: Vec<&Value> =
        whole["differences"].as_array().unwrap().iter().filter(|d| d["state"] == "open").collect();
    let mut kinds: Vec<&str> = open.iter().map(|d| d["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert!(matches!(kinds[..], ["missing_there", "twice"]), "{channel}: {whole:#}");
    for difference in open {
        let path = format!("{}/{}", address_of(&whole), difference["name"].as_str().unwrap());
        let (status, told) = shop.post(&path, &json!({"note": "asked the channel"})).await;
        assert_eq!((status, &told["state"]), (200, &json!("explained")), "{told:#}");
    }
    assert_eq!(reconcile(demo, channel, &today).0, 0, "{channel}: what somebody answers for is not open");
}

/// A row that the channel brings a day late is missing until then, and clears itself; Alipay+ has no bill, which is a result.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_of_the_day_after_clears_the_day_that_missed_it() {
    let demo = Demo::start(Place::sqlite("bills-late")).await;
    let shop = Shop::of(&demo, true);
    let (today, tomorrow) = (day(0), day(1));
    for channel in ["wechat", "alipay"] {
        sell(&shop, channel).await;
        bill(&shop, channel, &today, &["row_late"]).await;
        let (code, found, _) = reconcile(&demo, channel, &today);
        assert_eq!((code, found), (1, vec!["missing_there".to_owned()]), "{channel}");
    }
    assert_eq!(shop.control("clock", &json!({"advance_ms": 86_400_000})).await.0, 200);
    for channel in ["wechat", "alipay"] {
        bill(&shop, channel, &tomorrow, &[]).await;
        let (code, _, summary) = reconcile(&demo, channel, &tomorrow);
        assert_eq!((code, &summary["matched"]), (0, &json!(1)), "{channel}: {summary:#}");
        let (_, days) = shop.get(&format!("/v1/reconciliations?date={today}")).await;
        let day = days["items"].as_array().unwrap().iter().find(|d| d["channel"] == channel).unwrap();
        assert_eq!((&day["state"], &day["open"]), (&json!("agrees"), &json!(0)), "{channel}: {day:#}");
    }
    let data = demo.place.data.to_str().unwrap();
    let output =
        saoma(&["reconcile", "--data", data, "--date", &today, "--channel", "alipay_plus", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((output.status.code(), &first["state"]), (Some(0), &json!("no_bill")), "{text}");
    demo.verify_is_fine();
}
