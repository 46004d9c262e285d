//! What must hold for every tariff and every stay: lines add up, a fee does not fall when the stay grows (unless `check`
//! points at it), splitting a stay gains nothing where the rules do not allow it, zones and daylight saving do not
//! matter, and no text makes the reader panic.

use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::prelude::*;
use scenes::parking::samples;
use scenes::parking::tariff::{Calendars, Fee, Stay, Tariff, Vehicle, check};

static DELIVERED: LazyLock<Vec<Tariff>> = LazyLock::new(|| {
    let parse = |text| Tariff::parse(text, &Calendars::built_in()).expect("a delivered tariff reads");
    samples::ALL.iter().map(|(_, text)| parse(text)).collect()
});

/// 2026-03-02T00:00Z; stays of the tests begin within some weeks of it.
const BASE: i64 = 1_772_409_600;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a second of this century")
}

fn stay(enter: i64, length: i64) -> Stay {
    Stay::new(at(BASE + enter), at(BASE + enter + length))
}

/// A tariff in words, made of the primitives at random.
fn made() -> impl Strategy<Value = String> {
    let unit = prop::sample::select(vec!["15min", "30min", "1h", "2h"]);
    let round = prop::sample::select(vec!["up", "down", "nearest", "minute"]);
    let restart = prop::sample::select(vec!["stay", "24h", "window", "day"]);
    let crossing = prop::sample::select(vec!["split", "start"]);
    let free = prop::sample::select(vec![
        "",
        "free = \"15min\"\n",
        "free = { length = \"30min\", clawed_back = true }\n",
        "free = { length = \"1h\", again = \"24h\" }\n",
        "free = { length = \"20min\", counts = \"charged\" }\n",
    ]);
    let cap = prop::sample::select(vec![
        "",
        "cap = \"30 per 24h\"\n",
        "cap = \"25 per day\"\n",
        "cap = [\"12 per 12h\", \"60 per week\"]\n",
        "cap = { limits = [20, 30, 40], per = \"24h\" }\n",
        "cap = { limit = 15, per = \"6h\", resets = \"midnight\" }\n",
    ]);
    let hours = (1_u32..12, 13_u32..24);
    (unit, round, restart, crossing, free, cap, hours, 1_u32..900, 1_u32..900, any::<bool>(), any::<bool>()).prop_map(
        |(unit, round, restart, crossing, free, cap, (from, to), first, then, windowed, night_free)| {
            let mut text = "currency = \"CNY\"\ntimezone = \"Asia/Shanghai\"\noutside = \"free\"\n".to_owned();
            text.push_str(free);
            text.push_str(cap);
            let _ = writeln!(text, "restart = \"{restart}\"\ncrossing = \"{crossing}\"");
            let steps = format!(
                "steps = [{{ up_to = \"1h\", flat = {}.{:02} }}, {{ price = {}.{:02}, per = \"{unit}\", round = \"{round}\" }}]",
                first / 100,
                first % 100,
                then / 100,
                then % 100
            );
            if windowed {
                let _ = writeln!(text, "[[window]]\nname = \"day\"\ntime = \"{from:02}:00-{to:02}:00\"\n{steps}\ncap = 20");
                let night = if night_free { "free = true".to_owned() } else { format!("price = 1\nper = \"{unit}\"\nround = \"{round}\"") };
                let _ = writeln!(text, "[[window]]\nname = \"night\"\ntime = \"{to:02}:00-{from:02}:00\"\n{night}");
            } else {
                let _ = writeln!(text, "{steps}");
            }
            text
        },
    )
}

fn read(text: &str) -> Tariff {
    Tariff::parse(text, &Calendars::built_in()).unwrap_or_else(|problems| panic!("{text}\n{problems:?}"))
}

