//! The other side of every remote channel at wire level, with wallets a person can use and faults a test can set.
//!
//! One origin serves WeChat Pay (v3 and v2), Alipay (`gateway.do` and v3) and Alipay+ on their real paths, a control API
//! under `/_sandbox/` and a telephone for a person under `/phone`. It shares no code with the platform's own adapters: two
//! independent readings of the same wire prove each other. See `README.md` beside this crate for the calls.
//!
//! A request is answered by plain synchronous code over [`world::World`]; only `server` (delays, lost answers) and
//! `notices` (callbacks) wait for anything.

mod aes;
mod alipay;
mod amount;
mod ams;
mod bank;
mod bill;
mod clock;
mod control;
mod crypto;
mod der;
mod faults;
mod http;
mod journal;
mod json;
mod keys;
mod model;
mod notices;
mod oauth;
mod phone;
mod random;
mod rates;
mod server;
mod state;
mod wechat;
mod world;
mod zip;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

pub use clock::Clock;
pub use json::{AccountJson, AlipayJson, AlipayPlusJson, SandboxJson, WechatJson};

/// How to start a sandbox.
#[derive(Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Folder for keys, the journal and `sandbox.json`; made when missing.
    pub data: PathBuf,
    /// Also keep the rules of the live channels that make a caller wait.
    pub strict: bool,
    /// Seed of every random choice that is not a key: numbers, nonces, faults.
    pub seed: u64,
    /// The clock everything is dated by.
    pub clock: Arc<dyn Clock>,
    /// How many merchants exist at each channel (at least one). The first is described at the top of `sandbox.json`.
    pub merchants: usize,
}

impl Options {
    /// Two merchants, not strict, seed 1.
    pub fn new(listen: SocketAddr, data: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Options { listen, data: data.into(), strict: false, seed: 1, clock, merchants: 2 }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("listen", &self.listen)
            .field("data", &self.data)
            .field("strict", &self.strict)
            .field("seed", &self.seed)
            .field("merchants", &self.merchants)
            .finish_non_exhaustive()
    }
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder of the data folder could not be read or written.
    #[error("{path}: {source}; is the data folder writable?")]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The address is taken or not ours.
    #[error("cannot listen on {listen}: {source}; choose another address or stop what listens there")]
    Listen {
        /// The address asked for.
        listen: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A key or certificate in the data folder is damaged or could not be made.
    #[error("{0}; remove the data folder's `keys` to make new ones")]
    Keys(String),
    /// The journal holds a line this version cannot read.
    #[error("{path}, line {line}: {reason}; remove the file to start with an empty sandbox")]
    Journal {
        /// The journal.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What was wrong with it.
        reason: String,
    },
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { path, source }
    }
}

/// Starts sandboxes.
#[derive(Debug)]
pub struct Sandbox;

impl Sandbox {
    /// Binds, makes or loads keys, restores the journal, writes `sandbox.json` and serves until [`Running::stop`].
    pub async fn start(options: Options) -> Result<Running, Error> {
        let listener = tokio::net::TcpListener::bind(options.listen)
            .await
            .map_err(|source| Error::Listen { listen: options.listen, source })?;
        let address =
            listener.local_addr().map_err(|source| Error::Listen { listen: options.listen, source })?;
        let base_url = format!("http://{address}");
        std::fs::create_dir_all(&options.data).map_err(Error::file(&options.data))?;
        let keys = keys::Keys::load_or_make(&options.data, options.merchants.max(1), &options.clock)?;
        let json = json::describe(&base_url, &options.data, &keys)?;
        json::write(&json, &options.data)?;
        let world = Arc::new(world::World::open(&options, base_url.clone(), keys)?);
        let serving = server::serve(listener, Arc::clone(&world));
        let notifying = tokio::spawn(notices::run(Arc::clone(&world)));
        Ok(Running { base_url, address, json, serving, notifying })
    }
}

/// A sandbox that serves.
#[derive(Debug)]
pub struct Running {
    /// `http://ADDRESS`, without a slash at the end.
    pub base_url: String,
    /// The address it got.
    pub address: SocketAddr,
    /// What `sandbox.json` says.
    pub json: SandboxJson,
    serving: tokio::task::JoinHandle<()>,
    notifying: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Ends all connections and callbacks. Everything that was answered is in the journal already.
    pub async fn stop(self) {
        self.serving.abort();
        self.notifying.abort();
        let _ = self.serving.await;
        let _ = self.notifying.await;
    }
}
