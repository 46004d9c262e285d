//! Cash: a drawer with a stock by denomination, at the terminal it belongs to. What is handed over goes in, change comes out by the
//! fewest pieces the stock allows, inside the payment's own decision.

mod drawer;
pub mod pieces;

use desk::channel::{Facts, TakeAsk, Value};
use desk::ledger::{AccountKey, Class};
use desk::problem::desk::{CASH_NOT_TAKEN, INVALID_AMOUNT, INVALID_REQUEST, NO_CHANGE, TENDERED_TOO_LITTLE};
use desk::problem::{Problem, Refusal};
use desk::rows::{Account, Attempt, Presentment, Refund, Standing, Terminal};
use money::{Currency, Money};
use std::time::Duration;
use store::{Id, Stop, View};

pub use drawer::{Drawer, MIGRATIONS, count, empty, fill, read};
use drawer::{Held, parse};
use pieces::{CURRENCIES, Pieces, add, fewest, take, total, usual};

/// The problems only a drawer has.
pub mod problems {
    desk::problems! {
        DRAWER_LACKS = Conflict "drawer_lacks" "The drawer does not hold these pieces" "Fill the drawer, refund another amount, or refund at another terminal.";
    }
}

const DAY: u64 = 24 * 3600;

static FACTS: Facts = Facts {
    code: "cash",
    name_en: "Cash",
    name_zh: "现金",
    presentments: &[Presentment::Cash],
    payer_codes: &[],
    currencies: CURRENCIES,
    code_life: Duration::ZERO,
    refund_window: Duration::from_secs(3650 * DAY),
    unscanned_stays_open: false,
};

/// The channel.
pub struct Cash;

fn refuse<T>(problem: &'static Problem, detail: impl Into<String>) -> Result<T, Stop<Refusal>> {
    Err(Stop::Refused(problem.with(detail.into())))
}

/// The terminal whose drawer moves: switched on, with a shift open or unattended.
fn at_terminal(view: &mut View, terminal: Option<Id>) -> Result<Terminal, Stop<Refusal>> {
    let Some(id) = terminal else {
        return refuse(&CASH_NOT_TAKEN, "cash needs a terminal with a drawer");
    };
    let Some(row) = view.get::<Terminal>(id)? else {
        return refuse(&CASH_NOT_TAKEN, format!("there is no terminal {id}"));
    };
    if row.standing != Standing::On || !has(&row, "takes_cash") {
        return refuse(&CASH_NOT_TAKEN, format!("terminal {id} is off or has no drawer"));
    }
    if row.shift.is_none() && !row.unattended {
        return refuse(&CASH_NOT_TAKEN, format!("no shift is open at terminal {id}"));
    }
    Ok(row)
}

fn has(terminal: &Terminal, capability: &str) -> bool {
    terminal.capabilities.0.iter().any(|c| c == capability)
}

/// What was handed over: as counted, or as it usually is for the amount.
fn handed_over(ask: &TakeAsk<'_>, due: Money) -> Result<(i64, Pieces), Stop<Refusal>> {
    let tendered = ask.attempt.tendered;
    let counted = ask.data.get("pieces").filter(|p| !p.is_null());
    let Some(counted) = counted else {
        let amount = tendered.unwrap_or(due.value);
        return match usual(amount, due.currency) {
            Some(pieces) => Ok((amount, pieces)),
            None => {
                let given = Money::new(amount, due.currency);
                refuse(&INVALID_AMOUNT, format!("no notes and coins make {given}"))
            }
        };
    };
    let pieces = parse(counted, due.currency)?;
    let Some(amount) = total(&pieces) else {
        return refuse(&INVALID_AMOUNT, "pieces: they add up to more than can be counted");
    };
    if tendered.is_some_and(|t| t != amount) {
        return refuse(&INVALID_REQUEST, "tendered: it is not what the pieces add up to");
    }
    Ok((amount, pieces))
}

impl Value for Cash {
    fn facts(&self) -> &Facts {
        &FACTS
    }

    fn foresee(&self, view: &mut View, terminal: Option<Id>, currency: Currency) {
        let Some(terminal) = terminal else { return };
        let drawer = AccountKey::new(terminal, Class::Drawer, currency);
        view.want::<Drawer>((terminal, currency.code().to_owned()));
        view.want::<Account>((terminal, drawer.stored_class()));
    }

    fn take(&self, view: &mut View, ask: TakeAsk<'_>) -> Result<AccountKey, Stop<Refusal>> {
        let due = due(ask.attempt)?;
        let terminal = at_terminal(view, ask.attempt.terminal)?;
        let (tendered, taken) = handed_over(&ask, due)?;
        if tendered < due.value {
            let given = Money::new(tendered, due.currency);
            return refuse(&TENDERED_TOO_LITTLE, format!("{due} is due and {given} was handed over"));
        }
        let mut held = Held::find(view, terminal.id, due.currency)?;
        let given = match ask.data.get("given").filter(|g| !g.is_null()) {
            Some(named) => named_change(&held.stock, named, tendered, due)?,
            None => change(&held.stock, &taken, tendered, due, has(&terminal, "gives_change"))?,
        };
        add(&mut held.stock, &taken);
        if !take(&mut held.stock, &given) {
            return refuse(&NO_CHANGE, "the drawer does not hold the change");
        }
        held.keep(view)?;
        ask.attempt.tendered = Some(tendered);
        ask.attempt.change = Some(tendered - due.value);
        ask.attempt.details = Some(serde_json::json!({ "taken": taken, "given": given }).to_string());
        Ok(AccountKey::new(terminal.id, Class::Drawer, due.currency))
    }