fn sane(fee: &Fee) -> Result<(), TestCaseError> {
    prop_assert_eq!(fee.sum_of_lines(), fee.total);
    prop_assert!(fee.total.value >= 0, "{:?}", fee);
    prop_assert!(fee.lines.iter().all(|l| l.from <= l.to && l.minutes >= 0), "{:?}", fee.lines);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_add_up_for_every_delivered_tariff(which in 0_usize..samples::ALL.len(), enter in 0_i64..2_000_000, length in 0_i64..600_000, energy in any::<bool>()) {
        let tariff = &DELIVERED[which];
        let mut stay = stay(enter, length);
        if energy {
            stay.vehicle = Vehicle::of(&["new_energy"]);
        }
        if let Ok(fee) = tariff.quote(&stay) {
            sane(&fee)?;
        }
    }

    #[test]
    fn a_fee_does_not_fall_when_the_stay_grows(text in made(), enter in 0_i64..700_000, length in 0_i64..300_000, more in 1_i64..20_000) {
        let tariff = read(&text);
        let shorter = tariff.quote(&stay(enter, length)).expect("priced");
        let longer = tariff.quote(&stay(enter, length + more)).expect("priced");
        sane(&shorter)?;
        sane(&longer)?;
        prop_assert!(longer.total.value >= shorter.total.value, "{}\n{:?}\n{:?}", text, shorter, longer);
    }

    #[test]
    fn minutes_of_a_stay_are_all_told_of(text in made(), enter in 0_i64..700_000, length in 60_i64..300_000) {
        let tariff = read(&text);
        let asked = stay(enter, length);
        let fee = tariff.quote(&asked).expect("priced");
        let positive = fee.lines.iter().filter(|l| l.amount.value >= 0);
        let mut told = positive.map(|l| (l.from, l.to)).collect::<Vec<_>>();
        told.sort();
        let mut reached = asked.enter;
        for (from, to) in told {
            prop_assert!(from <= reached, "nothing is said between {} and {}: {:?}", reached, from, fee.lines);
            reached = reached.max(to);
        }
        prop_assert_eq!(reached, asked.leave, "{:?}", fee.lines);
    }

    #[test]
    fn splitting_gains_nothing_without_free_minutes_and_clean_units(price in 1_i64..2000, unit in prop::sample::select(vec!["15min", "1h"]), enter in 0_i64..700_000, first in 1_i64..200_000, second in 1_i64..200_000) {
        let text = format!("currency = \"CNY\"\ntimezone = \"Asia/Shanghai\"\nrestart = \"stay\"\nprice = {}.{:02}\nper = \"{unit}\"\n", price / 100, price % 100);
        let tariff = read(&text);
        let fee = |enter, length| tariff.quote(&stay(enter, length)).expect("priced").total.value;
        prop_assert!(fee(enter, first) + fee(enter + first, second) >= fee(enter, first + second));
    }

    #[test]
    fn coming_back_within_the_time_never_beats_staying(gap in 0_i64..3600, first in 60_i64..40_000, second in 60_i64..40_000) {
        let tariff = &DELIVERED[samples::ALL.iter().position(|(n, _)| *n == "wilson_westpoint").expect("delivered")];
        let before = tariff.quote(&stay(0, first)).expect("priced");
        let mut again = stay(first + gap, second);
        again.earlier.push(scenes::parking::tariff::EarlierStay { enter: at(BASE), leave: at(BASE + first), fee: before.total });
        let after = tariff.quote(&again).expect("priced");
        let whole = tariff.quote(&stay(0, first + gap + second)).expect("priced");
        sane(&after)?;
        prop_assert_eq!(before.total.value + after.total.value, whole.total.value);
    }

    #[test]
    fn zones_and_daylight_saving_do_not_matter_to_lengths(zone in prop::sample::select(vec!["Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]), enter in 0_i64..31_000_000, length in 0_i64..400_000) {
        let text = |zone| format!("currency = \"CNY\"\ntimezone = \"{zone}\"\nfree = {{ length = \"30min\", clawed_back = true }}\nsteps = [{{ up_to = \"1h\", flat = 5 }}, {{ price = 2, per = \"30min\" }}]\ncap = \"30 per 24h\"\n");
        let here = read(&text(zone)).quote(&stay(enter, length)).expect("priced");
        let there = read(&text("UTC")).quote(&stay(enter, length)).expect("priced");
        prop_assert_eq!(here.total, there.total);
    }

    #[test]
    fn windows_follow_the_wall_clock_in_every_zone(hours in -11_i64..13, enter in 0_i64..2_000_000, length in 0_i64..300_000) {
        let text = |zone: &str| format!("currency = \"CNY\"\ntimezone = \"{zone}\"\nrestart = \"window\"\n[[window]]\ntime = \"07:00-19:00\"\nprice = 3\nper = \"30min\"\ncap = 30\n[[window]]\ntime = \"19:00-07:00\"\nprice = 1\nper = \"2h\"\nround = \"down\"\n");
        let fixed = format!("{}{:02}:00", if hours < 0 { '-' } else { '+' }, hours.abs());
        let there = read(&text(&fixed)).quote(&stay(enter - hours * 3600, length)).expect("priced");
        let here = read(&text("UTC")).quote(&stay(enter, length)).expect("priced");
        prop_assert_eq!(here.total, there.total);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = Tariff::parse(&text, &Calendars::built_in());
    }

    #[test]
    fn no_damage_to_a_tariff_makes_it_panic(which in 0_usize..samples::ALL.len(), from in 0_usize..4000, count in 0_usize..40, put in "[\\[\\]{}=\"0-9a-z.,: -]{0,12}", enter in 0_i64..2_000_000, length in 0_i64..400_000) {
        let chars = samples::ALL[which].1.chars().collect::<Vec<_>>();
        let from = from.min(chars.len());
        let to = (from + count).min(chars.len());
        let text = chars[..from].iter().copied().chain(put.chars()).chain(chars[to..].iter().copied()).collect::<String>();
        if let Ok(tariff) = Tariff::parse(&text, &Calendars::built_in())
            && let Ok(fee) = tariff.quote(&stay(enter, length))
        {
            prop_assert_eq!(fee.sum_of_lines(), fee.total);
        }
    }
}

#[test]
fn check_points_at_the_stay_whose_fee_falls() {
    let falls = "currency = \"CNY\"\ntimezone = \"Asia/Shanghai\"\nprice = 5\nper = \"1h\"\n[[offer]]\nname = \"long stay\"\nwhen = { stay = \"over 4h\" }\nuse = \"always\"\nflat = 12\n";
    let findings = check(&read(falls));
    let fall = findings.iter().find(|f| f.code == "falls").expect("found");
    assert!(fall.message.contains("costs less: 20.00 for 4h, but 12.00 for 4h 1min"), "{fall}");
    assert!(fall.example.as_deref().is_some_and(|e| e.contains(" to 20")), "{fall}");
    let steady = "currency = \"CNY\"\ntimezone = \"Asia/Shanghai\"\nprice = 5\nper = \"1h\"\n";
    assert!(check(&read(steady)).is_empty());
}

#[test]
fn clocks_going_back_or_forward_change_real_hours_only() {
    let text = "currency = \"EUR\"\ntimezone = \"Europe/Berlin\"\nrestart = \"window\"\n[[window]]\nname = \"night\"\ntime = \"22:00-06:00\"\nprice = 1\nper = \"1h\"\n[[window]]\nname = \"day\"\ntime = \"06:00-22:00\"\nprice = 10\nper = \"1h\"\n";
    let tariff = read(text);
    // Local entry and exit; hours of the night that really passed.
    let cases = [
        ("2026-03-28T22:00", "2026-03-29T06:00", 7),
        ("2026-10-24T22:00", "2026-10-25T06:00", 9),
        ("2026-10-23T22:00", "2026-10-24T06:00", 8),
    ];
    for (enter, leave, hours) in cases {
        let stay = Stay::new(tariff.moment(enter).unwrap(), tariff.moment(leave).unwrap());
        assert_eq!(tariff.quote(&stay).unwrap().total.value, hours * 100, "{enter}");
    }
    assert!(tariff.moment("2026-03-29T02:30").unwrap_err().contains("does not exist"));
}
