//! The order at the centre: directory, state machine, ledger, idempotency, events; the Channel and Scene contracts.

pub mod channel;
pub mod ledger;
pub mod problem;
pub mod rows;
pub mod scene;

pub use problem::{Problem, Refusal};
