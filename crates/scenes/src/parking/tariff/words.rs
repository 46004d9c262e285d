//! The small words of a tariff: durations, times of day, dates, ranges, amounts. Text in, numbers out.

use jiff::civil::Date;
use money::{Currency, Money};

/// Seconds in a day of 24 hours.
pub(crate) const DAY_S: i64 = 86_400;

/// A stretch of the day in seconds since midnight; `end` is above a day when it passes midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl Span {
    /// Midnight to midnight.
    pub(crate) const ALL_DAY: Span = Span { start: 0, end: DAY_S };

    /// True when it is a whole day long.
    pub(crate) const fn is_full(self) -> bool {
        self.end - self.start == DAY_S
    }

    /// True when the second of the day lies in it, on its first or on its second day.
    pub(crate) const fn holds(self, tod: i64) -> bool {
        (self.start <= tod && tod < self.end) || tod + DAY_S < self.end
    }
}

/// A span of dates in days since 1970, or of month-days that comes every year. Both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dates {
    /// From one date to another.
    Once(i32, i32),
    /// From one month × 100 + day to another, over the turn of the year when the first is later.
    Yearly(u16, u16),
}

impl Dates {
    /// True when the day (since 1970) lies in it.
    pub(crate) fn holds(self, day: i32) -> bool {
        match self {
            Dates::Once(from, to) => from <= day && day <= to,
            Dates::Yearly(from, to) => {
                let date = date_of_day(day);
                let md = month_day(date);
                if from <= to { from <= md && md <= to } else { md >= from || md <= to }
            }
        }
    }
}

fn month_day(date: Date) -> u16 {
    u16::from(date.month().unsigned_abs()) * 100 + u16::from(date.day().unsigned_abs())
}

/// Days since 1970-01-01 of a date.
pub(crate) fn day_of_date(date: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    (date - epoch).get_days()
}

/// The date of a day since 1970-01-01; the last date there is when it lies beyond all calendars.
pub(crate) fn date_of_day(day: i32) -> Date {
    let epoch = Date::constant(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().try_days(day).unwrap_or_default()).unwrap_or(Date::MAX)
}

/// A duration in seconds: `30min`, `1h`, `1h30`, `1.5 hours`, `2 days`, `45s`, `90` (minutes), `15分钟`, `1小时`.
pub(crate) fn duration(text: &str) -> Result<i64, String> {
    let bad = || {
        format!(
            "{text:?} is not a length of time: write for example \"15min\", \"1h\", \"1h30min\" or \"2 days\""
        )
    };
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(bad());
    }
    let mut total: i64 = 0;
    let mut last_unit = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let unit_len = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_len);
        let unit_s = match unit.trim().trim_end_matches([',', '.']).trim() {
            "" if last_unit == 3600 || last_unit == 0 => 60,
            other => unit_seconds(other).ok_or_else(bad)?,
        };
        total = total.checked_add(scaled(number, unit_s).ok_or_else(bad)?).ok_or_else(bad)?;
        last_unit = unit_s;
        rest = next.trim_start();
    }
    if total > 40 * 366 * DAY_S { Err(format!("{text:?} is longer than forty years")) } else { Ok(total) }
}

fn unit_seconds(unit: &str) -> Option<i64> {
    Some(match unit.to_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" | "秒" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" | "分" | "分钟" | "分鐘" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" | "时" | "小时" | "小時" => 3600,
        "d" | "day" | "days" | "天" | "日" => DAY_S,
        "w" | "week" | "weeks" | "周" | "星期" => 7 * DAY_S,
        _ => return None,
    })
}

/// `number` × `unit_s` where the result is a whole number of seconds.
fn scaled(number: &str, unit_s: i64) -> Option<i64> {
    let (major, minor) = number.split_once('.').unwrap_or((number, ""));
    if major.is_empty() || minor.len() > 6 || major.len() > 9 {
        return None;
    }
    let scale = 10_i64.checked_pow(u32::try_from(minor.len()).ok()?)?;
    let minor_value: i64 = if minor.is_empty() { 0 } else { minor.parse().ok()? };
    let value =
        major.parse::<i64>().ok()?.checked_mul(scale)?.checked_add(minor_value)?.checked_mul(unit_s)?;
    (value % scale == 0).then_some(value / scale)
}

