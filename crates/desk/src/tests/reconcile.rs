//! Bills beside the ledger: what matches, what does not, and that looking again changes nothing.

use std::time::Duration;

use money::Money;
use store::Id;

use super::on_both;
use super::rig::{self, Rig};
use crate::channel::{Bill, BillKind, BillRow, Billing, Standing};
use crate::dates::business_date;
use crate::drive::Answer;
use crate::rows::{
    Attempt, AttemptState, DifferenceKind, DifferenceState, Reconciliation, ReconciliationState, Refund,
};

const DAY_S: Duration = Duration::from_secs(86_400);

fn payment(attempt: &Attempt) -> BillRow {
    BillRow {
        kind: BillKind::Payment,
        at: attempt.paid_at.unwrap(),
        out_trade_no: attempt.out_trade_no.clone(),
        channel_txn: attempt.channel_txn.clone().unwrap(),
        out_refund_no: String::new(),
        channel_refund: String::new(),
        amount: Money::fen(attempt.received),
        fee_thousandths: 600,
        state: "SUCCESS".to_owned(),
    }
}

fn refund(attempt: &Attempt, refund: &Refund) -> BillRow {
    BillRow {
        kind: BillKind::Refund,
        out_refund_no: refund.out_refund_no.clone(),
        amount: Money::fen(refund.amount),
        ..payment(attempt)
    }
}

/// A sale through the first bank, and its attempt.
async fn sold(rig: &Rig, fen: i64) -> (Id, Attempt) {
    let order = rig.order(fen).await;
    rig.scan(order, "00").await;
    rig.pass(3).await;
    (order, rig.whole(order).await.attempts[0].clone())
}

fn today(rig: &Rig) -> String {
    business_date(rig.now(), "Asia/Shanghai", 0)
}

async fn look(rig: &Rig, day: &str) -> (String, i64, i64) {
    let row = rig.desk.reconcile(&rig.who, rig.accounts[0], day).await.unwrap();
    (row.state.as_str().to_owned(), row.rows, row.open)
}

async fn kinds(rig: &Rig, day: &str) -> Vec<(DifferenceKind, DifferenceState)> {
    let (_, found) = rig.desk.reconciliation(&rig.who, rig.accounts[0], day).await.unwrap();
    found.into_iter().map(|row| (row.kind, row.state)).collect()
}

async fn events(rig: &Rig, kind: &str) -> usize {
    rig.desk.events(&rig.who, 0, 1000).await.unwrap().iter().filter(|e| e.kind == kind).count()
}

fn ready(rows: &[BillRow]) -> Billing {
    Billing::Ready(Bill { rows: rows.to_vec(), strange: Vec::new() })
}

