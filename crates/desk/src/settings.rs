//! What an operator can tune: time limits, polling schedules, bounds. Defaults come from the channels' own documents.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The desk's settings. Durations are written in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where payers and channels reach this platform, without a trailing slash.
    pub base_url: String,
    /// How long an order waits for money unless its quote says otherwise.
    #[serde(with = "millis")]
    pub order_life: Duration,
    /// How long an unclear scan is asked about before it is reversed (rule 3). WeChat's own procedure gives up at 45 s.
    #[serde(with = "millis")]
    pub in_doubt_bound: Duration,
    /// How long a `POST …/attempts` with a payer's code waits for a final answer.
    #[serde(with = "millis")]
    pub answer_wait: Duration,
    /// Waits between queries of a scan; the last repeats.
    #[serde(with = "millis_list")]
    pub scan_polls: Vec<Duration>,
    /// Waits between queries of a shown code; the last repeats.
    #[serde(with = "millis_list")]
    pub code_polls: Vec<Duration>,
    /// Waits between repetitions of a close or reversal; the last repeats.
    #[serde(with = "millis_list")]
    pub undo_waits: Vec<Duration>,
    /// Waits between queries of a refund; the last repeats.
    #[serde(with = "millis_list")]
    pub refund_polls: Vec<Duration>,
    /// How long a refund that a channel puts off is repeated before it is given to an operator.
    #[serde(with = "millis")]
    pub refund_patience: Duration,
    /// Waits before each look at an attempt that has ended unpaid: a channel may take money all the same.
    #[serde(with = "millis_list")]
    pub late_polls: Vec<Duration>,
    /// The largest amount of one order, in minor units.
    pub max_amount: i64,
    /// The largest amount a payer may type at a stand, in minor units: it guards against a slip of the finger.
    pub stand_max_amount: i64,
    /// How many attempts one order may have.
    pub max_attempts: usize,
    /// How long an operator stays signed in.
    #[serde(with = "millis")]
    pub session_life: Duration,
    /// Failed sign-ins before the name is locked.
    pub sign_in_tries: i64,
    /// How long it is locked.
    #[serde(with = "millis")]
    pub sign_in_lock: Duration,
    /// How long a terminal's enrolment code can be used.
    #[serde(with = "millis")]
    pub enrolment_life: Duration,
    /// How long idempotency keys are kept: seven days at least.
    #[serde(with = "millis")]
    pub idempotency_life: Duration,
    /// How long events are kept, for `GET /v1/events` and the order's own history; nought keeps them for ever.
    #[serde(with = "millis")]
    pub events_life: Duration,
    /// How long after the end of a channel's day its bill is asked for; live channels have made it by ten in the morning.
    #[serde(with = "millis")]
    pub reconcile_after: Duration,
    /// How often events are sealed.
    #[serde(with = "millis")]
    pub seal_every: Duration,
    /// How often orders whose time is over are looked for.
    #[serde(with = "millis")]
    pub expire_every: Duration,
    /// How often jobs of other nodes are looked for; those of this process wake their worker themselves.
    #[serde(with = "millis")]
    pub job_poll: Duration,
    /// How many jobs run side by side.
    pub job_concurrency: usize,
    /// How often webhooks that are due are looked for; this process's own news are posted at once.
    #[serde(with = "millis")]
    pub webhook_look: Duration,
}

const fn secs(s: u64) -> Duration {
    Duration::from_secs(s)
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            base_url: "http://127.0.0.1:8080".to_owned(),
            order_life: secs(15 * 60),
            in_doubt_bound: secs(45),
            answer_wait: secs(2),
            scan_polls: vec![secs(2), secs(3), secs(5)],
            code_polls: [3, 5, 5, 10, 15, 30].map(secs).to_vec(),
            undo_waits: [1, 2, 5, 10, 30, 60].map(secs).to_vec(),
            refund_polls: [2, 5, 15, 60, 300, 1800].map(secs).to_vec(),
            refund_patience: secs(24 * 3600),
            late_polls: vec![secs(15), secs(120)],
            max_amount: 100_000_000,
            stand_max_amount: 500_000,
            max_attempts: 32,
            session_life: secs(12 * 3600),
            sign_in_tries: 5,
            sign_in_lock: secs(15 * 60),
            enrolment_life: secs(15 * 60),
            idempotency_life: secs(8 * 24 * 3600),
            events_life: secs(400 * 24 * 3600),
            reconcile_after: secs(10 * 3600 + 1800),
            seal_every: secs(60),
            expire_every: secs(1),
            job_poll: Duration::from_millis(500),
            job_concurrency: 64,
            webhook_look: secs(1),
        }
    }
}

impl Settings {
    /// The wait before the `asked`-th repetition of a schedule; the last entry repeats, an empty schedule is five seconds.
    pub fn wait(schedule: &[Duration], asked: i64) -> Duration {
        let at = usize::try_from(asked).unwrap_or(0);
        schedule.get(at).or(schedule.last()).copied().unwrap_or(secs(5))
    }

    /// What is wrong with these settings, in words; empty when they hold.
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut check = |ok: bool, text: &str| {
            if !ok {
                found.push(text.to_owned());
            }
        };
        check(
            self.base_url.starts_with("http") && !self.base_url.ends_with('/'),
            "base_url must be http(s)://… without a trailing slash",
        );
        check(self.order_life >= secs(10), "order_life must be at least 10000 ms");
        check(self.in_doubt_bound >= secs(1), "in_doubt_bound must be at least 1000 ms");
        check(self.max_amount > 0, "max_amount must be positive");
        check(self.stand_max_amount > 0, "stand_max_amount must be positive");
        check((1..=60).contains(&self.max_attempts), "max_attempts must be between 1 and 60");
        check(self.idempotency_life >= secs(7 * 24 * 3600), "idempotency_life must be at least seven days");
        check(
            self.events_life == Duration::ZERO || self.events_life >= secs(7 * 24 * 3600),
            "events_life must be at least seven days, or 0 for ever",
        );
        check(self.seal_every >= Duration::from_millis(100), "seal_every must be at least 100 ms");
        check(self.expire_every >= Duration::from_millis(100), "expire_every must be at least 100 ms");
        check(self.job_poll >= Duration::from_millis(10), "job_poll must be at least 10 ms");
        check(self.job_concurrency > 0, "job_concurrency must be positive");
        found
    }
}

mod millis {
    use super::{Deserialize, Duration};
    pub(super) fn serialize<S: serde::Serializer>(d: &Duration, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u64(u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
    }
    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
        u64::deserialize(d).map(Duration::from_millis)
    }
}

mod millis_list {
    use super::{Deserialize, Duration};
    pub(super) fn serialize<S: serde::Serializer>(list: &[Duration], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(list.iter().map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)))
    }
    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Vec<Duration>, D::Error> {
        Ok(Vec::<u64>::deserialize(d)?.into_iter().map(Duration::from_millis).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold_and_survive_json() {
        let s = Settings::default();
        assert_eq!(s.problems(), Vec::<String>::new());
        let text = serde_json::to_string(&s).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), s);
        assert!(serde_json::from_str::<Settings>(r#"{"order_lief": 1}"#).is_err());
    }

    #[test]
    fn schedules_repeat_their_last_wait() {
        let s = [secs(1), secs(2)];
        let got: Vec<u64> = (0..4).map(|n| Settings::wait(&s, n).as_secs()).collect();
        assert_eq!(got, [1, 2, 2, 2]);
        assert_eq!(Settings::wait(&[], 0), secs(5));
    }
}
