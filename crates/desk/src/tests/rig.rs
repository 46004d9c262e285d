//! A desk on a real store with two banks, a till and a small shop, whose clock stands until it is moved and whose jobs run when told to.

use std::sync::Arc;
use std::time::Duration;

use money::{Currency, Money};
use serde_json::{Value, json};
use store::testing::{Engine, ManualClock, SeededRandom};
use store::{Db, Id, Merchant, Migration, Stop, View};

use super::bank::Bank;
use crate::channel::{Channel, Facts, TakeAsk};
use crate::ledger::{AccountKey, Class};
use crate::problem::Refusal;
use crate::rows::{Attempt, Order, Presentment, Refund, Role, Site, Terminal};
use crate::scene::{Handout, Quote, QuoteAsk, QuoteLine, Scene};
use crate::verify;
use crate::{
    AttemptAsk, Desk, MIGRATIONS, NewChannel, NewOrder, NewSite, NewTerminal, Parts, RefundRequest, Sale,
    Sealer, Settings, Who, Whole,
};

/// Sells `{"amount": fen}`; `"device": true` needs a device to act; `"sold_out": true` cannot be handed out.
struct Shop;

impl Scene for Shop {
    fn code(&self) -> &'static str {
        "shop"
    }
    fn quote(&self, _view: &mut View, ask: &QuoteAsk<'_>) -> Result<Quote, Stop<Refusal>> {
        let amount = Money::fen(ask.request["amount"].as_i64().unwrap_or(0));
        let line = QuoteLine { code: "shop.thing".to_owned(), params: serde_json::Map::new(), amount };
        Ok(Quote {
            lines: vec![line],
            currency: Currency::CNY,
            description: "a thing".to_owned(),
            subject: ask.request["subject"].as_str().map(str::to_owned),
            valid_until: None,
        })
    }
    fn fulfil(&self, _view: &mut View, order: &Order) -> Result<Vec<Handout>, Stop<Refusal>> {
        if order.request.0["sold_out"] == json!(true) {
            return Err(Stop::Refused(crate::problem::desk::INVALID_REQUEST.with("sold out")));
        }
        let device = if order.request.0["device"] == json!(true) { order.terminal } else { None };
        Ok(vec![Handout { kind: "receipt", body: json!({"due": order.due}), device }])
    }
    fn revoke(&self, _view: &mut View, _order: &Order, _refund: &Refund) -> Result<(), Stop<Refusal>> {
        Ok(())
    }
}

/// A till that takes any amount of cash.
struct Till(Facts);

impl crate::channel::Value for Till {
    fn facts(&self) -> &Facts {
        &self.0
    }
    fn take(&self, _view: &mut View, ask: TakeAsk<'_>) -> Result<AccountKey, Stop<Refusal>> {
        ask.attempt.change = ask.attempt.tendered.map(|t| t - ask.order.due);
        Ok(AccountKey::new(ask.attempt.terminal.unwrap(), Class::Drawer, Currency::CNY))
    }
    fn give_back(
        &self,
        _view: &mut View,
        attempt: &Attempt,
        _: &Refund,
        _: Option<Id>,
    ) -> Result<AccountKey, Stop<Refusal>> {
        Ok(AccountKey::new(attempt.terminal.unwrap(), Class::Drawer, Currency::CNY))
    }
}

fn till() -> Till {
    Till(Facts {
        code: "cash",
        name_en: "Cash",
        name_zh: "现金",
        presentments: &[Presentment::Cash],
        payer_codes: &[],
        currencies: &[Currency::CNY],
        code_life: Duration::from_secs(60),
        refund_window: Duration::from_secs(365 * 24 * 3600),
        unscanned_stays_open: false,
    })
}

pub(super) struct Rig {
    pub(super) desk: Desk,
    pub(super) clock: Arc<ManualClock>,
    pub(super) bank: Bank,
    pub(super) other: Bank,
    pub(super) who: Who,
    pub(super) terminal: Terminal,
    pub(super) site: Site,
    pub(super) accounts: Vec<Id>,
    keys: std::sync::atomic::AtomicU32,
    db: Db,
    engine: Engine,
}

/// The tables the tests need.
pub(super) const MIGRATED: &[Migration] = MIGRATIONS;

pub(super) const SHOWN: Presentment = Presentment::MerchantPresented;
pub(super) const SCANNED: Presentment = Presentment::CustomerPresented;

