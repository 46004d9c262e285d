//! Paying inside a wallet keeps the rules of a shown code: written before it is asked, asked again with the same number, closed when it is
//! replaced, and never two payers on one order without their knowing.

use serde_json::{Value, json};

use super::bank::Mishap;
use super::rig::{Rig, shown};
use super::{on_both, rig};
use crate::AttemptAsk;
use crate::in_app::{given, payer_of};
use crate::rows::{AttemptState, OrderState, Presentment, RefundCause, RefundState};

fn ask(channel: &str, data: Value) -> AttemptAsk {
    AttemptAsk { presentment: Presentment::InApp, data, ..shown(channel) }
}

fn page(payer: &str) -> AttemptAsk {
    ask("bank", json!({"way": "page", "payer_id": payer}))
}

on_both! {
    async fn rule_4_an_order_is_paid_inside_a_wallet(rig) {
        let order = rig.order(600).await;
        let a = rig.try_pay(order, page("ann")).await.unwrap();
        assert_eq!(given(&a), Some(json!({"call": {"prepay": a.out_trade_no}})));
        assert_eq!(payer_of(&a).as_deref(), Some("ann"));
        rig.bank.pay(&a.out_trade_no, rig.now());
        assert_eq!(rig.notify(&a.out_trade_no, 600, "genuine").await, 200);
        let whole = rig.whole(order).await;
        assert_eq!((whole.order.state, whole.order.paid), (OrderState::Fulfilled, 600));
        assert_eq!(whole.attempts[0].payer_code, None, "who paid is not kept");
        rig.settled().await;
    }

    async fn rule_4_no_callback_is_relied_on_inside_a_wallet(rig) {
        let order = rig.order(600).await;
        let a = rig.try_pay(order, page("ann")).await.unwrap();
        rig.bank.pay(&a.out_trade_no, rig.now());
        rig.bank.next(&[Mishap::LostBefore, Mishap::LostAfter]);
        rig.pass(60).await;
        assert_eq!(rig.whole(order).await.order.state, OrderState::Fulfilled);
        rig.settled().await;
    }

    async fn in_a_browser_the_answer_is_an_address(rig) {
        let order = rig.order(600).await;
        let a = rig.try_pay(order, ask("other", json!({"way": "browser", "client_ip": "192.0.2.7"}))).await.unwrap();
        assert_eq!(given(&a), Some(json!({"address": format!("bank://open/{}", a.out_trade_no)})));
        rig.other.pay(&a.out_trade_no, rig.now());
        rig.pass(20).await;
        assert_eq!(rig.whole(order).await.order.state, OrderState::Fulfilled);
        rig.settled().await;
    }

    async fn what_is_wrong_is_refused_and_leaves_nothing(rig) {
        let order = rig.order(600).await;
        let cases = [
            ("bank", json!({}), "invalid_request"),
            ("bank", json!({"way": "page"}), "invalid_request"),
            ("bank", json!({"way": "page", "payer_id": ""}), "invalid_request"),
            ("bank", json!({"way": "page", "payer_id": "a b"}), "invalid_request"),
            ("bank", json!({"way": "page", "payer_id": "x".repeat(129)}), "invalid_request"),
            ("bank", json!({"way": "pigeon"}), "invalid_request"),
            ("bank", json!({"way": "browser", "client_ip": "here"}), "invalid_request"),
            ("bank", json!({"way": "browser", "return_url": "javascript:alert(1)"}), "invalid_request"),
            ("bank", json!({"way": "browser", "colour": "red"}), "invalid_request"),
            ("nobody", json!({"way": "browser"}), "unknown_channel"),
            ("cash", json!({"way": "browser"}), "presentment_unsupported"),
        ];
        for (channel, data, code) in cases {
            let refused = rig.try_pay(order, ask(channel, data.clone())).await.unwrap_err();
            assert_eq!(refused.code(), code, "{channel} {data}");
        }
        assert_eq!(rig.whole(order).await.attempts, []);
        assert_eq!(rig.bank.calls(), Vec::<String>::new());
        rig.desk.set_channel_standing(&rig.who, rig.accounts[0], crate::rows::Standing::Off).await.unwrap();
        assert_eq!(rig.try_pay(order, page("ann")).await.unwrap_err().code(), "channel_closed");
    }

    async fn a_payer_whom_the_channel_refuses_is_told_and_may_try_again(rig) {
        let order = rig.order(600).await;
        assert_eq!(rig.try_pay(order, page("stranger")).await.unwrap_err().code(), "channel_refused");
        let whole = rig.whole(order).await;
        assert_eq!((&whole.attempts[0].state, &whole.attempts[0].payer_code), (&AttemptState::Declined, &None));
        let a = rig.try_pay(order, page("ann")).await.unwrap();
        rig.bank.pay(&a.out_trade_no, rig.now());
        rig.pass(30).await;
        assert_eq!(rig.whole(order).await.order.state, OrderState::Fulfilled);
        rig.settled().await;
    }

    async fn rule_8_the_same_key_gives_the_same_call(rig) {
        let order = rig.order(600).await;
        let first = rig.desk.attempt(&rig.who, "one", order, page("ann")).await.unwrap();
        let again = rig.desk.attempt(&rig.who, "one", order, page("ann")).await.unwrap();
        assert_eq!((first.id, given(&first)), (again.id, given(&again)));
        let other = rig.desk.attempt(&rig.who, "one", order, page("bob")).await.unwrap_err();
        assert_eq!(other.code(), "idempotency_key_reused");
        assert_eq!(rig.bank.calls(), ["in_app"]);
    }

    async fn rule_11_a_call_that_was_lost_is_asked_again_with_the_same_number(rig) {
        let order = rig.order(600).await;
        rig.bank.next(&[Mishap::LostAfter]);
        assert_eq!(rig.try_pay(order, page("ann")).await.unwrap_err().code(), "channel_unavailable");
        rig.restart();
        rig.pass(30).await;
        let whole = rig.whole(order).await;
        let a = &whole.attempts[0];
        assert_eq!((whole.attempts.len(), given(a)), (1, Some(json!({"call": {"prepay": a.out_trade_no}}))));
        assert_eq!(rig.bank.calls().iter().filter(|c| *c == "in_app").count(), 2);
        rig.bank.pay(&a.out_trade_no, rig.now());
        rig.pass(60).await;
        rig.settled().await;
    }

    async fn rule_1_a_second_payer_does_not_slip_in(rig) {
        let order = rig.order(600).await;
        let ann = rig.try_pay(order, page("ann")).await.unwrap();
        let bob = rig.try_pay(order, page("bob")).await.unwrap_err();
        assert_eq!(bob.code(), "attempt_in_progress");
        let elsewhere = ask("other", json!({"way": "page", "payer_id": "bob"}));
        assert_eq!(rig.try_pay(order, elsewhere).await.unwrap_err().code(), "attempt_in_progress");
        assert!(!rig.bank.trade(&ann.out_trade_no).unwrap().closed);

        let over = ask("other", json!({"way": "page", "payer_id": "bob", "take_over": true}));
        let bob = rig.try_pay(order, over).await.unwrap();
        rig.pass(2).await;
        assert!(rig.bank.trade(&ann.out_trade_no).unwrap().closed, "rule 5: what is replaced is closed");
        assert!(!rig.bank.pay(&ann.out_trade_no, rig.now()));
        rig.other.pay(&bob.out_trade_no, rig.now());
        rig.pass(200).await;
        let whole = rig.whole(order).await;
        assert_eq!((whole.order.kept, whole.order.paid), (Some(bob.id), 600));
        rig.settled().await;
    }

    async fn rule_1_two_payers_of_one_order_pay_it_once(rig) {
        let order = rig.order(600).await;
        let ann = rig.try_pay(order, page("ann")).await.unwrap();
        rig.bank.takes_after_close();
        let over = ask("other", json!({"way": "page", "payer_id": "bob", "take_over": true}));
        let bob = rig.try_pay(order, over).await.unwrap();
        rig.pass(2).await;
        rig.other.pay(&bob.out_trade_no, rig.now());
        rig.bank.pay(&ann.out_trade_no, rig.now());
        rig.pass(400).await;
        let whole = rig.whole(order).await;
        assert_eq!(whole.order.paid - whole.order.refunded, 600);
        assert_eq!((&whole.refunds[0].cause, &whole.refunds[0].state), (&RefundCause::DuplicatePayment, &RefundState::Succeeded));
        rig.settled().await;
    }

    async fn rule_5_a_second_try_of_the_same_payer_replaces_the_first(rig) {
        let order = rig.order(600).await;
        let first = rig.try_pay(order, page("ann")).await.unwrap();
        let second = rig.try_pay(order, page("ann")).await.unwrap();
        rig.pass(2).await;
        assert!(rig.bank.trade(&first.out_trade_no).unwrap().closed);
        assert!(!rig.bank.trade(&second.out_trade_no).unwrap().closed);
    }

    async fn rule_5_an_expired_order_closes_what_nobody_paid(rig) {
        let order = rig.order(600).await;
        let a = rig.try_pay(order, page("ann")).await.unwrap();
        rig.pass(15 * 60 + 200).await;
        let whole = rig.whole(order).await;
        assert_eq!((&whole.order.state, &whole.attempts[0].state), (&OrderState::Closed, &AttemptState::Closed));
        assert_eq!(whole.attempts[0].payer_code, None);
        assert!(rig.bank.trade(&a.out_trade_no).unwrap().closed);
        rig.settled().await;
    }

    async fn rule_1_money_after_closing_flows_back_to_the_wallet(rig) {
        let order = rig.order(600).await;
        let a = rig.try_pay(order, page("ann")).await.unwrap();
        rig.bank.takes_after_close();
        rig.desk.close(&rig.who, &rig.key(), order).await.unwrap();
        rig.pass(2).await;
        rig.bank.pay(&a.out_trade_no, rig.now());
        rig.pass(400).await;
        let whole = rig.whole(order).await;
        assert_eq!((whole.order.state, whole.order.paid, whole.order.refunded), (OrderState::Closed, 600, 600));
        assert_eq!(whole.refunds[0].cause, RefundCause::PaidAfterClose);
        rig.settled().await;
    }
}
