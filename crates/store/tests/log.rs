//! SQLite's write-ahead log is put back into the database beside the writer: it does not grow with what is written.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::PathBuf;
use std::sync::Arc;

use common::{MIGRATIONS, No, Once};
use store::testing::{ManualClock, SeededRandom};
use store::{Db, Id, Merchant, Options, Stop, View};

const M: Merchant = Merchant(Id(3));
/// Rows of a decision, each a page of 4 KiB or so.
const ROWS: u64 = 500;
const DECISIONS: u64 = 160;

fn write(view: &mut View, decision: u64) -> Result<(), Stop<No>> {
    for row in 0..ROWS {
        // Spread over the tree, so that each touches a page of its own.
        let name = format!("{:016x}", (decision * ROWS + row).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        view.add(Once { name, kind: 1, made: Id(1), input: vec![7; 3000], uses: 1 });
    }
    Ok(())
}

fn open(path: &std::path::Path) -> Db {
    let url = format!("sqlite:{}", path.display());
    Db::open(&Options::new(url, Arc::new(ManualClock::default()), Arc::new(SeededRandom::new(1)))).unwrap()
}

fn size(path: PathBuf) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_does_not_grow_with_what_is_written() {
    let folder = std::env::temp_dir().join(format!("saoma-log-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("a.db");
    let db = open(&path);
    db.migrate(&[MIGRATIONS]).await.unwrap();
    for decision in 0..DECISIONS {
        db.decide(M, move |view| write(view, decision)).await.unwrap();
    }
    let (log, whole) = (size(folder.join("a.db-wal")), size(path.clone()));
    assert!(whole > 240 << 20, "{whole} bytes are in the database before it is closed");
    assert!(log < 240 << 20, "the log is {log} bytes long, where {whole} were written");
    db.close().await;
    assert_eq!(size(folder.join("a.db-wal")), 0, "all of it is in the database");
    let again = open(&path);
    let count = again.read(|sql| sql.query("select count(*) from t_once", &[])?[0].get::<i64>(0)).await;
    assert_eq!(count, Ok((ROWS * DECISIONS) as i64));
    again.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
}
