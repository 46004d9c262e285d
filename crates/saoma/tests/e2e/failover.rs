//! PostgreSQL with a synchronous standby: the primary is killed under load, the standby takes over by the commands of `docs/operations.md`, and nothing
//! that was acknowledged is lost or done twice.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cluster::Server;
use serde_json::{Value, json};

use crate::process::{Demo, Place};
use crate::sales;
use crate::shop::{Shop, net, yuan};

const SETTINGS: &[&str] = &["max_connections=100"];

/// How often the primary is killed; a long run says more with `SAOMA_TESTS_FAILOVERS`.
fn failovers() -> usize {
    std::env::var("SAOMA_TESTS_FAILOVERS").ok().and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// A primary, its standby, and the folders they take in turn.
struct Pair {
    primary: Server,
    standby: Server,
}

impl Pair {
    fn start() -> Option<Pair> {
        let folder = |name: &str| PathBuf::from(format!("/tmp/saoma-failover-{name}-{}", std::process::id()));
        let primary = Server::start(&folder("a"), SETTINGS);
        let primary =
            store::testing::had(primary.as_ref().map(|_| ()).map_err(String::as_str)).and(primary.ok())?;
        primary.database("saoma").unwrap();
        let standby = primary.standby(&folder("b"), SETTINGS).unwrap();
        Some(Pair { primary, standby })
    }

    /// What a platform is configured with: both hosts, and only the one that can be written is taken.
    fn url(&self) -> String {
        let host = |server: &Server| server.folder().display().to_string().replace('/', "%2F");
        let hosts = [host(&self.primary), host(&self.standby)].join(",");
        format!("postgres://saoma@{hosts}/saoma?target_session_attrs=read-write")
    }

    /// The primary dies; the standby becomes the primary and works alone. How long that took.
    fn fail_over(&mut self) -> Duration {
        let began = Instant::now();
        self.primary.kill().unwrap();
        self.standby.promote().unwrap();
        // It was copied from a primary that waits for a standby; there is none now.
        self.standby.sql("postgres", "alter system reset synchronous_standby_names").unwrap();
        self.standby.sql("postgres", "select pg_reload_conf()").unwrap();
        began.elapsed()
    }

    /// The dead one comes back as a standby, copied anew.
    fn rebuild(self) -> Pair {
        let folder = self.primary.folder().to_owned();
        drop(self.primary);
        let standby = self.standby.standby(&folder, SETTINGS).unwrap();
        Pair { primary: self.standby, standby }
    }
}

/// A sale whose every answer was 201: number, and what it was.
type Acknowledged = Arc<Mutex<Vec<(String, String)>>>;

/// Sells for cash, as fast as answers come, until told to stop.
async fn sell(shop: Shop, acknowledged: Acknowledged, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let order = shop.order(700).await;
        let body = json!({"presentment": "cash", "tendered": yuan(700), "terminal": shop.counter});
        let (status, attempt) = shop.attempt(&order, &body).await;
        assert_eq!((status, &attempt["state"]), (201, &json!("succeeded")), "{attempt:#}");
        let id = attempt["id"].as_str().unwrap().to_owned();
        acknowledged.lock().unwrap().push((order, id));
    }
}

/// Every sale that was acknowledged is there, once.
async fn all_there(shop: &Shop, acknowledged: &[(String, String)]) {
    for (order, attempt) in acknowledged {
        let whole = shop.look(order).await;
        let attempts: Vec<&Value> = whole["attempts"].as_array().unwrap().iter().collect();
        assert_eq!(attempts.len(), 1, "{whole:#}");
        assert_eq!(attempts[0]["id"], attempt.as_str(), "{whole:#}");
        assert_eq!((&whole["state"], net(&whole)), (&json!("fulfilled"), 700), "{whole:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_primary_dies_and_nothing_acknowledged_is_lost() {
    let Some(mut pair) = Pair::start() else { return };
    let mut place = Place::sqlite("failover");
    place.database = Some(pair.url());
    let demo = Demo::start(place).await;
    let shop = Shop::of(&demo, false);
    let rounds = failovers();
    for round in 1..=rounds {
        let (acknowledged, stop) = (Acknowledged::default(), Arc::new(AtomicBool::new(false)));
        let sellers: Vec<_> =
            (0..8).map(|_| tokio::spawn(sell(shop.clone(), acknowledged.clone(), stop.clone()))).collect();
        let shown = {
            let shop = shop.clone();
            tokio::spawn(async move { sales::shown_and_refunded(&shop, "wechat").await })
        };
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let before = acknowledged.lock().unwrap().len();
        assert!(before > 0, "nothing was sold before the primary died");
        let (moved, took) = tokio::task::spawn_blocking(move || {
            let took = pair.fail_over();
            (pair, took)
        })
        .await
        .unwrap();
        pair = moved;
        let again = Instant::now();
        while acknowledged.lock().unwrap().len() < before + 20 {
            assert!(again.elapsed() < Duration::from_secs(90), "nothing is sold after the failover");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let recovered = again.elapsed();
        stop.store(true, Ordering::Relaxed);
        for seller in sellers {
            seller.await.unwrap();
        }
        shown.await.unwrap();
        let all = acknowledged.lock().unwrap().clone();
        all_there(&shop, &all).await;
        demo.verify_is_fine();
        eprintln!(
            "failover {round}: {before} sales before, {} in all, promoted in {} ms, selling again {} ms later",
            all.len(),
            took.as_millis(),
            recovered.as_millis()
        );
        if round < rounds {
            pair = tokio::task::spawn_blocking(move || pair.rebuild()).await.unwrap();
        }
    }
}
