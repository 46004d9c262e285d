//! The order at the centre: directory, state machine, ledger, idempotency, events; the Channel and Scene contracts.
//!
//! Start with [`Desk`]. A sale runs `sale` → `attempt` → `drive` → `settle` → `refund`; each file names the rules of money it keeps.
//! The desk speaks no HTTP and names no channel and no scene.

pub mod access;
// A public call gives its future in a box: so its code is made once, here, and not again in every crate that awaits it.
use async_recursion::async_recursion as boxed;

mod attempt;
pub mod channel;
pub mod dates;
mod desk;
pub mod directory;
mod drive;
mod foresee;
mod fulfil;
pub mod hooks;
pub mod in_app;
mod late;
pub mod ledger;
pub mod lists;
pub mod machine;
mod migrations;
mod notify;
pub mod once;
pub mod problem;
pub mod reconcile;
mod refund;
mod refund_drive;
mod retention;
pub mod rows;
mod sale;
pub mod scene;
pub mod seal;
mod settings;
mod settle;
mod shift;
mod sold;
pub mod stand;
#[cfg(test)]
mod tests;
pub mod trace;
mod undo;
pub mod verify;
mod work;

pub use access::{Act, Actor, Who};
pub use attempt::AttemptAsk;
pub use desk::{Desk, Parts, Ruled, Whole};
pub use directory::{ApiKey, NewChannel, NewOperator, NewSite, NewTerminal, Offer, SignedIn};
pub use lists::{Attention, OrderFilter, Timeline, Today};
pub use migrations::MIGRATIONS;
pub use problem::{Problem, Refusal};
pub use reconcile::{Balance, ReconciliationFilter, Statement};
pub use refund::RefundRequest;
pub use sale::{NewOrder, Sale};
pub use seal::Sealer;
pub use settings::Settings;
pub use sold::Recorded;
pub use stand::Stand;
pub use work::Working;
