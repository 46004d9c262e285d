//! What a decision can do, one thing at a time, on every engine.

mod common;

use common::{Account, AccountState, AccountsOfOwner, MIGRATIONS, No, Once, open, transfer};
use store::{Db, Fail, Id, Merchant, NotFound, Stop, View};

const M: Merchant = Merchant(Id(7));

fn use_once(view: &mut View) -> Result<i64, Stop<No>> {
    let row = match view.get::<Once>(("key".to_owned(), 3))? {
        Some(mut once) => {
            once.uses += 1;
            once
        }
        None => Once { name: "key".into(), kind: 3, made: view.id(), input: vec![1], uses: 1 },
    };
    view.put(row.clone());
    Ok(row.uses)
}

store::both_engines! {
    with [MIGRATIONS];

    async fn a_transfer_is_written_and_a_refused_one_leaves_nothing(db: Db) {
        let mut changes = db.changes();
        let a = db.decide(M, |v| open(v, 1)).await.unwrap();
        let b = db.decide(M, |v| open(v, 1)).await.unwrap();
        assert_eq!(db.decide(M, move |v| transfer(v, a, b, 30, -50)).await, Ok(-30));
        assert_eq!(db.decide(M, move |v| transfer(v, a, b, 30, -50)).await, Err(Fail::Refused(No::Floor)));
        let rows = db.read(|sql| sql.rows::<Account>("where merchant = $1 order by id", &[&M])).await.unwrap();
        assert_eq!(rows.iter().map(|(_, row)| row.balance).collect::<Vec<_>>(), [-30, 30]);
        assert!(rows.iter().all(|(merchant, row)| *merchant == M && row.tag.as_ref().unwrap().len() == 4));
        let entries = db.read(|sql| sql.query("select count(*) from t_entries", &[])?[0].get::<i64>(0)).await;
        assert_eq!(entries, Ok(2));
        let news: Vec<_> = std::iter::from_fn(|| changes.try_recv().ok()).collect();
        assert_eq!(news.iter().map(|c| (c.seq, &*c.kind)).collect::<Vec<_>>(), [(1, "opened"), (2, "opened"), (3, "moved")]);
    }

    async fn decisions_of_a_group_see_each_other(db: Db) {
        let answers = futures_util::future::join_all((0..50).map(|_| db.decide(M, use_once))).await;
        let mut uses: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        uses.sort_unstable();
        assert_eq!(uses, (1..=50).collect::<Vec<_>>());
    }

    async fn an_index_sees_what_the_group_wrote(db: Db) {
        let opened = futures_util::future::join_all((0..25).map(|_| db.decide(M, |v| open(v, 1)))).await;
        assert_eq!(opened.iter().filter(|answer| answer.is_ok()).count(), 20);
        assert_eq!(opened.iter().filter(|answer| **answer == Err(Fail::Refused(No::Full))).count(), 5);
        let count = |v: &mut View| -> Result<_, Stop<NotFound>> { Ok(v.by::<AccountsOfOwner>(1)?.len()) };
        assert_eq!(db.decide(M, count).await, Ok(20));
        assert_eq!(db.decide(Merchant(Id(8)), count).await, Ok(0));
    }

    async fn rows_come_and_go(db: Db) {
        let a = db.decide(M, |v| open(v, 1)).await.unwrap();
        let shut = move |v: &mut View| v.change::<Account, No>(a, |row| row.order = AccountState::Other("odd".into()));
        assert_eq!(db.decide(M, shut).await.unwrap().order.as_str(), "odd");
        let other = db.decide(Merchant(Id(8)), move |v| v.need::<Account, No>(a)).await;
        assert!(matches!(other, Err(Fail::Refused(No::NotFound(_)))), "another merchant's row is not there");
        let gone = move |v: &mut View| -> Result<bool, Stop<No>> {
            v.remove::<Account>(a);
            Ok(v.get::<Account>(a)?.is_none() && v.by::<AccountsOfOwner>(1)?.is_empty())
        };
        assert_eq!(db.decide(M, gone).await, Ok(true));
        let all = move |v: &mut View| -> Result<_, Stop<No>> { Ok(v.all::<Account>([a, Id(1)])?) };
        assert_eq!(db.decide(M, all).await, Ok(vec![None, None]));
        assert_eq!(db.read(|sql| sql.rows::<Account>("", &[])).await.unwrap(), []);
    }

    async fn a_fixed_column_stays(db: Db) {
        let a = db.decide(M, |v| open(v, 1)).await.unwrap();
        let change = move |v: &mut View| v.change::<Account, No>(a, |row| row.owner = 2);
        assert!(matches!(db.decide(M, change).await, Err(Fail::Panicked(_))));
        assert_eq!(db.decide(M, move |v| v.need::<Account, No>(a)).await.unwrap().owner, 1);
    }

    /// Removed and made anew in one group, by one decision or by two, is a new row altogether.
    async fn a_row_made_anew_has_its_own_fixed_columns(db: Db) {
        let account = |id, owner| Account {
            id, owner, opened_at: store::Millis(owner), order: AccountState::Open, balance: owner, entries: 0, note: None, tag: None,
        };
        let a = db.decide(M, |v| open(v, 1)).await.unwrap();
        let anew = move |v: &mut View| -> Result<(), Stop<No>> {
            v.remove::<Account>(a);
            v.add(account(a, 2));
            Ok(())
        };
        db.decide(M, anew).await.unwrap();
        assert_eq!(db.decide(M, move |v| v.need::<Account, No>(a)).await.unwrap(), account(a, 2));
        let gone = move |v: &mut View| -> Result<(), Stop<No>> { v.remove::<Account>(a); Ok(()) };
        let back = move |v: &mut View| -> Result<(), Stop<No>> {
            if v.get::<Account>(a)?.is_none() {
                v.add(account(a, 3));
            }
            Ok(())
        };
        let (first, second) = tokio::join!(db.decide(M, gone), db.decide(M, back));
        first.unwrap();
        second.unwrap();
        let found = db.decide(M, move |v| v.by::<AccountsOfOwner>(3).map_err(Stop::<No>::from)).await.unwrap();
        assert_eq!(found, vec![account(a, 3)]);
        assert_eq!(db.read(|sql| sql.rows::<Account>("", &[])).await.unwrap().len(), 1);
    }

    /// PostgreSQL takes no text with a NUL; it must not take the rest of the group with it.
    async fn a_nul_in_a_text_is_replaced(db: Db) {
        let a = db.decide(M, |v| open(v, 1)).await.unwrap();
        let note = move |v: &mut View| v.change::<Account, No>(a, |row| row.note = Some("a\0b".to_owned()));
        db.decide(M, note).await.unwrap();
        assert_eq!(db.decide(M, move |v| v.need::<Account, No>(a)).await.unwrap().note.as_deref(), Some("a\u{fffd}b"));
        let found = db.read(|sql| sql.rows::<Account>("where note = $1", &[&"a\0b"])).await.unwrap();
        assert_eq!(found.len(), 1);
    }

    async fn a_swallowed_missing_is_remembered(db: Db) {
        let a = db.decide(M, |v| open(v, 1)).await.unwrap();
        let sly = move |v: &mut View| -> Result<bool, Stop<No>> { Ok(v.get::<Account>(a).ok().flatten().is_some()) };
        assert_eq!(db.decide(M, sly).await, Ok(true));
    }

    async fn reads_say_what_is_wrong(db: Db) {
        let swapped = db.read(|sql| sql.query("select 1 where $2 = $1", &[&1i64, &2i64]).map(|_| ())).await;
        assert!(matches!(swapped, Err(store::SqlError::Text(_))));
        let nonsense = db.read(|sql| sql.query("select * from nowhere", &[]).map(|_| ())).await;
        assert!(nonsense.unwrap_err().to_string().contains("nowhere"));
        let write = db.read(|sql| sql.query("delete from t_accounts", &[]).map(|_| ())).await;
        assert!(matches!(write, Err(store::SqlError::Engine(_))), "a read cannot write: {write:?}");
        let null = db.read(|sql| sql.query("select cast(null as bigint)", &[])?[0].get::<Option<i64>>(0)).await;
        assert_eq!(null, Ok(None));
        let texts = db.read(|sql| sql.query("select $1, cast($2 as bigint)", &[&"a", &Some(3i64)])?[0].get::<String>(0));
        assert_eq!(texts.await, Ok("a".to_owned()));
    }
}
