//! The configuration of `saoma serve`: one TOML file, each key also an environment variable, secrets by file. `docs/configuration.md` is its manual.

mod load;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::files;
use crate::out::{Failed, Outcome};
use crate::platform::{HttpLimits, Plan};
use crate::watch::{self, Access};

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Where to listen, behind a reverse proxy that ends TLS.
    pub(crate) listen: SocketAddr,
    /// Where people and channels reach this platform: `https://pay.example.com`.
    pub(crate) base_url: String,
    /// `sqlite:PATH` or `postgres://…`; empty when `database_file` is used.
    pub(crate) database: String,
    /// A file that holds what `database` would: the address has a password in it.
    pub(crate) database_file: PathBuf,
    /// This process among those on the database, 0 to 1022; no two may have the same. 1023 is the command line's.
    pub(crate) node: u16,
    /// A file of 64 hexadecimal digits that sign the seals over the events.
    pub(crate) seal_key_file: PathBuf,
    /// Logs.
    pub(crate) log: Log,
    /// HTTP.
    pub(crate) http: Http,
    /// Who may read `/metrics`.
    pub(crate) metrics: MetricsPage,
    /// Where traces go.
    pub(crate) traces: Traces,
    /// The store.
    pub(crate) store: Store,
    /// Limits and schedules of payments; durations in milliseconds.
    pub(crate) desk: desk::Settings,
    /// Limits of the retail scene.
    pub(crate) retail: scenes::retail::Limits,
    /// Calls to the channels' gateways.
    pub(crate) gateways: Gateways,
}

/// Logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    /// What is logged, such as `info` or `warn,web=info`; `RUST_LOG` overrides it.
    pub(crate) filter: String,
    /// JSON lines instead of text.
    pub(crate) json: bool,
}

/// HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Http {
    /// The largest request body, in bytes.
    pub(crate) max_body_bytes: usize,
    /// How long a request may take, in milliseconds.
    pub(crate) request_time_limit_ms: u64,
}

/// Who may read `/metrics`. With neither, nobody can.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MetricsPage {
    /// A listener of its own, open to whoever reaches it: `127.0.0.1:9464`. Empty: none.
    pub(crate) listen: String,
    /// A file with a token; with it `/metrics` is on the platform's own listener, for whoever brings the token.
    pub(crate) token_file: PathBuf,
}

/// Traces in the words of OpenTelemetry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Traces {
    /// A collector that takes OTLP over HTTP: `http://127.0.0.1:4318`. Empty: no traces.
    pub(crate) endpoint: String,
    /// Of requests that bring no trace of their own, so many of a hundred are kept.
    pub(crate) sample_percent: u8,
}

/// The store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Store {
    /// The most decisions in one transaction.
    pub(crate) group_limit: usize,
    /// Connections that write, on PostgreSQL.
    pub(crate) writers: usize,
    /// Connections that read.
    pub(crate) read_connections: usize,
}

/// Calls to the channels' gateways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Gateways {
    /// How long a connection may take to open, in milliseconds.
    pub(crate) connect_timeout_ms: u64,
    /// How long a whole call may take, in milliseconds; an account's own `timeout_ms` comes first.
    pub(crate) timeout_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            base_url: String::new(),
            database: String::new(),
            database_file: PathBuf::new(),
            node: 0,
            seal_key_file: PathBuf::new(),
            log: Log::default(),
            http: Http::default(),
            metrics: MetricsPage::default(),
            traces: Traces::default(),
            store: Store::default(),
            desk: desk::Settings::default(),
            retail: scenes::retail::Limits::default(),
            gateways: Gateways::default(),
        }
    }
}

impl Default for Traces {
    fn default() -> Self {
        let usual = watch::Traces::default();
        Traces { endpoint: usual.endpoint, sample_percent: usual.sample_percent }
    }
}

impl Default for Log {
    fn default() -> Self {
        Log { filter: "info".to_owned(), json: false }
    }
}

impl Default for Http {
    fn default() -> Self {
        let usual = HttpLimits::default();
        let limit = usual.request_time_limit.as_millis();
        Http {
            max_body_bytes: usual.max_body_bytes,
            request_time_limit_ms: u64::try_from(limit).unwrap_or(u64::MAX),
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        let usual = Plan::new("");
        Store {
            group_limit: usual.group_limit,
            writers: usual.writers,
            read_connections: usual.read_connections,
        }
    }
}

impl Default for Gateways {
    fn default() -> Self {
        let usual = channels::http::HttpSettings::default();
        let millis = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        Gateways { connect_timeout_ms: millis(usual.connect_timeout), timeout_ms: millis(usual.timeout) }
    }
}

/// A key that is missing or wrong, and what to write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Finding {
    /// The key: `desk.order_life`, `merchant 01J….wechat.mchid`.
    pub(crate) key: String,
    /// What is wrong and what to write.
    pub(crate) what: String,
}

impl Finding {
    /// A finding.
    pub(crate) fn new(key: impl Into<String>, what: impl Into<String>) -> Finding {
        Finding { key: key.into(), what: what.into() }
    }
}

