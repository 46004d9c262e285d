//! The process is killed with -9 at random moments of every sale and started again: each ends in the state it would have ended in, nothing
//! that was acknowledged is lost, and nothing is doubled (rule 11).

use std::time::{Duration, Instant};

use crate::process::{Demo, Place};
use crate::sales;
use crate::shop::Shop;

/// Moments between kills in milliseconds, from a seed that is printed.
struct Moments(u64);

impl Moments {
    fn next(&mut self) -> Duration {
        // xorshift64: any sequence will do, as long as the same seed gives the same one.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_millis(150 + self.0 % 2_500)
    }
}

/// How often the process is killed; a long run says more with `SAOMA_TESTS_KILLS`.
fn kills() -> usize {
    std::env::var("SAOMA_TESTS_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(8)
}

/// How much slower than usual this machine is now: what is killed before it can do anything never ends.
fn slowness(start: Duration) -> u32 {
    u32::try_from(start.as_millis() / 400).unwrap_or(u32::MAX).clamp(1, 20)
}

/// Every sale there is, once.
async fn round(shop: Shop) {
    sales::all(&shop).await;
}

async fn killed_at_any_moment(place: Place) {
    let seed = match std::env::var("SAOMA_TESTS_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => seed,
        None => u64::from(std::process::id()) << 16 | 1,
    };
    eprintln!("kill test: SAOMA_TESTS_SEED={seed}");
    let mut demo = Demo::start(place).await;
    let shop = Shop::of(&demo, false);
    let mut selling = tokio::spawn(round(shop.clone()));
    let (mut moments, mut rounds, mut slow) = (Moments(seed), 1, 1);
    for kill in 1..=kills() {
        tokio::time::sleep(moments.next() * slow).await;
        if selling.is_finished() {
            selling.await.unwrap();
            selling = tokio::spawn(round(shop.clone()));
            rounds += 1;
        }
        if kill % 20 == 0 {
            eprintln!("kill test: {kill} kills, {rounds} rounds of sales");
        }
        demo.kill();
        let before = demo.json.clone();
        let began = Instant::now();
        demo.again(&[]).await;
        slow = slowness(began.elapsed());
        for stays in ["api_key", "merchants", "sites"] {
            assert_eq!(demo.json[stays], before[stays], "{stays} is the same after a restart");
        }
    }
    selling.await.unwrap();
    demo.verify_is_fine();
    demo.kill();
    demo.verify_is_fine();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_on_sqlite() {
    killed_at_any_moment(Place::sqlite("kills")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_on_postgres() {
    if let Some(place) = Place::postgres("kills-pg") {
        killed_at_any_moment(place).await;
    }
}
