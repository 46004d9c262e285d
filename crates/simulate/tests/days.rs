//! Short simulated days: every rule holds, the same seed is the same day, and every deliberate break is noticed. The long runs are done by the
//! release binary (`.ci/run`).

use simulate::{Ask, Break, Finding, many, run, shrink};

fn ask(seed: u64, hours: u64, sabotage: Option<Break>) -> Ask {
    Ask { seed, hours, only: None, sabotage, trace: false }
}

#[test]
fn short_days_keep_every_rule() {
    let found = many(&ask(0, 1, None), 1..41, None, |_| ());
    if let Some(broken) = found.broken {
        panic!("seed {}: {:?}\n{}", broken.seed, broken.finding, broken.history.join("\n"));
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

/// What is rare does happen: a number that is paid twice, and a bill with a line that is missing, twice or wrong.
#[test]
fn rare_things_happen() {
    let mut left = vec!["Twice", "difference"];
    for seed in 1..60 {
        let asked = Ask { trace: true, ..ask(seed, 1, None) };
        let outcome = run(&asked);
        left.retain(|word| !outcome.history.iter().any(|line| line.contains(word)));
        if left.is_empty() {
            return;
        }
    }
    panic!("never seen: {left:?}");
}

/// A short history breaks the same rule, and replays exactly.
#[test]
fn a_history_is_made_short() {
    let sabotage = Some(Break::ForgetReversal);
    let broken = many(&ask(0, 1, sabotage), 1..201, None, |_| ()).broken.unwrap();
    let short = shrink(&ask(broken.seed, 1, sabotage), &broken, 40, std::time::Duration::from_secs(30));
    let again = run(&short.ask);
    assert_eq!(again, short.outcome);
    let rule = |f: &Option<Finding>| f.as_ref().map(|f| f.rule);
    assert_eq!(rule(&again.finding), rule(&broken.finding));
    assert!(short.outcome.items.len() <= 4, "{:?}", short.outcome.items);
}

fn is_noticed(sabotage: Break) {
    let found = many(&ask(0, 1, Some(sabotage)), 1..201, Some(1), |_| ());
    assert!(found.broken.is_some(), "{} is not noticed in 200 days", sabotage.name());
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
    pretend_delivery_is_noticed = PretendDelivery,
    misread_bill_is_noticed = MisreadBill,
}
