//! The node at a site: it decides while the centre is away, tells what happened, and what contradicts is listed.

use std::sync::Arc;
use std::time::Duration;

use desk::rows::{Attempt, Order, OrderState, Terminal};
use desk::{Desk, NewTerminal, Parts, Sealer, Settings, Who};
use scenes::parking::edge::feed::{self, Has};
use scenes::parking::edge::gather::gather;
use scenes::parking::edge::mirror::{self, CURSOR, FROM, PLACES};
use scenes::parking::edge::take::{self, Taken, Teller};
use scenes::parking::edge::{Feed, KIND};
use scenes::parking::lanes::{self, Answer, Seen};
use scenes::parking::rows::{Contradiction, Lane, Passage, Sighting, StayState};
use scenes::parking::stays::{self, Correction, NewValidation};
use scenes::parking::{Parking, cameras};
use serde_json::json;
use store::testing::{Engine, SeededRandom};
use store::{Db, Id, Options};

use super::rig::{MIGRATED, Rig, local, till};

/// A mall and its edge, and a line between them that can be cut.
struct Both {
    centre: Rig,
    edge: Desk,
    teller: Teller,
    /// Whom the centre takes the edge for.
    as_edge: Who,
    told: std::sync::atomic::AtomicI64,
}

impl Both {
    async fn on(engine: Engine) -> Both {
        let centre = Rig::on(engine).await;
        centre.edge_runs_the_lanes().await;
        let new = NewTerminal {
            site: centre.site.id,
            name: "Edge".to_owned(),
            kind: KIND.to_owned(),
            capabilities: vec![],
            unattended: true,
        };
        let terminal: Terminal = centre.desk.create_terminal(&centre.who, new).await.unwrap();
        let mut options = Options::new("memory:", centre.clock.clone(), Arc::new(SeededRandom::new(77)));
        options.node = 900;
        let db = Db::open(&options).unwrap();
        db.migrate(&MIGRATED).await.unwrap();
        let edge = Desk::new(Parts {
            db,
            scenes: vec![Arc::new(Parking)],
            channels: vec![till()],
            settings: Settings { answer_wait: Duration::from_millis(300), ..Settings::default() },
            clock: centre.clock.clone(),
            random: Arc::new(SeededRandom::new(3)),
            sealer: Sealer::from_seed(&[8; 32]),
        });
        let teller = Teller { edge: terminal.id, site: centre.site.id };
        let as_edge = centre.who.clone();
        let both = Both { centre, edge, teller, as_edge, told: 0.into() };
        both.hear().await;
        both
    }

    fn who(&self) -> &Who {
        &self.centre.who
    }

    /// The edge tells what happened, as JSON, the way it goes over the line.
    async fn tell(&self) -> Taken {
        use std::sync::atomic::Ordering::Relaxed;
        let gathered = gather(&self.edge, self.who().merchant, self.told.load(Relaxed), 500).await.unwrap();
        let text = serde_json::to_string(&gathered.facts).unwrap();
        let facts: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        self.told.store(gathered.upto, Relaxed);
        take::take(&self.centre.desk, &self.as_edge, self.teller, &facts).await.unwrap()
    }

    /// The edge hears what is new, until nothing more waits.
    async fn hear(&self) {
        loop {
            let mark = async |name| mirror::mark(&self.edge, self.who().merchant, name).await.unwrap();
            let has = Has {
                cursor: mark(CURSOR).await.and_then(|c| c.parse().ok()),
                from: mark(FROM).await.and_then(|f| f.parse().ok()),
                places: Some(mark(PLACES).await.unwrap_or_default()),
            };
            let feed = feed::feed(&self.centre.desk, &self.as_edge, self.teller, has).await.unwrap();
            let feed: Feed = serde_json::from_str(&serde_json::to_string(&feed).unwrap()).unwrap();
            mirror::apply(&self.edge, self.who().merchant, &feed).await.unwrap();
            if !feed.more {
                return;
            }
        }
    }

    async fn see(&self, lane: &Lane, plate: &str) -> Answer {
        let reading =
            cameras::Reading { plate: plate.to_owned(), confidence: Some(97), ..Default::default() };
        let seen = Seen { lane: lane.id, source: "plain".to_owned(), reading, fact: false };
        lanes::see(&self.edge, self.who(), seen).await.unwrap()
    }

    async fn odd(&self) -> Vec<(String, Option<i64>)> {
        let rows = self
            .centre
            .desk
            .read(|sql| sql.rows::<Contradiction>("where merchant > $1 order by id", &[&0_i64]))
            .await
            .unwrap();
        rows.into_iter().map(|(_, row)| (row.what, row.amount)).collect()
    }

