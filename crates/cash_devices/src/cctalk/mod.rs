//! ccTalk: one master and many devices on one serial line, 9600 8N1, a request and an answer at a time.
//!
//! [`frame`] reads and writes the bytes, [`bus`] asks and repeats, [`coin`], [`bill`] and [`hopper`] are the devices, [`machine`] is all of them
//! behind the driver contract. Numbers are those of the public ccTalk generic specification.

pub mod bill;
pub mod bus;
pub mod coin;
pub mod events;
pub mod frame;
pub mod header;
pub mod hopper;
pub mod machine;

#[cfg(test)]
mod frame_tests;

pub use bus::{Bus, BusError, Device};
pub use frame::{Checksum, Frame};
pub use machine::{Machine, Memory, Wiring};
