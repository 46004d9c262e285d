//! Seeing inside: counts what happens, tells Prometheus, and sends traces to whoever collects them.
//!
//! Nothing here holds a name, a code, a plate, a token or an address: labels are words of the program, and a span names the order by its id.
//! `docs/operations.md` lists every metric and every alarm.

mod books;
mod lines;
mod metrics;
mod otlp;
mod page;
mod spans;

use std::sync::Arc;
use std::time::{Duration, Instant};

use desk::channel::Channel;
use desk::trace::Scope;
use store::{Committed, Witness};
use web::edge::{Begun, Seen};

pub(crate) use metrics::Metrics;
pub(crate) use otlp::Collector;
pub(crate) use page::{Access, page};
use spans::{Kind, Parent, Span, Tracer};

/// The one place that everything observed goes to.
pub(crate) struct Watch {
    pub(crate) metrics: Metrics,
    tracer: Option<Tracer>,
}

/// Where traces go, and how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Traces {
    /// The collector's address: `http://127.0.0.1:4318`. Empty: no traces.
    pub(crate) endpoint: String,
    /// Of requests that bring no trace of their own, so many of a hundred are kept.
    pub(crate) sample_percent: u8,
}

impl Default for Traces {
    fn default() -> Self {
        Traces { endpoint: String::new(), sample_percent: 100 }
    }
}

impl Traces {
    /// Where OpenTelemetry's own variable says: `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub(crate) fn from_environment() -> Traces {
        let endpoint = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").unwrap_or_default();
        Traces { endpoint, ..Traces::default() }
    }
}

impl Watch {
    /// Counts, and where a collector is named also traces. What runs the collector is given back.
    pub(crate) fn new(traces: &Traces, node: u16) -> (Arc<Watch>, Option<Collector>) {
        let metrics = Metrics::new();
        let (tracer, collector) = if traces.endpoint.is_empty() {
            (None, None)
        } else {
            let (collector, outbox) = Collector::new(&traces.endpoint, node, metrics.spans_lost.clone());
            (Some(Tracer::new(outbox, traces.sample_percent)), Some(collector))
        };
        (Arc::new(Watch { metrics, tracer }), collector)
    }

    /// The same channels, watched.
    pub(crate) fn channels(self: &Arc<Self>, channels: Vec<Channel>) -> Vec<Channel> {
        channels.into_iter().map(|channel| lines::watched(self, channel)).collect()
    }

    /// A call to a channel is over.
    fn called(&self, call: &Call<'_>, outcome: &'static str, error: Option<&str>) {
        let took = call.began.elapsed();
        self.metrics.called(call.channel, call.name, outcome, took);
        let scope = desk::trace::current().unwrap_or_default();
        let order = scope.order().map(tracing::field::display);
        let (channel, name) = (call.channel, call.name);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        match error {
            None => tracing::info!(channel, call = name, order, number = call.number, micros, "channel"),
            Some(error) => {
                tracing::warn!(
                    channel,
                    call = name,
                    order,
                    number = call.number,
                    micros,
                    outcome,
                    error,
                    "channel"
                );
            }
        }
        let parent = scope.trace().and_then(|text| Parent::parse(&text));
        if let (Some(tracer), Some(parent)) = (&self.tracer, parent) {
            let mut span = Span::new(format!("{channel} {name}"), Kind::Client, took);
            span.set("saoma.channel", channel);
            span.set("saoma.out_trade_no", call.number);
            span.set("saoma.outcome", outcome);
            if let Some(order) = scope.order() {
                span.set("saoma.order", order.to_string());
            }
            span.failed = error.is_some();
            tracer.child(parent, span);
        }
    }
}

/// A call to a channel.
struct Call<'a> {
    channel: &'static str,
    name: &'static str,
    number: &'a str,
    began: Instant,
}

impl Witness for Watch {
    fn committed(&self, group: &mut Committed<'_>) {
        self.metrics.committed(group);
    }
}

impl web::edge::Watch for Watch {
    fn begin(&self, headers: &axum::http::HeaderMap) -> Begun {
        let Some(tracer) = &self.tracer else { return Begun::default() };
        let given = headers.get("traceparent").and_then(|v| v.to_str().ok()).and_then(Parent::parse);
        match tracer.begin(given) {
            Some(own) => Begun {
                scope: Scope::new(Some(own.to_string().into())),
                parent: given.map(|parent| parent.to_string().into()),
            },
            None => Begun::default(),
        }
    }

    fn answered(&self, begun: &Begun, seen: &Seen<'_>) {
        self.metrics.answered(seen);
        let own = begun.scope.trace().and_then(|text| Parent::parse(&text));
        let (Some(tracer), Some(mut own)) = (&self.tracer, own) else { return };
        let route = seen.route.unwrap_or("-");
        let mut span = Span::new(format!("{} {route}", seen.method), Kind::Server, seen.took);
        span.set("http.request.method", seen.method.as_str());
        span.set("http.route", route);
        span.set("http.response.status_code", i64::from(seen.status.as_u16()));
        if let Some(order) = seen.order {
            span.set("saoma.order", order.to_string());
        }
        span.failed = seen.status.is_server_error();
        let mut parent = begun.parent.as_deref().and_then(Parent::parse);
        // A channel that calls back brings no trace: it belongs to the attempt it speaks of.
        if let (None, Some(found)) = (parent, begun.scope.found().as_deref().and_then(Parent::parse)) {
            own.trace = found.trace;
            parent = Some(found);
        }
        tracer.send(own, parent, span);
    }
}

/// Seconds, for histograms.
fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
