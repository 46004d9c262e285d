//! Texts of ids and moments, and enums that keep what they do not know.

use super::*;

crate::text_enum! {
    /// A sample.
    enum Light {
        /// Go.
        Green = "green",
        /// Stop.
        Red = "red",
    }
}

#[test]
fn ids_are_text_that_sorts_as_they_do() {
    let cases = [
        (0, "0000000000000"),
        (31, "000000000000Z"),
        (32, "0000000000010"),
        (1 << 62, "4000000000000"),
        (i64::MAX, "7ZZZZZZZZZZZZ"),
    ];
    for (number, text) in cases {
        assert_eq!(Id(number).to_string(), text);
        assert_eq!(text.parse(), Ok(Id(number)));
    }
    for pair in cases.windows(2) {
        assert!(pair[0].1 < pair[1].1);
    }
    for wrong in [
        "",
        "000000000000",
        "00000000000000",
        "000000000000z",
        "000000000000O",
        "8000000000000",
        "é00000000000",
    ] {
        assert_eq!(wrong.parse::<Id>(), Err(IdError), "{wrong}");
    }
    assert_eq!(serde_json::to_string(&Merchant(Id(5))).unwrap(), "\"0000000000005\"");
    assert_eq!(serde_json::from_str::<Id>("\"0000000000005\"").unwrap(), Id(5));
}

#[test]
fn moments_are_rfc_3339() {
    let moment = Millis(1_795_316_645_678);
    assert_eq!(moment.to_string(), "2026-11-22T03:04:05.678Z");
    assert_eq!("2026-11-22T11:04:05.678+08:00".parse(), Ok(moment));
    assert_eq!(Millis(0).to_string(), "1970-01-01T00:00:00.000Z");
    assert_eq!("yesterday".parse::<Millis>(), Err(MillisError));
    assert_eq!(moment.plus(std::time::Duration::from_secs(1)).since(moment).as_millis(), 1000);
    assert_eq!(moment.since(moment.plus(std::time::Duration::from_secs(1))).as_millis(), 0);
    assert_eq!(serde_json::to_string(&moment).unwrap(), "\"2026-11-22T03:04:05.678Z\"");
}

#[test]
fn an_enum_keeps_what_it_does_not_know() {
    assert_eq!(Light::parse("red"), Light::Red);
    assert_eq!(Light::parse("amber"), Light::Other("amber".into()));
    assert_eq!(Light::parse("amber").as_str(), "amber");
    assert_eq!(serde_json::from_str::<Light>("\"amber\"").unwrap().to_string(), "amber");
    assert_eq!(serde_json::to_string(&Light::Green).unwrap(), "\"green\"");
    assert!(Light::Green < Light::Red);
}
