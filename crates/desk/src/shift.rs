//! Shifts: a person's time at a terminal, with the drawer filled at the start and counted at the end.

use money::{Currency, Money};
use store::{Id, Stop, View};

use crate::access::{Act, Who};
use crate::boxed;
use crate::channel::Channel;
use crate::dates::business_date;
use crate::desk::{Desk, Ruled};
use crate::ledger::{AccountKey, Cause, Class, transfer};
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Account, Shift, Site, Standing, Terminal};
use crate::settle::short;

impl Desk {
    /// Opens a shift; `pieces` is the opening float of the drawer by denomination. Errors: `shift_open`, `terminal_off`, `not_found`.
    #[boxed]
    pub async fn open_shift(
        &self,
        who: &Who,
        key: &str,
        terminal: Id,
        pieces: Option<serde_json::Value>,
    ) -> Result<Shift, Refusal> {
        who.need(Act::WorkShift)?;
        let currency = self.currency_of(who).await?;
        let once = Once::new(key, &format!("open_shift/{terminal}"), &pieces)?;
        let (desk, operator) = (self.clone(), who.operator());
        self.decide(who.merchant, move |view| {
            if let Some(made) = once.made(view)? {
                return view.need::<Shift, Refusal>(made);
            }
            let mut row = view.need::<Terminal, Refusal>(terminal)?;
            if row.standing != Standing::On {
                return Err(Stop::Refused((&problems::TERMINAL_OFF).into()));
            }
            if let Some(open) = row.shift {
                return Err(Stop::Refused(problems::SHIFT_OPEN.with(format!("shift {open} is open"))));
            }
            let id = view.id();
            let mut float = Money::zero(currency);
            if let Some(pieces) = &pieces {
                for value in values(&desk) {
                    float = float
                        .plus(value.load(view, terminal, currency, pieces)?)
                        .map_err(|e| problems::INVALID_AMOUNT.with(e.to_string()))?;
                }
            }
            let cause = cause(view, &row, id, "shift_opened")?;
            let (drawer, safe) = (drawer(terminal, currency), safe(row.site, currency));
            transfer(view, float, drawer, safe, &cause)?;
            let shift = Shift {
                id,
                terminal,
                operator,
                opened_at: view.now(),
                float: float.value,
                currency: currency.code().to_owned(),
                closed_at: None,
                counted: None,
                expected: None,
                note: None,
            };
            row.shift = Some(id);
            view.add(shift.clone());
            view.put(row);
            view.emit("shift.opened", id, serde_json::json!({"terminal": terminal}));
            once.record(view, id);
            Ok(shift)
        })
        .await
    }

    /// Closes the terminal's shift with what was counted, in minor units; the difference to the books is kept. Errors: `shift_not_open`, `invalid_amount`.
    #[boxed]
    pub async fn close_shift(
        &self,
        who: &Who,
        key: &str,
        terminal: Id,
        counted: i64,
        note: Option<String>,
    ) -> Result<Shift, Refusal> {
        who.need(Act::WorkShift)?;
        if !(0..=1 << 50).contains(&counted) {
            return Err(problems::INVALID_AMOUNT.with("counted: not below zero"));
        }
        let once = Once::new(key, &format!("close_shift/{terminal}"), &counted)?;
        let desk = self.clone();
        self.decide(who.merchant, move |view| {
            if let Some(made) = once.made(view)? {
                return view.need::<Shift, Refusal>(made);
            }
            let mut row = view.need::<Terminal, Refusal>(terminal)?;
            let Some(id) = row.shift else {
                return Err(Stop::Refused((&problems::SHIFT_NOT_OPEN).into()));
            };
            let mut shift = view.need::<Shift, Refusal>(id)?;
            let currency: Currency = shift
                .currency
                .parse()
                .map_err(|e: money::MoneyError| problems::CURRENCY_MISMATCH.with(e.to_string()))?;
            let expected = empty_drawer(&desk, view, &row, id, currency, counted)?;
            shift.closed_at = Some(view.now());
            shift.counted = Some(counted);
            shift.expected = Some(expected);
            shift.note = note.as_deref().map(short);
            row.shift = None;
            view.put(shift.clone());
            view.put(row);
            view.emit("shift.closed", id, serde_json::json!({"terminal": terminal}));
            once.record(view, id);
            Ok(shift)
        })
        .await
    }

    /// The merchant's shifts, newest first.
    #[boxed]
    pub async fn shifts(&self, who: &Who, terminal: Option<Id>) -> Result<Vec<Shift>, Refusal> {
        who.need(Act::Look)?;
        let merchant = who.merchant;
        let rows = self
            .read(move |sql| {
                sql.rows::<Shift>("where merchant = $1 order by id desc limit 500", &[&merchant.0])
            })
            .await?;
        Ok(rows
            .into_iter()
            .map(|(_, row)| row)
            .filter(|s| terminal.is_none_or(|t| s.terminal == t))
            .collect())
    }

    /// The merchant's own currency; it never changes, so it is asked for once.
    #[boxed]
    pub async fn currency_of(&self, who: &Who) -> Result<Currency, Refusal> {
        if let Some(known) = self.currencies.read().expect("no panic holds this lock").get(&who.merchant) {
            return Ok(*known);
        }
        let row = self.merchant(who).await?;
        let currency: Currency = row
            .currency
            .parse()
            .map_err(|e: money::MoneyError| problems::CURRENCY_MISMATCH.with(e.to_string()))?;
        self.currencies.write().expect("no panic holds this lock").insert(who.merchant, currency);
        Ok(currency)
    }
}

fn values(desk: &Desk) -> Vec<std::sync::Arc<dyn crate::channel::Value>> {
    let value = |c: &Channel| match c {
        Channel::Value(v) => Some(v.clone()),
        Channel::Remote(_) => None,
    };
    desk.channels.values().filter_map(value).collect()
}

const fn drawer(terminal: Id, currency: Currency) -> AccountKey {
    AccountKey::new(terminal, Class::Drawer, currency)
}

const fn safe(site: Id, currency: Currency) -> AccountKey {
    AccountKey::new(site, Class::Safe, currency)
}

fn cause(view: &mut View, terminal: &Terminal, shift: Id, word: &'static str) -> Ruled<Cause> {
    let site = view.need::<Site, Refusal>(terminal.site)?;
    Ok(Cause {
        word,
        subject: shift,
        business_date: business_date(view.now(), &site.zone, site.cut_off_minutes),
    })
}

/// Moves what the books say was in the drawer to the safe, and the difference to what was counted to over/short. Answers what the books said.
fn empty_drawer(
    desk: &Desk,
    view: &mut View,
    terminal: &Terminal,
    shift: Id,
    currency: Currency,
    counted: i64,
) -> Ruled<i64> {
    let held = drawer(terminal.id, currency);
    let expected = view.get::<Account>((held.owner, held.stored_class()))?.map_or(0, |a| a.balance);
    for value in values(desk) {
        value.unload(view, terminal.id, currency)?;
    }
    let safe = safe(terminal.site, currency);
    let over = AccountKey::new(terminal.site, Class::OverShort, currency);
    let closed = cause(view, terminal, shift, "shift_closed")?;
    transfer(view, Money::new(expected, currency), safe, held, &closed)?;
    let odd = cause(view, terminal, shift, "over_short")?;
    let difference = counted - expected;
    let (debit, credit) = if difference > 0 { (safe, over) } else { (over, safe) };
    transfer(view, Money::new(difference.abs(), currency), debit, credit, &odd)?;
    Ok(expected)
}
