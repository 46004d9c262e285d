//! Rule 7: refunded + reserved never exceeds what was paid, under any interleaving; a refund keeps its number through every retry.

use std::time::Duration;

use store::Random as _;
use store::testing::SeededRandom;

use super::bank::Mishap;
use super::rig::Rig;
use super::{on_both, rig};
use crate::rows::{RefundState, Role};

on_both! {
    async fn rule_7_partial_refunds_up_to_the_total_and_one_too_many(rig) {
        let order = rig.order(1000).await;
        rig.scan(order, "00").await;
        for fen in [300, 300, 400] {
            assert_eq!(rig.refund(order, fen).await.unwrap().state, RefundState::Succeeded);
        }
        assert_eq!(rig.refund(order, 1).await.unwrap_err().code(), "refund_exceeds_paid");
        let whole = rig.whole(order).await;
        assert_eq!((whole.order.refunded, whole.order.reserved), (1000, 0));
        rig.settled().await;
    }

    async fn rule_7_bad_refunds_are_refused(rig) {
        let order = rig.order(1000).await;
        assert_eq!(rig.refund(order, 1).await.unwrap_err().code(), "order_not_paid");
        rig.cash(order, 1000).await.unwrap();
        for (fen, code) in [(0, "invalid_amount"), (-5, "invalid_amount"), (1001, "refund_exceeds_paid")] {
            assert_eq!(rig.refund(order, fen).await.unwrap_err().code(), code, "{fen}");
        }
        assert_eq!(rig.refund(order, 1000).await.unwrap().state, RefundState::Succeeded);
        rig.settled().await;
    }

    async fn rule_7_a_refund_keeps_its_number_through_every_loss(rig) {
        let order = rig.order(1000).await;
        let paid = rig.scan(order, "00").await;
        rig.bank.next(&[Mishap::LostAfter, Mishap::LostBefore, Mishap::NotSent]);
        let refund = rig.refund(order, 400).await.unwrap();
        assert_eq!(refund.state, RefundState::Processing);
        assert_eq!(rig.refund(order, 601).await.unwrap_err().code(), "refund_exceeds_paid", "the reservation counts");
        rig.pass(60).await;
        let whole = rig.whole(order).await;
        assert_eq!((whole.refunds[0].state.clone(), whole.order.refunded), (RefundState::Succeeded, 400));
        assert_eq!(rig.bank.trade(&paid.out_trade_no).unwrap().refunds.len(), 1, "given back once");
        rig.pass(100).await;
        rig.settled().await;
    }

    async fn rule_7_a_refund_put_off_is_asked_for_again(rig) {
        let order = rig.order(1000).await;
        rig.scan(order, "00").await;
        rig.bank.refunds_later(2);
        assert_eq!(rig.refund(order, 400).await.unwrap().state, RefundState::Processing);
        rig.pass(60).await;
        assert_eq!(rig.whole(order).await.refunds[0].state, RefundState::Succeeded);
        rig.settled().await;
    }

    async fn rule_7_holds_under_any_interleaving(rig) {
        let random = SeededRandom::new(11);
        for round in 0..6 {
            let order = rig.order(1000).await;
            rig.scan(order, "00").await;
            let mut asked = Vec::new();
            for _ in 0..12 {
                let mut byte = [0; 2];
                random.fill(&mut byte);
                if byte[0] % 4 == 0 {
                    rig.bank.next(&[Mishap::LostAfter]);
                }
                asked.push(rig.refund(order, 1 + i64::from(byte[1]) * 2));
            }
            let answers = futures_join(asked).await;
            assert!(answers.iter().any(Result::is_ok), "round {round}");
            let order_row = rig.whole(order).await.order;
            assert!(order_row.refunded + order_row.reserved <= order_row.paid);
        }
        rig.pass(200).await;
        rig.settled().await;
    }

    async fn rule_7_a_stuck_refund_is_told_once_and_moves_when_it_is_repaired(rig) {
        let order = rig.order(1000).await;
        rig.scan(order, "00").await;
        rig.bank.refunds_stick(true);
        let refund = rig.refund(order, 400).await.unwrap();
        rig.pass(120).await;
        let stuck = rig.whole(order).await.refunds[0].clone();
        assert_eq!((&stuck.state, stuck.advice.as_deref()), (&RefundState::Processing, Some("repair")));
        assert_eq!(stuck.channel_said.as_deref(), Some("ABNORMAL"));
        assert_eq!(told(&rig, "refund.stuck").await, 1);
        let today = rig.desk.today(&rig.who, None).await.unwrap();
        assert!(today.attention.iter().any(|a| a.kind == "refund_stuck" && a.order == Some(order)));
        for role in [Role::Cashier, Role::Auditor] {
            let who = rig::someone(&rig, role);
            assert_eq!(rig.desk.repair_refund(&who, "k1", refund.id).await.unwrap_err().code(), "forbidden");
        }
        for _ in 0..2 {
            let moving = rig.desk.repair_refund(&rig.who, "k2", refund.id).await.unwrap();
            assert_eq!((moving.state, moving.advice), (RefundState::Processing, None));
        }
        let other = rig.desk.retry_refund(&rig.who, "k2", refund.id).await.unwrap_err();
        assert_eq!(other.code(), "idempotency_key_reused");
        rig.pass(60).await;
        let whole = rig.whole(order).await;
        assert_eq!((&whole.refunds[0].state, whole.order.refunded), (&RefundState::Succeeded, 400));
        let repairs = rig.bank.calls().iter().filter(|call| call.starts_with("repair")).count();
        assert_eq!(repairs, 1, "the same key asks once");
        let late = rig.desk.repair_refund(&rig.who, "k3", refund.id).await.unwrap_err();
        assert_eq!(late.code(), "refund_not_failed");
        rig.settled().await;
    }

    async fn rule_7_a_stuck_refund_that_counts_as_failed_is_reserved_again_before_its_repair(rig) {
        let order = rig.order(1000).await;
        rig.scan(order, "00").await;
        rig.bank.refunds_stick(true);
        let refund = rig.refund(order, 700).await.unwrap();
        rig.pass(5).await;
        rig.clock.advance(Duration::from_secs(3 * 24 * 3600));
        rig.pass(5).await;
        let failed = rig.whole(order).await.refunds[0].clone();
        assert_eq!((&failed.state, failed.advice.as_deref()), (&RefundState::Failed, Some("repair")));
        rig.bank.refunds_stick(false);
        rig.refund(order, 400).await.unwrap();
        let refused = rig.desk.repair_refund(&rig.who, "k1", refund.id).await.unwrap_err();
        assert_eq!(refused.code(), "refund_exceeds_paid", "its money went back already");
        assert!(!rig.bank.calls().iter().any(|call| call.starts_with("repair")), "nobody was asked");
        let other = rig.order(1000).await;
        rig.scan(other, "00").await;
        rig.bank.refunds_stick(true);
        let refund = rig.refund(other, 700).await.unwrap();
        rig.pass(5).await;
        rig.clock.advance(Duration::from_secs(3 * 24 * 3600));
        rig.pass(5).await;
        let moving = rig.desk.repair_refund(&rig.who, "k4", refund.id).await.unwrap();
        assert_eq!(moving.state, RefundState::Processing);
        assert_eq!(rig.refund(other, 400).await.unwrap_err().code(), "refund_exceeds_paid", "it is reserved");
        rig.pass(60).await;
        assert_eq!(rig.whole(other).await.order.refunded, 700);
        rig.books_hold().await;
    }

    /// Found by a simulated day: a call that was given up as lost arrives after the refund had counted as failed.
    async fn rule_7_a_failed_refund_that_was_done_after_all_is_noticed(rig) {
        let order = rig.order(500).await;
        let attempt = rig.scan(order, "00").await;
        rig.bank.refunds_fail(true);
        let refund = rig.refund(order, 200).await.unwrap();
        rig.pass(5).await;
        assert_eq!(rig.whole(order).await.refunds[0].state, RefundState::Failed);
        rig.bank.refund_arrives(&attempt.out_trade_no, &refund.out_refund_no, 200);
        rig.bank.next(&[Mishap::LostBefore]);
        rig.pass(300).await;
        let whole = rig.whole(order).await;
        assert_eq!((&whole.refunds[0].state, whole.order.refunded), (&RefundState::Succeeded, 200));
        rig.settled().await;
    }
}

/// How often an event was told.
async fn told(rig: &Rig, kind: &str) -> usize {
    rig.desk.events(&rig.who, 0, 1000).await.unwrap().iter().filter(|e| e.kind == kind).count()
}

/// Runs futures side by side.
async fn futures_join<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = pending.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, slot) in pending.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(cx)
            {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
