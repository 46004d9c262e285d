//! Rows that are declared `by hash`: on SQLite a small index of hashes finds them, in databases that were made before there were hashes the key itself.
#![allow(clippy::unwrap_used)]

mod common;

use common::No;
use store::{Db, Fail, Id, Merchant, Migration, Stop, View};

const M: Merchant = Merchant(Id(7));
const OTHER: Merchant = Merchant(Id(8));

store::rows! {
    /// A thing that was done.
    struct Did in t_did by hash {
        key { name: String, kind: i64 }
        fixed { made: Id }
    }
    /// The same, in a table that was made before there were hashes.
    struct DidOld in t_did_old by hash {
        key { name: String, kind: i64 }
        fixed { made: Id }
    }
}

const STEPS: &[Migration] = &[Migration {
    room: "test",
    number: 1,
    sql: "
create table t_did{by_hash} (
  name text not null, kind bigint not null, merchant bigint not null, made bigint not null,
  primary key (name, kind, merchant)
){clustered};
create table t_did_old (name text not null, kind bigint not null, merchant bigint not null, made bigint not null,
  primary key (name, kind, merchant)){clustered};
",
}];

/// Adds the thing without a look.
fn add(view: &mut View, name: &str, kind: i64) -> Result<Id, Stop<No>> {
    let made = view.id();
    view.add(Did { name: name.to_owned(), kind, made });
    view.add(DidOld { name: name.to_owned(), kind, made });
    Ok(made)
}

/// What both tables say of it.
fn made(view: &mut View, name: &str, kind: i64) -> Result<[Option<Id>; 2], Stop<No>> {
    let key = (name.to_owned(), kind);
    view.want::<DidOld>(key.clone());
    Ok([view.get::<Did>(key.clone())?.map(|row| row.made), view.get::<DidOld>(key)?.map(|row| row.made)])
}

async fn seen(db: &Db, merchant: Merchant, name: &'static str, kind: i64) -> [Option<Id>; 2] {
    db.decide(merchant, move |view| made(view, name, kind)).await.unwrap()
}

store::both_engines! {
    with [STEPS];

    async fn rows_are_found_by_their_whole_key(db: Db) {
        let a = db.decide(M, |view| add(view, "a", 1)).await.unwrap();
        let b = db.decide(OTHER, |view| add(view, "a", 1)).await.unwrap();
        assert_eq!(seen(&db, M, "a", 1).await, [Some(a); 2]);
        assert_eq!(seen(&db, OTHER, "a", 1).await, [Some(b); 2]);
        assert_eq!(seen(&db, M, "a", 2).await, [None; 2]);
        assert_eq!(seen(&db, M, "b", 1).await, [None; 2]);
        let rows = db.read(|sql| sql.rows::<Did>("where merchant = $1", &[&M])).await.unwrap();
        assert_eq!(rows, [(M, Did { name: "a".to_owned(), kind: 1, made: a })]);
    }

    async fn a_key_is_never_there_twice(db: Db) {
        let first = db.decide(M, |view| add(view, "a", 1)).await.unwrap();
        let again = db.decide(M, |view| { view.add(Did { name: "a".to_owned(), kind: 1, made: Id(5) }); Ok::<_, Stop<No>>(()) }).await;
        assert!(matches!(&again, Err(Fail::Panicked(text)) if text.contains("exists in t_did already")), "{again:?}");
        let twice = db.decide(M, |view| { add(view, "b", 1)?; add(view, "b", 1) }).await;
        assert!(matches!(twice, Err(Fail::Panicked(_))), "{twice:?}");
        assert_eq!(seen(&db, M, "a", 1).await, [Some(first); 2]);
        assert_eq!(seen(&db, M, "b", 1).await, [None; 2]);
        let racing = futures_util::future::join_all((0..20).map(|_| db.decide(M, |view| {
            if let [Some(made), _] = made(view, "c", 1)? { return Ok(made) }
            add(view, "c", 1)
        }))).await;
        let racing: std::collections::BTreeSet<_> = racing.into_iter().map(Result::unwrap).collect();
        assert_eq!(racing.len(), 1, "one made it, the others saw it");
    }

    async fn a_row_goes_and_comes_anew(db: Db) {
        let remove = |view: &mut View| -> Result<(), Stop<No>> {
            view.remove::<Did>(("a".to_owned(), 1));
            view.remove::<DidOld>(("a".to_owned(), 1));
            Ok(())
        };
        let first = db.decide(M, |view| add(view, "a", 1)).await.unwrap();
        db.decide(M, remove).await.unwrap();
        assert_eq!(seen(&db, M, "a", 1).await, [None; 2]);
        let second = db.decide(M, |view| add(view, "a", 1)).await.unwrap();
        assert!(second > first);
        assert_eq!(seen(&db, M, "a", 1).await, [Some(second); 2]);
        let odd = "o\0dd";
        db.decide(M, move |view| add(view, odd, 1)).await.unwrap();
        let name = db.read(|sql| sql.query("select name from t_did where name <> 'a'", &[])?[0].get::<String>(0)).await.unwrap();
        let left = db.decide(M, move |view| {
            view.remove::<Did>((name.clone(), 1));
            Ok::<_, Stop<No>>(())
        }).await;
        assert_eq!(left, Ok(()));
        assert_eq!(seen(&db, M, odd, 1).await[0], None, "a row is found by what was read of it");
        let anew = db.decide(M, move |view| { remove(view)?; add(view, "a", 1) }).await.unwrap();
        assert_eq!(seen(&db, M, "a", 1).await, [Some(anew); 2]);
    }

    async fn sqlite_looks_at_an_index_of_hashes(db: Db) {
        db.decide(M, |view| add(view, "a", 1)).await.unwrap();
        if db.engine_name() != "sqlite" {
            return;
        }
        let plan = db.read(|sql| {
            let rows = sql.query("explain query plan select made from t_did where merchant = 7 and name = 'a' and kind = 1 and key_hash = 3", &[])?;
            rows.iter().map(|row| row.get::<String>(3)).collect::<Result<Vec<_>, _>>()
        }).await.unwrap();
        assert!(plan.iter().any(|step| step.contains("t_did_by_hash")), "{plan:?}");
        let hashes = db.read(|sql| sql.query("select count(distinct key_hash) from t_did", &[])?[0].get::<i64>(0)).await;
        assert_eq!(hashes, Ok(1));
    }
}
