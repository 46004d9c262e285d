//! The driver's pages under `/park`, for any phone and without an account: choose a car park on a map or by list (P3, P4), type the
//! plate and confirm which car it is (P5), or scan the code on the card (P1, P2) or at the exit (P24); see the bill and pay in the wallet.
//!
//! A page makes the order and leads to its `pay_url`; paying is the same page as everywhere. Everything works without scripts;
//! scripts add the plate keyboard, kept plates and the phone's own place.

mod bill;
pub(in crate::parking) mod map;
mod pace;
mod parks;
mod pay;
mod photo;
mod plate;
pub mod words;

use axum::http::{HeaderName, HeaderValue, Uri};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use desk::rows::Site;
use desk::{Desk, Refusal, Who};
use maud::{Markup, html};
use store::{Id, Merchant};
use web::AppState;
use web::design::icon::{self, sprite};
use web::design::{Page, Tone, banner, languages, mark};
use web::i18n::{self, Lang, c};
use web::screens::kit::{Clock, worded};

use super::problem;
use super::rows::Park;
use words as w;

/// Style sheets and scripts of these pages.
pub static FILES: &[(&str, &str)] = &[
    ("park.css", include_str!("assets/park.css")),
    ("park.js", include_str!("assets/park.js")),
    ("plate.js", include_str!("assets/plate.js")),
];

/// The pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/park", get(parks::page))
        .route("/park/{site}", get(plate::page))
        .route("/park/{site}/bill", get(bill::by_plate).post(pay::order))
        .route("/park/{site}/card/{code}", get(bill::by_card))
        .route("/park/{site}/lane/{lane}", get(bill::by_lane))
        .route("/park/{site}/photo/{photo}", get(photo::show))
        .layer(Extension(pace::Pace::default()))
}

/// A car park with whose it is. A driver has no role: the pages read for the driver what they show, and no more.
struct Place {
    merchant: Merchant,
    park: Park,
    site: Site,
}

impl Place {
    /// The car park at an address. Errors: `not_found`, `parking_no_car_park`.
    async fn find(desk: &Desk, site: &str) -> Result<Place, Refusal> {
        let id: Id = site.parse().map_err(|_| Refusal::from(&problem::NO_PARK))?;
        let rows = desk.read(move |sql| sql.rows::<Park>("where site = $1", &[&id])).await?;
        let (merchant, park) = rows.into_iter().next().ok_or(&problem::NO_PARK)?;
        let sites = desk.sites(&Who::system(merchant)).await?;
        let site = sites.into_iter().find(|s| s.id == id).ok_or(&problem::NO_PARK)?;
        Ok(Place { merchant, park, site })
    }

    fn who(&self) -> Who {
        Who::system(self.merchant)
    }

    fn name(&self, lang: Lang) -> &str {
        lang.pick(&self.park.name_en, &self.park.name_zh)
    }

    fn clock(&self, lang: Lang) -> Clock {
        Clock::new(&self.site.zone, lang)
    }
}

/// The frame of a driver's page.
fn frame(lang: Lang, uri: &Uri, title: &str, back: Option<&str>, body: &Markup) -> Response {
    let data = serde_json::json!({"words": i18n::for_scripts(lang, &["c.", "pd."]), "lang": lang.code()});
    let whole = html! {
        (sprite(&[("erase", icon::ERASE), ("place", icon::PLACE), ("cross", icon::CROSS), ("car", icon::CAR)]))
        header.top {
            @match back {
                Some(path) => a.back href=(path) { (icon::BACK) span.sr { (c::BACK.say(lang)) } },
                None => (mark(lang, None)),
            }
            strong.what { (title) }
            (languages(lang, uri))
        }
        main #main { (body) }
    };
    let page = Page::new(lang, uri, title)
        .style("payer.css")
        .style("park.css")
        .script("park.js")
        .class("payer park")
        .data(data);
    let mut response = page.show(&whole);
    response.headers_mut().insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(self), microphone=()"),
    );
    response
}

/// What a driver reads about a refusal, with what to do.
fn sorry(lang: Lang, refusal: &Refusal) -> Markup {
    let text = worded(lang, refusal);
    banner(Tone::Stop, &text, Some(w::SORRY_SAY.say(lang)), None)
}

/// A whole page for a refusal.
fn refused(lang: Lang, uri: &Uri, refusal: &Refusal, back: &str) -> Response {
    let body = html! {
        section.state.stack {
            (sorry(lang, refusal))
            a.button.touch href=(back) { (icon::CAR) (w::BY_PLATE.say(lang)) }
        }
    };
    let mut response = frame(lang, uri, w::TITLE.say(lang), Some(back), &body);
    *response.status_mut() = web::screens::kit::status_of(refusal);
    response
}

/// How long a car has been there, in words.
fn length(lang: Lang, ms: i64) -> String {
    let minutes = (ms / 60_000).max(0);
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let part = |n: i64, text: &i18n::Text| text.fill(lang, &[("n", &n.to_string())]);
    let mut words = Vec::new();
    if days > 0 {
        words.push(part(days, &w::DAYS));
    }
    if hours > 0 {
        words.push(part(hours, &w::HOURS));
    }
    if minutes > 0 && days == 0 || words.is_empty() {
        words.push(part(minutes, &w::MINUTES));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_stays_as_drivers_read_them() {
        let check = |minutes: i64, en: &str, zh: &str| {
            assert_eq!(
                (length(Lang::En, minutes * 60_000).as_str(), length(Lang::Zh, minutes * 60_000).as_str()),
                (en, zh)
            );
        };
        check(0, "0 min", "0 分钟");
        check(59, "59 min", "59 分钟");
        check(60, "1 h", "1 小时");
        check(150, "2 h 30 min", "2 小时 30 分钟");
        check(1440 + 61, "1 d 1 h", "1 天 1 小时");
        check(-5, "0 min", "0 分钟");
    }
}
