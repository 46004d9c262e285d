//! The channel's time under scale and jumps, and the written forms.
use super::*;

#[test]
fn scale_and_jump_keep_running() {
    let mut time = ChannelTime::REAL;
    assert_eq!(time.at(1_000), 1_000);
    time.rescale(1_000, 60.0);
    assert_eq!(time.at(2_000), 61_000);
    time.jump(2_000, 5_000_000);
    assert_eq!(time.at(2_001), 5_000_060);
    assert_eq!(time.real_wait_ms(2_000, 5_000_600), 10);
    assert_eq!(time.real_wait_ms(2_000, 1), 0);
}

#[test]
fn beijing_forms_round_trip() {
    let ms = parse_rfc3339("2026-06-01T00:30:05Z").unwrap();
    assert_eq!(rfc3339(ms), "2026-06-01T08:30:05+08:00");
    assert_eq!(parse_spaced(&spaced(ms)), Some(ms));
    assert_eq!(day(ms), "2026-06-01");
    assert_eq!(compact(ms), "20260601083005");
    assert_eq!(day_start("2026-06-01").unwrap() + 8 * 3_600_000 + 30 * 60_000 + 5_000, ms);
    assert_eq!(parse_rfc3339("2026-06-01"), None);
}
