//! Money in machines, on both engines: credit until *pay*, everything back on *cancel*, change by the fewest pieces, slips for what cannot be given.
//!
//! A small machine of this test does what the desk tells it and tells what happened; after every step the books, the stock and the pieces agree.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::sync::Arc;

use channels::cash::{Cash, read};
use desk::channel::Channel;
use desk::ledger::{AccountKey, Class};
use desk::machine::{CreditState, Equipment, EscrowWish, Fact, Numbered, Pieces, Report, Shown, Unit};
use desk::rows::{Account, Order, OrderState};
use desk::scene::{Handout, Quote, QuoteAsk, QuoteLine, Scene};
use desk::{
    Actor, Desk, NewOrder, NewSite, NewTerminal, Parts, Refusal, Sale, Sealer, Settings, Who, verify,
};
use money::{Currency, Money};
use serde_json::json;
use store::testing::{Engine, SeededRandom};
use store::{Id, Stop, View};

const CNY: Currency = Currency::CNY;
const TABLES: [&[store::Migration]; 2] = [desk::MIGRATIONS, channels::MIGRATIONS];

struct Shop;

impl Scene for Shop {
    fn code(&self) -> &'static str {
        "shop"
    }
    fn quote(&self, _: &mut View, ask: &QuoteAsk<'_>) -> Result<Quote, Stop<Refusal>> {
        let amount = Money::fen(ask.request["amount"].as_i64().unwrap_or(0));
        let line = QuoteLine { code: "shop.thing".to_owned(), params: serde_json::Map::new(), amount };
        Ok(Quote {
            lines: vec![line],
            currency: CNY,
            description: String::new(),
            subject: None,
            valid_until: None,
        })
    }
    fn fulfil(&self, _: &mut View, _: &Order) -> Result<Vec<Handout>, Stop<Refusal>> {
        Ok(Vec::new())
    }
    fn revoke(&self, _: &mut View, _: &Order, _: &desk::rows::Refund) -> Result<(), Stop<Refusal>> {
        Ok(())
    }
}

/// The desk, a kiosk, and the machine beside it.
struct Kiosk {
    engine: Engine,
    desk: Desk,
    owner: Who,
    /// The kiosk itself.
    who: Who,
    terminal: Id,
    site: Id,
    keys: u32,
    /// Facts not yet told.
    untold: Vec<Numbered>,
    number: i64,
    escrow: Option<i64>,
    taking: Vec<i64>,
    /// What really is in the hoppers.
    hoppers: Pieces,
    /// Payouts carried out, by number and value: given once.
    done: BTreeMap<(Id, i64), ()>,
    /// What came out.
    tray: Vec<i64>,
    jam_on_return: bool,
    jam_on_stack: bool,
}

impl Kiosk {
    async fn on(engine: Engine) -> Kiosk {
        let desk = Desk::new(Parts {
            db: engine.db.clone(),
            scenes: vec![Arc::new(Shop)],
            channels: vec![Channel::Value(Arc::new(Cash))],
            settings: Settings::default(),
            clock: engine.clock.clone(),
            random: Arc::new(SeededRandom::new(3)),
            sealer: Sealer::from_seed(&[7; 32]),
        });
        let owner = Who::system(desk.create_merchant("Park", CNY).await.unwrap());
        let site =
            NewSite { name: "Mall".to_owned(), zone: None, cut_off_minutes: 0, address: String::new() };
        let site = desk.create_site(&owner, site).await.unwrap().id;
        let terminal = NewTerminal {
            site,
            name: "Kiosk".to_owned(),
            kind: "parking_kiosk".to_owned(),
            capabilities: ["takes_cash", "gives_change"].map(str::to_owned).to_vec(),
            unattended: true,
        };
        let terminal = desk.create_terminal(&owner, terminal).await.unwrap().id;
        let who = Who { actor: Actor::Terminal(terminal), ..owner.clone() };
        let mut kiosk = Kiosk {
            engine,
            desk,
            owner,
            who,
            terminal,
            site,
            keys: 0,
            untold: Vec::new(),
            number: 0,
            escrow: None,
            taking: Vec::new(),
            hoppers: Pieces::new(),
            done: BTreeMap::new(),
            tray: Vec::new(),
            jam_on_return: false,
            jam_on_stack: false,
        };
        kiosk.run().await;
        kiosk
    }

