//! A whole day: the morning's set-up, everybody's tasks, the calm after closing time, and the evening's last look.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use desk::{NewChannel, NewSite, NewTerminal};
use money::Currency;
use serde_json::json;
use store::{Clock, Db, Millis, Options};

use crate::actors::{follower, forger, operator, partner, payer, weather};
use crate::audit::{Auditor, CUT_OFF_MINUTES};
use crate::node::Cluster;
use crate::plan::{Ask, Kind, MERCHANTS, Plan};
use crate::sim::{Shopkeeper, Sim};
use crate::world::{Finding, NodeRandom, World};

/// What came of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// The first rule that did not hold, if one did not.
    pub finding: Option<Finding>,
    /// A hash over everything that crossed the platform's edge: the same for the same seed.
    pub trace_hash: u64,
    /// Lines of the trace.
    pub steps: u64,
    /// Looks of the auditor.
    pub looks: u64,
    /// Orders made.
    pub orders: usize,
    /// Attempts made.
    pub attempts: usize,
    /// Items of the plan that took part.
    pub items: Vec<u32>,
    /// The trace: all of it where that was asked for, that of the visit concerned when something was found, else nothing.
    pub history: Vec<String>,
}

/// How long after closing time everything must have come to rest.
const REST_WITHIN: Duration = Duration::from_secs(40 * 3600);

/// The true time, for the auditor's own look at the database.
struct TrueClock(Arc<World>);

impl Clock for TrueClock {
    fn now(&self) -> Millis {
        self.0.now()
    }
}

/// Runs a day on a runtime of its own, whose clock moves only when everybody waits.
///
/// # Panics
/// When the system gives no runtime.
pub fn run(ask: &Ask) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime without a thread can always be had");
    // The platform's log would drown the trace.
    let quiet = tracing::subscriber::set_default(tracing::subscriber::NoSubscriber::default());
    let outcome = runtime.block_on(day(ask));
    drop(quiet);
    outcome
}

