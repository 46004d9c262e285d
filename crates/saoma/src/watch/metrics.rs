//! What is counted as it happens, in this process alone: requests, payments, calls to channels, groups of decisions.

use std::time::Duration;

use desk::rows::{Attempt, AttemptState, Order, Refund};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use store::Committed;
use web::edge::Seen;

use super::books::BooksMetrics;
use super::seconds;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Payment {
    channel: String,
    presentment: String,
    state: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfScene {
    scene: String,
    state: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Returned {
    cause: String,
    state: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    channel: &'static str,
    call: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Told {
    channel: &'static str,
    believed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

type Timed<L> = Family<L, Histogram, fn() -> Histogram>;

/// Up to half a minute: requests and calls.
fn of_calls() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0])
}

/// Up to a quarter of an hour: a payment waits for a person.
fn of_payments() -> Histogram {
    Histogram::new([
        0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 45.0, 90.0, 180.0, 300.0, 900.0,
    ])
}

fn timed<L: Clone + std::hash::Hash + Eq>(make: fn() -> Histogram) -> Timed<L> {
    Family::new_with_constructor(make)
}

/// Everything that is told to Prometheus.
pub(crate) struct Metrics {
    pub(super) registry: Registry,
    requests: Family<Request, Counter>,
    request_seconds: Timed<Route>,
    attempts: Family<Payment, Counter>,
    attempt_seconds: Timed<Payment>,
    orders: Family<OfScene, Counter>,
    refunds: Family<Returned, Counter>,
    channel_seconds: Timed<Asked>,
    notices: Family<Told, Counter>,
    decisions: Counter,
    group_decisions: Histogram,
    pub(super) waiting: Gauge,
    pub(super) spans_lost: Counter,
    pub(super) books: BooksMetrics,
}

impl Metrics {
    pub(super) fn new() -> Metrics {
        let mut registry = Registry::with_prefix("saoma");
        let build = Family::<Build, Gauge>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build", "The release that runs", build);
        let books = BooksMetrics::register(&mut registry);
        let mut metrics = Metrics {
            registry,
            requests: Family::default(),
            request_seconds: timed(of_calls),
            attempts: Family::default(),
            attempt_seconds: timed(of_payments),
            orders: Family::default(),
            refunds: Family::default(),
            channel_seconds: timed(of_calls),
            notices: Family::default(),
            decisions: Counter::default(),
            group_decisions: Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]),
            waiting: Gauge::default(),
            spans_lost: Counter::default(),
            books,
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("http_requests", "Requests answered", self.requests.clone());
        r.register("http_request_seconds", "How long requests took", self.request_seconds.clone());
        r.register("attempts", "Payment attempts by the state they came into", self.attempts.clone());
        r.register(
            "attempt_seconds",
            "From the beginning of an attempt to its end",
            self.attempt_seconds.clone(),
        );
        r.register("orders", "Orders by the state they came into", self.orders.clone());
        r.register("refunds", "Refunds by the state they came into", self.refunds.clone());
        r.register("channel_call_seconds", "How long calls to channels took", self.channel_seconds.clone());
        r.register("channel_notices", "What channels told by themselves", self.notices.clone());
        r.register("decisions", "Decisions that were answered", self.decisions.clone());
        r.register("group_decisions", "Decisions in one transaction", self.group_decisions.clone());
        r.register("store_waiting", "Decisions that wait for a transaction", self.waiting.clone());
        r.register("spans_lost", "Spans that no collector took", self.spans_lost.clone());
    }

    pub(super) fn answered(&self, seen: &Seen<'_>) {
        let route = seen.route.unwrap_or("-").to_owned();
        self.request_seconds.get_or_create(&Route { route: route.clone() }).observe(seconds(seen.took));
        let method = match seen.method.as_str() {
            "GET" => "GET",
            "POST" => "POST",
            "PUT" => "PUT",
            "PATCH" => "PATCH",
            "DELETE" => "DELETE",
            _ => "other",
        };
        self.requests.get_or_create(&Request { method, route, status: seen.status.as_u16() }).inc();
    }

    pub(super) fn called(
        &self,
        channel: &'static str,
        call: &'static str,
        outcome: &'static str,
        took: Duration,
    ) {
        self.channel_seconds.get_or_create(&Asked { channel, call, outcome }).observe(seconds(took));
    }

    pub(super) fn told(&self, channel: &'static str, believed: bool) {
        self.notices.get_or_create(&Told { channel, believed }).inc();
    }

    /// Counts what a group changed: rows that came into another state.
    pub(super) fn committed(&self, group: &mut Committed<'_>) {
        let decisions = group.decisions();
        self.decisions.inc_by(u64::try_from(decisions).unwrap_or(u64::MAX));
        self.group_decisions.observe(f64::from(u32::try_from(decisions).unwrap_or(u32::MAX)));
        for (before, now) in group.written::<Attempt>() {
            if before.is_some_and(|before| before.state == now.state) {
                continue;
            }
            let labels = Payment {
                channel: now.channel.clone(),
                presentment: now.presentment.as_str().to_owned(),
                state: now.state.as_str().to_owned(),
            };
            self.attempts.get_or_create(&labels).inc();
            if let Some(ended) = now.ended_at
                && !matches!(now.state, AttemptState::Pending | AttemptState::InDoubt)
            {
                self.attempt_seconds.get_or_create(&labels).observe(seconds(ended.since(now.created_at)));
            }
        }
        for (before, now) in group.written::<Order>() {
            if before.is_none_or(|before| before.state != now.state) {
                let labels = OfScene { scene: now.scene.clone(), state: now.state.as_str().to_owned() };
                self.orders.get_or_create(&labels).inc();
            }
        }
        for (before, now) in group.written::<Refund>() {
            if before.is_none_or(|before| before.state != now.state) {
                let labels =
                    Returned { cause: now.cause.as_str().to_owned(), state: now.state.as_str().to_owned() };
                self.refunds.get_or_create(&labels).inc();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    /// Every word of ours in a text that queries metrics.
    fn named(text: &str) -> std::collections::BTreeSet<&str> {
        let word = |c: char| c.is_ascii_lowercase() || c == '_';
        text.split(|c| !word(c)).filter(|name| name.starts_with("saoma_")).collect()
    }

    #[test]
    fn alarms_dashboard_and_manual_name_metrics_that_there_are() {
        // From the source: a family that has counted nothing is not on the page.
        let registered = [include_str!("metrics.rs"), include_str!("books.rs")];
        let there: Vec<String> = registered
            .iter()
            .flat_map(|source| source.split(".register(").skip(1))
            .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
            .map(|name| format!("saoma_{name}"))
            .collect();
        assert!(there.len() > 15, "{there:?}");
        let files = [
            include_str!("../../../../deploy/prometheus-alerts.yml"),
            include_str!("../../../../deploy/grafana-dashboard.json"),
            include_str!("../../../../docs/operations.md"),
        ];
        for name in files.iter().flat_map(|file| named(file)) {
            let family = ["_total", "_bucket", "_count", "_sum"]
                .iter()
                .find_map(|end| name.strip_suffix(end).filter(|family| there.iter().any(|t| t == family)))
                .unwrap_or(name);
            assert!(there.iter().any(|t| t == family), "{name} is none of {there:?}");
        }
    }
}
