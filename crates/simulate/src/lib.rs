//! The simulated day: one seed drives payers, terminals, operators, channels with faults, drifting clocks, dropped networks and crashing
//! nodes, on a simulated clock and network; the platform's own code runs unchanged on it. After every step an auditor that shares no code
//! with the desk checks the rules of money.
//!
//! Start with [`run`]; `docs/simulation.md` says what is simulated and what is checked.

mod actors;
mod audit;
mod bank;
pub mod cli;
mod day;
mod dice;
mod many;
mod node;
mod outside;
mod partners;
mod plan;
mod sabotage;
mod shop;
mod shrink;
mod sim;
mod world;

pub use day::{Outcome, run};
pub use many::{Found, many};
pub use plan::Ask;
pub use sabotage::Break;
pub use shrink::{Shrunk, shrink};
pub use world::Finding;
