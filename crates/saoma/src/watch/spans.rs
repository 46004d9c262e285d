//! Spans, and the words of W3C Trace Context that tie them together.

use std::fmt;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::Sender;

use crate::ports::random_bytes;

/// Who a span belongs to: the trace and the span above it, as `traceparent` writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace: u128,
    pub(super) span: u64,
    pub(super) sampled: bool,
}

impl Parent {
    /// Reads a `traceparent`; anything else is no parent.
    pub(super) fn parse(text: &str) -> Option<Parent> {
        let mut parts = text.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let hex = |text: &str, len: usize| {
            text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let later = version != "00" && version != "ff";
        if !hex(version, 2)
            || !hex(trace, 32)
            || !hex(span, 16)
            || !hex(flags, 2)
            || !(version == "00" || later)
        {
            return None;
        }
        if version == "00" && parts.next().is_some() {
            return None;
        }
        let trace = u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0)?;
        let span = u64::from_str_radix(span, 16).ok().filter(|id| *id != 0)?;
        let flags = u8::from_str_radix(flags, 16).ok()?;
        Some(Parent { trace, span, sampled: flags & 1 == 1 })
    }
}

impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

/// What a span is to the call it describes, by its number in OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Server = 2,
    Client = 3,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Int(i64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

/// Something that took time and has just ended.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) ended: SystemTime,
    pub(super) took: Duration,
    pub(super) attributes: Vec<(&'static str, Value)>,
    pub(super) failed: bool,
}

impl Span {
    pub(super) fn new(name: String, kind: Kind, took: Duration) -> Span {
        Span { name, kind, ended: SystemTime::now(), took, attributes: Vec::new(), failed: false }
    }

    pub(super) fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        self.attributes.push((key, value.into()));
    }
}

/// A span on its way out.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) own: Parent,
    pub(super) above: Option<Parent>,
    pub(super) span: Span,
}

/// Decides which requests are traced, and hands spans to the collector. One that finds the outbox full is lost and counted.
pub(super) struct Tracer {
    outbox: Outbox,
    sample_percent: u8,
}

/// Where spans are put.
pub(super) struct Outbox {
    pub(super) sender: Sender<Placed>,
    pub(super) lost: prometheus_client::metrics::counter::Counter,
}

impl Tracer {
    pub(super) fn new(outbox: Outbox, sample_percent: u8) -> Tracer {
        Tracer { outbox, sample_percent }
    }

    /// The span of a new request, if it is to be traced: as its caller decided, or by the share that is kept.
    pub(super) fn begin(&self, given: Option<Parent>) -> Option<Parent> {
        let sampled = match given {
            Some(parent) => parent.sampled,
            None => random_bytes::<1>()[0] % 100 < self.sample_percent,
        };
        let trace = given.map_or_else(|| u128::from_le_bytes(random_bytes()), |parent| parent.trace);
        sampled.then(|| Parent { trace, span: new_span(), sampled: true })
    }

    /// A span below another.
    pub(super) fn child(&self, above: Parent, span: Span) {
        self.send(Parent { span: new_span(), ..above }, Some(above), span);
    }

    pub(super) fn send(&self, own: Parent, above: Option<Parent>, span: Span) {
        if self.outbox.sender.try_send(Placed { own, above, span }).is_err() {
            self.outbox.lost.inc();
        }
    }
}

fn new_span() -> u64 {
    u64::from_le_bytes(random_bytes()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traceparents() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parsed = Parent::parse(good).unwrap();
        assert!(parsed.sampled);
        assert_eq!(parsed.to_string(), good);
        let unsampled = Parent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").unwrap();
        assert!(!unsampled.sampled);
        assert!(Parent::parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more").is_some());
        let bad = [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ];
        for text in bad {
            assert_eq!(Parent::parse(text), None, "{text}");
        }
    }

    #[test]
    fn who_is_traced() {
        let (sender, mut spans) = tokio::sync::mpsc::channel(1);
        let lost = prometheus_client::metrics::counter::Counter::default();
        let tracer = |percent| Tracer::new(Outbox { sender: sender.clone(), lost: lost.clone() }, percent);
        let given = Parent { trace: 5, span: 6, sampled: true };
        let own = tracer(0).begin(Some(given)).unwrap();
        assert!(own.trace == 5 && own.span != 6, "its caller wants it traced");
        assert_eq!(tracer(100).begin(Some(Parent { sampled: false, ..given })), None, "its caller does not");
        assert_eq!(tracer(0).begin(None), None);
        assert!(tracer(100).begin(None).is_some());
        let span = || Span::new("x".to_owned(), Kind::Client, Duration::ZERO);
        tracer(100).child(given, span());
        tracer(100).child(given, span());
        assert_eq!(lost.get(), 1, "the outbox holds one");
        let placed = spans.try_recv().unwrap();
        assert_eq!((placed.own.trace, placed.above), (5, Some(given)));
    }
}
