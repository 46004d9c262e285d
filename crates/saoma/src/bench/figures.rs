//! Figures: how many a second, and how long each took.

use std::time::{Duration, Instant};

use serde::Serialize;

/// One measured part.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    /// What was measured: `http`, `store`, `scans` and so on; `docs/performance.md` says what each is.
    pub(super) part: &'static str,
    /// The engine under it, or `none`.
    pub(super) engine: String,
    /// How many callers at once.
    pub(super) callers: usize,
    /// Done and answered, a second.
    pub(super) per_second: f64,
    /// Half took no longer, in milliseconds.
    pub(super) p50_ms: f64,
    /// 99 of 100 took no longer.
    pub(super) p99_ms: f64,
    /// The slowest.
    pub(super) max_ms: f64,
    /// The same 99 of 100 for each HTTP call by itself, where one of what is counted makes several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call_p99_ms: Option<f64>,
    /// How many cores this process kept busy, load generator included; a database server's are not seen.
    pub(super) cores: f64,
    /// How many were measured.
    pub(super) count: usize,
}

/// What one caller measured: how long each took, in microseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Laps {
    wholes: Vec<u32>,
    calls: Vec<u32>,
}

impl Laps {
    /// How many were measured.
    pub(super) fn len(&self) -> usize {
        self.wholes.len()
    }

    /// Writes down one that took this long, whenever it was.
    pub(super) fn push(&mut self, took: Duration) {
        self.wholes.push(micros(took));
    }
}

fn micros(took: Duration) -> u32 {
    u32::try_from(took.as_micros()).unwrap_or(u32::MAX)
}

/// The window in which is measured: after the warm-up, until the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    from: Instant,
    until: Instant,
}

impl Window {
    /// Starts now: a fifth of the time to warm up, then `seconds`.
    pub(super) fn of(seconds: u64) -> Window {
        let measured = Duration::from_secs(seconds.max(1));
        let from = Instant::now() + measured / 5;
        Window { from, until: from + measured }
    }

    /// Whether another one should be started.
    pub(super) fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    /// Writes a lap down if it ended within the window.
    pub(super) fn lap(&self, began: Instant, laps: &mut Laps) {
        laps.wholes.extend(self.took(began));
    }

    /// Writes down one HTTP call of what the lap consists of.
    pub(super) fn call(&self, began: Instant, laps: &mut Laps) {
        laps.calls.extend(self.took(began));
    }

    fn took(&self, began: Instant) -> Option<u32> {
        let ended = Instant::now();
        (ended >= self.from && ended < self.until).then(|| micros(ended - began))
    }

    fn seconds(&self) -> f64 {
        (self.until - self.from).as_secs_f64()
    }

    /// Waits until measuring begins and tells how busy the process was by then.
    pub(super) async fn busy_at_start(self) -> f64 {
        tokio::time::sleep_until(self.from.into()).await;
        busy_seconds()
    }
}

/// A figure of what all callers measured; `busy` is how much processor time was used before the window.
pub(super) fn figure(
    part: &'static str,
    engine: &str,
    callers: usize,
    window: Window,
    busy: f64,
    laps: &[Laps],
) -> Figure {
    let cores = (busy_seconds() - busy) / window.seconds();
    let sorted = |part: fn(&Laps) -> &Vec<u32>| {
        let mut all: Vec<u32> = laps.iter().flat_map(part).copied().collect();
        all.sort_unstable();
        all
    };
    let (all, calls) = (sorted(|laps| &laps.wholes), sorted(|laps| &laps.calls));
    Figure {
        part,
        engine: engine.to_owned(),
        callers,
        per_second: round(all.len() as f64 / window.seconds(), 1.0),
        p50_ms: at(&all, 0.5),
        p99_ms: at(&all, 0.99),
        max_ms: at(&all, 1.0),
        call_p99_ms: (!calls.is_empty()).then(|| at(&calls, 0.99)),
        cores: round(cores, 100.0),
        count: all.len(),
    }
}

/// What this share of them did not exceed, in milliseconds.
fn at(sorted: &[u32], share: f64) -> f64 {
    let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(place).map_or(0.0, |micros| round(f64::from(*micros) / 1000.0, 100.0))
}

/// A figure of what was done from `began` until now, however long that took.
pub(super) fn counted(
    part: &'static str,
    engine: &str,
    callers: usize,
    began: Instant,
    busy: f64,
    laps: &[Laps],
) -> Figure {
    figure(part, engine, callers, Window { from: began, until: Instant::now() }, busy, laps)
}

/// Rounded to one part of `parts`.
pub(super) fn round(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

/// The processor time this process has used, in seconds; 0 where the system does not tell.
pub(super) fn busy_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The fields after the name, which may hold spaces, are separated by one space: user and system time are the 12th and 13th.
    let after = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: f64 = after.split(' ').skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum();
    ticks / 100.0
}

impl Figure {
    /// A line for people.
    pub(super) fn text(&self) -> String {
        let calls = self.call_p99_ms.map_or_else(String::new, |p99| format!("   of a call {p99:.2} ms"));
        format!(
            "{:<13} {:<9} {:>4} callers  {:>9.0}/s   p50 {:>7.2} ms   p99 {:>7.2} ms   {:.2} cores{calls}",
            self.part, self.engine, self.callers, self.per_second, self.p50_ms, self.p99_ms, self.cores
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_what_was_measured() {
        let window = Window::of(1);
        let of = |range: std::ops::RangeInclusive<u32>| Laps {
            wholes: range.clone().map(|n| n * 1000).collect(),
            calls: range.map(|n| n * 500).collect(),
        };
        let laps = [of(1..=50), of(51..=100)];
        let figure = figure("http", "sqlite", 2, window, busy_seconds(), &laps);
        assert_eq!((figure.per_second, figure.count), (100.0, 100));
        assert_eq!((figure.p50_ms, figure.p99_ms, figure.max_ms), (50.0, 99.0, 100.0));
        assert_eq!(figure.call_p99_ms, Some(49.5));
    }

    #[test]
    fn nothing_measured_is_no_crash() {
        let figure = figure("http", "sqlite", 1, Window::of(1), 0.0, &[Laps::default()]);
        assert_eq!((figure.per_second, figure.p99_ms, figure.call_p99_ms), (0.0, 0.0, None));
    }
}
