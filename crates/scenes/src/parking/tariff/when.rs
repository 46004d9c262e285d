//! Conditions: for which vehicles, zones, entries, exits and lengths of stay something holds.

use std::collections::BTreeSet;

use super::calendar::Calendar;
use super::clock::Zone;
use super::days::DaySet;
use super::stay::{Stay, Vehicle};
use super::words::{Dates, Span};

/// Which vehicles. Every part that is given must hold; of several classes one is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VehicleMatch {
    pub(crate) any_of: Vec<String>,
    pub(crate) all_of: Vec<String>,
    pub(crate) none_of: Vec<String>,
    /// Bounds, both inclusive, of seats, kilograms, millimetres of length and height, and bays.
    pub(crate) seats: Option<(i64, i64)>,
    pub(crate) kilograms: Option<(i64, i64)>,
    pub(crate) length_mm: Option<(i64, i64)>,
    pub(crate) height_mm: Option<(i64, i64)>,
    pub(crate) bays: Option<(i64, i64)>,
}

impl VehicleMatch {
    /// True when the vehicle with those classes fits.
    pub(crate) fn holds(&self, vehicle: &Vehicle, classes: &BTreeSet<String>) -> bool {
        let within = |bounds: Option<(i64, i64)>, value: Option<i64>| match (bounds, value) {
            (None, _) => true,
            (Some((low, high)), Some(value)) => low <= value && value <= high,
            (Some(_), None) => false,
        };
        (self.any_of.is_empty() || self.any_of.iter().any(|c| classes.contains(c)))
            && self.all_of.iter().all(|c| classes.contains(c))
            && !self.none_of.iter().any(|c| classes.contains(c))
            && within(self.seats, vehicle.seats)
            && within(self.kilograms, vehicle.kilograms)
            && within(self.length_mm, vehicle.length_mm)
            && within(self.height_mm, vehicle.height_mm)
            && within(self.bays, vehicle.bays)
    }

    fn weight(&self) -> i64 {
        let bounds = [self.seats, self.kilograms, self.length_mm, self.height_mm, self.bays];
        let given = [!self.any_of.is_empty(), !self.all_of.is_empty(), !self.none_of.is_empty()];
        let count = bounds.iter().filter(|b| b.is_some()).count() + given.iter().filter(|g| **g).count();
        i64::try_from(count).unwrap_or(0)
    }

    /// Every class it speaks of.
    pub(crate) fn classes(&self) -> impl Iterator<Item = &String> {
        self.any_of.iter().chain(&self.all_of).chain(&self.none_of)
    }
}

/// A condition on a stay as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) vehicle: VehicleMatch,
    pub(crate) zones: Vec<String>,
    /// Entry in one of these stretches of the day.
    pub(crate) entered: Vec<Span>,
    pub(crate) entered_days: Option<DaySet>,
    /// Exit in one of these stretches of the day.
    pub(crate) left: Vec<Span>,
    pub(crate) left_days: Option<DaySet>,
    /// Exit on the day of the entry, or on a later one.
    pub(crate) same_day: Option<bool>,
    /// Length of the whole stay: above the first, up to and with the second, in seconds.
    pub(crate) stay: Option<(i64, i64)>,
    /// Dates of the entry.
    pub(crate) season: Vec<Dates>,
    /// A validation or code that must have been handed in.
    pub(crate) code: Vec<String>,
    /// Which visit of the day it is, from 1, both inclusive, in thousandths.
    pub(crate) visit: Option<(i64, i64)>,
}

/// What a condition is asked about.
pub(crate) struct Asked<'a> {
    pub(crate) stay: &'a Stay,
    pub(crate) classes: &'a BTreeSet<String>,
    pub(crate) zone: Option<&'a str>,
    pub(crate) clock: &'a Zone,
    pub(crate) calendar: &'a Calendar,
    pub(crate) enter: i64,
    pub(crate) leave: i64,
}

impl When {
    /// True when nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        *self == When::default()
    }

    /// How much is asked for: of two that hold, the one that asks for more wins.
    pub(crate) fn weight(&self) -> i64 {
        let given = [
            !self.zones.is_empty(),
            !self.entered.is_empty(),
            self.entered_days.is_some(),
            !self.left.is_empty(),
            self.left_days.is_some(),
            self.same_day.is_some(),
            self.stay.is_some(),
            !self.season.is_empty(),
            !self.code.is_empty(),
            self.visit.is_some(),
        ];
        self.vehicle.weight() + i64::try_from(given.iter().filter(|g| **g).count()).unwrap_or(0)
    }

    /// True when it depends on when or how long the vehicle stays, so that a longer stay may fall under another rule.
    pub(crate) fn depends_on_exit(&self) -> bool {
        !self.left.is_empty() || self.left_days.is_some() || self.same_day.is_some() || self.stay.is_some()
    }

    /// True when it asks the calendar.
    pub(crate) fn needs_calendar(&self) -> bool {
        [&self.entered_days, &self.left_days].into_iter().flatten().any(|d| d.needs_calendar)
    }

    /// True when everything asked for is so.
    pub(crate) fn holds(&self, asked: &Asked<'_>) -> bool {
        self.is_empty() || (self.holds_for_vehicle(asked) && self.holds_in_time(asked))
    }

    fn holds_for_vehicle(&self, asked: &Asked<'_>) -> bool {
        let code =
            |c: &String| asked.stay.codes.contains(c) || asked.stay.validations.iter().any(|v| v.code == *c);
        self.vehicle.holds(&asked.stay.vehicle, asked.classes)
            && (self.zones.is_empty() || asked.zone.is_some_and(|zone| self.zones.iter().any(|z| z == zone)))
            && (self.code.is_empty() || self.code.iter().any(code))
    }

    fn holds_in_time(&self, asked: &Asked<'_>) -> bool {
        let (enter_day, leave_day) = (asked.clock.day(asked.enter), asked.clock.day(asked.leave));
        let inside =
            |spans: &[Span], at: i64| spans.is_empty() || spans.iter().any(|s| s.holds(asked.clock.tod(at)));
        let on =
            |days: &Option<DaySet>, day: i32| days.as_ref().is_none_or(|d| d.holds_in(day, asked.calendar));
        let length = asked.leave - asked.enter;
        inside(&self.entered, asked.enter)
            && inside(&self.left, asked.leave)
            && on(&self.entered_days, enter_day)
            && on(&self.left_days, leave_day)
            && self.same_day.is_none_or(|same| same == (enter_day == leave_day))
            && self.stay.is_none_or(|(low, high)| low < length && length <= high)
            && (self.season.is_empty() || self.season.iter().any(|d| d.holds(enter_day)))
            && self.visit.is_none_or(|(low, high)| {
                let n = 1000 * (1 + visits_before(asked, enter_day));
                low <= n && n <= high
            })
    }
}

/// Earlier visits of the same vehicle that began on that day.
pub(crate) fn visits_before(asked: &Asked<'_>, day: i32) -> i64 {
    let earlier = asked
        .stay
        .earlier
        .iter()
        .filter(|e| asked.clock.day(e.enter.as_second()) == day && e.enter.as_second() < asked.enter);
    i64::try_from(earlier.count()).unwrap_or(i64::MAX / 2000)
}
