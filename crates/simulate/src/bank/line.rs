//! The wire between a node and a bank: implements the desk's channel contract over a network that may do anything.

use std::future::pending;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use desk::channel::{
    Ack, Billing, ChargeAsk, Closing, Facts, Forged, InAppAsk, InAppCall, Line, Notice, PresentAsk,
    RefundAsk, RefundStanding, Remote, Reversal, SettingsError, Standing, Trouble,
};
use store::Millis;

use super::books::{Books, Stand, Trade, key_of};
use super::{Bank, notices};
use crate::node::Life;
use crate::sabotage;
use crate::sim::Sim;
use crate::world::{Fate, PATIENCE};

/// One node's way to a bank.
pub(crate) struct SimRemote {
    pub(crate) facts: Facts,
    pub(crate) bank: usize,
    pub(crate) sim: Weak<Sim>,
    pub(crate) life: Arc<Life>,
}

impl Remote for SimRemote {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn open(&self, settings: &serde_json::Value) -> Result<Arc<dyn Line>, Vec<SettingsError>> {
        let Some(account) = settings.get("account").and_then(|a| a.as_str()) else {
            return Err(vec![SettingsError { key: "account".to_owned(), what: "write one".to_owned() }]);
        };
        let line = SimLine {
            bank: self.bank,
            account: account.to_owned(),
            sim: self.sim.clone(),
            life: self.life.clone(),
        };
        let sabotage = self.sim.upgrade().and_then(|sim| sim.sabotage);
        Ok(sabotage::line(sabotage, Arc::new(line)))
    }
}

/// One merchant account at a bank, as one node reaches it.
struct SimLine {
    bank: usize,
    account: String,
    sim: Weak<Sim>,
    life: Arc<Life>,
}

/// What a call does when it arrives.
type Act<T> = Box<dyn FnOnce(&Arc<Sim>, &Arc<Bank>) -> Result<T, Trouble> + Send>;

fn unknown<T>(why: &str) -> Result<T, Trouble> {
    Err(Trouble::Unknown(why.to_owned()))
}

impl SimLine {
    /// One call. A node that has died sends nothing and hears nothing.
    async fn call<T: std::fmt::Debug + Send + 'static>(
        &self,
        name: &'static str,
        no: &str,
        strange: Option<T>,
        act: Act<T>,
    ) -> Result<T, Trouble> {
        let Some(sim) = self.sim.upgrade() else { return pending().await };
        if !self.life.is_alive() {
            return pending().await;
        }
        let bank = sim.banks[self.bank].clone();
        let visit = bank.books().visit_of(no);
        let fate = sim.world.wire_fate(visit, self.bank);
        let head = format!("n{} {} {name} {no}", self.life.node, bank.facts.code);
        let arrive = move |act: Act<T>| {
            let sim = sim.clone();
            async move {
                let answer = act(&sim, &bank);
                sim.world.note(Some(visit), &format!("{head} [{fate:?}]: {answer:?}"));
                sim.audit("bank").await;
                answer
            }
        };
        let answer = match fate {
            Fate::Fine { there, back } => {
                tokio::time::sleep(there).await;
                let answer = arrive(act).await;
                tokio::time::sleep(back).await;
                answer
            }
            Fate::NotSent => self.unsent(name, no, Trouble::NotSent("connection refused".to_owned())).await,
            Fate::Throttled => self.unsent(name, no, Trouble::Throttled("slow down".to_owned())).await,
            Fate::LostBefore => {
                tokio::time::sleep(PATIENCE).await;
                unknown("no answer")
            }
            Fate::LostAfter { there } => {
                tokio::time::sleep(there).await;
                let _ = arrive(act).await; // the answer is what gets lost
                tokio::time::sleep(PATIENCE.saturating_sub(there)).await;
                unknown("no answer")
            }
            Fate::Late { there } => {
                tokio::spawn(async move {
                    tokio::time::sleep(there).await;
                    let _ = arrive(act).await;
                });
                tokio::time::sleep(PATIENCE).await;
                unknown("no answer")
            }
            Fate::Failed { acted } => {
                tokio::time::sleep(Duration::from_millis(80)).await;
                if acted {
                    let _ = arrive(act).await;
                }
                unknown("HTTP 502")
            }
            Fate::Strange => {
                tokio::time::sleep(Duration::from_millis(40)).await;
                match strange {
                    Some(value) => Ok(value),
                    None => arrive(act).await,
                }
            }
        };
        if !self.life.is_alive() {
            return pending().await;
        }
        answer
    }

    /// A call that surely had no effect.
    async fn unsent<T>(&self, name: &str, no: &str, trouble: Trouble) -> Result<T, Trouble> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if let Some(sim) = self.sim.upgrade()
            && name == "charge"
        {
            sim.banks[self.bank].books().said(no).declined = true;
        }
        Err(trouble)
    }

    fn trade(&self, ask: &PresentAsk) -> Trade {
        Trade {
            account: self.account.clone(),
            visit: 0,
            amount: ask.amount.value,

            created: ask.now,
            expires: ask.expires_at,
            notify_url: ask.notify_url.clone(),
            stand: Stand::Waiting,
            paid_at: None,
            closed_at: None,
            refunds: std::collections::BTreeMap::new(),
        }
    }

    fn hear(&self, no: &str, description: &str) -> u32 {
        let Some(sim) = self.sim.upgrade() else { return 0 };
        let mut books = sim.banks[self.bank].books();
        books.heard_of(no, description);
        books.visit_of(no)
    }
}

