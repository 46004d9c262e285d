//! The lines of business: a folder each, with rules, tables, API, screens and tests.

pub mod parking;
pub mod retail;
