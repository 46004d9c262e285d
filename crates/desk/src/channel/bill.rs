//! A channel's daily file, read into rows that can be matched with the ledger.

use money::Money;
use store::Millis;

/// What a row of a bill tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BillKind {
    /// Money that came.
    Payment,
    /// Money that went back under a number of its own.
    Refund,
    /// A payment that was undone as a whole, without a refund's number.
    Reversal,
}

/// One movement of money as the channel tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillRow {
    /// What it is.
    pub kind: BillKind,
    /// When the channel says it happened.
    pub at: Millis,
    /// Our number of the attempt.
    pub out_trade_no: String,
    /// The channel's number of the payment.
    pub channel_txn: String,
    /// Our number of the refund; empty but for refunds.
    pub out_refund_no: String,
    /// The channel's number of the refund; empty where it has none.
    pub channel_refund: String,
    /// How much, never negative.
    pub amount: Money,
    /// The channel's fee in thousandths of the minor unit: above zero it was charged, below it was given back.
    pub fee_thousandths: i64,
    /// The channel's own word for the row's state, kept as data.
    pub state: String,
}

/// A day's file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Bill {
    /// What could be read.
    pub rows: Vec<BillRow>,
    /// What could not be read or does not add up, word for word: data to look at, never a crash (rule 10).
    pub strange: Vec<String>,
}

/// What became of asking for a day's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Billing {
    /// Here it is.
    Ready(Bill),
    /// The channel has none for that day: nothing happened, or it is not made yet. Ask again until the next day is over.
    None(String),
}
