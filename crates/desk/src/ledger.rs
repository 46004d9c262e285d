//! Double-entry books: accounts by owner and class, balanced movements, floors (rule 9).
//!
//! Balances are debit-positive: what we hold is above zero, what we owe or have earned is below. Every movement is a set of entries that sums to
//! zero in one currency; entries are only ever added.

use money::{Currency, Money};
use store::{Id, Stop, View};

use crate::problem::Refusal;
use crate::rows::{Account, Entry};

crate::problems! {
    INSUFFICIENT = Conflict "insufficient_balance" "The account does not hold that much" "Fill it first, or use another way.";
}

/// What an account is for. The sign of its normal balance follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Money a channel holds for us (asset; owner: channel account). May be overdrawn: a channel refunds from later takings.
    Receivable = 1,
    /// Notes and coins in a drawer (asset; owner: terminal).
    Drawer = 2,
    /// What was sold less what was taken back (income; owner: site).
    Takings = 3,
    /// Refunds promised and not yet paid out (liability; owner: site).
    RefundsDue = 4,
    /// Money that came without being owed and must flow back (liability; owner: site).
    ToReturn = 5,
    /// Where drawers are filled from and emptied to (asset; owner: site). May be overdrawn: it stands for the world outside.
    Safe = 6,
    /// Counted more or less than the books say (owner: site).
    OverShort = 7,
    /// Put into a machine and neither paid with nor given back yet (liability; owner: terminal). It belongs to whoever put it in.
    Deposits = 8,
}

/// Which side an account must stay on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// Never below zero: an asset we can count.
    Debit,
    /// Never above zero: a debt of ours.
    Credit,
    /// Either side, within 2^53 minor units.
    Free,
}

impl Class {
    /// Every class.
    pub const ALL: [Class; 8] = [
        Class::Receivable,
        Class::Drawer,
        Class::Takings,
        Class::RefundsDue,
        Class::ToReturn,
        Class::Safe,
        Class::OverShort,
        Class::Deposits,
    ];

    /// The stable word on screens and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Receivable => "receivable",
            Class::Drawer => "drawer",
            Class::Takings => "takings",
            Class::RefundsDue => "refunds_due",
            Class::ToReturn => "to_return",
            Class::Safe => "safe",
            Class::OverShort => "over_short",
            Class::Deposits => "deposits",
        }
    }

    /// The side it must stay on.
    pub const fn floor(self) -> Floor {
        match self {
            Class::Drawer => Floor::Debit,
            Class::RefundsDue | Class::ToReturn | Class::Deposits => Floor::Credit,
            Class::Receivable | Class::Takings | Class::Safe | Class::OverShort => Floor::Free,
        }
    }
}

impl Floor {
    /// Whether a balance may stand.
    pub const fn holds(self, balance: i64) -> bool {
        const BOUND: i64 = 1 << 53;
        match self {
            Floor::Debit => balance >= 0 && balance <= BOUND,
            Floor::Credit => balance <= 0 && balance >= -BOUND,
            Floor::Free => balance >= -BOUND && balance <= BOUND,
        }
    }
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

impl AccountKey {
    /// An account.
    pub const fn new(owner: Id, class: Class, currency: Currency) -> AccountKey {
        AccountKey { owner, class, currency }
    }

    /// The class and currency as they are stored: class × 1000 + ISO 4217 number.
    pub const fn stored_class(&self) -> i64 {
        self.class as i64 * 1000 + self.currency.number() as i64
    }

    /// Reads back what [`AccountKey::stored_class`] wrote.
    pub fn from_stored(owner: Id, stored: i64) -> Option<AccountKey> {
        let class = Class::ALL.into_iter().find(|c| *c as i64 == stored / 1000)?;
        let currency = Currency::from_number(u16::try_from(stored % 1000).ok()?)?;
        Some(AccountKey { owner, class, currency })
    }
}

/// Why money moved: a stable word and the thing it moved for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Such as `payment`, `refund_reserved`, `refund_paid`.
    pub word: &'static str,
    /// The order (or shift) it belongs to.
    pub subject: Id,
    /// The local day it counts for.
    pub business_date: String,
}

/// Moves `amount` from `credit` to `debit` as one balanced movement.
///
/// Errors: `insufficient_balance` when an account would leave its side. Panics on a negative amount or mixed currencies: a programmer's mistake.
pub fn transfer(
    view: &mut View,
    amount: Money,
    debit: AccountKey,
    credit: AccountKey,
    cause: &Cause,
) -> Result<(), Stop<Refusal>> {
    assert!(amount.value >= 0, "a movement has a positive amount");
    assert!(
        amount.currency == debit.currency && amount.currency == credit.currency,
        "one movement, one currency"
    );
    if amount.is_zero() {
        return Ok(());
    }
    view.want::<Account>((debit.owner, debit.stored_class()));
    view.want::<Account>((credit.owner, credit.stored_class()));
    let movement = view.id();
    enter(view, movement, debit, amount.value, cause)?;
    enter(view, movement, credit, -amount.value, cause)
}

fn enter(
    view: &mut View,
    movement: Id,
    key: AccountKey,
    amount: i64,
    cause: &Cause,
) -> Result<(), Stop<Refusal>> {
    let class = key.stored_class();
    let found = view.get::<Account>((key.owner, class))?;
    let fresh = found.is_none();
    let mut account = found.unwrap_or(Account { owner: key.owner, class, balance: 0, entries: 0 });
    account.balance =
        account.balance.checked_add(amount).filter(|b| key.class.floor().holds(*b)).ok_or_else(|| {
            INSUFFICIENT.with(format!(
                "{} {} would stand at {} {amount:+}",
                key.class.as_str(),
                key.owner,
                account.balance
            ))
        })?;
    account.entries += 1;
    if fresh {
        view.add(account);
    } else {
        view.put(account);
    }
    let (id, at) = (view.id(), view.now());
    view.log(Entry {
        owner: key.owner,
        class,
        id,
        movement,
        amount,
        cause: cause.word.to_owned(),
        subject: cause.subject,
        at,
        business_date: cause.business_date.clone(),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_classes_read_back() {
        for class in Class::ALL {
            for &currency in Currency::ALL {
                let key = AccountKey::new(Id(9), class, currency);
                assert_eq!(AccountKey::from_stored(Id(9), key.stored_class()), Some(key));
            }
        }
        assert_eq!(AccountKey::from_stored(Id(9), 99_156), None);
        assert_eq!(AccountKey::from_stored(Id(9), 1_001), None);
    }

    #[test]
    fn floors() {
        let cases = [
            (Floor::Debit, 0, true),
            (Floor::Debit, -1, false),
            (Floor::Credit, 1, false),
            (Floor::Credit, -1, true),
            (Floor::Free, -5, true),
            (Floor::Free, i64::MAX, false),
        ];
        for (floor, balance, want) in cases {
            assert_eq!(floor.holds(balance), want, "{floor:?} {balance}");
        }
    }
}
