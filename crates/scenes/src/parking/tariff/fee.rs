//! What is answered: a fee with a line for every reason, adding up exactly.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use money::Money;

use super::words::show_duration;

/// Why a line is what it is. Screens word it; `Display` is plain English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Free minutes.
    FreeMinutes,
    /// A free stretch of the day.
    FreeWindow,
    /// No window of the tariff covers it.
    Outside,
    /// Covered by a pass.
    Pass,
    /// This class of vehicle does not pay.
    Exempt,
    /// Validated time.
    ValidatedTime,
    /// Time away between two visits that count as one.
    Away,
    /// So many units of that many seconds at that price each, in minor units per seconds.
    Units {
        /// How many.
        count: i64,
        /// Length of one, in seconds.
        unit_s: i64,
        /// Price as the tariff says it.
        price: Money,
        /// For how many seconds.
        per_s: i64,
    },
    /// Paid for by a line above.
    PaidFor,
    /// One amount.
    Flat,
    /// The amount for a stay of up to this length.
    Total,
    /// Stopped at a ceiling.
    Cap {
        /// The ceiling.
        limit: Money,
    },
    /// Hundredths of a percent of what it applies to.
    Percent(i64),
    /// An amount off or on top.
    Amount,
    /// Raised to the least there is to pay.
    Minimum,
    /// An offer or validation replaces the ordinary fee.
    Replaced,
    /// Already charged for the earlier visit.
    ChargedBefore,
    /// A lost ticket.
    LostTicket,
    /// Paid late.
    Late,
    /// So many places taken.
    Bays(i64),
    /// A stay longer than allowed.
    TooLong,
    /// Rounded to the tariff's smallest step.
    Rounding,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Note::Units { count, unit_s, price, per_s } if unit_s == per_s => {
                return write!(f, "{count} × {} at {}", show_duration(*unit_s), price.decimal());
            }
            Note::Units { count, unit_s, price, per_s } => {
                let (unit, per) = (show_duration(*unit_s), show_duration(*per_s));
                return write!(f, "{count} × {unit} at {} per {per}", price.decimal());
            }
            Note::Cap { limit } => return write!(f, "at most {}", limit.decimal()),
            Note::Percent(bp) => {
                let sign = if *bp < 0 { "-" } else { "+" };
                let (whole, part) = (bp.abs() / 100, bp.abs() % 100);
                return if part == 0 {
                    write!(f, "{sign}{whole} %")
                } else {
                    write!(f, "{sign}{whole}.{part:02} %")
                };
            }
            Note::Bays(count) => return write!(f, "{count} places"),
            Note::FreeMinutes => "free minutes",
            Note::FreeWindow => "free at this time",
            Note::Outside => "outside the charged hours",
            Note::Pass => "covered by the pass",
            Note::Exempt => "exempt",
            Note::ValidatedTime => "validated time",
            Note::Away => "away",
            Note::PaidFor => "paid for above",
            Note::Flat => "one amount",
            Note::Total => "in total up to this length",
            Note::Amount => "an amount",
            Note::Minimum => "least there is to pay",
            Note::Replaced => "replaces the fee above",
            Note::ChargedBefore => "already charged for the earlier visit",
            Note::LostTicket => "lost ticket",
            Note::Late => "paid late",
            Note::TooLong => "longer than allowed",
            Note::Rounding => "rounded",
        };
        f.write_str(text)
    }
}

/// One line of a fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The rule of the tariff it comes from, by its name there.
    pub rule: Arc<str>,
    /// Beginning of the time it is about.
    pub from: Timestamp,
    /// End of the time it is about.
    pub to: Timestamp,
    /// Started minutes between the two.
    pub minutes: i64,
    /// What it adds to the fee; negative takes off.
    pub amount: Money,
    /// Why.
    pub note: Note,
}

/// Something that was found while a fee was computed, and does not stop it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Stable name: `validation_repeated`, `validation_refused`, `calendar_year_unknown`, `over_longest_stay`, `underpaid` …
    pub code: &'static str,
    /// In words.
    pub message: String,
}

/// A fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fee {
    /// The rate it was computed by.
    pub rate: Arc<str>,
    /// What the stay costs. The lines add up to it exactly.
    pub total: Money,
    /// Why.
    pub lines: Vec<Line>,
    /// What was paid of it before.
    pub paid: Money,
    /// What is still to be paid: never below zero.
    pub due: Money,
    /// The vehicle may leave until then for what was paid.
    pub leave_by: Option<Timestamp>,
    /// What was found on the way.
    pub warnings: Vec<Warning>,
}

/// Why there is no fee.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// The exit lies before the entry.
    #[error(
        "the exit {leave} is before the entry {enter}: check which is which, and the clocks of the cameras"
    )]
    ExitBeforeEntry {
        /// Entry, local.
        enter: String,
        /// Exit, local.
        leave: String,
    },
    /// Before 2000, after 2099, or longer than twenty years.
    #[error("{0}")]
    OutOfRange(String),
    /// A class nobody named.
    #[error("{class:?} is not a vehicle class of this tariff: known are {known}")]
    UnknownClass {
        /// What was asked for.
        class: String,
        /// What there is.
        known: String,
    },
    /// A zone nobody named.
    #[error("{zone:?} is not a zone of this tariff: known are {known}")]
    UnknownZone {
        /// What was asked for.
        zone: String,
        /// What there is.
        known: String,
    },
    /// A validation, pass or surcharge code nobody named.
    #[error("{code:?} is not a {what} of this tariff: known are {known}")]
    UnknownCode {
        /// What kind of code.
        what: &'static str,
        /// What was asked for.
        code: String,
        /// What there is.
        known: String,
    },
    /// No rate fits.
    #[error("no rate of this tariff applies to {0}: add a rate for it, or one without \"for\"")]
    NoRate(String),
    /// The tariff is not in force.
    #[error("the tariff is valid {0}, and the stay begins on {1}")]
    NotInForce(String, String),
    /// The calendar says nothing about a year that matters.
    #[error(
        "the calendar {calendar:?} says nothing about {year}, and this fee depends on working days or holidays there: \
         add the year's notice to the calendar (or write unknown_years = \"weekdays\" to price it by weekdays)"
    )]
    UnknownYear {
        /// Name of the calendar.
        calendar: String,
        /// The year it does not know.
        year: i16,
    },
    /// Longer than the tariff allows.
    #[error("the stay of {stay} is longer than the {limit} that this tariff allows at once")]
    TooLong {
        /// How long it is.
        stay: String,
        /// How long it may be.
        limit: String,
    },
    /// A lost ticket has no fee in this tariff.
    #[error("the tariff says nothing about lost tickets: add [lost_ticket] with a fee")]
    NoLostTicket,
    /// Something in the question contradicts itself.
    #[error("{0}")]
    BadStay(String),
    /// The amount does not fit.
    #[error("the fee is too large to be right")]
    TooLarge,
}

impl Fee {
    /// The sum of the lines, which is the total.
    pub fn sum_of_lines(&self) -> Money {
        let sum = self.lines.iter().map(|l| l.amount.value).sum();
        Money::new(sum, self.total.currency)
    }
}
