//! A simulated day in motion: its world, banks, nodes and auditor, and the door through which everybody talks to the platform.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use desk::problem::Refusal;
use desk::rows::Role;
use desk::{Actor, Desk, Who};
use store::{Id, Merchant};

use crate::audit::Auditor;
use crate::bank::Bank;
use crate::node::Cluster;
use crate::outside::Outside;
use crate::partners::Partner;
use crate::sabotage::{self, Break};
use crate::world::{Fate, PATIENCE, World};

/// A merchant as the outside world knows it.
#[derive(Clone, Debug)]
pub(crate) struct Shopkeeper {
    pub(crate) merchant: Merchant,
    pub(crate) site: Id,
    /// The kiosk and the counter.
    pub(crate) terminals: Vec<Id>,
}

impl Shopkeeper {
    /// Somebody of this merchant who may do everything.
    pub(crate) fn who(&self) -> Who {
        Who { merchant: self.merchant, role: Role::Owner, actor: Actor::Key(Id(1)) }
    }
}

/// Everything of a day.
pub(crate) struct Sim {
    pub(crate) world: Arc<World>,
    pub(crate) banks: [Arc<Bank>; 2],
    pub(crate) cluster: Cluster,
    pub(crate) auditor: Auditor,
    pub(crate) sabotage: Option<Break>,
    shops: Mutex<Vec<Shopkeeper>>,
    outside: Mutex<Outside>,
    partners: Mutex<Vec<Partner>>,
    /// A person stands at each drawer: one thing after the other.
    pub(crate) drawers: BTreeMap<(usize, usize), tokio::sync::Mutex<()>>,
}

impl Sim {
    pub(crate) fn new(world: Arc<World>, cluster: Cluster, auditor: Auditor, sabotage: Option<Break>) -> Sim {
        let places =
            (0..crate::plan::MERCHANTS).flat_map(|m| (0..crate::plan::TERMINALS).map(move |t| (m, t)));
        Sim {
            world,
            banks: [Arc::new(Bank::new(0)), Arc::new(Bank::new(1))],
            cluster,
            auditor,
            sabotage,
            shops: Mutex::default(),
            outside: Mutex::default(),
            partners: Mutex::default(),
            drawers: places.map(|place| (place, tokio::sync::Mutex::new(()))).collect(),
        }
    }

    /// What the outside world knows.
    pub(crate) fn outside(&self) -> MutexGuard<'_, Outside> {
        self.outside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The partner systems.
    pub(crate) fn partners(&self) -> MutexGuard<'_, Vec<Partner>> {
        self.partners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A merchant, by number.
    pub(crate) fn shop(&self, merchant: usize) -> Shopkeeper {
        self.shops.lock().unwrap_or_else(PoisonError::into_inner)[merchant].clone()
    }