on_both! {
    async fn a_day_that_agrees_agrees_again(rig) {
        let (order, first) = sold(&rig, 500).await;
        let (_, second) = sold(&rig, 300).await;
        rig.refund(order, 200).await.unwrap();
        rig.pass(5).await;
        let back = rig.whole(order).await.refunds[0].clone();
        let day = today(&rig);
        rig.bank.bill_of(&day, ready(&[payment(&first), payment(&second), refund(&first, &back)]));
        for _ in 0..2 {
            assert_eq!(look(&rig, &day).await, ("agrees".to_owned(), 3, 0));
        }
        assert_eq!(events(&rig, "reconciliation.done").await, 1, "the second look changed nothing");
        let row = rig.desk.reconciliation(&rig.who, rig.accounts[0], &day).await.unwrap().0;
        assert_eq!((row.paid, row.back, row.matched, row.fees_thousandths), (800, 200, 3, 1800));
    }

    async fn every_kind_of_difference_is_kept_told_once_and_cleared(rig) {
        let (_, first) = sold(&rig, 500).await;
        let (_, second) = sold(&rig, 300).await;
        let (_, third) = sold(&rig, 100).await;
        let day = today(&rig);
        let stranger = BillRow { out_trade_no: "SOMEBODYELSE1".to_owned(), ..payment(&first) };
        let altered = BillRow { amount: Money::fen(301), ..payment(&second) };
        rig.bank.bill_of(&day, ready(&[payment(&first), payment(&first), altered, stranger]));
        for _ in 0..2 {
            assert_eq!(look(&rig, &day).await, ("differs".to_owned(), 4, 4));
        }
        assert_eq!(events(&rig, "difference.found").await, 4);
        let (_, all) = rig.desk.reconciliation(&rig.who, rig.accounts[0], &day).await.unwrap();
        let mut got: Vec<&str> = all.iter().map(|row| row.kind.as_str()).collect();
        got.sort_unstable();
        assert_eq!(got, ["amount", "missing_here", "missing_there", "twice"]);
        let odd = all.iter().find(|row| row.kind == DifferenceKind::Amount).unwrap();
        assert_eq!((odd.billed, odd.booked, odd.order), (Some(301), Some(300), Some(second.order)));
        rig.bank.bill_of(&day, ready(&[payment(&first), payment(&second), payment(&third)]));
        assert_eq!(look(&rig, &day).await, ("agrees".to_owned(), 3, 0));
        assert!(kinds(&rig, &day).await.iter().all(|(_, state)| *state == DifferenceState::Cleared));
        rig.bank.bill_of(&day, ready(&[payment(&first), payment(&second)]));
        assert_eq!(look(&rig, &day).await, ("differs".to_owned(), 2, 1), "what stood in it is missed once it is gone");
        rig.bank.bill_of(&day, ready(&[payment(&first), payment(&second), payment(&third)]));
        assert_eq!(look(&rig, &day).await, ("agrees".to_owned(), 3, 0));
        assert_eq!(events(&rig, "difference.cleared").await, 5);
    }

    async fn a_row_that_comes_a_day_late_clears_the_day_before(rig) {
        let (_, sale) = sold(&rig, 500).await;
        let day = today(&rig);
        rig.bank.bill_of(&day, ready(&[]));
        assert_eq!(look(&rig, &day).await.2, 1);
        rig.clock.advance(DAY_S);
        rig.bank.bill_of(&today(&rig), ready(&[payment(&sale)]));
        assert_eq!(look(&rig, &today(&rig)).await, ("agrees".to_owned(), 1, 0));
        let (row, found) = rig.desk.reconciliation(&rig.who, rig.accounts[0], &day).await.unwrap();
        assert_eq!((row.state, row.open), (ReconciliationState::Agrees, 0));
        assert_eq!(found[0].state, DifferenceState::Cleared);
    }

    /// Found by a simulated day: the number's second payment was told of after midnight, and its row looked too new for the day.
    async fn a_second_payment_told_of_on_the_next_day_is_missed_in_its_bill(rig) {
        let (_, sale) = sold(&rig, 500).await;
        let day = today(&rig);
        let second = rig.bank.pay_again(&sale.out_trade_no);
        rig.clock.advance(DAY_S);
        assert_ne!(today(&rig), day);
        let told = Answer::Stood(Ok(Standing::Paid(second)));
        rig.desk.apply(rig.merchant(), sale.id, AttemptState::Succeeded, told).await.unwrap();
        rig.bank.bill_of(&day, ready(&[payment(&sale)]));
        assert_eq!(look(&rig, &day).await, ("differs".to_owned(), 1, 1));
        assert_eq!(kinds(&rig, &day).await, [(DifferenceKind::MissingThere, DifferenceState::Open)]);
    }

    async fn a_day_without_a_bill_is_a_result(rig) {
        let quiet = today(&rig);
        assert_eq!(look(&rig, &quiet).await, ("no_bill".to_owned(), 0, 0));
        let (_, sale) = sold(&rig, 500).await;
        assert_eq!(look(&rig, &quiet).await, ("waiting".to_owned(), 0, 0), "money came: the bill will");
        rig.clock.advance(DAY_S * 4);
        assert_eq!(look(&rig, &quiet).await, ("differs".to_owned(), 0, 1), "it never came");
        rig.bank.bill_of(&quiet, ready(&[payment(&sale)]));
        assert_eq!(look(&rig, &quiet).await, ("agrees".to_owned(), 1, 0));
        assert_eq!(rig.desk.reconcile(&rig.who, rig.accounts[0], "2026-02-30").await.unwrap_err().code(), "invalid_request");
    }

    async fn somebody_says_why_and_it_is_no_longer_open(rig) {
        sold(&rig, 500).await;
        let day = today(&rig);
        rig.bank.bill_of(&day, ready(&[]));
        look(&rig, &day).await;
        let name = rig.desk.reconciliation(&rig.who, rig.accounts[0], &day).await.unwrap().1[0].name.clone();
        let of = || (rig.accounts[0], day.clone(), name.clone());
        for _ in 0..2 {
            let row = rig.desk.explain_difference(&rig.who, "why-1", of(), "the bank's file is late").await.unwrap();
            assert_eq!(row.state, DifferenceState::Explained);
        }
        assert_eq!(look(&rig, &day).await, ("differs".to_owned(), 0, 0), "it is there still, and explained");
        let cashier = super::rig::someone(&rig, crate::rows::Role::Cashier);
        let refused = rig.desk.explain_difference(&cashier, "why-2", of(), "x").await.unwrap_err();
        assert_eq!(refused.code(), "forbidden");
    }

    async fn the_daily_job_asks_for_yesterday_once_and_until_the_bill_is_there(rig) {
        rig.clock.advance(DAY_S);
        let (_, sale) = sold(&rig, 500).await;
        let day = today(&rig);
        rig.clock.advance(DAY_S + Duration::from_secs(11 * 3600));
        rig.desk.sweep_bills().await.unwrap();
        rig.desk.sweep_bills().await.unwrap();
        let states = |rows: Vec<Reconciliation>| -> Vec<(String, String)> {
            rows.into_iter().map(|row| (row.day, row.state.as_str().to_owned())).collect()
        };
        let filter = crate::ReconciliationFilter { limit: 50, ..Default::default() };
        let listed = rig.desk.reconciliations(&rig.who, &filter).await.unwrap();
        assert!(listed.iter().all(|row| row.state == ReconciliationState::Waiting), "{listed:?}");
        assert!(listed.iter().filter(|row| row.account == rig.accounts[0]).count() == 1, "{listed:?}");
        rig.run_bills().await;
        assert_eq!(listed[0].day, day);
        rig.bank.bill_of(&day, ready(&[payment(&sale)]));
        rig.clock.advance(Duration::from_secs(3700));
        rig.run_bills().await;
        let after = states(rig.desk.reconciliations(&rig.who, &filter).await.unwrap());
        assert!(after.iter().all(|(_, state)| state == "agrees" || state == "no_bill"), "{after:?}");
    }
}

