//! Functions that misbehave and databases that fail: each has its answer, and nobody else notices.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::{Account, AccountState, AccountsOfOwner, MIGRATIONS, No, Once, open};
use store::testing::{ALL, Engine, Kind, ManualClock, SeededRandom};
use store::{Db, Fail, Id, Json, Merchant, Migration, NotFound, Options, Stop, View};

const M: Merchant = Merchant(Id(3));

store::rows! {
    /// Some of its notes are no JSON: their keys are no texts.
    struct Noted in t_noted { key { id: Id } fields { note: Json<BTreeMap<Vec<u8>, u8>> } }
}

const NOTED: &[Migration] = &[Migration {
    room: "noted",
    number: 1,
    sql: "create table t_noted (id bigint not null, merchant bigint not null, note text not null, primary key (id, merchant))",
}];

fn once(name: &str) -> Once {
    Once { name: name.to_owned(), kind: 0, made: Id(1), input: vec![], uses: 1 }
}

store::both_engines! {
    with [MIGRATIONS, NOTED];

    async fn a_panic_concerns_nobody_else(db: Db) {
        let panics = |view: &mut View| -> Result<Id, Stop<No>> {
            view.add(once("from a panic"));
            panic!("on purpose");
        };
        let (before, panicked, after) = futures_util::future::join3(
            db.decide(M, |v| open(v, 1)), db.decide(M, panics), db.decide(M, |v| open(v, 1))).await;
        assert!(before.is_ok() && after.is_ok());
        assert_eq!(panicked, Err(Fail::Panicked("on purpose".into())));
        assert_eq!(db.read(|sql| sql.rows::<Once>("", &[])).await.unwrap(), []);
    }

    async fn a_row_added_twice_is_found_and_the_rest_of_its_group_written(db: Db) {
        let add = |name: &'static str| move |view: &mut View| -> Result<(), Stop<No>> {
            view.add(once(name));
            Ok(())
        };
        db.decide(M, add("there")).await.unwrap();
        let names = ["a", "b", "c", "there", "d", "e", "f"];
        let answers = futures_util::future::join_all(names.map(|name| db.decide(M, add(name)))).await;
        for (name, answer) in names.iter().zip(answers) {
            match answer {
                Ok(()) => assert_ne!(*name, "there"),
                Err(Fail::Broken(_)) => assert_eq!(*name, "there"),
                Err(other) => panic!("{name}: {other}"),
            }
        }
        assert_eq!(db.read(|sql| sql.rows::<Once>("", &[])).await.unwrap().len(), 7);
    }

    async fn a_value_that_cannot_be_written_concerns_nobody_else(db: Db) {
        let write = |odd: bool| move |view: &mut View| -> Result<(), Stop<No>> {
            let (id, key) = (view.id(), if odd { vec![1, 2] } else { vec![] });
            view.add(Noted { id, note: Json(key.into_iter().map(|n| (vec![n], n)).collect()) });
            Ok(())
        };
        let answers = futures_util::future::join_all((0..9).map(|n| db.decide(M, write(n == 4)))).await;
        for (n, answer) in answers.iter().enumerate() {
            assert_eq!(matches!(answer, Err(Fail::Broken(_))), n == 4, "{n}: {answer:?}");
        }
        assert_eq!(db.read(|sql| sql.rows::<Noted>("", &[])).await.unwrap().len(), 8);
    }

    async fn a_list_that_is_too_long_is_no_answer(db: Db) {
        let crowd = |view: &mut View| -> Result<(), Stop<No>> {
            for _ in 0..7 {
                let (id, opened_at) = (view.id(), view.now());
                view.add(Account { id, owner: 9, opened_at, order: AccountState::Open, balance: 0, entries: 0, note: None, tag: None });
            }
            Ok(())
        };
        let list = |view: &mut View| -> Result<usize, Stop<NotFound>> { Ok(view.by::<AccountsOfOwner>(9)?.len()) };
        for expected in [7, 14] {
            db.decide(M, crowd).await.unwrap();
            assert_eq!(db.decide(M, list).await, Ok(expected));
        }
        db.decide(M, crowd).await.unwrap();
        let answer = db.decide(M, list).await;
        assert!(matches!(&answer, Err(Fail::Broken(text)) if text.contains("AccountsOfOwner")), "{answer:?}");
    }

    async fn a_loop_over_the_view_ends(db: Db) {
        let endless = |view: &mut View| -> Result<(), Stop<No>> {
            loop {
                // Whatever it answers.
                let _ = view.get::<Account>(Id(1));
            }
        };
        assert_eq!(db.decide(M, endless).await, Err(Fail::TooSlow));
        assert!(db.decide(M, |v| open(v, 1)).await.is_ok());
    }

    async fn waiting_for_nothing_ends(db: Db) {
        let lost = |_: &mut View| -> Result<(), Stop<No>> { Err(Stop::Missing) };
        assert!(matches!(db.decide(M, lost).await, Err(Fail::Broken(_))));
    }
}

