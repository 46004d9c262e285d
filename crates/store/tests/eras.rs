//! Keys `by hash` in more than one era on SQLite: whatever era a key is in, and whoever put it there, it is found and never there twice.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::No;
use store::testing::{Engine, Kind};
use store::{Db, Fail, Id, Merchant, Migration, Stop, View};

const M: Merchant = Merchant(Id(7));
/// Keys of an era.
const ERA: i64 = 8;

store::rows! {
    /// A thing that was done.
    struct Did in t_did by hash {
        key { name: String }
        fixed { made: Id }
    }
}

const STEPS: &[Migration] = &[Migration {
    room: "test",
    number: 1,
    sql: "create table t_did{by_hash} (name text not null, merchant bigint not null, made bigint not null, primary key (name, merchant)){clustered};",
}];

/// Filters as a damaged disk may give them: one cut, one without a bit, one that is none, and the others gone.
const DAMAGE: &[Migration] = &[
    STEPS[0],
    Migration {
        room: "test",
        number: 2,
        sql: "update t_did_eras set filter = case era when 0 then x'00' when 1 then cast(zeroblob(64) || substr(filter, 65) as blob) when 2 then 'text' end;",
    },
];

async fn start() -> Engine {
    Engine::start_with(Kind::Sqlite, &[STEPS], |options| options.keys_per_era = ERA).await.unwrap()
}

/// Adds the thing without a look: the store looks.
async fn add(db: &Db, name: &str) -> Result<Id, Fail<No>> {
    let name = name.to_owned();
    let add = move |view: &mut View| -> Result<Id, Stop<No>> {
        let made = view.id();
        view.add(Did { name: name.clone(), made });
        Ok(made)
    };
    db.decide(M, add).await
}

async fn remove(db: &Db, name: &str) {
    let name = name.to_owned();
    let remove = move |view: &mut View| -> Result<(), Stop<No>> {
        view.remove::<Did>(name.clone());
        Ok(())
    };
    db.decide(M, remove).await.unwrap();
}

async fn made(db: &Db, name: &str) -> Option<Id> {
    let name = name.to_owned();
    let look = move |view: &mut View| -> Result<Option<Id>, Stop<No>> {
        Ok(view.get::<Did>(name.clone())?.map(|row| row.made))
    };
    db.decide(M, look).await.unwrap()
}

async fn add_all(db: &Db, names: std::ops::Range<i64>) -> Vec<(String, Id)> {
    let mut added = Vec::new();
    for name in names {
        let name = format!("k{name}");
        let id = add(db, &name).await.unwrap();
        added.push((name, id));
    }
    added
}

async fn check(db: &Db, there: &[(String, Id)]) {
    for (name, id) in there {
        assert_eq!(made(db, name).await, Some(*id), "{name}");
        let again = add(db, name).await;
        assert!(matches!(&again, Err(Fail::Panicked(text)) if text.contains("exists")), "{name}: {again:?}");
        assert_eq!(made(db, &format!("{name} not")).await, None);
    }
    let rows = db.read(|sql| sql.query("select name from t_did", &[])).await.unwrap();
    assert_eq!(rows.len(), there.len());
}

async fn number(db: &Db, query: &'static str) -> i64 {
    db.read(move |sql| sql.query(query, &[])?[0].get(0)).await.unwrap()
}

const ERAS: &str = "select count(*) from t_did_eras";
const FILTERS: &str = "select count(filter) from t_did_eras";

