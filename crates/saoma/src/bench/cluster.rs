//! A temporary PostgreSQL that is as durable as a real one: found, set up, started, and gone with this process, however that ends.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::files;
use crate::out::{Failed, Outcome, While as _};

/// Sets up and starts the server, then waits for its input to end: it ends with the bench, even with a killed one.
const SUPERVISE: &str = r#"
trap ':' INT TERM HUP
cd "$1"
"$2/initdb" -D "$1/data" -U saoma -A trust -E UTF8 --locale=C >"$1/log" 2>&1 || { cat "$1/log"; exit 1; }
"$2/postgres" -D "$1/data" -k "$1" -c listen_addresses= -c max_connections=100 -c shared_buffers=256MB \
  -c min_wal_size=1GB -c max_wal_size=4GB >>"$1/log" 2>&1 &
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
pub(super) struct Cluster {
    folder: PathBuf,
    binaries: PathBuf,
    supervisor: Child,
}

impl Cluster {
    /// Starts one in `folder`, which is made and removed. Error: PostgreSQL is not installed, or does not start.
    pub(super) fn start(folder: &Path) -> Outcome<Cluster> {
        let binaries = newest().ok_or_else(|| {
            Failed::call("PostgreSQL is not installed under /usr/lib/postgresql: apt-get install postgresql, or name one with --database")
        })?;
        files::folder(folder)?;
        let mut command = unprivileged(folder)?;
        let mut supervisor = command
            .args(["sh", "-c", SUPERVISE, "sh"])
            .args([folder, &binaries])
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .during("starting PostgreSQL")?;
        let mut said = String::new();
        for line in supervisor.stdout.take().map(|out| BufReader::new(out).lines()).into_iter().flatten() {
            let line = line.during("starting PostgreSQL")?;
            if line == "started" {
                return Ok(Cluster { folder: folder.to_owned(), binaries, supervisor });
            }
            said += &line;
            said.push('\n');
        }
        Err(Failed::call(format!("PostgreSQL does not start:\n{said}")))
    }

    /// A new, empty database.
    pub(super) fn database(&self, name: &str) -> Outcome<String> {
        let made = Command::new(self.binaries.join("psql"))
            .args(["-q", "-U", "saoma", "-d", "postgres", "-h"])
            .arg(&self.folder)
            .args(["-c", &format!("create database {name}")])
            .status()
            .during("making a database")?;
        if !made.success() {
            return Err(Failed::call(format!("the database {name} could not be made")));
        }
        Ok(format!("postgres://saoma@/{name}?host={}", self.folder.display()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // Whether it ends well or not, it ends.
        let _ = self.supervisor.wait();
    }
}

fn newest() -> Option<PathBuf> {
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| folder.join("postgres").is_file() && folder.join("psql").is_file())
        .collect();
    installed.sort();
    installed.pop().map(|(_, folder)| folder)
}

/// A command prefix under which the server agrees to run: it refuses to be root.
fn unprivileged(folder: &Path) -> Outcome<Command> {
    let user_id = Command::new("id").arg("-u").output().during("asking for the user")?;
    if String::from_utf8_lossy(&user_id.stdout).trim() != "0" {
        return Ok(Command::new("env"));
    }
    let given = Command::new("chown").arg("postgres").arg(folder).status().during("chown")?;
    if !given.success() {
        return Err(Failed::call("PostgreSQL does not run as root, and there is no user postgres"));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "postgres", "--clear-groups", "--"]);
    Ok(command)
}
