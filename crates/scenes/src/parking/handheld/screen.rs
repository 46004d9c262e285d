//! The handheld's page, its manifest and its service worker: what makes it an app that opens without a network.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::json;
use web::AppState;
use web::design::icon::{self, Icon, sprite};
use web::design::{Page, assets};
use web::i18n::{Lang, s};
use web::screens::device::{bar, offline, stage};
use web::screens::scene::{Showing, TerminalVisit};

use super::words as w;

/// Groups of words that its scripts say.
const WORDS: &[&str] = &["c.", "t.", "ph.", "pd.", "channel.", "reason.", "problem.", "line."];

/// Signs that its scripts draw.
const SIGNS: &[(&str, Icon)] = &[
    ("tick", icon::TICK),
    ("cross", icon::CROSS),
    ("clock", icon::CLOCK),
    ("back", icon::BACK),
    ("alert", icon::ALERT),
    ("cash", icon::CASH),
    ("scan", icon::SCAN),
    ("show", icon::SHOW),
    ("print", icon::PRINT),
    ("erase", icon::ERASE),
    ("camera", icon::CAMERA),
    ("car", icon::CAR),
    ("search", icon::SEARCH),
    ("info", icon::INFO),
];

/// Answers `/t/{terminal}` of a handheld.
pub fn show(state: AppState, visit: TerminalVisit) -> Showing {
    Box::pin(async move {
        let mut data = visit.data(&state, WORDS).await?;
        let sites = state.desk.sites(&visit.who).await?;
        let own = sites.into_iter().find(|s| s.id == visit.terminal.site);
        let (site, zone) = own.map_or_else(Default::default, |s| (s.name, s.zone));
        data["zone"] = json!(if zone.is_empty() { "UTC" } else { zone.as_str() });
        data["paths"] = json!({"own": format!("/parking/handheld/{}", visit.terminal.id), "worker": "/parking/handheld/sw.js"});
        let name = visit.terminal.name.clone();
        let page = Page::new(visit.lang, &visit.uri, &name)
            .style("terminal.css")
            .style("park.css")
            .style("handheld.css")
            .script("handheld.js")
            .manifest(format!("/parking/handheld/{}/app.webmanifest", visit.terminal.id))
            .data(data)
            .class("terminal handheld");
        Ok(page.show(&body(&visit, &name, &site)))
    })
}

fn body(visit: &TerminalVisit, name: &str, site: &str) -> Markup {
    let lang = visit.lang;
    let tools = html! {
        button.tool #queue type="button" hidden { span {} }
        button.tool #person type="button" hidden { span {} }
    };
    html! {
        (sprite(SIGNS))
        (bar(lang, &visit.uri, name, site, &tools))
        (offline(s::OFFLINE.say(lang), w::OFFLINE_SAY.say(lang)))
        (stage(lang))
    }
}

/// What a phone needs to keep the page as an app.
pub(super) async fn manifest(Path(terminal): Path<String>, lang: Lang) -> Response {
    let icon = assets::path("mark.svg");
    let manifest = json!({
        "name": w::APP_NAME.say(lang),
        "short_name": w::APP_SHORT.say(lang),
        "id": format!("/t/{terminal}"),
        "start_url": format!("/t/{terminal}"),
        "scope": "/",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#f4f1ea",
        "theme_color": "#0d3b34",
        "icons": [{"src": icon, "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    });
    let kind = HeaderValue::from_static("application/manifest+json");
    ([(CONTENT_TYPE, kind)], manifest.to_string()).into_response()
}

/// The service worker; it may answer for `/t/`.
pub(super) async fn worker() -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (HeaderName::from_static("service-worker-allowed"), HeaderValue::from_static("/t/")),
    ];
    (headers, include_str!("assets/sw.js")).into_response()
}
