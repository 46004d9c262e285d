//! The demo as a process: started, watched, killed, started again on the same addresses and folder.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The binary under test: the one just built, or for long runs that of `SAOMA_TESTS_BINARY`, which nobody builds anew meanwhile.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("SAOMA_TESTS_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_saoma").into(), PathBuf::from)
}

/// Longest time a start may take on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where a demo keeps its things; removed in the end.
pub(crate) struct Place {
    pub(crate) data: PathBuf,
    pub(crate) database: Option<String>,
    /// Environment of the process.
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Place {
    /// A folder with its own SQLite database.
    pub(crate) fn sqlite(name: &str) -> Place {
        let data = std::env::temp_dir().join(format!("saoma-e2e-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&data);
        Place { data, database: None, environment: Vec::new() }
    }

    /// A folder beside a new database of the tests' PostgreSQL; `None` where there is none.
    pub(crate) fn postgres(name: &str) -> Option<Place> {
        let database = store::testing::server()?.database();
        let mut place = Place::sqlite(name);
        place.database = Some(database);
        Some(place)
    }
}

impl Place {
    /// The file that a process here logs to, all of them in turn.
    pub(crate) fn log(&self) -> PathBuf {
        self.data.with_extension("log")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
        let _ = std::fs::remove_file(self.log());
    }
}

/// A free port below those the system gives out by itself: nobody takes it while the demo is down.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes that start together have neighbouring numbers: spread, so that they do not find the same port free.
    let first = u16::try_from(u64::from(std::process::id()) * 61 % 8_000).unwrap();
    for _ in 0..8_000 {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 8_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port");
}

/// A demo that runs.
pub(crate) struct Demo {
    pub(crate) place: Place,
    pub(crate) json: Value,
    ports: (u16, u16),
    child: Child,
}

impl Demo {
    /// Starts one and waits until it serves.
    pub(crate) async fn start(place: Place) -> Demo {
        let ports = (free_port(), free_port());
        let child = spawn(&place, ports, &[]);
        let mut demo = Demo { place, json: Value::Null, ports, child };
        demo.wait().await;
        demo
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and gives its exit code.
    pub(crate) fn stop(&mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap()
    }

    /// Starts it again on the same folder and addresses.
    pub(crate) async fn again(&mut self, more: &[&str]) {
        self.child = spawn(&self.place, self.ports, more);
        self.wait().await;
    }

    /// Waits until `demo.json` is of this process.
    async fn wait(&mut self) {
        let began = Instant::now();
        let path = self.place.data.join("demo.json");
        loop {
            if let Some(ended) = self.child.try_wait().unwrap() {
                panic!("the demo ended with {ended}");
            }
            let json = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
            if let Some(json) = json.filter(|json| json["pid"] == self.child.id()) {
                self.json = json;
                return;
            }
            assert!(began.elapsed() < PATIENCE, "no demo.json after {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// `saoma verify` of this demo's database, beside it or after it.
    pub(crate) fn verify(&self) -> (i32, Value) {
        let seal = self.place.data.join("seal.pub");
        let mut args = vec!["verify", "--json", "--seal-key", seal.to_str().unwrap()];
        match &self.place.database {
            Some(database) => args.extend(["--database", database]),
            None => args.extend(["--data", self.place.data.to_str().unwrap()]),
        }
        let output = saoma(&args);
        let text = String::from_utf8(output.stdout).unwrap();
        let last = text.lines().last().unwrap_or_else(|| panic!("verify said nothing: {:?}", output.stderr));
        let mut summary: Value = serde_json::from_str(last).unwrap();
        assert_eq!(summary["type"], "summary");
        summary["said"] = text.into();
        (output.status.code().unwrap(), summary)
    }

    /// Proves the books.
    pub(crate) fn verify_is_fine(&self) {
        let (code, summary) = self.verify();
        assert_eq!(code, 0, "{summary:#}");
        assert_eq!(summary["ok"], true);
        assert_eq!(summary["signatures_checked"], true);
        assert!(summary["orders"].as_u64().unwrap() > 0);
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(place: &Place, ports: (u16, u16), more: &[&str]) -> Child {
    let mut command = Command::new(binary());
    command
        .arg("demo")
        .args(["--listen", &format!("127.0.0.1:{}", ports.0)])
        .args(["--sandbox-listen", &format!("127.0.0.1:{}", ports.1)])
        .arg("--data")
        .arg(&place.data)
        .args(more)
        .envs(place.environment.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::null());
    if !place.environment.is_empty() {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(place.log()).unwrap();
        command.stderr(log);
    }
    if let Some(database) = &place.database {
        command.args(["--database", database]);
    }
    command.spawn().unwrap()
}

/// Runs a command to its end.
pub(crate) fn saoma(args: &[&str]) -> Output {
    Command::new(binary()).args(args).stdin(Stdio::null()).output().unwrap()
}

/// A demo on free ports of the system's choice, that is expected to fail or to be looked at briefly.
pub(crate) fn demo_args<'a>(data: &'a Path, listen: &'a str) -> Vec<&'a str> {
    vec!["demo", "--listen", listen, "--sandbox-listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]
}

/// A `saoma serve` beside others on one database.
pub(crate) struct Node {
    pub(crate) base: String,
    config: PathBuf,
    child: Child,
}

impl Node {
    /// Starts one on a demo's database, with its bounds, and waits until it is ready.
    pub(crate) async fn start(place: &Place, number: u16) -> Node {
        let base = format!("http://127.0.0.1:{}", free_port());
        let config = place.data.join(format!("node-{number}.toml"));
        let text = format!(
            "listen = {:?}\nbase_url = {base:?}\ndatabase = {:?}\nnode = {number}\nseal_key_file = {:?}\n\
             [log]\nfilter = \"error\"\n\
             [desk]\nin_doubt_bound = 12000\nscan_polls = [1000]\ncode_polls = [1000, 1000, 2000]\n\
             undo_waits = [1000, 2000]\nrefund_polls = [1000, 2000]\nlate_polls = [3000]\n",
            base.strip_prefix("http://").unwrap(),
            place.database.as_ref().unwrap(),
            place.data.join("seal.key").display().to_string(),
        );
        std::fs::write(&config, text).unwrap();
        let child = serve(&config);
        let mut node = Node { base, config, child };
        node.ready().await;
        node
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again.
    pub(crate) async fn again(&mut self) {
        self.child = serve(&self.config);
        self.ready().await;
    }

    async fn ready(&mut self) {
        let began = Instant::now();
        loop {
            if let Some(ended) = self.child.try_wait().unwrap() {
                panic!("the node ended with {ended}");
            }
            let answer = reqwest::get(format!("{}/readyz", self.base)).await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "a node is not ready after {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(config: &Path) -> Child {
    Command::new(binary()).args(["serve", "--config"]).arg(config).stdout(Stdio::null()).spawn().unwrap()
}
