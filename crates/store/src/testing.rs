//! For tests: a clock to move, randomness from a seed, and the same test on every engine.

mod engines;
mod ports;
mod server;

pub use engines::{ALL, Engine, FromEngine, Kind, run};
pub use ports::{ManualClock, SeededRandom};
pub use server::{REQUIRE_ALL, Server, had, server};
