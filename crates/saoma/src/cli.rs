//! The command line. Exit codes: 0 fine, 1 something was found wrong, 2 the call was.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Takes money wherever people pay standing up.
#[derive(Debug, Parser)]
#[command(name = "saoma", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Platform, sandbox and sample places in one process; nothing to set up.
    Demo(Demo),
    /// The platform with a configuration file and real channels.
    Serve(Serve),
    /// The other side of every remote channel, for tests.
    Sandbox(SandboxArgs),
    /// Brings the tables of a database up to date.
    Migrate(Migrate),
    /// Merchants: `add`, `list`.
    #[command(subcommand)]
    Merchant(crate::admin::Merchants),
    /// Sites of a merchant: `add`, `list`.
    #[command(subcommand)]
    Site(crate::admin::Sites),
    /// People and API keys of a merchant: `add`, `list`, `key`.
    #[command(subcommand)]
    Operator(crate::admin::Operators),
    /// Terminals of a merchant: `add`, `list`, `enrol`, `on`, `off`.
    #[command(subcommand)]
    Terminal(crate::admin::Terminals),
    /// A merchant's accounts at remote channels: `set`, `list`.
    #[command(subcommand)]
    Channel(crate::admin::Channels),
    /// Walks a database, also beside a running process, and proves that the rules of money hold.
    Verify(Verify),
    /// Fetches the channels' bills of a day and compares them with the ledger.
    Reconcile(Reconcile),
    /// Measures, beside the plain limits of the machine.
    #[command(subcommand)]
    Bench(Bench),
    /// Whole days of payments on simulated clocks, channels and networks, with every rule of money checked after every step.
    Simulate(simulate::cli::Args),
    /// Runs beside a kiosk's screen: notes, coins and change over ccTalk on a serial line.
    CashDevice(crate::cash_device::CashDeviceArgs),
    /// The node at a car park: decides while the centre is away, and tells it afterwards.
    Edge(Edge),
    /// Parking tariffs: `quote`, `check`, `apds`.
    #[command(subcommand)]
    Parking(scenes::parking::cli::ParkingCommand),
}

/// `saoma demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where the platform listens; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Where the sandbox listens; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8081")]
    pub(crate) sandbox_listen: SocketAddr,
    /// The folder that holds everything the demo keeps.
    #[arg(long, default_value = "./saoma-data")]
    pub(crate) data: PathBuf,
    /// Empties the folder first.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Another database than the folder's own: `postgres://USER:PASSWORD@HOST/NAME`, `sqlite:PATH`.
    #[arg(long)]
    pub(crate) database: Option<String>,
}

/// `saoma serve`
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The configuration, in TOML; `docs/configuration.md` lists every key.
    #[arg(long)]
    pub(crate) config: PathBuf,
    /// Says everything that is missing or wrong, and ends.
    #[arg(long)]
    pub(crate) check: bool,
    /// With --check: JSON lines.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `saoma edge`
#[derive(Debug, Args)]
pub(crate) struct Edge {
    /// The centre's address: `https://…`.
    #[arg(long)]
    pub(crate) centre: String,
    /// A file with the key of the site's terminal of the kind `edge`.
    #[arg(long)]
    pub(crate) key_file: PathBuf,
    /// The folder for its database.
    #[arg(long)]
    pub(crate) data: PathBuf,
    /// Where cameras, barriers and handhelds of the site reach it; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8090")]
    pub(crate) listen: SocketAddr,
    /// The edge's number, 1 to 1000: no two processes of one merchant may have the same, the centre's own included.
    #[arg(long, default_value_t = 900, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) node: u16,
    /// What is logged: `error`, `warn`, `info`.
    #[arg(long, default_value = "warn")]
    pub(crate) log: String,
}

/// `saoma sandbox`
#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8081")]
    pub(crate) listen: SocketAddr,
    /// The folder for keys, the journal and `sandbox.json`.
    #[arg(long)]
    pub(crate) data: PathBuf,
    /// Also keep the rules of the live channels that make a caller wait.
    #[arg(long)]
    pub(crate) strict: bool,
}

/// `saoma migrate`
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    pub(crate) place: Where,
}

/// Which database a command works on.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Where {
    /// The database of a configuration file.
    #[arg(long, conflicts_with_all = ["data", "database"])]
    pub(crate) config: Option<PathBuf>,
    /// A demo's data folder.
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// `postgres://USER:PASSWORD@HOST/NAME` or `sqlite:PATH`.
    #[arg(long)]
    pub(crate) database: Option<String>,
}

/// `saoma verify`
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) place: Where,
    /// The public key of the seals, 64 hexadecimal digits in a file; `seal.pub` of --data when left out.
    #[arg(long)]
    pub(crate) seal_key: Option<PathBuf>,
    /// JSON lines; the last has `"type": "summary"`.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `saoma reconcile`