    fn key(&mut self) -> String {
        self.keys += 1;
        format!("k{}", self.keys)
    }

    fn happened(&mut self, fact: Fact) {
        self.number += 1;
        self.untold.push(Numbered { number: self.number, fact });
    }

    async fn fill(&mut self, pieces: &[(i64, i64)]) {
        let key = self.key();
        let pieces: Pieces = pieces.iter().copied().collect();
        self.desk.machine_fill(&self.owner, &key, self.terminal, pieces.clone()).await.unwrap();
        for (value, count) in pieces {
            *self.hoppers.entry(value).or_default() += count;
        }
    }

    async fn order(&mut self, fen: i64) -> Id {
        let key = self.key();
        let sale = Sale {
            scene: "shop".to_owned(),
            site: Some(self.site),
            terminal: Some(self.terminal),
            request: json!({ "amount": fen }),
        };
        self.desk.create_order(&self.who, &key, NewOrder::Sale(sale)).await.unwrap().order.id
    }

    async fn begin(&mut self, fen: i64) -> Id {
        let order = self.order(fen).await;
        let key = self.key();
        self.desk.machine_begin(&self.who, &key, self.terminal, order).await.unwrap();
        self.run().await;
        order
    }

    /// Tells what happened, does what it is told, until nothing more is to be done.
    async fn run(&mut self) {
        for _ in 0..20 {
            let report = Report {
                epoch: 1,
                equipment: Some(Equipment {
                    coins: vec![100],
                    notes: vec![500, 1000, 2000, 5000, 10_000],
                    hoppers: vec![100, 1000],
                }),
                // what was told stays in the report once more: it must not count twice
                facts: self.untold.clone(),
            };
            let told = self.desk.machine_report(&self.who, report).await.unwrap();
            assert_eq!(told.heard, self.number);
            self.taking = told.take;
            let before = self.number;
            match (told.escrow, self.escrow) {
                (EscrowWish::Stack, Some(value)) if self.jam_on_stack => {
                    self.escrow = None;
                    let _ = value;
                    self.happened(Fact::Fault { unit: Unit::Notes, fault: "jam".to_owned() });
                }
                (EscrowWish::Stack, Some(value)) => {
                    self.escrow = None;
                    self.happened(Fact::Stacked { value });
                }
                (EscrowWish::Return, Some(_)) if self.jam_on_return => {
                    self.escrow = None;
                    self.happened(Fact::Fault { unit: Unit::Notes, fault: "jam".to_owned() });
                }
                (EscrowWish::Return, Some(value)) => {
                    self.escrow = None;
                    self.tray.push(value);
                    self.happened(Fact::Returned { value });
                }
                _ => {}
            }
            for give in told.give {
                for (value, count) in give.pieces {
                    if self.done.insert((give.payout, value), ()).is_some() {
                        continue;
                    }
                    let held = self.hoppers.entry(value).or_default();
                    let came = count.min(*held);
                    *held -= came;
                    self.tray.extend((0..came).map(|_| value));
                    let payout = u64::try_from(give.payout.0).unwrap();
                    let (some, left) = (u32::try_from(came).unwrap(), u32::try_from(count - came).unwrap());
                    if came > 0 {
                        self.happened(Fact::Paid { payout, value, count: some });
                    }
                    self.happened(Fact::PayoutEnded { payout, value, left });
                }
            }
            if self.number == before {
                return;
            }
        }
        panic!("the machine and the desk never come to rest");
    }

    async fn note(&mut self, value: i64) {
        assert!(self.taking.contains(&value), "{value} is not among {:?}", self.taking);
        self.escrow = Some(value);
        self.happened(Fact::Escrow { value });
        self.run().await;
    }

    async fn coin(&mut self, value: i64) {
        assert!(self.taking.contains(&value), "{value} is not among {:?}", self.taking);
        *self.hoppers.entry(value).or_default() += 1;
        self.happened(Fact::Coin { value });
        self.run().await;
    }

    async fn pay(&mut self) -> Result<(), Refusal> {
        self.desk.machine_pay(&self.who, self.terminal).await?;
        self.run().await;
        Ok(())
    }

    async fn cancel(&mut self) {
        self.desk.machine_cancel(&self.who, self.terminal).await.unwrap();
        self.run().await;
    }

    async fn shown(&self) -> Shown {
        self.desk.machine(&self.who, self.terminal, None).await.unwrap()
    }

