//! The journal of a long run: it stays small, and what it holds is what was known.

use super::*;
use crate::bank;

fn folder(name: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("saoma-journal-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path.join("sandbox.journal")
}

fn notice(id: u64, state: NoticeState) -> Notice {
    let text = format!(
        "{{\"id\":{id},\"event_id\":\"e\",\"channel\":\"wechat\",\"kind\":\"payment\",\"trade\":1,\"out_trade_no\":\"N\",\"url\":\"u\",\
         \"payload\":{{}},\"created_ms\":1,\"due_ms\":1,\"state\":\"delivered\",\"deliveries\":[],\"again\":false,\"held\":false,\
         \"forged\":false,\"signtest\":false}}"
    );
    Notice { state, ..serde_json::from_str(&text).unwrap() }
}

#[test]
fn a_long_run_stays_small_and_a_restart_finds_everything() {
    let path = folder("long");
    let mut state = State::open(&path, 1, false, bank::first_payers()).unwrap();
    state.journal.floor = 20_000;
    state.journal.limit = 20_000;
    let size = || std::fs::metadata(&path).unwrap().len();
    let mut largest = 0;
    for round in 0..4_000_u64 {
        let id = 1 + round % 20;
        let mut trade = Trade::open(id, Channel::Alipay, "app".into(), format!("N{id}"), 1);
        trade.total_fen = round as i64;
        state.save_trade(&trade);
        largest = largest.max(size());
    }
    let written = 4_000 * 450;
    assert!(largest < 60_000, "{largest} of some {written} bytes written");
    drop(state);
    let again = State::open(&path, 1, false, bank::first_payers()).unwrap();
    assert_eq!(again.starts, 2);
    assert_eq!(again.trades().count(), 20);
    assert!(
        again.trades().all(|trade| trade.total_fen as u64 % 20 + 1 == trade.id && trade.total_fen >= 3_980)
    );
}

#[test]
fn old_callbacks_and_used_codes_are_forgotten() {
    let path = folder("old");
    let mut state = State::open(&path, 1, false, bank::first_payers()).unwrap();
    state.save_notice(&notice(1, NoticeState::Pending));
    for id in 2..=(MOST_NOTICES as u64 + 10) {
        state.save_notice(&notice(id, NoticeState::Delivered));
    }
    for (code, used_for, issued_ms) in
        [("fresh", None, 0), ("long ago", Some("N"), 0), ("now", Some("N"), CODES_KEPT_MS)]
    {
        let (code, used_for) = (code.to_string(), used_for.map(String::from));
        state.save_code(&PayerCode {
            code,
            channel: Channel::Wechat,
            payer: "wang".into(),
            issued_ms,
            used_for,
        });
    }
    state.now_ms = CODES_KEPT_MS + 1;
    state.compact().unwrap();
    assert_eq!(state.notices().count(), MOST_NOTICES + 1, "the newest, and one that still waits");
    assert!(state.notice(1).is_some() && state.notice(2).is_none());
    let known = ["fresh", "long ago", "now"].map(|code| state.payer_code(code).is_some());
    assert_eq!(known, [true, false, true]);
}
