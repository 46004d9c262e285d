//! The API over the real router, with a real desk on a real store: what partner systems and terminals rely on.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    clippy::type_complexity,
    reason = "these are tests"
)]

mod access;
mod bad_input;
mod bank;
mod documents;
mod edge;
mod live;
mod sales;
mod screens;
mod stands;
mod world;
