//! Parking tariffs as data: a TOML format that says a published tariff in its own words, and an engine that explains
//! every line of a fee. `docs/parking-tariffs.md` is the manual of the format.
//!
//! Start at [`Tariff::parse`] and [`Tariff::quote`]. The way of a quote: `quote` (the question, earlier visits,
//! payments) → `base` (rate, zones, offers) → `free` (time not charged) → `walk` (pieces of time) → `meter` (steps,
//! ceilings, lines) → `extras` (what applies to the whole).

pub mod apds;
mod base;
mod calendar;
mod cases;
mod check;
mod clock;
mod curve;
mod days;
mod decode;
mod extras;
mod fee;
mod free;
mod lines;
mod meter;
mod model;
mod names;
mod node;
mod png;
mod problem;
mod quote;
mod samples;
mod stay;
mod texts;
mod vehicle;
mod walk;
mod when;
mod words;

#[cfg(test)]
mod words_tests;

pub use calendar::{Calendar, Calendars};
pub use cases::Case;
pub use check::check;
pub use curve::Series;
pub use decode::calendar_names;
pub use fee::{Fee, Line, Note, QuoteError, Warning};
pub use model::Tariff;
pub use problem::{Finding, Problem, Severity};
pub use stay::{EarlierStay, PassUse, Payment, Stay, ValidationUse, Vehicle, ZoneFrom};
