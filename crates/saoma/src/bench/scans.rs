//! `saoma bench scans`: create order and scan the payer's code, through a channel with real signatures: the sandbox, in this process and on the same
//! cores. Beside it: how many such exchanges the four signatures and checks of one would allow if nothing else were done.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde_json::json;

use super::channel;
use super::client::Client;
use super::figures::{Figure, Laps, Window};
use super::ground::{Ground, Serving};
use super::load::{expect, fresh_key, measured, order_body};
use super::summary::Summary;
use super::world::{self, Caller};
use crate::out::{Out, Outcome, While as _};
use crate::platform::Platform;

/// Measures at a number of callers.
pub(super) async fn at(ground: &Ground, callers: usize, out: Out, summary: &mut Summary) -> Outcome {
    if ground.wants("signatures") {
        summary.tell(out, channel::signatures(callers, ground.args.seconds.min(5)).await?);
    }
    if ground.wants("scans") {
        summary.tell(out, scans(ground, callers).await?);
    }
    Ok(())
}

async fn scans(ground: &Ground, callers: usize) -> Outcome<Figure> {
    let sandbox = channel::sandbox(&ground.folder.join(format!("scans_{callers}"))).await?;
    let platform = Platform::open(&ground.plan(&format!("scans_{callers}"))?).await?;
    let world = world::set_up(&platform, ground.args.merchants, callers).await?;
    channel::accounts(&platform.desk, &sandbox, &world).await?;
    let node = Serving::start(platform).await?;
    let address = node.address;
    let one = move |caller, window| async move { scan(address, caller, window).await };
    let figure = measured("scans", ground.engine(), world, ground.args.seconds, one).await;
    node.stop().await?;
    sandbox.stop().await;
    figure
}

async fn scan(address: SocketAddr, caller: Caller, window: Window) -> Outcome<Laps> {
    let mut client = Client::connect(address).await.during("connecting")?;
    let mut laps = Laps::default();
    while window.goes_on() {
        let began = Instant::now();
        scan_one(&mut client, &caller).await?;
        window.lap(began, &mut laps);
    }
    Ok(laps)
}

/// One order, paid by a payer's code that pays.
pub(super) async fn scan_one(client: &mut Client, caller: &Caller) -> Outcome {
    let order = order_body(caller);
    let made = client.post("/v1/orders", &caller.key, &fresh_key(), &order).await.during("an order")?;
    let id = expect(made.status, made.body, "open", "order")?;
    let ask = json!({
        "presentment": "customer_presented", "terminal": caller.terminal, "payer_code": payer_code(),
    });
    let path = format!("/v1/orders/{id}/attempts");
    let paid = client.post(&path, &caller.key, &fresh_key(), &ask.to_string()).await.during("a scan")?;
    expect(paid.status, paid.body, "succeeded", "scan")?;
    Ok(())
}

/// A code of WeChat Pay that nobody used; its third and fourth figure tell the sandbox that it pays.
fn payer_code() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("1300{:014}", NEXT.fetch_add(1, Ordering::Relaxed))
}