/// Goes on adding until every era that is over has its filter in the database.
async fn until_filtered(db: &Db, there: &mut Vec<(String, Id)>) {
    let until = Instant::now() + Duration::from_secs(20);
    while number(db, FILTERS).await + 1 < number(db, ERAS).await {
        assert!(Instant::now() < until, "no filters");
        let name = format!("more{}", there.len());
        let id = add(db, &name).await.unwrap();
        there.push((name, id));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_found_in_whatever_era_it_is() {
    let engine = start().await;
    let mut there = add_all(&engine.db, 0..60).await;
    assert!(number(&engine.db, ERAS).await >= 7);
    check(&engine.db, &there).await;
    until_filtered(&engine.db, &mut there).await;
    check(&engine.db, &there).await;
    engine.db.close().await;
    let again = Db::open(&engine.options).unwrap();
    check(&again, &there).await;
    let racing = futures_util::future::join_all((0..20).map(|_| add(&again, "one"))).await;
    assert_eq!(racing.iter().filter(|end| end.is_ok()).count(), 1);
    again.close().await;
}

#[tokio::test]
async fn eras_in_memory_have_filters_at_once() {
    let change = |options: &mut store::Options| options.keys_per_era = ERA;
    let engine = Engine::start_with(Kind::Reruns, &[STEPS], change).await.unwrap();
    let there = add_all(&engine.db, 0..60).await;
    assert!(number(&engine.db, ERAS).await >= 7);
    assert!(number(&engine.db, FILTERS).await + 2 >= number(&engine.db, ERAS).await);
    check(&engine.db, &there).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_that_are_damaged_are_made_anew() {
    let engine = start().await;
    let mut there = add_all(&engine.db, 0..40).await;
    until_filtered(&engine.db, &mut there).await;
    engine.db.close().await;
    let again = Db::open(&engine.options).unwrap();
    again.migrate(&[DAMAGE]).await.unwrap();
    assert_eq!(number(&again, FILTERS).await, 3);
    check(&again, &there).await;
    until_filtered(&again, &mut there).await;
    assert_eq!(number(&again, "select min(length(filter)) from t_did_eras").await, 64 + 8);
    check(&again, &there).await;
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_the_eras() {
    let engine = start().await;
    let other = Db::open(&engine.options).unwrap();
    let mut there = Vec::new();
    for n in 0..20 {
        // Each goes on in eras that the other began, and finds what the other put into them.
        let (one, two) = if n % 2 == 0 { (&engine.db, &other) } else { (&other, &engine.db) };
        let new = add_all(one, n * 7..(n + 1) * 7).await;
        for (name, id) in &new {
            assert_eq!(made(two, name).await, Some(*id), "{name}");
            assert!(add(two, name).await.is_err(), "{name}");
        }
        there.extend(new);
    }
    until_filtered(&other, &mut there).await;
    check(&engine.db, &there).await;
    check(&other, &there).await;
    other.close().await;
    engine.db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_was_removed_comes_anew_and_eras_without_keys_go() {
    let engine = start().await;
    let mut there = add_all(&engine.db, 0..40).await;
    until_filtered(&engine.db, &mut there).await;
    for n in [3, 3, 20] {
        let name = format!("k{n}");
        remove(&engine.db, &name).await;
        assert_eq!(made(&engine.db, &name).await, None);
        let id = add(&engine.db, &name).await.unwrap();
        there.retain(|(other, _)| *other != name);
        there.push((name, id));
    }
    check(&engine.db, &there).await;
    for (name, _) in &there {
        remove(&engine.db, name).await;
    }
    // The rows' numbers begin anew; the eras do not.
    let before = number(&engine.db, "select max(era) from t_did_eras").await;
    let mut there = add_all(&engine.db, 0..40).await;
    assert!(number(&engine.db, "select min(era) from t_did_eras").await >= before);
    assert!(number(&engine.db, "select max(era) from t_did_eras").await > before + 3);
    until_filtered(&engine.db, &mut there).await;
    check(&engine.db, &there).await;
    engine.db.close().await;
}

store::rows! {
    /// What is written beside each thing.
    struct Beside in t_beside {
        key { name: String }
        fixed { made: Id }
        fields { }
    }
}

const BESIDE: &[Migration] = &[
    STEPS[0],
    Migration {
        room: "test",
        number: 2,
        sql: "create table t_beside (name text not null, merchant bigint not null, made bigint not null, primary key (name, merchant)){clustered};",
    },
];

/// Adds things and what is beside each.
async fn add_both(db: &Db, names: std::ops::Range<i64>) -> Result<(), Fail<No>> {
    let add = move |view: &mut View| -> Result<(), Stop<No>> {
        for name in names.clone() {
            let (name, made) = (format!("k{name:08}"), view.id());
            view.add(Did { name: name.clone(), made });
            view.add(Beside { name, made });
        }
        Ok(())
    };
    db.decide(M, add).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_for_which_there_is_no_room_undoes_its_group_once() {
    const LONG: i64 = 8000;
    let engine =
        Engine::start_with(Kind::Sqlite, &[STEPS], |options| options.keys_per_era = LONG).await.unwrap();
    let db = &engine.db;
    db.migrate(&[BESIDE]).await.unwrap();
    add_both(db, 0..LONG + 1).await.unwrap();
    assert_eq!(number(db, ERAS).await, 2);
    // The filter takes four pages, and there is room for two.
    let limit = number(db, "select page_count from pragma_page_count()").await + 2;
    let limit: &str = Box::leak(format!("pragma max_page_count = {limit}").into_boxed_str());
    let full = [BESIDE[0], BESIDE[1], Migration { room: "test", number: 3, sql: limit }];
    db.migrate(&[&full]).await.unwrap();
    let mut failed = 0;
    for n in LONG + 1..LONG + 40 {
        failed += i32::from(add_both(db, n..n + 1).await.is_err());
        let [did, beside] = [
            "select count(*) from t_did where name not in (select name from t_beside)",
            "select count(*) from t_beside where name not in (select name from t_did)",
        ];
        assert_eq!([number(db, did).await, number(db, beside).await], [0, 0], "both are there or none");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(failed, 1, "one group met the full disk, and the next did without the filter in the database");
    assert_eq!(number(db, FILTERS).await, 0);
    db.close().await;
}