    /// All merchants.
    pub(crate) fn shops(&self) -> Vec<Shopkeeper> {
        self.shops.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn open_shop(&self, shop: Shopkeeper) {
        self.shops.lock().unwrap_or_else(PoisonError::into_inner).push(shop);
    }

    /// The days of the calendar since the morning.
    pub(crate) fn days(&self) -> Vec<String> {
        let (from, to) = (self.world.plan.start.0, self.world.now().0);
        let mut days: Vec<String> =
            (from..to).step_by(3_600_000).chain([to]).map(|at| crate::audit::day(at, 0)).collect();
        days.dedup();
        days
    }

    /// The auditor looks.
    pub(crate) async fn audit(&self, after: &str) {
        self.auditor.look(self, after).await;
    }

    /// Asks the platform once. `None` when no answer came, whatever happened.
    pub(crate) async fn ask<T, Fut>(
        &self,
        visit: u32,
        what: &str,
        run: impl FnOnce(Desk) -> Fut,
        say: impl Fn(&T) -> String,
    ) -> Option<Result<T, Refusal>>
    where
        Fut: Future<Output = Result<T, Refusal>>,
    {
        let fate = self.world.door_fate(visit);
        let wish = self.world.next_dice(visit, "node").number();
        let (there, limit, heard) = match fate {
            Fate::Fine { there, .. } => (there, None, true),
            Fate::LostAfter { there } => (there, None, false),
            Fate::Late { there } => (Duration::from_millis(1), Some(there), false),
            _ => {
                self.world.note(Some(visit), &format!("{what}: not reached"));
                tokio::time::sleep(Duration::from_secs(2)).await;
                return None;
            }
        };
        tokio::time::sleep(there).await;
        let Some((desk, life)) = self.cluster.desk(wish) else {
            self.world.note(Some(visit), &format!("{what}: no node"));
            tokio::time::sleep(Duration::from_secs(2)).await;
            return None;
        };
        let node = life.node;
        let limit = tokio::time::sleep(limit.unwrap_or(PATIENCE * 6));
        let answer = tokio::select! {
            biased;
            () = life.death() => None,
            answer = run(desk.clone()) => Some(answer),
            () = limit => None,
        };
        let told = match &answer {
            None => "no answer".to_owned(),
            Some(Ok(answer)) => say(answer),
            Some(Err(refusal)) => format!("refused {}", refusal.code()),
        };
        let heard_word = if heard { "" } else { " (nobody hears it)" };
        self.world.note(Some(visit), &format!("n{node} {what}: {told}{heard_word}"));
        if let Some(Err(refusal)) = &answer
            && matches!(refusal.code(), "busy" | "unknown_outcome")
        {
            self.world.wrong(10, Some(visit), format!("{what} was answered {refusal}"));
        }
        sabotage::after_call(self, visit, &desk).await;
        self.audit(what).await;
        if !heard {
            return None;
        }
        if let Fate::Fine { back, .. } = fate {
            tokio::time::sleep(back).await;
        }
        answer
    }

    /// A write under one key, repeated until it is answered, at most `tries` times. Rule 8 is checked on what it makes.
    pub(crate) async fn write<T, Fut>(
        &self,
        write: &Write<'_>,
        run: impl Fn(Desk, String) -> Fut,
        made: impl Fn(&T) -> Id,
        say: impl Fn(&T) -> String,
    ) -> Option<Result<T, Refusal>>
    where
        Fut: Future<Output = Result<T, Refusal>>,
    {
        let (visit, merchant) = (write.visit, write.merchant);
        self.outside().sent(write.what, write.about, &write.key);
        let mut dice = self.world.next_dice(visit, "repeat");
        let again = dice.chance(60); // somebody presses twice
        let mut tries = 0_u32;
        let mut last = None;
        loop {
            tries += 1;
            let key = match self.sabotage {
                Some(Break::DropIdempotency) => format!("{}~{}", write.key, tries),
                _ => write.key.clone(),
            };
            let what = format!("{} {}", write.what, write.key);
            if let Some(answer) = self.ask(visit, &what, |desk| run(desk, key), &say).await {
                if let Ok(answer) = &answer {
                    let before = self.outside().made(merchant, &write.key, made(answer));
                    if let Some(before) = before {
                        let now = made(answer);
                        self.world.wrong(8, Some(visit), format!("{what} made {before}, then {now}"));
                    }
                }
                if !again || tries > 1 {
                    return Some(answer);
                }
                last = Some(answer);
            }
            if tries >= write.tries && !(write.until_answered && last.is_none()) {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(dice.between(50, 5000))).await;
        }
    }

    /// A callback reaches the platform. The status it answers; 0 when it does not arrive.
    pub(crate) async fn deliver(
        &self,
        bank: usize,
        visit: u32,
        url: &str,
        headers: &[(String, String)],
        body: &[u8],
        what: &str,
    ) -> u16 {
        let wish = self.world.next_dice(visit, "notice node").number();
        let Some((desk, life)) = self.cluster.desk(wish) else { return 0 };
        let account = url.rsplit('/').next().unwrap_or_default();
        let channel = crate::bank::CODES[bank];
        let status = tokio::select! {
            biased;
            () = life.death() => 0,
            ack = desk.notification(channel, account, headers, body) => ack.status,
        };
        let text = String::from_utf8_lossy(body).into_owned();
        self.world.note(Some(visit), &format!("n{} {what} {channel} {text}: {status}", life.node));
        self.audit(what).await;
        status
    }
}

/// A write: who, what, under which key, and how stubbornly.
pub(crate) struct Write<'a> {
    pub(crate) visit: u32,
    pub(crate) merchant: Merchant,
    /// `order`, `attempt`, `refund` …
    pub(crate) what: &'static str,
    /// What it is about: the order, or nothing yet.
    pub(crate) about: &'a str,
    pub(crate) key: String,
    pub(crate) tries: u32,
    /// Goes on until there is an answer: where cash lies on the table.
    pub(crate) until_answered: bool,
}
