//! The desk's own screens: the console, the terminal, the payer's page.

use axum::Router;

use crate::AppState;

/// Every screen, to be merged beside the API.
pub fn routes() -> Router<AppState> {
    Router::new()
}
