//! What the world outside the platform knows: what was asked and answered, and where the notes and coins are.

use std::collections::{BTreeMap, BTreeSet};

use store::{Id, Merchant};

/// The memory of terminals, payers and operators.
#[derive(Default)]
pub(crate) struct Outside {
    /// The keys sent, by what they were for and what about.
    sent: BTreeMap<(&'static str, String), BTreeSet<String>>,
    /// What a key made.
    made: BTreeMap<(Merchant, String), Id>,
    /// Final words a terminal heard about an attempt.
    pub(crate) told: BTreeMap<Id, String>,
    /// Minor units in each drawer, by terminal.
    pub(crate) drawers: BTreeMap<Id, i64>,
    /// What each payer has in cash more or less than in the morning.
    pub(crate) pockets: BTreeMap<u32, i64>,
    /// What left the drawers for the safe, less what came from it.
    pub(crate) safes: BTreeMap<Id, i64>,
    /// Orders that were answered, with what they cost and whose visit it was.
    pub(crate) orders: BTreeMap<Id, (u32, i64)>,
    /// Things a device has handed out, by fulfilment.
    pub(crate) handed: BTreeMap<Id, u32>,
}

impl Outside {
    /// A key is about to be used.
    pub(crate) fn sent(&mut self, what: &'static str, about: &str, key: &str) {
        self.sent.entry((what, about.to_owned())).or_default().insert(key.to_owned());
    }

    /// How many keys were used for this.
    pub(crate) fn keys(&self, what: &'static str, about: &str) -> usize {
        self.sent.get(&(what, about.to_owned())).map_or(0, BTreeSet::len)
    }

    /// A key made something: what it had made before, if that was something else.
    pub(crate) fn made(&mut self, merchant: Merchant, key: &str, id: Id) -> Option<Id> {
        let before = *self.made.entry((merchant, key.to_owned())).or_insert(id);
        (before != id).then_some(before)
    }

    /// A terminal hears where an attempt stands.
    pub(crate) fn hears(&mut self, attempt: Id, state: &str) {
        if !matches!(state, "pending" | "in_doubt") {
            self.told.insert(attempt, state.to_owned());
        }
    }

    /// Cash goes from a payer into a drawer; back when negative.
    pub(crate) fn cash(&mut self, visit: u32, terminal: Id, amount: i64) {
        *self.drawers.entry(terminal).or_default() += amount;
        *self.pockets.entry(visit).or_default() -= amount;
    }
}
