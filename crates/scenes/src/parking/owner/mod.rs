//! The owner's pages in the console, under `/parking`: one page for each concern the owners named (P30), with its figures.
//!
//! Calculators (`staffing`, `flow`, `costs`) are pure functions; a page reads their inputs from its own address, so that a
//! calculation can be kept as a link.

mod concerns;
pub mod costs;
mod costs_page;
pub mod flow;
mod flow_page;
mod live;
pub mod log;
mod matters_page;
mod money_page;
pub mod roads;
mod shops_page;
pub mod staffing;
mod staffing_page;
pub mod words;

use axum::Router;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use desk::{Act, Refusal};
use maud::{Markup, Render, html};
use money::{Currency, Money};
use web::AppState;
use web::design::{Field, icon};
use web::i18n::Text;
use web::screens::Needs;
use web::screens::kit::{Staff, query};
use web::screens::scene::MenuEntry;

use crate::parking::kiosk;
pub use money_page::{Override, Tally, overrides, tally};
use words as w;

/// The menu's entry.
pub const MENU: &[MenuEntry] = &[
    MenuEntry { path: "/parking", words: &w::PARKING, icon: icon::CAR, act: None },
    MenuEntry {
        path: kiosk::office::PATH,
        words: &kiosk::words::MACHINES,
        icon: icon::CASH,
        act: Some(Act::WorkShift),
    },
];

/// Style sheets of these pages.
pub static FILES: &[(&str, &str)] = &[("parking-owner.css", include_str!("assets/parking-owner.css"))];

/// The pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/parking", get(concerns::page))
        .route("/parking/staffing", get(staffing_page::page))
        .route("/parking/throughput", get(flow_page::page))
        .route("/parking/costs", get(costs_page::page))
        .route("/parking/roads", get(live::roads_page))
        .route("/parking/occupancy", get(live::occupancy_page))
        .route("/parking/map", get(live::map_page))
        .route(matters_page::PATH, get(matters_page::page))
        .route("/parking/matters/answer", post(matters_page::answer))
        .route("/parking/matters/settle", post(matters_page::settle))
        .route("/parking/money", get(money_page::page))
        .route("/parking/validation", get(shops_page::page).post(shops_page::give))
}

/// The pages in the order of the tabs.
const TABS: &[(&str, &Text)] = &[
    ("/parking", &w::CONCERNS),
    (matters_page::PATH, &w::MATTERS),
    ("/parking/occupancy", &w::OCCUPANCY),
    ("/parking/roads", &w::ROADS),
    ("/parking/throughput", &w::THROUGHPUT),
    ("/parking/money", &w::MONEY),
    ("/parking/validation", &w::SHOPS),
    ("/parking/staffing", &w::STAFFING),
    ("/parking/costs", &w::COSTS),
    ("/parking/map", &w::SITE_MAP),
];

/// A page with the tabs above it.
fn sheet(
    state: &AppState,
    staff: &Staff,
    title: &'static Text,
    say: &'static Text,
    body: &Markup,
) -> Response {
    let here = staff.uri.path();
    let needs = Needs { styles: &["parking-owner.css", "park.css"], ..Needs::default() };
    let whole = html! {
        div.stack.wide {
            nav.tabs aria-label=(staff.say(&w::PARKING)) {
                @for (path, words) in TABS { a href=(path) aria-current=[(*path == here).then_some("page")] { (staff.say(words)) } }
            }
            div.title { h1 { (staff.say(title)) } p.muted { (staff.say(say)) } }
            (body)
        }
    };
    staff.sheet(state, "/parking", staff.say(title), &needs, &whole)
}

/// A whole number of the address between two bounds, or the usual one.
fn number(uri: &Uri, name: &str, usual: i64, least: i64, most: i64) -> i64 {
    let asked = query(uri, name).and_then(|text| text.trim().parse::<i64>().ok());
    asked.filter(|n| (least..=most).contains(n)).unwrap_or(usual)
}

/// An amount of the address in major units, not negative, or the usual one.
fn amount(uri: &Uri, name: &str, usual: Money) -> Money {
    let asked = query(uri, name).and_then(|text| Money::parse_decimal(text.trim(), usual.currency).ok());
    asked.filter(|m| m.value >= 0).unwrap_or(usual)
}

/// The field of such a number.
fn number_field(name: &str, label: &str, value: i64) -> Markup {
    let value = value.to_string();
    Field { kind: "number", ..Field::text(name, label, &value) }.render()
}

/// The field of such an amount.
fn amount_field(name: &str, label: &str, value: Money) -> Markup {
    let value = value.decimal();
    Field::text(name, label, &value).render()
}

/// A figure with its title and a sentence.
fn figure(title: &str, value: &Markup, say: &str, class: &str) -> Markup {
    html! { section.figure.(class) { h2 { (title) } span.money.big { (value) } p { (say) } } }
}

/// Figures in tenths as people read them: `143` is `14.3`.
fn tenths(value: i64) -> String {
    format!("{}.{}", value / 10, value.abs() % 10)
}

/// Figures in hundredths as people read them: `203` is `2.03`.
fn hundredths(value: i64) -> String {
    format!("{}.{:02}", value / 100, value.abs() % 100)
}

/// The merchant's currency.
async fn currency(state: &AppState, staff: &Staff) -> Result<Currency, Refusal> {
    state.desk.currency_of(staff.who()).await
}
