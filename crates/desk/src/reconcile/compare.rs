//! What differs between a bill and the ledger: by numbers first, then by amounts. A movement near midnight may stand in the neighbour's bill, so
//! the numbers decide and not the day.

use std::collections::{HashMap, HashSet};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use money::Money;
use store::Id;

use crate::channel::{Bill, BillKind, BillRow};
use crate::rows::{AttemptState, DifferenceKind, RefundState};

/// The most differences that are kept of a day; more are only counted.
const MOST: usize = 1000;

/// An attempt of the account.
#[derive(Clone, Debug)]
pub struct Paid {
    /// Its order.
    pub order: Id,
    /// Our number.
    pub out_trade_no: String,
    /// The channel's number; empty where none is known.
    pub channel_txn: String,
    /// What was received, or was to be.
    pub amount: Money,
    /// The day of the channel's calendar on which it was paid; empty for one that was not.
    pub day: String,
    /// Where it stands.
    pub state: AttemptState,
}

/// A refund of the account.
#[derive(Clone, Debug)]
pub struct Back {
    /// Its order.
    pub order: Id,
    /// Our number of the payment.
    pub out_trade_no: String,
    /// Our number of the refund.
    pub out_refund_no: String,
    /// How much.
    pub amount: Money,
    /// The day of the channel's calendar on which it ended; empty for one that has not.
    pub day: String,
    /// Where it stands.
    pub state: RefundState,
}

/// What the platform has: everything of the day, and whatever else the bill names.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Attempts.
    pub paid: Vec<Paid>,
    /// Refunds.
    pub back: Vec<Back>,
    /// Movements that were found in a bill before, by [`name_of`]: the bill's day.
    pub billed: HashMap<String, String>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// How they differ.
    pub kind: DifferenceKind,
    /// Stays the same at every comparison.
    pub name: String,
    /// The order, where there is one.
    pub order: Option<Id>,
    /// Our number of the payment.
    pub out_trade_no: String,
    /// The channel's number.
    pub channel_txn: String,
    /// Our number of the refund.
    pub out_refund_no: String,
    /// The currency, empty where no amount is named.
    pub currency: String,
    /// What the bill says, minor units.
    pub billed: Option<i64>,
    /// What the ledger says, minor units.
    pub booked: Option<i64>,
    /// In words, for the operator.
    pub said: String,
}

/// What came of comparing.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// What differs, at most a thousand.
    pub found: Vec<Found>,
    /// How many more there are.
    pub more: usize,
    /// Names of the movements that stand in this bill.
    pub matched: Vec<String>,
    /// Names of the movements that stood in this bill before and no longer do.
    pub gone: Vec<String>,
    /// Differences of other days that this bill clears: day and name.
    pub clears: Vec<(String, String)>,
    /// Sum of the payments, minor units.
    pub paid: i64,
    /// Sum of what went back.
    pub back: i64,
    /// Sum of the fees.
    pub fees_thousandths: i64,
}

/// The stable name of a payment or a refund within its account.
pub fn name_of(kind: BillKind, out_trade_no: &str, number: &str) -> String {
    let word = match kind {
        BillKind::Payment => 'p',
        BillKind::Refund => 'r',
        BillKind::Reversal => 'u',
    };
    format!("{word}-{out_trade_no}-{number}")
}

/// The name of a difference: its kind, and 64 bits of what it is about, fit for an address.
fn difference_name(kind: &DifferenceKind, about: &str) -> String {
    let hash = digest(&SHA256, about.as_bytes());
    format!("{}-{}", kind.as_str(), HEXLOWER.encode(&hash.as_ref()[..8]))
}

/// Whether a row undoes a payment as a whole: under no number of its own, or under the payment's.
pub(super) fn undoes(row: &BillRow) -> bool {
    match row.kind {
        BillKind::Payment => false,
        BillKind::Reversal => true,
        BillKind::Refund => row.out_refund_no.is_empty() || row.out_refund_no == row.out_trade_no,
    }
}

struct Comparing<'a> {
    day: &'a str,
    before: &'a str,
    ledger: &'a Ledger,
    paid: HashMap<&'a str, Vec<&'a Paid>>,
    back: HashMap<&'a str, &'a Back>,
    undone: HashSet<&'a str>,
    here: HashSet<String>,
    out: Compared,
}

