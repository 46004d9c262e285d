//! `saoma bench fill`: a database as large as a busy year leaves it. The rows are those of a sale in cash, with the ids and times of their place in the
//! past, written in large decisions; `verify` accepts them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use channels::cash;
use desk::NewOrder;
use desk::ledger::{AccountKey, Class};
use desk::problem::Refusal;
use desk::rows::{Account, Attempt, Done, Entry, Fulfilment, Order};
use futures_util::future::try_join_all;
use money::Currency;
use serde::Serialize;
use serde_json::json;
use store::{Clock as _, Id, IdMaker, Millis, Stop, View};

use super::load::{PRICE_FEN, fresh_key, tea};
use super::world::{self, Caller};
use super::{figures, lists};
use crate::cli::BenchFill;
use crate::logs;
use crate::out::{Failed, Out, Outcome, While as _};
use crate::platform::{Plan, Platform};
use crate::ports::SystemClock;

/// Orders of one merchant in one decision.
const CHUNK: u64 = 250;

/// Bits of an id below its milliseconds: a node that no process has, and a place within the sale.
const OWN_NODE: i64 = 1023 << 12;

/// What was done.
#[derive(Serialize)]
struct Summary {
    orders: u64,
    seconds: f64,
    per_second: f64,
}

/// A sale that was really made: what the others are copied from.
struct Model {
    caller: Caller,
    order: Order,
    attempt: Attempt,
    fulfilments: Vec<Fulfilment>,
}

/// Where in time the copies lie.
#[derive(Clone, Copy)]
struct Span {
    from: Millis,
    step_micros: u64,
}

impl Span {
    fn at(self, number: u64) -> Millis {
        self.from.plus(Duration::from_micros(number * self.step_micros))
    }
}

/// Fills, then measures the lists.
pub(super) async fn run(args: BenchFill) -> Outcome {
    logs::start("error", false);
    let out = Out::new(args.json);
    let platform = Platform::open(&Plan::new(&args.database)).await?;
    let began = Instant::now();
    if args.orders > 0 {
        fill(&platform, &args, out).await?;
    }
    platform.desk.catch_up().await.during("sealing")?;
    let seconds = began.elapsed().as_secs_f64();
    lists::measure(platform, out).await?;
    let summary = Summary {
        orders: args.orders,
        seconds: figures::round(seconds, 10.0),
        per_second: figures::round(args.orders as f64 / seconds, 1.0),
    };
    let text = format!("{} orders in {seconds:.1} s", args.orders);
    out.summary(&summary, text);
    Ok(())
}

async fn fill(platform: &Platform, args: &BenchFill, out: Out) -> Outcome {
    let world = world::set_up(platform, args.merchants, args.merchants).await?;
    let mut models = Vec::new();
    for caller in world {
        models.push(std::sync::Arc::new(model(platform, caller).await?));
    }
    let long = Duration::from_secs(args.days.max(1) * 24 * 3600);
    let step_micros = u64::try_from(long.as_micros()).unwrap_or(u64::MAX) / args.orders.max(1);
    if step_micros < 1000 {
        return Err(Failed::call(
            "--days: more than an order a millisecond has no place in the ids; name more days",
        ));
    }
    let span = Span { from: SystemClock.now().minus(long), step_micros };
    let (models_count, mut next, mut told) = (models.len(), 0, 0);
    while next < args.orders {
        let end = (next + CHUNK * models_count as u64).min(args.orders);
        let chunk = models.iter().enumerate().map(|(place, model)| {
            let (first, merchant) = (next + place as u64, model.caller.who.merchant);
            let model = model.clone();
            let numbers = move || (first..end).step_by(models_count);
            platform.desk.decide(merchant, move |view| copy(view, &model, span, numbers()))
        });
        try_join_all(chunk).await.during("filling")?;
        next = end;
        if next * 20 / args.orders > told {
            told = next * 20 / args.orders;
            out.progress(format_args!("{next} orders"));
            platform.desk.catch_up().await.during("sealing")?;
        }
    }
    Ok(())
}