impl Rig {
    /// A rig on an empty store.
    pub(super) async fn on(engine: Engine) -> Rig {
        let (db, clock) = (engine.db.clone(), engine.clock.clone());
        let (bank, other) = (Bank::new("bank", 13, false), Bank::new("other", 28, true));
        let desk = desk(&db, &clock, &bank, &other);
        let merchant = desk.create_merchant("Shop", Currency::CNY).await.unwrap();
        let who = Who::system(merchant);
        let site =
            NewSite { name: "Corner".to_owned(), zone: None, cut_off_minutes: 0, address: String::new() };
        let site = desk.create_site(&who, site).await.unwrap();
        let capabilities =
            ["shows_code", "scans_code", "takes_cash", "gives_change", "prints"].map(str::to_owned).to_vec();
        let terminal = NewTerminal {
            site: site.id,
            name: "Till".to_owned(),
            kind: "counter".to_owned(),
            capabilities,
            unattended: true,
        };
        let terminal = desk.create_terminal(&who, terminal).await.unwrap();
        let mut accounts = Vec::new();
        for channel in ["bank", "other"] {
            let new = NewChannel {
                channel: channel.to_owned(),
                name: channel.to_owned(),
                settings: json!({"ok": 1}),
            };
            accounts.push(desk.set_channel(&who, new).await.unwrap().id);
        }
        Rig { desk, clock, bank, other, who, terminal, site, accounts, keys: 0.into(), db, engine }
    }

    pub(super) fn merchant(&self) -> Merchant {
        self.who.merchant
    }

    /// The process dies and another one starts on the same database.
    pub(super) fn restart(&mut self) {
        self.desk = desk(&self.db, &self.clock, &self.bank, &self.other);
    }

    pub(super) fn key(&self) -> String {
        let n = self.keys.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        format!("key-{n}")
    }

    pub(super) fn sale(&self, request: Value) -> NewOrder {
        let (site, terminal) = (Some(self.site.id), Some(self.terminal.id));
        NewOrder::Sale(Sale { scene: "shop".to_owned(), site, terminal, request })
    }

    pub(super) async fn order(&self, fen: i64) -> Id {
        self.order_of(json!({"amount": fen})).await
    }

    pub(super) async fn order_of(&self, request: Value) -> Id {
        self.desk.create_order(&self.who, &self.key(), self.sale(request)).await.unwrap().order.id
    }

    pub(super) async fn try_pay(&self, order: Id, ask: AttemptAsk) -> Result<Attempt, Refusal> {
        self.desk.attempt(&self.who, &self.key(), order, ask).await
    }

    /// Shows a code of a bank.
    pub(super) async fn show(&self, order: Id, channel: &str) -> Attempt {
        self.try_pay(order, shown(channel)).await.unwrap()
    }

    /// Scans a payer's code of the first bank with this outcome.
    pub(super) async fn scan(&self, order: Id, outcome: &str) -> Attempt {
        self.try_pay(order, scanned(outcome)).await.unwrap()
    }

    pub(super) async fn cash(&self, order: Id, fen: i64) -> Result<Attempt, Refusal> {
        let tendered = Some(Money::fen(fen));
        self.try_pay(
            order,
            AttemptAsk {
                presentment: Presentment::Cash,
                channel: None,
                payer_code: None,
                tendered,
                terminal: None,
                data: Value::Null,
            },
        )
        .await
    }

    pub(super) async fn refund(&self, order: Id, fen: i64) -> Result<Refund, Refusal> {
        let ask = RefundRequest { amount: Some(Money::fen(fen)), reason: "back".to_owned() };
        self.desk.refund(&self.who, &self.key(), order, ask).await
    }

    pub(super) async fn whole(&self, order: Id) -> Whole {
        self.desk.order(&self.who, order).await.unwrap()
    }

    /// A notification of a payment reaches us.
    pub(super) async fn notify(&self, no: &str, fen: i64, signature: &str) -> u16 {
        let headers = [("signature".to_owned(), signature.to_owned())];
        let account = self.accounts[0].to_string();
        self.desk.notification("bank", &account, &headers, format!("{no} {fen}").as_bytes()).await.status
    }

    /// Runs every job that is due now; how many.
    pub(super) async fn run_due(&self) -> usize {
        let kinds = [crate::work::ATTEMPT, crate::work::REFUND, crate::work::EXPIRE];
        let jobs = self.db.claim(&kinds, 100, Duration::from_secs(30)).await.unwrap();
        let count = jobs.len();
        for (merchant, job) in jobs {
            let done = match job.kind.as_str() {
                crate::work::ATTEMPT => self.desk.drive(merchant, &job).await,
                crate::work::REFUND => self.desk.drive_refund(merchant, job.subject).await,
                _ => self.desk.expire(merchant, job.subject).await.map(drop),
            };
            done.unwrap();
        }
        count
    }

