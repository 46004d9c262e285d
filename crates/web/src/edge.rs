//! The shared edge of all HTTP: joins the routes, and gives every answer its limits, headers, log line and problem form.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use desk::Desk;
use desk::trace::Scope;
use futures_util::FutureExt;
use store::Id;

use crate::problem::{Failure, Refused, http};
use crate::state::{AppState, Options};
use crate::{api, screens};

/// Everything this platform answers: the API, the screens, and what the scenes bring.
pub fn router(desk: Desk, options: Options) -> Router {
    screens::scene::bring(&options.scene_screens);
    let state = AppState {
        desk,
        secure_cookies: options.base_url.starts_with("https://"),
        base_url: options.base_url.into(),
        demo: options.demo.map(Arc::new),
        request_time_limit: options.request_time_limit,
        scene_screens: options.scene_screens.into(),
        watch: options.watch,
        stop: options.stop,
    };
    let api = api::routes(options.scene_routes, &options.problems);
    api.merge(screens::routes(&state.scene_screens))
        .fallback(unknown_path)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(options.max_body_bytes))
        .layer(middleware::from_fn_with_state(state.clone(), around))
        .with_state(state)
}

async fn unknown_path(request: Request) -> Failure {
    http::UNKNOWN_PATH.with(format!("{} leads nowhere", request.uri().path())).into()
}

async fn method_not_allowed(method: Method) -> Failure {
    http::METHOD_NOT_ALLOWED.with(format!("{method} is not one of them")).into()
}

/// Left in a response's extensions by handlers, so that the log line of the request names the order.
#[derive(Clone, Copy, Debug)]
pub struct AboutOrder(pub Id);

/// Left in a response's extensions by handlers that refuse in somebody else's words, whatever status those words need: it is no error of ours.
#[derive(Clone, Copy, Debug)]
pub struct NotTaken;

/// Told of every request, for metrics and traces.
pub trait Watch: Send + Sync {
    /// A request came; what it is handled in.
    fn begin(&self, headers: &HeaderMap) -> Begun;
    /// It is answered.
    fn answered(&self, begun: &Begun, seen: &Seen<'_>);
}

/// A request under way.
#[derive(Clone, Debug, Default)]
pub struct Begun {
    /// What the desk knows of it.
    pub scope: Scope,
    /// The caller's `traceparent`, where it is followed.
    pub parent: Option<Arc<str>>,
}

/// A request that is answered. The route is the pattern and never the address: addresses hold tokens.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The method.
    pub method: &'a Method,
    /// The pattern of the route; none for an address that leads nowhere.
    pub route: Option<&'a str>,
    /// The status.
    pub status: StatusCode,
    /// How long it took.
    pub took: Duration,
    /// The order it was about.
    pub order: Option<Id>,
}

/// Around every request: time limit, panics, headers, one log line. The line names the route and never the address: addresses hold tokens.
async fn around(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let begun = state.watch.as_ref().map(|watch| watch.begin(request.headers())).unwrap_or_default();
    let answer = async {
        match nul_in(request.uri()) {
            Some(refused) => refused.into_response(),
            None => next.run(request).await,
        }
    };
    let answer = begun.scope.clone().run(AssertUnwindSafe(answer).catch_unwind());
    let mut response = match tokio::time::timeout(state.request_time_limit, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Failure::from(&http::INTERNAL).into_response(),
        Err(_) => Failure::from(&http::TIME_LIMIT).into_response(),
    };
    harden(&mut response);
    let seen = Seen {
        method: &method,
        route: route.as_ref().map(MatchedPath::as_str),
        status: response.status(),
        took: began.elapsed(),
        order: response.extensions().get::<AboutOrder>().map(|about| about.0).or_else(|| begun.scope.order()),
    };
    log(&seen, &response);
    if let Some(watch) = &state.watch {
        watch.answered(&begun, &seen);
    }
    response
}

/// A NUL in an address belongs to nothing here, and no database takes it in a text.
fn nul_in(address: &Uri) -> Option<Failure> {
    let nul = |text: &str| text.contains("%00");
    if nul(address.path()) {
        return Some(http::UNKNOWN_PATH.with("the address has a NUL character (%00)").into());
    }
    let query = address.query().is_some_and(nul);
    query.then(|| http::INVALID_QUERY.with("a parameter has a NUL character (%00)").into())
}

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const FRAME: HeaderValue = HeaderValue::from_static("DENY");
/// Own scripts and styles only; `data:` images for codes drawn in the page.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
     base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
);

/// Security headers, unless a handler set its own.
fn harden(response: &mut Response) {
    let is_html =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    if is_html {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(POLICY);
        headers.entry(header::X_FRAME_OPTIONS).or_insert(FRAME);
        headers.entry(header::REFERRER_POLICY).or_insert(SAME_ORIGIN);
        headers
            .entry(HeaderName::from_static("permissions-policy"))
            .or_insert(HeaderValue::from_static("camera=(self), geolocation=(), microphone=()"));
    }
}

fn log(seen: &Seen<'_>, response: &Response) {
    let (method, status) = (seen.method, seen.status);
    if !tracing::enabled!(tracing::Level::INFO) && status.is_success() {
        return;
    }
    let route = seen.route.unwrap_or("-");
    let micros = u64::try_from(seen.took.as_micros()).unwrap_or(u64::MAX);
    let order = seen.order.map(tracing::field::display);
    let code = response.extensions().get::<Refused>().map(|r| r.0);
    if response.extensions().get::<NotTaken>().is_some() {
        tracing::warn!(%method, route, status = status.as_u16(), micros, order, code, "request");
    } else if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        tracing::error!(%method, route, status = status.as_u16(), micros, order, code, "request");
    } else {
        tracing::info!(%method, route, status = status.as_u16(), micros, order, code, "request");
    }
}
