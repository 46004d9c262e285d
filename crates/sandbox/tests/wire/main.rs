//! The sandbox over real HTTP, by clients that share no code with it.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod alipay_gateway;
mod alipay_libraries;
mod alipay_pages;
mod alipay_plus;
mod bills;
mod common;
mod control;
mod faults;
mod oauth;
mod phone;
mod wechat_libraries;
mod wechat_v2;
mod wechat_v3;
