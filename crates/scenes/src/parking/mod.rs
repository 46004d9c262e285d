//! Parking: tariffs as data, plates, stays, cameras, lanes, and the commands around them.
//!
//! Start with `scene` (what is sold), then `stays` (who is inside and what is owed) and `lanes` (who may pass). Besides
//! `cli`, which reads the files it is given, nothing here has a clock, a network or files of its own.

pub mod api;
pub mod bench;
pub mod cameras;
pub mod cli;
pub mod display;
pub mod edge;
pub mod handheld;
pub mod kiosk;
pub mod lanes;
mod migrations;
pub mod owner;
pub mod pages;
pub mod photos;
pub mod places;
pub mod plate;
pub mod problem;
mod problem_words;
pub mod rows;
pub mod samples;
mod scene;
pub mod screens;
pub mod stays;
pub mod tariff;
pub mod words;

pub use migrations::MIGRATIONS;
pub use scene::{CODE, EXIT_PERMISSION, Parking};
