//! Several processes on one PostgreSQL: jobs are shared, a live stream at one node hears of a payment that another learned of, and a node that dies is
//! not noticed.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::process::{Demo, Node, Place};
use crate::sales;
use crate::shop::Shop;

/// The demo, which is a node itself and holds the other side of the channels, and a shop at other nodes.
async fn nodes(name: &str) -> Option<(Demo, Shop, [Node; 2])> {
    let demo = Demo::start(Place::postgres(name)?).await;
    let nodes = [Node::start(&demo.place, 1).await, Node::start(&demo.place, 2).await];
    let mut shop = Shop::of(&demo, false);
    shop.base = nodes[0].base.clone();
    shop.others = vec![nodes[1].base.clone()];
    Some((demo, shop, nodes))
}

/// Reads the live stream of an order at a node until it says `wanted`; how long that took.
async fn hear(
    base: &str,
    key: &str,
    order: &str,
    wanted: &str,
    ready: tokio::sync::oneshot::Sender<()>,
) -> Duration {
    let host = base.strip_prefix("http://").unwrap();
    let mut line = BufReader::new(TcpStream::connect(host).await.unwrap());
    let ask = format!(
        "GET /v1/orders/{order}/events HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\r\n"
    );
    line.write_all(ask.as_bytes()).await.unwrap();
    let (began, mut ready) = (Instant::now(), Some(ready));
    loop {
        let mut text = String::new();
        let read = tokio::time::timeout(Duration::from_secs(30), line.read_line(&mut text)).await;
        assert!(read.expect("the stream says something in time").unwrap() > 0, "the stream ended");
        if text.starts_with("data:") {
            // The first word is the order as it is now.
            ready.take().into_iter().for_each(|ready| ready.send(()).unwrap());
        }
        if text.contains(wanted) {
            return began.elapsed();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_at_one_node_hears_what_another_learned() {
    let Some((_demo, shop, [_first, second])) = nodes("nodes-stream").await else { return };
    let order = shop.order(500).await;
    let (ready, listening) = tokio::sync::oneshot::channel();
    let (base, key, of) = (shop.base.clone(), shop.key.clone(), order.clone());
    let hearing = tokio::spawn(async move { hear(&base, &key, &of, "\"state\":\"fulfilled\"", ready).await });
    listening.await.unwrap();
    let mut at_second = shop.clone();
    (at_second.base, at_second.others) = (second.base.clone(), Vec::new());
    let attempt = at_second.show(&order, "wechat").await;
    let paid = Instant::now();
    assert!(shop.pay(&attempt["code"]).await);
    hearing.await.unwrap();
    eprintln!("nodes: heard {} ms after the wallet paid", paid.elapsed().as_millis());
    assert!(paid.elapsed() < Duration::from_secs(10));
    shop.agrees(&order).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_dies_is_not_noticed() {
    let Some((demo, shop, [mut first, _second])) = nodes("nodes-death").await else { return };
    let sales = join_all(["wechat", "alipay"].into_iter().flat_map(|channel| {
        ["00", "01", "04", "06"].map(|outcome| {
            let shop = shop.clone();
            tokio::spawn(async move { sales::scanned(&shop, channel, outcome).await })
        })
    }));
    let cash = join_all((0..8).map(|_| {
        let shop = shop.clone();
        tokio::spawn(async move { sales::cash(&shop).await })
    }));
    let selling = tokio::spawn(async move { (sales.await, cash.await) });
    tokio::time::sleep(Duration::from_millis(400)).await;
    first.kill();
    let (sales, cash) = selling.await.unwrap();
    sales.into_iter().chain(cash).for_each(|sale| sale.unwrap());
    demo.verify_is_fine();
    first.again().await;
    let order = shop.order(100).await;
    let (status, _) = shop.post(&format!("/v1/orders/{order}/close"), &json!({})).await;
    assert_eq!(status, 200, "the node is back");
}
