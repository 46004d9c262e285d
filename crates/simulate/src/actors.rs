//! Those who live through a simulated day.

pub(crate) mod follower;
pub(crate) mod forger;
pub(crate) mod operator;
pub(crate) mod partner;
pub(crate) mod payer;
mod refunds;
mod tries;
pub(crate) mod weather;
