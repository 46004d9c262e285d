//! Rule 9: the auditor's own sums over the entries, and what each order must have moved by the words of the outside world.

use std::collections::BTreeMap;

use store::Id;

use super::order::sum;
use super::rows::{Balances, EntryRow, Family};
use crate::sim::Sim;

const RECEIVABLE: i64 = 1;
const DRAWER: i64 = 2;
const TAKINGS: i64 = 3;
const REFUNDS_DUE: i64 = 4;
const TO_RETURN: i64 = 5;

/// Classes are stored as class × 1000 + the currency's number; everything here is in CNY.
const CNY: i64 = 156;

/// What the entries add up to.
#[derive(Default)]
pub(super) struct Books {
    by_subject: BTreeMap<Id, Vec<EntryRow>>,
    /// Sum and number of entries, by owner and class.
    sums: BTreeMap<(Id, i64), (i64, i64)>,
    /// Sums by owner, class and business day.
    pub(super) days: BTreeMap<(Id, i64, String), i64>,
}

impl Books {
    /// Takes the entries of an order or shift in: old ones are still there unchanged, each movement sums to zero.
    pub(super) fn take(&mut self, sim: &Sim, subject: Id, entries: &[EntryRow]) {
        let known = self.by_subject.entry(subject).or_default();
        if let Some(gone) = known.iter().find(|e| !entries.contains(e)) {
            sim.world.wrong(9, None, format!("entry {} of {subject} was changed or removed", gone.id));
        }
        let mut movements: BTreeMap<Id, i64> = BTreeMap::new();
        for entry in entries {
            *movements.entry(entry.movement).or_default() += entry.amount;
            if known.contains(entry) {
                continue;
            }
            let sums = self.sums.entry((entry.owner, entry.class)).or_default();
            *sums = (sums.0 + entry.amount, sums.1 + 1);
            *self.days.entry((entry.owner, entry.class, entry.day.clone())).or_default() += entry.amount;
        }
        if let Some((movement, left)) = movements.iter().find(|(_, left)| **left != 0) {
            sim.world.wrong(9, None, format!("movement {movement} of {subject} sums to {left}"));
        }
        *known = entries.to_vec();
    }

    /// Nothing that ever moved has lost all of its entries.
    pub(super) fn all_there(&self, sim: &Sim, entries: &BTreeMap<Id, Vec<EntryRow>>) {
        let lost = self.by_subject.iter().find(|(id, known)| !known.is_empty() && !entries.contains_key(id));
        if let Some((id, _)) = lost {
            sim.world.wrong(9, None, format!("the entries of {id} are gone"));
        }
    }

    /// Every balance is the sum of its entries, on its own side of zero, and all of them sum to zero.
    pub(super) fn compare(&self, sim: &Sim, balances: &Balances) {
        for (at @ (owner, class), (balance, entries)) in balances {
            let (sum, count) = self.sums.get(at).copied().unwrap_or_default();
            if (sum, count) != (*balance, *entries) {
                let what = format!(
                    "account {owner} {class} says {balance} in {entries} entries; they are {sum} in {count}"
                );
                sim.world.wrong(9, None, what);
            }
            let beyond = match class / 1000 {
                DRAWER => *balance < 0,
                REFUNDS_DUE | TO_RETURN => *balance > 0,
                _ => false,
            };
            if beyond {
                sim.world.wrong(9, None, format!("account {owner} {class} stands at {balance}"));
            }
        }
        let all: i64 = balances.values().map(|(balance, _)| balance).sum();
        if all != 0 {
            sim.world.wrong(9, None, format!("all accounts together stand at {all}"));
        }
    }

    /// What an order moved is what its payments and refunds say, account by account.
    pub(super) fn check_order(&self, sim: &Sim, f: &Family) {
        let Some(entries) = self.by_subject.get(&f.order.id) else { return };
        let mut want: BTreeMap<(Id, i64), i64> = BTreeMap::new();
        let mut add = |owner: Id, class: i64, amount: i64| {
            *want.entry((owner, class * 1000 + CNY)).or_default() += amount;
        };
        let site = f.order.site;
        for a in f.attempts.iter().filter(|a| a.received > 0) {
            let done = sum(&f.refunds, a.id, "succeeded");
            let under_way = sum(&f.refunds, a.id, "processing");
            let (holder, class) = match (a.account, a.terminal) {
                (Some(account), _) => (account, RECEIVABLE),
                (None, Some(terminal)) => (terminal, DRAWER),
                (None, None) => continue,
            };
            add(holder, class, a.received - done);
            let source = if f.order.kept == Some(a.id) { TAKINGS } else { TO_RETURN };
            add(site, source, -(a.received - done - under_way));
            add(site, REFUNDS_DUE, -under_way);
        }
        let mut have: BTreeMap<(Id, i64), i64> = BTreeMap::new();
        for entry in entries {
            *have.entry((entry.owner, entry.class)).or_default() += entry.amount;
        }
        want.retain(|_, amount| *amount != 0);
        have.retain(|_, amount| *amount != 0);
        if want != have {
            let what = format!("order {} moved {have:?}; its payments and refunds say {want:?}", f.order.id);
            sim.world.wrong(9, Some(f.order.visit), what);
        }
    }

    /// What the entries of a class add up to, by owner.
    pub(super) fn of_class(&self, class: i64) -> BTreeMap<Id, i64> {
        let own = self.sums.iter().filter(|((_, stored), _)| stored / 1000 == class);
        own.map(|((owner, _), (sum, _))| (*owner, *sum)).collect()
    }

    /// What the entries of a channel account add up to, by business day.
    pub(super) fn receivable_days(&self, account: Id) -> BTreeMap<String, i64> {
        let class = RECEIVABLE * 1000 + CNY;
        let own =
            self.days.iter().filter(|((owner, c, _), sum)| *owner == account && *c == class && **sum != 0);
        own.map(|((_, _, day), sum)| (day.clone(), *sum)).collect()
    }
}
