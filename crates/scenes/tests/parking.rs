//! Parking on a real store, both engines: stays, paying, cameras and lanes. Each test carries the row of the mission's table
//! that it proves (P1 … P30).

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "parking/paying.rs"]
mod paying;
#[path = "parking/rig.rs"]
mod rig;
