//! The store's door: open, decide, read, listen, migrate, claim, close.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, oneshot, watch};

use crate::changes::{Change, Hub};
use crate::decision::{Fail, Stop, Ticket};
use crate::dialect::{Dialect, FORGET_EVENTS, TAKE_UP};
use crate::jobs::{Job, JobRow};
use crate::migrate::{MigrateError, Migration, gather};
use crate::ports::{Clock, IdMaker, Random};
use crate::postgres::{self, ClaimParams, Postgres};
use crate::sql::{DAMAGED, Param, Sql, SqlError, Value};
use crate::sqlite::{self, Place, Sqlite};
use crate::value::{Id, Merchant, Millis};
use crate::view::{Tools, View};
use crate::witness::Witness;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// `sqlite:PATH`, `memory:` (SQLite in memory; `memory:NAME` is shared by everyone in this process who opens that
    /// name while one of them is open), or `postgres://…`.
    pub url: String,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub random: Arc<dyn Random>,
    /// This process among those on the database, 0 to 1023: it is part of the ids.
    pub node: u16,
    /// The most decisions in one transaction. 1 is a transaction a decision.
    pub group_limit: usize,
    /// Connections that write, on PostgreSQL.
    pub writers: usize,
    /// For tests: everything is answered Missing first, and every function is run twice and its rows compared.
    pub force_reruns: bool,
    /// A group is of one merchant: for engines that distribute by merchant.
    pub merchant_per_group: bool,
    /// Connections that read.
    pub read_connections: usize,
    /// The most decisions that may wait; one more is answered [`Fail::Busy`].
    pub queue_limit: usize,
    /// For one test: PostgreSQL's groups do not lock their merchants, which is wrong.
    #[doc(hidden)]
    pub without_lock: bool,
    /// For tests: how many keys of a table `by hash` make an era on SQLite.
    #[doc(hidden)]
    pub keys_per_era: i64,
    /// A function that runs for longer is given up with [`Fail::TooSlow`] (not in memory, where it is the caller who
    /// runs it; there only the number of its calls is bounded).
    pub time_budget: Duration,
    /// Told of every group that was committed, for metrics.
    pub witness: Option<Arc<dyn Witness>>,
}

impl Options {
    /// Usual values: groups of up to 512, two writers, four readers, node 0.
    pub fn new(url: impl Into<String>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Options {
            url: url.into(),
            clock,
            random,
            node: 0,
            group_limit: 512,
            writers: 2,
            force_reruns: false,
            merchant_per_group: false,
            read_connections: 4,
            queue_limit: 16_384,
            without_lock: false,
            keys_per_era: sqlite::ERA,
            time_budget: Duration::from_secs(5),
            witness: None,
        }
    }
}

/// Why a store could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The url is of no known kind.
    #[error("no such database: {0} (write sqlite:PATH, memory: or postgres://USER:PASSWORD@HOST/DATABASE)")]
    Url(String),
    /// The node does not fit its bits.
    #[error("node {0} is not between 0 and 1023")]
    Node(u16),
    /// The database is not there or does not let us in.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

enum Engine {
    Sqlite(Box<Sqlite>),
    Postgres(Box<Postgres>),
}

struct Inner {
    engine: Engine,
    tools: Arc<Tools>,
    hub: Arc<Hub>,
    clock: Arc<dyn Clock>,
    node: u16,
}

fn open_engine(options: &Options, tools: Arc<Tools>, hub: Arc<Hub>) -> Result<Engine, OpenError> {
    let url = options.url.as_str();
    let place = url
        .strip_prefix("sqlite:")
        .map(|path| Place::File(path.to_owned()))
        .or_else(|| url.strip_prefix("memory:").map(|name| Place::Memory(name.to_owned())));
    if let Some(place) = place {
        let setup = sqlite::Setup {
            place,
            group_limit: options.group_limit.max(1),
            queue_limit: options.queue_limit.max(1),
            readers: options.read_connections,
            time_budget: options.time_budget,
            node: options.node,
            keys_per_era: options.keys_per_era.max(1),
        };
        return Ok(Engine::Sqlite(Box::new(Sqlite::open(setup, &tools, &hub)?)));
    }
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(OpenError::Url(options.url.clone()));
    }
    let setup = postgres::Setup {
        url: options.url.clone(),
        group_limit: options.group_limit,
        queue_limit: options.queue_limit.max(1),
        writers: options.writers,
        readers: options.read_connections,
        merchant_per_group: options.merchant_per_group,
        without_lock: options.without_lock,
        time_budget: options.time_budget,
        node: options.node,
    };
    Ok(Engine::Postgres(Box::new(Postgres::open(&setup, tools, hub)?)))
}

