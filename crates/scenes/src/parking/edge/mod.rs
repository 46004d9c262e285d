//! The node at the site: the same binary on a database of its own. It knows the car park, its tariffs, passes and stays, decides while the
//! centre is away, and keeps what happened as facts.
//!
//! Down: [`feed`] is what the centre tells, [`mirror`] writes it into the edge's database. Up: [`gather`] reads the edge's own events as facts,
//! [`take`] takes each once at the centre, refuses none, and lists what contradicts. Neither knows a network: the binary carries the JSON.
//!
//! A stay has one id on both sides: whoever saw the car first gave it. The centre owns money, passes and set-up; the edge owns what passed its
//! lanes. While a lane is the edge's, only the edge tells its barrier.

pub mod api;
mod facts;
pub mod feed;
pub mod gather;
pub mod mirror;
pub mod odd;
pub mod take;

pub use facts::{Told, What};
pub use feed::Feed;

/// The kind of terminal an edge signs in as; its site is the edge's site.
pub const KIND: &str = "edge";

/// A row that cannot be read.
fn unreadable(error: &store::SqlError) -> desk::Refusal {
    desk::problem::desk::INVALID_REQUEST.with(error.to_string())
}

/// A row out of what the other side sent. Error: `invalid_request`, naming the column.
fn row<R: store::Row>(value: &serde_json::Value) -> Result<R, desk::Refusal> {
    store::carry::unpack(value).map_err(|error| unreadable(&error))
}
