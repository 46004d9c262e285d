//! What people, tills and partner systems type: payment codes, ids, amounts, bodies of the API, plates, tariffs.

use std::sync::LazyLock;

use desk::channel::Facts;
use money::{Currency, Money};
use scenes::parking::plate::{Plate, PlateIndex, distance, key_parts, normalise, skeleton};
use scenes::parking::tariff::{Calendars, Stay, Tariff, ValidationUse, Vehicle, apds, check};
use scenes::parking::{places, stays};
use serde_json::Value;
use store::{Id, Millis};
use web::api::shapes;

/// Codes that payers show: at most one channel takes a code.
pub(crate) fn payer_codes(bytes: &[u8]) {
    static FACTS: LazyLock<Vec<Facts>> = LazyLock::new(|| {
        let all = channels::all(channels::Settings::default());
        all.iter().map(|channel| channel.facts().clone()).collect()
    });
    let Ok(code) = std::str::from_utf8(bytes) else { return };
    let taken: Vec<&str> = FACTS
        .iter()
        .filter(|facts| facts.payer_codes.iter().any(|codes| codes.matches(code)))
        .map(|facts| facts.code)
        .collect();
    if !taken.is_empty() {
        assert!(code.bytes().all(|byte| byte.is_ascii_digit()), "{code:?} is taken by {taken:?}");
    }
    let both = taken.contains(&"wechat") && taken.contains(&"alipay");
    assert!(!both, "{code:?} is taken by {taken:?}");
}

/// Ids, moments and amounts: what is read is written as it was, or as its usual form.
pub(crate) fn texts(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(id) = text.parse::<Id>() {
        assert_eq!(id.to_string(), text);
    }
    if let Ok(moment) = text.parse::<Millis>() {
        assert_eq!(moment.to_string().parse(), Ok(moment));
    }
    for currency in [Currency::CNY, Currency::JPY, Currency::USD] {
        if let Ok(money) = Money::parse_decimal(text, currency) {
            assert_eq!(Money::parse_decimal(&money.decimal(), currency), Ok(money));
        }
    }
    let _ = text.parse::<Currency>();
    let _ = channels::alipay::wire::yuan(text);
}

/// Bodies of the API; the first byte chooses which. A refusal names what is wrong.
pub(crate) fn api_bodies(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    macro_rules! bodies {
        ($($at:literal $shape:ty),+ $(,)?) => {
            match which % 24 {
                $($at => drop(web::json::parse::<$shape>(rest)),)+
                _ => drop(web::json::parse::<Value>(rest)),
            }
        };
    }
    bodies!(
        0 shapes::OrderBody, 1 shapes::AttemptBody, 2 shapes::RefundBody, 3 shapes::SiteBody, 4 shapes::TerminalBody,
        5 shapes::OperatorBody, 6 shapes::KeyBody, 7 shapes::OpenShiftBody, 8 shapes::CloseShiftBody, 9 shapes::ChannelBody,
        10 shapes::SignInBody, 11 shapes::EndpointBody, 12 shapes::EndpointChange, 13 shapes::ResendBody,
        14 shapes::AcknowledgeBody, 15 Value, 16 desk::machine::Report, 17 places::ParkAsk, 18 places::LaneAsk,
        19 places::ShopAsk, 20 stays::NewValidation, 21 stays::NewPass, 22 shapes::ReconcileBody, 23 shapes::ExplainBody,
    );
    if let Ok(text) = std::str::from_utf8(rest)
        && let Ok(kept) = shapes::text("name", text, 40)
    {
        assert!(kept.chars().count() <= 40);
    }
}

/// Number plates: normal forms stay, masks hide, and what was put into the index is found.
pub(crate) fn plates(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let normal = normalise(text);
    assert_eq!(normalise(&normal), normal);
    let _ = (skeleton(&normal), key_parts(&normal));
    if let Ok(plate) = Plate::parse(text) {
        assert_eq!(Plate::parse(plate.as_str()).as_ref(), Ok(&plate));
        let hides = plate.as_str().chars().count() == 1 || plate.masked() != plate.as_str();
        assert!(hides, "the mask {} hides nothing", plate.masked());
        assert_eq!(distance(plate.as_str(), plate.as_str()), 0);
        let mut index = PlateIndex::new();
        index.insert(plate.as_str(), 7);
        assert!(index.search(plate.as_str(), 5, 100).iter().any(|found| found.id == 7));
    }
    let _ = distance(text, &normal);
    let mut index = PlateIndex::new();
    index.insert(text, 1);
    let _ = index.search(text, 5, 300);
}

/// Tariffs: what is read is checked, exported and asked; texts of the command line that go with it.
pub(crate) fn tariffs(bytes: &[u8]) {
    static CALENDARS: LazyLock<Calendars> = LazyLock::new(Calendars::built_in);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Vehicle::parse(text);
    let _ = ValidationUse::parse(text, Currency::CNY);
    let Ok(tariff) = Tariff::parse(text, &CALENDARS) else { return };
    let _ = check(&tariff);
    let _ = apds::export(&tariff);
    let enter = tariff.usual_entry();
    let _ = tariff.curve(enter, 26);
    for hours in [0, 1, 25, 24 * 8] {
        let leave = enter + jiff::SignedDuration::from_hours(hours);
        let _ = tariff.quote(&Stay::new(enter, leave));
    }
    let _ = tariff.parse_amount(text);
    let _ = tariff.parse_payment(text);
    let _ = tariff.parse_pass(text);
}