    async fn count<R: store::Row>(&self) -> usize {
        self.centre.desk.read(|sql| sql.rows::<R>("where merchant > $1", &[&0_i64])).await.unwrap().len()
    }

    async fn here(&self, stay: Id) -> scenes::parking::rows::Stay {
        stays::stay(&self.edge, self.who(), stay).await.unwrap()
    }
}

store::both_engines! {
    with [MIGRATED[0], MIGRATED[1]];

    async fn the_edge_decides_while_the_centre_is_away_and_settles_afterwards(engine: Engine) {
        let both = Both::on(engine).await;
        let (centre, edge) = (&both.centre, &both.edge);
        // A car that came while both knew each other, paid for at the centre; then the line is cut.
        let paid = both.see(&centre.entry, "粤B11111").await.stay.unwrap();
        assert_eq!(both.tell().await.contradicting, 0);
        centre.pass(60);
        let sum = centre.pay_stay(paid).await;
        assert!(sum > 0);
        both.hear().await;
        assert_eq!(both.here(paid).await.paid, sum);
        // Away: cars come and go; the paid one leaves, the free one too, the unpaid one is kept.
        let unpaid = both.see(&centre.entry, "粤B22222").await.stay.unwrap();
        assert_eq!(both.see(&centre.south, "粤B11111").await.outcome, "opened");
        centre.pass(90);
        assert_eq!(both.see(&centre.south, "粤B22222").await.outcome, "unpaid");
        // It pays in cash at the booth, which works on the edge.
        let sale = desk::Sale {
            scene: "parking".to_owned(),
            site: Some(centre.site.id),
            terminal: Some(centre.handheld.id),
            request: json!({"stay": unpaid}),
        };
        let order = edge.create_order(both.who(), "o1", desk::NewOrder::Sale(sale)).await.unwrap().order;
        let ask = desk::AttemptAsk {
            presentment: desk::rows::Presentment::Cash,
            channel: None,
            payer_code: None,
            tendered: Some(money::Money::fen(order.due)),
            terminal: Some(centre.handheld.id),
            data: serde_json::Value::Null,
        };
        edge.attempt(both.who(), "a1", order.id, ask).await.unwrap();
        assert_eq!(both.here(unpaid).await.state, StayState::Left, "let out with the payment");
        // The line is back: everything is known, once, with the same ids.
        centre.pass(5);
        let taken = both.tell().await;
        assert_eq!((taken.contradicting, both.odd().await), (0, vec![]));
        for stay in [paid, unpaid] {
            assert_eq!(centre.stay(stay).await.state, StayState::Left);
        }
        assert_eq!(centre.stay(unpaid).await.paid, order.due);
        let whole = centre.desk.order(both.who(), order.id).await.unwrap();
        assert_eq!((whole.order.state, whole.order.paid), (OrderState::Fulfilled, order.due));
        assert_eq!(both.count::<Sighting>().await, 4);
        let passages = both.count::<Passage>().await;
        both.told.store(0, std::sync::atomic::Ordering::Relaxed);
        let again = both.tell().await;
        assert_eq!(again.new, 0, "told again, nothing is new: {again:?}");
        assert_eq!((both.count::<Passage>().await, both.count::<Order>().await, both.count::<Attempt>().await), (passages, 2, 2));
    }

    async fn cash_taken_at_the_edge_and_given_back_at_the_centre_is_owed_again_at_the_edge(engine: Engine) {
        let both = Both::on(engine).await;
        let (centre, edge) = (&both.centre, &both.edge);
        let stay = both.see(&centre.entry, "粤B77777").await.stay.unwrap();
        centre.pass(90);
        let request = json!({"stay": stay});
        let (site, terminal) = (Some(centre.site.id), Some(centre.handheld.id));
        let sale = desk::Sale { scene: "parking".to_owned(), site, terminal, request };
        let order = edge.create_order(both.who(), "o1", desk::NewOrder::Sale(sale)).await.unwrap().order;
        let ask = desk::AttemptAsk {
            presentment: desk::rows::Presentment::Cash,
            channel: None,
            payer_code: None,
            tendered: Some(money::Money::fen(order.due)),
            terminal,
            data: serde_json::Value::Null,
        };
        edge.attempt(both.who(), "a1", order.id, ask).await.unwrap();
        assert!(both.here(stay).await.paid_until.is_some());
        both.tell().await;
        // People of the edge are cashiers: giving money back is the centre's.
        let cashier = Who { role: desk::rows::Role::Cashier, ..both.who().clone() };
        let ask = desk::RefundRequest { amount: None, reason: "wrong car".to_owned() };
        let refused = edge.refund(&cashier, "r0", order.id, ask).await.unwrap_err();
        assert_eq!(refused.code(), "forbidden");
        centre.refund(order.id).await;
        both.hear().await;
        let here = both.here(stay).await;
        assert_eq!((here.paid, here.paid_until), (0, None), "the edge knows that it was given back");
        assert_eq!(both.see(&centre.south, "粤B77777").await.outcome, "unpaid", "and does not let it out");
        let whole = centre.desk.order(both.who(), order.id).await.unwrap();
        assert_eq!(whole.order.refunded, order.due, "given back once, in the centre's books");
        let ask = desk::RefundRequest { amount: None, reason: "again".to_owned() };
        assert!(centre.desk.refund(both.who(), "r2", order.id, ask).await.is_err(), "never twice");
    }

    async fn a_car_that_waits_at_the_edge_is_let_out_when_the_centre_is_paid(engine: Engine) {
        let both = Both::on(engine).await;
        let centre = &both.centre;
        let stay = both.see(&centre.entry, "粤B33333").await.stay.unwrap();
        centre.pass(120);
        assert_eq!(both.see(&centre.south, "粤B33333").await.outcome, "unpaid");
        both.tell().await;
        // The exit's own code, at the centre, knows who waits.
        let whole = centre.order(json!({"lane": centre.south.id})).await.unwrap();
        centre.pay(whole.order.id).await.unwrap();
        assert_eq!(centre.stay(stay).await.state, StayState::Inside, "the centre does not tell an edge's barrier");
        both.hear().await;
        let commands = lanes::commands(&both.edge, both.who(), centre.south.id).await.unwrap();
        assert_eq!(commands.iter().map(|c| c.cause.as_str()).collect::<Vec<_>>(), ["paid_here"]);
        lanes::acknowledge(&both.edge, both.who(), "ack", commands[0].id, true, None).await.unwrap();
        both.tell().await;
        assert_eq!(centre.stay(stay).await.state, StayState::Left);
        assert_eq!(both.odd().await, vec![]);
    }

    async fn what_contradicts_is_taken_and_listed(engine: Engine) {
        let both = Both::on(engine).await;
        let centre = &both.centre;
        let first = both.see(&centre.entry, "粤B44444").await.stay.unwrap();
        let voucher = |stay| NewValidation {
            stay,
            code: "cinema".to_owned(),
            shop: None,
            serial: Some("R-1".to_owned()),
            receipts: vec![],
        };
        both.tell().await;
        // Cut. The centre lets the same plate in by hand, ends the first stay, and counts a voucher the edge counts too.
        let other = centre.came("粤B55555").await;
        stays::validate(&centre.desk, both.who(), "v1", voucher(other.id)).await.unwrap();
        stays::validate(&both.edge, both.who(), "v1", voucher(first)).await.unwrap();
        let fix = Correction { stay: first, plate: "粤B55555".to_owned(), reason: "misread".to_owned() };
        stays::correct_plate(&both.edge, both.who(), "c1", fix).await.unwrap();
        centre.pass(240);
        // A guard opens by hand: the car owes.
        lanes::open_by_hand(&both.edge, both.who(), "open", centre.south.id, Some(first), "ambulance behind it").await.unwrap();
        let taken = both.tell().await;
        let odd = both.odd().await;
        let what: Vec<&str> = odd.iter().map(|(what, _)| what.as_str()).collect();
        assert_eq!(what, ["voucher_used_twice", "plate_inside", "left_unpaid"], "{taken:?}");
        assert!(odd[2].1.unwrap() > 0);
        assert_eq!(centre.stay(first).await.state, StayState::Left, "what happened stands");
        assert_eq!(centre.stay(other.id).await.state, StayState::Inside);
    }

    async fn what_cannot_be_read_is_kept_word_for_word(engine: Engine) {
        let both = Both::on(engine).await;
        let centre = &both.centre;
        let stay = centre.came("粤B66666").await;
        let mut foreign = store::carry::pack(&stay);
        foreign["site"] = json!(7);
        let at = local("2026-03-10T10:00");
        let facts = [
            json!({"name": "n1", "fact": "teleported", "occurred_at": at}),
            json!({"name": "n2", "fact": "entered", "occurred_at": at, "stay": {"id": "x"}}),
            json!({"name": "n3", "fact": "entered", "occurred_at": at, "stay": foreign}),
            json!("nothing"),
        ];
        let taken = take::take(&centre.desk, &both.as_edge, both.teller, &facts).await.unwrap();
        assert_eq!((taken.new, taken.contradicting), (4, 4));
        let what: Vec<String> = both.odd().await.into_iter().map(|(what, _)| what).collect();
        assert_eq!(what, ["unreadable", "unreadable", "forbidden", "unreadable"]);
        let again = take::take(&centre.desk, &both.as_edge, both.teller, &facts).await.unwrap();
        assert_eq!((again.new, again.known), (0, 4));
    }
}