/// Seconds since midnight: `07:00`, `7:30`, `19:30:00`, `24:00`, `7`.
pub(crate) fn time_of_day(text: &str) -> Result<i64, String> {
    let bad =
        || format!("{text:?} is not a time of day: write hours and minutes from \"00:00\" to \"24:00\"");
    let text_trimmed = text.trim();
    let mut parts = text_trimmed.split([':', '：']);
    let mut next = |default: Option<i64>| match parts.next() {
        Some(part) if !part.is_empty() && part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit()) => {
            part.parse::<i64>().ok()
        }
        Some(_) => None,
        None => default,
    };
    let (hours, minutes, seconds) = (next(None), next(Some(0)), next(Some(0)));
    let (Some(h), Some(m), Some(s)) = (hours, minutes, seconds) else { return Err(bad()) };
    if parts.next().is_some() || m > 59 || s > 59 || h > 24 || (h == 24 && m + s > 0) {
        return Err(bad());
    }
    Ok(h * 3600 + m * 60 + s)
}

/// A stretch of the day: `22:30-07:00`, `8:00..20:00`, `07:00 to 19:00`. The same time twice is a whole day from there.
pub(crate) fn time_span(text: &str) -> Result<Span, String> {
    let (from, to) = halves(text)
        .ok_or_else(|| format!("{text:?} is not a stretch of the day: write for example \"22:30-07:00\""))?;
    span(time_of_day(from)?, time_of_day(to)?)
}

/// The span between two times of day. Error: it begins at 24:00.
pub(crate) fn span(start: i64, end: i64) -> Result<Span, String> {
    if start >= DAY_S {
        return Err("a stretch of the day cannot begin at 24:00: write 00:00".to_owned());
    }
    Ok(Span { start, end: if end <= start { end + DAY_S } else { end } })
}

/// The two sides of a range written with `-`, `..`, `–`, `~`, `至` or `to`.
fn halves(text: &str) -> Option<(&str, &str)> {
    ["..=", "..", "–", "—", "~", "至", " to ", "-"].iter().find_map(|mark| text.split_once(mark))
}

/// Lower and upper bound of a stay, either may be missing: `2h..4h`, `..4h`, `over 24h`, `up to 2h`. Lower exclusive, upper inclusive.
pub(crate) fn duration_range(text: &str) -> Result<(i64, i64), String> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("over ") {
        return Ok((duration(rest)?, i64::MAX));
    }
    if let Some(rest) = text.strip_prefix("up to ") {
        return Ok((-1, duration(rest)?));
    }
    let (from, to) = halves(text).ok_or_else(|| {
        format!("{text:?} is not a range: write for example \"2h..4h\", \"..4h\" or \"24h..\"")
    })?;
    let low = if from.trim().is_empty() { -1 } else { duration(from)? };
    let high = if to.trim().is_empty() { i64::MAX } else { duration(to)? };
    if low >= high { Err(format!("{text:?} ends before it begins")) } else { Ok((low, high)) }
}

/// Bounds of a number, both inclusive: `8..`, `..7`, `10-20`, `7`. Decimals are kept in thousandths.
pub(crate) fn number_range(text: &str) -> Result<(i64, i64), String> {
    let bad = || format!("{text:?} is not a range of numbers: write for example \"8..\", \"..7\" or \"2-5\"");
    let side = |part: &str, none: i64| {
        let part = part.trim();
        if part.is_empty() { Ok(none) } else { thousandths(part).ok_or_else(bad) }
    };
    match halves(text) {
        Some((from, to)) => Ok((side(from, i64::MIN)?, side(to, i64::MAX)?)),
        None => thousandths(text.trim()).map(|n| (n, n)).ok_or_else(bad),
    }
}

