//! What a decision can do, one thing at a time.

mod common;

use std::sync::Arc;

use common::{Account, AccountsOfOwner, Entry, MIGRATIONS, No, Once, open, transfer};
use store::testing::{ManualClock, SeededRandom};
use store::{Db, Fail, Id, Merchant, NotFound, Options, Stop};

#[tokio::test]
async fn smoke() {
    for url in ["memory:", "sqlite:/tmp/store-smoke.db"] {
        for force in [false, true] {
            let _ = std::fs::remove_file("/tmp/store-smoke.db");
            let mut options =
                Options::new(url, Arc::new(ManualClock::default()), Arc::new(SeededRandom::new(1)));
            options.force_reruns = force;
            let db = Db::open(&options).unwrap();
            db.migrate(&[MIGRATIONS]).await.unwrap();
            let m = Merchant(Id(7));
            let mut changes = db.changes();
            let a = db.decide(m, |v| open(v, 1)).await.unwrap();
            let b = db.decide(m, |v| open(v, 1)).await.unwrap();
            let left = db.decide(m, move |v| transfer(v, a, b, 30, -50)).await.unwrap();
            assert_eq!(left, -30);
            let refused = db.decide(m, move |v| transfer(v, a, b, 30, -50)).await;
            assert_eq!(refused, Err(Fail::Refused(No::Floor)));
            let rows = db
                .read(|sql| sql.rows::<Account>("where merchant = $1 order by id", &[&7i64]))
                .await
                .unwrap();
            assert_eq!(rows.iter().map(|(_, row)| row.balance).collect::<Vec<_>>(), [-30, 30]);
            let entries = db
                .read(|sql| sql.query("select count(*) from t_entries", &[])?[0].get::<i64>(0))
                .await
                .unwrap();
            assert_eq!(entries, 2);
            let of_owner = db
                .decide(m, |v| -> Result<_, Stop<NotFound>> { Ok(v.by::<AccountsOfOwner>(1)?.len()) })
                .await
                .unwrap();
            assert_eq!(of_owner, 2);
            let seqs: Vec<_> = std::iter::from_fn(|| changes.try_recv().ok()).map(|c| c.seq).collect();
            assert_eq!(seqs, [1, 2, 3]);
            let once = || {
                |v: &mut store::View| -> Result<i64, Stop<No>> {
                    let key = ("key".to_owned(), 3);
                    let row = match v.get::<Once>(key)? {
                        Some(mut once) => {
                            once.uses += 1;
                            once
                        }
                        None => Once { name: "key".into(), kind: 3, made: v.id(), input: vec![1], uses: 1 },
                    };
                    v.put(row.clone());
                    Ok(row.uses)
                }
            };
            let answers = futures_util::future::join_all((0..10).map(|_| db.decide(m, once()))).await;
            assert_eq!(
                answers.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
                (1..=10).collect::<Vec<_>>()
            );
            let _ = std::any::type_name::<Entry>();
            db.close().await;
        }
    }
}
