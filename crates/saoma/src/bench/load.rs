//! The load: every caller makes an order and takes the cash for it, again and again, over HTTP or at the desk itself.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use desk::rows::{AttemptState, Presentment};
use desk::{AttemptAsk, Desk, NewOrder, Sale};
use money::Money;
use serde_json::json;

use super::client::{Client, field};
use super::figures::{Figure, Laps, Window, figure};
use super::world::Caller;
use crate::out::{Failed, Outcome, While as _};

/// What every sale costs, in fen: paid with the exact money.
pub(super) const PRICE_FEN: i64 = 1250;

/// A key that no other call has. It looks random, as the keys of real clients are: each falls on another page of the database.
pub(super) fn fresh_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    let spread = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{spread:016x}-bench-{:08x}", std::process::id())
}

/// Runs `one` for every caller on threads of its own, so that the load does not wait for the server's tasks.
pub(super) async fn apart<T, F, Fut>(callers: Vec<Caller>, one: F) -> Outcome<Vec<T>>
where
    T: Send + 'static,
    F: Fn(Caller) -> Fut + Send + Sync + Clone + 'static,
    Fut: Future<Output = Outcome<T>> + 'static,
{
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.during("starting the load generator")?;
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let tasks: Vec<_> = callers.into_iter().map(|c| tokio::task::spawn_local(one(c))).collect();
            let mut answers = Vec::new();
            for task in tasks {
                answers.push(task.await.during("a caller")??);
            }
            Ok(answers)
        })
    };
    tokio::task::spawn_blocking(run).await.during("the load generator")?
}

/// Two HTTP calls a sale: `POST /v1/orders`, `POST /v1/orders/ID/attempts`.
pub(super) async fn over_http(
    part: &'static str,
    addresses: Vec<SocketAddr>,
    engine: &str,
    callers: Vec<Caller>,
    seconds: u64,
) -> Outcome<Figure> {
    measured(part, engine, callers, seconds, move |caller, window| {
        // Callers of one merchant are spread over the nodes, too: that is the harder case.
        let address = addresses[caller.number % addresses.len()];
        async move { sell_over_http(address, caller, window).await }
    })
    .await
}

/// Runs `one` for every caller, apart, and makes a figure of it.
pub(super) async fn measured<F, Fut>(
    part: &'static str,
    engine: &str,
    callers: Vec<Caller>,
    seconds: u64,
    one: F,
) -> Outcome<Figure>
where
    F: Fn(Caller, Window) -> Fut + Send + Sync + Clone + 'static,
    Fut: Future<Output = Outcome<Laps>> + 'static,
{
    let (count, window) = (callers.len(), Window::of(seconds));
    let load = apart(callers, move |caller| one(caller, window));
    let (busy, laps) = tokio::join!(window.busy_at_start(), load);
    Ok(figure(part, engine, count, window, busy, &laps?))
}

async fn sell_over_http(address: SocketAddr, caller: Caller, window: Window) -> Outcome<Laps> {
    let mut client = Client::connect(address).await.during("connecting")?;
    let mut laps = Laps::default();
    let (order, cash) = (order_body(&caller), cash_body(&caller));
    while window.goes_on() {
        let began = Instant::now();
        let made = client.post("/v1/orders", &caller.key, &fresh_key(), &order).await.during("an order")?;
        window.call(began, &mut laps);
        let id = expect(made.status, made.body, "open", "order")?;
        let (asked, path) = (Instant::now(), format!("/v1/orders/{id}/attempts"));
        let paid = client.post(&path, &caller.key, &fresh_key(), &cash).await.during("a payment")?;
        window.call(asked, &mut laps);
        expect(paid.status, paid.body, "succeeded", "payment")?;
        window.lap(began, &mut laps);
    }
    Ok(laps)
}

/// The body of a sale's order.
pub(super) fn order_body(caller: &Caller) -> String {
    json!({
        "scene": "retail", "site": caller.site, "terminal": caller.terminal,
        "request": {"amount": {"value": PRICE_FEN, "currency": "CNY"}, "description": "Tea"},
    })
    .to_string()
}

