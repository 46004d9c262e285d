//! A payer's visit: an order, some tries to pay it, perhaps a change of mind, perhaps a refund. Every request may be lost and is repeated
//! under its key.

use std::sync::Arc;
use std::time::Duration;

use desk::rows::{FulfilmentState, Order, OrderState};
use desk::{NewOrder, Sale, Who, Whole};
use serde_json::json;
use store::Id;

use super::{refunds, tries};
use crate::dice::Dice;
use crate::plan::{MERCHANTS, TERMINALS};
use crate::shop::SCENE;
use crate::sim::{Sim, Write};

/// Who visits, and where.
pub(super) struct Visit {
    pub(super) sim: Arc<Sim>,
    pub(super) id: u32,
    pub(super) merchant: usize,
    /// 0 is the kiosk, 1 the counter.
    pub(super) place: usize,
    pub(super) who: Who,
    pub(super) terminal: Id,
    pub(super) amount: i64,
}

impl Visit {
    fn new(sim: &Arc<Sim>, id: u32, dice: &mut Dice) -> Visit {
        let index = |n: u64| usize::try_from(n).unwrap_or(0);
        let merchant = index(dice.below(MERCHANTS as u64));
        let place = index(dice.below(TERMINALS as u64));
        let shop = sim.shop(merchant);
        let amount = if dice.chance(20) { 0 } else { 50 * i64::try_from(dice.between(1, 400)).unwrap_or(1) };
        let (who, terminal) = (shop.who(), shop.terminals[place]);
        Visit { sim: sim.clone(), id, merchant, place, who, terminal, amount }
    }

    /// A write of this visit.
    pub(super) fn write<'a>(&self, what: &'static str, about: &'a str, key: String) -> Write<'a> {
        let merchant = self.who.merchant;
        Write { visit: self.id, merchant, what, about, key, tries: 8, until_answered: false }
    }

    /// Looks at the order; `None` when nobody answers.
    pub(super) async fn look(&self, order: Id) -> Option<Whole> {
        let who = self.who.clone();
        let look = |desk: desk::Desk| async move { desk.order(&who, order).await };
        let whole = self.sim.ask(self.id, "look", look, state).await?.ok()?;
        for attempt in &whole.attempts {
            self.sim.outside().hears(attempt.id, attempt.state.as_str());
        }
        Some(whole)
    }
}

/// What the trace says of an order.
fn state(whole: &Whole) -> String {
    let attempts: Vec<_> = whole.attempts.iter().map(|a| a.state.as_str().to_owned()).collect();
    let order = &whole.order;
    let state = order.state.as_str();
    format!(
        "order {} {state} paid {} refunded {} {}",
        order.id,
        order.paid,
        order.refunded,
        attempts.join(" ")
    )
}

/// Whether an order has come to an end.
fn is_over(order: &Order) -> bool {
    order.state != OrderState::Open
}

/// The whole visit.
pub(crate) async fn visit(sim: Arc<Sim>, id: u32, at: Duration) {
    sim.world.until(at).await;
    let mut dice = sim.world.dice("visit", u64::from(id));
    let visit = Visit::new(&sim, id, &mut dice);
    let Some(whole) = order(&visit, &mut dice).await else { return };
    let order = whole.order.id;
    sim.outside().orders.insert(order, (id, whole.order.due));
    if visit.amount > 0 {
        pay(&visit, &mut dice, order).await;
        if dice.chance(120) {
            close(&visit, order).await;
        }
    }
    let Some(whole) = follow(&visit, order).await else { return };
    device(&visit, &mut dice, &whole).await;
    if whole.order.paid > 0 && dice.chance(350) {
        refunds::ask(&visit, &mut dice, order, whole.order.paid).await;
    }
}

