//! Sales and everything that can go wrong with them. Each ends in the state it must end in, also when the process was killed on the way.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::shop::{Shop, net, refunds, yuan};

/// All of it: what sets no fault runs at once; what does runs one after the other in each channel.
pub(crate) async fn all(shop: &Shop) {
    let plain = async {
        let scans = ["wechat", "alipay"].iter().flat_map(|channel| {
            ["00", "01", "02", "03", "04", "05", "06"].map(|outcome| scanned(shop, channel, outcome))
        });
        let shown = ["wechat", "alipay"].map(|channel| shown_and_refunded(shop, channel));
        tokio::join!(join_all(scans), join_all(shown), cash(shop), paid_twice(shop), no_channel_needed(shop));
    };
    plain.await;
    let faults = ["wechat", "alipay"].map(|channel| async move {
        told_late(shop, channel).await;
        pays_after_close(shop, channel).await;
        answers_lost(shop, channel).await;
    });
    join_all(faults).await;
}

/// Cash with change, and back again.
pub(crate) async fn cash(shop: &Shop) {
    let order = shop.order(1_234).await;
    let body = json!({"presentment": "cash", "tendered": yuan(2_000), "terminal": shop.counter});
    let (status, attempt) = shop.attempt(&order, &body).await;
    assert_eq!((status, &attempt["state"]), (201, &json!("succeeded")), "{attempt:#}");
    assert_eq!(attempt["change"], yuan(766));
    let whole = shop.agrees(&order).await;
    assert_eq!(whole["state"], "fulfilled");
    refund(shop, &order, 234).await;
    let whole = shop.until(&order, "refunded", |o| net(o) == 1_000).await;
    assert_eq!(whole["refunds"].as_array().unwrap().len(), 1);
    shop.agrees(&order).await;
}

/// What needs no channel: a free amount is refused, an order is closed by hand.
async fn no_channel_needed(shop: &Shop) {
    let order = shop.order(500).await;
    let (status, closed) = shop.post(&format!("/v1/orders/{order}/close"), &json!({})).await;
    assert_eq!((status, &closed["state"]), (200, &json!("closed")), "{closed:#}");
    let (status, problem) =
        shop.attempt(&order, &json!({"presentment": "merchant_presented", "channel": "wechat"})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("order_not_open")), "{problem:#}");
}

async fn refund(shop: &Shop, order: &str, fen: i64) -> Value {
    let body = json!({"amount": yuan(fen), "reason": "asked for"});
    let (status, refund) = shop.post(&format!("/v1/orders/{order}/refunds"), &body).await;
    assert_eq!(status, 201, "{refund:#}");
    refund
}

async fn too_much(shop: &Shop, order: &str, fen: i64) {
    let body = json!({"amount": yuan(fen), "reason": "asked for"});
    let (status, problem) = shop.post(&format!("/v1/orders/{order}/refunds"), &body).await;
    assert_eq!((status, &problem["code"]), (409, &json!("refund_exceeds_paid")), "{problem:#}");
}

/// A shown code is paid; it is refunded in parts up to the whole and not beyond.
pub(crate) async fn shown_and_refunded(shop: &Shop, channel: &str) {
    let order = shop.order(1_000).await;
    let attempt = shop.show(&order, channel).await;
    assert!(shop.pay(&attempt["code"]).await);
    shop.until(&order, "fulfilled", |o| o["state"] == "fulfilled").await;
    let whole = shop.agrees(&order).await;
    assert_eq!(net(&whole), 1_000);
    assert!(!whole["fulfilments"].as_array().unwrap().is_empty(), "a receipt was handed out");
    too_much(shop, &order, 1_001).await;
    refund(shop, &order, 300).await;
    too_much(shop, &order, 701).await;
    refund(shop, &order, 699).await;
    refund(shop, &order, 1).await;
    too_much(shop, &order, 1).await;
    let whole = shop.until(&order, "refunded", |o| net(o) == 0).await;
    assert!(refunds(&whole).all(|r| r["state"] == "succeeded"), "{whole:#}");
    shop.agrees(&order).await;
}

/// What a payment code of each kind must lead to.
fn expected(outcome: &str) -> &'static [&'static str] {
    match outcome {
        "00" | "01" | "04" => &["succeeded"],
        "02" | "03" => &["declined"],
        "05" => &["reversed", "declined"],
        _ => &["reversed"],
    }
}

/// A payment code is scanned; rule 3: it ends, and the terminal learns how.
pub(crate) async fn scanned(shop: &Shop, channel: &str, outcome: &str) {
    let order = shop.order(700).await;
    let code = shop.payer_code(channel, outcome).await;
    let body = json!({"presentment": "customer_presented", "payer_code": code, "terminal": shop.counter});
    let (status, attempt) = shop.attempt(&order, &body).await;
    assert_eq!(status, 201, "{channel} {outcome}: {attempt:#}");
    if outcome == "01" {
        let which = json!({"channel": channel, "out_trade_no": attempt["out_trade_no"]});
        let (status, answer) = shop.control("confirm", &which).await;
        assert!(status == 200 || !shop.undisturbed, "{channel}: {answer:#}");
    }
    let ended = |o: &Value| {
        let state = o["attempts"][0]["state"].as_str().unwrap();
        !matches!(state, "pending" | "in_doubt")
    };
    let whole = shop.until(&order, "ended", ended).await;
    let state = whole["attempts"][0]["state"].as_str().unwrap();
    // A charge that was written down and never sent ends reversed: it is not sent later, behind the payer's back.
    let unsent = !shop.undisturbed && state == "reversed";
    assert!(expected(outcome).contains(&state) || unsent, "{channel} {outcome}: {whole:#}");
    let whole = shop.agrees(&order).await;
    assert_eq!(net(&whole) > 0, state == "succeeded", "{channel} {outcome}: {whole:#}");
    assert_eq!(whole["state"] == "fulfilled", state == "succeeded", "{channel} {outcome}: {whole:#}");
}