/// The body of a payment in cash.
pub(super) fn cash_body(caller: &Caller) -> String {
    json!({
        "presentment": "cash", "terminal": caller.terminal,
        "tendered": {"value": PRICE_FEN, "currency": "CNY"},
    })
    .to_string()
}

/// The id of what was made. Error: something else was answered; a figure of failures would be worth nothing.
pub(super) fn expect(status: u16, body: &[u8], state: &str, what: &str) -> Outcome<String> {
    match (status, field(body, "state"), field(body, "id")) {
        (201, Some(found), Some(id)) if found == state => Ok(id.to_owned()),
        _ => Err(Failed::call(format!(
            "the {what} was answered with {status} {}",
            String::from_utf8_lossy(&body[..body.len().min(400)])
        ))),
    }
}

/// A trivial call at the same HTTP stack.
pub(super) async fn hello(address: SocketAddr, callers: usize, seconds: u64) -> Outcome<Figure> {
    let window = Window::of(seconds);
    let caller = Caller {
        who: desk::Who::system(store::Merchant::DIRECTORY),
        number: 0,
        key: "none".to_owned(),
        site: store::Id(0),
        terminal: store::Id(0),
    };
    let load = apart(vec![caller; callers], move |_| async move {
        let mut client = Client::connect(address).await.during("connecting")?;
        let mut laps = Laps::default();
        while window.goes_on() {
            let began = Instant::now();
            let answer =
                client.post("/hello", "none", "none", r#"{"name":"Saoma"}"#).await.during("hello")?;
            if answer.status != 200 {
                return Err(Failed::call(format!("hello was answered with {}", answer.status)));
            }
            window.lap(began, &mut laps);
        }
        Ok(laps)
    });
    let (busy, laps) = tokio::join!(window.busy_at_start(), load);
    Ok(figure("hello", "none", callers, window, busy, &laps?))
}

/// The same two decisions at the desk itself, without HTTP and JSON.
pub(super) async fn at_the_desk(
    part: &'static str,
    desk: &Desk,
    engine: &str,
    callers: Vec<Caller>,
    seconds: u64,
) -> Outcome<Figure> {
    let (count, window) = (callers.len(), Window::of(seconds));
    let sell = |caller| {
        let desk = desk.clone();
        tokio::spawn(async move { sell_at_the_desk(&desk, caller, window).await })
    };
    let tasks: Vec<_> = callers.into_iter().map(sell).collect();
    let busy = window.busy_at_start().await;
    let mut laps = Vec::new();
    for task in tasks {
        laps.push(task.await.during("a caller")??);
    }
    Ok(figure(part, engine, count, window, busy, &laps))
}

/// The sale in cash that every bench at the desk makes.
pub(super) fn tea(caller: &Caller) -> (Sale, AttemptAsk) {
    let sale = Sale {
        scene: "retail".to_owned(),
        site: Some(caller.site),
        terminal: Some(caller.terminal),
        request: json!({"amount": {"value": PRICE_FEN, "currency": "CNY"}, "description": "Tea"}),
    };
    let ask = AttemptAsk {
        presentment: Presentment::Cash,
        channel: None,
        payer_code: None,
        tendered: Some(Money::fen(PRICE_FEN)),
        terminal: Some(caller.terminal),
        data: serde_json::Value::Null,
    };
    (sale, ask)
}

async fn sell_at_the_desk(desk: &Desk, caller: Caller, window: Window) -> Outcome<Laps> {
    let mut laps = Laps::default();
    let (sale, ask) = tea(&caller);
    while window.goes_on() {
        let began = Instant::now();
        let made = desk.create_order(&caller.who, &fresh_key(), NewOrder::Sale(sale.clone())).await;
        let order = made.during("an order")?.order.id;
        let paid = desk.attempt(&caller.who, &fresh_key(), order, ask.clone()).await.during("a payment")?;
        if paid.state != AttemptState::Succeeded {
            return Err(Failed::call(format!("a cash payment is {}", paid.state.as_str())));
        }
        window.lap(began, &mut laps);
    }
    Ok(laps)
}
