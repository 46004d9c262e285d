//! Parking: tariffs as data, plates, cameras and the commands around them.
//!
//! Besides `cli`, which reads the files it is given, everything here is pure: no clock, no network, no files. Times
//! come in as instants, calendars as tables.

pub mod bench;
pub mod cli;
pub mod owner;
pub mod plate;
pub mod samples;
pub mod screens;
pub mod tariff;
pub mod words;
