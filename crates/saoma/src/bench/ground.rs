//! Where is measured: a folder of its own, an engine, a database for each part.

use std::net::SocketAddr;
use std::path::PathBuf;

use cluster::{DURABLE, Server};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cli::{BenchArgs, Engine};
use crate::out::{Failed, Outcome, While as _};
use crate::platform::{self, HttpLimits, Plan, Platform};

/// The place of a run.
pub(super) struct Ground {
    /// What was asked for.
    pub(super) args: BenchArgs,
    /// Made for this run and removed with it.
    pub(super) folder: PathBuf,
    cluster: Option<Server>,
}

impl Ground {
    /// Starts a PostgreSQL where none was named.
    pub(super) fn start(mut args: BenchArgs, folder: PathBuf) -> Outcome<Ground> {
        args.engine = args.engine.behind(args.database.as_deref());
        let own = args.engine == Engine::Postgres && args.database.is_none();
        let start = || Server::start(&folder.join("postgres"), DURABLE);
        let cluster = own.then(start).transpose().map_err(Failed::call)?;
        Ok(Ground { args, folder, cluster })
    }

    /// Whether a part is measured.
    pub(super) fn wants(&self, part: &str) -> bool {
        self.args.parts.is_empty() || self.args.parts.iter().any(|wanted| wanted == part)
    }

    /// The engine's name.
    pub(super) fn engine(&self) -> &'static str {
        self.args.engine.name()
    }

    /// A plan on an empty database; the one that was named, where one was.
    pub(super) fn plan(&self, name: &str) -> Outcome<Plan> {
        let database = match (&self.args.database, &self.cluster) {
            (Some(database), _) => database.clone(),
            (None, Some(cluster)) => cluster.database(name).map_err(Failed::call)?,
            (None, None) => format!("sqlite:{}", self.folder.join(format!("{name}.db")).display()),
        };
        Ok(Plan::new(database))
    }
}

/// A platform that serves.
pub(super) struct Serving {
    /// Where.
    pub(super) address: SocketAddr,
    stopper: watch::Sender<bool>,
    task: JoinHandle<Outcome>,
}

impl Serving {
    /// Serves on a free port, with the background work of a real process.
    pub(super) async fn start(platform: Platform) -> Outcome<Serving> {
        let listener = platform::listen(SocketAddr::from(([127, 0, 0, 1], 0)), "--listen").await?;
        let address = listener.local_addr().during("reading the own address")?;
        let (stopper, stop) = watch::channel(false);
        let router = platform.router(None, HttpLimits::default());
        let task = tokio::spawn(platform.run(listener, router, stop));
        Ok(Serving { address, stopper, task })
    }

    /// Ends it and puts its database away.
    pub(super) async fn stop(self) -> Outcome {
        self.stopper.send_replace(true);
        self.task.await.during("serving")?
    }
}
