//! The process is killed with -9 under load: everything it acknowledged is there, nothing is there by half, and nothing
//! twice.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Account, Entry, MIGRATIONS, No, Once, open, transfer};
use store::testing::{Engine, Kind, ManualClock, SeededRandom};
use store::{Db, Event, Id, Merchant, Options, Stop, View};

const URL: &str = "STORE_CRASH_URL";
const CYCLES: u64 = 4;

/// A transfer under a key: done once, whoever asks how often.
fn keyed(view: &mut View, key: &str, from: Id, to: Id) -> Result<(), Stop<No>> {
    let name = (key.to_owned(), 0);
    view.want::<Account>(from);
    if view.get::<Once>(name)?.is_some() {
        return Ok(());
    }
    transfer(view, from, to, 1, i64::MIN)?;
    view.add(Once { name: key.to_owned(), kind: 0, made: from, input: vec![], uses: 1 });
    Ok(())
}

/// Not a test: what the killed process runs. It writes each key once it is acknowledged.
#[test]
fn child() {
    let Ok(url) = std::env::var(URL) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let seed = u64::from(std::process::id());
        let options = Options::new(url, Arc::new(ManualClock::default()), Arc::new(SeededRandom::new(seed)));
        let db = Db::open(&options).unwrap();
        let callers = (0..40i64).map(|caller| {
            let db = db.clone();
            async move {
                let merchant = Merchant(Id(1 + caller % 4));
                let a = db
                    .decide(merchant, move |v| open(v, 100 + caller * 1000 + i64::from(seed as u32)))
                    .await
                    .unwrap();
                let b = db
                    .decide(merchant, move |v| open(v, 101 + caller * 1000 + i64::from(seed as u32)))
                    .await
                    .unwrap();
                for n in 0.. {
                    let key = format!("{seed}-{caller}-{n}");
                    let written = key.clone();
                    if db.decide(merchant, move |v| keyed(v, &key, a, b)).await.is_ok() {
                        // One write, so that the parent sees a whole line or none.
                        std::io::stdout().write_all(format!("acked {written}\n").as_bytes()).unwrap();
                    }
                }
            }
        });
        futures_util::future::join_all(callers).await;
    });
}

/// Runs the child, kills it after a while; the keys it acknowledged.
fn run_and_kill(url: &str, after: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env(URL, url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut acked = Vec::new();
    let mut deadline = None;
    for line in output.split(b'\n') {
        let line = String::from_utf8(line.unwrap()).unwrap();
        if let Some((_, key)) = line.split_once("acked ") {
            acked.push(key.to_owned());
            let kill_at = *deadline.get_or_insert_with(|| Instant::now() + after);
            if Instant::now() > kill_at {
                // SIGKILL; what it still wrote before that is read to the end.
                child.kill().unwrap();
            }
        }
    }
    child.wait().unwrap();
    acked
}

async fn check(db: &Db, acked: &BTreeSet<String>) {
    let stored = db
        .read(|sql| {
            Ok((
                sql.rows::<Account>("", &[])?,
                sql.rows::<Once>("", &[])?,
                sql.rows::<Entry>("", &[])?,
                sql.rows::<Event>("order by merchant, seq", &[])?,
            ))
        })
        .await
        .unwrap();
    let (accounts, keys, entries, events) = stored;
    let there: BTreeSet<String> = keys.into_iter().map(|(_, row)| row.name).collect();
    let lost: Vec<_> = acked.difference(&there).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert_eq!(entries.len(), there.len() * 2, "two entries a key");
    assert_eq!(accounts.iter().map(|(_, row)| row.balance).sum::<i64>(), 0);
    assert_eq!(
        accounts.iter().map(|(_, row)| row.entries).sum::<i64>(),
        i64::try_from(entries.len()).unwrap()
    );
    let moved = events.iter().filter(|(_, event)| event.kind == "moved").count();
    assert_eq!(moved, there.len(), "an event a key");
    for pair in events.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        assert_eq!(pair[0].1.seq + 1, pair[1].1.seq, "events without gaps");
    }
}

fn crash(kind: Kind) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let Some(engine) = Engine::start(kind, &[MIGRATIONS]).await else { return };
        let mut acked = BTreeSet::new();
        for cycle in 0..CYCLES {
            let (url, after) = (engine.options.url.clone(), Duration::from_millis(150 + 70 * cycle));
            let keys = tokio::task::spawn_blocking(move || run_and_kill(&url, after)).await.unwrap();
            assert!(keys.len() > 20, "the child hardly worked: {}", keys.len());
            acked.extend(keys);
            check(&engine.db, &acked).await;
        }
        engine.db.close().await;
    });
}

#[test]
fn sqlite() {
    crash(Kind::Sqlite);
}

#[test]
fn postgres() {
    crash(Kind::Postgres);
}
