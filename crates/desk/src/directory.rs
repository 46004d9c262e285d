//! Who there is: merchants, sites, terminals, operators, keys, channel accounts; how they prove who they are.

mod channels;
mod keys;
mod people;
mod places;
mod tokens;

pub use channels::{NewChannel, Offer};
pub use keys::ApiKey;
pub use people::{NewOperator, SignedIn};
pub use places::{CAPABILITIES, NewSite, NewTerminal};
