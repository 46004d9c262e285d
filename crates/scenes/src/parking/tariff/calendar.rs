//! Calendars: which days are public holidays and which weekends are worked instead. A calendar knows some years
//! and says so about all others.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::civil::Date;

use super::words::{date_of_day, day_of_date};

/// Bit of a day's kind: it is worked.
pub(crate) const WORKING: u8 = 1 << 3;
/// Bit of a day's kind: it is a public holiday or a day off given with one.
pub(crate) const HOLIDAY: u8 = 1 << 4;
/// Bit of a day's kind: the next day is a public holiday.
pub(crate) const EVE: u8 = 1 << 5;

const BUILT_IN_CN: &str = include_str!("calendars/cn.csv");

/// Weekday of a day since 1970: 0 is Monday.
pub(crate) const fn weekday(day: i32) -> u8 {
    (day + 3).rem_euclid(7) as u8
}

/// Days off and adjusted working days of some years.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Day since 1970 → true when worked against the weekday, false when a holiday.
    days: BTreeMap<i32, bool>,
    /// Years the table speaks about.
    years: Vec<i16>,
    /// Kinds of the days of the known span, for speed.
    kinds: Vec<u8>,
    first_day: i32,
}

impl Calendar {
    /// A calendar from its holidays, its worked weekend days, and the years it speaks about.
    pub fn new(holidays: &[Date], working: &[Date], years: &[i16]) -> Calendar {
        let mut days = BTreeMap::new();
        days.extend(holidays.iter().map(|d| (day_of_date(*d), false)));
        days.extend(working.iter().map(|d| (day_of_date(*d), true)));
        let mut all = years.to_vec();
        all.extend(holidays.iter().chain(working).map(|d| d.year()));
        Calendar::build(days, all)
    }

    /// A calendar from a table with a header and the columns `date` and `is_workday` (1 or 0); others are ignored.
    /// Error: what is wrong, with the line.
    pub fn from_csv(text: &str) -> Result<Calendar, String> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let header = lines.next().map(|(_, line)| line).unwrap_or_default();
        let columns = header.trim_start_matches('\u{feff}').split(',').map(str::trim).collect::<Vec<_>>();
        let column = |name: &str| columns.iter().position(|c| *c == name);
        let (Some(date_at), Some(work_at)) = (column("date"), column("is_workday")) else {
            return Err("a calendar table needs a header with the columns date and is_workday".to_owned());
        };
        let (mut days, mut years) = (BTreeMap::new(), Vec::new());
        for (i, line) in lines {
            let cells = line.split(',').map(str::trim).collect::<Vec<_>>();
            let date = cells.get(date_at).and_then(|cell| cell.parse::<Date>().ok());
            let work = cells.get(work_at).and_then(|cell| match *cell {
                "1" | "true" => Some(true),
                "0" | "false" => Some(false),
                _ => None,
            });
            let (Some(date), Some(work)) = (date, work) else {
                return Err(format!(
                    "line {}: a date such as 2026-01-01 and is_workday 1 or 0 are needed",
                    i + 1
                ));
            };
            days.insert(day_of_date(date), work);
            years.push(date.year());
        }
        Ok(Calendar::build(days, years))
    }

    fn build(days: BTreeMap<i32, bool>, mut years: Vec<i16>) -> Calendar {
        years.sort_unstable();
        years.dedup();
        let mut calendar = Calendar { days, years, kinds: Vec::new(), first_day: 0 };
        if let (Some(first), Some(last)) = (calendar.years.first(), calendar.years.last()) {
            let start = day_of_date(Date::new(*first, 1, 1).unwrap_or(Date::MIN));
            let end = day_of_date(Date::new(*last, 12, 31).unwrap_or(Date::MAX));
            if (0..200 * 366).contains(&(end - start)) {
                calendar.first_day = start;
                calendar.kinds = (start..=end).map(|day| calendar.compute(day)).collect();
            }
        }
        calendar
    }

    fn compute(&self, day: i32) -> u8 {
        let weekday = weekday(day);
        let marked = self.days.get(&day).copied();
        let working = marked.unwrap_or(weekday < 5);
        let eve = self.days.get(&(day + 1)) == Some(&false);
        weekday
            | if working { WORKING } else { 0 }
            | if marked == Some(false) { HOLIDAY } else { 0 }
            | if eve { EVE } else { 0 }
    }

    /// The kind of a day since 1970: weekday in the low three bits, then [`WORKING`], [`HOLIDAY`], [`EVE`].
    pub(crate) fn kind(&self, day: i32) -> u8 {
        let index = i64::from(day) - i64::from(self.first_day);
        let known = usize::try_from(index).ok().and_then(|i| self.kinds.get(i));
        known.copied().unwrap_or_else(|| self.compute(day))
    }

    /// True when the table speaks about the day's year.
    pub(crate) fn knows(&self, day: i32) -> bool {
        self.years.binary_search(&date_of_day(day).year()).is_ok()
    }

    /// The years the table speaks about.
    pub fn years(&self) -> &[i16] {
        &self.years
    }
}

/// Named calendars a tariff can refer to.
#[derive(Clone, Debug, Default)]
pub struct Calendars {
    named: BTreeMap<String, Arc<Calendar>>,
}

impl Calendars {
    /// The ones delivered with the program: `cn` (2017–2026, State Council notices).
    pub fn built_in() -> Calendars {
        static CN: LazyLock<Arc<Calendar>> = LazyLock::new(|| {
            Arc::new(Calendar::from_csv(BUILT_IN_CN).expect("the built-in table is read by a test"))
        });
        Calendars { named: BTreeMap::from([("cn".to_owned(), CN.clone())]) }
    }

    /// Adds or replaces one.
    pub fn insert(&mut self, name: impl Into<String>, calendar: Calendar) {
        self.named.insert(name.into(), Arc::new(calendar));
    }

    /// The calendar of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Calendar>> {
        self.named.get(name)
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }
}
