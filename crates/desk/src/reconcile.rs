//! Reconciliation: an account's bill of a day beside the ledger. `compare` says what differs, from two lists and nothing else; `run` fetches
//! and writes, `read` reads; `daily` sees that every day is looked at; `lists` is what operators see and do; `funds` reads the
//! channel's statement of its account.
//!
//! Repeating a day is harmless: a difference keeps its name, and one that is gone is cleared. A day without a bill is a result (rule 10).

pub mod compare;
mod daily;
mod funds;
mod lists;
mod read;
mod run;

pub(crate) use daily::BILL;
pub use funds::{Balance, Statement};
pub use lists::ReconciliationFilter;