/// Reads a file and the environment; everything that is wrong at once, and the configuration as far as it could be read.
pub(crate) fn read(path: &Path) -> Outcome<(Config, Vec<Finding>)> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failed::call(format!("reading {}: {error} (docs/configuration.md shows one)", path.display()))
    })?;
    let environment = std::env::vars().filter(|(name, _)| name.starts_with(load::PREFIX));
    let (mut config, mut findings) = load::load(&text, environment);
    config.desk.base_url = config.base_url.clone();
    findings.extend(config.findings());
    findings.sort();
    findings.dedup();
    Ok((config, findings))
}

/// Reads a file and the environment. Error: everything that is wrong.
pub(crate) fn need(path: &Path) -> Outcome<Config> {
    let (config, findings) = read(path)?;
    if findings.is_empty() {
        return Ok(config);
    }
    let all: Vec<String> = findings.iter().map(|f| format!("\n  {}: {}", f.key, f.what)).collect();
    Err(Failed::call(format!("{} cannot be used:{}", path.display(), all.concat())))
}

impl Config {
    /// What is missing or wrong in the values themselves.
    fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut check = |ok: bool, key: &str, what: &str| {
            if !ok {
                found.push(Finding::new(key, what));
            }
        };
        check(
            self.base_url.starts_with("https://") || self.base_url.starts_with("http://127.0.0.1"),
            "base_url",
            "write where people and channels reach this platform, such as https://pay.example.com (plain http for 127.0.0.1 only)",
        );
        check(!self.base_url.ends_with('/'), "base_url", "leave the slash at the end out");
        let database = [!self.database.is_empty(), !self.database_file.as_os_str().is_empty()];
        check(
            database != [false, false],
            "database",
            "write sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME, or name a file that holds it in database_file",
        );
        check(database != [true, true], "database", "use database or database_file, not both");
        check(self.node < COMMAND_LINE_NODE, "node", "write a number from 0 to 1022");
        check(
            !self.seal_key_file.as_os_str().is_empty(),
            "seal_key_file",
            "name a file of 64 hexadecimal digits (openssl rand -hex 32 > seal.key; chmod 600 seal.key)",
        );
        check(self.store.group_limit > 0, "store.group_limit", "write at least 1");
        check(self.store.writers > 0, "store.writers", "write at least 1");
        check(self.store.read_connections > 0, "store.read_connections", "write at least 1");
        check(
            self.metrics.listen.is_empty() || self.metrics_listen().is_some(),
            "metrics.listen",
            "write an address and a port, such as 127.0.0.1:9464",
        );
        check(
            self.traces.endpoint.is_empty() || self.traces.endpoint.starts_with("http"),
            "traces.endpoint",
            "write where the collector takes OTLP over HTTP, such as http://127.0.0.1:4318",
        );
        check(self.traces.sample_percent <= 100, "traces.sample_percent", "write a number from 0 to 100");
        check(self.http.max_body_bytes >= 4096, "http.max_body_bytes", "write at least 4096");
        check(self.http.request_time_limit_ms >= 1000, "http.request_time_limit_ms", "write at least 1000");
        if !self.base_url.is_empty() {
            found.extend(self.desk.problems().into_iter().map(|what| Finding::new("desk", what)));
        }
        found
    }

    /// The database's address. Error: the file that holds it cannot be read.
    pub(crate) fn database(&self) -> Outcome<String> {
        if self.database_file.as_os_str().is_empty() {
            return Ok(self.database.clone());
        }
        match std::fs::read_to_string(&self.database_file) {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(error) => {
                Err(Failed::call(format!("database_file {}: {error}", self.database_file.display())))
            }
        }
    }

    /// The listener for Prometheus alone.
    pub(crate) fn metrics_listen(&self) -> Option<SocketAddr> {
        self.metrics.listen.parse().ok()
    }

    /// Who may read `/metrics` on the platform's own listener. Error: the file of the token cannot be read, or is empty.
    pub(crate) fn metrics_access(&self) -> Outcome<Option<Access>> {
        let file = &self.metrics.token_file;
        if file.as_os_str().is_empty() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failed::call(format!("metrics.token_file {}: {error}", file.display())))?;
        match text.trim() {
            "" => Err(Failed::call(format!("metrics.token_file {}: it is empty", file.display()))),
            token => Ok(Some(Access::Token(token.to_owned()))),
        }
    }

    /// The plan of a platform with this configuration.
    pub(crate) fn plan(&self) -> Outcome<Plan> {
        let millis = Duration::from_millis;
        Ok(Plan {
            node: self.node,
            group_limit: self.store.group_limit,
            writers: self.store.writers,
            read_connections: self.store.read_connections,
            desk: self.desk.clone(),
            retail: self.retail.clone(),
            channel_http: channels::http::HttpSettings {
                connect_timeout: millis(self.gateways.connect_timeout_ms),
                timeout: millis(self.gateways.timeout_ms),
                ..channels::http::HttpSettings::default()
            },
            seal_seed: files::read_seal_key(&self.seal_key_file)?,
            traces: watch::Traces {
                endpoint: self.traces.endpoint.clone(),
                sample_percent: self.traces.sample_percent,
            },
            ..Plan::new(self.database()?)
        })
    }

    /// Bounds of HTTP requests.
    pub(crate) fn http_limits(&self) -> HttpLimits {
        HttpLimits {
            max_body_bytes: self.http.max_body_bytes,
            request_time_limit: Duration::from_millis(self.http.request_time_limit_ms),
        }
    }
}

/// The node of ids that commands beside a running process make.
pub(crate) const COMMAND_LINE_NODE: u16 = 1023;

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
