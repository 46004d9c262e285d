//! The writers of a PostgreSQL database: form groups, lock their merchants, see each through.

use std::collections::HashSet;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;

use super::group::{self, Failed};
use super::session::{Session, Trouble};
use super::tls::Target;
use crate::changes::Hub;
use crate::decision::{End, Ticket, panic_text};
use crate::dialect::{self, Lock};
use crate::group::Group;
use crate::queue::{Batch, Queue};
use crate::value::Merchant;
use crate::view::Tools;
use crate::watch::Watch;

/// After a merchant was held for long, so many groups leave out who is held; then one waits for all, so that none is passed over for ever.
const LEAVE_OUT: u32 = 8;
/// A group that met nothing but bad luck is tried so often.
const TRIES: u32 = 6;
/// Whoever waits while the database is away is told to come back after so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// How groups are formed and locked: a policy of the engine, not of the code above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Groups over merchants. Another node's group is waited for, a moment: what follows it is as large as it was. Whose merchant is held
    /// for longer (its node may be dead) waits for a later group.
    Groups,
    /// A group is of one merchant.
    MerchantPerGroup,
    /// A transaction a decision; each waits for its merchant.
    Single,
}

/// What the writers share.
pub(crate) struct Crew {
    pub(crate) target: Target,
    pub(crate) tools: Arc<Tools>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) node: u16,
    pub(crate) policy: Policy,
    /// Wrong, for the test that shows it.
    pub(crate) without_lock: bool,
    pub(crate) group_limit: usize,
    pub(crate) ids_upto: AtomicI64,
    pub(crate) news: tokio::sync::mpsc::UnboundedSender<(Merchant, i64)>,
}

/// What whoever watches over a writer needs to know.
pub(crate) struct Hand {
    pub(crate) watch: Watch,
    /// Every decision the writer holds; those of the running group first.
    pub(crate) tickets: Mutex<Vec<Arc<Ticket>>>,
    /// The server's process behind the writer's connection, where the server names it.
    pub(crate) backend: Mutex<Option<i32>>,
}

impl Hand {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Hand { watch: Watch::new(), tickets: Mutex::default(), backend: Mutex::default() })
    }
}

pub(crate) struct Writer {
    crew: Arc<Crew>,
    queue: Arc<Queue<Infallible>>,
    hand: Arc<Hand>,
    session: Option<Session>,
    /// Merchants that have their row for the lock.
    known: HashSet<Merchant>,
    deferred: Vec<Arc<Ticket>>,
    /// How many groups still leave out who is held by somebody else.
    leave_out: u32,
}

/// How one attempt at a group ended, when not with answers.
enum Rest {
    Done,
    Stale,
    /// The same again, after a moment.
    Again(Vec<Arc<Ticket>>, String),
    /// Halve it.
    Fault(Group, End),
    /// All of it fails.
    Fail(Group, End),
}

impl Writer {
    pub(crate) fn new(crew: Arc<Crew>, queue: Arc<Queue<Infallible>>, hand: Arc<Hand>) -> Self {
        Writer { crew, queue, hand, session: None, known: HashSet::new(), deferred: Vec::new(), leave_out: 0 }
    }

    /// Works until the queue is closed and empty, or the writer is given up.
    pub(crate) async fn run(mut self) {
        while let Some(tickets) = self.next_group().await {
            self.see_through(tickets).await;
            if self.hand.watch.is_stale() {
                return;
            }
        }
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }

    /// Those that had to wait go first.
    async fn next_group(&mut self) -> Option<Vec<Arc<Ticket>>> {
        loop {
            let queue = self.queue.clone();
            let mut filled = std::pin::pin!(queue.notify.notified());
            filled.as_mut().enable();
            let room = self.crew.group_limit.saturating_sub(self.deferred.len());
            let taken = match self.crew.policy {
                _ if room == 0 => None,
                Policy::MerchantPerGroup => queue.try_take_merchant(room),
                Policy::Groups | Policy::Single => queue.try_take(room),
            };
            match taken {
                Some(Batch::Group(tickets)) => self.deferred.extend(tickets),
                Some(Batch::Closed) if self.deferred.is_empty() => return None,
                None if self.deferred.is_empty() => {
                    filled.await;
                    continue;
                }
                Some(Batch::Closed) | None => {}
                Some(Batch::Task(never)) => match never {},
            }
            return Some(std::mem::take(&mut self.deferred));
        }
    }

