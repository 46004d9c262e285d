//! The driver contract: what a cash device tells, and what it can be told. A new protocol (MDB, CCNET, …) is another implementation of [`CashDevice`].

use serde::{Deserialize, Serialize};

/// A part of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Takes coins.
    Coins,
    /// Takes notes: slot, escrow and cassette.
    Notes,
    /// Gives pieces of this value, minor units.
    Hopper(i64),
}

/// Something is wrong with a unit until it is cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A piece is stuck.
    Jam,
    /// The note cassette takes no more.
    CassetteFull,
    /// The note cassette is taken out.
    CassetteOut,
    /// Somebody tried to cheat: a note on a string, a coin pulled back.
    Fraud,
    /// The hopper gave less than it was told: it is empty or jammed.
    Empty,
    /// The unit says of itself that it is broken.
    Broken,
    /// The unit does not answer.
    Silent,
}

/// What a device tells. Money is told exactly once, also over restarts, as far as the device's own memory reaches; what is beyond it is told as [`Event::Lost`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Event {
    /// A unit was powered up, or answers for the first time.
    Started {
        /// Which.
        unit: Unit,
    },
    /// A note is held in escrow: it can still go either way.
    Escrow {
        /// Minor units.
        value: i64,
    },
    /// A note fell into the cassette.
    Stacked {
        /// Minor units.
        value: i64,
    },
    /// The note in escrow went back to the person.
    Returned {
        /// Minor units.
        value: i64,
    },
    /// The note that was held is not there any more, and nobody saw where it went: a power cut.
    Missing {
        /// Minor units.
        value: i64,
    },
    /// A coin was taken; coins have no escrow.
    Coin {
        /// Minor units.
        value: i64,
    },
    /// A piece was not taken.
    Rejected {
        /// By which unit.
        unit: Unit,
        /// In the protocol's words.
        why: String,
    },
    /// So many events happened unheard: money may have been taken that nobody counted.
    Lost {
        /// Of which unit.
        unit: Unit,
        /// How many at least.
        count: u32,
    },
    /// Something is wrong.
    Fault {
        /// With which unit.
        unit: Unit,
        /// What.
        fault: Fault,
    },
    /// It is well again.
    Cleared {
        /// Which unit.
        unit: Unit,
        /// What had been wrong.
        fault: Fault,
    },
    /// Pieces came out.
    Paid {
        /// For which order of pieces.
        payout: u64,
        /// Of which value.
        value: i64,
        /// How many since the last word.
        count: u32,
    },
    /// An order of pieces came to its end; `left` of them did not come out.
    PayoutEnded {
        /// Which.
        payout: u64,
        /// Of which value.
        value: i64,
        /// How many are missing.
        left: u32,
    },
}

/// Where the note in escrow goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Into the cassette.
    Stack,
    /// Back to the person.
    Return,
}

/// What the machine consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Equipment {
    /// Coins it can take, minor units.
    pub coins: Vec<i64>,
    /// Notes it can take, minor units.
    pub notes: Vec<i64>,
    /// Values it can give, minor units.
    pub hoppers: Vec<i64>,
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The unit does not answer, or answers noise.
    #[error("{0:?} does not answer")]
    Silent(Unit),
    /// There is no such unit.
    #[error("there is no {0:?}")]
    NoUnit(Unit),
    /// The unit refuses.
    #[error("{unit:?} refuses: {why}")]
    Refused {
        /// Which.
        unit: Unit,
        /// In the protocol's words.
        why: String,
    },
    /// It is still paying out.
    #[error("hopper {0} is still paying out")]
    Paying(i64),
}

/// A machine that takes and gives cash. Every call returns within the bounds of its line; nothing happens between calls.
pub trait CashDevice: Send {
    /// What it consists of, as far as it answered.
    fn equipment(&self) -> Equipment;
    /// Asks every unit what happened. Called several times a second.
    fn poll(&mut self) -> Vec<Event>;
    /// Takes these values from now on and no others; an empty set takes nothing. Harmless to repeat.
    fn accept(&mut self, values: &[i64]) -> Result<(), Trouble>;
    /// Sends the note in escrow on its way; [`Event::Stacked`], [`Event::Returned`] or a fault follows.
    fn route(&mut self, route: Route) -> Result<(), Trouble>;
    /// Starts to give `count` pieces; [`Event::Paid`] and [`Event::PayoutEnded`] follow. The number is the caller's own: the same one
    /// again is the same order of pieces and gives nothing twice.
    fn pay_out(&mut self, payout: u64, value: i64, count: u32) -> Result<(), Trouble>;
}
