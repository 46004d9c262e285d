//! A tariff as the engine uses it: everything resolved, counted in seconds and minor units, checked to be in range.

use std::collections::BTreeSet;
use std::sync::Arc;

use money::{Currency, Rounding};

use super::calendar::Calendar;
use super::cases::Case;
use super::clock::Zone;
use super::days::DaySet;
use super::when::{VehicleMatch, When};
use super::words::{Dates, Span};

/// A step goes on without end up to here.
pub(crate) const FOREVER: i64 = i64::MAX / 4;

/// What a step of a window costs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Price {
    /// One amount when the step is reached.
    Flat(i64),
    /// All that was charged since the steps began is replaced by this.
    Total(i64),
    /// An amount for each unit.
    Units(Units),
}

/// Units of time and what each costs: `num / den` minor units.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Units {
    pub(crate) unit_s: i64,
    /// A unit counts once this many of its seconds were used: 1 rounds up, the whole unit rounds down.
    pub(crate) counts_from_s: i64,
    pub(crate) num: i64,
    pub(crate) den: i64,
    /// Each further unit costs this much more …
    pub(crate) rise: i64,
    /// … up to this price.
    pub(crate) rise_to: i64,
    /// What the file says, for notes: an amount per so many seconds.
    pub(crate) said: (i64, i64),
}

/// One step: until this much charged time since the steps began.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) name: Arc<str>,
    pub(crate) until_s: i64,
    pub(crate) price: Price,
}

/// A stretch of the day on some days, with steps or free.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) name: Arc<str>,
    pub(crate) span: Span,
    pub(crate) days: DaySet,
    pub(crate) season: Vec<Dates>,
    pub(crate) when: When,
    /// Which days of the stay, from 1, both inclusive.
    pub(crate) day_number: Option<(i64, i64)>,
    pub(crate) steps: Vec<Step>,
    pub(crate) free: bool,
    /// Its only price is one amount each time it comes.
    pub(crate) flat_each_time: bool,
    /// It fills whatever no other window covers.
    pub(crate) base: bool,
    pub(crate) rank: i64,
    pub(crate) line: usize,
}

/// How often something begins again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Every {
    /// Never within a stay.
    Stay,
    /// With each window.
    Window,
    /// After so many seconds, counted from the entry.
    Seconds(i64),
    /// After so many seconds, counted from the entry, and again from each midnight.
    SecondsWithinDay(i64),
    /// Each calendar day, beginning at that second.
    Day(i64),
    /// Each calendar week, from Monday.
    Week,
    /// Each calendar month.
    Month,
}

/// A ceiling on what is charged in a period.
#[derive(Clone, Debug)]
pub(crate) struct Cap {
    pub(crate) name: Arc<str>,
    /// One for each period in turn; the last one stays.
    pub(crate) limits: Vec<i64>,
    pub(crate) per: Every,
    /// Bit n: the n-th window of the rate counts.
    pub(crate) windows: u64,
    /// Earlier visits of the same vehicle in the period count too.
    pub(crate) all_visits: bool,
}

/// Free minutes at the beginning.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Free {
    pub(crate) length_s: i64,
    /// Given back once they are exceeded: then everything is charged from the entry.
    pub(crate) clawed_back: bool,
    /// A stay of exactly that length is free.
    pub(crate) inclusive: bool,
    pub(crate) again: Every,
    /// Counted in charged time and not from the entry.
    pub(crate) charged_time: bool,
    /// How many visits of a day have them; `i64::MAX` for all.
    pub(crate) visits_a_day: i64,
}

/// What happens to a unit that runs over the edge of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crossing {
    /// It is cut: each window counts its own units.
    Split,
    /// It is charged whole at the price of the window it began in.
    Start,
}

/// A rate: windows with steps, ceilings, free minutes, for those it applies to.
#[derive(Clone, Debug)]
pub(crate) struct Rate {
    pub(crate) name: Arc<str>,
    pub(crate) when: When,
    /// First and last day of entry it is valid for.
    pub(crate) valid: (i32, i32),
    pub(crate) free: Option<Free>,
    pub(crate) windows: Vec<Window>,
    pub(crate) caps: Vec<Cap>,
    pub(crate) restart: Every,
    /// The file says when the steps begin again.
    pub(crate) restart_said: bool,
    pub(crate) crossing: Crossing,
    /// Periods are counted from the end of the free minutes and not from the entry.
    pub(crate) periods_from_charge: bool,
    /// How days of the stay are numbered.
    pub(crate) numbering: Every,
    pub(crate) outside_said: bool,
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
    /// Seconds of the day where the walk has to look again.
    pub(crate) cuts: Vec<i64>,
    pub(crate) needs_calendar: bool,
    pub(crate) line: usize,
    /// An offer: how it is chosen. `None` for an ordinary rate.
    pub(crate) offer: Option<Choose>,
}

