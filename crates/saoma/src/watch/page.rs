//! `GET /metrics`: who may read it, and the page. It tells turnover, so it is never open to everybody who can reach the platform.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use store::Db;
use tokio::sync::Mutex;

use super::Watch;

/// The database is looked at so often at most, however many ask.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The database has so long to answer.
const LIMIT: Duration = Duration::from_secs(3);
/// What Prometheus calls this form.
const FORM: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Who may read the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever reaches the listener: a demo, or a listener of its own.
    Open,
    /// Whoever brings this token as `Authorization: Bearer`.
    Token(String),
}

struct Page {
    watch: Arc<Watch>,
    db: Db,
    access: Access,
    looked: Mutex<Option<Instant>>,
}

/// The route.
pub(crate) fn page(watch: Arc<Watch>, db: Db, access: Access) -> Router {
    let page = Page { watch, db, access, looked: Mutex::new(None) };
    Router::new().route("/metrics", get(show)).with_state(Arc::new(page))
}

async fn show(State(page): State<Arc<Page>>, headers: HeaderMap) -> Response {
    if !page.access.lets(&headers) {
        let said = "this page needs the token of metrics.token_file: Authorization: Bearer TOKEN\n";
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], said).into_response();
    }
    let metrics = &page.watch.metrics;
    let mut looked = page.looked.lock().await;
    if looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
        metrics.books.refresh(&page.db, LIMIT).await;
        *looked = Some(Instant::now());
    }
    drop(looked);
    metrics.waiting.set(i64::try_from(page.db.waiting()).unwrap_or(i64::MAX));
    let mut text = String::new();
    match prometheus_client::encoding::text::encode(&mut text, &metrics.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, FORM), (header::CACHE_CONTROL, "no-store")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Access {
    fn lets(&self, headers: &HeaderMap) -> bool {
        let Access::Token(token) = self else { return true };
        let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        given.and_then(|text| text.strip_prefix("Bearer ")).is_some_and(|given| {
            aws_lc_rs::constant_time::verify_slices_are_equal(given.trim().as_bytes(), token.as_bytes())
                .is_ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_read() {
        let with = |value: &str| HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
        let token = Access::Token("abc".to_owned());
        let cases = [
            (&Access::Open, HeaderMap::new(), true),
            (&token, HeaderMap::new(), false),
            (&token, with("Bearer abc"), true),
            (&token, with("Bearer abd"), false),
            (&token, with("Bearer "), false),
            (&token, with("abc"), false),
        ];
        for (access, headers, want) in cases {
            assert_eq!(access.lets(&headers), want, "{access:?} {headers:?}");
        }
    }
}
