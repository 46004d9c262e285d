//! Paying inside a wallet: the order is made at the channel, and the wallet's own page is told to open its cashier.

use super::PresentAsk;

/// Ask for an order that is paid inside a wallet or a browser.
#[derive(Clone, Debug)]
pub struct InAppAsk {
    /// All that presenting needs too.
    pub common: PresentAsk,
    /// Which way.
    pub way: InAppWay,
    /// The payer's address, for the channel's risk rules.
    pub client_ip: String,
    /// Where a browser goes after it.
    pub return_url: Option<String>,
}

/// Where the payer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InAppWay {
    /// On a page inside the wallet, signed in there: the wallet's id of the payer.
    Page {
        /// The wallet's id of the payer for this app.
        payer_id: String,
    },
    /// In a browser outside the wallet, on a telephone.
    Browser,
    /// In the merchant's own app.
    App,
}

/// What the payer's side needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InAppCall {
    /// Parameters for the wallet's own script or library, as it takes them.
    Parameters(serde_json::Value),
    /// An address to go to.
    Address(String),
}

/// A wallet's own browser: how its pages know where they are, and what it calls the code of a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// What its browser says of itself in `User-Agent`, among other things.
    pub agent: &'static str,
    /// The field of the address that carries the visitor's code: `code`.
    pub code_field: &'static str,
}
