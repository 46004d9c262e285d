//! Reading conditions: `for`, `zone` and `when`.

use super::super::days::DaySet;
use super::super::node::{Item, Table};
use super::super::vehicle::{KINDS, PROPERTIES, canonical};
use super::super::when::{VehicleMatch, When};
use super::super::words::{self, Dates, Span};
use super::Reader;

impl Reader<'_, '_> {
    /// `for = "motorcycle"`, `for = ["bus", "truck"]`, `for = { new_energy = true, seats = "..7" }`.
    pub(super) fn vehicles(&self, item: &Item<'_, '_>) -> VehicleMatch {
        let mut out = VehicleMatch::default();
        if !item.is_table() {
            out.any_of = names(item);
            return out;
        }
        let Some(table) = item.table() else { return out };
        out.any_of = table.any(&["class", "any"]).map(|i| names(&i)).unwrap_or_default();
        out.all_of = table.get("all").map(|i| names(&i)).unwrap_or_default();
        out.none_of = table.any(&["not", "none"]).map(|i| names(&i)).unwrap_or_default();
        for word in PROPERTIES.iter().chain(&KINDS) {
            if table.has(word) {
                match table.flag(word) {
                    Some(true) => out.all_of.push((*word).to_owned()),
                    Some(false) => out.none_of.push((*word).to_owned()),
                    None => {}
                }
            }
        }
        let whole = |key| {
            let whole = |n: i64| if n == i64::MIN || n == i64::MAX { n } else { n / 1000 };
            table.read(key, words::number_range).map(|(low, high)| (whole(low), whole(high)))
        };
        out.seats = whole("seats");
        out.bays = whole("bays");
        out.kilograms = table.read("tonnes", words::number_range);
        out.length_mm = table.read("length_m", words::number_range);
        out.height_mm = table.read("height_m", words::number_range);
        table.finish();
        out
    }

    /// The keys `for`, `zone` and `when` of a table, as one condition.
    pub(super) fn condition(&self, table: &Table<'_, '_>) -> When {
        let mut out = When::default();
        if let Some(item) = table.get("when").and_then(|item| item.table()) {
            self.when_keys(&item, &mut out);
            item.finish();
        }
        if let Some(item) = table.any(&["for", "vehicle"]) {
            out.vehicle = self.vehicles(&item);
        }
        if let Some(item) = table.get("zone") {
            out.zones = item.texts();
        }
        out
    }

    fn when_keys(&self, table: &Table<'_, '_>, out: &mut When) {
        if let Some(item) = table.any(&["for", "vehicle"]) {
            out.vehicle = self.vehicles(&item);
        }
        out.zones = table.get("zone").map(|i| i.texts()).unwrap_or_default();
        out.entered = table.get("entered").map(|i| self.spans(&i)).unwrap_or_default();
        out.left = table.get("left").map(|i| self.spans(&i)).unwrap_or_default();
        out.entered_days = table.any(&["entered_days", "days"]).and_then(|i| self.days(&i));
        out.left_days = table.get("left_days").and_then(|i| self.days(&i));
        out.same_day = table.flag("same_day");
        out.stay = table.read("stay", words::duration_range);
        out.season = table.any(&["season", "dates"]).map(|i| self.seasons(&i)).unwrap_or_default();
        out.code = table.get("code").map(|i| i.texts()).unwrap_or_default();
        out.visit = table.read("visit", words::number_range);
    }

    /// One stretch of the day or several.
    pub(super) fn spans(&self, item: &Item<'_, '_>) -> Vec<Span> {
        item.list().iter().filter_map(|i| i.read(words::time_span)).collect()
    }

    /// One span of dates or several.
    pub(super) fn seasons(&self, item: &Item<'_, '_>) -> Vec<Dates> {
        item.list().iter().filter_map(|i| i.read(words::dates)).collect()
    }

    /// Days; a list means any of them.
    pub(super) fn days(&self, item: &Item<'_, '_>) -> Option<DaySet> {
        let words = item.list().iter().filter_map(Item::text).collect::<Vec<_>>().join(", ");
        let mut set = match DaySet::parse(&words) {
            Ok(set) => set,
            Err(message) => return item.wrong(message),
        };
        if set.needs_calendar && !self.has_calendar {
            if !set.only_weekend {
                return item.wrong(
                    "working days and holidays need a calendar: write calendar = \"cn\" at the top, or a table \
                     [calendar] with years, holidays and working",
                );
            }
            set.needs_calendar = false;
        }
        Some(set)
    }
}

fn names(item: &Item<'_, '_>) -> Vec<String> {
    item.texts().iter().map(|t| canonical(t)).collect()
}
