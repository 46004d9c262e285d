//! Sets of days: weekdays, working days, holidays, dates, and what is left out of them.

use super::calendar::{Calendar, EVE, HOLIDAY, WORKING, weekday};
use super::words::{self, Dates};

/// Which days something holds on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DaySet {
    /// Bit n is set when a day of kind n belongs to it.
    kinds: u64,
    dates: Vec<Dates>,
    except: Vec<Dates>,
    /// True when the answer depends on the calendar and not on the weekday alone.
    pub(crate) needs_calendar: bool,
    /// Of the calendar it only asks which weekends are worked: without one, Saturday and Sunday.
    pub(crate) only_weekend: bool,
    /// How narrow it is, to choose between windows that overlap.
    pub(crate) narrowness: i64,
    text: String,
}

const NAMES: [(&str, &[&str]); 7] = [
    ("mon", &["monday", "周一", "星期一"]),
    ("tue", &["tuesday", "tues", "周二", "星期二"]),
    ("wed", &["wednesday", "周三", "星期三"]),
    ("thu", &["thursday", "thur", "thurs", "周四", "星期四"]),
    ("fri", &["friday", "周五", "星期五"]),
    ("sat", &["saturday", "周六", "星期六"]),
    ("sun", &["sunday", "周日", "星期日", "星期天"]),
];

impl DaySet {
    /// Every day.
    pub(crate) fn every() -> DaySet {
        DaySet {
            kinds: u64::MAX,
            dates: Vec::new(),
            except: Vec::new(),
            needs_calendar: false,
            only_weekend: true,
            narrowness: 0,
            text: "every day".to_owned(),
        }
    }

    /// Reads words such as `mon-fri`, `working`, `weekend, holiday`, `mon-sat except holiday`, `2026-02-15..2026-02-23`.
    pub(crate) fn parse(text: &str) -> Result<DaySet, String> {
        let lower = text.to_lowercase();
        let (with, without) = [" except ", " but not ", " not ", "除", "except "]
            .iter()
            .find_map(|mark| lower.split_once(mark))
            .unwrap_or((&lower, ""));
        let mut set = DaySet { kinds: 0, text: text.trim().to_owned(), ..DaySet::every() };
        let mut narrow = 0;
        for word in split(with) {
            narrow = narrow.max(set.add(word)?);
        }
        if split(with).next().is_none() {
            set.kinds = u64::MAX;
        }
        let mut taken = DaySet { kinds: 0, ..DaySet::every() };
        for word in split(without) {
            narrow = narrow.max(1).max(taken.add(word)?.min(2));
        }
        set.kinds &= !taken.kinds;
        set.except = taken.dates;
        set.needs_calendar |= taken.needs_calendar;
        set.only_weekend &= taken.only_weekend;
        set.narrowness = narrow;
        Ok(set)
    }

    /// Adds what one word means; the answer is how narrow it is.
    fn add(&mut self, word: &str) -> Result<i64, String> {
        let kinds =
            |test: &dyn Fn(u8) -> bool| (0_u8..64).filter(|k| test(*k)).fold(0_u64, |m, k| m | 1 << k);
        let (bits, calendar, narrow) = match word {
            "every" | "daily" | "all" | "every day" | "每天" | "每日" => (u64::MAX, false, 0),
            "working" | "workday" | "workdays" | "working days" | "工作日" => {
                (kinds(&|k| k & WORKING != 0), true, 1)
            }
            "off" | "non-working" | "nonworking" | "非工作日" => (kinds(&|k| k & WORKING == 0), true, 1),
            "weekend" | "weekends" | "周末" => (kinds(&|k| k & 7 >= 5 && k & WORKING == 0), true, 1),
            "holiday" | "holidays" | "ph" | "public holiday" | "public holidays" | "节假日" => {
                (kinds(&|k| k & HOLIDAY != 0), true, 2)
            }
            "eve" | "holiday eve" | "eve of holiday" => (kinds(&|k| k & EVE != 0), true, 2),
            "weekday" | "weekdays" => (kinds(&|k| k & 7 < 5), false, 1),
            other => match weekdays(other) {
                Some((from, to)) => {
                    let inside = |d: u8| if from <= to { from <= d && d <= to } else { d >= from || d <= to };
                    (kinds(&|k| inside(k & 7)), false, 1)
                }
                None if other.starts_with(|c: char| c.is_ascii_digit()) => {
                    self.dates.push(words::dates(other)?);
                    return Ok(3);
                }
                None => {
                    return Err(format!(
                        "{other:?} is not a kind of day: write mon … sun, mon-fri, weekday, working, weekend, off, \
                         holiday, eve, every, or a date such as 2026-02-15 or 12-25"
                    ));
                }
            },
        };
        self.kinds |= bits;
        self.needs_calendar |= calendar;
        self.only_weekend &= !calendar || matches!(word, "weekend" | "weekends" | "周末");
        Ok(narrow)
    }

    /// True when the day (since 1970, of that kind) belongs to it.
    pub(crate) fn holds(&self, day: i32, kind: u8) -> bool {
        let by_kind = self.kinds >> kind & 1 == 1;
        (by_kind || self.dates.iter().any(|d| d.holds(day))) && !self.except.iter().any(|d| d.holds(day))
    }

    /// True when the day belongs to it, by a calendar.
    pub(crate) fn holds_in(&self, day: i32, calendar: &Calendar) -> bool {
        self.holds(day, calendar.kind(day))
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

fn split(words: &str) -> impl Iterator<Item = &str> {
    words
        .split([',', '，', '、', '+', '&'])
        .flat_map(|w| w.split(" and "))
        .map(str::trim)
        .filter(|w| !w.is_empty())
}

fn weekdays(word: &str) -> Option<(u8, u8)> {
    let one = |name: &str| {
        let name = name.trim();
        NAMES
            .iter()
            .position(|(short, long)| *short == name || long.contains(&name))
            .and_then(|i| u8::try_from(i).ok())
    };
    match ["-", "..", "–", "至", " to "].iter().find_map(|mark| word.split_once(mark)) {
        Some((from, to)) => Some((one(from)?, one(to)?)),
        None => one(word).map(|day| (day, day)),
    }
}

/// The name of a day's weekday.
pub(crate) fn weekday_name(day: i32) -> &'static str {
    NAMES[usize::from(weekday(day))].0
}