    async fn balance(&self, class: Class) -> i64 {
        let key = AccountKey::new(self.terminal, class, CNY);
        let read = self.desk.decide(self.owner.merchant, move |view| {
            Ok(view.get::<Account>((key.owner, key.stored_class()))?.map_or(0, |a| a.balance))
        });
        read.await.unwrap()
    }

    async fn stock(&self) -> i64 {
        let terminal = self.terminal;
        let read = self.desk.decide(self.owner.merchant, move |view| read(view, terminal, CNY));
        read.await.unwrap().iter().map(|(v, n)| v * n).sum()
    }

    /// Books and stock agree, what is owed is what `owed` says, and every rule of money holds.
    async fn settled(&self, owed: i64) {
        assert_eq!(self.balance(Class::Drawer).await, self.stock().await, "books and stock");
        assert_eq!(-self.balance(Class::Deposits).await, owed, "what belongs to others");
        let key = Sealer::from_seed(&[7; 32]).public_key();
        let walk = verify::walk(&self.engine.db, Some(key), |_| {}).await.unwrap();
        assert_eq!(walk.findings, Vec::new());
    }

    async fn state(&self, order: Id) -> OrderState {
        self.desk.order(&self.owner, order).await.unwrap().order.state
    }
}

store::both_engines! {
    with [TABLES[0], TABLES[1]];

    async fn p9_money_is_credit_until_pay_is_pressed(engine: Engine) {
        let mut kiosk = Kiosk::on(engine).await;
        kiosk.fill(&[(100, 30), (1000, 5)]).await;
        let order = kiosk.begin(1500).await;
        kiosk.note(1000).await;
        kiosk.coin(100).await;
        let shown = kiosk.shown().await;
        let credit = shown.credit.unwrap();
        assert_eq!((credit.stacked, credit.escrow, shown.due), (1100, 0, 1500), "a running balance");
        assert_eq!(kiosk.state(order).await, OrderState::Open);
        assert_eq!(kiosk.pay().await.unwrap_err().code(), "credit_too_little");
        kiosk.note(500).await;
        assert_eq!(kiosk.escrow, Some(500), "the note that completes it can still go back");
        assert_eq!(kiosk.state(order).await, OrderState::Open);
        kiosk.settled(1100).await;
        kiosk.pay().await.unwrap();
        assert_eq!(kiosk.state(order).await, OrderState::Fulfilled);
        assert_eq!(kiosk.tray, [100], "16 paid 15");
        assert_eq!(kiosk.shown().await.credit.unwrap().state, CreditState::Paid);
        kiosk.settled(0).await;
    }

    async fn p8_insert_20_cancel_20_out(engine: Engine) {
        let mut kiosk = Kiosk::on(engine).await;
        kiosk.fill(&[(100, 30), (1000, 5)]).await;
        let order = kiosk.begin(1500).await;
        kiosk.note(2000).await;
        kiosk.cancel().await;
        assert_eq!(kiosk.tray, [2000], "the very note");
        assert_eq!(kiosk.state(order).await, OrderState::Open, "it can be paid in another way");
        kiosk.begin(3000).await;
        kiosk.note(1000).await;
        kiosk.coin(100).await;
        kiosk.note(2000).await;
        kiosk.tray.clear();
        kiosk.cancel().await;
        kiosk.tray.sort_unstable();
        assert_eq!(kiosk.tray, [100, 1000, 2000], "the same amount by the fewest pieces, and the note in escrow");
        assert_eq!(kiosk.shown().await.credit.unwrap().state, CreditState::Returned);
        kiosk.cancel().await;
        kiosk.settled(0).await;
    }

    async fn p8_a_jam_on_return_makes_a_slip_and_an_alarm(engine: Engine) {
        let mut kiosk = Kiosk::on(engine).await;
        kiosk.fill(&[(100, 30)]).await;
        kiosk.begin(1500).await;
        kiosk.note(2000).await;
        kiosk.jam_on_return = true;
        kiosk.cancel().await;
        let shown = kiosk.shown().await;
        let credit = shown.credit.unwrap();
        assert_eq!((credit.state, credit.owed), (CreditState::Owed, 2000));
        let alarms: Vec<&str> = shown.machine.alarms.0.iter().map(|a| a.code.as_str()).collect();
        assert!(alarms.contains(&"jam") && alarms.contains(&"owed"), "{alarms:?}");
        kiosk.settled(2000).await;
        let (slip, key) = (credit.slip.unwrap(), kiosk.key());
        let paid = kiosk.desk.redeem_slip(&kiosk.owner, &key, &slip, kiosk.terminal).await.unwrap();
        assert_eq!(paid.amount, 2000);
        let again = kiosk.desk.redeem_slip(&kiosk.owner, &key, &slip, kiosk.terminal).await;
        assert!(again.is_ok(), "the same answer to the same key");
        let other = kiosk.key();
        let twice = kiosk.desk.redeem_slip(&kiosk.owner, &other, &slip, kiosk.terminal).await;
        assert_eq!(twice.unwrap_err().code(), "slip_redeemed");
        kiosk.settled(0).await;
    }

    async fn p8_a_note_that_jams_on_its_way_down_is_owed_and_nothing_is_paid(engine: Engine) {
        let mut kiosk = Kiosk::on(engine).await;
        kiosk.fill(&[(100, 30)]).await;
        let order = kiosk.begin(1500).await;
        kiosk.note(1000).await;
        kiosk.note(1000).await;
        kiosk.jam_on_stack = true;
        kiosk.pay().await.unwrap();
        assert_eq!(kiosk.state(order).await, OrderState::Open);
        assert_eq!(kiosk.tray, [100; 10], "the note that lay inside comes back");
        let credit = kiosk.shown().await.credit.unwrap();
        assert_eq!((credit.state, credit.owed), (CreditState::Owed, 1000));
        kiosk.settled(1000).await;
    }

    async fn p9_money_in_escrow_after_a_power_cut_belongs_to_whoever_put_it_in(engine: Engine) {
        // the validator finds the note and sends it back, or it is gone
        let mut kiosk = Kiosk::on(engine).await;
        kiosk.fill(&[(100, 40)]).await;
        for found in [true, false] {
            kiosk.begin(1500).await;
            kiosk.note(5000).await;
            kiosk.escrow = None;
            kiosk.happened(Fact::Started { unit: Unit::Notes });
            kiosk.happened(if found { Fact::Returned { value: 5000 } } else { Fact::Missing { value: 5000 } });
            kiosk.run().await;
            let credit = kiosk.shown().await.credit.unwrap();
            let want = if found { (CreditState::Open, 0) } else { (CreditState::Owed, 5000) };
            assert_eq!((credit.state, credit.owed), want);
            kiosk.settled(if found { 0 } else { 5000 }).await;
        }
    }

    async fn p9_money_that_comes_when_nobody_pays_goes_back(engine: Engine) {
        let mut kiosk = Kiosk::on(engine).await;
        kiosk.fill(&[(100, 8)]).await;
        *kiosk.hoppers.entry(100).or_default() += 1;
        kiosk.happened(Fact::Coin { value: 100 });
        kiosk.run().await;
        assert_eq!(kiosk.tray, [100]);
        kiosk.settled(0).await;
        let order = kiosk.begin(1000).await;
        kiosk.note(500).await;
        kiosk.hoppers.insert(100, 3);
        kiosk.engine.clock.advance(std::time::Duration::from_secs(3600 * 5));
        kiosk.run().await;
        assert_eq!(kiosk.tray.len(), 1 + 3 , "what the hoppers hold of the 5 yuan of an order that ran out");
        let credit = kiosk.shown().await.credit.unwrap();
        assert_eq!((credit.state, credit.owed), (CreditState::Owed, 200));
        assert_ne!(kiosk.state(order).await, OrderState::Fulfilled);
        kiosk.settled(200).await;
    }

    async fn p10_a_hopper_with_one_coin_says_so_before_it_takes_the_note(engine: Engine) {
        let mut kiosk = Kiosk::on(engine).await;
        kiosk.fill(&[(100, 1)]).await;
        kiosk.begin(700).await;
        assert_eq!(kiosk.taking, [100], "10 for 7 would need three back");
        let plan = kiosk.shown().await.plan;
        assert!(plan.exact && plan.refuse.contains(&1000), "{plan:?}");
        kiosk.fill(&[(100, 9)]).await;
        kiosk.run().await;
        assert!(kiosk.taking.contains(&1000));
        kiosk.note(1000).await;
        kiosk.pay().await.unwrap();
        assert_eq!(kiosk.tray, [100; 3]);
        kiosk.settled(0).await;
    }

    async fn p10_change_comes_by_the_fewest_pieces(engine: Engine) {
        let mut kiosk = Kiosk::on(engine).await;
        kiosk.fill(&[(100, 50), (1000, 5)]).await;
        kiosk.begin(1800).await;
        kiosk.note(5000).await;
        kiosk.pay().await.unwrap();
        kiosk.tray.sort_unstable();
        assert_eq!(kiosk.tray, [100, 100, 1000, 1000, 1000]);
        kiosk.settled(0).await;
    }

    async fn p10_a_hopper_that_runs_empty_in_mid_payout_is_helped_out_or_owes(engine: Engine) {
        let mut kiosk = Kiosk::on(engine).await;
        kiosk.fill(&[(100, 50), (1000, 3)]).await;
        // somebody took notes out of the hopper, and the books do not know it
        kiosk.hoppers.insert(1000, 1);
        let order = kiosk.begin(2000).await;
        kiosk.note(5000).await;
        kiosk.pay().await.unwrap();
        assert_eq!(kiosk.state(order).await, OrderState::Fulfilled);
        assert_eq!(kiosk.tray.iter().sum::<i64>(), 3000, "ten in one note, twenty in coins");
        kiosk.settled(0).await;
        kiosk.hoppers.insert(100, 4);
        kiosk.tray.clear();
        kiosk.begin(1000).await;
        kiosk.note(2000).await;
        kiosk.pay().await.unwrap();
        assert_eq!(kiosk.tray, [100; 4]);
        let shown = kiosk.shown().await;
        let credit = shown.credit.unwrap();
        assert_eq!((credit.state, credit.owed), (CreditState::Paid, 600), "a slip for the rest");
        assert!(shown.machine.alarms.0.iter().any(|a| a.code == "empty" && a.unit == "hopper_100"));
        kiosk.settled(600).await;
    }

    async fn p10_whatever_is_lacking_is_on_the_one_slip_that_is_shown(engine: Engine) {
        let mut kiosk = Kiosk::on(engine).await;
        kiosk.fill(&[(100, 50), (1000, 5)]).await;
        // both hoppers are all but empty, and the books do not know it: each of them ends a payout short
        kiosk.hoppers.extend([(100, 1), (1000, 1)]);
        kiosk.begin(2200).await;
        kiosk.note(5000).await;
        kiosk.pay().await.unwrap();
        assert_eq!(kiosk.tray.iter().sum::<i64>(), 1100);
        let credit = kiosk.shown().await.credit.unwrap();
        assert_eq!((credit.state, credit.owed), (CreditState::Paid, 1700));
        let slips = kiosk.desk.slips(&kiosk.owner).await.unwrap();
        let shown: Vec<_> = slips.iter().map(|slip| (Some(slip.code.clone()), slip.amount)).collect();
        assert_eq!(shown, [(credit.slip.clone(), 1700)]);
        kiosk.settled(1700).await;
        kiosk.fill(&[(100, 20)]).await;
        let key = kiosk.key();
        let paid = kiosk.desk.redeem_slip(&kiosk.owner, &key, &credit.slip.unwrap(), kiosk.terminal).await.unwrap();
        assert_eq!(paid.amount, 1700);
        kiosk.settled(0).await;
    }

    async fn p9_a_full_cassette_and_a_silent_machine_take_no_notes(engine: Engine) {
        let mut kiosk = Kiosk::on(engine).await;
        kiosk.fill(&[(100, 50)]).await;
        kiosk.happened(Fact::Fault { unit: Unit::Notes, fault: "cassette_full".to_owned() });
        kiosk.begin(700).await;
        assert_eq!(kiosk.taking, [100]);
        kiosk.cancel().await;
        let key = kiosk.key();
        kiosk.desk.machine_empty(&kiosk.owner, &key, kiosk.terminal).await.unwrap();
        kiosk.begin(700).await;
        assert!(kiosk.taking.contains(&1000), "somebody emptied it");
        kiosk.cancel().await;
        kiosk.engine.clock.advance(std::time::Duration::from_secs(60));
        let (order, key) = (kiosk.order(700).await, kiosk.key());
        let refused = kiosk.desk.machine_begin(&kiosk.who, &key, kiosk.terminal, order).await;
        assert_eq!(refused.unwrap_err().code(), "machine_away");
        assert!(!kiosk.shown().await.online);
    }
}
