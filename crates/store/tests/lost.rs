//! The connection to PostgreSQL is cut while it commits: the answer is *unknown*, and asking again with the same key
//! does it once, whether the commit had happened or not.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::{MIGRATIONS, No, Once};
use store::testing::{Engine, Kind, server};
use store::{Db, Fail, Id, Merchant, Options, Stop, View};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

const M: Merchant = Merchant(Id(3));

/// What the proxy does to the next commit.
const PASS: u32 = 0;
const CUT_BEFORE: u32 = 1;
const CUT_AFTER: u32 = 2;

/// Forwards to the server's socket; cuts a connection before or after its commit reaches the server.
async fn proxy(listener: TcpListener, socket: String, fault: Arc<AtomicU32>) {
    while let Ok((client, _)) = listener.accept().await {
        let server = UnixStream::connect(&socket).await.unwrap();
        tokio::spawn(forward(client, server, fault.clone()));
    }
}

async fn forward(mut client: TcpStream, mut server: UnixStream, fault: Arc<AtomicU32>) {
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                let commits = up[..count].windows(6).any(|part| part == b"commit");
                let fault = if commits { fault.swap(PASS, Ordering::SeqCst) } else { PASS };
                if fault == CUT_BEFORE {
                    return;
                }
                if server.write_all(&up[..count]).await.is_err() {
                    return;
                }
                if fault == CUT_AFTER {
                    // The server commits; nobody hears of it.
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                if client.write_all(&down[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn create(view: &mut View, key: &str) -> Result<Id, Stop<No>> {
    if let Some(done) = view.get::<Once>((key.to_owned(), 0))? {
        return Ok(done.made);
    }
    let made = view.id();
    view.add(Once { name: key.to_owned(), kind: 0, made, input: vec![], uses: 1 });
    Ok(made)
}

/// The database and the folder of the server's socket.
fn place(engine: &Engine) -> (String, String) {
    let rest = engine.options.url.strip_prefix("postgres://saoma@/").unwrap();
    let (database, folder) = rest.split_once("?host=").unwrap();
    (database.to_owned(), folder.to_owned())
}

async fn count(db: &Db) -> usize {
    db.read(|sql| sql.rows::<Once>("", &[])).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_nobody_heard_of_is_unknown() {
    let Some(engine) = Engine::start(Kind::Postgres, &[MIGRATIONS]).await else { return };
    let (database, folder) = place(&engine);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let fault = Arc::new(AtomicU32::new(PASS));
    tokio::spawn(proxy(listener, format!("{folder}/.s.PGSQL.5432"), fault.clone()));
    let url = format!("postgres://saoma@127.0.0.1:{port}/{database}");
    let db = Db::open(&Options { url, node: 1, ..engine.options.clone() }).unwrap();
    db.decide(M, |v| create(v, "first")).await.unwrap();
    for (what, stored) in [(CUT_BEFORE, 1), (CUT_AFTER, 2)] {
        fault.store(what, Ordering::SeqCst);
        let key = format!("key {what}");
        let again = key.clone();
        let answer = db.decide(M, move |v| create(v, &key)).await;
        assert!(matches!(answer, Err(Fail::Unknown(_))), "{what}: {answer:?}");
        // The server notices that its client is gone.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(count(&engine.db).await, stored + usize::from(what == CUT_AFTER), "{what}");
        let made = db.decide(M, move |v| create(v, &again)).await;
        assert!(made.is_ok(), "{what}: {made:?}");
        assert_eq!(count(&engine.db).await, stored + 1, "{what}: once");
    }
    db.close().await;
    engine.db.close().await;
}

/// Every connection is cut, at whatever it is doing, again and again: each decision ends, and what was answered well
/// was done once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_are_made_again() {
    let Some(engine) = Engine::start(Kind::Postgres, &[MIGRATIONS]).await else { return };
    let (database, _) = place(&engine);
    let cut = tokio::task::spawn_blocking(move || {
        for _ in 0..6 {
            std::thread::sleep(Duration::from_millis(150));
            server().unwrap().run(&format!(
                "select pg_terminate_backend(pid) from pg_stat_activity \
                 where datname = '{database}' and application_name = 'saoma' and query ilike '%t_once%'"
            ));
        }
    });
    let db = &engine.db;
    let callers = (0..8).map(|caller| async move {
        let mut unknown = 0;
        for n in 0..60 {
            let key = format!("{caller}-{n}");
            loop {
                let key = key.clone();
                match db.decide(M, move |v| create(v, &key)).await {
                    Ok(_) => break,
                    Err(Fail::Unknown(_) | Fail::Busy) => unknown += 1,
                    Err(other) => panic!("{other}"),
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        unknown
    });
    futures_util::future::join_all(callers).await;
    cut.await.unwrap();
    assert_eq!(count(db).await, 480);
    engine.db.close().await;
}
