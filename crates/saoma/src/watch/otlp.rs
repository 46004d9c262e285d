//! Sends spans to an OpenTelemetry collector: OTLP over HTTP, in its JSON form.
//!
//! The protocol is one POST of one documented document, so this is it; the crates for it would cost more to build than all of this binary's own
//! code (docs/dependencies.md has the figure). A collector that is away costs spans, never a payment.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use channels::http::built;
use prometheus_client::metrics::counter::Counter;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc::{Receiver, channel};

use super::spans::{Outbox, Placed, Value};

/// How many spans may wait; more are lost.
const WAITING: usize = 8192;
/// How many are sent together.
const TOGETHER: usize = 512;
/// How long spans gather.
const GATHER: Duration = Duration::from_millis(500);
/// How long the collector may take.
const LIMIT: Duration = Duration::from_secs(5);

/// The sender of spans: runs beside the platform.
pub(crate) struct Collector {
    url: String,
    node: u16,
    spans: Receiver<Placed>,
    lost: Counter,
}

impl Collector {
    pub(super) fn new(endpoint: &str, node: u16, lost: Counter) -> (Collector, Outbox) {
        let (sender, spans) = channel(WAITING);
        let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        (Collector { url, node, spans, lost: lost.clone() }, Outbox { sender, lost })
    }

    /// Sends what comes until nobody makes spans any more.
    pub(crate) async fn run(mut self) {
        let client = match built(|| reqwest::Client::builder().timeout(LIMIT).no_proxy()) {
            Ok(client) => client,
            Err(error) => return tracing::error!(%error, "no traces can be sent"),
        };
        let mut well = true;
        let mut batch = Vec::new();
        while self.spans.recv_many(&mut batch, TOGETHER).await > 0 {
            if batch.len() < TOGETHER {
                tokio::time::sleep(GATHER).await;
                while batch.len() < TOGETHER
                    && let Ok(more) = self.spans.try_recv()
                {
                    batch.push(more);
                }
            }
            let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
            let body = document(&batch, self.node).to_string();
            batch.clear();
            let sent =
                client.post(&self.url).header("content-type", "application/json").body(body).send().await;
            let error = match sent.and_then(reqwest::Response::error_for_status) {
                Ok(_) => None,
                Err(error) => Some(error.without_url().to_string()),
            };
            if error.is_some() {
                self.lost.inc_by(count);
            }
            if error.is_none() != well {
                well = error.is_none();
                tracing::warn!(well, error, "sending traces");
            }
        }
    }
}

/// The request that carries these spans.
fn document(spans: &[Placed], node: u16) -> Json {
    let resource = [
        attribute("service.name", &Value::from("saoma")),
        attribute("service.version", &Value::from(env!("CARGO_PKG_VERSION"))),
        attribute("service.instance.id", &Value::from(format!("node-{node}"))),
    ];
    let spans: Vec<Json> = spans.iter().map(one).collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": resource},
        "scopeSpans": [{"scope": {"name": "saoma"}, "spans": spans}],
    }]})
}

fn one(placed: &Placed) -> Json {
    let span = &placed.span;
    let nanos = |at: SystemTime| at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string();
    let attributes: Vec<Json> = span.attributes.iter().map(|(key, value)| attribute(key, value)).collect();
    let mut json = json!({
        "traceId": format!("{:032x}", placed.own.trace),
        "spanId": format!("{:016x}", placed.own.span),
        "name": span.name,
        "kind": span.kind as i32,
        "startTimeUnixNano": nanos(span.ended.checked_sub(span.took).unwrap_or(span.ended)),
        "endTimeUnixNano": nanos(span.ended),
        "attributes": attributes,
        "status": {"code": if span.failed { 2 } else { 0 }},
    });
    if let Some(above) = placed.above {
        json["parentSpanId"] = format!("{:016x}", above.span).into();
    }
    json
}

fn attribute(key: &str, value: &Value) -> Json {
    let value = match value {
        Value::Text(text) => json!({"stringValue": text}),
        // 64-bit integers are strings in this form.
        Value::Int(number) => json!({"intValue": number.to_string()}),
    };
    json!({"key": key, "value": value})
}

#[cfg(test)]
mod tests {
    use super::super::spans::{Kind, Parent, Span};
    use super::*;

    #[test]
    fn a_span_as_the_collector_reads_it() {
        let mut span = Span::new("wechat charge".to_owned(), Kind::Client, Duration::from_millis(2));
        span.ended = UNIX_EPOCH + Duration::from_secs(1);
        span.set("saoma.channel", "wechat");
        span.set("http.response.status_code", 200);
        let own = Parent { trace: 0xab, span: 0xcd, sampled: true };
        let above = Some(Parent { span: 0xef, ..own });
        let made = document(&[Placed { own, above, span }], 3);
        let one = &made["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        let want = json!({
            "traceId": "000000000000000000000000000000ab", "spanId": "00000000000000cd", "parentSpanId": "00000000000000ef",
            "name": "wechat charge", "kind": 3, "startTimeUnixNano": "998000000", "endTimeUnixNano": "1000000000",
            "attributes": [{"key": "saoma.channel", "value": {"stringValue": "wechat"}},
                {"key": "http.response.status_code", "value": {"intValue": "200"}}],
            "status": {"code": 0},
        });
        assert_eq!(*one, want);
        let resource = &made["resourceSpans"][0]["resource"]["attributes"];
        assert_eq!(resource[2]["value"]["stringValue"], "node-3");
    }
}
