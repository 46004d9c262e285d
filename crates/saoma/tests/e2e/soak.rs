//! Payments through every channel while every fault happens at a rate: whatever comes of each, the platform and the channels end up with the same
//! money, and no rule is broken. A hundred in the ordinary tests; `SAOMA_SOAK_PAYMENTS=1000` makes it a thousand, `SAOMA_TESTS_SEED` repeats one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Demo, Place, saoma};
use crate::shop::{Shop, net, refunds, yuan};

const CHANNELS: [&str; 3] = ["wechat", "alipay", "alipay_plus"];
/// How many payments are under way at once.
const SIDE_BY_SIDE: usize = 12;
/// How long the end of everything may take once the faults are gone.
const PATIENCE: Duration = Duration::from_secs(300);

/// Every fault of calls, callbacks, money and signatures: its rate in thousandths and its delay.
const FAULTS: [(&str, u32, Option<i64>); 18] = [
    ("callback_lost", 150, None),
    ("callback_late", 100, Some(1_500)),
    ("callback_twice", 150, None),
    ("callback_reordered", 100, Some(1_000)),
    ("callback_forged", 80, None),
    ("error_before", 40, None),
    ("error_after", 40, None),
    ("timeout_before", 20, Some(300)),
    ("timeout_after", 20, Some(300)),
    ("slow", 40, Some(300)),
    ("rate_limited", 30, None),
    ("pays_after_close", 300, Some(500)),
    ("signtest", 30, None),
    ("clock_skew", 30, Some(600_000)),
    ("refund_abnormal", 60, None),
    ("refund_not_enough", 60, None),
    ("retry_cancel", 150, None),
    // Making a key takes a second, so this one is rare.
    ("certificate_rotation", 2, None),
];

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % most
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let most = all.len() as u64;
        all[usize::try_from(self.below(most)).unwrap()]
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Gives the first merchant an account at Alipay+, which the demo does not have by itself.
async fn with_alipay_plus(demo: &mut Demo) {
    let sandbox: Value =
        serde_json::from_slice(&std::fs::read(demo.json["sandbox_json"].as_str().unwrap()).unwrap()).unwrap();
    let own = &sandbox["alipay_plus"];
    let settings = json!({
        "gateway_url": own["gateway_url"], "client_id": own["client_id"],
        "client_private_key_file": own["client_private_key"], "alipay_plus_public_key_file": own["alipay_plus_public_key"],
        "merchant_id": "M1", "merchant_name": "Tea House", "merchant_mcc": "5499", "settlement_currency": "CNY",
        "timeout_ms": 3000,
    });
    let file = demo.place.data.join("alipay_plus.json");
    std::fs::write(&file, settings.to_string()).unwrap();
    let data = demo.place.data.to_str().unwrap().to_owned();
    let merchant = demo.json["merchants"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(demo.stop(), 0);
    let args = ["channel", "set", "--data", &data, "--merchant", &merchant, "--channel", "alipay_plus"];
    let set = saoma(&[&args[..], &["--name", "Alipay+", "--settings", file.to_str().unwrap()]].concat());
    assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    demo.again(&[]).await;
}

async fn faults(shop: &Shop) {
    for (fault, rate, delay_ms) in FAULTS {
        let mut body = json!({"fault": fault, "rate": f64::from(rate) / 1000.0});
        if let Some(delay_ms) = delay_ms {
            body["delay_ms"] = json!(delay_ms);
        }
        let (status, answer) = shop.control("faults", &body).await;
        assert_eq!(status, 200, "{answer:#}");
    }
    // Where the callback of a second payment is lost, the bill tells of it; Alipay+ has none.
    for channel in ["wechat", "alipay"] {
        let body = json!({"channel": channel, "fault": "pays_twice", "rate": 0.06});
        assert_eq!(shop.control("faults", &body).await.0, 200);
    }
}

/// Fetches today's bills; what only they tell of is taken in.
async fn bills(shop: &Shop) {
    let beijing = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let today = jiff::Timestamp::now().to_zoned(beijing).strftime("%Y-%m-%d").to_string();
    let (status, accounts) = shop.get("/v1/channel-accounts").await;
    assert_eq!(status, 200, "{accounts:#}");
    for account in accounts["items"].as_array().unwrap() {
        let id = &account["id"];
        let (status, day) = shop.post("/v1/reconciliations", &json!({"account": id, "date": today})).await;
        assert_eq!(status, 200, "{day:#}");
        eprintln!(
            "soak: the bill of {}: {} rows, {}, {} open",
            day["channel"], day["rows"], day["state"], day["open"]
        );
    }
}

/// Waits until nothing is under way any more.
async fn quiet(shop: &Shop, orders: &[String], until: Instant) {
    for id in orders {
        loop {
            let order = shop.look(id).await;
            if is_settled(&order) {
                break;
            }
            assert!(Instant::now() < until, "{id} never settles: {order:#}");
            repair(shop).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// One order with whatever a payer, a cashier and an impatient customer may do with it.
async fn one(shop: &Shop, dice: &mut Dice) -> String {
    let fen = i64::try_from(100 + dice.below(9_900)).unwrap();
    let order = shop.order(fen).await;
    match dice.below(10) {
        0..=4 => scan(shop, dice, &order).await,
        5..=7 => {
            let channel = dice.of(&CHANNELS);
            show(shop, dice, &order, channel, true).await;
        }
        8 => {
            // Two codes on one screen, both paid: only one is kept.
            show(shop, dice, &order, "wechat", true).await;
            show(shop, dice, &order, "alipay", true).await;
        }
        _ => {
            let channel = dice.of(&CHANNELS);
            show(shop, dice, &order, channel, false).await;
            shop.post(&format!("/v1/orders/{order}/close"), &json!({})).await;
        }
    }
    if dice.below(3) == 0 {
        give_back(shop, dice, &order, fen).await;
    }
    order
}

/// A payer's code of any outcome is scanned; the payer answers the prompt, or not.
async fn scan(shop: &Shop, dice: &mut Dice, order: &str) {
    let channel = dice.of(&CHANNELS);
    let outcome = dice.of(&["00", "00", "00", "00", "01", "01", "02", "03", "04", "05", "06"]);
    let code = shop.payer_code(channel, outcome).await;
    let body = json!({"presentment": "customer_presented", "payer_code": code, "channel": channel, "terminal": shop.counter});
    let (status, attempt) = shop.attempt(order, &body).await;
    assert_eq!(status, 201, "{channel} {outcome}: {attempt:#}");
    if outcome == "01" {
        let answer = dice.of(&["confirm", "confirm", "decline"]);
        shop.control(answer, &json!({"channel": channel, "out_trade_no": attempt["out_trade_no"]})).await;
    }
}

/// A code is shown, if the channel gives one in time, and perhaps paid.
async fn show(shop: &Shop, dice: &mut Dice, order: &str, channel: &str, pays: bool) {
    let body = json!({"presentment": "merchant_presented", "channel": channel, "terminal": shop.counter});
    let (status, attempt) = shop.attempt(order, &body).await;
    assert!(status == 201 || (400..=503).contains(&status), "{channel}: {status} {attempt:#}");
    for _ in 0..40 {
        let whole = shop.look(order).await;
        let mine = whole["attempts"].as_array().unwrap().iter().find(|a| a["channel"] == channel).cloned();
        let Some(mine) = mine else { return };
        if let Some(code) = mine["code"].as_str() {
            if pays || dice.below(2) == 0 {
                let call = if pays { "pay" } else { "scan" };
                shop.control(call, &json!({ "code": code })).await;
            }
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Asks for some or all of it back; refused where nothing was paid.
async fn give_back(shop: &Shop, dice: &mut Dice, order: &str, fen: i64) {
    tokio::time::sleep(Duration::from_millis(dice.below(3_000))).await;
    for _ in 0..=dice.below(2) {
        let part = if dice.below(2) == 0 { fen } else { 1 + fen / 3 };
        let body = json!({"amount": yuan(part), "reason": "asked for"});
        let (status, answer) = shop.post(&format!("/v1/orders/{order}/refunds"), &body).await;
        assert!(matches!(status, 201 | 409), "{status} {answer:#}");
    }
}

/// What the bank sent back is repaired at the channel's console until nothing is abnormal.
async fn repair(shop: &Shop) {
    let (_, answer) = shop.control("repair-refunds", &json!({})).await;
    assert!(answer["repaired"].is_number(), "{answer:#}");
}

/// Whether nothing of an order is under way any more.
fn is_settled(order: &Value) -> bool {
    let attempts = order["attempts"].as_array().unwrap();
    let open = attempts
        .iter()
        .any(|a| a["state"] == "in_doubt" || (a["state"] == "pending" && order["state"] != "open"));
    let scanning =
        attempts.iter().any(|a| a["state"] == "pending" && a["presentment"] == "customer_presented");
    !open && !scanning && refunds(order).all(|r| r["state"] != "processing")
}

/// What the channels hold of an order's attempts.
async fn at_the_channels(shop: &Shop, order: &Value) -> (i64, Vec<Value>) {
    let (mut sum, mut all) = (0, Vec::new());
    let numbers: BTreeSet<&str> =
        order["attempts"].as_array().unwrap().iter().map(|a| a["out_trade_no"].as_str().unwrap()).collect();
    for number in numbers {
        let url = format!("{}/_sandbox/trades?out_trade_no={number}", shop.sandbox);
        let (_, trades) = shop.call(reqwest::Method::GET, &url, None, "unused").await;
        for trade in trades["trades"].as_array().unwrap() {
            if trade["paid_at"].is_string() {
                sum += trade["amount"]["value"].as_i64().unwrap();
            }
            sum -= trade["refunded"]["value"].as_i64().unwrap();
            all.push(trade.clone());
        }
    }
    (sum, all)
}

/// Waits until an order has come to its end, and proves it.
async fn proved(shop: &Shop, id: &str, until: Instant) {
    loop {
        let order = shop.look(id).await;
        let (held, trades) = at_the_channels(shop, &order).await;
        if is_settled(&order) && held == net(&order) {
            let state = order["state"].as_str().unwrap();
            let handed_out = !order["fulfilments"].as_array().unwrap().is_empty();
            assert_eq!(handed_out, state == "fulfilled", "rule 6: {order:#}");
            let asked_back: i64 = refunds(&order)
                .filter(|r| r["cause"] == "requested" && r["state"] == "succeeded")
                .map(|r| r["amount"]["value"].as_i64().unwrap())
                .sum();
            let owed = if handed_out { order["amount"]["value"].as_i64().unwrap() - asked_back } else { 0 };
            let failed = refunds(&order).any(|r| r["state"] == "failed");
            assert!(net(&order) == owed || failed, "rule 1: keeps {}, owed {owed}: {order:#}", net(&order));
            return;
        }
        assert!(
            Instant::now() < until,
            "{id} never settles: the channels hold {held}: {order:#} {trades:#?}"
        );
        repair(shop).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn soak(place: Place, payments: usize) {
    let seed = setting("SAOMA_TESTS_SEED").unwrap_or(u64::from(std::process::id()) << 16 | 1);
    eprintln!("soak: {payments} payments, SAOMA_TESTS_SEED={seed}");
    let mut demo = Demo::start(place).await;
    with_alipay_plus(&mut demo).await;
    let shop = Shop::of(&demo, false);
    faults(&shop).await;
    let (next, began) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let mut selling = tokio::task::JoinSet::new();
    for caller in 0..SIDE_BY_SIDE {
        let (shop, next) = (shop.clone(), Arc::clone(&next));
        let mut dice = Dice(seed ^ (caller as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        selling.spawn(async move {
            let mut made = Vec::new();
            while next.fetch_add(1, Ordering::Relaxed) < payments {
                made.push(one(&shop, &mut dice).await);
            }
            made
        });
    }
    let orders: Vec<String> = selling.join_all().await.into_iter().flatten().collect();
    assert_eq!(orders.len(), payments);
    eprintln!("soak: all asked for after {:?}", began.elapsed());
    let url = format!("{}/_sandbox/faults", shop.sandbox);
    let (_, left) = shop.call(reqwest::Method::GET, &url, None, "unused").await;
    if payments >= 1000 {
        let idle: Vec<_> = left["faults"].as_array().unwrap().iter().filter(|f| f["happened"] == 0).collect();
        assert!(idle.is_empty(), "every fault happened: {idle:#?}");
    }
    assert_eq!(shop.call(reqwest::Method::DELETE, &url, None, "unused").await.0, 200);
    let until = Instant::now() + PATIENCE;
    quiet(&shop, &orders, until).await;
    bills(&shop).await;
    for order in &orders {
        proved(&shop, order, until).await;
    }
    eprintln!("soak: all settled after {:?}", began.elapsed());
    bills(&shop).await;
    demo.verify_is_fine();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_under_every_fault_at_a_rate() {
    let payments = setting("SAOMA_SOAK_PAYMENTS").map_or(100, |n| usize::try_from(n).unwrap());
    soak(Place::sqlite("soak"), payments).await;
}
