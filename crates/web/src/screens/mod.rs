//! The desk's own screens: the console, the terminal, the payer's page.
//!
//! Server-rendered; each page is a handler that asks the desk and a view that writes HTML. What they share (who is signed in, posted
//! forms, times, chips) is in `kit`.

mod console;
mod kit;
mod payer;
mod terminal;

use axum::Router;
use axum::extract::Query;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use crate::AppState;
use crate::design::{assets, qr_svg};

/// Every screen, to be merged beside the API.
pub fn routes() -> Router<AppState> {
    Router::new()
        .merge(assets::routes())
        .merge(console::routes())
        .merge(terminal::routes())
        .merge(payer::routes())
        .route("/qr.svg", get(qr))
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
