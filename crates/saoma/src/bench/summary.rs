//! How the figures of a run compare.

use std::collections::BTreeMap;

use serde::Serialize;

use super::figures::{Figure, round};
use crate::out::Out;

/// How the figures compare, at each number of callers.
#[derive(Default, Serialize)]
pub(super) struct Summary {
    /// By callers: `http/store`, `http/transactions` and so on.
    ratios: BTreeMap<usize, BTreeMap<String, f64>>,
    #[serde(skip)]
    figures: Vec<Figure>,
}

const COMPARED: [(&str, &str); 7] = [
    ("http", "store"),
    ("http", "transactions"),
    ("store", "transactions"),
    ("http", "hello"),
    ("hot", "http"),
    ("two_nodes", "http"),
    ("scans", "signatures"),
];

impl Summary {
    /// Tells a figure and compares it with those before it.
    pub(super) fn tell(&mut self, out: Out, figure: Figure) {
        out.result("figure", &figure, figure.text());
        let callers = figure.callers;
        self.figures.push(figure);
        let rate = |part: &str| {
            let found = self.figures.iter().find(|f| f.part == part && f.callers == callers);
            found.map(|f| f.per_second).filter(|rate| *rate > 0.0)
        };
        for (one, other) in COMPARED {
            if let (Some(one_rate), Some(other_rate)) = (rate(one), rate(other)) {
                let ratio = round(one_rate / other_rate, 100.0);
                self.ratios.entry(callers).or_default().insert(format!("{one}/{other}"), ratio);
            }
        }
    }

    /// A line for each number of callers.
    pub(super) fn text(&self) -> String {
        let mut lines = Vec::new();
        for (callers, ratios) in &self.ratios {
            let all: Vec<String> = ratios.iter().map(|(what, ratio)| format!("{what} {ratio:.2}")).collect();
            lines.push(format!("{callers} callers: {}", all.join("   ")));
        }
        lines.join("\n")
    }
}
