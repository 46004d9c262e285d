//! Rules 8, 9 and 10: same key, same answer; books that balance and show any later change; events of which none is missed.

use serde_json::json;

use super::rig::{Rig, someone};
use super::{on_both, rig};
use crate::rows::{AttemptState, Role};
use crate::{Sealer, verify};

on_both! {
    async fn rule_8_the_same_key_gives_the_same_order(rig) {
        let make = || rig.desk.create_order(&rig.who, "one key", rig.sale(json!({"amount": 100})));
        let (a, b, c) = tokio::join!(make(), make(), make());
        let ids = [a.unwrap().order.id, b.unwrap().order.id, c.unwrap().order.id];
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        let other = rig.desk.create_order(&rig.who, "one key", rig.sale(json!({"amount": 101}))).await.unwrap_err();
        assert_eq!(other.code(), "idempotency_key_reused");
        let elsewhere = rig.desk.close(&rig.who, "one key", ids[0]).await.unwrap_err();
        assert_eq!(elsewhere.code(), "idempotency_key_reused");
        for (key, code) in [("", "idempotency_key_missing"), ("\u{7}", "idempotency_key_invalid"), (&"k".repeat(256), "idempotency_key_invalid")] {
            let refused = rig.desk.create_order(&rig.who, key, rig.sale(json!({"amount": 1}))).await.unwrap_err();
            assert_eq!(refused.code(), code);
        }
    }

    async fn rule_8_a_repeated_charge_is_one_charge(rig) {
        let order = rig.order(100).await;
        let ask = || rig.desk.attempt(&rig.who, "charge once", order, rig::scanned("00"));
        let (a, b) = tokio::join!(ask(), ask());
        let again = ask().await.unwrap();
        assert_eq!((a.unwrap().id, b.unwrap().id), (again.id, again.id));
        assert_eq!(again.state, AttemptState::Succeeded);
        assert_eq!(rig.bank.calls().iter().filter(|c| *c == "charge").count(), 1);
        let refund = || rig.desk.refund(&rig.who, "refund once", order, crate::RefundRequest { amount: None, reason: String::new() });
        let (x, y) = tokio::join!(refund(), refund());
        assert_eq!(x.unwrap().id, y.unwrap().id);
        rig.settled().await;
        assert_eq!(rig.bank.holds(), 0);
    }

    async fn rule_8_a_refused_write_leaves_its_key_free(rig) {
        let order = rig.order(100).await;
        let ask = crate::RefundRequest { amount: None, reason: String::new() };
        let early = rig.desk.refund(&rig.who, "later", order, ask.clone()).await.unwrap_err();
        assert_eq!(early.code(), "order_not_paid");
        rig.scan(order, "00").await;
        assert!(rig.desk.refund(&rig.who, "later", order, ask).await.is_ok());
    }

    async fn rule_9_every_change_of_the_books_shows(rig) {
        let key = Some(Sealer::from_seed(&[7; 32]).public_key());
        for fen in [100, 250, 999] {
            let order = rig.order(fen).await;
            rig.scan(order, "00").await;
            rig.refund(order, 50).await.unwrap();
        }
        rig.desk.seal(rig.merchant()).await.unwrap();
        rig.books_hold().await;
        let tampered = [
            ("update accounts set balance = balance + 1 where class = 3156", "update accounts set balance = balance - 1 where class = 3156", 9),
            ("update entries set amount = amount + 1 where class = 3156", "update entries set amount = amount - 1 where class = 3156", 9),
            ("update orders set paid = paid + 1", "update orders set paid = paid - 1", 1),
            ("update orders set refunded = refunded + 1", "update orders set refunded = refunded - 1", 7),
            ("update attempts set refunded = refunded - 1", "update attempts set refunded = refunded + 1", 7),
            ("update store_events set at = at + 1 where seq = 2", "update store_events set at = at - 1 where seq = 2", 9),
            ("update seals set upto = upto + 1", "update seals set upto = upto - 1", 9),
        ];
        for (change, back, rule) in tampered {
            if !rig.tamper(change) {
                continue;
            }
            let walk = verify::walk(rig.db(), key.clone(), |_| {}).await.unwrap();
            assert!(walk.findings.iter().any(|f| f.rule == rule), "{change}: {:?}", walk.findings);
            rig.tamper(back);
        }
        rig.books_hold().await;
        let stranger = verify::walk(rig.db(), Some(Sealer::from_seed(&[8; 32]).public_key()), |_| {}).await.unwrap();
        assert!(!stranger.findings.is_empty(), "another key signed it");
    }

    async fn rule_10_a_value_never_seen_is_data(rig) {
        rig.bank.strange(true);
        let order = rig.order(100).await;
        let attempt = rig.scan(order, "00").await;
        assert_eq!(attempt.state, AttemptState::InDoubt);
        assert_eq!(attempt.channel_said.as_deref(), Some("HALF_PAID"));
        rig.pass(10).await;
        rig.bank.strange(false);
        rig.pass(10).await;
        assert_eq!(rig.whole(order).await.attempts[0].state, AttemptState::Succeeded);
    }

    async fn rule_10_a_cursor_over_events_misses_none(rig) {
        for fen in 1..=5 {
            let order = rig.order(fen).await;
            rig.scan(order, "00").await;
        }
        let (mut after, mut seen) = (0, Vec::new());
        loop {
            let page = rig.desk.events(&rig.who, after, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            after = last.seq;
            seen.extend(page.into_iter().map(|e| e.seq));
        }
        let count = i64::try_from(seen.len()).unwrap();
        assert!(count >= 10);
        assert_eq!(seen, (1..=count).collect::<Vec<_>>());
    }

    async fn roles_are_checked_by_every_write(rig) {
        let order = rig.order(100).await;
        let auditor = someone(&rig, Role::Auditor);
        let cashier = someone(&rig, Role::Cashier);
        let sale = rig.desk.create_order(&auditor, "a", rig.sale(json!({"amount": 1}))).await.unwrap_err();
        let pay = rig.desk.attempt(&auditor, "b", order, rig::scanned("00")).await.unwrap_err();
        let back = rig.desk.refund(&cashier, "c", order, crate::RefundRequest { amount: None, reason: String::new() }).await.unwrap_err();
        let close = rig.desk.close(&auditor, "d", order).await.unwrap_err();
        let key = rig.desk.create_key(&cashier, "k", Role::Owner).await.unwrap_err();
        for refusal in [sale, pay, back, close, key] {
            assert_eq!(refusal.code(), "forbidden");
        }
    }
}

on_both! {
    async fn rule_8_setting_up_is_repeated_without_a_second(rig) {
        let key = rig.desk.create_key_once(&rig.who, "two", "partner", Role::Cashier).await.unwrap();
        assert_eq!(rig.desk.create_key_once(&rig.who, "two", "partner", Role::Cashier).await.unwrap(), key);
        assert_ne!(rig.desk.create_key_once(&rig.who, "three", "partner", Role::Cashier).await.unwrap(), key);
        assert_eq!(rig.desk.who_by_token(&key).await.unwrap().role, Role::Cashier);
        let other = rig.desk.create_key_once(&rig.who, "two", "partner", Role::Owner).await.unwrap_err();
        assert_eq!(other.code(), "idempotency_key_reused");
        let person = || crate::NewOperator { name: "ann".to_owned(), password: "correct horse".to_owned(), role: Role::Cashier };
        let ann = rig.desk.create_operator_once(&rig.who, "four", person()).await.unwrap();
        assert_eq!(rig.desk.create_operator_once(&rig.who, "four", person()).await.unwrap().id, ann.id);
        assert_eq!(rig.desk.create_operator_once(&rig.who, "five", person()).await.unwrap_err().code(), "name_taken");
        let code = rig.desk.new_enrolment_once(&rig.who, "six", rig.terminal.id).await.unwrap();
        assert_eq!(rig.desk.new_enrolment_once(&rig.who, "six", rig.terminal.id).await.unwrap(), code);
        assert!(rig.desk.enrol(&code).await.is_ok());
        rig.desk.new_enrolment_once(&rig.who, "six", rig.terminal.id).await.unwrap();
        assert_eq!(rig.desk.enrol(&code).await.unwrap_err().code(), "enrolment_invalid", "a used code stays used");
    }
}
