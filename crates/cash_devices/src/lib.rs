//! Machines that take and give cash: the driver contract, ccTalk over a serial line, and simulated devices that speak it. Beside them the receipt
//! printer, ESC/POS with its status.
//!
//! Start reading at [`contract`]: what any cash device tells and can be told. [`cctalk`] is one protocol behind it, [`line`] the wire under it,
//! [`sim`] the other end of that wire for tests and the demo. Nothing here knows an order: amounts are minor units of the machine's currency.

pub mod cctalk;
pub mod contract;
pub mod line;
pub mod printer;
pub mod serial;
pub mod sim;

pub use contract::{CashDevice, Equipment, Event, Fault, Route, Trouble, Unit};
