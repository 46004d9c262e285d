//! What a machine tells, taken once and in order, and what follows for the money in it.

use serde::{Deserialize, Serialize};
use store::{Id, Json};

use super::rows::{CashCredit, CashPayout, CreditState, EscrowWish, Pieces};
use super::till::Till;
use crate::desk::Ruled;
use crate::problem::Refusal;

/// A part of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Takes coins.
    Coins,
    /// Takes notes.
    Notes,
    /// Gives pieces of this value.
    Hopper(i64),
}

impl Unit {
    fn name(self) -> String {
        match self {
            Unit::Coins => "coins".to_owned(),
            Unit::Notes => "notes".to_owned(),
            Unit::Hopper(value) => format!("hopper_{value}"),
        }
    }
}

/// Something that happened at a machine. Values are minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Fact {
    /// A unit was powered up.
    Started {
        /// Which.
        unit: Unit,
    },
    /// A note is held.
    Escrow {
        /// Its value.
        value: i64,
    },
    /// A note fell into the cassette.
    Stacked {
        /// Its value.
        value: i64,
    },
    /// The note that was held went back.
    Returned {
        /// Its value.
        value: i64,
    },
    /// The note that was held is gone, and nobody saw where to.
    Missing {
        /// Its value.
        value: i64,
    },
    /// A coin was taken.
    Coin {
        /// Its value.
        value: i64,
    },
    /// A piece was not taken.
    Rejected {
        /// By which unit.
        unit: Unit,
        /// In the machine's words.
        why: String,
    },
    /// So many events happened unheard.
    Lost {
        /// Of which unit.
        unit: Unit,
        /// How many.
        count: u32,
    },
    /// Something is wrong: `jam`, `cassette_full`, `cassette_out`, `fraud`, `empty`, `broken`, `silent`.
    Fault {
        /// With which unit.
        unit: Unit,
        /// What.
        fault: String,
    },
    /// It is well again.
    Cleared {
        /// Which unit.
        unit: Unit,
        /// What was wrong.
        fault: String,
    },
    /// Pieces came out.
    Paid {
        /// For which payout.
        payout: u64,
        /// Of which value.
        value: i64,
        /// How many more.
        count: u32,
    },
    /// A payout ended for one value.
    PayoutEnded {
        /// Which.
        payout: u64,
        /// Of which value.
        value: i64,
        /// How many did not come.
        left: u32,
    },
    /// A print job came out on paper.
    Printed {
        /// Which.
        job: Id,
    },
    /// Everything that is wrong with the printer now; nothing when it is well.
    Printer {
        /// `printer_away`, `printer_offline`, `cover_open`, `paper_out`, `paper_low`, `printer_broken`, `no_printer`.
        faults: Vec<String>,
    },
    /// Whether the printer has paper: all that older devices tell of it.
    Paper {
        /// It has none.
        out: bool,
    },
}

