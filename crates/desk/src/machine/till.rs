//! The moves of money in a machine, each in its books and its stock at once: into the box, out of the hoppers, onto a slip.

use std::sync::Arc;

use money::{Currency, Money};
use serde_json::json;
use store::{Id, Json, View};

use super::rows::{Alarm, CashCredit, CashMachine, CashPayout, CashSlip, CreditState, Pieces};
use crate::channel::{Channel, Value};
use crate::dates::business_date;
use crate::desk::{Desk, Ruled};
use crate::ledger::{AccountKey, Cause, Class, transfer};
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Presentment, Site, Terminal};

/// The digits of a slip's code.
const SLIP_DIGITS: usize = 10;

/// A machine and the credit in it, inside a decision.
pub(super) struct Till<'v> {
    pub(super) view: &'v mut View,
    pub(super) machine: CashMachine,
    pub(super) credit: Option<CashCredit>,
    drawer: Arc<dyn Value>,
    site: Site,
    currency: Currency,
    touched: bool,
}

/// The channel that keeps drawers. Error: `unknown_channel`.
pub(super) fn drawer(desk: &Desk) -> Result<Arc<dyn Value>, Refusal> {
    let of = |channel: &Channel| match channel {
        Channel::Value(value) if value.facts().presentments.contains(&Presentment::Cash) => {
            Some(value.clone())
        }
        _ => None,
    };
    desk.channels.values().find_map(of).ok_or_else(|| problems::UNKNOWN_CHANNEL.with("no channel takes cash"))
}

