//! Details of requests that no exchange shows.

use desk::channel::PresentAsk;
use money::Money;
use store::Millis;

use super::{minutes_left, subject};

#[test]
fn the_life_of_a_code_is_rounded_up_to_minutes() {
    let cases = [(0, "1m"), (-5, "1m"), (1, "1m"), (60_000, "1m"), (60_001, "2m"), (600_000, "10m")];
    for (left_ms, want) in cases {
        let ask = PresentAsk {
            out_trade_no: "A1".into(),
            amount: Money::fen(1),
            description: String::new(),
            expires_at: Millis(1_000_000 + left_ms),
            notify_url: String::new(),
            terminal: String::new(),
            site: String::new(),
            now: Millis(1_000_000),
        };
        assert_eq!(minutes_left(&ask), want, "{left_ms}");
    }
}

#[test]
fn subjects_lose_what_alipay_refuses() {
    assert_eq!(subject("tea/milk & a=b 🍵"), "tea milk a b");
    assert_eq!(subject("&"), "商品");
    assert_eq!(subject(&"茶".repeat(300)).chars().count(), 256);
}
