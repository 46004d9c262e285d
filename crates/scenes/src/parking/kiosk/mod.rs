//! The kiosk at `/t/{terminal}` (kind `parking_kiosk`): plate, look-alikes that the driver confirms (P6), the bill in detail (P7), then a code shown,
//! a code scanned, or cash with a running balance (P8–P10); a receipt if wanted (P11, P12).
//!
//! The screen decides nothing about money: it shows the order and the machine (`desk::machine`) as they are and presses *pay* and *cancel*. The
//! cash device itself is driven by `saoma cash-device` beside the browser.

pub mod office;
mod receipts;
pub mod words;

use axum::Router;
use axum::routing::get;
use maud::html;
use web::AppState;
use web::design::Page;
use web::design::icon::{self, Icon, sprite};
use web::screens::device::{bar, offline, stage};
use web::screens::scene::{Showing, TerminalVisit};

use words as w;

/// The kind of terminal that shows this screen.
pub const KIND: &str = "parking_kiosk";

/// Style sheets and scripts.
pub static FILES: &[(&str, &str)] = &[
    ("kiosk.css", include_str!("assets/kiosk.css")),
    ("kiosk.js", include_str!("assets/kiosk.js")),
    ("kiosk-views.js", include_str!("assets/kiosk-views.js")),
];

/// What the screen asks besides the API, and the office's page.
pub fn routes() -> Router<AppState> {
    office::routes().route("/parking/kiosk/receipt/{stay}", get(receipts::earlier))
}

/// Beginnings of the keys of the words the scripts say.
const WORDS: &[&str] = &[
    "c.",
    "t.left",
    "t.seconds",
    "pk.",
    "pd.why",
    "pd.erase",
    "pd.provinces",
    "line.",
    "channel.",
    "reason.",
    "problem.",
];

/// The signs the scripts draw.
const SIGNS: &[(&str, Icon)] = &[
    ("show", icon::SHOW),
    ("scan", icon::SCAN),
    ("cash", icon::CASH),
    ("tick", icon::TICK),
    ("cross", icon::CROSS),
    ("clock", icon::CLOCK),
    ("back", icon::BACK),
    ("alert", icon::ALERT),
    ("undo", icon::UNDO),
    ("print", icon::PRINT),
    ("car", icon::CAR),
    ("erase", icon::ERASE),
    ("search", icon::SEARCH),
];

/// Shows the screen.
pub fn show(state: AppState, visit: TerminalVisit) -> Showing {
    Box::pin(async move {
        let mut data = visit.data(&state, WORDS).await?;
        let sites = state.desk.sites(&visit.who).await?;
        let site = sites.into_iter().find(|s| s.id == visit.terminal.site);
        let (site, zone) = site.map_or_else(Default::default, |s| (s.name, s.zone));
        data["zone"] = zone.into();
        data["idle_ms"] = idle_ms(&visit).into();
        let lang = visit.lang;
        let name = visit.terminal.name.clone();
        let body = html! {
            (sprite(SIGNS))
            (bar(lang, &visit.uri, &site, &name, &html! {}))
            (offline(w::OFFLINE.say(lang), w::OFFLINE_SAY.say(lang)))
            (stage(lang))
        };
        let page = Page::new(lang, &visit.uri, w::TITLE.say(lang))
            .style("kiosk.css")
            .script("kiosk.js")
            .class("kiosk")
            .data(data);
        Ok(page.show(&body))
    })
}

/// How long nobody may touch the screen before it gives the money back and begins anew; `?idle=` shortens it for whoever tests the machine.
fn idle_ms(visit: &TerminalVisit) -> u64 {
    const USUAL_MS: u64 = 60_000;
    let asked = web::screens::kit::query(&visit.uri, "idle").and_then(|text| text.parse().ok());
    asked.map_or(USUAL_MS, |ms: u64| ms.clamp(2_000, USUAL_MS))
}
