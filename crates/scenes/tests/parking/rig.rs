//! A mall with four gates on a real store, a till without limits, and a clock that stands until it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use desk::channel::{Channel, Facts, TakeAsk, Value as ValueChannel};
use desk::ledger::{AccountKey, Class};
use desk::rows::{Attempt, Presentment, Refund, Site, Terminal};
use desk::{
    AttemptAsk, Desk, NewOrder, NewSite, NewTerminal, Parts, RefundRequest, Refusal, Sale, Sealer, Settings,
    Who, Whole,
};
use money::{Currency, Money};
use scenes::parking::places::{self, LaneAsk, ParkAsk};
use scenes::parking::rows::{Direction, Lane, ParkOptions, Stay, Window};
use scenes::parking::stays::{self, ByHand};
use scenes::parking::{MIGRATIONS, Parking, samples};
use serde_json::{Value, json};
use store::testing::{Engine, ManualClock, SeededRandom};
use store::{Id, Migration, Millis, Stop, View};

/// The tables the tests need.
pub(crate) const MIGRATED: [&[Migration]; 2] = [desk::MIGRATIONS, MIGRATIONS];

/// A till that takes any amount of cash.
struct Till(Facts);

impl ValueChannel for Till {
    fn facts(&self) -> &Facts {
        &self.0
    }
    fn take(&self, _: &mut View, ask: TakeAsk<'_>) -> Result<AccountKey, Stop<Refusal>> {
        ask.attempt.change = ask.attempt.tendered.map(|t| t - ask.order.due);
        Ok(AccountKey::new(ask.attempt.terminal.unwrap(), Class::Drawer, Currency::CNY))
    }
    fn give_back(
        &self,
        _: &mut View,
        attempt: &Attempt,
        _: &Refund,
        _: Option<Id>,
    ) -> Result<AccountKey, Stop<Refusal>> {
        Ok(AccountKey::new(attempt.terminal.unwrap(), Class::Drawer, Currency::CNY))
    }
}

pub(crate) fn till() -> Channel {
    Channel::Value(Arc::new(Till(Facts {
        code: "cash",
        name_en: "Cash",
        name_zh: "现金",
        presentments: &[Presentment::Cash],
        payer_codes: &[],
        currencies: &[Currency::CNY],
        code_life: Duration::from_secs(60),
        refund_window: Duration::from_secs(365 * 24 * 3600),
        unscanned_stays_open: false,
    })))
}

pub(crate) struct Rig {
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) who: Who,
    pub(crate) site: Site,
    pub(crate) kiosk: Terminal,
    pub(crate) handheld: Terminal,
    pub(crate) entry: Lane,
    pub(crate) north: Lane,
    pub(crate) south: Lane,
    keys: AtomicU32,
}

