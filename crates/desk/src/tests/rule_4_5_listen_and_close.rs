//! Rules 4 and 5: a callback is believed only after it was checked and is never relied on; what is replaced is closed at the channel.

use super::bank::Mishap;
use super::rig::Rig;
use super::{on_both, rig};
use crate::rows::{AttemptState, OrderState};

on_both! {
    async fn rule_4_a_callback_is_believed_only_when_it_fits(rig) {
        let order = rig.order(600).await;
        let a = rig.show(order, "bank").await;
        rig.bank.pay(&a.out_trade_no, rig.now());
        let no = a.out_trade_no.as_str();
        let cases = [
            (no, 600, "forged", 400),
            (no, 599, "genuine", 400),
            ("0000000000001", 600, "genuine", 400),
            ("not-a-number", 600, "genuine", 400),
        ];
        for (no, fen, signature, status) in cases {
            assert_eq!(rig.notify(no, fen, signature).await, status, "{no} {fen} {signature}");
            assert_eq!(rig.whole(order).await.order.state, OrderState::Open, "nothing changed");
        }
        assert_eq!(rig.notify(no, 600, "genuine").await, 200);
        assert_eq!(rig.whole(order).await.order.state, OrderState::Fulfilled);
        assert_eq!(rig.notify(no, 600, "genuine").await, 200, "a repetition is acknowledged");
        assert_eq!(rig.whole(order).await.order.paid, 600, "and changes nothing");
        rig.settled().await;
    }

    async fn rule_4_a_callback_must_come_through_its_own_account(rig) {
        let order = rig.order(600).await;
        let a = rig.show(order, "other").await;
        rig.other.pay(&a.out_trade_no, rig.now());
        assert_eq!(rig.notify(&a.out_trade_no, 600, "genuine").await, 400, "the first bank cannot speak for the other");
        let headers = [("signature".to_owned(), "genuine".to_owned())];
        let nobody = rig.desk.notification("bank", "0000000000009", &headers, b"x 1").await;
        assert_eq!(nobody.status, 404);
        rig.pass(300).await;
        rig.settled().await;
    }

    async fn rule_4_no_callback_is_relied_on(rig) {
        let order = rig.order(600).await;
        let a = rig.show(order, "bank").await;
        rig.bank.pay(&a.out_trade_no, rig.now());
        rig.bank.next(&[Mishap::LostBefore, Mishap::LostAfter]);
        rig.pass(60).await;
        assert_eq!(rig.whole(order).await.order.state, OrderState::Fulfilled);
        rig.settled().await;
    }

    async fn rule_5_a_replaced_code_is_closed_at_the_channel(rig) {
        let order = rig.order(600).await;
        let first = rig.show(order, "bank").await;
        let second = rig.show(order, "bank").await;
        let other = rig.show(order, "other").await;
        rig.pass(2).await;
        assert!(rig.bank.trade(&first.out_trade_no).unwrap().closed);
        assert!(!rig.bank.trade(&second.out_trade_no).unwrap().closed);
        let states: Vec<_> = rig.whole(order).await.attempts.into_iter().map(|a| a.state).collect();
        assert_eq!(states, [AttemptState::Closed, AttemptState::Pending, AttemptState::Pending]);
        assert!(rig.other.pay(&other.out_trade_no, rig.now()));
        rig.pass(10).await;
        assert!(rig.bank.trade(&second.out_trade_no).unwrap().closed, "the loser of the race is closed");
        rig.pass(300).await;
        rig.settled().await;
    }

    async fn rule_5_a_close_that_is_lost_is_repeated(rig) {
        let order = rig.order(600).await;
        let first = rig.show(order, "bank").await;
        rig.bank.next(&[Mishap::LostBefore, Mishap::NotSent, Mishap::LostAfter]);
        rig.desk.close(&rig.who, &rig.key(), order).await.unwrap();
        rig.pass(60).await;
        assert!(rig.bank.trade(&first.out_trade_no).unwrap().closed);
        assert_eq!(rig.whole(order).await.attempts[0].state, AttemptState::Closed);
        rig.pass(300).await;
        rig.settled().await;
    }

    async fn rule_5_an_expired_order_closes_its_codes_and_itself(rig) {
        let order = rig.order(600).await;
        rig.show(order, "bank").await;
        rig.show(order, "other").await;
        rig.pass(15 * 60 + 200).await;
        let whole = rig.whole(order).await;
        assert_eq!(whole.order.state, OrderState::Closed);
        assert!(whole.attempts.iter().all(|a| a.state == AttemptState::Closed));
        let late = rig.try_pay(order, rig::shown("bank")).await.unwrap_err();
        assert_eq!(late.code(), "order_not_open");
        rig.settled().await;
    }
}
