//! The nodes: processes of the platform on one database that crash, come back, and are stopped kindly.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use desk::channel::Channel;
use desk::{Desk, MIGRATIONS, Parts, Sealer, Settings, Working};
use store::{Db, Options};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::bank::SimRemote;
use crate::partners::SimPost;
use crate::shop::Shop;
use crate::sim::Sim;
use crate::world::{NodeClock, NodeRandom, World};

/// The key under which the platform seals its events.
pub(crate) const SEAL_KEY: [u8; 32] = [7; 32];

/// So few that a day's idempotency keys are spread over many eras.
const KEYS_PER_ERA: i64 = 16;

/// One life of a process: from its start to its death.
pub(crate) struct Life {
    pub(crate) node: usize,
    alive: AtomicBool,
    died: watch::Sender<bool>,
}

impl Life {
    pub(crate) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Relaxed)
    }

    /// Waits for its death.
    pub(crate) async fn death(&self) {
        let mut died = self.died.subscribe();
        let _ = died.wait_for(|dead| *dead).await; // an error means that it is gone too
    }
}

/// A process that runs.
struct Running {
    life: Arc<Life>,
    desk: Desk,
    db: Db,
    working: Option<Working>,
    hooks: Hooks,
}

/// The posting of webhooks.
struct Hooks {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Drop for Hooks {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A machine on which a process runs or will run again.
pub(crate) struct Node {
    pub(crate) clock: Arc<NodeClock>,
    running: Mutex<Option<Running>>,
    lives: Mutex<u64>,
}

/// All nodes.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
    url: String,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Schedules a little coarser than the defaults where only idle looking is meant: a day has 86,400 seconds.
fn settings() -> Settings {
    Settings {
        base_url: "http://saoma".to_owned(),
        expire_every: Duration::from_secs(60),
        seal_every: Duration::from_secs(1800),
        job_poll: Duration::from_secs(20),
        refund_polls: [2, 5, 15, 60, 300].map(Duration::from_secs).to_vec(),
        refund_patience: Duration::from_secs(2 * 3600),
        webhook_look: Duration::from_secs(120),
        ..Settings::default()
    }
}

impl Cluster {
    /// Machines on the database `url`, none running yet.
    pub(crate) fn new(world: &Arc<World>, url: &str) -> Cluster {
        let node = |number| Node {
            clock: Arc::new(NodeClock::new(world.clone(), number)),
            running: Mutex::default(),
            lives: Mutex::default(),
        };
        Cluster { nodes: (0..world.plan.nodes).map(node).collect(), url: url.to_owned() }
    }

    /// Starts a node that does not run.
    pub(crate) async fn start(&self, sim: &Arc<Sim>, number: usize) -> Result<(), String> {
        let node = &self.nodes[number];
        let nth = {
            let mut lives = locked(&node.lives);
            *lives += 1;
            *lives
        };
        let random = |what| Arc::new(NodeRandom::new(sim.world.dice(what, (number as u64) << 32 | nth)));
        let mut options = Options::new(self.url.as_str(), node.clock.clone(), random("store"));
        options.node = u16::try_from(number).unwrap_or(0);
        options.keys_per_era = KEYS_PER_ERA;
        let db = Db::open(&options).map_err(|e| e.to_string())?;
        db.migrate(&[MIGRATIONS, channels::cash::MIGRATIONS]).await.map_err(|e| e.to_string())?;
        let life =
            Arc::new(Life { node: number, alive: AtomicBool::new(true), died: watch::Sender::new(false) });
        let remote = |bank: usize| {
            let sim: Weak<Sim> = Arc::downgrade(sim);
            let facts = crate::bank::Bank::new(bank).facts;
            Channel::Remote(Arc::new(SimRemote { facts, bank, sim, life: life.clone() }))
        };
        let desk = Desk::new(Parts {
            db: db.clone(),
            scenes: vec![Arc::new(Shop)],
            channels: vec![remote(0), remote(1), Channel::Value(Arc::new(channels::cash::Cash))],
            settings: settings(),
            clock: node.clock.clone(),
            random: random("desk"),
            sealer: Sealer::from_seed(&SEAL_KEY),
        });
        let working = Some(desk.work());
        let (stop, stopped) = watch::channel(false);
        let network = Arc::new(SimPost { sim: Arc::downgrade(sim), life: life.clone() });
        let posting = desk.clone();
        let task = tokio::spawn(async move { posting.post_events(network, stopped).await });
        let hooks = Hooks { stop, task };
        *locked(&node.running) = Some(Running { life, desk, db, working, hooks });
        sim.world.note(None, &format!("node {number} starts, life {nth}"));
        Ok(())
    }

    /// A process stops where it stands: what it was about to write or to send is never written or sent.
    pub(crate) async fn crash(&self, world: &World, number: usize) {
        self.nodes[number].clock.put_out();
        let Some(running) = locked(&self.nodes[number].running).take() else { return };
        running.life.alive.store(false, Ordering::Relaxed);
        running.db.close().await;
        running.life.died.send_replace(true);
        world.note(None, &format!("node {number} crashes"));
    }

    /// A process is stopped in order: what runs ends first.
    pub(crate) async fn stop(&self, world: &World, number: usize) {
        let working = locked(&self.nodes[number].running).as_mut().and_then(|r| {
            r.hooks.stop.send_replace(true);
            r.working.take()
        });
        world.note(None, &format!("node {number} is being stopped"));
        if let Some(working) = working {
            working.stop().await;
        }
        self.crash(world, number).await;
    }

    /// Whether a node runs and takes requests.
    pub(crate) fn is_up(&self, number: usize) -> bool {
        locked(&self.nodes[number].running).as_ref().is_some_and(|r| r.working.is_some())
    }

    /// A desk to talk to: the wished one, or another that runs.
    pub(crate) fn desk(&self, wish: u64) -> Option<(Desk, Arc<Life>)> {
        let up: Vec<usize> = (0..self.nodes.len()).filter(|n| self.is_up(*n)).collect();
        let at = *up.get(usize::try_from(wish % up.len().max(1) as u64).unwrap_or(0))?;
        let running = locked(&self.nodes[at].running);
        running.as_ref().map(|r| (r.desk.clone(), r.life.clone()))
    }

    /// Whether a node has no process at all.
    pub(crate) fn is_down(&self, number: usize) -> bool {
        locked(&self.nodes[number].running).is_none()
    }

    /// Lets go of everything, so that no life outlasts its day.
    pub(crate) fn clear(&self) {
        for node in &self.nodes {
            locked(&node.running).take();
        }
    }
}
