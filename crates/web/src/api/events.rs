//! Everything that happened at a merchant, in order: what a partner system reads to keep up.

use std::borrow::Cow;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Event, Id, Millis};
use utoipa::{IntoParams, ToSchema};

use super::shapes::{Page, page_size};
use crate::AppState;
use crate::auth::Caller;
use crate::json::{Query, ok};
use crate::problem::{Failure, http};

/// Where to go on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct After {
    /// The cursor of the page before; from the beginning when absent.
    after: Option<String>,
    /// At most how many, up to 200.
    limit: Option<u32>,
}

/// Something that happened. Webhooks bring the same.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(super) struct EventView {
    /// Its number at this merchant, growing by one.
    pub(super) id: String,
    /// What happened: `order.paid`, `attempt.declined` …
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(super) timestamp: Millis,
    /// The order, or what else it is about.
    #[schema(value_type = String)]
    pub(super) subject: Id,
    /// Ids and versions; no personal data.
    #[schema(value_type = Object)]
    pub(super) data: Value,
}

impl From<Event> for EventView {
    fn from(e: Event) -> Self {
        EventView { id: e.seq.to_string(), kind: e.kind, timestamp: e.at, subject: e.subject, data: e.data.0 }
    }
}

/// Everything that happened, in order.
///
/// `next` is always there: ask again with it to learn what came since. An empty page means that nothing did.
#[utoipa::path(get, path = "/v1/events", tag = "events", params(After), responses((status = 200, body = Page<EventView>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<After>,
) -> Result<Response, Failure> {
    let after: i64 = match query.after.as_deref() {
        None | Some("") => 0,
        Some(text) => text.parse().ok().filter(|n| *n >= 0).ok_or_else(|| {
            http::INVALID_QUERY.with(format!("after: {text:?} is not a cursor; send what \"next\" held"))
        })?,
    };
    let events = state.desk.events(&caller.who, after, page_size(query.limit)?).await?;
    let next = events.last().map_or(after, |e| e.seq);
    let items = events.into_iter().map(EventView::from).collect();
    Ok(ok(Page { items, next: Some(Cow::Owned(next.to_string())) }).into_response())
}
