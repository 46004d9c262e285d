//! Style sheets, scripts and drawings, compiled in and served under an address that changes with their content.

use std::sync::OnceLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

macro_rules! files {
    ($($name:literal)+) => {
        /// Every file with its content.
        pub static FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../assets/", $name)))),+];
    };
}

files! {
    "tokens.css" "base.css" "parts.css" "terminal.css" "stage.css" "payer.css" "console.css" "receipt.css"
    "chevron.svg" "next.svg" "mark.svg"
    "core.js" "api.js" "scanner.js" "sound.js" "terminal.js" "sale.js" "outcome.js" "cash.js" "pay.js" "shift.js" "live.js"
}

/// The part of the address that changes whenever any file does (FNV-1a over all of them).
pub fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let bytes = FILES.iter().flat_map(|(name, text)| name.bytes().chain(text.bytes()));
        let hash =
            bytes.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    })
}

/// The address of a file.
pub fn path(name: &str) -> String {
    debug_assert!(FILES.iter().any(|(known, _)| *known == name), "{name} is not an asset");
    format!("/assets/{}/{name}", version())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

async fn file(Path((asked, name)): Path<(String, String)>) -> Response {
    let Some((_, text)) = FILES.iter().find(|(known, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // an address of another release gets today's file, and is not kept
    let kept = if asked == version() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type(&name))),
        (CACHE_CONTROL, HeaderValue::from_static(kept)),
    ];
    (headers, *text).into_response()
}

/// Serves the files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{version}/{name}", get(file))
}
