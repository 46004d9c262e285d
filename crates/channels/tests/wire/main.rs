//! The channels against the sandbox over HTTP, with real signatures in both directions.
#![allow(clippy::unwrap_used)]

mod alipay;
mod alipay_plus;
mod faults;
mod login;
mod rig;
mod wechat;