/// A store. Clones are the same store.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

impl Db {
    /// Opens a store. It blocks until the database answers.
    pub fn open(options: &Options) -> Result<Db, OpenError> {
        if options.node > 1023 {
            return Err(OpenError::Node(options.node));
        }
        let ids = Arc::new(IdMaker::new(options.clock.clone(), options.node));
        let tools = Arc::new(Tools {
            ids,
            node: options.node,
            random: options.random.clone(),
            force_reruns: options.force_reruns,
            witness: options.witness.clone(),
        });
        let hub = Arc::new(Hub::new());
        let engine = open_engine(options, tools.clone(), hub.clone())?;
        let inner = Inner { engine, tools, hub, clock: options.clock.clone(), node: options.node };
        Ok(Db { inner: Arc::new(inner) })
    }

    /// Decides: runs `function` over the merchant's rows and answers once what it changed is durable.
    ///
    /// The function may be run several times; see [`View`]. If the caller goes away, the decision stands all the same.
    pub async fn decide<T, E, F>(&self, merchant: Merchant, function: F) -> Result<T, Fail<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: Fn(&mut View) -> Result<T, Stop<E>> + Send + Sync + 'static,
    {
        let (ticket, answer) = Ticket::new(merchant, self.inner.clock.now(), function);
        match &self.inner.engine {
            Engine::Sqlite(engine) => engine.submit(ticket).await,
            Engine::Postgres(engine) => engine.submit(ticket),
        }
        answer.await.unwrap_or_else(|_| Err(Fail::Unknown("the store stopped".into())))
    }