async fn model(platform: &Platform, caller: Caller) -> Outcome<Model> {
    let desk = &platform.desk;
    let (sale, ask) = tea(&caller);
    let made = desk.create_order(&caller.who, &fresh_key(), NewOrder::Sale(sale)).await.during("an order")?;
    let id = made.order.id;
    desk.attempt(&caller.who, &fresh_key(), id, ask).await.during("a payment")?;
    let desk::Whole { order, mut attempts, fulfilments, .. } =
        desk.order(&caller.who, id).await.during("reading an order")?;
    let attempt = attempts.pop().ok_or_else(|| Failed::call("a sale without a payment"))?;
    Ok(Model { caller, order, attempt, fulfilments })
}

/// Writes copies of a sale, in the order of their time, and books them.
fn copy(
    view: &mut View,
    model: &Model,
    span: Span,
    numbers: impl Iterator<Item = u64>,
) -> Result<(), Stop<Refusal>> {
    let Caller { site, terminal, .. } = model.caller;
    let drawer = AccountKey::new(terminal, Class::Drawer, Currency::CNY);
    let takings = AccountKey::new(site, Class::Takings, Currency::CNY);
    cash::read(view, terminal, Currency::CNY)?;
    view.want::<Account>((site, takings.stored_class()));
    let mut holds = view.need::<Account, Refusal>((terminal, drawer.stored_class()))?;
    let mut earned = view.need::<Account, Refusal>((site, takings.stored_class()))?;
    let mut count = 0;
    for number in numbers {
        let order = one(view, model, span.at(number), number);
        for (place, key, amount) in [(11, drawer, PRICE_FEN), (12, takings, -PRICE_FEN)] {
            view.log(Entry {
                owner: key.owner,
                class: key.stored_class(),
                id: own_id(order.created_at, place),
                movement: own_id(order.created_at, 10),
                amount,
                cause: "payment".to_owned(),
                subject: order.id,
                at: order.created_at,
                business_date: order.business_date.clone(),
            });
        }
        count += 1;
    }
    holds.balance += count * PRICE_FEN;
    earned.balance -= count * PRICE_FEN;
    holds.entries += count;
    earned.entries += count;
    view.put(holds);
    view.put(earned);
    let taken = cash::pieces::usual(PRICE_FEN, Currency::CNY).unwrap_or_default();
    let pieces: BTreeMap<i64, i64> =
        taken.into_iter().map(|(value, pieces)| (value, pieces * count)).collect();
    cash::fill(view, terminal, Currency::CNY, &pieces)?;
    Ok(())
}

/// One sale: its rows, its keys and its events.
fn one(view: &mut View, model: &Model, at: Millis, number: u64) -> Order {
    let (id, attempt_id, paid_at) = (own_id(at, 0), own_id(at, 1), at.plus(Duration::from_secs(1)));
    // The sites of a bench keep the time of Shanghai, and their day begins at midnight.
    let day = at.plus(Duration::from_secs(8 * 3600)).to_string()[..10].to_owned();
    let order = Order {
        id,
        secret: view.bytes(16),
        business_date: day.clone(),
        created_at: at,
        expires_at: at.plus(Duration::from_secs(900)),
        kept: Some(attempt_id),
        paid_at: Some(paid_at),
        ..model.order.clone()
    };
    view.add(order.clone());
    view.add(Attempt {
        id: attempt_id,
        order: id,
        out_trade_no: attempt_id.to_string(),
        channel_txn: Some(attempt_id.to_string()),
        created_at: at,
        expires_at: order.expires_at,
        paid_at: Some(paid_at),
        ended_at: Some(paid_at),
        business_date: Some(day),
        ..model.attempt.clone()
    });
    for (place, given) in model.fulfilments.iter().enumerate() {
        let id = own_id(at, 2 + place as i64);
        view.add(Fulfilment {
            id,
            order: order.id,
            created_at: paid_at,
            done_at: Some(paid_at),
            ..given.clone()
        });
    }
    for (place, made) in [(0, id), (1, attempt_id)] {
        let spread = (number * 2 + place).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let input = view.bytes(32);
        view.add(Done { name: format!("{spread:016x}-fill-{}", at.0), input, made, created_at: at });
    }
    view.emit("order.created", id, json!({"version": 1}));
    let paid = json!({"attempt": attempt_id, "state": order.state.as_str(), "version": order.version});
    view.emit("order.paid", id, paid);
    order
}

/// An id of a moment that no process makes.
fn own_id(at: Millis, place: i64) -> Id {
    Id(IdMaker::first_at(at).0 | OWN_NODE | place)
}
