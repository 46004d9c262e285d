//! The drawer of a terminal: its stock by denomination, kept beside the ledger's account of it.

use desk::problem::Refusal;
use desk::problem::desk::INVALID_AMOUNT;
use money::{Currency, Money};
use store::{Id, Json, Migration, Stop, View};

use super::pieces::{Pieces, add, denominations, total};
use super::refuse;

/// The most a drawer may hold, minor units: far beyond any drawer, far within the ledger's bounds.
const MOST: i64 = 1 << 40;

store::rows! {
    /// What is in a terminal's drawer: pieces by denomination, in minor units of the currency.
    pub struct Drawer in drawers {
        key { terminal: Id, currency: String }
        fixed { }
        fields { stock: Json<Pieces>, held: i64 }
    }
}

/// The tables of cash.
pub const MIGRATIONS: &[Migration] = &[Migration {
    room: "cash",
    number: 1,
    sql: "create table drawers (
    terminal bigint not null, currency text not null, merchant bigint not null, stock text not null, held bigint not null,
    primary key (terminal, currency, merchant)
);",
}];

/// A drawer being worked on.
pub(super) struct Held {
    terminal: Id,
    currency: Currency,
    /// Its pieces.
    pub(super) stock: Pieces,
}

impl Held {
    /// The drawer of a terminal; an empty one if there was none.
    pub(super) fn find(view: &mut View, terminal: Id, currency: Currency) -> Result<Held, Stop<Refusal>> {
        let stock = read(view, terminal, currency)?;
        Ok(Held { terminal, currency, stock })
    }

    /// Writes it down, and tells what it holds. Error: more than a drawer can hold.
    pub(super) fn keep(self, view: &mut View) -> Result<Money, Stop<Refusal>> {
        let Some(held) = total(&self.stock).filter(|t| *t <= MOST) else {
            return refuse(&INVALID_AMOUNT, "no drawer holds that much");
        };
        let currency = self.currency.code().to_owned();
        view.put(Drawer { terminal: self.terminal, currency, stock: Json(self.stock), held });
        Ok(Money::new(held, self.currency))
    }
}

/// Reads pieces from JSON: `{"10000": 2, "100": 50}`, denomination in minor units to count. Error: what is wrong with them.
pub(super) fn parse(value: &serde_json::Value, currency: Currency) -> Result<Pieces, Stop<Refusal>> {
    let Ok(pieces) = serde_json::from_value::<Pieces>(value.clone()) else {
        let form =
            "pieces: write denominations in minor units and their counts, like {\"10000\": 2, \"100\": 50}";
        return refuse(&INVALID_AMOUNT, form);
    };
    for (value, count) in &pieces {
        if !denominations(currency).contains(value) {
            return refuse(&INVALID_AMOUNT, format!("pieces: {value} is no denomination of {currency}"));
        }
        if !(0..=1_000_000).contains(count) {
            return refuse(&INVALID_AMOUNT, format!("pieces: {count} of {value} cannot be"));
        }
    }
    Ok(pieces.into_iter().filter(|(_, count)| *count > 0).collect())
}

/// What is in a terminal's drawer now.
pub fn read(view: &mut View, terminal: Id, currency: Currency) -> Result<Pieces, Stop<Refusal>> {
    let row = view.get::<Drawer>((terminal, currency.code().to_owned()))?;
    Ok(row.map(|r| r.stock.0).unwrap_or_default())
}

/// Puts pieces into a drawer and tells how much they are. The caller books it: drawer against safe.
pub fn fill(
    view: &mut View,
    terminal: Id,
    currency: Currency,
    pieces: &Pieces,
) -> Result<Money, Stop<Refusal>> {
    let mut held = Held::find(view, terminal, currency)?;
    let before = total(&held.stock).unwrap_or(0);
    add(&mut held.stock, pieces);
    let after = held.keep(view)?;
    Ok(Money::new(after.value - before, currency))
}

/// Takes everything out of a drawer and tells what it was.
pub fn empty(view: &mut View, terminal: Id, currency: Currency) -> Result<Pieces, Stop<Refusal>> {
    let mut held = Held::find(view, terminal, currency)?;
    let stock = std::mem::take(&mut held.stock);
    held.keep(view)?;
    Ok(stock)
}

/// Sets a drawer to what was counted and tells the difference: above zero when there is more than the stock said. The caller books it: over and short.
pub fn count(
    view: &mut View,
    terminal: Id,
    currency: Currency,
    counted: Pieces,
) -> Result<Money, Stop<Refusal>> {
    let mut held = Held::find(view, terminal, currency)?;
    let before = total(&std::mem::replace(&mut held.stock, counted)).unwrap_or(0);
    let after = held.keep(view)?;
    Ok(Money::new(after.value - before, currency))
}
