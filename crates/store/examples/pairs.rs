//! How many payments a second the store takes: each is created and settled, two decisions, both durably answered.
//!
//! `cargo run --release -p store --features testing --example pairs -- URL [callers] [merchants] [seconds] [group limit]
//! [writers]`. The figures are of the machine it runs on; the callers run beside the database.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, unreachable_pub)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use store::testing::SeededRandom;
use store::{Clock, Db, Id, Merchant, Migration, Millis, NotFound, Options, Stop, View};

store::rows! {
    pub struct Order in b_orders { key { id: Id } fixed { site: Id, due: i64, created_at: Millis } fields { state: String, paid: i64 } }
    pub struct Attempt in b_attempts { key { id: Id } fixed { order: Id, channel: String, amount: i64 } fields { state: String } }
    pub struct Done in b_done { key { name: String } fixed { made: Id, input: Vec<u8> } }
    pub struct Account in b_accounts { key { owner: Id, class: i64 } fields { balance: i64, entries: i64 } }
}

store::log_rows! {
    pub struct Entry in b_entries { key { owner: Id, class: i64, id: Id } fixed { movement: Id, amount: i64, at: Millis } }
}

const MIGRATIONS: &[Migration] = &[Migration {
    room: "bench",
    number: 1,
    sql: "
create table b_orders (id bigint not null, merchant bigint not null, site bigint not null, due bigint not null,
  created_at bigint not null, state text not null, paid bigint not null, primary key (id, merchant)){clustered};
create table b_attempts (id bigint not null, merchant bigint not null, \"order\" bigint not null, channel text not null,
  amount bigint not null, state text not null, primary key (id, merchant)){clustered};
create table b_done (name text not null, merchant bigint not null, made bigint not null, input {bytes} not null,
  primary key (name, merchant)){clustered};
create table b_accounts (owner bigint not null, class bigint not null, merchant bigint not null, balance bigint not null,
  entries bigint not null, primary key (owner, class, merchant)){clustered};
create table b_entries (owner bigint not null, class bigint not null, id bigint not null, merchant bigint not null,
  movement bigint not null, amount bigint not null, at bigint not null,
  primary key (merchant, owner, class, id)){clustered};
",
}];

struct Wall;

impl Clock for Wall {
    fn now(&self) -> Millis {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Millis(i64::try_from(since.as_millis()).unwrap())
    }
}

fn create(view: &mut View, key: &str) -> Result<(Id, Id), Stop<NotFound>> {
    if let Some(done) = view.get::<Done>(key.to_owned())? {
        return Ok((done.made, done.made));
    }
    let (order, attempt, now) = (view.id(), view.id(), view.now());
    view.add(Order { id: order, site: Id(1), due: 700, created_at: now, state: "open".into(), paid: 0 });
    view.add(Attempt { id: attempt, order, channel: "wechat".into(), amount: 700, state: "pending".into() });
    view.add(Done { name: key.to_owned(), made: order, input: vec![7; 32] });
    view.emit("order.created", order, serde_json::json!({ "version": 1 }));
    Ok((order, attempt))
}

fn post(view: &mut View, owner: Id, movement: Id, amount: i64) -> Result<(), Stop<NotFound>> {
    let mut account =
        view.get::<Account>((owner, 1))?.unwrap_or(Account { owner, class: 1, balance: 0, entries: 0 });
    account.balance += amount;
    account.entries += 1;
    view.put(account);
    let (id, at) = (view.id(), view.now());
    view.log(Entry { owner, class: 1, id, movement, amount, at });
    Ok(())
}

fn settle(view: &mut View, order: Id, attempt: Id, sites: i64) -> Result<(), Stop<NotFound>> {
    let side = Id(100 + attempt.0 % sites);
    view.want::<Order>(order);
    view.want::<Account>((Id(1), 1));
    view.want::<Account>((side, 1));
    let mut attempt = view.need::<Attempt, NotFound>(attempt)?;
    let mut order = view.need::<Order, NotFound>(order)?;
    attempt.state = "succeeded".into();
    order.state = "paid".into();
    order.paid = attempt.amount;
    post(view, Id(1), attempt.id, attempt.amount)?;
    post(view, side, attempt.id, -attempt.amount)?;
    view.emit("order.paid", order.id, serde_json::json!({ "version": 2 }));
    view.put(attempt);
    view.put(order);
    Ok(())
}

async fn caller(
    db: Db,
    stop: Arc<AtomicBool>,
    count: Arc<AtomicU64>,
    merchants: u64,
    random: SeededRandom,
) -> Vec<u32> {
    let mut times = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let merchant = Merchant(Id(1 + i64::try_from(random.number() % merchants).unwrap()));
        let key = format!("{:016x}{:016x}", random.number(), random.number());
        let Ok((order, attempt)) = db.decide(merchant, move |view| create(view, &key)).await else {
            continue;
        };
        let began = Instant::now();
        if db.decide(merchant, move |view| settle(view, order, attempt, 100)).await.is_ok() {
            count.fetch_add(1, Ordering::Relaxed);
            times.push(u32::try_from(began.elapsed().as_micros()).unwrap());
        }
    }
    times
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, usual: u64| args.get(at).map_or(usual, |text| text.parse().unwrap());
    let (callers, merchants, seconds) = (number(1, 256), number(2, 20), number(3, 3));
    let random = SeededRandom::new(u64::from(std::process::id()));
    let mut options = Options::new(&args[0], Arc::new(Wall), Arc::new(SeededRandom::new(random.number())));
    options.group_limit = usize::try_from(number(4, 512)).unwrap();
    options.writers = usize::try_from(number(5, 2)).unwrap();
    let db = Db::open(&options).unwrap();
    db.migrate(&[MIGRATIONS]).await.unwrap();
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let random = SeededRandom::new(random.number());
            tokio::spawn(caller(db.clone(), stop.clone(), count.clone(), merchants, random))
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (began, before) = (Instant::now(), count.load(Ordering::Relaxed));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let pairs = (count.load(Ordering::Relaxed) - before) as f64 / began.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    times.sort_unstable();
    let at = |part: usize| f64::from(times[times.len() * part / 100]) / 1000.0;
    println!("{pairs:.0} pairs/s, settle p50 {:.1} ms, p99 {:.1} ms, {} in all", at(50), at(99), times.len());
    db.close().await;
}
