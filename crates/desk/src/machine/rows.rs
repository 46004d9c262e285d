//! The rows of machines that take and give cash: what is in them, whose the money is that somebody put in, pieces on their way, slips for what could not be given.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::{Id, Json, Migration, Millis};

/// Pieces by denomination, minor units.
pub type Pieces = BTreeMap<i64, i64>;

store::text_enum! {
    /// Where the money stands that somebody put in.
    pub enum CreditState {
        /// Being put in; it belongs to whoever stands there.
        Open = "open",
        /// The person pressed *pay*; the note in escrow is on its way down.
        Paying = "paying",
        /// It paid the order.
        Paid = "paid",
        /// It is on its way back.
        Returning = "returning",
        /// All of it went back.
        Returned = "returned",
        /// Some of it could not be given back; a slip stands for it.
        Owed = "owed",
    }
}

store::text_enum! {
    /// What shall become of the note in escrow.
    pub enum EscrowWish {
        /// Stay.
        Hold = "hold",
        /// Into the cassette.
        Stack = "stack",
        /// Back.
        Return = "return",
    }
}

/// What a machine says it consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equipment {
    /// Coins it can take, minor units.
    #[serde(default)]
    pub coins: Vec<i64>,
    /// Notes it can take, minor units.
    #[serde(default)]
    pub notes: Vec<i64>,
    /// Values it can give, minor units.
    #[serde(default)]
    pub hoppers: Vec<i64>,
}

/// Something a person must look after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// What: `jam`, `cassette_full`, `empty`, `fraud`, `lost`, `owed`, `paper_out` …
    pub code: String,
    /// Where: `coins`, `notes`, `hopper_100`, `printer`, `machine`.
    pub unit: String,
    /// Since when.
    pub since: Millis,
}

/// A receipt on its way to the printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    /// The job.
    pub id: Id,
    /// The receipt.
    pub fulfilment: Id,
    /// It was printed before: marked as a copy.
    pub copy: bool,
}

store::rows! {
    /// How often a receipt was printed.
    pub struct Printed in machine_prints {
        key { fulfilment: Id }
        fixed { created_at: Millis }
        fields { count: i64 }
    }
}

store::rows! {
    /// A terminal's machine for cash.
    pub struct CashMachine in cash_machines {
        key { terminal: Id }
        fixed { created_at: Millis }
        fields { currency: String, credit: Option<Id>, hoppers: Json<Pieces>, boxed: Json<Pieces>, equipment: Json<Equipment>,
            alarms: Json<Vec<Alarm>>, payouts: Json<Vec<Id>>, prints: Json<Vec<Print>>, epoch: i64, heard: i64, seen_at: Millis }
    }
}

store::rows! {
    /// What somebody put in for one order. `order` is empty for money that came when nobody was paying.
    pub struct CashCredit in cash_credits {
        key { id: Id }
        fixed { terminal: Id, order: Option<Id>, created_at: Millis }
        fields { currency: String, pieces: Json<Pieces>, stacked: i64, escrow: i64, wish: EscrowWish, state: CreditState,
            attempt: Option<Id>, back: i64, owed: i64, slip: Option<String>, note: Option<String>, ended_at: Option<Millis> }
    }
}

store::rows! {
    /// Pieces that a machine was told to give: change, or money back.
    pub struct CashPayout in cash_payouts {
        key { id: Id }
        fixed { terminal: Id, credit: Id, created_at: Millis }
        fields { pieces: Json<Pieces>, given: Json<Pieces>, finished: Json<Vec<i64>>, ended_at: Option<Millis> }
    }
}

store::rows! {
    /// What a machine owes somebody because it could not give it: paid at a staffed drawer, once.
    pub struct CashSlip in cash_slips {
        key { code: String }
        fixed { terminal: Id, credit: Id, currency: String, why: String, created_at: Millis }
        fields { amount: i64, redeemed_at: Option<Millis>, redeemed_by: Option<Id>, drawer: Option<Id> }
    }
}

/// The tables, a room of their own within the desk's.
pub(crate) const MIGRATION: Migration = Migration {
    room: "machine",
    number: 1,
    sql: r#"
create table cash_machines (
    terminal bigint not null, merchant bigint not null, created_at bigint not null,
    currency text not null, credit bigint, hoppers text not null, boxed text not null, equipment text not null, alarms text not null,
    payouts text not null, prints text not null, epoch bigint not null, heard bigint not null, seen_at bigint not null,
    primary key (terminal, merchant)
);
create table cash_credits (
    id bigint not null, merchant bigint not null, terminal bigint not null, "order" bigint, created_at bigint not null,
    currency text not null, pieces text not null, stacked bigint not null, escrow bigint not null, wish text not null, state text not null,
    attempt bigint, back bigint not null, owed bigint not null, slip text, note text, ended_at bigint,
    primary key (id, merchant)
);
create table cash_payouts (
    id bigint not null, merchant bigint not null, terminal bigint not null, credit bigint not null, created_at bigint not null,
    pieces text not null, given text not null, finished text not null, ended_at bigint,
    primary key (id, merchant)
);
create table machine_prints (
    fulfilment bigint not null, merchant bigint not null, created_at bigint not null, count bigint not null,
    primary key (fulfilment, merchant)
);
create table cash_slips (
    code text not null, merchant bigint not null, terminal bigint not null, credit bigint not null, amount bigint not null, currency text not null,
    why text not null, created_at bigint not null, redeemed_at bigint, redeemed_by bigint, drawer bigint,
    primary key (code, merchant)
);
"#,
};