#[tokio::test]
async fn a_function_that_is_not_pure_is_found() {
    let engine = Engine::start(Kind::Reruns, &[MIGRATIONS]).await.unwrap();
    let calls = AtomicU64::new(0);
    let impure = move |view: &mut View| -> Result<(), Stop<No>> {
        view.add(once(&format!("call {}", calls.fetch_add(1, Ordering::Relaxed))));
        Ok(())
    };
    assert!(matches!(engine.db.decide(M, impure).await, Err(Fail::Broken(text)) if text.contains("same")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_does_not_come_back_is_given_up() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let change = |options: &mut Options| options.time_budget = Duration::from_millis(300);
        let Some(engine) = Engine::start_with(kind, &[MIGRATIONS], change).await else { continue };
        let db = engine.db.clone();
        let stuck = |view: &mut View| -> Result<(), Stop<No>> {
            view.add(once("stuck"));
            std::thread::sleep(Duration::from_secs(3));
            Ok(())
        };
        let others = (0..10).map(|_| db.decide(M, |v| open(v, 1)));
        let (stuck, others) =
            futures_util::future::join(db.decide(M, stuck), futures_util::future::join_all(others)).await;
        assert_eq!(stuck, Err(Fail::TooSlow), "{kind:?}");
        assert!(others.iter().all(Result::is_ok), "{kind:?}: {others:?}");
        assert!(db.decide(M, |v| open(v, 2)).await.is_ok(), "{kind:?}");
        // When it comes back after all, it leaves no trace.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let opened =
            db.read(|sql| Ok((sql.rows::<Account>("", &[])?.len(), sql.rows::<Once>("", &[])?.len()))).await;
        assert_eq!(opened, Ok((11, 0)), "{kind:?}");
        db.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_finds_the_queue_full_is_told_so() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let change = |options: &mut Options| options.queue_limit = 4;
        let Some(engine) = Engine::start_with(kind, &[MIGRATIONS], change).await else { continue };
        let slow = |_: &mut View| -> Result<(), Stop<No>> {
            std::thread::sleep(Duration::from_millis(200));
            Ok(())
        };
        let answers = futures_util::future::join_all((0..40).map(|_| engine.db.decide(M, slow))).await;
        let busy = answers.iter().filter(|answer| **answer == Err(Fail::Busy)).count();
        let done = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!(busy > 20 && done >= 4 && busy + done == 40, "{kind:?}: {busy} busy, {done} done");
        assert!(engine.db.decide(M, |v| open(v, 1)).await.is_ok());
        engine.db.close().await;
    }
}

#[tokio::test]
async fn a_closed_store_says_so() {
    for kind in ALL {
        let Some(engine) = Engine::start(kind, &[MIGRATIONS]).await else { continue };
        engine.db.close().await;
        engine.db.close().await;
        assert!(
            matches!(engine.db.decide(M, |v| open(v, 1)).await, Err(Fail::Broken(text)) if text.contains("closed"))
        );
    }
}

#[tokio::test]
async fn a_full_disk_and_a_read_only_one_are_named() {
    for (pragma, back, named) in [
        ("pragma max_page_count = 1", "pragma max_page_count = 1000000", "the disk is full"),
        ("pragma query_only = on", "pragma query_only = off", "cannot be written"),
    ] {
        let engine = Engine::start(Kind::Sqlite, &[MIGRATIONS]).await.unwrap();
        engine.db.break_with(pragma).await.unwrap();
        let big = |view: &mut View| -> Result<(), Stop<No>> {
            let (name, input) = (format!("{:?}", view.id()), view.bytes(100_000));
            view.add(Once { input, ..once(&name) });
            Ok(())
        };
        let answers = futures_util::future::join_all((0..5).map(|_| engine.db.decide(M, big))).await;
        for answer in answers {
            assert!(matches!(&answer, Err(Fail::Broken(text)) if text.contains(named)), "{answer:?}");
        }
        engine.db.break_with(back).await.unwrap();
        assert_eq!(engine.db.decide(M, big).await, Ok(()), "it goes on once there is room");
        engine.db.close().await;
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named() {
    let options =
        |url: &str| Options::new(url, Arc::new(ManualClock::default()), Arc::new(SeededRandom::new(1)));
    let cases = [
        ("sqlite:/nowhere/at/all.db", "cannot be opened"),
        ("postgres://nobody@127.0.0.1:1/none", "not reachable"),
        ("mysql://somewhere", "sqlite:PATH"),
    ];
    for (url, named) in cases {
        let error = Db::open(&options(url)).err().unwrap().to_string();
        assert!(error.contains(named), "{url}: {error}");
    }
    let node = Options { node: 1024, ..options("memory:") };
    assert!(Db::open(&node).err().unwrap().to_string().contains("1023"));
}
