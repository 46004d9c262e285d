//! The handheld of cashiers and patrols at `/t/{terminal}` (kind `parking_handheld`): an installable page that goes on working
//! without a network (P14–P19).
//!
//! A browser is the terminal by its key; who works with it signs in with operator number and password, and every act is that
//! operator's. Payments are written into a queue in the browser before they are sent, each with its own keys, so that none is
//! lost and none is made twice. For the time without a network the browser keeps the stays inside, each with its fee for the
//! next hour (`Steps`).

mod api;
mod evidence;
mod screen;
mod steps;
pub mod words;

pub use evidence::{Unproven, unproven};
pub use screen::show;
pub use steps::{Step, steps};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use web::AppState;

/// The kind of terminal that shows this screen.
pub const KIND: &str = "parking_handheld";

/// Style sheets and scripts.
pub static FILES: &[(&str, &str)] = &[
    ("handheld.css", include_str!("assets/handheld.css")),
    ("handheld.js", include_str!("assets/handheld.js")),
    ("hh-api.js", include_str!("assets/hh-api.js")),
    ("hh-camera.js", include_str!("assets/hh-camera.js")),
    ("hh-fee.js", include_str!("assets/hh-fee.js")),
    ("hh-proof.js", include_str!("assets/hh-proof.js")),
    ("hh-printer.js", include_str!("assets/hh-printer.js")),
    ("hh-queue.js", include_str!("assets/hh-queue.js")),
    ("hh-shift.js", include_str!("assets/hh-shift.js")),
    ("hh-store.js", include_str!("assets/hh-store.js")),
];

/// What the screen asks, besides the API.
pub fn routes() -> Router<AppState> {
    let photo = post(api::evidence).layer(DefaultBodyLimit::max(crate::parking::photos::MAX_BYTES + 1024));
    Router::new()
        .route("/parking/handheld/sw.js", get(screen::worker))
        .route("/parking/handheld/{terminal}/app.webmanifest", get(screen::manifest))
        .route("/parking/handheld/{terminal}/state", get(api::state))
        .route("/parking/handheld/{terminal}/shift", post(api::open_shift))
        .route("/parking/handheld/{terminal}/stays", get(api::stays))
        .route("/parking/handheld/{terminal}/evidence", photo)
        .route("/parking/handheld/{terminal}/no-evidence", post(api::no_evidence))
}
