//! Who is at a gate at a moment: windows of the week in the site's own time. Unstaffed is not closed.

use desk::Refusal;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use store::Millis;

use crate::parking::problem;
use crate::parking::rows::{Staffing, Window};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const WHOLE_DAY: i64 = 24 * 60;

/// Minutes of the day from and until; the end may lie on the next day.
fn span(time: &str) -> Option<(i64, i64)> {
    let (from, to) = time.split_once('-')?;
    let minute = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
        let all = hour * 60 + minute;
        ((0..60).contains(&minute) && (0..=WHOLE_DAY).contains(&all)).then_some(all)
    };
    let (from, to) = (minute(from)?, minute(to)?);
    (from < WHOLE_DAY && from != to).then_some((from, if to > from { to } else { to + WHOLE_DAY }))
}

fn days(text: &str) -> Option<[bool; 7]> {
    let mut on = [false; 7];
    for part in text.split(',').map(str::trim) {
        match part {
            "all" => on = [true; 7],
            "weekdays" => on[..5].fill(true),
            "weekend" => on[5..].fill(true),
            day => on[DAYS.iter().position(|known| *known == day)?] = true,
        }
    }
    Some(on)
}

/// Error: `parking_schedule_invalid` naming the window.
pub(crate) fn check(schedule: &[Window]) -> Result<(), Refusal> {
    for (at, window) in schedule.iter().enumerate() {
        if matches!(window.gate, Staffing::Other(_)) {
            return Err(
                problem::SCHEDULE_INVALID.with(format!("schedule[{at}].gate: staffed, unstaffed or closed"))
            );
        }
        if days(&window.days).is_none() {
            return Err(problem::SCHEDULE_INVALID.with(format!("schedule[{at}].days: {:?}", window.days)));
        }
        if span(&window.time).is_none() {
            return Err(problem::SCHEDULE_INVALID.with(format!("schedule[{at}].time: {:?}", window.time)));
        }
    }
    Ok(())
}

/// Who is there at a moment: the first window that fits; unstaffed where none does.
pub fn staffing(schedule: &[Window], at: Millis, zone: &TimeZone) -> Staffing {
    let local = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone());
    let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
    let fits = |window: &&Window| {
        let (Some(on), Some((from, to))) = (days(&window.days), span(&window.time)) else { return false };
        let today = day_index(&local);
        let yesterday = (today + 6) % 7;
        (on[today] && (from..to).contains(&minute))
            || (on[yesterday] && (from..to).contains(&(minute + WHOLE_DAY)))
    };
    schedule.iter().find(fits).map_or(Staffing::Unstaffed, |window| window.gate.clone())
}

fn day_index(local: &Zoned) -> usize {
    match local.weekday() {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(days: &str, time: &str, gate: Staffing) -> Window {
        Window { days: days.to_owned(), time: time.to_owned(), gate }
    }

    #[test]
    fn who_is_there_by_table() {
        let north = [window("all", "07:00-19:00", Staffing::Staffed)];
        let night = [
            window("weekend", "22:00-06:00", Staffing::Closed),
            window("mon,tue", "00:00-24:00", Staffing::Staffed),
        ];
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        // 2026-11-22 is a Sunday.
        let cases = [
            (&north[..], "2026-11-22T02:00:00+08:00", "unstaffed"),
            (&north, "2026-11-22T07:00:00+08:00", "staffed"),
            (&north, "2026-11-22T18:59:59+08:00", "staffed"),
            (&north, "2026-11-22T19:00:00+08:00", "unstaffed"),
            (&night, "2026-11-22T23:00:00+08:00", "closed"),
            (&night, "2026-11-23T05:00:00+08:00", "closed"),
            (&night, "2026-11-23T06:00:00+08:00", "staffed"),
            (&night, "2026-11-24T23:59:00+08:00", "staffed"),
            (&night, "2026-11-25T00:00:00+08:00", "unstaffed"),
        ];
        for (schedule, moment, want) in cases {
            let at = Millis(moment.parse::<Timestamp>().unwrap().as_millisecond());
            assert_eq!(staffing(schedule, at, &zone).as_str(), want, "{moment}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let good = window("weekdays", "7:00-19:30", Staffing::Staffed);
        assert!(check(std::slice::from_ref(&good)).is_ok());
        for wrong in [
            window("someday", "07:00-19:00", Staffing::Staffed),
            window("all", "07:00", Staffing::Staffed),
            window("all", "25:00-26:00", Staffing::Staffed),
            window("all", "07:00-07:00", Staffing::Staffed),
            window("all", "07:00-19:00", Staffing::Other("asleep".into())),
        ] {
            assert_eq!(check(&[good.clone(), wrong]).unwrap_err().code(), "parking_schedule_invalid");
        }
    }
}