/// Every database in memory has a name of its own in the process.
fn fresh_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("memory:day-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

async fn day(ask: &Ask) -> Outcome {
    let plan = Plan::of(ask);
    let items: Vec<u32> = plan.items.iter().map(|i| i.id).collect();
    let world = Arc::new(World::new(plan));
    let url = fresh_name();
    let mut options = Options::new(
        url.as_str(),
        Arc::new(TrueClock(world.clone())),
        Arc::new(NodeRandom::new(world.dice("auditor", 0))),
    );
    options.node = 1000;
    let db = match Db::open(&options) {
        Ok(db) => db,
        Err(why) => return nothing(ask, &world, items, &why.to_string()),
    };
    let auditor = Auditor::new(db);
    let sim = Arc::new(Sim::new(world.clone(), Cluster::new(&world, &url), auditor, ask.sabotage));
    if let Err(why) = morning(&sim).await {
        sim.cluster.clear();
        return nothing(ask, &world, items, &why);
    }
    tokio::select! {
        biased;
        () = world.found.notified() => {}
        () = live(&sim) => {}
    }
    let (looks, orders, attempts) = sim.auditor.counts().await;
    sim.cluster.clear();
    let finding = world.finding();
    let history = match &finding {
        _ if ask.trace => world.history(None),
        Some(finding) => world.history(finding.visit),
        None => Vec::new(),
    };
    let (trace_hash, steps) = world.hash();
    Outcome { seed: ask.seed, finding, trace_hash, steps, looks, orders, attempts, items, history }
}

fn nothing(ask: &Ask, world: &World, items: Vec<u32>, why: &str) -> Outcome {
    world.wrong(0, None, format!("the day does not begin: {why}"));
    let (trace_hash, steps) = world.hash();
    let finding = world.finding();
    Outcome {
        seed: ask.seed,
        finding,
        trace_hash,
        steps,
        looks: 0,
        orders: 0,
        attempts: 0,
        items,
        history: world.history(None),
    }
}

/// Opens the shops: merchants, sites, terminals and channel accounts.
async fn morning(sim: &Arc<Sim>) -> Result<(), String> {
    for node in 0..sim.cluster.nodes.len() {
        sim.cluster.start(sim, node).await?;
    }
    let (desk, _) = sim.cluster.desk(0).ok_or("no node runs")?;
    for (number, cut_off_minutes) in CUT_OFF_MINUTES.into_iter().enumerate().take(MERCHANTS) {
        let said = |e: desk::Refusal| e.to_string();
        let merchant = desk.create_merchant(&format!("Shop {number}"), Currency::CNY).await.map_err(said)?;
        let mut shop = Shopkeeper { merchant, site: store::Id(0), terminals: Vec::new() };
        let who = shop.who();
        let site =
            NewSite { name: format!("Site {number}"), zone: None, cut_off_minutes, address: String::new() };
        shop.site = desk.create_site(&who, site).await.map_err(said)?.id;
        for (kind, unattended) in [("kiosk", true), ("counter", false)] {
            let capabilities = ["shows_code", "scans_code", "takes_cash", "gives_change", "prints"];
            let new = NewTerminal {
                site: shop.site,
                name: kind.to_owned(),
                kind: kind.to_owned(),
                capabilities: capabilities.map(str::to_owned).to_vec(),
                unattended,
            };
            shop.terminals.push(desk.create_terminal(&who, new).await.map_err(said)?.id);
        }
        for channel in crate::bank::CODES {
            let settings = json!({ "account": format!("{channel}-{number}") });
            let new = NewChannel { channel: channel.to_owned(), name: channel.to_owned(), settings };
            desk.set_channel(&who, new).await.map_err(said)?;
        }
        sim.open_shop(shop);
    }
    partner::open_all(sim, &desk).await
}

/// Everybody lives through the day; then the weather clears, and what is still open comes to its end.
async fn live(sim: &Arc<Sim>) {
    for merchant in 0..MERCHANTS {
        tokio::spawn(operator::shifts(sim.clone(), merchant));
        tokio::spawn(operator::mend(sim.clone(), merchant));
        tokio::spawn(follower::follow(sim.clone(), merchant));
    }
    let mut visits = Vec::new();
    for item in sim.world.plan.items.clone() {
        match item.kind {
            Kind::Visit => visits.push(tokio::spawn(payer::visit(sim.clone(), item.id, item.at))),
            Kind::Forger => drop(tokio::spawn(forger::forge(sim.clone(), item.id, item.at))),
            _ => drop(tokio::spawn(weather::happen(sim.clone(), item))),
        }
    }
    sim.world.until(sim.world.plan.lasts + Duration::from_secs(300)).await;
    clear_up(sim).await;
    // Some bring their goods back long after, and that is to be in the bills.
    for visit in visits {
        if tokio::time::timeout(REST_WITHIN, visit).await.is_err() {
            sim.world.wrong(0, None, "somebody never leaves the shop");
        }
    }
    rest(sim).await;
    // Twice: what only a bill told of flows back, and stands in the next.
    for _ in 0..2 {
        operator::reconcile(sim).await;
        rest(sim).await;
    }
    if partner::cure(sim).await {
        rest(sim).await;
    }
    // The last seal.
    tokio::time::sleep(Duration::from_secs(2 * 1800 + 60)).await;
    for merchant in 0..MERCHANTS {
        follower::read_all(sim, merchant).await;
    }
    if let Err(error) = sim.auditor.close_the_day(sim).await {
        sim.world.wrong(0, None, format!("the auditor cannot read: {error}"));
    }
    verify(sim).await;
}

/// The platform's own walk over its rows (`saoma verify`) finds nothing either.
async fn verify(sim: &Arc<Sim>) {
    let key = Some(desk::Sealer::from_seed(&crate::node::SEAL_KEY).public_key());
    match desk::verify::walk(sim.auditor.db(), key, |_| ()).await {
        Ok(walk) => {
            if let Some(found) = walk.findings.first() {
                sim.world.wrong(found.rule, None, format!("verify: {} {}", found.subject, found.what));
            }
        }
        Err(error) => sim.world.wrong(0, None, format!("verify cannot read: {error}")),
    }
}

/// Nothing goes wrong any more, clocks are right, and every node runs.
async fn clear_up(sim: &Arc<Sim>) {
    sim.world.note(None, "the weather clears");
    sim.world.clear_up();
    for channel in 0..2 {
        sim.world.storm(channel, None);
    }
    sim.world.cut(false);
    sim.partners().iter_mut().for_each(|partner| partner.deaf = false);
    for node in 0..sim.cluster.nodes.len() {
        sim.cluster.nodes[node].clock.put_out();
        sim.cluster.nodes[node].clock.set_right();
        if sim.cluster.is_down(node)
            && let Err(why) = sim.cluster.start(sim, node).await
        {
            sim.world.wrong(11, None, format!("node {node} does not start again: {why}"));
        }
    }
}

/// Waits until nothing is left to do.
async fn rest(sim: &Arc<Sim>) {
    let last = sim.world.elapsed() + REST_WITHIN;
    while sim.world.elapsed() < last {
        tokio::time::sleep(Duration::from_secs(600)).await;
        sim.audit("rest").await;
        if let Ok(None) = sim.auditor.at_rest().await {
            break;
        }
    }
}
