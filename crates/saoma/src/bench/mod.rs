//! `saoma bench payments`: create order and take cash as two HTTP calls, each durably answered, beside the plain limits of the machine in
//! the same run: fsync, a trivial call at the same HTTP stack, the desk without HTTP, and one transaction a decision on the same schema.

mod client;
mod figures;
mod limits;
mod load;
mod parking;
mod signatures;
mod world;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Serialize;
use tokio::sync::watch;

use crate::cli::{self, BenchPayments, Engine};
use crate::out::{Failed, Out, Outcome, While as _};
use crate::platform::{self, HttpLimits, Plan, Platform};
use crate::{files, logs};
use ::cluster::{DURABLE, Server};
use figures::{Figure, round};

const PARTS: [&str; 5] = ["fsync", "hello", "transactions", "store", "http"];

/// Measures and tells.
pub(crate) async fn run(args: cli::Bench) -> Outcome {
    let args = match args {
        cli::Bench::Payments(args) => args,
        cli::Bench::Signatures(args) => return signatures::run(&args),
        cli::Bench::Parking(args) => return parking::run(args).await,
    };
    logs::start("error", false);
    let out = Out::new(args.json);
    if let Some(odd) = args.parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        return Err(Failed::call(format!("--parts {odd:?}: write some of {}", PARTS.join(", "))));
    }
    if args.callers.is_empty() || args.callers.contains(&0) {
        return Err(Failed::call("--callers: write numbers above zero, such as 64,256"));
    }
    let folder = std::env::temp_dir().join(format!("saoma-bench-{}", std::process::id()));
    files::folder(&folder)?;
    let bench = Bench::start(args, folder.clone());
    let measured = match bench {
        Ok(bench) => bench.measure(out).await,
        Err(failed) => Err(failed),
    };
    files::remove(&folder)?;
    let summary = measured?;
    out.summary(&summary, summary.text());
    Ok(())
}

/// What is measured with.
struct Bench {
    args: BenchPayments,
    folder: PathBuf,
    cluster: Option<Server>,
}

impl Bench {
    fn start(args: BenchPayments, folder: PathBuf) -> Outcome<Bench> {
        let own = args.engine == Engine::Postgres && args.database.is_none();
        let start = || Server::start(&folder.join("postgres"), DURABLE);
        let cluster = own.then(start).transpose().map_err(Failed::call)?;
        Ok(Bench { args, folder, cluster })
    }

    fn wants(&self, part: &str) -> bool {
        self.args.parts.is_empty() || self.args.parts.iter().any(|wanted| wanted == part)
    }

    fn engine(&self) -> &'static str {
        match self.args.engine {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }

    /// A plan on an empty database; the one that was named, where one was.
    fn plan(&self, name: &str) -> Outcome<Plan> {
        let database = match (&self.args.database, &self.cluster) {
            (Some(database), _) => database.clone(),
            (None, Some(cluster)) => cluster.database(name).map_err(Failed::call)?,
            (None, None) => format!("sqlite:{}", self.folder.join(format!("{name}.db")).display()),
        };
        Ok(Plan::new(database))
    }

    async fn measure(&self, out: Out) -> Outcome<Summary> {
        let mut summary = Summary::default();
        if self.wants("fsync") {
            let (folder, seconds) = (self.folder.clone(), self.args.seconds.min(3));
            let probe = tokio::task::spawn_blocking(move || limits::fsync(&folder, seconds)).await;
            summary.tell(out, probe.during("fsync")??);
        }
        for callers in &self.args.callers {
            self.at(*callers, out, &mut summary).await?;
        }
        Ok(summary)
    }

    async fn at(&self, callers: usize, out: Out, summary: &mut Summary) -> Outcome {
        let seconds = self.args.seconds;
        if self.wants("hello") {
            let (stopper, stop) = watch::channel(false);
            let address = limits::serve_hello(stop).await?;
            let figure = load::hello(address, callers, seconds).await;
            stopper.send_replace(true);
            summary.tell(out, figure?);
        }
        if self.wants("transactions") {
            let mut plan = self.plan(&format!("transactions_{callers}"))?;
            plan.group_limit = 1;
            plan.writers = 16;
            let figure = self.desk_alone("transactions", &plan, callers).await?;
            summary.tell(out, figure);
        }
        if self.wants("store") {
            let figure = self.desk_alone("store", &self.plan(&format!("store_{callers}"))?, callers).await?;
            summary.tell(out, figure);
        }
        if self.wants("http") {
            let figure = self.over_http(&self.plan(&format!("http_{callers}"))?, callers).await?;
            summary.tell(out, figure);
        }
        Ok(())
    }

    async fn desk_alone(&self, part: &'static str, plan: &Plan, callers: usize) -> Outcome<Figure> {
        let platform = Platform::open(plan).await?;
        let world = world::set_up(&platform, self.args.merchants, callers).await?;
        let working = platform.desk.work();
        let figure = load::at_the_desk(part, &platform.desk, self.engine(), world, self.args.seconds).await;
        working.stop().await;
        platform.db.close().await;
        figure
    }

    async fn over_http(&self, plan: &Plan, callers: usize) -> Outcome<Figure> {
        let platform = Platform::open(plan).await?;
        let world = world::set_up(&platform, self.args.merchants, callers).await?;
        let listener = platform::listen(SocketAddr::from(([127, 0, 0, 1], 0)), "--listen").await?;
        let address = listener.local_addr().during("reading the own address")?;
        let (stopper, stop) = watch::channel(false);
        let router = platform.router(None, HttpLimits::default());
        let serving = tokio::spawn(platform.run(listener, router, stop));
        let figure = load::over_http(address, self.engine(), world, self.args.seconds).await;
        stopper.send_replace(true);
        serving.await.during("serving")??;
        figure
    }
}

/// How the figures compare, at each number of callers.
#[derive(Default, Serialize)]
struct Summary {
    /// By callers: `http/store`, `http/transactions`, `store/transactions`, `http/hello` as shares.
    ratios: BTreeMap<usize, BTreeMap<String, f64>>,
    #[serde(skip)]
    figures: Vec<Figure>,
}

const COMPARED: [(&str, &str); 4] =
    [("http", "store"), ("http", "transactions"), ("store", "transactions"), ("http", "hello")];

impl Summary {
    /// Tells a figure and compares it with those before it.
    fn tell(&mut self, out: Out, figure: Figure) {
        out.result("figure", &figure, figure.text());
        let callers = figure.callers;
        self.figures.push(figure);
        let rate = |part: &str| {
            let found = self.figures.iter().find(|f| f.part == part && f.callers == callers);
            found.map(|f| f.per_second).filter(|rate| *rate > 0.0)
        };
        for (one, other) in COMPARED {
            if let (Some(one_rate), Some(other_rate)) = (rate(one), rate(other)) {
                let ratio = round(one_rate / other_rate, 100.0);
                self.ratios.entry(callers).or_default().insert(format!("{one}/{other}"), ratio);
            }
        }
    }

    fn text(&self) -> String {
        let mut lines = Vec::new();
        for (callers, ratios) in &self.ratios {
            let all: Vec<String> = ratios.iter().map(|(what, ratio)| format!("{what} {ratio:.2}")).collect();
            lines.push(format!("{callers} callers: {}", all.join("   ")));
        }
        lines.join("\n")
    }
}