/// One order is paid through two channels: one payment is kept, the other flows back by itself (rule 1).
async fn paid_twice(shop: &Shop) {
    let order = shop.order(900).await;
    let wechat = shop.show(&order, "wechat").await;
    let alipay = shop.show(&order, "alipay").await;
    assert!(shop.pay(&wechat["code"]).await);
    // A code of Alipay that nobody scanned cannot be closed: the second wallet still pays.
    let second = shop.pay(&alipay["code"]).await;
    let settled = |o: &Value| o["state"] == "fulfilled" && net(o) == 900;
    let whole = shop.until(&order, "settled", settled).await;
    assert!(second || !shop.undisturbed, "the second wallet was refused: {whole:#}");
    if second {
        let back = |o: &Value| {
            settled(o) && refunds(o).count() == 1 && refunds(o).all(|r| r["state"] == "succeeded")
        };
        let whole = shop.until(&order, "paid back", back).await;
        assert_eq!(whole["refunds"][0]["cause"], "duplicate_payment", "{whole:#}");
        assert_eq!(whole["paid"], yuan(1_800));
    }
    shop.agrees(&order).await;
}

async fn set_fault(shop: &Shop, channel: &str, fault: &str, delay_ms: i64) {
    let body = json!({"channel": channel, "fault": fault, "next": 1, "delay_ms": delay_ms});
    let (status, answer) = shop.control("faults", &body).await;
    assert_eq!(status, 200, "{answer:#}");
}

async fn close(shop: &Shop, order: &str) -> Value {
    let (status, answer) = shop.post(&format!("/v1/orders/{order}/close"), &json!({})).await;
    // It may have been paid in the meantime.
    assert!(status == 200 || (status == 409 && answer["code"] == "order_paid"), "{status} {answer:#}");
    shop.look(order).await
}

/// It was paid in time, and we are told after the order was closed: the money flows back, or the order was paid after all.
async fn told_late(shop: &Shop, channel: &str) {
    set_fault(shop, channel, "callback_late", 4_000).await;
    let order = shop.order(800).await;
    let attempt = shop.show(&order, channel).await;
    assert!(shop.pay(&attempt["code"]).await);
    close(shop, &order).await;
    let settled = |o: &Value| match o["state"].as_str().unwrap() {
        "fulfilled" => net(o) == 800,
        "closed" => o["paid"] == yuan(800) && net(o) == 0,
        _ => false,
    };
    let whole = shop.until(&order, "settled", settled).await;
    if whole["state"] == "closed" {
        assert_eq!(whole["refunds"][0]["cause"], "paid_after_close", "{whole:#}");
    }
    shop.agrees(&order).await;
}

/// The channel takes money although the payment was closed: it flows back by itself.
async fn pays_after_close(shop: &Shop, channel: &str) {
    set_fault(shop, channel, "pays_after_close", 500).await;
    let order = shop.order(600).await;
    let attempt = shop.show(&order, channel).await;
    if channel == "alipay" {
        // Before somebody scans it Alipay knows no such trade, and there is nothing to close.
        let (status, answer) = shop.control("scan", &json!({"code": attempt["code"]})).await;
        assert!(status == 200 || !shop.undisturbed, "{answer:#}");
    }
    let closed = close(shop, &order).await;
    assert_eq!(closed["state"], "closed");
    if shop.undisturbed {
        let back = |o: &Value| o["paid"] == yuan(600) && net(o) == 0;
        let whole = shop.until(&order, "paid back", back).await;
        assert_eq!(whole["refunds"][0]["cause"], "paid_after_close", "{whole:#}");
    }
    shop.until(&order, "without money", |o| net(o) == 0).await;
    shop.agrees(&order).await;
}

/// The answer to a call is lost, before or after it took effect: nothing is doubled.
async fn answers_lost(shop: &Shop, channel: &str) {
    let of_calls = ["error_before", "error_after", "timeout_after"];
    let of_callbacks = ["callback_lost", "callback_twice", "callback_forged"];
    for fault in of_calls.iter().chain(&of_callbacks) {
        let order = shop.order(550).await;
        set_fault(shop, channel, fault, 100).await;
        let attempt = shop.show(&order, channel).await;
        assert!(shop.pay(&attempt["code"]).await);
        let whole = shop.until(&order, "fulfilled", |o| o["state"] == "fulfilled").await;
        assert_eq!(net(&whole), 550, "{fault}: {whole:#}");
        shop.agrees(&order).await;
        shop.no_faults(channel).await;
    }
}