/// The payer's side of a charge that asks for the password: digits 5–7 of the code are the seconds until the answer.
fn prompt(sim: &Arc<Sim>, bank: &Arc<Bank>, no: &str, code: &str) {
    let yes = match code.get(2..4) {
        Some("01") => true,
        Some("07") => false,
        _ => return,
    };
    let seconds = code.get(4..7).and_then(|d| d.parse().ok()).unwrap_or(5);
    let (sim, bank, no) = (Arc::downgrade(sim), bank.clone(), no.to_owned());
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        if let Some(sim) = sim.upgrade() {
            bank.answer(&sim, &no, yes);
            sim.audit("payer answers").await;
        }
    });
}

/// How a refund that is asked for the first time goes: done at once, how often put off, failed.
fn manner(sim: &Arc<Sim>, bank: &Bank, no: &str) -> (bool, u32, bool) {
    let visit = bank.books().visit_of(no);
    let mut dice = sim.world.next_dice(visit, "refund");
    let at_once = bank.number == 1;
    if sim.world.is_calm() {
        return (at_once, 0, false);
    }
    let later = if dice.chance(120) { u32::try_from(dice.between(1, 3)).unwrap_or(1) } else { 0 };
    (at_once, later, dice.chance(60))
}

#[async_trait]
impl Line for SimLine {
    async fn present(&self, ask: &PresentAsk) -> Result<String, Trouble> {
        let no = ask.out_trade_no.clone();
        let mut trade = self.trade(ask);
        trade.visit = self.hear(&no, &ask.description);
        let number = no.clone();
        self.call("present", &number, None, Box::new(move |_, bank| bank.books().present(&no, trade))).await
    }

    async fn in_app(&self, ask: &InAppAsk) -> Result<InAppCall, Trouble> {
        let code = self.present(&ask.common).await?;
        Ok(InAppCall::Parameters(serde_json::json!({ "pay": code })))
    }

    async fn charge(&self, ask: &ChargeAsk) -> Result<Standing, Trouble> {
        let (no, code) = (ask.common.out_trade_no.clone(), ask.payer_code.clone());
        let mut trade = self.trade(&ask.common);
        trade.visit = self.hear(&no, &ask.common.description);
        let number = no.clone();
        let act: Act<Standing> = Box::new(move |sim, bank| {
            if bank.books().trades.contains_key(&no) {
                sim.world.wrong(3, Some(trade.visit), format!("{no} was charged twice"));
                return Ok(bank.books().query(&no, sim.world.now()));
            }
            let now = sim.world.now();
            trade.created = now;
            let standing = bank.books().charge(&no, trade, &code, now);
            prompt(sim, bank, &no, &code);
            sim.world.touch(&no);
            if matches!(standing, Standing::Paid(_)) {
                notices::payment(sim, bank, &no);
            }
            Ok(standing)
        });
        self.call("charge", &number, None, act).await
    }