/// How an offer is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choose {
    /// When it is cheaper.
    IfCheaper,
    /// Whenever its conditions hold.
    Always,
}

/// What an adjustment does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Hundredths of a percent; negative takes off.
    Percent(i64),
    /// An amount once a stay; negative takes off, never below nothing.
    Amount(i64),
    /// An amount each time the stay passes that second of the day.
    EachTime(i64, i64),
}

/// A discount or surcharge.
#[derive(Clone, Debug)]
pub(crate) struct Adjust {
    pub(crate) name: Arc<str>,
    pub(crate) code: Option<String>,
    pub(crate) when: When,
    pub(crate) span: Option<Span>,
    pub(crate) days: Option<DaySet>,
    pub(crate) season: Vec<Dates>,
    /// Only the part of the stay between these seconds after the entry.
    pub(crate) part_s: Option<(i64, i64)>,
    pub(crate) change: Change,
    pub(crate) before_caps: bool,
}

impl Adjust {
    /// True when it holds for parts of the stay and not for the whole.
    pub(crate) fn is_timed(&self) -> bool {
        self.span.is_some() || self.days.is_some() || !self.season.is_empty() || self.part_s.is_some()
    }
}

/// What a validation gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Benefit {
    pub(crate) free_s: i64,
    /// Time and money are given for each full sum of this much; 0: once.
    pub(crate) for_each: i64,
    pub(crate) amount: i64,
    pub(crate) percent_off: i64,
    pub(crate) flat: Option<i64>,
    pub(crate) all: bool,
    pub(crate) whole_day: bool,
}

/// A validation by a shop.
#[derive(Clone, Debug)]
pub(crate) struct Validation {
    pub(crate) code: String,
    pub(crate) name: Arc<str>,
    pub(crate) when: When,
    /// From that sum of receipts on, that benefit; one with sum 0 where no receipts are asked for.
    pub(crate) tiers: Vec<(i64, Benefit)>,
    pub(crate) needs_receipts: bool,
    pub(crate) each_at_least: i64,
    pub(crate) receipts_at_most: usize,
    pub(crate) at_most: usize,
    pub(crate) free_at_most_s: i64,
    /// Validated time stands at the end of the stay and not at its beginning.
    pub(crate) from_end: bool,
    /// Validated time counts from the entry beside the free minutes and not after them.
    pub(crate) with_free: bool,
}

/// How several validations meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Combine {
    /// They add up.
    Add,
    /// The one that helps most counts.
    Best,
}

/// A pass.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) code: String,
    pub(crate) name: Arc<str>,
    pub(crate) when: When,
    pub(crate) cars: i64,
    pub(crate) spans: Vec<Span>,
    pub(crate) days: DaySet,
    pub(crate) zones: Vec<String>,
}

/// Coming back soon.
#[derive(Clone, Debug)]
pub(crate) struct Reentry {
    pub(crate) within_s: i64,
    pub(crate) then: AfterReentry,
    pub(crate) gap_counts: bool,
}

/// What a vehicle that comes back soon gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterReentry {
    /// The earlier stay goes on; what was charged for it is taken off.
    Continue,
    /// A stay of its own without free minutes.
    NoFree,
}

/// After payment.
#[derive(Clone, Debug)]
pub(crate) struct AfterPayment {
    pub(crate) grace_s: i64,
    pub(crate) then: Overstay,
}

/// What is due past the grace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overstay {
    /// The fee of the whole stay less what was paid.
    Difference,
    /// A stay of its own from the payment on.
    NewStay,
    /// A stay of its own from the end of the grace on.
    NewStayAfterGrace,
}

/// Surcharge for paying late.
#[derive(Clone, Debug)]
pub(crate) struct Late {
    pub(crate) name: Arc<str>,
    pub(crate) after_s: i64,
    pub(crate) change: Change,
    /// It comes on top of the earlier stages and does not replace them.
    pub(crate) on_top: bool,
}

