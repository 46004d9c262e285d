//! The desk's own screens: the console, the terminal, the payer's page; and the frame for what scenes add (`scene`).
//!
//! Server-rendered; each page is a handler that asks the desk and a view that writes HTML. What they share (who is signed in, posted
//! forms, times, chips) is in `kit`.

mod console;
pub mod device;
pub mod kit;
mod payer;
pub mod scene;
mod stand;
mod terminal;

pub use console::Needs;

use axum::Router;
use axum::extract::Query;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use self::scene::SceneScreens;
use crate::AppState;
use crate::design::{assets, qr_svg};

/// Every screen, those of the scenes with them, to be merged beside the API.
pub(crate) fn routes(scenes: &[&'static SceneScreens]) -> Router<AppState> {
    let own = Router::new()
        .merge(assets::routes())
        .merge(console::routes())
        .merge(terminal::routes())
        .merge(payer::routes())
        .merge(stand::routes())
        .route("/qr.svg", get(qr));
    scenes.iter().fold(own, |all, scene| all.merge((scene.routes)()))
}

/// The longest text that is drawn as a code.
const LONGEST_CODE: usize = 1024;

#[derive(Deserialize)]
struct QrText {
    text: String,
}

/// A text as a QR code, for scripts that learn it after the page was made.
async fn qr(Query(QrText { text }): Query<QrText>) -> Response {
    match qr_svg(&text).filter(|_| text.len() <= LONGEST_CODE) {
        Some(svg) => {
            let headers = [
                (CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
                (CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
            ];
            (headers, svg).into_response()
        }
        None => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    }
}