    async fn query(&self, out_trade_no: &str, _now: Millis) -> Result<Standing, Trouble> {
        let no = out_trade_no.to_owned();
        let strange = Some(Standing::Strange("HALF_PAID".to_owned()));
        let act: Act<Standing> = Box::new(move |sim, bank| Ok(bank.books().query(&no, sim.world.now())));
        self.call("query", out_trade_no, strange, act).await
    }

    async fn close(&self, out_trade_no: &str, _now: Millis) -> Result<Closing, Trouble> {
        let no = out_trade_no.to_owned();
        let act: Act<Closing> = Box::new(move |sim, bank| Ok(bank.books().close(&no, sim.world.now())));
        self.call("close", out_trade_no, None, act).await
    }

    async fn reverse(&self, out_trade_no: &str, _now: Millis) -> Result<Reversal, Trouble> {
        let no = out_trade_no.to_owned();
        let act: Act<Reversal> = Box::new(move |sim, bank| {
            let visit = bank.books().visit_of(&no);
            let mut dice = sim.world.next_dice(visit, "reverse");
            let busy = (!sim.world.is_calm() && dice.chance(80)).then(|| dice.chance(500));
            let answer = bank.books().reverse(&no, sim.world.now(), busy);
            sim.world.touch(&no);
            answer
        });
        self.call("reverse", out_trade_no, None, act).await
    }

    async fn refund(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let wanted = ask.clone();
        let act: Act<RefundStanding> = Box::new(move |sim, bank| {
            let key = key_of(&wanted.out_trade_no, wanted.channel_txn.as_deref());
            let refund = wanted.out_refund_no.as_str();
            let kind = manner(sim, bank, &wanted.out_trade_no);
            let answer = bank.books().refund(&key, refund, wanted.amount.value, sim.world.now(), kind);
            check_refund(sim, &bank.books(), &wanted, &answer);
            if answer == Ok(RefundStanding::Processing) {
                notices::refund(sim, bank, &key, refund);
            }
            answer
        });
        self.call("refund", &ask.out_trade_no, Some(RefundStanding::Strange("ODD".to_owned())), act).await
    }

    async fn refund_query(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let key = key_of(&ask.out_trade_no, ask.channel_txn.as_deref());
        let (no, refund) = (key, ask.out_refund_no.clone());
        let act: Act<RefundStanding> =
            Box::new(move |_, bank| Ok(bank.books().refund_standing(&no, &refund)));
        self.call("refund_query", &ask.out_trade_no, Some(RefundStanding::Strange("ODD".to_owned())), act)
            .await
    }

    async fn bill(&self, day: &str, _now: Millis) -> Result<Billing, Trouble> {
        let (account, day) = (self.account.clone(), day.to_owned());
        let act: Act<Billing> =
            Box::new(move |sim, bank| Ok(Billing::Ready(bank.bill(&sim.world, &account, &day))));
        self.call("bill", "", None, act).await
    }

    fn notification(&self, headers: &[(String, String)], body: &[u8], now: Millis) -> Result<Notice, Forged> {
        notices::read(&self.account, headers, body, now)
    }

    fn ack(&self) -> Ack {
        Ack { status: 200, content_type: "text/plain", body: "success".to_owned() }
    }

    fn nack(&self, why: &str) -> Ack {
        Ack { status: 400, content_type: "text/plain", body: why.to_owned() }
    }
}

/// Rule 7 at the bank: no number asks for another amount, and no refund asks for more than is left.
fn check_refund(sim: &Sim, books: &Books, ask: &RefundAsk, answer: &Result<RefundStanding, Trouble>) {
    let no = ask.out_trade_no.as_str();
    let visit = Some(books.visit_of(no));
    let key = key_of(no, ask.channel_txn.as_deref());
    if let Some(row) = books.trades.get(&key).and_then(|t| t.refunds.get(&ask.out_refund_no))
        && row.amount != ask.amount.value
    {
        sim.world.wrong(7, visit, format!("refund {} changed its amount", ask.out_refund_no));
    }
    if let Err(Trouble::Refused { code, .. }) = answer {
        let what = format!("refund {} of {no} was asked for and is impossible: {code}", ask.out_refund_no);
        sim.world.wrong(7, visit, what);
    }
}
