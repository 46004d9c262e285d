//! `saoma verify` finds what somebody changed in the database behind the platform's back.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::process::{Demo, Place};
use crate::sales;
use crate::shop::Shop;

/// What somebody changes, and the rule it breaks.
const CHANGES: [(&str, &str, u64); 7] = [
    ("an order says it was paid more", "update orders set paid = paid + 1 where paid > 0", 1),
    ("an attempt received nothing", "update attempts set received = 0 where received > 0", 1),
    ("a refund was larger", "update refunds set amount = amount + 1", 7),
    (
        "an entry is another amount",
        "update entries set amount = amount + 1 where id = (select min(id) from entries)",
        9,
    ),
    ("an account says more", "update accounts set balance = balance + 1 where balance > 0", 9),
    ("an event is of another time", "update store_events set at = at + 1 where seq = 2", 9),
    ("an event is gone", "delete from store_events where seq = 3", 9),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_finds_what_was_changed() {
    let mut demo = Demo::start(Place::sqlite("tampering")).await;
    let shop = Shop::of(&demo, true);
    sales::cash(&shop).await;
    let began = Instant::now();
    // The events are sealed every few seconds; what is not sealed yet is not protected yet.
    while demo.verify().1["sealed_events"].as_u64().unwrap() < 5 {
        assert!(began.elapsed() < Duration::from_secs(60), "the events are sealed");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    demo.verify_is_fine();
    assert_eq!(demo.stop(), 0);
    demo.verify_is_fine();
    let path = demo.place.data.join("saoma.db");
    let good = std::fs::read(&path).unwrap();
    for (what, sql, rule) in CHANGES {
        let database = Connection::open(&path).unwrap();
        let changed = database.execute(sql, []).unwrap();
        assert!(changed > 0, "{what}: nothing was changed");
        drop(database);
        let (code, summary) = demo.verify();
        assert_eq!(code, 1, "{what}: {summary:#}");
        let said = summary["said"].as_str().unwrap();
        assert!(said.contains(&format!("\"rule\":{rule}")), "{what}: {said}");
        std::fs::write(&path, &good).unwrap();
        for log in ["saoma.db-wal", "saoma.db-shm"] {
            let _ = std::fs::remove_file(demo.place.data.join(log));
        }
        demo.verify_is_fine();
    }
}