    /// Sees a group through. One that the database refuses is cut in halves, until the decision at fault is alone.
    async fn see_through(&mut self, tickets: Vec<Arc<Ticket>>) {
        let mut parts = vec![tickets];
        let mut tries = 0;
        while let Some(part) = parts.pop() {
            self.hold(&part, &parts);
            if !self.connected().await {
                part.iter().for_each(|ticket| ticket.end(End::Busy));
                continue;
            }
            match self.attempt(part, &parts).await {
                Rest::Done => {}
                Rest::Stale => return,
                Rest::Again(part, why) if tries < TRIES => {
                    tracing::debug!(why, tries, "a group is tried again");
                    tokio::time::sleep(Duration::from_millis(5 << tries)).await;
                    tries += 1;
                    parts.push(part);
                }
                Rest::Again(part, why) => {
                    tracing::warn!(why, decisions = part.len(), "a group was given up");
                    part.iter().for_each(|ticket| ticket.end(End::Busy));
                }
                Rest::Fault(group, _) if group.tickets().len() > 1 => {
                    let (first, second) = group.tickets().split_at(group.tickets().len() / 2);
                    parts.extend([second.to_vec(), first.to_vec()]);
                }
                Rest::Fault(group, end) | Rest::Fail(group, end) => {
                    tracing::error!(?end, decisions = group.tickets().len(), "a group failed");
                    group.fail(&end);
                }
            }
        }
        self.hold(&[], &[]);
    }

    fn hold(&self, part: &[Arc<Ticket>], parts: &[Vec<Arc<Ticket>>]) {
        let rest = parts.iter().rev().flatten().chain(&self.deferred);
        *self.hand.tickets.lock().unwrap_or_else(PoisonError::into_inner) =
            part.iter().chain(rest).cloned().collect();
    }

    /// Whether there is a connection, after trying for a while.
    async fn connected(&mut self) -> bool {
        if self.session.as_ref().is_some_and(|session| !session.client.is_closed()) {
            return true;
        }
        let began = std::time::Instant::now();
        let mut wait = Duration::from_millis(20);
        loop {
            match Session::connect_writer(&self.crew.target).await {
                Ok(session) => {
                    *self.hand.backend.lock().unwrap_or_else(PoisonError::into_inner) =
                        session.backend().await;
                    self.session = Some(session);
                    return true;
                }
                Err(trouble) => tracing::warn!(?trouble, "the database cannot be reached"),
            }
            if began.elapsed() > PATIENCE {
                return false;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(1));
        }
    }

    async fn attempt(&mut self, part: Vec<Arc<Ticket>>, parts: &[Vec<Arc<Ticket>>]) -> Rest {
        let Some(mut session) = self.session.take() else { return Rest::Again(part, "no connection".into()) };
        let rest = self.attempt_on(&mut session, part, parts).await;
        // A connection in an unclear state is not used again.
        if !session.client.is_closed() && !matches!(rest, Rest::Stale) {
            self.session = Some(session);
        }
        rest
    }