/// Makes the order, from a quote now and then.
async fn order(visit: &Visit, dice: &mut Dice) -> Option<Whole> {
    let mut request = json!({ "visit": visit.id, "amount": visit.amount });
    if dice.chance(80) {
        request["subject"] = json!(format!("s{}", dice.below(3)));
    }
    if dice.chance(200) {
        request["device"] = json!(true);
    }
    if dice.chance(30) && visit.amount > 0 {
        request["sold_out"] = json!(true);
    }
    if dice.chance(100) {
        request["minutes"] = json!(dice.between(1, 30));
    }
    let sale = Sale { scene: SCENE.to_owned(), site: None, terminal: Some(visit.terminal), request };
    let new = if dice.chance(150) {
        let about = visit.id.to_string();
        let write = visit.write("quote", &about, format!("v{}-quote", visit.id));
        let quote = |desk: desk::Desk, key: String| {
            let (who, sale) = (visit.who.clone(), sale.clone());
            async move { desk.quote(&who, &key, sale).await }
        };
        let quote = visit.sim.write(&write, quote, |q| q.id, |q| format!("quote {} {}", q.id, q.total)).await;
        NewOrder::Quote(quote?.ok()?.id)
    } else {
        NewOrder::Sale(sale)
    };
    let about = visit.id.to_string();
    let write = visit.write("order", &about, format!("v{}-order", visit.id));
    let make = |desk: desk::Desk, key: String| {
        let (who, new) = (visit.who.clone(), new.clone());
        async move { desk.create_order(&who, &key, new).await }
    };
    visit.sim.write(&write, make, |whole| whole.order.id, state).await?.ok()
}

/// Tries to pay, one way after another, until it is paid or patience is over.
async fn pay(visit: &Visit, dice: &mut Dice, order: Id) {
    for nth in 0..dice.between(1, 4) {
        tries::one(visit, dice, order, nth).await;
        let pause = if dice.chance(700) { dice.between(1, 15_000) } else { dice.between(1, 200_000) };
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let over = visit.look(order).await.is_none_or(|whole| is_over(&whole.order));
        if over || dice.chance(300) {
            return;
        }
    }
}

async fn close(visit: &Visit, order: Id) {
    let about = order.to_string();
    let write = visit.write("close", &about, format!("v{}-close", visit.id));
    let close = |desk: desk::Desk, key: String| {
        let who = visit.who.clone();
        async move { desk.close(&who, &key, order).await }
    };
    // A refusal (paid meanwhile) is part of life.
    let _ = visit.sim.write(&write, close, |whole| whole.order.id, state).await;
}

/// Follows the order to its end, as a terminal's screen does.
async fn follow(visit: &Visit, order: Id) -> Option<Whole> {
    let mut wait = 2;
    let mut last = None;
    for _ in 0..60 {
        if let Some(whole) = visit.look(order).await {
            let live = whole.attempts.iter().any(|a| matches!(a.state.as_str(), "pending" | "in_doubt"));
            if is_over(&whole.order) && !live {
                return Some(whole);
            }
            last = Some(whole);
        }
        tokio::time::sleep(Duration::from_secs(wait)).await;
        wait = (wait * 2).min(60);
    }
    last
}

/// The device does what it must, once, and says so until it is heard.
async fn device(visit: &Visit, dice: &mut Dice, whole: &Whole) {
    for row in whole.fulfilments.iter().filter(|f| f.state == FulfilmentState::Pending) {
        tokio::time::sleep(Duration::from_millis(dice.between(200, 8000))).await;
        let words = if dice.chance(150) { &[false, true][..] } else { &[true][..] };
        for (nth, done) in words.iter().copied().enumerate() {
            if done {
                *visit.sim.outside().handed.entry(row.id).or_default() += 1;
            }
            let (id, about) = (row.id, row.id.to_string());
            let mut write = visit.write("acknowledge", &about, format!("v{}-ack-{id}-{nth}", visit.id));
            write.tries = 200;
            let say = |desk: desk::Desk, key: String| {
                let who = visit.who.clone();
                async move { desk.acknowledge(&who, &key, id, done, None).await }
            };
            let told = |f: &desk::rows::Fulfilment| format!("fulfilment {} {}", f.id, f.state.as_str());
            // Taken back by a refund meanwhile: nothing to do.
            let _ = visit.sim.write(&write, say, |f| f.id, told).await;
        }
    }
}
