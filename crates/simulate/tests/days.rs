//! Short simulated days: every rule holds, the same seed is the same day, and every deliberate break is noticed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use simulate::{Ask, Break, Finding, Outcome, run, shrink};

fn ask(seed: u64, hours: u64, sabotage: Option<Break>) -> Ask {
    Ask { seed, hours, only: None, sabotage, trace: false }
}

/// Runs seeds on every processor until one has a finding; the one with the least number.
fn first_broken(seeds: std::ops::Range<u64>, hours: u64, sabotage: Option<Break>) -> Option<Outcome> {
    let next = AtomicU64::new(seeds.start);
    let found = std::sync::Mutex::new(None::<Outcome>);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || found.lock().unwrap().is_some() {
                        return;
                    }
                    let outcome = run(&ask(seed, hours, sabotage));
                    if outcome.finding.is_some() {
                        let mut found = found.lock().unwrap();
                        if found.as_ref().is_none_or(|f| outcome.seed < f.seed) {
                            *found = Some(outcome);
                        }
                    }
                }
            });
        }
    });
    found.into_inner().unwrap()
}

#[test]
fn three_hundred_short_days_keep_every_rule() {
    if let Some(broken) = first_broken(1..301, 1, None) {
        let short = shrink(&ask(broken.seed, 1, None), &broken, 60, Duration::from_secs(60));
        panic!("seed {}: {:?}\n{}", broken.seed, short.outcome.finding, short.outcome.history.join("\n"));
    }
}

#[test]
fn a_whole_day_has_hundreds_of_payments_and_keeps_every_rule() {
    let outcome = run(&ask(11, 24, None));
    assert_eq!(outcome.finding, None);
    assert!(outcome.orders > 200 && outcome.attempts > 300 && outcome.steps > 2000, "{outcome:?}");
}

#[test]
fn the_same_seed_is_the_same_day() {
    for seed in [3, 4, 5] {
        let (first, second) = (run(&ask(seed, 2, None)), run(&ask(seed, 2, None)));
        assert_eq!(first, second);
        assert_ne!(first.trace_hash, run(&ask(seed + 100, 2, None)).trace_hash);
    }
}

/// Finds a break, shortens its history, and sees the short one break again.
fn is_noticed(sabotage: Break) {
    let Some(broken) = first_broken(1..201, 1, Some(sabotage)) else {
        panic!("{} is not noticed in 200 days", sabotage.name());
    };
    let short = shrink(&ask(broken.seed, 1, Some(sabotage)), &broken, 12, Duration::from_secs(10));
    let again = run(&short.ask);
    assert_eq!(again.finding, short.outcome.finding, "a short history replays exactly");
    let rule = |f: &Option<Finding>| f.as_ref().map(|f| f.rule);
    assert_eq!(rule(&again.finding), rule(&broken.finding));
    assert!(short.outcome.items.len() <= broken.items.len());
}

macro_rules! noticed {
    ($($name:ident = $sabotage:ident,)+) => {
        $(#[test]
        fn $name() {
            is_noticed(Break::$sabotage);
        })+

        #[test]
        fn every_break_has_a_test() {
            assert_eq!(Break::ALL, [$(Break::$sabotage),+]);
        }
    };
}

noticed! {
    skip_lock_is_noticed = SkipLock,
    forget_reversal_is_noticed = ForgetReversal,
    trust_callback_is_noticed = TrustCallback,
    drop_idempotency_is_noticed = DropIdempotency,
    refund_without_reserve_is_noticed = RefundWithoutReserve,
    lose_job_is_noticed = LoseJob,
    assume_declined_is_noticed = AssumeDeclined,
    charge_again_is_noticed = ChargeAgain,
    believe_early_is_noticed = BelieveEarly,
    pretend_refund_is_noticed = PretendRefund,
    renumber_refund_is_noticed = RenumberRefund,
    hand_out_early_is_noticed = HandOutEarly,
    cook_books_is_noticed = CookBooks,
}