impl<'v> Till<'v> {
    /// The machine of a terminal; a fresh one where none was. Errors: `not_found`, `cash_not_taken` where the terminal takes none.
    pub(super) fn open(desk: &Desk, view: &'v mut View, terminal: Id, currency: Currency) -> Ruled<Till<'v>> {
        let row = view.need::<Terminal, Refusal>(terminal)?;
        if !row.capabilities.0.iter().any(|c| c == "takes_cash" || c == "prints") {
            return Err(problems::CASH_NOT_TAKEN.with(format!("terminal {terminal} has no machine")).into());
        }
        let site = view.need::<Site, Refusal>(row.site)?;
        let found = view.get::<CashMachine>(terminal)?;
        let (machine, touched) = match found {
            Some(machine) => (machine, false),
            None => (blank(view, terminal, currency), true),
        };
        let credit = match machine.credit {
            Some(id) => Some(view.need::<CashCredit, Refusal>(id)?),
            None => None,
        };
        let currency = machine
            .currency
            .parse()
            .map_err(|e: money::MoneyError| problems::CURRENCY_MISMATCH.with(e.to_string()))?;
        Ok(Till { view, machine, credit, drawer: drawer(desk)?, site, currency, touched })
    }

    /// Writes down what changed.
    pub(super) fn keep(self) {
        if self.touched {
            if let Some(credit) = self.credit {
                self.view.put(credit);
            }
            self.view.put(self.machine);
        }
    }

    /// Something changed that must be kept and told to who watches.
    pub(super) fn touch(&mut self) {
        self.touched = true;
    }

    /// An amount in the machine's currency.
    pub(super) const fn money(&self, value: i64) -> Money {
        Money::new(value, self.currency)
    }

    /// Whether a stock makes an amount.
    pub(super) fn can_make(&self, amount: i64, stock: &Pieces) -> bool {
        self.drawer.pieces_of(amount, stock).is_ok()
    }

    /// The most of an amount that a stock makes, by the fewest pieces.
    pub(super) fn most(&self, amount: i64, stock: &Pieces) -> Pieces {
        self.drawer
            .pieces_of(amount, stock)
            .or_else(|below| self.drawer.pieces_of(below, stock))
            .unwrap_or_default()
    }

    fn cause(&self, word: &'static str) -> Cause {
        let subject = self.credit.as_ref().map_or(self.machine.terminal, |c| c.id);
        let at = self.view.now();
        Cause { word, subject, business_date: business_date(at, &self.site.zone, self.site.cut_off_minutes) }
    }

    fn own(&self, class: Class) -> AccountKey {
        AccountKey::new(self.machine.terminal, class, self.currency)
    }

    /// Into the drawer, owed to whoever put it in.
    pub(super) fn deposit(&mut self, pieces: &Pieces, word: &'static str) -> Ruled<()> {
        let (amount, cause) = (self.money(total(pieces)), self.cause(word));
        transfer(self.view, amount, self.own(Class::Drawer), self.own(Class::Deposits), &cause)?;
        self.drawer.load(self.view, self.machine.terminal, self.currency, &json!(pieces))?;
        self.touched = true;
        Ok(())
    }

    /// Out of the drawer, and no longer owed.
    pub(super) fn release(&mut self, pieces: &Pieces, word: &'static str) -> Ruled<()> {
        let (amount, cause) = (self.money(total(pieces)), self.cause(word));
        transfer(self.view, amount, self.own(Class::Deposits), self.own(Class::Drawer), &cause)?;
        self.drawer.take_out(self.view, self.machine.terminal, self.currency, pieces)?;
        self.touched = true;
        Ok(())
    }

    /// The books say that so much of the drawer is owed to somebody; no piece moves.
    pub(super) fn owe(&mut self, amount: i64, word: &'static str) -> Ruled<()> {
        let (amount, cause) = (self.money(amount), self.cause(word));
        transfer(self.view, amount, self.own(Class::Drawer), self.own(Class::Deposits), &cause)
    }

    /// Between the machine and the safe, for whoever fills it and empties it.
    pub(super) fn safe(&mut self, pieces: &Pieces, fill: bool) -> Ruled<Money> {
        let (amount, terminal) = (self.money(total(pieces)), self.machine.terminal);
        let cause = self.cause(if fill { "machine_filled" } else { "machine_emptied" });
        let safe = AccountKey::new(self.site.id, Class::Safe, self.currency);
        let own = self.own(Class::Drawer);
        let (debit, credit) = if fill { (own, safe) } else { (safe, own) };
        transfer(self.view, amount, debit, credit, &cause)?;
        if fill {
            self.drawer.load(self.view, terminal, self.currency, &json!(pieces))?;
        } else {
            self.drawer.take_out(self.view, terminal, self.currency, pieces)?;
        }
        self.touched = true;
        Ok(amount)
    }

    /// Orders these pieces out of the hoppers. The stock goes down at once: nobody else may plan on them.
    pub(super) fn order_out(&mut self, pieces: Pieces) {
        if pieces.is_empty() {
            return;
        }
        let Some(credit) = &self.credit else { return };
        let credit = credit.id;
        for (value, count) in &pieces {
            *self.machine.hoppers.0.entry(*value).or_default() -= count;
        }
        let (id, created_at) = (self.view.id(), self.view.now());
        let terminal = self.machine.terminal;
        self.view.add(CashPayout {
            id,
            terminal,
            credit,
            created_at,
            pieces: Json(pieces),
            given: Json(Pieces::new()),
            finished: Json(Vec::new()),
            ended_at: None,
        });
        self.machine.payouts.0.push(id);
        self.touched = true;
    }

    /// Gives an amount of the credit back out of the hoppers; what they do not hold goes onto a slip.
    pub(super) fn give_back(&mut self, amount: i64) -> Ruled<()> {
        let pieces = self.most(amount, &self.machine.hoppers.0);
        let rest = amount - total(&pieces);
        self.release(&pieces, "cash_back")?;
        self.order_out(pieces);
        self.slip(rest, "hoppers_empty")
    }

    /// A slip for what cannot be given. It stays in the books as owed until somebody pays it. Whoever waits is shown one number: what is lacking later is
    /// added to it.
    pub(super) fn slip(&mut self, amount: i64, why: &'static str) -> Ruled<()> {
        let Some(credit) = &mut self.credit else { return Ok(()) };
        if amount <= 0 {
            return Ok(());
        }
        credit.owed += amount;
        let shown = match &credit.slip {
            Some(code) => Some(self.view.need::<CashSlip, Refusal>(code.clone())?),
            None => None,
        };
        if let Some(mut slip) = shown.filter(|slip| slip.redeemed_at.is_none()) {
            slip.amount += amount;
            self.view.put(slip);
        } else {
            let digits = self.view.bytes(SLIP_DIGITS);
            let code: String = digits.iter().map(|b| char::from(b'0' + b % 10)).collect();
            credit.slip = Some(code.clone());
            self.view.add(CashSlip {
                code,
                terminal: self.machine.terminal,
                credit: credit.id,
                amount,
                currency: self.machine.currency.clone(),
                why: why.to_owned(),
                created_at: self.view.now(),
                redeemed_at: None,
                redeemed_by: None,
                drawer: None,
            });
        }
        self.view.emit("cash.owed", self.machine.terminal, json!({"credit": credit.id, "why": why}));
        self.touched = true;
        self.alarm("owed", "machine");
        Ok(())
    }

    /// Something a person must look after; told once.
    pub(super) fn alarm(&mut self, code: &str, unit: &str) {
        let alarms = &mut self.machine.alarms.0;
        if alarms.iter().any(|a| a.code == code && a.unit == unit) {
            return;
        }
        alarms.push(Alarm { code: code.to_owned(), unit: unit.to_owned(), since: self.view.now() });
        self.view.emit("machine.alarm", self.machine.terminal, json!({"code": code, "unit": unit}));
        self.touched = true;
    }

    /// It was looked after.
    pub(super) fn clear(&mut self, code: &str, unit: &str) {
        let alarms = &mut self.machine.alarms.0;
        let before = alarms.len();
        alarms.retain(|a| !(a.code == code && a.unit == unit));
        if alarms.len() != before {
            self.view.emit("machine.cleared", self.machine.terminal, json!({"code": code, "unit": unit}));
            self.touched = true;
        }
    }

    /// Whether something is wrong there.
    pub(super) fn alarmed(&self, unit: &str, codes: &[&str]) -> bool {
        self.machine.alarms.0.iter().any(|a| a.unit == unit && codes.contains(&a.code.as_str()))
    }

    /// Ends the credit once nothing of it is on its way.
    pub(super) fn settle(&mut self) {
        let now = self.view.now();
        let waiting = !self.machine.payouts.0.is_empty();
        let Some(credit) = &mut self.credit else { return };
        if waiting || credit.escrow > 0 || credit.ended_at.is_some() {
            return;
        }
        match credit.state {
            CreditState::Returning if credit.owed > 0 => credit.state = CreditState::Owed,
            CreditState::Returning => credit.state = CreditState::Returned,
            CreditState::Paid => {}
            _ => return,
        }
        credit.ended_at = Some(now);
        self.touched = true;
    }
}

/// What pieces add up to.
pub(super) fn total(pieces: &Pieces) -> i64 {
    pieces.iter().map(|(value, count)| value * count).sum()
}

fn blank(view: &View, terminal: Id, currency: Currency) -> CashMachine {
    CashMachine {
        terminal,
        created_at: view.now(),
        currency: currency.code().to_owned(),
        credit: None,
        hoppers: Json(Pieces::new()),
        boxed: Json(Pieces::new()),
        equipment: Json(super::Equipment::default()),
        alarms: Json(Vec::new()),
        payouts: Json(Vec::new()),
        prints: Json(Vec::new()),
        epoch: 0,
        heard: 0,
        seen_at: store::Millis(0),
    }
}