    async fn attempt_on(
        &mut self,
        session: &mut Session,
        part: Vec<Arc<Ticket>>,
        parts: &[Vec<Arc<Ticket>>],
    ) -> Rest {
        let merchants = group::merchants(&part);
        let how = self.how();
        // What it lacks is learned before the lock and asked for with it. What stands of this first pass has read nothing.
        let mut group = Group::new(part, &self.crew.tools);
        group.pass(&self.hand.watch);
        if self.hand.watch.is_stale() {
            return Rest::Stale;
        }
        let locked = match self.introduce(session, &merchants).await {
            Ok(()) => group::lock(session, &merchants, how, &mut group).await,
            Err(trouble) => Err(trouble),
        };
        let locked = match locked {
            Ok(locked) => locked,
            Err(trouble) => {
                if how == Lock::Brief && matches!(trouble, Trouble::Again(_)) {
                    self.leave_out = LEAVE_OUT;
                }
                return self.not_locked(session, group.tickets().to_vec(), trouble).await;
            }
        };
        if !locked.is_whole() {
            if how != Lock::Skip {
                self.known.clear();
                let why = Trouble::Again("a merchant's row is gone".into());
                return self.not_locked(session, group.tickets().to_vec(), why).await;
            }
            let all = group.tickets().iter().cloned();
            let (ready, rest) = all.partition(|ticket| locked.heads.contains_key(&ticket.merchant));
            group = Group::new(ready, &self.crew.tools);
            self.deferred.extend::<Vec<_>>(rest);
        }
        self.hold(group.tickets(), parts);
        let run = group::run(&self.crew, session, &self.hand.watch, &mut group, locked);
        // Writing a value can panic as well (a map that is no JSON): the decision at fault is to be found like any other.
        let ran = AssertUnwindSafe(run).catch_unwind().await;
        match ran.unwrap_or_else(|panic| Err(Trouble::Fault(panic_text(&*panic)).into())) {
            Ok(Some(changes)) => {
                let first_job = group.first_job();
                group.settle();
                for change in &changes {
                    // The listener is gone only when the store is closing.
                    let _ = self.crew.news.send((change.merchant, change.seq));
                }
                self.crew.hub.tell(changes);
                first_job.into_iter().for_each(|at| self.crew.hub.job_due(at));
                Rest::Done
            }
            Ok(None) => Rest::Stale,
            Err(failed) => Self::failed(session, group, failed).await,
        }
    }

    /// How the next group locks its merchants.
    fn how(&mut self) -> Lock {
        if self.crew.without_lock {
            return Lock::Not;
        }
        if self.crew.policy != Policy::Groups {
            return Lock::Wait;
        }
        match self.leave_out {
            0 => Lock::Brief,
            left => {
                self.leave_out = left - 1;
                if left == 1 { Lock::Wait } else { Lock::Skip }
            }
        }
    }

    async fn not_locked(&mut self, session: &Session, part: Vec<Arc<Ticket>>, trouble: Trouble) -> Rest {
        roll_back(session).await;
        match trouble {
            Trouble::Again(why) | Trouble::Lost(why) => Rest::Again(part, why),
            Trouble::Whole(text) | Trouble::Fault(text) => {
                Rest::Fail(Group::new(part, &self.crew.tools), End::Broken(text))
            }
        }
    }

    async fn failed(session: &Session, group: Group, failed: Failed) -> Rest {
        let Failed { trouble, committing } = failed;
        roll_back(session).await;
        match trouble {
            Trouble::Lost(text) if committing => Rest::Fail(group, End::Unknown(text)),
            Trouble::Lost(why) | Trouble::Again(why) => Rest::Again(group.tickets().to_vec(), why),
            Trouble::Whole(text) => Rest::Fail(group, End::Broken(text)),
            Trouble::Fault(text) => Rest::Fault(group, End::Broken(text)),
        }
    }

    /// Makes sure that each merchant has the row that is locked for it.
    async fn introduce(
        &mut self,
        session: &mut Session,
        merchants: &std::collections::BTreeSet<Merchant>,
    ) -> Result<(), Trouble> {
        let new: Vec<i64> =
            merchants.iter().filter(|merchant| !self.known.contains(merchant)).map(|m| m.0.0).collect();
        if !new.is_empty() {
            let statement = session.prepare(dialect::INTRODUCE).await?;
            session.client.execute(&statement, &[&new]).await?;
            self.known.extend(merchants);
        }
        Ok(())
    }
}

/// Leaves the transaction, if there is one and the connection still lives.
async fn roll_back(session: &Session) {
    if let Err(error) = session.client.batch_execute("rollback").await {
        tracing::debug!(%error, "a transaction ended with its connection");
    }
}