/// A decimal number in thousandths.
pub(crate) fn thousandths(text: &str) -> Option<i64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain && text.split_once('.').is_none_or(|(_, minor)| minor.len() <= 3) {
        scaled(text, 1000)
    } else {
        None
    }
}

/// Dates: `2026-02-15`, `2026-02-15..2026-02-23`, `12-25`, `11-01..03-31`.
pub(crate) fn dates(text: &str) -> Result<Dates, String> {
    let bad = || {
        format!(
            "{text:?} is not a date: write \"2026-02-15\", \"2026-02-15..2026-02-23\", or every year \"11-01..03-31\""
        )
    };
    let text = text.trim();
    let (from, to) =
        ["..", "–", "至", " to ", "/"].iter().find_map(|mark| text.split_once(mark)).unwrap_or((text, text));
    let (from, to) = (from.trim(), to.trim());
    if let (Ok(a), Ok(b)) = (from.parse::<Date>(), to.parse::<Date>()) {
        let (a, b) = (day_of_date(a), day_of_date(b));
        return if a <= b { Ok(Dates::Once(a, b)) } else { Err(format!("{text:?} ends before it begins")) };
    }
    match (yearly(from), yearly(to)) {
        (Some(a), Some(b)) => Ok(Dates::Yearly(a, b)),
        _ => Err(bad()),
    }
}

fn yearly(text: &str) -> Option<u16> {
    let (month, day) = text.split_once('-')?;
    let date = format!("2024-{month:0>2}-{day:0>2}").parse::<Date>().ok()?;
    Some(month_day(date))
}

/// An amount of the tariff's currency; a currency sign or name around the number is allowed. Error: what to write.
pub(crate) fn amount(text: &str, currency: Currency) -> Result<i64, String> {
    let bare = text
        .trim()
        .trim_start_matches(['$', '¥', '￥', '€', '£'])
        .trim_start_matches(currency.code())
        .trim_end_matches(currency.code())
        .trim_end_matches(['元', '円'])
        .trim()
        .replace('_', "");
    let value = Money::parse_decimal(&bare, currency).map_err(|e| e.to_string())?.value;
    if value.unsigned_abs() > 1_000_000_000 {
        Err(format!("{text} is too much for a parking fee"))
    } else {
        Ok(value)
    }
}

/// A percentage in hundredths of a percent: `50`, `12.5`, `50 %`.
pub(crate) fn percent(text: &str) -> Result<i64, String> {
    let bare = text.trim().trim_end_matches('%').trim();
    match thousandths(bare) {
        Some(n) if n % 10 == 0 && n <= 100_000_000 => Ok(n / 10),
        _ => Err(format!("{text:?} is not a percentage: write a number such as 50 or 12.5")),
    }
}

/// A length of time as a person would write it: `1h 30min`, `2 days`.
pub(crate) fn show_duration(seconds: i64) -> String {
    let mut rest = seconds;
    let mut out = String::new();
    for (unit_s, name) in [(DAY_S, " day"), (3600, "h"), (60, "min"), (1, "s")] {
        let count = rest / unit_s;
        rest %= unit_s;
        if count > 0 {
            if !out.is_empty() {
                out.push(' ');
            }
            let plural = if unit_s == DAY_S && count > 1 { "s" } else { "" };
            out.push_str(&format!("{count}{name}{plural}"));
        }
    }
    if out.is_empty() {
        "0min".to_owned()
    } else if seconds == DAY_S {
        "24h".to_owned()
    } else {
        out
    }
}

/// A time of day as `HH:MM`.
pub(crate) fn show_time(tod: i64) -> String {
    let tod = if tod > DAY_S { tod - DAY_S } else { tod };
    if tod % 60 == 0 {
        format!("{:02}:{:02}", tod / 3600, tod / 60 % 60)
    } else {
        format!("{:02}:{:02}:{:02}", tod / 3600, tod / 60 % 60, tod % 60)
    }
}