/// Compares the bill of `day` with the ledger; `before` is the day before it.
pub fn compare(day: &str, before: &str, bill: &Bill, ledger: &Ledger) -> Compared {
    let mut paid: HashMap<&str, Vec<&Paid>> = HashMap::new();
    for row in &ledger.paid {
        paid.entry(&row.out_trade_no).or_default().push(row);
    }
    let mut comparing = Comparing {
        day,
        before,
        ledger,
        paid,
        back: ledger.back.iter().map(|row| (row.out_refund_no.as_str(), row)).collect(),
        undone: bill.rows.iter().filter(|row| undoes(row)).map(|row| row.out_trade_no.as_str()).collect(),
        here: HashSet::new(),
        out: Compared::default(),
    };
    for row in &bill.rows {
        comparing.row(row);
    }
    for line in &bill.strange {
        let said = line.chars().take(300).collect();
        comparing.found(DifferenceKind::Unreadable, line, None, None, (None, None), said);
    }
    comparing.missing_there();
    comparing.out
}

impl Comparing<'_> {
    fn row(&mut self, row: &BillRow) {
        self.out.fees_thousandths += row.fee_thousandths;
        if row.kind == BillKind::Payment {
            self.out.paid += row.amount.value;
        } else {
            self.out.back += row.amount.value;
        }
        if undoes(row) {
            self.undoing(row);
        } else if row.kind == BillKind::Payment {
            self.payment(row);
        } else {
            self.refund(row);
        }
    }

    fn payment(&mut self, row: &BillRow) {
        let name = name_of(BillKind::Payment, &row.out_trade_no, &row.channel_txn);
        if self.is_twice(&name, row) {
            return;
        }
        let own = self.paid.get(row.out_trade_no.as_str()).cloned().unwrap_or_default();
        let exact =
            own.iter().find(|p| p.channel_txn == row.channel_txn && p.state == AttemptState::Succeeded);
        let Some(known) = exact.or_else(|| own.iter().find(|p| p.state != AttemptState::Succeeded)) else {
            let said = "the channel has a payment that is not in the ledger".to_owned();
            let order = own.first().map(|p| p.order);
            self.found(DifferenceKind::MissingHere, &name, Some(row), order, (Some(row.amount), None), said);
            return;
        };
        let both = (Some(row.amount), Some(known.amount));
        if known.state != AttemptState::Succeeded {
            if !self.undone.contains(row.out_trade_no.as_str()) {
                let said = format!("the bill says it was paid; here it is {}", known.state.as_str());
                self.found(DifferenceKind::State, &name, Some(row), Some(known.order), both, said);
            }
            return;
        }
        self.matched(name.clone(), &known.day);
        if known.amount != row.amount {
            let said = "the amounts differ".to_owned();
            self.found(DifferenceKind::Amount, &name, Some(row), Some(known.order), both, said);
        }
    }

    fn refund(&mut self, row: &BillRow) {
        let name = name_of(BillKind::Refund, &row.out_trade_no, &row.out_refund_no);
        if self.is_twice(&name, row) {
            return;
        }
        let Some(known) = self.back.get(row.out_refund_no.as_str()).copied() else {
            let said = "the channel has a refund that is not in the ledger".to_owned();
            let order = self.paid.get(row.out_trade_no.as_str()).and_then(|own| own.first()).map(|p| p.order);
            self.found(DifferenceKind::MissingHere, &name, Some(row), order, (Some(row.amount), None), said);
            return;
        };
        let both = (Some(row.amount), Some(known.amount));
        self.matched(name.clone(), &known.day);
        if known.state == RefundState::Failed && row.state != "CLOSED" {
            let said = format!("here the refund failed; the bill says {}", row.state);
            self.found(DifferenceKind::State, &name, Some(row), Some(known.order), both, said);
        } else if known.amount != row.amount {
            let said = "the amounts differ".to_owned();
            self.found(DifferenceKind::Amount, &name, Some(row), Some(known.order), both, said);
        }
    }

    /// A payment that was undone as a whole: nothing of it may be kept here.
    fn undoing(&mut self, row: &BillRow) {
        let name = name_of(BillKind::Reversal, &row.out_trade_no, &row.channel_txn);
        if self.is_twice(&name, row) {
            return;
        }
        let own = self.paid.get(row.out_trade_no.as_str()).cloned().unwrap_or_default();
        let Some(known) = own.first() else {
            let said = "the channel undid a payment that is not in the ledger".to_owned();
            self.found(DifferenceKind::MissingHere, &name, Some(row), None, (Some(row.amount), None), said);
            return;
        };
        self.out.matched.push(name.clone());
        if own.iter().any(|p| p.state == AttemptState::Succeeded && p.channel_txn == row.channel_txn) {
            let said = "the bill says it was undone; here it is succeeded".to_owned();
            let both = (Some(row.amount), Some(known.amount));
            self.found(DifferenceKind::State, &name, Some(row), Some(known.order), both, said);
        } else {
            // Paid before midnight and undone after it: yesterday's bill had only the payment.
            let paid = name_of(BillKind::Payment, &row.out_trade_no, &row.channel_txn);
            self.out.clears.push((self.before.to_owned(), difference_name(&DifferenceKind::State, &paid)));
        }
    }

    /// Whether a row stands in this bill, or in another day's, already.
    fn is_twice(&mut self, name: &str, row: &BillRow) -> bool {
        let other = self.ledger.billed.get(name).filter(|day| *day != self.day).cloned();
        let again = !self.here.insert(name.to_owned());
        let said = match other {
            _ if again => "the bill has it twice".to_owned(),
            Some(day) => format!("the bill of {day} has it too"),
            None => return false,
        };
        self.found(DifferenceKind::Twice, name, Some(row), None, (Some(row.amount), None), said);
        true
    }

    fn matched(&mut self, name: String, day: &str) {
        if day != self.day && !day.is_empty() {
            // A row that came late: the day it belongs to missed it.
            let missed = difference_name(&DifferenceKind::MissingThere, &name);
            self.out.clears.push((day.to_owned(), missed));
        }
        self.out.matched.push(name);
    }

    /// What the ledger has of this day and no bill has.
    fn missing_there(&mut self) {
        let (ledger, day) = (self.ledger, self.day);
        // Found in this day's bill before, and gone from it since, is missing as well.
        let unseen = |here: &HashSet<String>, name: &str| {
            !here.contains(name) && ledger.billed.get(name).is_none_or(|billed| billed == day)
        };
        for row in ledger.paid.iter().filter(|p| p.state == AttemptState::Succeeded && p.day == day) {
            let name = name_of(BillKind::Payment, &row.out_trade_no, &row.channel_txn);
            if unseen(&self.here, &name) {
                let about = (row.out_trade_no.as_str(), row.channel_txn.as_str(), "");
                self.lacking(
                    &name,
                    row.order,
                    about,
                    row.amount,
                    "the ledger has a payment that is not in the bill",
                );
            }
        }
        for row in ledger.back.iter().filter(|b| b.state == RefundState::Succeeded && b.day == day) {
            let name = name_of(BillKind::Refund, &row.out_trade_no, &row.out_refund_no);
            if unseen(&self.here, &name) {
                let about = (row.out_trade_no.as_str(), "", row.out_refund_no.as_str());
                self.lacking(
                    &name,
                    row.order,
                    about,
                    row.amount,
                    "the ledger has a refund that is not in the bill",
                );
            }
        }
    }

    fn lacking(&mut self, name: &str, order: Id, about: (&str, &str, &str), amount: Money, said: &str) {
        if self.ledger.billed.contains_key(name) {
            self.out.gone.push(name.to_owned());
        }
        self.keep(Found {
            kind: DifferenceKind::MissingThere,
            name: difference_name(&DifferenceKind::MissingThere, name),
            order: Some(order),
            out_trade_no: about.0.to_owned(),
            channel_txn: about.1.to_owned(),
            out_refund_no: about.2.to_owned(),
            currency: amount.currency.code().to_owned(),
            billed: None,
            booked: Some(amount.value),
            said: said.to_owned(),
        });
    }

    fn found(
        &mut self,
        kind: DifferenceKind,
        about: &str,
        row: Option<&BillRow>,
        order: Option<Id>,
        (billed, booked): (Option<Money>, Option<Money>),
        said: String,
    ) {
        let text = |of: fn(&BillRow) -> &String| row.map(of).cloned().unwrap_or_default();
        self.keep(Found {
            name: difference_name(&kind, about),
            kind,
            order,
            out_trade_no: text(|row| &row.out_trade_no),
            channel_txn: text(|row| &row.channel_txn),
            out_refund_no: text(|row| &row.out_refund_no),
            currency: billed.or(booked).map(|m| m.currency.code().to_owned()).unwrap_or_default(),
            billed: billed.map(|m| m.value),
            booked: booked.map(|m| m.value),
            said,
        });
    }

    fn keep(&mut self, found: Found) {
        if self.out.found.iter().any(|known| known.name == found.name) {
            return; // the same line three times is one difference
        }
        if self.out.found.len() < MOST { self.out.found.push(found) } else { self.out.more += 1 }
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