    fn give_back(
        &self,
        view: &mut View,
        _attempt: &Attempt,
        refund: &Refund,
        terminal: Option<Id>,
    ) -> Result<AccountKey, Stop<Refusal>> {
        let currency = currency_of(&refund.currency)?;
        let terminal = at_terminal(view, terminal)?;
        let mut held = Held::find(view, terminal.id, currency)?;
        match fewest(refund.amount, &held.stock) {
            Ok(given) if take(&mut held.stock, &given) => {}
            Ok(_) => return refuse(&problems::DRAWER_LACKS, "the drawer does not hold these pieces"),
            Err(nearest) => {
                let (amount, nearest) = (Money::new(refund.amount, currency), Money::new(nearest, currency));
                let detail = format!("{amount} cannot be paid out of it; the nearest below is {nearest}");
                return refuse(&problems::DRAWER_LACKS, detail);
            }
        }
        held.keep(view)?;
        Ok(AccountKey::new(terminal.id, Class::Drawer, currency))
    }

    fn load(
        &self,
        view: &mut View,
        terminal: Id,
        currency: Currency,
        pieces: &serde_json::Value,
    ) -> Result<Money, Stop<Refusal>> {
        fill(view, terminal, currency, &parse(pieces, currency)?)
    }

    fn pieces_of(&self, amount: i64, stock: &Pieces) -> Result<Pieces, i64> {
        fewest(amount, stock)
    }

    fn take_out(
        &self,
        view: &mut View,
        terminal: Id,
        currency: Currency,
        pieces: &Pieces,
    ) -> Result<(), Stop<Refusal>> {
        let mut held = Held::find(view, terminal, currency)?;
        if !take(&mut held.stock, pieces) {
            return refuse(&problems::DRAWER_LACKS, "the drawer does not hold these pieces");
        }
        held.keep(view).map(drop)
    }

    fn hand_over(&self, view: &mut View, terminal: Id, amount: Money) -> Result<(), Stop<Refusal>> {
        let stock = read(view, terminal, amount.currency)?;
        match fewest(amount.value, &stock) {
            Ok(pieces) => self.take_out(view, terminal, amount.currency, &pieces),
            Err(_) => refuse(&problems::DRAWER_LACKS, format!("{amount} cannot be paid out of it")),
        }
    }

    fn unload(&self, view: &mut View, terminal: Id, currency: Currency) -> Result<(), Stop<Refusal>> {
        empty(view, terminal, currency).map(drop)
    }
}

/// The change a machine named itself: pieces of its hoppers, no more than is due back. What is missing to that the machine owes.
fn named_change(
    stock: &Pieces,
    named: &serde_json::Value,
    tendered: i64,
    due: Money,
) -> Result<Pieces, Stop<Refusal>> {
    let given = parse(named, due.currency)?;
    let back = tendered - due.value;
    if total(&given).is_none_or(|t| t > back) {
        return refuse(&INVALID_REQUEST, "given: it is more than is due back");
    }
    if !take(&mut stock.clone(), &given) {
        return refuse(&NO_CHANGE, "the drawer does not hold the change");
    }
    Ok(given)
}

/// The change by the fewest pieces, out of the drawer and what was just handed over.
fn change(
    stock: &Pieces,
    taken: &Pieces,
    tendered: i64,
    due: Money,
    gives_change: bool,
) -> Result<Pieces, Stop<Refusal>> {
    let back = tendered - due.value;
    if back == 0 {
        return Ok(Pieces::new());
    }
    if !gives_change {
        return refuse(&NO_CHANGE, format!("this terminal gives no change: exactly {due} can be paid"));
    }
    let mut all = stock.clone();
    add(&mut all, taken);
    fewest(back, &all).or_else(|_| {
        // What would have worked: the nearest amount whose change the drawer itself holds.
        let nearest = fewest(back, stock).map_or_else(|below| below, |_| back);
        let payable = Money::new(due.value + nearest, due.currency);
        let back = Money::new(back, due.currency);
        refuse(&NO_CHANGE, format!("{back} cannot be given back; {payable} can be paid"))
    })
}

fn due(attempt: &Attempt) -> Result<Money, Stop<Refusal>> {
    Ok(Money::new(attempt.amount, currency_of(&attempt.currency)?))
}

fn currency_of(code: &str) -> Result<Currency, Stop<Refusal>> {
    code.parse()
        .or_else(|_| refuse(&desk::problem::desk::CURRENCY_MISMATCH, format!("{code} is not known here")))
}

#[cfg(test)]
#[path = "cash_tests.rs"]
mod tests;