    /// Reads: everything in `look` sees the same moment. It can change nothing.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Sql<'_>) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, SqlError> {
        let (sender, answer) = oneshot::channel();
        let look = Box::new(move |sql: &mut Sql<'_>| {
            // The caller may have gone.
            let _ = sender.send(look(sql));
        });
        match &self.inner.engine {
            Engine::Sqlite(engine) => engine.look(look)?,
            Engine::Postgres(engine) => engine.look(look)?,
        }
        answer.await.unwrap_or_else(|_| Err(SqlError::Gone("the read did not end".into())))
    }

    /// News of committed events: those of this process at once, those of others when they are noticed. Each
    /// merchant's come in order. Who is too slow is told so by the channel and reads the table.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.hub.changes()
    }

    /// Moments at which newly written jobs are due.
    pub(crate) fn job_news(&self) -> watch::Receiver<Millis> {
        self.inner.hub.jobs()
    }

    /// The engine's name: `sqlite` or `postgres`.
    pub fn engine_name(&self) -> &'static str {
        match &self.inner.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgres",
        }
    }

    /// A new id.
    pub fn id(&self) -> Id {
        self.inner.tools.ids.next()
    }

    /// Now, by the store's clock.
    pub fn now(&self) -> Millis {
        self.inner.clock.now()
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.inner.tools.random
    }

    /// Brings the tables up to date: the store's own, then the given rooms' in their order. Safe when several processes start together, and
    /// while a release before this one serves: on PostgreSQL it waits for no step longer than a moment. On SQLite all or nothing.
    pub async fn migrate(&self, rooms: &[&[Migration]]) -> Result<(), MigrateError> {
        let all = gather(rooms)?;
        let known = match &self.inner.engine {
            Engine::Sqlite(engine) => {
                let node = self.inner.node;
                engine.ask(move |connection| sqlite::migrate(connection, &all, node)).await??
            }
            Engine::Postgres(engine) => engine.migrate(all).await?,
        };
        known.tell(&self.inner.hub, &self.inner.tools.ids);
        Ok(())
    }

    /// Claims up to `limit` due jobs of these kinds, the highest priority first. Who claims one runs it and finishes
    /// it in a decision within `lease`; after that it can be claimed again.
    pub async fn claim(
        &self,
        kinds: &[&str],
        limit: usize,
        lease: Duration,
    ) -> Result<Vec<(Merchant, Job)>, SqlError> {
        let now = self.now();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = match &self.inner.engine {
            Engine::Sqlite(engine) => {
                let kinds = serde_json::to_string(kinds).map_err(|e| SqlError::decode(e.to_string()))?;
                let params = vec![
                    Value::Int(now.plus(lease).0),
                    Value::Int(i64::from(self.inner.node)),
                    Value::Int(now.0),
                    Value::Text(kinds),
                    Value::Int(limit),
                ];
                let text = Dialect::Sqlite.claim();
                engine.ask(move |connection| sqlite::run_task(connection, &text, &params)).await??
            }
            Engine::Postgres(engine) => {
                let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
                let (now, lease_until) = (now.0, now.plus(lease).0);
                engine
                    .claim(ClaimParams { now, kinds, limit, lease_until, node: i64::from(self.inner.node) })
                    .await?
            }
        };
        let jobs = rows.into_iter().map(|row| {
            let (merchant, row) = crate::sql::typed::<JobRow>(&row)?;
            Ok((merchant, Job::from(row)))
        });
        let mut jobs = jobs.collect::<Result<Vec<(Merchant, Job)>, SqlError>>()?;
        jobs.sort_by_key(|(_, job)| (std::cmp::Reverse(job.priority), job.id));
        Ok(jobs)
    }

    /// Makes claimable what this node held when it last ended: whoever starts calls it before the first claim.
    pub(crate) async fn take_up(&self) -> Result<(), SqlError> {
        let (now, node) = (self.now().0, i64::from(self.inner.node));
        self.aside(TAKE_UP, vec![now, node]).await
    }

    /// Runs a statement beside the decisions.
    async fn aside(&self, text: &'static str, params: Vec<i64>) -> Result<(), SqlError> {
        match &self.inner.engine {
            Engine::Sqlite(engine) => {
                let params: Vec<Value> = params.into_iter().map(Value::Int).collect();
                engine.ask(move |connection| sqlite::run_task(connection, text, &params)).await?.map(drop)
            }
            Engine::Postgres(engine) => engine.execute(text, &params).await,
        }
    }

    /// When the next job of these kinds can be claimed.
    pub(crate) async fn next_job(&self, kinds: &[&str]) -> Result<Option<Millis>, SqlError> {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let places: Vec<_> = (1..=kinds.len()).map(|at| format!("${at}")).collect();
        let text = format!(
            "select run_at from store_jobs where parked is null and kind in ({}) order by run_at limit 1",
            places.join(", ")
        );
        self.read(move |sql| {
            let params: Vec<&dyn Param> = kinds.iter().map(|kind| kind as &dyn Param).collect();
            sql.query(&text, &params)?.first().map(|row| row.get(0)).transpose()
        })
        .await
    }

    /// Runs statements on the writer's connection, for tests that break things; SQLite only.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub async fn break_with(&self, sql: &'static str) -> Result<(), SqlError> {
        match &self.inner.engine {
            Engine::Sqlite(engine) => {
                let run = move |connection: &mut rusqlite::Connection| connection.execute_batch(sql);
                engine.ask(run).await?.map_err(|error| SqlError::Engine(error.to_string()))
            }
            Engine::Postgres(_) => Err(SqlError::Text("for SQLite only".into())),
        }
    }

    /// Forgets a merchant's events up to a number. They are never written again, so this needs no lock; who reads them must not need them.
    pub async fn forget_events(&self, merchant: Merchant, upto: i64) -> Result<(), SqlError> {
        self.aside(FORGET_EVENTS, vec![merchant.0.0, upto]).await
    }

    /// What the engine itself finds wrong with its pages and indexes; empty where it finds nothing, or has no way to look. It reads everything.
    pub async fn damage(&self) -> Result<Vec<String>, SqlError> {
        if self.engine_name() != "sqlite" {
            return Ok(Vec::new());
        }
        let found = self.read(|sql| {
            let rows = sql.query("pragma integrity_check(20)", &[])?;
            rows.iter().map(|row| row.get::<String>(0)).collect::<Result<Vec<_>, _>>()
        });
        match found.await {
            Ok(said) => Ok(said.into_iter().filter(|text| text != "ok").collect()),
            Err(SqlError::Engine(text)) if text.contains(DAMAGED) => Ok(vec![text]),
            Err(error) => Err(error),
        }
    }

    /// How many decisions wait to be taken into a group.
    pub fn waiting(&self) -> usize {
        match &self.inner.engine {
            Engine::Sqlite(engine) => engine.waiting(),
            Engine::Postgres(engine) => engine.waiting(),
        }
    }

    /// Takes no more decisions, ends those that wait, and puts the database away. Closing twice is fine.
    pub async fn close(&self) {
        match &self.inner.engine {
            Engine::Sqlite(engine) => engine.close().await,
            Engine::Postgres(engine) => engine.close().await,
        }
    }
}
