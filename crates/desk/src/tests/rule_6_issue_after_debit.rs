//! Rule 6: nothing is handed out before the money is confirmed; what a device must do is acknowledged.

use serde_json::json;

use super::rig::Rig;
use super::{on_both, rig};
use crate::rows::{FulfilmentState, OrderState, RefundCause};

on_both! {
    async fn rule_6_handed_out_in_the_payments_own_decision(rig) {
        let order = rig.order(600).await;
        let a = rig.scan(order, "01").await;
        assert!(rig.whole(order).await.fulfilments.is_empty(), "nothing before the money");
        rig.bank.pay(&a.out_trade_no, rig.now());
        rig.pass(5).await;
        let whole = rig.whole(order).await;
        assert_eq!((whole.order.state, whole.fulfilments.len()), (OrderState::Fulfilled, 1));
        let paid = whole.order.paid_at.unwrap();
        assert!(whole.fulfilments[0].created_at >= paid);
    }

    async fn rule_6_nothing_due_is_handed_out_at_once(rig) {
        let order = rig.order(0).await;
        let whole = rig.whole(order).await;
        assert_eq!((whole.order.state, whole.fulfilments.len()), (OrderState::Fulfilled, 1));
        rig.settled().await;
    }

    async fn rule_6_a_device_acknowledges_and_can_fail_first(rig) {
        let order = rig.order_of(json!({"amount": 500, "device": true})).await;
        rig.cash(order, 500).await.unwrap();
        let whole = rig.whole(order).await;
        assert_eq!((whole.order.state, whole.fulfilments[0].state.clone()), (OrderState::Paid, FulfilmentState::Pending));
        let id = whole.fulfilments[0].id;
        let failed = rig.desk.acknowledge(&rig.who, &rig.key(), id, false, Some("jam".to_owned())).await.unwrap();
        assert_eq!(failed.state, FulfilmentState::Failed);
        assert_eq!(rig.whole(order).await.order.state, OrderState::Paid, "claimable");
        let key = rig.key();
        for _ in 0..2 {
            let done = rig.desk.acknowledge(&rig.who, &key, id, true, None).await.unwrap();
            assert_eq!(done.state, FulfilmentState::Done);
        }
        assert_eq!(rig.whole(order).await.order.state, OrderState::Fulfilled);
    }

    async fn rule_6_what_cannot_be_handed_out_is_not_kept(rig) {
        let order = rig.order_of(json!({"amount": 500, "sold_out": true})).await;
        let refused = rig.cash(order, 500).await.unwrap_err();
        assert_eq!(refused.code(), "invalid_request");
        assert_eq!(rig.balances(crate::ledger::Class::Drawer).await, 0, "no cash was taken");
        rig.scan(order, "00").await;
        rig.pass(10).await;
        let whole = rig.whole(order).await;
        assert_eq!((whole.order.paid, whole.order.refunded), (500, 500));
        assert_eq!(whole.refunds[0].cause, RefundCause::FulfilmentFailed);
        assert!(whole.fulfilments.is_empty());
        rig.settled().await;
    }

    /// Found by a simulated day.
    async fn rule_6_nothing_due_holds_no_subject(rig) {
        for amount in [0, 0, 500] {
            let request = serde_json::json!({"amount": amount, "subject": "stay 7"});
            let made = rig.desk.create_order(&rig.who, &rig.key(), rig.sale(request)).await.unwrap();
            let want = if amount == 0 { OrderState::Fulfilled } else { OrderState::Open };
            assert_eq!(made.order.state, want, "{amount}");
        }
    }
}
