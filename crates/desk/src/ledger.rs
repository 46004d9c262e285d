//! Double-entry books: accounts by owner and class, balanced movements, floors (rule 9).

use money::Currency;
use store::Id;

/// What an account is for. The sign of its normal balance follows from it: assets are debit (positive), what is owed or earned is credit (negative).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Money a channel holds for us (asset; owner: channel account). May be overdrawn: a channel refunds from later takings.
    Receivable = 1,
    /// Notes and coins in a drawer (asset; owner: terminal). Never below zero.
    Drawer = 2,
    /// What was sold (income; owner: site).
    Takings = 3,
    /// Refunds promised and not yet paid out (liability; owner: site). Never the wrong way round.
    RefundsDue = 4,
    /// Money that came without being owed and must flow back (liability; owner: site).
    ToReturn = 5,
    /// What we hand over at start of a shift and take at its end (asset; owner: site).
    Safe = 6,
    /// Counted more or less than the books say (owner: site).
    OverShort = 7,
}

/// One account: whose, which class, which currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountKey {
    /// Channel account, terminal or site.
    pub owner: Id,
    /// What it is for.
    pub class: Class,
    /// In which currency.
    pub currency: Currency,
}
