//! The demo as a process: started, watched, killed, started again on the same addresses and folder.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The binary under test.
pub(crate) const SAOMA: &str = env!("CARGO_BIN_EXE_saoma");

/// Longest time a start may take on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where a demo keeps its things; removed in the end.
pub(crate) struct Place {
    pub(crate) data: PathBuf,
    pub(crate) database: Option<String>,
}

impl Place {
    /// A folder with its own SQLite database.
    pub(crate) fn sqlite(name: &str) -> Place {
        let data = std::env::temp_dir().join(format!("saoma-e2e-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&data);
        Place { data, database: None }
    }

    /// A folder beside a new database of the tests' PostgreSQL; `None` where there is none.
    pub(crate) fn postgres(name: &str) -> Option<Place> {
        let database = store::testing::server()?.database();
        let mut place = Place::sqlite(name);
        place.database = Some(database);
        Some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// A free port below those the system gives out by itself: nobody takes it while the demo is down.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 8_000).unwrap();
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
    let mut command = Command::new(SAOMA);
    command
        .arg("demo")
        .args(["--listen", &format!("127.0.0.1:{}", ports.0)])
        .args(["--sandbox-listen", &format!("127.0.0.1:{}", ports.1)])
        .arg("--data")
        .arg(&place.data)
        .args(more)
        .stdout(Stdio::null());
    if let Some(database) = &place.database {
        command.args(["--database", database]);
    }
    command.spawn().unwrap()
}

/// Runs a command to its end.
pub(crate) fn saoma(args: &[&str]) -> Output {
    Command::new(SAOMA).args(args).stdin(Stdio::null()).output().unwrap()
}

/// A demo on free ports of the system's choice, that is expected to fail or to be looked at briefly.
pub(crate) fn demo_args<'a>(data: &'a Path, listen: &'a str) -> Vec<&'a str> {
    vec!["demo", "--listen", listen, "--sandbox-listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]
}