/// A moment of the mall's own time: `2026-03-10T10:00`.
pub(crate) fn local(text: &str) -> Millis {
    let with_zone = format!("{text}:00+08:00");
    Millis(with_zone.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

impl Rig {
    /// The mall at ten on a working Tuesday. Two yuan ten an hour would be simple; its tariff is the delivered sample.
    pub(crate) async fn on(engine: Engine) -> Rig {
        let clock = engine.clock.clone();
        clock.set(local("2026-03-10T10:00"));
        let desk = Desk::new(Parts {
            db: engine.db.clone(),
            scenes: vec![Arc::new(Parking)],
            channels: vec![till()],
            settings: Settings { answer_wait: Duration::from_millis(300), ..Settings::default() },
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(2)),
            sealer: Sealer::from_seed(&[7; 32]),
        });
        let merchant = desk.create_merchant("Mall", Currency::CNY).await.unwrap();
        let who = Who::system(merchant);
        let new = NewSite { name: "Mall".to_owned(), zone: None, cut_off_minutes: 0, address: String::new() };
        let site = desk.create_site(&who, new).await.unwrap();
        places::set_park(&desk, &who, site.id, mall(ParkOptions::default())).await.unwrap();
        let tariff = samples::text("demo_mall").unwrap();
        places::add_tariff(&desk, &who, "tariff", site.id, tariff, local("2026-01-01T00:00")).await.unwrap();
        let kiosk = terminal(&desk, &who, site.id, "Kiosk", &["shows_code", "takes_cash"]).await;
        let handheld = terminal(&desk, &who, site.id, "Handheld", &["shows_code", "takes_cash"]).await;
        let entry = lane(&desk, &who, site.id, "east", Direction::Entry, vec![]).await;
        let day = Window {
            days: "all".to_owned(),
            time: "07:00-19:00".to_owned(),
            gate: scenes::parking::rows::Staffing::Staffed,
        };
        let north = lane(&desk, &who, site.id, "north", Direction::Exit, vec![day]).await;
        let south = lane(&desk, &who, site.id, "south", Direction::Exit, vec![]).await;
        Rig { desk, clock, who, site, kiosk, handheld, entry, north, south, keys: AtomicU32::new(0) }
    }

    /// From now on a node at the site tells the barriers.
    pub(crate) async fn edge_runs_the_lanes(&self) {
        let options = ParkOptions { edge: true, ..ParkOptions::default() };
        places::set_park(&self.desk, &self.who, self.site.id, mall(options)).await.unwrap();
    }

    pub(crate) fn key(&self) -> String {
        format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn pass(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(60 * minutes));
    }

    /// A car comes in, let in by hand.
    pub(crate) async fn came(&self, plate: &str) -> Stay {
        let new = ByHand {
            site: self.site.id,
            plate: plate.to_owned(),
            entered_at: None,
            vehicle: String::new(),
            reason: String::new(),
        };
        stays::enter_by_hand(&self.desk, &self.who, &self.key(), new).await.unwrap()
    }

    pub(crate) async fn stay(&self, id: Id) -> Stay {
        stays::stay(&self.desk, &self.who, id).await.unwrap()
    }

    /// What a stay owes now, in fen.
    pub(crate) async fn owes(&self, id: Id) -> i64 {
        stays::owes(&self.desk, &self.who, id).await.unwrap().1.fee.due.value
    }

    pub(crate) async fn order_at(&self, terminal: &Terminal, request: Value) -> Result<Whole, Refusal> {
        let (site, terminal) = (Some(self.site.id), Some(terminal.id));
        let sale = Sale { scene: "parking".to_owned(), site, terminal, request };
        self.desk.create_order(&self.who, &self.key(), NewOrder::Sale(sale)).await
    }

    pub(crate) async fn order(&self, request: Value) -> Result<Whole, Refusal> {
        self.order_at(&self.kiosk, request).await
    }

    /// Pays an order in cash.
    pub(crate) async fn pay(&self, order: Id) -> Result<Attempt, Refusal> {
        let due = self.desk.order(&self.who, order).await.unwrap().order.due;
        let ask = AttemptAsk {
            presentment: Presentment::Cash,
            channel: None,
            payer_code: None,
            tendered: Some(Money::fen(due)),
            terminal: Some(self.kiosk.id),
            data: Value::Null,
        };
        self.desk.attempt(&self.who, &self.key(), order, ask).await
    }

    /// Pays for a stay what is due; how much that was.
    pub(crate) async fn pay_stay(&self, stay: Id) -> i64 {
        let whole = self.order(json!({"stay": stay})).await.unwrap();
        if whole.order.due > 0 {
            self.pay(whole.order.id).await.unwrap();
        }
        whole.order.due
    }

    pub(crate) async fn refund(&self, order: Id) -> Refund {
        let ask = RefundRequest { amount: None, reason: "back".to_owned() };
        self.desk.refund(&self.who, &self.key(), order, ask).await.unwrap()
    }
}

fn mall(options: ParkOptions) -> ParkAsk {
    ParkAsk {
        name_en: "Mall".to_owned(),
        name_zh: "商场".to_owned(),
        spaces: 300,
        latitude: 0,
        longitude: 0,
        options,
    }
}

async fn terminal(desk: &Desk, who: &Who, site: Id, name: &str, can: &[&str]) -> Terminal {
    let new = NewTerminal {
        site,
        name: name.to_owned(),
        kind: "kiosk".to_owned(),
        capabilities: can.iter().map(|c| (*c).to_owned()).collect(),
        unattended: true,
    };
    desk.create_terminal(who, new).await.unwrap()
}

async fn lane(
    desk: &Desk,
    who: &Who,
    site: Id,
    gate: &str,
    direction: Direction,
    schedule: Vec<Window>,
) -> Lane {
    let barrier = terminal(desk, who, site, &format!("{gate} barrier"), &["opens_barrier"]).await;
    let ask = LaneAsk {
        site,
        name: format!("{gate} {direction}"),
        gate: gate.to_owned(),
        direction,
        barrier: Some(barrier.id),
        camera: String::new(),
        schedule,
        latitude: 0,
        longitude: 0,
    };
    places::add_lane(desk, who, &format!("lane-{gate}"), ask).await.unwrap()
}
