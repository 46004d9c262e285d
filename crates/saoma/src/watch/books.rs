//! What the database holds at this moment: open attempts by age, jobs, webhooks, and whether the books balance. Read when Prometheus asks, at most
//! every few seconds. Every process on one database tells the same figures: take the highest, not the sum.

use std::collections::BTreeMap;
use std::time::Duration;

use money::Currency;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use store::{Db, Millis, Sql, SqlError};

/// The ages by which open attempts are counted: the label, and the least age.
const AGES: [(&str, Duration); 4] = [
    ("0-60s", Duration::ZERO),
    ("60-300s", Duration::from_secs(60)),
    ("300-3600s", Duration::from_secs(300)),
    ("3600s-", Duration::from_secs(3600)),
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Open {
    channel: String,
    state: String,
    age: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Jobs {
    kind: String,
    state: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    currency: String,
}

/// The figures as they are told.
#[derive(Default)]
pub(super) struct BooksMetrics {
    up: Gauge,
    open: Family<Open, Gauge>,
    in_doubt: Gauge,
    oldest_in_doubt: Gauge,
    jobs: Family<Jobs, Gauge>,
    oldest_due: Gauge,
    imbalance: Family<Of, Gauge>,
    hooks_waiting: Gauge,
    hooks_parked: Gauge,
}

impl BooksMetrics {
    pub(super) fn register(registry: &mut Registry) -> BooksMetrics {
        let m = BooksMetrics::default();
        registry.register("database_up", "1 while the database answers reads", m.up.clone());
        registry.register("open_attempts", "Attempts without a final state", m.open.clone());
        registry.register("in_doubt", "Attempts in doubt", m.in_doubt.clone());
        registry.register(
            "in_doubt_oldest_seconds",
            "Age of the oldest attempt in doubt",
            m.oldest_in_doubt.clone(),
        );
        registry.register("jobs", "Jobs by kind: waiting, due or parked", m.jobs.clone());
        registry.register(
            "jobs_oldest_due_seconds",
            "How long the oldest due job has been due",
            m.oldest_due.clone(),
        );
        registry.register(
            "ledger_imbalance",
            "Sum over all accounts; anything but 0 is wrong",
            m.imbalance.clone(),
        );
        registry.register("webhooks_waiting", "Events that wait for an endpoint", m.hooks_waiting.clone());
        registry.register("webhooks_parked", "Events that an endpoint never took", m.hooks_parked.clone());
        m
    }

    /// Reads them anew. A database that does not answer within the limit counts as away.
    pub(super) async fn refresh(&self, db: &Db, limit: Duration) {
        let now = db.now();
        let reading = tokio::time::timeout(limit, db.read(move |sql| Snapshot::read(sql, now)));
        match reading.await {
            Ok(Ok(snapshot)) => self.show(&snapshot),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the database could not be looked at for metrics");
                self.away();
            }
            Err(_) => self.away(),
        }
    }

    /// Old figures would look like good ones.
    fn away(&self) {
        self.up.set(0);
        self.open.clear();
        self.jobs.clear();
        self.imbalance.clear();
    }

    fn show(&self, snapshot: &Snapshot) {
        self.away();
        self.up.set(1);
        let mut doubted = 0;
        for ((channel, state, age), count) in &snapshot.open {
            let labels = Open { channel: channel.clone(), state: state.clone(), age };
            self.open.get_or_create(&labels).set(*count);
            doubted += if state == "in_doubt" { *count } else { 0 };
        }
        self.in_doubt.set(doubted);
        self.oldest_in_doubt.set(snapshot.oldest_in_doubt);
        for ((kind, state), count) in &snapshot.jobs {
            self.jobs.get_or_create(&Jobs { kind: kind.clone(), state: state.clone() }).set(*count);
        }
        self.oldest_due.set(snapshot.oldest_due);
        for (currency, sum) in &snapshot.sums {
            self.imbalance.get_or_create(&Of { currency: currency.clone() }).set(*sum);
        }
        self.hooks_waiting.set(snapshot.hooks.0);
        self.hooks_parked.set(snapshot.hooks.1);
    }
}

/// One moment of the database.
#[derive(Debug, Default)]
struct Snapshot {
    open: BTreeMap<(String, String, &'static str), i64>,
    oldest_in_doubt: i64,
    jobs: BTreeMap<(String, String), i64>,
    oldest_due: i64,
    sums: BTreeMap<String, i64>,
    hooks: (i64, i64),
}

impl Snapshot {
    fn read(sql: &mut Sql<'_>, now: Millis) -> Result<Snapshot, SqlError> {
        let mut snapshot = Snapshot::default();
        snapshot.attempts(sql, now)?;
        snapshot.work(sql, now)?;
        snapshot.money(sql)?;
        Ok(snapshot)
    }

    /// Every attempt without a final state has a job: so this touches those only, and not the millions that are over.
    fn attempts(&mut self, sql: &mut Sql<'_>, now: Millis) -> Result<(), SqlError> {
        let since = AGES.map(|(_, age)| now.minus(age));
        let rows = sql.query(
            "select a.channel, a.state, case when a.created_at > $1 then 0 when a.created_at > $2 then 1 \
             when a.created_at > $3 then 2 else 3 end, count(*), min(a.created_at) from store_jobs j \
             join attempts a on a.id = j.subject and a.merchant = j.merchant \
             where j.kind = 'attempt' and a.state in ('pending', 'in_doubt') group by 1, 2, 3",
            &[&since[1], &since[2], &since[3]],
        )?;
        for row in rows {
            let (channel, state, age): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let age = usize::try_from(age).ok().and_then(|at| AGES.get(at)).map_or("", |(label, _)| label);
            if state == "in_doubt" {
                let oldest = seconds_since(now, row.get(4)?);
                self.oldest_in_doubt = self.oldest_in_doubt.max(oldest);
            }
            self.open.insert((channel, state, age), row.get(3)?);
        }
        Ok(())
    }

    fn work(&mut self, sql: &mut Sql<'_>, now: Millis) -> Result<(), SqlError> {
        let rows = sql.query(
            "select kind, case when parked is not null then 'parked' when run_at <= $1 then 'due' else 'waiting' end, \
             count(*), min(run_at) from store_jobs group by 1, 2",
            &[&now],
        )?;
        for row in rows {
            let (kind, state): (String, String) = (row.get(0)?, row.get(1)?);
            if state == "due" {
                self.oldest_due = self.oldest_due.max(seconds_since(now, row.get(3)?));
            }
            self.jobs.insert((kind, state), row.get(2)?);
        }
        let hooks = "select count(*), cast(coalesce(sum(parked), 0) as bigint) from hook_deliveries";
        if let Some(row) = sql.query(hooks, &[])?.first() {
            let (all, parked): (i64, i64) = (row.get(0)?, row.get(1)?);
            self.hooks = (all - parked, parked);
        }
        Ok(())
    }

    /// Rule 9: all accounts of a currency sum to zero.
    fn money(&mut self, sql: &mut Sql<'_>) -> Result<(), SqlError> {
        let text = "select class, cast(sum(balance) as bigint) from accounts group by class";
        for row in sql.query(text, &[])? {
            let (class, sum): (i64, i64) = (row.get(0)?, row.get(1)?);
            let number = u16::try_from(class % 1000).unwrap_or(0);
            let currency =
                Currency::from_number(number).map_or_else(|| number.to_string(), |c| c.code().to_owned());
            *self.sums.entry(currency).or_default() += sum;
        }
        Ok(())
    }
}

fn seconds_since(now: Millis, then: i64) -> i64 {
    (now.0 - then).max(0) / 1000
}