    /// Drives the one attempt that is due in a task of its own.
    pub(super) async fn drive_apart(&self) -> tokio::task::JoinHandle<()> {
        let mut jobs = self.db.claim(&[crate::work::ATTEMPT], 100, Duration::from_secs(30)).await.unwrap();
        let (desk, (merchant, job)) = (self.desk.clone(), jobs.pop().unwrap());
        assert!(jobs.is_empty(), "one is due");
        tokio::spawn(async move { desk.drive(merchant, &job).await.unwrap() })
    }

    /// Makes a job due, whoever has it.
    pub(super) async fn make_due(&self, job: Id) {
        let now = self.now();
        let due = move |view: &mut View| -> Result<(), Stop<Refusal>> {
            view.job_later(job, now, None);
            Ok(())
        };
        self.db.decide(self.merchant(), due).await.unwrap();
    }

    /// Runs the jobs of bills that are due now.
    pub(super) async fn run_bills(&self) {
        for (merchant, job) in
            self.db.claim(&[crate::work::BILL], 100, Duration::from_secs(30)).await.unwrap()
        {
            self.desk.drive_bill(merchant, &job).await.unwrap();
        }
    }

    /// Moves the clock in steps, running what falls due.
    pub(super) async fn pass(&self, seconds: u64) {
        for _ in 0..seconds {
            self.clock.advance(Duration::from_secs(1));
            while self.run_due().await > 0 {}
        }
    }

    /// Everything that is owed is done, and the books hold what the banks hold.
    pub(super) async fn settled(&self) {
        let jobs = self.db.read(|sql| sql.query("select count(*) from store_jobs", &[])).await.unwrap();
        assert_eq!(jobs[0].get::<i64>(0).unwrap(), 0, "no job is left");
        self.books_hold().await;
        let due: i64 = self.balances(Class::RefundsDue).await + self.balances(Class::ToReturn).await;
        assert_eq!(due, 0, "nothing is owed to payers");
        assert_eq!(
            self.balances(Class::Receivable).await,
            self.bank.holds() + self.other.holds(),
            "the banks' books are ours"
        );
    }

    /// Rules 1, 7 and 9 hold in the database as it is.
    pub(super) async fn books_hold(&self) {
        let walk =
            verify::walk(&self.db, Some(Sealer::from_seed(&[7; 32]).public_key()), |_| {}).await.unwrap();
        assert_eq!(walk.findings, Vec::new());
    }

    /// The sum of all accounts of a class.
    pub(super) async fn balances(&self, class: Class) -> i64 {
        let class = class as i64;
        let text = "select coalesce(cast(sum(balance) as bigint), 0) from accounts where class / 1000 = $1";
        let rows = self.db.read(move |sql| sql.query(text, &[&class])).await.unwrap();
        rows[0].get(0).unwrap()
    }

    /// Somebody changes the database behind our back. False where the test has no file to change.
    pub(super) fn tamper(&self, text: &str) -> bool {
        let Some(folder) = self.engine.folder() else { return false };
        let file = rusqlite::Connection::open(folder.join("saoma.db")).unwrap();
        file.busy_timeout(Duration::from_secs(5)).unwrap();
        assert!(file.execute(text, []).unwrap() > 0, "{text}");
        true
    }

    pub(super) fn now(&self) -> store::Millis {
        self.clock.now()
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }
}

pub(super) fn shown(channel: &str) -> AttemptAsk {
    AttemptAsk {
        presentment: SHOWN,
        channel: Some(channel.to_owned()),
        payer_code: None,
        tendered: None,
        terminal: None,
        data: Value::Null,
    }
}

pub(super) fn scanned(outcome: &str) -> AttemptAsk {
    let payer_code = Some(format!("13{outcome}00000000000000"));
    AttemptAsk {
        presentment: SCANNED,
        channel: None,
        payer_code,
        tendered: None,
        terminal: None,
        data: Value::Null,
    }
}

fn desk(db: &Db, clock: &Arc<ManualClock>, bank: &Bank, other: &Bank) -> Desk {
    let settings = Settings { answer_wait: Duration::from_millis(300), ..Settings::default() };
    Desk::new(Parts {
        db: db.clone(),
        scenes: vec![Arc::new(Shop)],
        channels: vec![
            Channel::Remote(Arc::new(bank.clone())),
            Channel::Remote(Arc::new(other.clone())),
            Channel::Value(Arc::new(till())),
        ],
        settings,
        clock: clock.clone(),
        random: Arc::new(SeededRandom::new(2)),
        sealer: Sealer::from_seed(&[7; 32]),
    })
}

/// Somebody of the merchant with this role.
pub(super) fn someone(rig: &Rig, role: Role) -> Who {
    Who { merchant: rig.merchant(), role, actor: crate::Actor::Key(Id(1)) }
}
