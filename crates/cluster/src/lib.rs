//! Temporary PostgreSQL servers for tests and measurements: found, set up, started, killed, started again, with a standby; gone with this process,
//! however that ends. They listen on a socket in their own folder and nowhere else.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const SUPERVISE: &str = include_str!("supervise.sh");

/// A server that is temporary in every other way keeps what it was told: for measurements and for servers that are killed.
pub const DURABLE: &[&str] =
    &["max_connections=200", "shared_buffers=256MB", "min_wal_size=1GB", "max_wal_size=4GB"];
/// Nothing survives a crash of the machine: for tests that do not crash it.
pub const FAST: &[&str] = &["fsync=off", "max_connections=400", "autovacuum_naptime=5"];

/// The port that names a server's socket where no other is asked for.
const USUAL_PORT: u16 = 5432;

/// A server.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    binaries: PathBuf,
    supervisor: Child,
    orders: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
    /// Where it listens beside its socket, if it does.
    port: Option<u16>,
}

impl Server {
    /// Starts a new one in `folder`, which is made, and removed in the end. `settings` are `name=value`.
    ///
    /// Error: why it cannot be had, such as that PostgreSQL is not installed.
    pub fn start(folder: &Path, settings: &[&str]) -> Result<Server, String> {
        let binaries = find().ok_or(
            "initdb, postgres and psql are neither under /usr/lib/postgresql nor in PATH: apt-get install postgresql",
        )?;
        make(folder)?;
        Server::supervise(folder, binaries, settings, None)
    }

    /// The same, which listens on a port of this machine too; under TLS where it is given a certificate and its key (PEM).
    ///
    /// Error: why it cannot be had.
    pub fn start_tcp(folder: &Path, settings: &[&str], tls: Option<(&str, &str)>) -> Result<Server, String> {
        let binaries = find().ok_or("PostgreSQL is not installed: apt-get install postgresql")?;
        make(folder)?;
        unprivileged(folder)?; // gives the folder to whom the server will be
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.map_err(|error| error.to_string())?.port();
        let mut own = vec!["listen_addresses=127.0.0.1".to_owned(), format!("port={port}")];
        if let Some((certificate, key)) = tls {
            let certificate = private_file(folder, "server.crt", certificate)?;
            let key = private_file(folder, "server.key", key)?;
            own.extend([
                "ssl=on".to_owned(),
                format!("ssl_cert_file={certificate}"),
                format!("ssl_key_file={key}"),
            ]);
        }
        let all: Vec<&str> = settings.iter().copied().chain(own.iter().map(String::as_str)).collect();
        Server::supervise(folder, binaries, &all, Some(port))
    }

