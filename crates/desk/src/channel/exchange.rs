//! Money in more than one currency: what the payer paid, what the merchant is settled, and at which rates.

use money::Money;
use serde::{Deserialize, Serialize};

/// What a payment across currencies was exchanged to. It is written on the attempt, so that it is never computed again.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exchange {
    /// What the merchant is settled, in its settlement currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<Exchanged>,
    /// What the payer's wallet was charged, in the wallet's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer: Option<Exchanged>,
}

/// One side of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchanged {
    /// How much.
    pub amount: Money,
    /// The rate as the channel wrote it, a decimal number; empty where it told none.
    pub rate: String,
    /// Its currencies, such as `HKD/CNY`.
    pub pair: String,
}
