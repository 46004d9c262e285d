//! The PostgreSQL server of the tests of one process: started on first use, gone with the process.

use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Set, a missing PostgreSQL fails the tests instead of skipping them.
pub const REQUIRE_ALL: &str = "SAOMA_TESTS_REQUIRE_ALL";

/// The running server.
pub struct Server {
    server: cluster::Server,
    databases: AtomicU32,
}

impl Server {
    /// The url of a database in it.
    pub fn url(&self, database: &str) -> String {
        self.server.url(database)
    }

    /// A new, empty database.
    pub fn database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run(&format!("create database {name}"));
        self.url(&name)
    }

    /// Runs one of PostgreSQL's programs against it, with files as its input and output.
    ///
    /// # Panics
    /// When it fails.
    pub fn tool(&self, name: &str, args: &[&str], input: Option<&Path>, output: Option<&Path>) {
        let mut command = self.server.tool(name);
        command.args(args);
        if let Some(path) = input {
            command.stdin(std::fs::File::open(path).expect("the input is there"));
        }
        if let Some(path) = output {
            command.stdout(std::fs::File::create(path).expect("the output can be made"));
        }
        let done = command.status().expect("the program starts");
        assert!(done.success(), "{name} {args:?}");
    }

    /// Runs a statement as the server's owner.
    ///
    /// # Panics
    /// When it fails.
    pub fn run(&self, sql: &str) {
        self.server.sql("postgres", sql).expect("the statement runs");
    }
}

/// The server of this process, started on first use. `None` when PostgreSQL is not installed: then this says so loudly,
/// or panics where [`REQUIRE_ALL`] is set.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    let start = || {
        let folder = Path::new("/tmp").join(format!("saoma-pg-{}", std::process::id()));
        let server = cluster::Server::start(&folder, cluster::FAST)?;
        Ok(Server { server, databases: AtomicU32::new(0) })
    };
    had(SERVER.get_or_init(start).as_ref().map_err(String::as_str))
}

/// A server that is to be had here, or `None` with a loud word; a panic where [`REQUIRE_ALL`] is set.
///
/// # Panics
/// See above.
pub fn had<T>(server: Result<T, &str>) -> Option<T> {
    match server {
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
