//! The directory: sign-in with its lock, one-time enrolment, keys, channels, what terminals may offer; shifts and their books; isolation of merchants.

use std::time::Duration;

use money::Currency;
use serde_json::json;
use store::Id;

use super::on_both;
use super::rig::{self, Rig};
use crate::ledger::Class;
use crate::rows::{OrderState, Presentment, Role, Standing};
use crate::{Actor, NewChannel, NewOperator, NewSite, NewTerminal, OrderFilter, Who};

fn person(name: &str) -> NewOperator {
    NewOperator { name: name.to_owned(), password: "correct horse".to_owned(), role: Role::Cashier }
}

on_both! {
    async fn sign_in_is_locked_after_failures_and_opens_again(rig) {
        rig.desk.create_operator(&rig.who, person("ann")).await.unwrap();
        let taken = rig.desk.create_operator(&rig.who, person("ann")).await.unwrap_err();
        assert_eq!(taken.code(), "name_taken");
        let session = rig.desk.sign_in("ann", "correct horse").await.unwrap();
        assert_eq!(rig.desk.who_by_token(&session.token).await.unwrap(), session.who);
        assert_eq!(rig.desk.session(&session.token).await.unwrap().csrf, session.csrf);
        assert_eq!(rig.desk.sign_in("nobody", "correct horse").await.unwrap_err().code(), "sign_in_failed");
        for _ in 0..5 {
            assert_eq!(rig.desk.sign_in("ann", "wrong").await.unwrap_err().code(), "sign_in_failed");
        }
        assert_eq!(rig.desk.sign_in("ann", "correct horse").await.unwrap_err().code(), "sign_in_locked");
        rig.clock.advance(Duration::from_secs(15 * 60 + 1));
        assert!(rig.desk.sign_in("ann", "correct horse").await.is_ok());
        rig.desk.sign_out(&session.token).await.unwrap();
        assert_eq!(rig.desk.who_by_token(&session.token).await.unwrap_err().code(), "unauthenticated");
    }

    async fn a_session_ends_by_itself_and_with_its_person(rig) {
        let ann = rig.desk.create_operator(&rig.who, person("ann")).await.unwrap();
        let session = rig.desk.sign_in("ann", "correct horse").await.unwrap();
        rig.clock.advance(Duration::from_secs(12 * 3600 + 1));
        assert_eq!(rig.desk.session(&session.token).await.unwrap_err().code(), "unauthenticated");
        let again = rig.desk.sign_in("ann", "correct horse").await.unwrap();
        rig.desk.set_operator(&rig.who, ann.id, Standing::Off).await.unwrap();
        assert_eq!(rig.desk.session(&again.token).await.unwrap_err().code(), "unauthenticated");
        assert_eq!(rig.desk.sign_in("ann", "correct horse").await.unwrap_err().code(), "sign_in_failed");
    }

    async fn weak_people_are_refused(rig) {
        let cases = [
            ("", "long enough", Role::Owner),
            ("x", "short", Role::Owner),
            ("x\u{0}", "long enough", Role::Owner),
            (" x", "long enough", Role::Owner),
            ("x", "long enough", Role::Other("boss".into())),
        ];
        for (name, password, role) in cases {
            let new = NewOperator { name: name.to_owned(), password: password.to_owned(), role };
            assert_eq!(rig.desk.create_operator(&rig.who, new).await.unwrap_err().code(), "invalid_request", "{name:?}");
        }
    }

    async fn an_enrolment_code_works_once_and_not_for_long(rig) {
        let code = rig.desk.new_enrolment(&rig.who, rig.terminal.id).await.unwrap();
        let (key, terminal) = rig.desk.enrol(&code.to_lowercase()).await.unwrap();
        assert_eq!(terminal.id, rig.terminal.id);
        let who = rig.desk.who_by_token(&key).await.unwrap();
        assert_eq!((who.merchant, who.actor), (rig.merchant(), Actor::Terminal(terminal.id)));
        assert_eq!(rig.desk.enrol(&code).await.unwrap_err().code(), "enrolment_invalid");
        let late = rig.desk.new_enrolment(&rig.who, rig.terminal.id).await.unwrap();
        rig.clock.advance(Duration::from_secs(15 * 60 + 1));
        assert_eq!(rig.desk.enrol(&late).await.unwrap_err().code(), "enrolment_invalid");
    }

    async fn nothing_of_one_merchant_is_seen_by_another(rig) {
        let order = rig.order(100).await;
        let stranger = Who::system(rig.desk.create_merchant("Other", Currency::CNY).await.unwrap());
        assert_eq!(rig.desk.order(&stranger, order).await.unwrap_err().code(), "not_found");
        assert_eq!(rig.desk.close(&stranger, "k", order).await.unwrap_err().code(), "not_found");
        let pay = rig.desk.attempt(&stranger, "p", order, rig::scanned("00")).await.unwrap_err();
        assert_eq!(pay.code(), "not_found");
        assert_eq!(rig.desk.terminal(&stranger, rig.terminal.id).await.unwrap_err().code(), "not_found");
        let sale = rig.desk.create_order(&stranger, "s", rig.sale(json!({"amount": 1}))).await.unwrap_err();
        assert_eq!(sale.code(), "not_found", "a terminal or site of somebody else");
        let all = OrderFilter { limit: 50, ..OrderFilter::default() };
        assert!(rig.desk.orders(&stranger, &all).await.unwrap().is_empty());
        let by_id = OrderFilter { text: Some(order.to_string()), ..all };
        assert!(rig.desk.orders(&stranger, &by_id).await.unwrap().is_empty());
        assert_eq!(rig.desk.orders(&rig.who, &by_id).await.unwrap().len(), 1);
        assert!(rig.desk.events(&stranger, 0, 100).await.unwrap().is_empty());
        assert!(rig.desk.sites(&stranger).await.unwrap().is_empty());
    }

    async fn orders_are_found_by_words_and_numbers_and_added_up_by_day(rig) {
        let order = rig.order(100).await;
        let txn = rig.scan(order, "00").await.channel_txn.unwrap();
        rig.order(200).await;
        let today = async |site| {
            let told = rig.desk.today(&rig.who, site).await.unwrap();
            (told.orders, told.paid_orders, told.gross, told.by_channel.len())
        };
        assert_eq!(today(None).await, (2, 1, 100, 1));
        assert_eq!(today(Some(rig.site.id)).await, (2, 1, 100, 1), "of the one site");
        let other = NewSite { name: "Elsewhere".to_owned(), zone: None, cut_off_minutes: 0, address: String::new() };
        let other = rig.desk.create_site(&rig.who, other).await.unwrap();
        assert_eq!(today(Some(other.id)).await, (0, 0, 0, 0), "of another");
        rig.clock.advance(Duration::from_secs(2 * 3600));
        let count = async |text: &str, to: Option<store::Millis>| {
            let filter = OrderFilter { text: Some(text.to_owned()), to, limit: 50, ..OrderFilter::default() };
            rig.desk.orders(&rig.who, &filter).await.unwrap().len()
        };
        let cases = [("thing", 2), ("a thing", 2), (" thing ", 2), ("thing else", 0), (&txn, 1), (&txn[2..], 1), ("T999", 0)];
        for (text, found) in cases {
            assert_eq!(count(text, None).await, found, "{text:?}");
        }
        assert_eq!(count("thing", Some(rig.now())).await, 2);
        assert_eq!(count("thing", Some(rig.now().minus(Duration::from_secs(24 * 3600)))).await, 0);
    }

    async fn a_payers_address_opens_one_order_only(rig) {
        let (a, b) = (rig.whole(rig.order(100).await).await.order, rig.whole(rig.order(200).await).await.order);
        let (who, whole) = rig.desk.order_by_token(&rig.desk.token_of(&a)).await.unwrap();
        assert_eq!(whole.order.id, a.id);
        assert_eq!(rig.desk.order(&who, b.id).await.unwrap_err().code(), "not_found");
        assert_eq!(rig.desk.refund(&who, "r", a.id, crate::RefundRequest { amount: None, reason: String::new() }).await.unwrap_err().code(), "forbidden");
        assert!(rig.desk.attempt(&who, "p", a.id, rig::shown("bank")).await.is_ok(), "a payer may ask for a code");
        let mut wrong = rig.desk.token_of(&a);
        wrong.replace_range(20..21, if &wrong[20..21] == "0" { "1" } else { "0" });
        for token in [wrong.as_str(), "", "短", "0123456789ABCDEF"] {
            assert_eq!(rig.desk.order_by_token(token).await.unwrap_err().code(), "not_found");
        }
    }

    async fn a_terminal_offers_only_what_both_sides_can(rig) {
        let stand = NewTerminal { site: rig.site.id, name: "Stand".to_owned(), kind: "stand".to_owned(), capabilities: vec!["shows_code".to_owned()], unattended: false };
        let stand = rig.desk.create_terminal(&rig.who, stand).await.unwrap();
        let offers = rig.desk.offers(&rig.who, Some(stand.id)).await.unwrap();
        assert_eq!(offers.iter().map(|o| o.channel).collect::<Vec<_>>(), ["bank", "other"]);
        // It shows codes, and a payer's own phone needs nothing of it; it scans nothing and takes no cash.
        let can = |p: &Presentment| matches!(p, Presentment::MerchantPresented | Presentment::InApp);
        assert!(offers.iter().all(|o| o.presentments.contains(&Presentment::MerchantPresented)));
        assert!(offers.iter().all(|o| o.presentments.iter().all(can)));
        rig.desk.set_channel_standing(&rig.who, rig.accounts[0], Standing::Off).await.unwrap();
        let offers = rig.desk.offers(&rig.who, Some(stand.id)).await.unwrap();
        assert_eq!(offers.iter().map(|o| o.channel).collect::<Vec<_>>(), ["other"]);
        let order = rig.order(100).await;
        let mut ask = rig::shown("bank");
        assert_eq!(rig.try_pay(order, ask.clone()).await.unwrap_err().code(), "channel_closed");
        ask = rig::scanned("00");
        ask.terminal = Some(stand.id);
        assert_eq!(rig.try_pay(order, ask).await.unwrap_err().code(), "presentment_unsupported");
    }

    async fn payment_codes_find_their_channel_or_are_refused(rig) {
        let order = rig.order(100).await;
        let cases = [
            ("1300", "payer_code_invalid"),
            ("13000000000000000X", "payer_code_invalid"),
            ("6200000000000000000", "payer_code_unknown_wallet"),
            ("", "payer_code_invalid"),
            ("130000000000000000000", "payer_code_invalid"),
        ];
        for (code, want) in cases {
            let mut ask = rig::scanned("00");
            ask.payer_code = Some(code.to_owned());
            assert_eq!(rig.try_pay(order, ask).await.unwrap_err().code(), want, "{code:?}");
        }
        let mut ask = rig::scanned("00");
        ask.channel = Some("other".to_owned());
        assert_eq!(rig.try_pay(order, ask).await.unwrap_err().code(), "payer_code_invalid", "a code of another wallet");
    }

    async fn wrong_settings_are_told_before_they_are_kept(rig) {
        let new = NewChannel { channel: "bank".to_owned(), name: "Bank".to_owned(), settings: json!({}) };
        let refused = rig.desk.set_channel(&rig.who, new).await.unwrap_err();
        assert_eq!((refused.code(), refused.detail.as_ref()), ("settings_invalid", "ok: must be there"));
        let kept = NewChannel { channel: "bank".to_owned(), name: "Bank".to_owned(), settings: json!({"ok": 2}) };
        let account = rig.desk.set_channel(&rig.who, kept).await.unwrap();
        assert_eq!((account.id, account.version), (rig.accounts[0], 2), "the account keeps its id");
    }

    async fn a_shift_counts_its_drawer(rig) {
        let till = NewTerminal { site: rig.site.id, name: "Staffed".to_owned(), kind: "counter".to_owned(), capabilities: vec!["takes_cash".to_owned()], unattended: false };
        let till = rig.desk.create_terminal(&rig.who, till).await.unwrap();
        let order = rig.order(500).await;
        let pay = |key: &'static str| {
            let ask = crate::AttemptAsk { presentment: Presentment::Cash, channel: None, payer_code: None, tendered: None, terminal: Some(till.id), data: json!(null) };
            rig.desk.attempt(&rig.who, key, order, ask)
        };
        assert_eq!(pay("closed").await.unwrap_err().code(), "cash_not_taken");
        let shift = rig.desk.open_shift(&rig.who, "o", till.id, None).await.unwrap();
        assert_eq!(rig.desk.open_shift(&rig.who, "o2", till.id, None).await.unwrap_err().code(), "shift_open");
        assert_eq!(rig.desk.open_shift(&rig.who, "o", till.id, None).await.unwrap().id, shift.id);
        pay("open").await.unwrap();
        let closed = rig.desk.close_shift(&rig.who, "c", till.id, 480, Some("twenty short".to_owned())).await.unwrap();
        assert_eq!((closed.expected, closed.counted), (Some(500), Some(480)));
        assert_eq!(rig.balances(Class::OverShort).await, 20);
        assert_eq!(rig.balances(Class::Safe).await, 480);
        assert_eq!(rig.desk.close_shift(&rig.who, "c2", till.id, 0, None).await.unwrap_err().code(), "shift_not_open");
        rig.books_hold().await;
    }

    async fn one_open_order_a_subject(rig) {
        let request = json!({"amount": 100, "subject": "slip 7"});
        let first = rig.order_of(request.clone()).await;
        let again = rig.desk.create_order(&rig.who, &rig.key(), rig.sale(request.clone())).await.unwrap_err();
        assert_eq!(again.code(), "subject_has_open_order");
        assert!(again.detail.contains(&first.to_string()));
        rig.desk.close(&rig.who, &rig.key(), first).await.unwrap();
        let second = rig.order_of(request.clone()).await;
        rig.cash(second, 100).await.unwrap();
        assert_eq!(rig.whole(second).await.order.state, OrderState::Fulfilled);
        rig.order_of(request).await;
    }

    async fn a_quote_makes_one_order_while_it_is_valid(rig) {
        let crate::NewOrder::Sale(sale) = rig.sale(json!({"amount": 100})) else { unreachable!() };
        let quote = rig.desk.quote(&rig.who, &rig.key(), sale.clone()).await.unwrap();
        let whole = rig.desk.create_order(&rig.who, "q", crate::NewOrder::Quote(quote.id)).await.unwrap();
        assert_eq!((whole.order.due, whole.order.lines.0.len()), (100, 1));
        let twice = rig.desk.create_order(&rig.who, "q2", crate::NewOrder::Quote(quote.id)).await.unwrap_err();
        assert_eq!(twice.code(), "quote_expired");
        let late = rig.desk.quote(&rig.who, &rig.key(), sale).await.unwrap();
        rig.clock.advance(Duration::from_secs(16 * 60));
        assert_eq!(rig.desk.create_order(&rig.who, "q3", crate::NewOrder::Quote(late.id)).await.unwrap_err().code(), "quote_expired");
        let unknown = rig.desk.create_order(&rig.who, "q4", crate::NewOrder::Quote(Id(5))).await.unwrap_err();
        assert_eq!(unknown.code(), "not_found");
    }

    async fn the_background_work_runs_expiry_seals_and_payments(rig) {
        let order = rig.order(100).await;
        let paid = rig.order(200).await;
        let attempt = rig.show(paid, "bank").await;
        rig.bank.pay(&attempt.out_trade_no, rig.now());
        let working = rig.desk.work();
        for _ in 0..100 {
            rig.clock.advance(Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(50)).await;
            let open = [order, paid].map(|id| rig.whole(id));
            let [a, b] = open;
            if a.await.order.state == OrderState::Closed && b.await.order.state == OrderState::Fulfilled {
                break;
            }
        }
        assert_eq!(rig.whole(order).await.order.state, OrderState::Closed, "expired");
        assert_eq!(rig.whole(paid).await.order.state, OrderState::Fulfilled, "found by asking");
        rig.clock.advance(Duration::from_secs(120));
        tokio::time::sleep(Duration::from_millis(1200)).await;
        working.stop().await;
        let seals = rig.db().read(|sql| sql.query("select count(*) from seals", &[])).await.unwrap();
        assert!(seals[0].get::<i64>(0).unwrap() > 0);
        let today = rig.desk.today(&rig.who, None).await.unwrap();
        assert_eq!(today.in_doubt, 0);
        rig.books_hold().await;
    }
}
