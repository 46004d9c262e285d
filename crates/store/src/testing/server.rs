//! A PostgreSQL server for the tests of one process: found, set up, started, and stopped with the process, however
//! that ends.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Set, a missing PostgreSQL fails the tests instead of skipping them.
pub const REQUIRE_ALL: &str = "SAOMA_TESTS_REQUIRE_ALL";

/// Sets up and starts the server, then waits for its input to end: it ends with the tests' process, even a killed one.
/// Only then the server is stopped and its folder removed.
const SUPERVISE: &str = r#"
trap ':' INT TERM HUP
cd "$1"
"$2/initdb" -D "$1/data" -U saoma -A trust -E UTF8 --locale=C --no-sync >"$1/log" 2>&1 || { cat "$1/log"; exit 1; }
"$2/postgres" -D "$1/data" -k "$1" -c listen_addresses= -c fsync=off -c max_connections=400 \
  -c autovacuum_naptime=5 >>"$1/log" 2>&1 &
server=$!
tries=0
until "$2/psql" -h "$1" -U saoma -d postgres -Atc 'select 1' >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ $tries -gt 300 ]; then cat "$1/log"; kill -9 $server; exit 1; fi
  sleep 0.1
done
echo started
cat >/dev/null
kill -INT $server
wait $server
cd /
rm -rf "$1"
"#;

/// The running server.
pub struct Server {
    folder: PathBuf,
    /// Holds the supervisor's input open.
    _supervisor: Child,
    databases: AtomicU32,
}

impl Server {
    /// The url of a database in it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://saoma@/{database}?host={}", self.folder.display())
    }

    /// A new, empty database.
    pub fn database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run(&format!("create database {name}"));
        self.url(&name)
    }

    /// Runs a statement as the server's owner.
    ///
    /// # Panics
    /// When it fails.
    pub fn run(&self, sql: &str) {
        let url = self.url("postgres");
        let sql = sql.to_owned();
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
                    .await
                    .expect("the test server answers");
                let driver = tokio::spawn(connection);
                client.batch_execute(&sql).await.expect("the statement runs");
                drop(client);
                // An error at the end of the connection changes nothing.
                let _ = driver.await;
            });
        };
        std::thread::spawn(work).join().expect("the test server serves");
    }
}

/// The server of this process, started on first use. `None` when PostgreSQL is not installed: then this says so loudly,
/// or panics where [`REQUIRE_ALL`] is set.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    match SERVER.get_or_init(start) {
        Ok(server) => Some(server),
        Err(why) => {
            let required = std::env::var_os(REQUIRE_ALL).is_some_and(|value| value != "0");
            assert!(!required, "PostgreSQL is required by {REQUIRE_ALL}, but: {why}");
            // Not with a macro: what those print is hidden when a test passes.
            let _ = writeln!(std::io::stderr(), "\nSKIPPED: a test on PostgreSQL: {why}\n");
            None
        }
    }
}

fn start() -> Result<Server, String> {
    let binaries = find().ok_or("initdb and postgres are neither under /usr/lib/postgresql nor in PATH")?;
    let folder = Path::new("/tmp").join(format!("saoma-pg-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut command = unprivileged(&folder)?;
    command.args(["sh", "-c", SUPERVISE, "sh"]).arg(&folder).arg(&binaries);
    let mut supervisor = command
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("the server's shell does not start: {error}"))?;
    let output = supervisor.stdout.take().ok_or("no output")?;
    let mut said = String::new();
    for line in BufReader::new(output).lines() {
        let line = line.map_err(|error| error.to_string())?;
        if line == "started" {
            return Ok(Server { folder, _supervisor: supervisor, databases: AtomicU32::new(0) });
        }
        said += &line;
        said.push('\n');
    }
    Err(format!("it does not start:\n{said}"))
}

/// The newest installed one.
fn find() -> Option<PathBuf> {
    let complete =
        |folder: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file());
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| complete(folder))
        .collect();
    installed.sort();
    let newest = installed.pop().map(|(_, folder)| folder);
    let path = std::env::var_os("PATH")?;
    newest.or_else(|| std::env::split_paths(&path).find(complete))
}

/// A command prefix under which the server agrees to run: it refuses to be root.
fn unprivileged(folder: &Path) -> Result<Command, String> {
    let output = |program: &str, args: &[&str]| {
        let output = Command::new(program).args(args).stdin(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if output("id", &["-u"]).as_deref() != Some("0") {
        return Ok(Command::new("env"));
    }
    let user = ["postgres", "nobody"].into_iter().find(|user| output("id", &["-u", user]).is_some());
    let user = user.ok_or("running as root, and there is neither a user postgres nor nobody")?;
    let folder = folder.display().to_string();
    output("chown", &[user, &folder]).ok_or("the folder cannot be given away")?;
    for (program, args) in
        [("setpriv", vec!["--reuid", user, "--clear-groups", "--"]), ("runuser", vec!["-u", user, "--"])]
    {
        if Command::new(program).args(&args).arg("true").output().is_ok_and(|out| out.status.success()) {
            let mut command = Command::new(program);
            command.args(args);
            return Ok(command);
        }
    }
    Err(format!("neither setpriv nor runuser can become {user}"))
}
