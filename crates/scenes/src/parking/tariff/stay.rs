//! What is asked: a stay with its vehicle, zones, validations, payments and passes.

use std::collections::BTreeSet;

use jiff::Timestamp;
use money::Money;

/// The vehicle of a stay, as far as anybody knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vehicle {
    /// Classes and properties in the words of the tariff: `car`, `new_energy`, `motorcycle`, `blue_plate`, `disabled` …
    pub classes: BTreeSet<String>,
    /// Seats.
    pub seats: Option<i64>,
    /// Load or weight in thousandths of a tonne.
    pub kilograms: Option<i64>,
    /// Length in millimetres.
    pub length_mm: Option<i64>,
    /// Height in millimetres.
    pub height_mm: Option<i64>,
    /// Places it takes.
    pub bays: Option<i64>,
}

impl Vehicle {
    /// A vehicle known by classes alone.
    pub fn of(classes: &[&str]) -> Vehicle {
        Vehicle { classes: classes.iter().map(|c| (*c).to_owned()).collect(), ..Vehicle::default() }
    }
}

/// The zone a stay is in from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneFrom {
    /// Name in the words of the tariff.
    pub zone: String,
    /// When the vehicle came into it. The first one counts from the entry.
    pub from: Timestamp,
}

/// A validation handed in with a stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidationUse {
    /// The tariff's code.
    pub code: String,
    /// Number of the voucher, where it has one: the same voucher counts once.
    pub serial: Option<String>,
    /// Receipts shown, in minor units.
    pub receipts: Vec<i64>,
}

/// Money already paid for a stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// When. `None`: not known, so it opens no grace.
    pub at: Option<Timestamp>,
    /// How much. `None`: all that was due at that moment.
    pub amount: Option<Money>,
}

/// A pass the vehicle has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassUse {
    /// The tariff's code.
    pub code: String,
    /// Other cars of the same pass that stood inside when this one came.
    pub cars_inside: i64,
    /// First moment it is valid.
    pub from: Option<Timestamp>,
    /// First moment it is no longer valid.
    pub until: Option<Timestamp>,
}

/// An earlier visit of the same vehicle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierStay {
    /// Entry.
    pub enter: Timestamp,
    /// Exit.
    pub leave: Timestamp,
    /// What was charged for it.
    pub fee: Money,
}

/// A stay to be priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Entry.
    pub enter: Timestamp,
    /// Exit, or the moment the price is asked for.
    pub leave: Timestamp,
    /// The vehicle.
    pub vehicle: Vehicle,
    /// The zones it stood in, in order; empty where the car park has one.
    pub zones: Vec<ZoneFrom>,
    /// Validations handed in.
    pub validations: Vec<ValidationUse>,
    /// What was paid already.
    pub payments: Vec<Payment>,
    /// Its pass.
    pub pass: Option<PassUse>,
    /// Earlier visits, in order.
    pub earlier: Vec<EarlierStay>,
    /// The ticket is lost.
    pub lost_ticket: bool,
    /// When an unpaid fee is settled, for surcharges on late payment.
    pub settled_at: Option<Timestamp>,
    /// Surcharges and offers that are asked for by their code.
    pub codes: Vec<String>,
}

impl Stay {
    /// An ordinary stay.
    pub fn new(enter: Timestamp, leave: Timestamp) -> Stay {
        Stay {
            enter,
            leave,
            vehicle: Vehicle::default(),
            zones: Vec::new(),
            validations: Vec::new(),
            payments: Vec::new(),
            pass: None,
            earlier: Vec::new(),
            lost_ticket: false,
            settled_at: None,
            codes: Vec::new(),
        }
    }
}
