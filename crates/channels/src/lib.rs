//! Who moves the money: a folder for each channel. Remote ones (`wechat`, `alipay`, `alipay_plus`) have wire codecs, tables of states and errors, and a
//! client behind the desk's [`Line`](desk::channel::Line); value ones (`cash`) move a balance kept here, inside the payment's own
//! decision. `docs/channels.md` lists their settings and states, `docs/adding-a-channel.md` says how to add one.

pub mod alipay;
pub mod alipay_plus;
mod beijing;
mod bill;
pub mod cash;
pub mod crypto;
pub mod foreign;
pub mod http;
mod settings;
pub mod signatures;
mod text;
pub mod verdict;
pub mod wechat;

use std::sync::Arc;

use desk::channel::Channel;

/// What the channels need from outside.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Bounds of the calls to gateways.
    pub http: http::HttpSettings,
    /// Fresh random bytes for each start of the process: numbers used once are made from it.
    pub nonce_seed: [u8; 32],
}

/// The tables the channels keep.
pub const MIGRATIONS: &[store::Migration] = cash::MIGRATIONS;

/// Every channel there is. A new one is a folder and a line here.
pub fn all(settings: Settings) -> Vec<Channel> {
    let http = Arc::new(http::Http::new(settings.http));
    let nonces = Arc::new(crypto::Nonces::new(settings.nonce_seed));
    vec![
        Channel::Remote(Arc::new(wechat::Wechat::new(Arc::clone(&http), Arc::clone(&nonces)))),
        Channel::Remote(Arc::new(alipay::Alipay::new(Arc::clone(&http), nonces))),
        Channel::Remote(Arc::new(alipay_plus::AlipayPlus::new(http))),
        Channel::Value(Arc::new(cash::Cash)),
    ]
}

#[cfg(test)]
pub(crate) mod fixtures;
