//! Jobs: claimed once, again after their lease, by priority; put off with growing waits, parked, and ended in order.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{MIGRATIONS, No};
use store::testing::{Engine, Kind};
use store::{Db, Handlers, Id, Job, JobError, Merchant, NewJob, Stop, View, Workers};

const M: Merchant = Merchant(Id(3));
const LEASE: Duration = Duration::from_secs(60);

fn new(kind: &'static str, view: &View, priority: i16) -> NewJob {
    NewJob {
        kind,
        subject: Id(42),
        run_at: view.now(),
        priority,
        payload: serde_json::json!({ "n": 1 }),
        held_for: None,
    }
}

async fn create(db: &Db, merchant: Merchant, kind: &'static str, priority: i16) -> Id {
    let create = move |view: &mut View| -> Result<Id, Stop<No>> {
        let job = new(kind, view, priority);
        Ok(view.job(job))
    };
    db.decide(merchant, create).await.unwrap()
}

async fn get(db: &Db, id: Id) -> Option<Job> {
    db.decide(M, move |view| -> Result<_, Stop<No>> { Ok(view.job_get(id)?) }).await.unwrap()
}

async fn done(db: &Db, merchant: Merchant, id: Id) {
    let done = move |view: &mut View| -> Result<(), Stop<No>> {
        view.job_done(id);
        Ok(())
    };
    db.decide(merchant, done).await.unwrap();
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to this: {what}");
}

