//! Who acts, and what they may do: the one place where roles are checked.

use store::{Id, Merchant};

use crate::problem::{Refusal, desk as problems};
use crate::rows::Role;

/// Who acts for which merchant, with which role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The merchant whose rows may be touched; no others.
    pub merchant: Merchant,
    /// The role.
    pub role: Role,
    /// The key, terminal, operator, payer or the system itself.
    pub actor: Actor,
}

/// Who exactly acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A partner system's API key.
    Key(Id),
    /// A terminal.
    Terminal(Id),
    /// A signed-in operator.
    Operator(Id),
    /// The payer of one order.
    Payer(Id),
    /// The platform itself: set-up, jobs.
    System,
}

/// Something that needs a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Read orders, books and reports.
    Look,
    /// Quote, order, show a code or scan one, close.
    Sell,
    /// Take cash.
    TakeCash,
    /// Open and close shifts.
    WorkShift,
    /// Give money back.
    Refund,
    /// Terminals and sites.
    ManageTerminals,
    /// Operators and keys.
    ManagePeople,
    /// Channel accounts.
    ManageChannels,
    /// What is sold.
    ManageCatalogue,
}

impl Who {
    /// The platform itself, acting for a merchant.
    pub const fn system(merchant: Merchant) -> Who {
        Who { merchant, role: Role::Owner, actor: Actor::System }
    }

    /// The operator's id, when an operator acts.
    pub const fn operator(&self) -> Option<Id> {
        match self.actor {
            Actor::Operator(id) => Some(id),
            _ => None,
        }
    }

    /// The key's id, when a partner system acts by an API key.
    pub const fn key(&self) -> Option<Id> {
        match self.actor {
            Actor::Key(id) => Some(id),
            _ => None,
        }
    }

    /// The terminal's id, when a terminal acts.
    pub const fn terminal(&self) -> Option<Id> {
        match self.actor {
            Actor::Terminal(id) => Some(id),
            _ => None,
        }
    }

    /// Whether this actor may do that.
    pub fn may(&self, act: Act) -> bool {
        if let Actor::Payer(_) = self.actor {
            return false; // a payer reads and pays one order; the desk asks `may_pay` for that
        }
        match self.role {
            Role::Owner => true,
            Role::Manager => !matches!(act, Act::ManagePeople | Act::ManageChannels),
            Role::Cashier => matches!(act, Act::Look | Act::Sell | Act::TakeCash | Act::WorkShift),
            Role::Auditor => matches!(act, Act::Look),
            Role::Other(_) => false,
        }
    }

    /// Refuses what this actor may not do. Error: `forbidden`, naming the right.
    pub fn need(&self, act: Act) -> Result<(), Refusal> {
        if self.may(act) {
            return Ok(());
        }
        Err(problems::FORBIDDEN.with(format!(
            "this needs the right {act:?}, which the role {:?} does not have",
            self.role.as_str()
        )))
    }

    /// Refuses an actor who may neither `act` nor is the payer of `order`.
    pub fn need_or_payer(&self, act: Act, order: Id) -> Result<(), Refusal> {
        match self.actor {
            Actor::Payer(own) if own == order => Ok(()),
            Actor::Payer(_) => Err(problems::NOT_FOUND.with("this address belongs to another order")),
            _ => self.need(act),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTS: [Act; 9] = [
        Act::Look,
        Act::Sell,
        Act::TakeCash,
        Act::WorkShift,
        Act::Refund,
        Act::ManageTerminals,
        Act::ManagePeople,
        Act::ManageChannels,
        Act::ManageCatalogue,
    ];

    #[test]
    fn rights_by_role() {
        // in the order of ACTS
        let cases = [
            (Role::Owner, "yes yes yes yes yes yes yes yes yes"),
            (Role::Manager, "yes yes yes yes yes yes no no yes"),
            (Role::Cashier, "yes yes yes yes no no no no no"),
            (Role::Auditor, "yes no no no no no no no no"),
            (Role::Other("king".into()), "no no no no no no no no no"),
        ];
        for (role, want) in cases {
            let who = Who { merchant: Merchant(Id(7)), role: role.clone(), actor: Actor::Key(Id(1)) };
            let got: Vec<&str> = ACTS.iter().map(|a| if who.may(*a) { "yes" } else { "no" }).collect();
            assert_eq!(got.join(" "), want, "{role:?}");
        }
    }

    #[test]
    fn a_payer_reads_one_order_and_nothing_else() {
        let who = Who { merchant: Merchant(Id(7)), role: Role::Owner, actor: Actor::Payer(Id(5)) };
        assert!(ACTS.iter().all(|a| !who.may(*a)));
        assert!(who.need_or_payer(Act::Look, Id(5)).is_ok());
        assert_eq!(who.need_or_payer(Act::Look, Id(6)).unwrap_err().code(), "not_found");
    }
}
