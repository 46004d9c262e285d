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
mod conform;
mod documents;
mod edge;
mod every_answer;
mod live;
mod made_up;
mod sales;
mod screens;
mod stands;
mod world;
