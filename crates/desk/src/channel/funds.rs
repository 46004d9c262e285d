//! A channel's own statement of the account it keeps for a merchant: every movement with its fee, and what is left after it.

use money::Money;
use store::Millis;

/// What moved money on the channel's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FundKind {
    /// A payer's money came.
    Payment,
    /// It went back; some channels take the fee they give back off it.
    Refund,
    /// The channel kept its fee.
    Fee,
    /// It gave a fee back.
    FeeBack,
    /// Money left for the merchant's bank.
    Withdrawal,
    /// Anything else; the channel's own word is kept.
    Other,
}

impl FundKind {
    /// The stable word in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            FundKind::Payment => "payment",
            FundKind::Refund => "refund",
            FundKind::Fee => "fee",
            FundKind::FeeBack => "fee_back",
            FundKind::Withdrawal => "withdrawal",
            FundKind::Other => "other",
        }
    }

    /// Whether it belongs to a payment, so that a bill tells of it too.
    pub const fn is_trade(self) -> bool {
        matches!(self, FundKind::Payment | FundKind::Refund | FundKind::Fee | FundKind::FeeBack)
    }
}

/// One movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundRow {
    /// Which of the channel's accounts it is on, in its own word; empty where it has one.
    pub account: String,
    /// When it was booked.
    pub at: Millis,
    /// The channel's number of the movement.
    pub number: String,
    /// The channel's number of the payment or refund it belongs to.
    pub channel_txn: String,
    /// Our number as the channel repeats it: of the payment or of the refund.
    pub reference: String,
    /// What it is.
    pub kind: FundKind,
    /// The channel's own word for that, kept as data.
    pub word: String,
    /// How much: above zero it came, below it went.
    pub amount: Money,
    /// What is left after it.
    pub balance: Money,
}

/// A day's statement, oldest movement first.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Funds {
    /// What could be read.
    pub rows: Vec<FundRow>,
    /// What could not be read or does not add up, word for word (rule 10).
    pub strange: Vec<String>,
}

impl Funds {
    /// Turns a file that begins with the newest movement around.
    pub fn oldest_first(&mut self) {
        let newest_first =
            self.rows.first().zip(self.rows.last()).is_some_and(|(first, last)| first.at > last.at);
        if newest_first {
            self.rows.reverse();
        }
    }
}

/// What became of asking for a day's statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Funding {
    /// Here it is.
    Ready(Funds),
    /// The channel has none for that day: nothing happened, or it is not made yet.
    None(String),
}
