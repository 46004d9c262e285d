//! Parking on a real store, both engines: stays, paying, cameras and lanes. Each test carries the row of the mission's table
//! that it proves (P1 … P30).

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "parking/api.rs"]
mod api;
#[path = "parking/edge.rs"]
mod edge;
#[path = "parking/finding.rs"]
mod finding;
#[path = "parking/lanes.rs"]
mod lanes;
#[path = "parking/paying.rs"]
mod paying;
#[path = "parking/rig.rs"]
mod rig;
#[path = "parking/screens.rs"]
mod screens;
#[path = "parking/site.rs"]
mod site;
