//! The tables of parking: car parks with their tariffs and lanes, stays and what cameras saw, cards, passes, validations,
//! photos, and what barriers were told. Moments are UTC, amounts minor units of the merchant's currency.

mod edge;
mod place;
mod stay;

pub use edge::*;
pub use place::*;
pub use stay::*;