#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    #[command(flatten)]
    pub(crate) place: Where,
    /// The day of the channels' calendar: YYYY-MM-DD.
    #[arg(long)]
    pub(crate) date: String,
    /// Only this merchant.
    #[arg(long)]
    pub(crate) merchant: Option<store::Id>,
    /// Only this channel.
    #[arg(long)]
    pub(crate) channel: Option<String>,
    /// `bill`: compare the bill with the ledger. `statement`: list what moved on the channel's account, with fees and balances.
    #[arg(long, value_enum, default_value = "bill")]
    pub(crate) kind: ReconcileKind,
    /// JSON lines; the last has `"type": "summary"`.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What of a channel's day is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ReconcileKind {
    /// Its bill beside the ledger.
    Bill,
    /// Its statement of the account it keeps.
    Statement,
}

/// `saoma bench`
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Create order and take cash, as two HTTP calls with a durable answer each.
    Payments(BenchArgs),
    /// Create order and scan the payer's code, through the sandbox with real signatures, beside what RSA alone allows.
    Scans(BenchArgs),
    /// Callbacks of a channel: checked, opened, settled.
    Settle(BenchArgs),
    /// Cash, scans, looks and lists beside each other.
    Mixed(BenchArgs),
    /// Fills a database with paid orders that `verify` accepts; what it holds already stays.
    Fill(BenchFill),
    /// Sign and verify as each channel's adapter does, beside the library's bare call over the same bytes.
    Signatures(BenchSignatures),
    /// Parking: quotes, look-ups by misread plates, durable camera events, and the peak hour of a hundred lanes.
    Parking(BenchParking),
}

/// `saoma bench parking`
#[derive(Clone, Debug, Args)]
pub(crate) struct BenchParking {
    /// The engine under look-ups, cameras and the peak hour.
    #[arg(long, value_enum, default_value = "sqlite")]
    pub(crate) engine: Engine,
    /// An empty database to use: `postgres://…` or `sqlite:PATH`. Left out: one is made and removed.
    #[arg(long)]
    pub(crate) database: Option<String>,
    /// How many cars are inside when plates are looked up.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) stays: u64,
    /// How many cameras tell at once.
    #[arg(long, default_value_t = 100)]
    pub(crate) callers: usize,
    /// How long each part is measured, in seconds.
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u64,
    /// Only these parts: `quotes`, `index`, `lookups`, `cameras`, `peak`. All when left out.
    #[arg(long, value_delimiter = ',')]
    pub(crate) parts: Vec<String>,
    /// JSON lines; the last has `"type": "summary"`.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `saoma bench signatures`
#[derive(Clone, Debug, Args)]
pub(crate) struct BenchSignatures {
    /// How long each of the six is measured, in seconds.
    #[arg(long, default_value_t = 4)]
    pub(crate) seconds: u64,
    /// JSON lines; the last has `"type": "summary"`.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which engine is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    /// SQLite, in a folder of its own.
    Sqlite,
    /// PostgreSQL: the one of --database, or a temporary one.
    Postgres,
}

impl Engine {
    /// The engine of a database that was named, else this one.
    pub(crate) fn behind(self, database: Option<&str>) -> Engine {
        match database {
            Some(database) if database.starts_with("sqlite:") => Engine::Sqlite,
            Some(_) => Engine::Postgres,
            None => self,
        }
    }

    /// As figures name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

/// `saoma bench fill`
#[derive(Clone, Debug, Args)]
pub(crate) struct BenchFill {
    /// The database: `sqlite:PATH` or `postgres://…`.
    #[arg(long)]
    pub(crate) database: String,
    /// How many orders to add; none only measures the lists.
    #[arg(long)]
    pub(crate) orders: u64,
    /// How many merchants they belong to.
    #[arg(long, default_value_t = 20)]
    pub(crate) merchants: usize,
    /// Over how many days until now they were sold.
    #[arg(long, default_value_t = 7)]
    pub(crate) days: u64,
    /// JSON lines; the last has `"type": "summary"`.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `saoma bench payments`, `scans`, `settle`, `mixed`
#[derive(Clone, Debug, Args)]
pub(crate) struct BenchArgs {
    /// The engine.
    #[arg(long, value_enum, default_value = "sqlite")]
    pub(crate) engine: Engine,
    /// A database to use: `postgres://…` or `sqlite:PATH`. It is left full of what was sold. Left out: one is made and removed.
    #[arg(long)]
    pub(crate) database: Option<String>,
    /// How many callers at once; each figure is a run.
    #[arg(long, value_delimiter = ',', default_value = "64,256")]
    pub(crate) callers: Vec<usize>,
    /// How long each run is measured, in seconds, after a fifth of it for warming up.
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,
    /// How many merchants the callers belong to.
    #[arg(long, default_value_t = 20)]
    pub(crate) merchants: usize,
    /// Only these parts, such as `http` or `store`; a wrong word tells all. All when left out.
    #[arg(long, value_delimiter = ',')]
    pub(crate) parts: Vec<String>,
    /// JSON lines; the last has `"type": "summary"`.
    #[arg(long)]
    pub(crate) json: bool,
}
