//! Rule 1: an order is paid at most once, net. Whatever else comes flows back by itself.

use super::bank::Mishap;
use super::rig::Rig;
use super::{on_both, rig};
use crate::ledger::Class;
use crate::rows::{AttemptState, OrderState, RefundCause, RefundState};

/// One order paid, the other success flowed back for this reason.
async fn one_kept_one_back(rig: &Rig, order: store::Id, fen: i64, cause: RefundCause) {
    let whole = rig.whole(order).await;
    assert_eq!(whole.order.state, OrderState::Fulfilled);
    assert_eq!((whole.order.paid, whole.order.refunded, whole.order.reserved), (2 * fen, fen, 0));
    assert_eq!(whole.refunds.len(), 1);
    assert_eq!(whole.refunds[0].cause, cause);
    assert_eq!(whole.refunds[0].state, RefundState::Succeeded);
    assert_ne!(whole.order.kept, Some(whole.refunds[0].attempt));
    assert_eq!(whole.fulfilments.len(), 1, "handed out once");
    rig.settled().await;
    assert_eq!(rig.balances(Class::Takings).await, -fen);
}

on_both! {
    async fn rule_1_two_codes_of_one_order_are_both_paid(rig) {
        let order = rig.order(500).await;
        let a = rig.show(order, "bank").await;
        let b = rig.show(order, "other").await;
        assert!(rig.bank.pay(&a.out_trade_no, rig.now()) && rig.other.pay(&b.out_trade_no, rig.now()));
        rig.pass(400).await;
        one_kept_one_back(&rig, order, 500, RefundCause::DuplicatePayment).await;
    }

    async fn rule_1_both_are_told_at_the_same_instant(rig) {
        for _ in 0..10 {
            let order = rig.order(700).await;
            let a = rig.show(order, "bank").await;
            let b = rig.show(order, "other").await;
            rig.bank.pay(&a.out_trade_no, rig.now());
            rig.other.pay(&b.out_trade_no, rig.now());
            let (ra, rb) = (rig.bank.receipt(&a.out_trade_no), rig.other.receipt(&b.out_trade_no));
            let answer = |r| crate::drive::Answer::Stood(Ok(crate::channel::Standing::Paid(r)));
            let (x, y) = tokio::join!(
                rig.desk.apply(rig.merchant(), a.id, AttemptState::Pending, answer(ra)),
                rig.desk.apply(rig.merchant(), b.id, AttemptState::Pending, answer(rb)),
            );
            x.unwrap();
            y.unwrap();
            let whole = rig.whole(order).await;
            assert_eq!(whole.refunds.len(), 1, "one of them flows back");
            assert_eq!(whole.attempts.iter().filter(|a| a.state == AttemptState::Succeeded).count(), 2);
        }
        rig.pass(300).await;
        rig.settled().await;
        assert_eq!(rig.balances(Class::Takings).await, -7000);
    }

    async fn rule_1_money_after_closing_flows_back(rig) {
        rig.bank.takes_after_close();
        let order = rig.order(300).await;
        let a = rig.show(order, "bank").await;
        rig.desk.close(&rig.who, &rig.key(), order).await.unwrap();
        rig.pass(2).await;
        assert_eq!(rig.whole(order).await.attempts[0].state, AttemptState::Closed);
        assert!(rig.bank.pay(&a.out_trade_no, rig.now()));
        assert_eq!(rig.notify(&a.out_trade_no, 300, "genuine").await, 200);
        rig.pass(5).await;
        let whole = rig.whole(order).await;
        assert_eq!(whole.order.state, OrderState::Closed);
        assert_eq!((whole.order.paid, whole.order.refunded), (300, 300));
        assert_eq!(whole.refunds[0].cause, RefundCause::PaidAfterClose);
        assert!(whole.fulfilments.is_empty());
        rig.pass(300).await;
        rig.settled().await;
        assert_eq!(rig.balances(Class::Takings).await, 0);
    }

    async fn rule_1_paid_in_time_and_told_after_closing_flows_back(rig) {
        let order = rig.order(300).await;
        let a = rig.show(order, "bank").await;
        assert!(rig.bank.pay(&a.out_trade_no, rig.now()));
        rig.desk.close(&rig.who, &rig.key(), order).await.unwrap();
        rig.pass(300).await;
        let whole = rig.whole(order).await;
        assert_eq!((whole.order.state, whole.order.paid, whole.order.refunded), (OrderState::Closed, 300, 300));
        rig.settled().await;
    }

    async fn rule_1_late_money_is_found_without_any_callback(rig) {
        rig.bank.takes_after_close();
        let order = rig.order(300).await;
        let a = rig.show(order, "bank").await;
        rig.desk.close(&rig.who, &rig.key(), order).await.unwrap();
        rig.pass(2).await;
        assert!(rig.bank.pay(&a.out_trade_no, rig.now()));
        rig.pass(300).await;
        assert_eq!(rig.whole(order).await.order.refunded, 300);
        rig.settled().await;
    }

    async fn rule_1_cash_and_a_code_are_both_paid(rig) {
        let order = rig.order(450).await;
        let a = rig.show(order, "bank").await;
        assert!(rig.bank.pay(&a.out_trade_no, rig.now()));
        let cash = rig.cash(order, 500).await.unwrap();
        assert_eq!(cash.change, Some(50));
        rig.pass(300).await;
        one_kept_one_back(&rig, order, 450, RefundCause::DuplicatePayment).await;
        assert_eq!(rig.balances(Class::Drawer).await, 450);
    }

    async fn rule_1_an_automatic_refund_that_fails_stays_owed_and_can_be_repeated(rig) {
        let order = rig.order(500).await;
        let a = rig.show(order, "bank").await;
        let b = rig.show(order, "other").await;
        rig.bank.pay(&a.out_trade_no, rig.now());
        rig.other.pay(&b.out_trade_no, rig.now());
        rig.bank.refunds_fail(true);
        rig.other.refunds_fail(true);
        rig.pass(300).await;
        let failed = rig.whole(order).await.refunds.remove(0);
        assert_eq!((failed.state, failed.advice.is_some()), (RefundState::Failed, true));
        assert_eq!(rig.balances(Class::ToReturn).await, -500, "it is still owed");
        rig.books_hold().await;
        rig.bank.refunds_fail(false);
        rig.other.refunds_fail(false);
        let again = rig.desk.retry_refund(&rig.who, &rig.key(), failed.id).await.unwrap();
        assert_eq!(again.out_refund_no, failed.out_refund_no, "it keeps its number");
        rig.pass(30).await;
        one_kept_one_back(&rig, order, 500, RefundCause::DuplicatePayment).await;
    }

    async fn rule_1_one_number_paid_by_two_transactions(rig) {
        let order = rig.order(500).await;
        let a = rig.show(order, "bank").await;
        rig.bank.pay(&a.out_trade_no, rig.now());
        let first = rig.bank.receipt(&a.out_trade_no);
        let second = rig.bank.pay_again(&a.out_trade_no);
        for receipt in [first, second.clone(), second] {
            let answer = crate::drive::Answer::Stood(Ok(crate::channel::Standing::Paid(receipt)));
            rig.desk.apply(rig.merchant(), a.id, AttemptState::Pending, answer).await.unwrap();
        }
        rig.pass(300).await;
        one_kept_one_back(&rig, order, 500, RefundCause::DuplicatePayment).await;
        assert!(rig.bank.trade(&a.out_trade_no).unwrap().refunds.is_empty(), "the kept one is not touched");
    }

    /// Found by a simulated day: an Alipay code that nobody had scanned cannot be closed, and its callback may never come.
    async fn rule_1_4_an_unscanned_code_is_watched_until_it_expires(rig) {
        for lost in [false, true] {
            let order = rig.order(300).await;
            let a = rig.show(order, "other").await;
            rig.desk.close(&rig.who, &rig.key(), order).await.unwrap();
            rig.pass(300).await;
            assert_eq!(rig.whole(order).await.attempts[0].state, AttemptState::Closed);
            assert!(rig.other.pay(&a.out_trade_no, rig.now()));
            if lost {
                rig.other.next(&[Mishap::LostBefore, Mishap::LostAfter]);
            }
            rig.pass(1200).await;
            let whole = rig.whole(order).await;
            assert_eq!((whole.order.paid, whole.order.refunded), (300, 300), "{lost}");
            assert_eq!(whole.refunds[0].cause, RefundCause::PaidAfterClose);
        }
        rig.settled().await;
    }
}
