//! For tests: a clock to move, randomness from a seed, and both engines.

mod ports;

pub use ports::{ManualClock, SeededRandom};
