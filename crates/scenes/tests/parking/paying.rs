//! What a stay owes and how it is paid: by the card's code, the plate, at any terminal; once, with a grace and the difference.

use desk::machine::{Fact, Numbered, Report};
use desk::{Actor, Who};
use serde_json::json;
use store::testing::Engine;

use super::rig::{MIGRATED, Rig};
use scenes::parking::rows::StayState;
use scenes::parking::{EXIT_PERMISSION, stays};

store::both_engines! {
    with [MIGRATED[0], MIGRATED[1]];

    async fn p1_the_code_on_the_card_is_scanned_and_paid_and_the_car_may_leave(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = rig.came("粤B12345").await;
        stays::issue_card(&rig.desk, &rig.who, &rig.key(), stay.id, "mall-0007").await.unwrap();
        rig.pass(150);
        // 2 h 30: ten yuan for two hours and three for the started half hour.
        let whole = rig.order(json!({"card": "MALL-0007"})).await.unwrap();
        assert_eq!(whole.order.due, 1300);
        assert!(!whole.order.description.contains("12345"), "rule 12");
        rig.pay(whole.order.id).await.unwrap();
        let whole = rig.desk.order(&rig.who, whole.order.id).await.unwrap();
        let permission = whole.fulfilments.iter().find(|f| f.kind == EXIT_PERMISSION).unwrap();
        assert_eq!(permission.body["plate"], "粤B***45");
        let stay = rig.stay(stay.id).await;
        assert_eq!((stay.paid, stay.state.clone()), (1300, StayState::Inside));
        assert_eq!(stay.paid_until.unwrap().since(rig.clock.now()).as_secs(), 15 * 60);
        let sum: i64 = whole.order.lines.iter().map(|l| l.amount.value).sum();
        assert_eq!(sum, 1300, "the lines add up");
    }

    async fn p1b_the_same_card_pays_for_two_cars_on_two_days(engine: Engine) {
        let rig = Rig::on(engine).await;
        let refused = rig.order(json!({"card": "M-1"})).await.unwrap_err();
        assert_eq!(refused.code(), "parking_card_unknown");
        let mut paid = Vec::new();
        for plate in ["粤B11111", "粤B22222"] {
            let stay = rig.came(plate).await;
            stays::issue_card(&rig.desk, &rig.who, &rig.key(), stay.id, "M-1").await.unwrap();
            rig.pass(60);
            let whole = rig.order(json!({"card": "M-1"})).await.unwrap();
            rig.pay(whole.order.id).await.unwrap();
            paid.push((whole.order.subject.unwrap(), stays::subject(stay.id)));
            stays::end_by_hand(&rig.desk, &rig.who, &rig.key(), stay.id, false, "no camera").await.unwrap();
            let refused = rig.order(json!({"card": "M-1"})).await.unwrap_err();
            assert_eq!(refused.code(), "parking_card_not_issued");
            rig.pass(23 * 60);
        }
        assert!(paid.iter().all(|(order, stay)| order == stay));
        assert_ne!(paid[0].0, paid[1].0);
        let (a, b) = (rig.came("粤B1A111").await, rig.came("粤B1A222").await);
        stays::issue_card(&rig.desk, &rig.who, &rig.key(), a.id, "M-1").await.unwrap();
        let taken = stays::issue_card(&rig.desk, &rig.who, &rig.key(), b.id, "M-1").await.unwrap_err();
        assert_eq!(taken.code(), "parking_card_taken");
    }

    async fn p7_the_bill_says_when_by_which_rule_and_adds_up(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = rig.came("粤BD12345").await;
        rig.pass(190);
        let whole = rig.order(json!({"stay": stay.id})).await.unwrap();
        let sum: i64 = whole.order.lines.iter().map(|l| l.amount.value).sum();
        assert_eq!((whole.order.due, sum), (1300, 1300), "an hour free for a new energy car, then 2 h 10");
        let codes: Vec<&str> = whole.order.lines.iter().map(|l| l.code.as_str()).collect();
        assert!(codes.contains(&"parking.free_minutes") && codes.contains(&"parking.units"), "{codes:?}");
        let first = &whole.order.lines[0].params;
        assert!(first["from"].as_str().unwrap().starts_with("2026-03-10T10:00"), "{first:?}");
        assert!(whole.order.lines.iter().all(|l| l.params.contains_key("name_zh")));
    }

    async fn p13_leave_within_grace_or_pay_the_difference(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = rig.came("粤B12345").await;
        rig.pass(115);
        assert_eq!(rig.pay_stay(stay.id).await, 1000);
        rig.pass(14);
        assert_eq!(rig.owes(stay.id).await, 0, "within the grace, though the third hour has begun");
        rig.pass(2);
        assert_eq!(rig.owes(stay.id).await, 300, "2 h 11: only what is more");
        assert_eq!(rig.pay_stay(stay.id).await, 300);
        assert_eq!(rig.owes(stay.id).await, 0);
        assert_eq!(rig.stay(stay.id).await.paid, 1300);
    }

    async fn a_price_that_was_told_holds_while_the_order_is_open(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = rig.came("粤B12345").await;
        rig.pass(118);
        let whole = rig.order(json!({"stay": stay.id})).await.unwrap();
        rig.pass(4);
        rig.pay(whole.order.id).await.unwrap();
        rig.pass(14);
        assert_eq!(rig.owes(stay.id).await, 0, "fifteen minutes from the payment");
        rig.pass(2);
        assert_eq!(rig.owes(stay.id).await, 300);
    }

    async fn p23_two_kiosks_open_the_same_car_and_it_is_paid_once(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = rig.came("粤B12345").await;
        rig.pass(60);
        let request = json!({"stay": stay.id});
        let (a, b) =
            tokio::join!(rig.order_at(&rig.kiosk, request.clone()), rig.order_at(&rig.handheld, request.clone()));
        let (won, lost) = match (a, b) {
            (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => (won, lost),
            (a, b) => panic!("one wins: {a:?} {b:?}"),
        };
        assert_eq!(lost.code(), "subject_has_open_order");
        assert!(lost.detail.contains(&won.order.id.to_string()), "the second is told which order: {}", lost.detail);
        let open = stays::open_order_of(&rig.desk, rig.who.merchant, stay.id).await.unwrap();
        assert_eq!(open, Some(won.order.id));
        rig.pay(won.order.id).await.unwrap();
        let again = rig.order_at(&rig.handheld, request).await.unwrap();
        assert_eq!(again.order.due, 0, "nothing more is due at the other terminal");
        assert_eq!(rig.stay(stay.id).await.paid, 1000);
    }

    async fn a_refund_takes_the_permission_back(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = rig.came("粤B12345").await;
        rig.pass(60);
        let whole = rig.order(json!({"stay": stay.id})).await.unwrap();
        rig.pay(whole.order.id).await.unwrap();
        rig.refund(whole.order.id).await;
        let after = rig.stay(stay.id).await;
        assert_eq!((after.paid, after.paid_until), (0, None));
        assert_eq!(rig.owes(stay.id).await, 1000);
    }

    async fn p11_nothing_is_printed_unasked_and_a_printer_that_cannot_is_known_before_paying(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = rig.came("粤B12345").await;
        rig.pass(60);
        let tell = async |number: i64, faults: &[&str]| {
            let faults = faults.iter().map(|f| (*f).to_owned()).collect();
            let facts = vec![Numbered { number, fact: Fact::Printer { faults } }];
            rig.desk.machine_report(&own(&rig), Report { epoch: 1, equipment: None, facts }).await.unwrap()
        };
        let printer = async || {
            let shown = rig.desk.machine(&rig.who, rig.kiosk.id, None).await.unwrap();
            let alarms = shown.machine.alarms.0.into_iter().filter(|a| a.unit == "printer");
            alarms.map(|a| a.code).collect::<Vec<_>>()
        };
        tell(1, &["paper_low"]).await;
        assert_eq!(printer().await, ["paper_low"]);
        tell(2, &["paper_out", "cover_open"]).await;
        assert_eq!(printer().await, ["paper_out", "cover_open"], "what is over is gone, what is new is there");
        tell(2, &[]).await;
        assert_eq!(printer().await.len(), 2, "a fact that was told before changes nothing");
        assert!(tell(3, &[]).await.print.is_empty());
        assert_eq!(printer().await, Vec::<String>::new());
        rig.pay_stay(stay.id).await;
        assert!(tell(4, &[]).await.print.is_empty(), "a receipt is printed when somebody wants it");
    }

    async fn p12_the_first_printing_is_the_receipt_and_every_other_a_copy(engine: Engine) {
        let rig = Rig::on(engine).await;
        let stay = rig.came("粤B12345").await;
        rig.pass(60);
        let whole = rig.order(json!({"stay": stay.id})).await.unwrap();
        rig.pay(whole.order.id).await.unwrap();
        let whole = rig.desk.order(&rig.who, whole.order.id).await.unwrap();
        let receipt = whole.fulfilments.iter().find(|f| f.kind == web::receipt::KIND).unwrap().id;
        let print = async |key: &str| rig.desk.machine_print(&own(&rig), key, rig.kiosk.id, receipt).await.unwrap();
        let hear = async |number: i64, fact: Option<Fact>| {
            let facts = fact.into_iter().map(|fact| Numbered { number, fact }).collect();
            let told = rig.desk.machine_report(&own(&rig), Report { epoch: 1, equipment: None, facts }).await.unwrap();
            told.print.into_iter().map(|p| (p.id, p.copy)).collect::<Vec<_>>()
        };
        let first = print("p1").await;
        assert!(!first.copy);
        assert_eq!(print("p1").await.id, first.id, "pressed twice is printed once");
        assert_eq!(hear(1, None).await, [(first.id, false)]);
        assert_eq!(hear(1, Some(Fact::Printed { job: first.id })).await, []);
        let second = print("p2").await;
        assert!(second.copy, "every other printing says that it is a copy");
        assert_eq!(hear(2, None).await, [(second.id, true)]);
        assert_eq!(hear(2, Some(Fact::Printed { job: second.id })).await, []);
    }
}

/// The kiosk itself.
fn own(rig: &Rig) -> Who {
    Who { actor: Actor::Terminal(rig.kiosk.id), ..rig.who.clone() }
}
