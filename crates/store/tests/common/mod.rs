//! A small business for the store's tests: accounts, transfers with a floor, entries.
#![allow(dead_code, missing_docs, unreachable_pub)]

use store::testing::Engine;
use store::{Db, Id, Migration, Millis, NotFound, Options, Refusal, Stop, View};

store::text_enum! {
    /// Where an account stands.
    pub enum AccountState {
        /// In use.
        Open = "open",
        /// Not in use.
        Shut = "shut",
    }
}

store::rows! {
    /// An account. `order` is a reserved word on purpose.
    pub struct Account in t_accounts {
        key { id: Id }
        fixed { owner: i64, opened_at: Millis }
        fields { order: AccountState, balance: i64, entries: i64, note: Option<String>, tag: Option<Vec<u8>> }
    }
    /// A thing that may be there once.
    pub struct Once in t_once {
        key { name: String, kind: i64 }
        fixed { made: Id, input: Vec<u8> }
        fields { uses: i64 }
    }
}

store::log_rows! {
    /// One side of a transfer, clustered by account.
    pub struct Entry in t_entries {
        key { account: Id, id: Id }
        fixed { amount: i64, at: Millis, done: bool }
    }
}

store::index! {
    /// Accounts of an owner.
    pub AccountsOfOwner of Account by { owner: i64 } limit 20
}

pub const MIGRATIONS: &[Migration] = &[Migration {
    room: "test",
    number: 1,
    sql: "
create table t_accounts (id bigint not null, merchant bigint not null, owner bigint not null, opened_at bigint not null,
  \"order\" text not null, balance bigint not null, entries bigint not null, note text, tag {bytes},
  primary key (id, merchant)){clustered};
create index t_accounts_owner on t_accounts (owner, merchant);
create table t_once (name text not null, kind bigint not null, merchant bigint not null, made bigint not null,
  input {bytes} not null, uses bigint not null, primary key (name, kind, merchant)){clustered};
create table t_entries (account bigint not null, id bigint not null, merchant bigint not null, amount bigint not null,
  at bigint not null, done bigint not null, primary key (merchant, account, id)){clustered};
",
}];

/// Why a transfer is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum No {
    NotFound(NotFound),
    Floor,
    Full,
    Shut,
    Used,
}

impl std::fmt::Display for No {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Refusal for No {}

impl From<NotFound> for No {
    fn from(error: NotFound) -> Self {
        No::NotFound(error)
    }
}

/// Opens an account; at most 20 an owner.
pub fn open(view: &mut View, owner: i64) -> Result<Id, Stop<No>> {
    if view.by::<AccountsOfOwner>(owner)?.len() == 20 {
        return Err(No::Full.into());
    }
    let id = view.id();
    let tag = Some(view.bytes(4));
    let opened_at = view.now();
    view.add(Account {
        id,
        owner,
        opened_at,
        order: AccountState::Open,
        balance: 0,
        entries: 0,
        note: None,
        tag,
    });
    view.emit("opened", id, serde_json::json!({ "owner": owner }));
    Ok(id)
}

/// Moves an amount, refusing *after* having put rows when the payer's balance falls below the floor.
pub fn transfer(view: &mut View, from: Id, to: Id, amount: i64, floor: i64) -> Result<i64, Stop<No>> {
    view.want::<Account>(to);
    let mut payer = view.need::<Account, No>(from)?;
    post(view, &mut payer, -amount);
    let mut payee = view.need::<Account, No>(to)?;
    post(view, &mut payee, amount);
    view.emit("moved", from, serde_json::json!({ "amount": amount }));
    if payer.balance < floor {
        return Err(No::Floor.into());
    }
    Ok(payer.balance)
}

fn post(view: &mut View, account: &mut Account, amount: i64) {
    account.balance += amount;
    account.entries += 1;
    view.put(account.clone());
    let (id, at) = (view.id(), view.now());
    view.log(Entry { account: account.id, id, amount, at, done: true });
}

/// A migration.
pub const fn step(room: &'static str, number: u32, sql: &'static str) -> Migration {
    Migration { room, number, sql }
}

/// Another process at the same database.
pub fn again(engine: &Engine, node: u16) -> Db {
    Db::open(&Options { node, ..engine.options.clone() }).expect("a second process opens the database")
}
