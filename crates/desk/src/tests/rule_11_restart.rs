//! Rule 11: stopped at any step and started again, the system reaches the state it would have reached.

use store::Random as _;
use store::testing::SeededRandom;

use super::bank::Mishap::{self, CallerDies, LostAfter, LostBefore, NotSent};
use super::rig::Rig;
use super::{on_both, rig};
use crate::rows::{AttemptState, OrderState};

on_both! {
    async fn rule_11_a_charge_whose_caller_died_is_never_sent_again(rig) {
        for (outcome, end) in [("00", AttemptState::Succeeded), ("02", AttemptState::Declined), ("06", AttemptState::Reversed)] {
            let order = rig.order(400).await;
            rig.bank.next(&[CallerDies]);
            let bank = rig.bank.clone();
            let charges = move || bank.calls().iter().filter(|c| *c == "charge").count();
            let before = charges();
            rig.scan(order, outcome).await;
            rig.restart();
            rig.pass(400).await;
            assert_eq!(rig.whole(order).await.attempts[0].state, end, "{outcome}");
            assert_eq!(charges(), before + 1, "{outcome}: sent once");
        }
        rig.settled().await;
    }

    async fn rule_11_a_code_whose_caller_died_is_shown_after_all(rig) {
        let order = rig.order(400).await;
        rig.bank.next(&[LostAfter]);
        let refused = rig.try_pay(order, rig::shown("bank")).await.unwrap_err();
        assert_eq!(refused.code(), "channel_unavailable");
        rig.restart();
        rig.pass(30).await;
        let attempt = rig.whole(order).await.attempts.remove(0);
        assert!(attempt.code.is_some(), "the same number was asked for again");
        rig.bank.pay(&attempt.out_trade_no, rig.now());
        rig.pass(60).await;
        assert_eq!(rig.whole(order).await.order.state, OrderState::Fulfilled);
        rig.settled().await;
    }

    /// Orders, codes, scans, closes and refunds at random, with losses and restarts between any two steps: all ends, and all adds up.
    async fn rule_11_random_days_with_restarts_add_up(rig) {
        let random = SeededRandom::new(20_261_122);
        let dice = move |sides: u64| {
            let mut bytes = [0; 8];
            random.fill(&mut bytes);
            u64::from_le_bytes(bytes) % sides
        };
        let mut orders = Vec::new();
        for _ in 0..120 {
            if dice(4) == 0 {
                let mishaps = [Mishap::None, LostBefore, LostAfter, NotSent];
                let at = usize::try_from(dice(4)).unwrap();
                if dice(2) == 0 { rig.bank.next(&[mishaps[at]]) } else { rig.other.next(&[mishaps[at]]) }
            }
            match dice(8) {
                0 | 1 => orders.push(rig.order(1 + i64::try_from(dice(900)).unwrap()).await),
                2 => rig.restart(),
                3 => rig.pass(1 + dice(20)).await,
                _ if orders.is_empty() => {}
                step => {
                    let order = orders[usize::try_from(dice(orders.len() as u64)).unwrap()];
                    act(&rig, order, step, dice(6)).await;
                }
            }
            rig.books_hold().await;
        }
        rig.pass(1500).await;
        for order in &orders {
            rig.desk.expire(rig.merchant(), *order).await.unwrap();
        }
        rig.pass(300).await;
        for order in orders {
            let whole = rig.whole(order).await;
            assert!(whole.order.state != OrderState::Open, "{whole:?}");
            assert!(whole.attempts.iter().all(|a| !crate::attempt::is_live(a)), "{whole:?}");
            let net = whole.order.paid - whole.order.refunded;
            assert!(net == 0 || net <= whole.order.due, "{whole:?}");
        }
        rig.settled().await;
    }
}

/// One thing somebody does with an order; refusals are part of life.
async fn act(rig: &Rig, order: store::Id, step: u64, what: u64) {
    match (step, what) {
        (4, 0..=2) => drop(rig.try_pay(order, super::rig::shown("bank")).await),
        (4, _) => drop(rig.try_pay(order, super::rig::shown("other")).await),
        (5, n) => drop(
            rig.try_pay(
                order,
                super::rig::scanned(["00", "01", "02", "06", "00", "00"][usize::try_from(n).unwrap()]),
            )
            .await,
        ),
        (6, 0..=3) => {
            for attempt in rig.whole(order).await.attempts {
                let bank = if attempt.channel == "bank" { &rig.bank } else { &rig.other };
                bank.pay(&attempt.out_trade_no, rig.now());
            }
        }
        (6, 4) => drop(rig.cash(order, 2000).await),
        (6, _) => drop(rig.desk.close(&rig.who, &rig.key(), order).await),
        _ => drop(rig.refund(order, 1 + i64::try_from(what).unwrap() * 40).await),
    }
}