    fn supervise(
        folder: &Path,
        binaries: PathBuf,
        settings: &[&str],
        port: Option<u16>,
    ) -> Result<Server, String> {
        let mut command = unprivileged(folder)?;
        command.args(["sh", "-c", SUPERVISE, "sh"]).arg(folder).arg(&binaries);
        for setting in settings {
            command.args(["-c", setting]);
        }
        let mut supervisor = command
            .env("PGPORT", port.unwrap_or(USUAL_PORT).to_string())
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("the server's shell does not start: {error}"))?;
        let orders = supervisor.stdin.take();
        let said = BufReader::new(supervisor.stdout.take().ok_or("no output")?);
        let mut server = Server { folder: folder.to_owned(), binaries, supervisor, orders, said, port };
        server.hear("started")?;
        Ok(server)
    }

    /// Waits for a word.
    fn hear(&mut self, wanted: &str) -> Result<(), String> {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            let read = self.said.read_line(&mut line).map_err(|error| error.to_string())?;
            if line.trim_end() == wanted {
                return Ok(());
            }
            if read == 0 {
                return Err(format!("it is not {wanted}:\n{all}"));
            }
            all += &line;
        }
    }

    fn order(&mut self, word: &str, answer: &str) -> Result<(), String> {
        let orders = self.orders.as_mut().ok_or("it is stopped")?;
        writeln!(orders, "{word}").map_err(|error| error.to_string())?;
        self.hear(answer)
    }

    /// Kills all of its processes at once, as a power cut would.
    pub fn kill(&mut self) -> Result<(), String> {
        self.order("kill", "ended")
    }

    /// Stops it in order; connections are cut.
    pub fn stop(&mut self) -> Result<(), String> {
        self.order("stop", "ended")
    }

    /// Starts it again after it was killed or stopped.
    pub fn again(&mut self) -> Result<(), String> {
        self.order("start", "started")
    }

    /// The folder of its socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The url of a database in it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://saoma@/{database}?host={}", self.folder.display())
    }

    /// The url of a database in it over TCP, for one that was started with [`Server::start_tcp`].
    pub fn tcp_url(&self, host: &str, database: &str) -> String {
        format!("postgres://saoma@{host}:{}/{database}", self.port.unwrap_or(USUAL_PORT))
    }

    /// A new, empty database; its url.
    pub fn database(&self, name: &str) -> Result<String, String> {
        self.sql("postgres", &format!("create database {name}"))?;
        Ok(self.url(name))
    }

    /// Runs a statement as the server's owner; what it answered, a row a line.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let output = Command::new(self.binaries.join("psql"))
            .args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "saoma", "-d", database, "-h"])
            .arg(&self.folder)
            .args(["-c", sql])
            .env("PGPORT", self.port.unwrap_or(USUAL_PORT).to_string())
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("psql: {error}"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
        }
        Err(format!("{sql}: {}", String::from_utf8_lossy(&output.stderr).trim_end()))
    }

    /// A program of PostgreSQL's, set up to reach this server.
    pub fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        command.args(["-U", "saoma", "-h"]).arg(&self.folder).env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    /// A standby of this server in a folder of its own. From then on this server answers a commit only once the standby has it on disk.
    pub fn standby(&self, folder: &Path, settings: &[&str]) -> Result<Server, String> {
        make(folder)?;
        let mut command = unprivileged(folder)?;
        let primary = format!("host={} user=saoma application_name=standby", self.folder.display());
        let copied = command
            .arg(self.binaries.join("pg_basebackup"))
            .args(["-d", &primary, "-R", "-X", "stream", "-c", "fast", "--no-sync", "-D"])
            .arg(folder.join("data"))
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("pg_basebackup: {error}"))?;
        if !copied.status.success() {
            return Err(format!("pg_basebackup: {}", String::from_utf8_lossy(&copied.stderr)));
        }
        let standby = Server::supervise(folder, self.binaries.clone(), settings, None)?;
        self.sql("postgres", "alter system set synchronous_standby_names = 'standby'")?;
        self.sql("postgres", "select pg_reload_conf()")?;
        for _ in 0..600 {
            if self.sql("postgres", "select sync_state from pg_stat_replication")? == "sync" {
                return Ok(standby);
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Err("the standby does not follow".to_owned())
    }

    /// Makes a standby the primary.
    pub fn promote(&self) -> Result<(), String> {
        match self.sql("postgres", "select pg_promote(true, 60)")?.as_str() {
            "t" => Ok(()),
            other => Err(format!("pg_promote answers {other}")),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.orders.take());
        // Whether it ends well or not, it ends.
        let _ = self.supervisor.wait();
    }
}

fn make(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

/// Writes a file that only the folder's owner reads; its path.
fn private_file(folder: &Path, name: &str, text: &str) -> Result<String, String> {
    let path = folder.join(name);
    let wrong = |error: std::io::Error| format!("{}: {error}", path.display());
    std::fs::write(&path, text).map_err(wrong)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(wrong)?;
    let owner = std::fs::metadata(folder).map_err(wrong)?;
    std::os::unix::fs::chown(&path, Some(owner.uid()), Some(owner.gid())).map_err(wrong)?;
    Ok(path.display().to_string())
}

/// Where the newest installed one is.
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
