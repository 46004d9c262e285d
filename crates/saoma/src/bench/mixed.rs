//! `saoma bench mixed`: of ten steps five sell for cash, three scan a code, one looks at an order and one lists the newest. A step is counted when its
//! last answer is there.

use std::net::SocketAddr;
use std::time::Instant;

use super::channel;
use super::client::Client;
use super::figures::{Laps, Window};
use super::ground::{Ground, Serving};
use super::load::{cash_body, expect, fresh_key, measured, order_body};
use super::scans::scan_one;
use super::summary::Summary;
use super::world::{self, Caller};
use crate::out::{Failed, Out, Outcome, While as _};
use crate::platform::Platform;

/// Measures at a number of callers.
pub(super) async fn at(ground: &Ground, callers: usize, out: Out, summary: &mut Summary) -> Outcome {
    let sandbox = channel::sandbox(&ground.folder.join(format!("mixed_{callers}"))).await?;
    let platform = Platform::open(&ground.plan(&format!("mixed_{callers}"))?).await?;
    let world = world::set_up(&platform, ground.args.merchants, callers).await?;
    channel::accounts(&platform.desk, &sandbox, &world).await?;
    let node = Serving::start(platform).await?;
    let address = node.address;
    let one = move |caller, window| async move { steps(address, caller, window).await };
    let figure = measured("mixed", ground.engine(), world, ground.args.seconds, one).await;
    node.stop().await?;
    sandbox.stop().await;
    summary.tell(out, figure?);
    Ok(())
}

async fn steps(address: SocketAddr, caller: Caller, window: Window) -> Outcome<Laps> {
    let mut client = Client::connect(address).await.during("connecting")?;
    let (mut laps, mut step, mut last) = (Laps::default(), caller.number, None);
    while window.goes_on() {
        let began = Instant::now();
        match (step % 10, &last) {
            (0..=4, _) | (8, None) => last = Some(cash(&mut client, &caller).await?),
            (5..=7, _) => scan_one(&mut client, &caller).await?,
            (8, Some(order)) => look(&mut client, &caller, &format!("/v1/orders/{order}")).await?,
            _ => look(&mut client, &caller, "/v1/orders?limit=20").await?,
        }
        step += 1;
        window.lap(began, &mut laps);
    }
    Ok(laps)
}

async fn cash(client: &mut Client, caller: &Caller) -> Outcome<String> {
    let order = order_body(caller);
    let made = client.post("/v1/orders", &caller.key, &fresh_key(), &order).await.during("an order")?;
    let id = expect(made.status, made.body, "open", "order")?;
    let path = format!("/v1/orders/{id}/attempts");
    let cash = cash_body(caller);
    let paid = client.post(&path, &caller.key, &fresh_key(), &cash).await.during("a payment")?;
    expect(paid.status, paid.body, "succeeded", "payment")?;
    Ok(id)
}

async fn look(client: &mut Client, caller: &Caller, path: &str) -> Outcome {
    let answer = client.get(path, &caller.key).await.during("a look")?;
    match answer.status {
        200 => Ok(()),
        status => Err(Failed::call(format!("{path} was answered with {status}"))),
    }
}