on_both! {
    /// The callback of a second payment under one number was lost, and no question tells of it: the bill does, and the money flows back.
    async fn what_only_the_bill_tells_of_flows_back(rig) {
        let (order, sale) = sold(&rig, 500).await;
        let day = today(&rig);
        let second = BillRow { channel_txn: "SECOND".to_owned(), ..payment(&sale) };
        rig.bank.bill_of(&day, ready(&[payment(&sale), second.clone()]));
        look(&rig, &day).await;
        let whole = rig.whole(order).await;
        assert_eq!((whole.order.paid, whole.refunds.len()), (1000, 1));
        assert_eq!(whole.refunds[0].cause, crate::rows::RefundCause::DuplicatePayment);
        assert_eq!(look(&rig, &day).await, ("agrees".to_owned(), 2, 0), "and both are in the ledger now");
        let closed = rig.order(700).await;
        let shown = rig.show(closed, "bank").await;
        rig.desk.close(&rig.who, &rig.key(), closed).await.unwrap();
        rig.pass(200).await;
        let late = BillRow { out_trade_no: shown.out_trade_no.clone(), channel_txn: "LATE".to_owned(), amount: Money::fen(700), ..second.clone() };
        rig.bank.bill_of(&day, ready(&[payment(&sale), second, late]));
        look(&rig, &day).await;
        let whole = rig.whole(closed).await;
        assert_eq!((whole.order.paid, whole.refunds[0].cause.as_str()), (700, "paid_after_close"));
        rig.books_hold().await;
    }
}
