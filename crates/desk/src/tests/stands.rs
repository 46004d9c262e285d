//! Stands: what waits at one, who may send it there, and that the shop is told of the money it brings.

use serde_json::json;
use store::{Event, Id};

use super::rig::{Rig, shown, someone};
use super::{on_both, rig};
use crate::rows::{OrderState, Presentment, Role, Standing};
use crate::{AttemptAsk, NewOrder, NewTerminal, Sale, stand::STAND};

async fn stand(rig: &Rig) -> Id {
    let new = NewTerminal {
        site: rig.site.id,
        name: "Table".to_owned(),
        kind: STAND.to_owned(),
        capabilities: vec!["shows_code".to_owned()],
        unattended: false,
    };
    rig.desk.create_terminal(&rig.who, new).await.unwrap().id
}

on_both! {
    async fn a_visitor_of_a_stand_buys_as_the_stand(rig) {
        let id = stand(&rig).await;
        let found = rig.desk.stand(id).await.unwrap();
        assert_eq!((found.site.name.as_str(), found.merchant.name.as_str(), found.asked), ("Corner", "Shop", None));
        let sale = Sale { scene: "shop".to_owned(), site: None, terminal: Some(id), request: json!({"amount": 900}) };
        let made = rig.desk.create_order(&found.who, "typed", NewOrder::Sale(sale)).await.unwrap();
        assert_eq!(made.order.terminal, Some(id));
        let (payer, _) = rig.desk.order_by_token(&rig.desk.token_of(&made.order)).await.unwrap();
        let ask = AttemptAsk {
            presentment: Presentment::InApp,
            terminal: Some(id),
            data: json!({"way": "page", "payer_id": "ann"}),
            ..shown("bank")
        };
        let a = rig.desk.attempt(&payer, "pay", made.order.id, ask).await.unwrap();
        assert_eq!(a.terminal, Some(id));
        rig.bank.pay(&a.out_trade_no, rig.now());
        rig.pass(20).await;
        assert_eq!(rig.whole(made.order.id).await.order.state, OrderState::Fulfilled);
        let told = rig.db().read(|sql| sql.rows::<Event>("where kind = 'stand.paid'", &[])).await.unwrap();
        assert_eq!(told.iter().map(|(_, e)| e.subject).collect::<Vec<_>>(), [made.order.id]);
        rig.settled().await;
    }

    async fn an_order_waits_at_a_stand_until_it_is_paid_or_over(rig) {
        let id = stand(&rig).await;
        let (first, second) = (rig.order(600).await, rig.order(700).await);
        let send = |key: &'static str, order| rig.desk.ask_at_stand(&rig.who, key, id, order);
        assert_eq!(send("a", Some(first)).await.unwrap().map(|o| o.id), Some(first));
        assert_eq!(send("a", Some(first)).await.unwrap().map(|o| o.id), Some(first), "rule 8");
        assert_eq!(send("b", Some(second)).await.unwrap_err().code(), "stand_taken");
        assert_eq!(send("c", None).await.unwrap(), None);
        assert_eq!(send("d", Some(second)).await.unwrap().map(|o| o.id), Some(second));
        rig.desk.close(&rig.who, &rig.key(), second).await.unwrap();
        assert_eq!(rig.desk.stand(id).await.unwrap().asked, None, "what is closed waits no more");
        assert_eq!(send("e", Some(second)).await.unwrap_err().code(), "order_not_open");
        assert_eq!(send("f", Some(first)).await.unwrap().map(|o| o.id), Some(first));
        rig.cash(first, 600).await.unwrap();
        assert_eq!(rig.desk.stand(id).await.unwrap().asked, None, "what is paid waits no more");
        let third = rig.order(800).await;
        send("g", Some(third)).await.unwrap();
        rig.pass(16 * 60).await;
        assert_eq!(rig.desk.stand(id).await.unwrap().asked, None, "what is over waits no more");
    }

    async fn what_a_stand_refuses(rig) {
        let id = stand(&rig).await;
        let order = rig.order(600).await;
        assert_eq!(rig.desk.stand(rig.terminal.id).await.unwrap_err().code(), "not_a_stand");
        assert_eq!(rig.desk.stand(Id(9)).await.unwrap_err().code(), "not_found");
        let look = someone(&rig, Role::Auditor);
        assert_eq!(rig.desk.ask_at_stand(&look, "a", id, Some(order)).await.unwrap_err().code(), "forbidden");
        assert_eq!(rig.desk.ask_at_stand(&rig.who, "b", rig.terminal.id, Some(order)).await.unwrap_err().code(), "not_a_stand");
        assert_eq!(rig.desk.ask_at_stand(&rig.who, "c", id, Some(Id(9))).await.unwrap_err().code(), "not_found");
        rig.desk.set_terminal(&rig.who, id, Standing::Off).await.unwrap();
        assert_eq!(rig.desk.stand(id).await.unwrap_err().code(), "terminal_off");
        assert_eq!(rig.desk.ask_at_stand(&rig.who, "d", id, Some(order)).await.unwrap_err().code(), "terminal_off");
    }

    async fn a_stand_where_too_many_wait_takes_no_more(rig) {
        let id = stand(&rig).await;
        let found = rig.desk.stand(id).await.unwrap();
        for n in 0..100 {
            assert!(rig.desk.stand_has_room(&found).await.is_ok(), "{n}");
            let sale = Sale { scene: "shop".to_owned(), site: None, terminal: Some(id), request: json!({"amount": 1}) };
            rig.desk.create_order(&found.who, &rig.key(), NewOrder::Sale(sale)).await.unwrap();
        }
        assert_eq!(rig.desk.stand_has_room(&found).await.unwrap_err().code(), "stand_busy");
        rig.pass(16 * 60).await;
        assert!(rig.desk.stand_has_room(&found).await.is_ok());
    }
}
