//! End to end through the real binary: `saoma demo` in a folder of its own, sales over HTTP, the sandbox's wallets on the other side; killed
//! with -9 at random moments, and started again.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod bills;
mod commands;
mod disks;
mod edge;
mod failover;
mod kills;
mod nodes;
mod parking;
mod process;
mod sales;
mod seeing;
mod shop;
mod simulate;
mod soak;
mod tampering;

use process::Place;
use shop::Shop;

/// All ways to pay and all ways they can go wrong, at once, in one process; then the books are proved.
async fn every_way(place: Place) {
    let demo = process::Demo::start(place).await;
    let shop = Shop::of(&demo, true);
    sales::all(&shop).await;
    demo.verify_is_fine();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_to_pay_on_sqlite() {
    // The same sales are what the logs, metrics and traces are looked at after.
    let (place, collector) = seeing::watched(Place::sqlite("every-way")).await;
    let demo = process::Demo::start(place).await;
    let shop = Shop::of(&demo, true);
    sales::all(&shop).await;
    seeing::traced(&shop, &collector).await;
    seeing::metrics(&shop).await;
    demo.verify_is_fine();
    seeing::logs(&demo, &shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_to_pay_on_postgres() {
    if let Some(place) = Place::postgres("every-way-pg") {
        every_way(place).await;
    }
}