store::both_engines! {
    with [MIGRATIONS];

    async fn what_a_node_held_when_it_died_is_taken_up_at_its_start(db: Db) {
        let held = |view: &mut View| -> Result<Id, Stop<No>> {
            let job = NewJob { held_for: Some(LEASE), ..new("taken up", view, 0) };
            Ok(view.job(job))
        };
        db.decide(M, held).await.unwrap();
        create(&db, M, "taken up", 0).await;
        let later = db.decide(M, |view: &mut View| -> Result<Id, Stop<No>> {
            let job = NewJob { run_at: view.now().plus(LEASE), ..new("taken up", view, 0) };
            Ok(view.job(job))
        });
        let later = later.await.unwrap();
        assert_eq!(db.claim(&["taken up"], 9, LEASE).await.unwrap().len(), 1);
        assert!(db.claim(&["taken up"], 9, LEASE).await.unwrap().is_empty(), "one is claimed, one is held, one is not due");
        let ran = Arc::new(AtomicU32::new(0));
        let (of, count) = (db.clone(), ran.clone());
        let handlers = Handlers::new().on("taken up", move |merchant, job: Job| {
            let (db, count) = (of.clone(), count.clone());
            async move {
                done(&db, merchant, job.id).await;
                count.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        });
        let workers = Workers::run(db.clone(), handlers, 4);
        until("both ran", async || ran.load(Ordering::SeqCst) == 2).await;
        workers.stop().await;
        assert!(get(&db, later).await.is_some(), "what was only put off is not sooner for it");
        assert_eq!(ran.load(Ordering::SeqCst), 2);
    }

    async fn a_job_is_claimed_once_until_its_lease_ends(engine: Engine) {
        let db = &engine.db;
        let id = create(db, M, "a", 0).await;
        create(db, M, "other", 0).await;
        let claimed = db.claim(&["a"], 10, LEASE).await.unwrap();
        assert_eq!(claimed.len(), 1);
        let (merchant, job) = &claimed[0];
        assert_eq!((*merchant, job.id, job.tries, job.subject), (M, id, 1, Id(42)));
        assert_eq!(job.payload, serde_json::json!({ "n": 1 }));
        assert_eq!(db.claim(&["a"], 10, LEASE).await.unwrap(), []);
        engine.clock.advance(LEASE);
        assert_eq!(db.claim(&["a"], 10, LEASE).await.unwrap()[0].1.tries, 2);
        done(db, M, id).await;
        assert_eq!(get(db, id).await, None);
        engine.clock.advance(LEASE);
        assert_eq!(db.claim(&["a", "b"], 10, LEASE).await.unwrap(), []);
    }

    async fn the_most_urgent_go_first(engine: Engine) {
        let db = &engine.db;
        let mut ids = Vec::new();
        for priority in [0, 5, -5, 5] {
            ids.push(create(db, M, "a", priority).await);
        }
        let first: Vec<_> = db.claim(&["a"], 3, LEASE).await.unwrap().into_iter().map(|(_, job)| job.id).collect();
        assert_eq!(first, [ids[1], ids[3], ids[0]]);
    }

    async fn a_held_job_is_its_creators_until_the_hold_ends(engine: Engine) {
        let db = &engine.db;
        let create = |view: &mut View| -> Result<Id, Stop<No>> {
            let job = NewJob { held_for: Some(LEASE), ..new("a", view, 0) };
            Ok(view.job(job))
        };
        db.decide(M, create).await.unwrap();
        assert_eq!(db.claim(&["a"], 10, LEASE).await.unwrap(), []);
        engine.clock.advance(LEASE);
        assert_eq!(db.claim(&["a"], 10, LEASE).await.unwrap().len(), 1);
    }

    async fn put_off_and_parked(engine: Engine) {
        let db = &engine.db;
        let id = create(db, M, "a", 0).await;
        let later = db.now().plus(Duration::from_secs(5));
        let put_off = move |view: &mut View| -> Result<(), Stop<No>> {
            view.job_later(id, later, Some("not yet".into()));
            Ok(())
        };
        db.decide(M, put_off).await.unwrap();
        assert_eq!(db.claim(&["a"], 10, LEASE).await.unwrap(), []);
        engine.clock.advance(Duration::from_secs(5));
        let claimed = db.claim(&["a"], 10, LEASE).await.unwrap();
        assert_eq!(claimed[0].1.error.as_deref(), Some("not yet"));
        let park = move |view: &mut View| -> Result<(), Stop<No>> {
            view.job_park(id, "no use");
            Ok(())
        };
        db.decide(M, park).await.unwrap();
        engine.clock.advance(LEASE * 100);
        assert_eq!(db.claim(&["a"], 10, LEASE).await.unwrap(), []);
        let parked = get(db, id).await.unwrap();
        assert_eq!((parked.parked.as_deref(), parked.tries), (Some("no use"), 1));
        db.decide(M, put_off).await.unwrap();
        assert_eq!(db.claim(&["a"], 10, LEASE).await.unwrap().len(), 1, "taken up again");
    }

    async fn claimers_never_share_a_job(engine: Engine) {
        let db = &engine.db;
        for n in 0..40 {
            create(db, Merchant(Id(n % 4)), "a", 0).await;
        }
        let other = if engine.kind == Kind::Postgres {
            let options = store::Options { node: 1, ..engine.options.clone() };
            Db::open(&options).unwrap()
        } else {
            db.clone()
        };
        let claims = (0..20).map(|n| if n % 2 == 0 { db.clone() } else { other.clone() })
            .map(|db| async move { db.claim(&["a"], 3, LEASE).await.unwrap() });
        let claimed: Vec<Id> = futures_util::future::join_all(claims).await.into_iter().flatten().map(|(_, job)| job.id).collect();
        let different: BTreeSet<_> = claimed.iter().collect();
        assert_eq!((claimed.len(), different.len()), (40, 40));
        other.close().await;
    }

    async fn workers_run_what_is_due_at_once(engine: Engine) {
        let db = engine.db.clone();
        let ran = Arc::new(Mutex::new(Vec::new()));
        let handlers = Handlers::new().on("a", {
            let (db, ran) = (db.clone(), ran.clone());
            move |merchant, job| {
                let (db, ran) = (db.clone(), ran.clone());
                async move {
                    done(&db, merchant, job.id).await;
                    ran.lock().unwrap().push((merchant, job.id));
                    Ok(())
                }
            }
        });
        let mut handlers = handlers;
        handlers.poll = Duration::from_secs(30);
        let workers = Workers::run(db.clone(), handlers, 4);
        // So that the workers are already waiting for their next look, half a minute away.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut expected = BTreeSet::new();
        for n in 0..20 {
            let merchant = Merchant(Id(n % 3));
            expected.insert((merchant, create(&db, merchant, "a", 0).await));
        }
        until("all have run", async || ran.lock().unwrap().len() == 20).await;
        assert_eq!(ran.lock().unwrap().iter().copied().collect::<BTreeSet<_>>(), expected);
        workers.stop().await;
        let left = db.read(|sql| sql.query("select count(*) from store_jobs", &[])?[0].get::<i64>(0)).await;
        assert_eq!(left, Ok(0));
    }

    async fn failures_wait_longer_and_longer_and_end_parked(engine: Engine) {
        let db = engine.db.clone();
        let tries = Arc::new(AtomicU32::new(0));
        let handlers = Handlers::new().on("a", {
            let tries = tries.clone();
            move |_, _| {
                let tries = tries.clone();
                async move {
                    assert!(tries.fetch_add(1, Ordering::SeqCst) > 0, "the first time it panics");
                    Err(JobError::retry("it is down"))
                }
            }
        });
        let id = create(&db, M, "a", 0).await;
        let created_at = db.now();
        let mut handlers = handlers;
        (handlers.tries, handlers.poll) = (4, Duration::from_millis(5));
        let workers = Workers::run(db.clone(), handlers, 4);
        let mut waits = Vec::new();
        for expected in 1..4 {
            until("a try failed", async || get(&db, id).await.unwrap().error.is_some() && tries.load(Ordering::SeqCst) == expected).await;
            until("it is put off", async || get(&db, id).await.unwrap().run_at < db.now().plus(LEASE / 2)).await;
            let job = get(&db, id).await.unwrap();
            waits.push(job.run_at.since(db.now()).as_millis());
            engine.clock.set(job.run_at);
        }
        until("it is parked", async || get(&db, id).await.unwrap().parked.is_some()).await;
        workers.stop().await;
        for (wait, longest) in waits.iter().zip([1000, 2000, 4000]) {
            assert!((longest / 2..=longest).contains(wait), "{waits:?}");
        }
        assert_eq!(get(&db, id).await.unwrap().parked.as_deref(), Some("it is down"));
        assert!(db.now().since(created_at) <= Duration::from_secs(7));
    }

    async fn stopping_waits_for_what_runs(engine: Engine) {
        let db = engine.db.clone();
        let (started, ended) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let handlers = Handlers::new().on("a", {
            let (db, started, ended) = (db.clone(), started.clone(), ended.clone());
            move |merchant, job: Job| {
                let (db, started, ended) = (db.clone(), started.clone(), ended.clone());
                async move {
                    started.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    done(&db, merchant, job.id).await;
                    ended.fetch_add(1, Ordering::SeqCst);
                    Ok(())
                }
            }
        });
        for _ in 0..6 {
            create(&db, M, "a", 0).await;
        }
        let workers = Workers::run(db.clone(), handlers, 2);
        until("two run", async || started.load(Ordering::SeqCst) == 2).await;
        workers.stop().await;
        assert_eq!((started.load(Ordering::SeqCst), ended.load(Ordering::SeqCst)), (2, 2));
    }
}

/// A week of a job's waits in no time: with a paused clock nothing but the store's own timers moves time.
#[tokio::test(start_paused = true)]
async fn workers_run_under_a_paused_clock() {
    let engine = Engine::start(Kind::Reruns, &[MIGRATIONS]).await.unwrap();
    let (db, clock) = (engine.db.clone(), engine.clock.clone());
    let start = tokio::time::Instant::now();
    let handlers = Handlers::new().on("a", {
        let db = db.clone();
        move |merchant, job: Job| {
            let db = db.clone();
            async move {
                if job.tries < 10 {
                    return Err(JobError::retry("not yet"));
                }
                done(&db, merchant, job.id).await;
                Ok(())
            }
        }
    });
    let id = create(&db, M, "a", 0).await;
    let workers = Workers::run(db.clone(), handlers, 4);
    while get(&db, id).await.is_some() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        clock.advance(Duration::from_secs(1));
        assert!(start.elapsed() < Duration::from_secs(7200), "{:?}", get(&db, id).await);
    }
    assert!(start.elapsed() > Duration::from_secs(250), "its waits were kept: {:?}", start.elapsed());
    workers.stop().await;
}