/// A lost ticket.
#[derive(Clone, Debug)]
pub(crate) struct Lost {
    pub(crate) fee: i64,
    pub(crate) with_stay: WithStay,
    pub(crate) per: Every,
}

/// How a fixed fee and the fee of the stay meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WithStay {
    /// The fixed fee alone.
    Instead,
    /// Both.
    Plus,
    /// The larger one.
    AtLeast,
}

/// Longest stay.
#[derive(Clone, Debug)]
pub(crate) struct Longest {
    pub(crate) limit_s: i64,
    pub(crate) over: OverLongest,
}

/// What happens to a stay that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OverLongest {
    /// No quote.
    Refuse,
    /// A quote with a warning.
    Warn,
    /// A fine on top.
    Fine(i64),
}

/// What seconds do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seconds {
    /// They count.
    Exact,
    /// Entry and exit are read to the minute.
    Drop,
    /// A started minute counts whole.
    Up,
}

/// How a stay in several zones is priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zones {
    /// Each part by itself.
    Separate,
    /// Parts go on from each other: steps and ceilings run through.
    Continue,
    /// The whole stay in the dearest of its zones.
    Highest,
    /// The whole stay in the zone it began in.
    First,
    /// The whole stay in the zone it ended in.
    Last,
}

/// Amounts are rounded to a multiple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RoundTo {
    pub(crate) to: i64,
    pub(crate) rounding: Rounding,
}

/// A tariff that can be asked.
#[derive(Clone, Debug)]
pub struct Tariff {
    pub(crate) name: String,
    /// What rules are called in other languages.
    pub(crate) names: super::names::RuleNames,
    pub(crate) currency: Currency,
    pub(crate) clock: Zone,
    pub(crate) valid: (i32, i32),
    pub(crate) calendar: Arc<Calendar>,
    pub(crate) calendar_name: Option<String>,
    pub(crate) guess_unknown_years: bool,
    pub(crate) seconds: Seconds,
    pub(crate) classes: Vec<(String, VehicleMatch)>,
    pub(crate) known_classes: BTreeSet<String>,
    pub(crate) known_zones: BTreeSet<String>,
    pub(crate) exempt: Vec<(Arc<str>, When)>,
    pub(crate) rates: Vec<Rate>,
    pub(crate) prices_by_moment: bool,
    /// A vehicle pays once for each place it takes.
    pub(crate) per_bay: bool,
    pub(crate) adjusts: Vec<Adjust>,
    pub(crate) caps: Vec<Cap>,
    pub(crate) zones: Zones,
    pub(crate) zones_free_each: bool,
    pub(crate) validations: Vec<Validation>,
    pub(crate) combine: Combine,
    pub(crate) passes: Vec<Pass>,
    pub(crate) reentry: Option<Reentry>,
    pub(crate) after_payment: AfterPayment,
    pub(crate) late: Vec<Late>,
    pub(crate) lost: Option<Lost>,
    pub(crate) longest: Option<Longest>,
    pub(crate) round: Option<RoundTo>,
    pub(crate) fractions: Rounding,
    pub(crate) cases: Vec<Case>,
}

impl Tariff {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The currency of all its amounts.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The IANA name of its time zone.
    pub fn timezone(&self) -> &str {
        &self.clock.name
    }

    /// The vehicle classes it knows: its own and the common ones.
    pub fn classes(&self) -> impl Iterator<Item = &str> {
        self.known_classes.iter().map(String::as_str)
    }

    /// True when it looks at earlier visits of the same vehicle.
    pub fn looks_back(&self) -> bool {
        self.reentry.is_some()
            || self.caps.iter().any(|c| c.all_visits)
            || self.rates.iter().any(|r| {
                r.caps.iter().any(|c| c.all_visits)
                    || r.when.visit.is_some()
                    || r.free.as_ref().is_some_and(|f| f.visits_a_day != i64::MAX)
            })
            || self.adjusts.iter().any(|a| a.when.visit.is_some())
    }

    /// A time written without offset, on this tariff's wall clock. Error: what is wrong with it.
    pub fn moment(&self, text: &str) -> Result<jiff::Timestamp, String> {
        super::clock::parse_moment(text, &self.clock)
    }

    /// An instant on this tariff's wall clock: `2026-03-10T09:00:00+08:00`.
    pub fn show(&self, at: jiff::Timestamp) -> String {
        self.clock.show_rfc3339(at)
    }
}
