//! Style sheets, scripts and drawings, compiled in and served under an address that changes with their content.

use std::sync::{PoisonError, RwLock};

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::screens::scene;

macro_rules! files {
    ($($name:literal)+) => {
        /// Every file with its content.
        pub static FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../assets/", $name)))),+];
    };
}

files! {
    "tokens.css" "base.css" "parts.css" "terminal.css" "stage.css" "payer.css" "stand.css" "poster.css" "console.css" "receipt.css"
    "chevron.svg" "next.svg" "mark.svg"
    "core.js" "api.js" "scanner.js" "sound.js" "terminal.js" "sale.js" "outcome.js" "cash.js" "pay.js" "shift.js" "live.js" "stand.js" "received.js" "poster.js"
}

/// Every file, those of the scenes with them.
fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let brought = scene::brought().into_iter().flat_map(|scene| scene.files.iter().copied());
    std::iter::once(FILES).chain(brought).flatten().copied()
}

/// The part of the address that changes whenever any file does (FNV-1a over all of them). Computed again when a scene brings more.
pub fn version() -> String {
    static KNOWN: RwLock<(usize, String)> = RwLock::new((usize::MAX, String::new()));
    let scenes = scene::brought().len();
    {
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        if known.0 == scenes {
            return known.1.clone();
        }
    }
    let bytes = all().flat_map(|(name, text)| name.bytes().chain(text.bytes()));
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let version = format!("{hash:016x}");
    *KNOWN.write().unwrap_or_else(PoisonError::into_inner) = (scenes, version.clone());
    version
}

/// The address of a file.
pub fn path(name: &str) -> String {
    debug_assert!(all().any(|(known, _)| known == name), "{name} is not an asset");
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
    let Some((_, text)) = all().find(|(known, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // an address of another release gets today's file, and is not kept
    let kept = if asked == version() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type(&name))),
        (CACHE_CONTROL, HeaderValue::from_static(kept)),
    ];
    (headers, text).into_response()
}

/// Serves the files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{version}/{name}", get(file))
}