impl Till<'_> {
    /// Takes one fact in.
    pub(super) fn hear(&mut self, fact: &Fact) -> Ruled<()> {
        match fact {
            Fact::Started { unit } => self.clear("silent", &unit.name()),
            Fact::Rejected { .. } => {}
            Fact::Escrow { value } => self.held(*value),
            Fact::Stacked { value } => self.stacked(*value)?,
            Fact::Returned { value } => self.returned(*value),
            Fact::Missing { value } => self.stuck(*value, "note_missing")?,
            Fact::Coin { value } => self.coin(*value)?,
            Fact::Lost { unit, .. } => self.alarm("lost", &unit.name()),
            Fact::Fault { unit, fault } => {
                self.alarm(fault, &unit.name());
                let held = self.credit.as_ref().map_or(0, |c| c.escrow);
                if fault == "jam" && *unit == Unit::Notes && held > 0 {
                    self.stuck(held, "note_jammed")?;
                }
            }
            Fact::Cleared { unit, fault } => self.clear(fault, &unit.name()),
            Fact::Paid { payout, value, count } => self.paid_out(*payout, *value, i64::from(*count))?,
            Fact::PayoutEnded { payout, value, left } => self.ended(*payout, *value, i64::from(*left))?,
            Fact::Printed { job } => {
                self.machine.prints.0.retain(|p| p.id != *job);
                self.touch();
            }
            Fact::Printer { faults } => self.printer(faults),
            Fact::Paper { out: true } => self.alarm("paper_out", "printer"),
            Fact::Paper { out: false } => self.clear("paper_out", "printer"),
        }
        self.settle();
        Ok(())
    }

    /// The printer's alarms are those that are told and no others.
    fn printer(&mut self, faults: &[String]) {
        const PRINTER: &str = "printer";
        let mine = self.machine.alarms.0.iter().filter(|a| a.unit == PRINTER && !faults.contains(&a.code));
        for over in mine.map(|a| a.code.clone()).collect::<Vec<_>>() {
            self.clear(&over, PRINTER);
        }
        for fault in faults.iter().filter(|f| f.len() <= 40).take(8) {
            self.alarm(fault, PRINTER);
        }
    }

    /// The credit that money now belongs to: the open one, or one of its own for money that came when nobody was paying. That one goes back at once.
    fn whose(&mut self) -> &mut CashCredit {
        let live = self.credit.as_ref().is_some_and(|c| c.ended_at.is_none() && c.state != CreditState::Paid);
        if !live {
            let (id, created_at) = (self.view.id(), self.view.now());
            if let Some(before) = self.credit.take() {
                self.view.put(before);
            }
            let mut orphan = credit(id, self.machine.terminal, None, created_at, &self.machine.currency);
            orphan.state = CreditState::Returning;
            orphan.wish = EscrowWish::Return;
            orphan.note = Some("nobody_was_paying".to_owned());
            self.view.add(orphan.clone());
            self.machine.credit = Some(id);
            self.credit = Some(orphan);
        }
        self.touch();
        self.credit.as_mut().expect("one was put there")
    }

    fn held(&mut self, value: i64) {
        let credit = self.whose();
        credit.escrow = value;
        credit.wish = if credit.state == CreditState::Open { EscrowWish::Hold } else { EscrowWish::Return };
    }

    fn stacked(&mut self, value: i64) -> Ruled<()> {
        let credit = self.whose();
        credit.escrow = 0;
        credit.wish = EscrowWish::Hold;
        *self.machine.boxed.0.entry(value).or_default() += 1;
        self.taken(value)
    }

    fn coin(&mut self, value: i64) -> Ruled<()> {
        let machine = &mut self.machine;
        let into = if machine.equipment.0.hoppers.contains(&value) {
            &mut machine.hoppers
        } else {
            &mut machine.boxed
        };
        *into.0.entry(value).or_default() += 1;
        self.taken(value)
    }

    /// Into the books and the credit; what comes while money goes back goes back too.
    fn taken(&mut self, value: i64) -> Ruled<()> {
        let credit = self.whose();
        credit.stacked += value;
        *credit.pieces.0.entry(value).or_default() += 1;
        let back = credit.state == CreditState::Returning;
        self.deposit(&Pieces::from([(value, 1)]), "cash_in")?;
        if back { self.give_back(value) } else { Ok(()) }
    }

    /// Whether a note is held of the present credit.
    fn holds(&self) -> bool {
        self.credit.as_ref().is_some_and(|c| c.escrow > 0)
    }

    fn returned(&mut self, value: i64) {
        if !self.holds() {
            return;
        }
        let credit = self.whose();
        credit.escrow = 0;
        credit.wish = EscrowWish::Hold;
        if credit.state == CreditState::Paying {
            credit.state = CreditState::Open; // it came back instead of going down: the balance is short again
        }
        credit.back += value;
    }

    /// The note is somewhere inside, or nobody knows: it is owed. Whatever else lies in the machine goes back, and the order stays unpaid.
    fn stuck(&mut self, value: i64, why: &'static str) -> Ruled<()> {
        if !self.holds() {
            return Ok(());
        }
        let credit = self.whose();
        credit.escrow = 0;
        credit.wish = EscrowWish::Hold;
        credit.note = Some(why.to_owned());
        let stacked = if credit.state == CreditState::Returning { 0 } else { credit.stacked };
        credit.state = CreditState::Returning;
        *self.machine.boxed.0.entry(value).or_default() += 1;
        self.deposit(&Pieces::from([(value, 1)]), "cash_stuck")?;
        self.slip(value, why)?;
        self.give_back(stacked)
    }

    fn payout(&mut self, number: u64) -> Ruled<Option<CashPayout>> {
        let id = Id(i64::try_from(number).unwrap_or(0));
        if !self.machine.payouts.0.contains(&id) {
            return Ok(None); // heard before, or of a machine that stood here earlier
        }
        Ok(Some(self.view.need::<CashPayout, Refusal>(id)?))
    }

    fn paid_out(&mut self, payout: u64, value: i64, count: i64) -> Ruled<()> {
        let Some(mut row) = self.payout(payout)? else { return Ok(()) };
        *row.given.0.entry(value).or_default() += count;
        self.view.put(row);
        self.touch();
        Ok(())
    }

    fn ended(&mut self, payout: u64, value: i64, left: i64) -> Ruled<()> {
        let Some(mut row) = self.payout(payout)? else { return Ok(()) };
        if row.finished.0.contains(&value) {
            return Ok(());
        }
        let planned = row.pieces.0.get(&value).copied().unwrap_or(0);
        let left = left.clamp(0, planned);
        row.given.0.insert(value, planned - left);
        row.finished.0.push(value);
        if row.finished.0.len() == row.pieces.0.len() {
            row.ended_at = Some(self.view.now());
            self.machine.payouts.0.retain(|id| *id != row.id);
        }
        self.view.put(row);
        self.touch();
        if let Some(credit) = &mut self.credit {
            credit.back += (planned - left) * value;
        }
        if left == 0 {
            return Ok(());
        }
        // What did not come is owed again; the hopper is not planned on until somebody has looked.
        self.machine.hoppers.0.insert(value, 0);
        self.alarm("empty", &Unit::Hopper(value).name());
        self.deposit(&Pieces::from([(value, left)]), "cash_short")?;
        self.give_back(left * value)
    }
}

/// A fresh credit.
pub(super) fn credit(
    id: Id,
    terminal: Id,
    order: Option<Id>,
    created_at: store::Millis,
    currency: &str,
) -> CashCredit {
    CashCredit {
        id,
        terminal,
        order,
        created_at,
        currency: currency.to_owned(),
        pieces: Json(Pieces::new()),
        stacked: 0,
        escrow: 0,
        wish: EscrowWish::Hold,
        state: CreditState::Open,
        attempt: None,
        back: 0,
        owed: 0,
        slip: None,
        note: None,
        ended_at: None,
    }
}
