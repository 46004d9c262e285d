//! Rules 2 and 3: after a scan nothing is assumed; it ends succeeded, declined or reversed, and says "in doubt" until then.

use super::bank::Mishap::{self, Held, LostAfter, LostBefore, NotSent};
use super::rig::{Rig, scanned};
use super::{on_both, rig};
use crate::rows::{AttemptState, RefundCause};

struct Case {
    name: &'static str,
    outcome: &'static str,
    mishaps: &'static [Mishap],
    at_once: AttemptState,
    end: AttemptState,
    kept: i64,
}

async fn check(rig: &Rig, case: &Case) {
    let order = rig.order(800).await;
    rig.bank.next(case.mishaps);
    let first = rig.scan(order, case.outcome).await;
    assert_eq!(first.state, case.at_once, "{}: at once", case.name);
    rig.pass(400).await;
    let whole = rig.whole(order).await;
    assert_eq!(whole.attempts[0].state, case.end, "{}: in the end", case.name);
    assert!(whole.attempts[0].payer_code.is_none(), "{}: the payer's code is not kept", case.name);
    assert_eq!(whole.order.paid - whole.order.refunded, case.kept, "{}: kept", case.name);
}

on_both! {
    async fn rule_2_3_every_scan_ends(rig) {
        use AttemptState::{Declined, InDoubt, Pending, Reversed, Succeeded};
        let cases = [
            Case { name: "pays", outcome: "00", mishaps: &[], at_once: Succeeded, end: Succeeded, kept: 800 },
            Case { name: "not enough", outcome: "02", mishaps: &[], at_once: Declined, end: Declined, kept: 0 },
            Case { name: "never answered", outcome: "06", mishaps: &[], at_once: Pending, end: Reversed, kept: 0 },
            Case { name: "answer lost, paid", outcome: "00", mishaps: &[LostAfter], at_once: InDoubt, end: Succeeded, kept: 800 },
            Case { name: "answer lost, declined", outcome: "02", mishaps: &[LostAfter], at_once: InDoubt, end: Declined, kept: 0 },
            Case { name: "call lost", outcome: "00", mishaps: &[LostBefore], at_once: InDoubt, end: Reversed, kept: 0 },
            Case { name: "not sent", outcome: "00", mishaps: &[NotSent], at_once: Declined, end: Declined, kept: 0 },
            Case { name: "queries lost", outcome: "00", mishaps: &[LostAfter, LostBefore, LostBefore], at_once: InDoubt, end: Succeeded, kept: 800 },
            Case {
                name: "all lost up to the reversal",
                outcome: "00",
                mishaps: &[LostAfter, LostBefore, LostBefore, LostBefore, LostBefore, LostBefore, LostBefore, LostBefore, LostBefore, LostBefore, LostBefore, LostBefore, LostBefore],
                at_once: InDoubt,
                end: Reversed,
                kept: 0,
            },
        ];
        for case in &cases {
            check(&rig, case).await;
        }
        rig.pass(2000).await;
        rig.settled().await;
    }

    async fn rule_2_a_password_is_waited_for(rig) {
        let order = rig.order(800).await;
        let attempt = rig.scan(order, "01").await;
        assert_eq!(attempt.state, AttemptState::Pending);
        rig.pass(20).await;
        assert_eq!(rig.whole(order).await.attempts[0].state, AttemptState::Pending);
        assert!(rig.bank.pay(&attempt.out_trade_no, rig.now()));
        rig.pass(10).await;
        assert_eq!(rig.whole(order).await.attempts[0].state, AttemptState::Succeeded);
        rig.settled().await;
    }

    async fn rule_3_a_scan_ends_within_its_bound(rig) {
        let order = rig.order(800).await;
        rig.scan(order, "06").await;
        rig.pass(44).await;
        assert_eq!(rig.whole(order).await.attempts[0].state, AttemptState::Pending);
        rig.pass(2).await;
        assert_eq!(rig.whole(order).await.attempts[0].state, AttemptState::Reversed);
        let calls = rig.bank.calls();
        let last_query = calls.iter().rposition(|c| c == "query");
        let reverse = calls.iter().position(|c| c == "reverse");
        assert!(last_query < reverse, "the last question is followed by the reversal: {calls:?}");
    }

    async fn rule_3_what_can_no_longer_be_reversed_is_kept_or_refunded(rig) {
        rig.bank.no_reversal();
        let order = rig.order(800).await;
        let attempt = rig.scan(order, "06").await;
        rig.pass(50).await;
        assert_eq!(rig.whole(order).await.attempts[0].state, AttemptState::InDoubt, "it is not called failed");
        rig.desk.close(&rig.who, &rig.key(), order).await.unwrap();
        assert!(rig.bank.pay(&attempt.out_trade_no, rig.now()));
        rig.pass(300).await;
        let whole = rig.whole(order).await;
        assert_eq!((whole.order.paid, whole.order.refunded), (800, 800));
        assert_eq!(whole.refunds[0].cause, RefundCause::PaidAfterClose);
        rig.settled().await;
    }

    async fn rule_3_no_second_scan_or_cash_while_one_is_unclear(rig) {
        let order = rig.order(800).await;
        rig.scan(order, "06").await;
        let again = rig.try_pay(order, scanned("00")).await.unwrap_err();
        assert_eq!(again.code(), "attempt_in_progress");
        assert_eq!(rig.cash(order, 800).await.unwrap_err().code(), "attempt_in_progress");
        rig.pass(60).await;
        assert_eq!(rig.scan(order, "00").await.state, AttemptState::Succeeded, "after it has ended");
        rig.pass(300).await;
        rig.settled().await;
    }

    /// Found by a simulated day: the payer confirms, the operator closes, the bank undoes the payment, and only then its callback arrives.
    async fn rule_3_6_a_late_word_about_an_undone_scan_is_asked_about(rig) {
        for undone_first in [true, false] {
            let order = rig.order(800).await;
            let attempt = rig.scan(order, "01").await;
            let no = attempt.out_trade_no.as_str();
            assert!(rig.bank.pay(no, rig.now()));
            rig.desk.close(&rig.who, &rig.key(), order).await.unwrap();
            if undone_first {
                rig.pass(1).await;
            }
            assert_eq!(rig.notify(no, 800, "genuine").await, 200, "it is genuine");
            assert_eq!(rig.whole(order).await.order.paid, 0, "and no longer so");
            rig.pass(300).await;
            let whole = rig.whole(order).await;
            assert_eq!((whole.order.paid, &whole.attempts[0].state), (0, &AttemptState::Reversed));
            assert!(rig.bank.trade(no).unwrap().reversed);
        }
        rig.settled().await;
    }

    async fn rule_3_one_reversal_at_a_time(rig) {
        // A reversal is refused because the charge has not arrived; the query after it hears "paid", and its answer takes its time.
        // A second driver at once sends nothing; one that comes when the first counts as lost reverses, and the old "paid" is not believed.
        for (wait, end) in [(0, AttemptState::Succeeded), (31, AttemptState::Reversed)] {
            let order = rig.order(800).await;
            rig.bank.next(&[LostBefore, Held, Held]);
            let attempt = rig.scan(order, "00").await;
            rig.desk.close(&rig.who, &rig.key(), order).await.unwrap();
            let first = rig.drive_apart().await;
            rig.bank.was_asked("reverse").await;
            rig.bank.charge_arrives(&attempt.out_trade_no, 800, rig.now());
            rig.bank.release();
            rig.bank.was_asked("query").await;
            rig.make_due(attempt.job.unwrap()).await;
            rig.pass(wait).await;
            rig.run_due().await;
            rig.bank.release();
            first.await.unwrap();
            rig.pass(400).await;
            let whole = rig.whole(order).await;
            assert_eq!(whole.attempts[0].state, end, "after {wait} s");
            assert_eq!(rig.bank.trade(&attempt.out_trade_no).unwrap().reversed, end == AttemptState::Reversed);
            rig.settled().await;
        }
    }

    async fn rule_3_money_that_came_after_a_reversal_flows_back(rig) {
        let order = rig.order(800).await;
        let attempt = rig.scan(order, "06").await;
        rig.desk.close(&rig.who, &rig.key(), order).await.unwrap();
        rig.pass(400).await;
        assert_eq!(rig.whole(order).await.attempts[0].state, AttemptState::Reversed);
        rig.bank.pays_after_reversal(&attempt.out_trade_no, rig.now());
        assert_eq!(rig.notify(&attempt.out_trade_no, 800, "genuine").await, 200);
        rig.pass(60).await;
        let whole = rig.whole(order).await;
        assert_eq!((whole.order.paid, whole.order.refunded), (800, 800));
        assert_eq!(whole.refunds[0].cause, RefundCause::ReversalTooLate);
        rig.settled().await;
    }
}
