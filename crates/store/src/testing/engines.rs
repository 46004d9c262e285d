//! The same test on every engine.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::server::server;
use super::{ManualClock, SeededRandom};
use crate::db::{Db, Options};
use crate::migrate::Migration;

/// Where a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SQLite in a file.
    Sqlite,
    /// A real PostgreSQL server; see [`server`](super::server()).
    Postgres,
    /// SQLite in memory; everything is answered Missing first and every function run twice.
    Reruns,
}

/// All of them.
pub const ALL: [Kind; 3] = [Kind::Sqlite, Kind::Postgres, Kind::Reruns];

/// A migrated store for one test, with what it was given.
pub struct Engine {
    /// The store.
    pub db: Db,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// How it was opened: another process or a restart opens it the same way.
    pub options: Options,
    /// Where.
    pub kind: Kind,
    /// Removed with the test.
    folder: Option<Arc<Folder>>,
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Engine {
    /// A new, empty store with these migrations; `None` where it cannot be had (PostgreSQL is not installed).
    ///
    /// # Panics
    /// When the store cannot be opened or migrated.
    pub async fn start(kind: Kind, migrations: &[&[Migration]]) -> Option<Engine> {
        Engine::start_with(kind, migrations, |_| ()).await
    }

    /// The same with other options.
    ///
    /// # Panics
    /// When the store cannot be opened or migrated.
    pub async fn start_with(
        kind: Kind,
        migrations: &[&[Migration]],
        change: impl FnOnce(&mut Options),
    ) -> Option<Engine> {
        let (url, folder) = match kind {
            Kind::Sqlite => {
                let folder = folder();
                (format!("sqlite:{}", folder.0.join("saoma.db").display()), Some(Arc::new(folder)))
            }
            Kind::Postgres => (server()?.database(), None),
            Kind::Reruns => ("memory:".to_owned(), None),
        };
        let clock = Arc::new(ManualClock::default());
        let mut options = Options::new(url, clock.clone(), Arc::new(SeededRandom::new(1)));
        options.force_reruns = kind == Kind::Reruns;
        change(&mut options);
        let db = Db::open(&options).expect("the test's store opens");
        db.migrate(migrations).await.expect("the test's store migrates");
        Some(Engine { db, clock, options, kind, folder })
    }

    /// The folder of a store in a file.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_ref().map(|folder| folder.0.as_path())
    }
}

fn folder() -> Folder {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("saoma-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    // A process of the same number may have been here before.
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("the temporary folder can be written");
    Folder(path)
}

/// What a test may take: the store alone, or all of the [`Engine`].
pub trait FromEngine {
    /// Takes it.
    fn from_engine(engine: &Engine) -> Self;
}

impl FromEngine for Db {
    fn from_engine(engine: &Engine) -> Self {
        engine.db.clone()
    }
}

impl FromEngine for Engine {
    fn from_engine(engine: &Engine) -> Self {
        Engine {
            db: engine.db.clone(),
            clock: engine.clock.clone(),
            options: engine.options.clone(),
            kind: engine.kind,
            folder: engine.folder.clone(),
        }
    }
}

/// Runs a test on an engine; [`both_engines!`](crate::both_engines) calls this.
///
/// # Panics
/// As the test does.
pub fn run<T, F, Fut>(kind: Kind, migrations: &[&[Migration]], test: F)
where
    T: FromEngine,
    F: FnOnce(T) -> Fut,
    Fut: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let Some(engine) = Engine::start(kind, migrations).await else { return };
        test(T::from_engine(&engine)).await;
        engine.db.close().await;
    });
}

/// Tests that run on each engine: `both_engines! { with [MIGRATIONS]; async fn name(db: Db) { … } }` makes
/// `name::sqlite`, `name::postgres` and `name::reruns` (in memory, every function run several times). The argument is
/// a [`Db`](crate::Db) or an [`Engine`](crate::testing::Engine).
#[macro_export]
macro_rules! both_engines {
    (with $migrations:tt; $($(#[$meta:meta])* async fn $name:ident($($arg:ident)+ : $ty:ty) $body:block)+) => {$(
        $(#[$meta])*
        #[allow(clippy::unwrap_used, reason = "a test may")]
        async fn $name($($arg)+: $ty) $body

        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn sqlite() {
                $crate::testing::run($crate::testing::Kind::Sqlite, &$migrations, super::$name);
            }

            #[test]
            fn postgres() {
                $crate::testing::run($crate::testing::Kind::Postgres, &$migrations, super::$name);
            }

            #[test]
            fn reruns() {
                $crate::testing::run($crate::testing::Kind::Reruns, &$migrations, super::$name);
            }
        }
    )+};
}
