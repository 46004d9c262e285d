//! Tables of the small words a tariff is made of.

use super::words::*;

#[test]
fn durations() {
    let cases = [
        ("30min", Some(1800)),
        ("1h", Some(3600)),
        ("1h30", Some(5400)),
        ("1h30min", Some(5400)),
        ("1h 30 min", Some(5400)),
        ("1.5 hours", Some(5400)),
        ("0.5h", Some(1800)),
        ("90", Some(5400)),
        ("2 days", Some(172_800)),
        ("1 week", Some(604_800)),
        ("45s", Some(45)),
        ("15分钟", Some(900)),
        ("1小时30分", Some(5400)),
        ("0", Some(0)),
        ("", None),
        ("min", None),
        ("1.2.3h", None),
        ("h1", None),
        ("-5min", None),
        ("1 fortnight", None),
        ("99999999999h", None),
    ];
    for (text, want) in cases {
        assert_eq!(duration(text).ok(), want, "{text:?}");
    }
}

#[test]
fn times_of_day_and_spans() {
    let cases = [
        ("07:00", Some(25_200)),
        ("7:30", Some(27_000)),
        ("24:00", Some(86_400)),
        ("7", Some(25_200)),
        ("24:01", None),
        ("7:60", None),
        ("25:00", None),
        ("", None),
        ("7:00:00:00", None),
        ("a", None),
        ("-1:00", None),
    ];
    for (text, want) in cases {
        assert_eq!(time_of_day(text).ok(), want, "{text:?}");
    }
    let spans = [
        ("22:30-07:00", Some((81_000, 111_600))),
        ("8:00..20:00", Some((28_800, 72_000))),
        ("00:00-24:00", Some((0, 86_400))),
        ("06:00-06:00", Some((21_600, 108_000))),
        ("24:00-06:00", None),
        ("08:00", None),
    ];
    for (text, want) in spans {
        assert_eq!(time_span(text).ok().map(|s| (s.start, s.end)), want, "{text:?}");
    }
    let night = time_span("22:00-06:00").unwrap();
    assert!(
        night.holds(82_800)
            && night.holds(0)
            && night.holds(21_599)
            && !night.holds(21_600)
            && !night.holds(79_199)
    );
}

#[test]
fn ranges() {
    assert_eq!(duration_range("2h..4h"), Ok((7200, 14_400)));
    assert_eq!(duration_range("..4h"), Ok((-1, 14_400)));
    assert_eq!(duration_range("over 24h"), Ok((86_400, i64::MAX)));
    assert!(duration_range("4h..2h").is_err() && duration_range("4h").is_err());
    assert_eq!(number_range("8.."), Ok((8000, i64::MAX)));
    assert_eq!(number_range("..2.5"), Ok((i64::MIN, 2500)));
    assert_eq!(number_range("7"), Ok((7000, 7000)));
    assert!(number_range("seven").is_err());
}

#[test]
fn dates_once_and_every_year() {
    let holds = |range: &str, date: &str| dates(range).unwrap().holds(day_of_date(date.parse().unwrap()));
    assert!(holds("2026-02-15..2026-02-23", "2026-02-23"));
    assert!(!holds("2026-02-15..2026-02-23", "2027-02-20"));
    assert!(holds("11-01..03-31", "2026-01-15") && holds("11-01..03-31", "2026-11-01"));
    assert!(!holds("11-01..03-31", "2026-04-01"));
    assert!(holds("12-25", "2031-12-25"));
    assert!(dates("02-30").is_err() && dates("soon").is_err() && dates("2026-02-02..2026-01-01").is_err());
    assert_eq!(date_of_day(day_of_date("2026-03-10".parse().unwrap())).to_string(), "2026-03-10");
}

#[test]
fn amounts_and_percentages() {
    use money::Currency;
    assert_eq!(amount("2.50", Currency::CNY), Ok(250));
    assert_eq!(amount("$3", Currency::USD), Ok(300));
    assert_eq!(amount("8元", Currency::CNY), Ok(800));
    assert!(amount("2.505", Currency::CNY).is_err());
    assert!(amount("99999999999", Currency::CNY).is_err());
    assert_eq!(percent("12.5 %"), Ok(1250));
    assert!(percent("half").is_err());
}

#[test]
fn lengths_read_back() {
    for (seconds, want) in
        [(5400, "1h 30min"), (86_400, "24h"), (172_800, "2 days"), (0, "0min"), (61, "1min 1s")]
    {
        assert_eq!(show_duration(seconds), want);
    }
}
