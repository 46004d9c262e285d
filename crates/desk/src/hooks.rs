//! Webhooks: every event of a merchant is posted to the merchant's endpoints, signed as in the Standard Webhooks specification (rule 10).
//!
//! An endpoint has a cursor over the merchant's numbered events. Events after it are posted as they come; only after the answers does the cursor
//! move, in one decision that also writes down what was not taken: those are posted again, sixteen times over a day, and then parked
//! where an operator sees them and can send them once more. An endpoint that fails again and again is left alone for a while (the breaker) and then tried with one event.

mod endpoints;
mod send;
mod sign;

pub use endpoints::NewEndpoint;
pub use send::{Post, Posted};
pub use sign::{Signed, sign};
