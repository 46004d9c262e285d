//! Bills beside the ledger: the days that were compared, one day with what differs, comparing now, saying why.

use std::borrow::Cow;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::ReconciliationFilter;
use serde::Deserialize;
use store::Id;
use utoipa::IntoParams;

use super::shapes::{
    DifferenceView, ExplainBody, Page, ReconcileBody, ReconciliationView, StatementView, page_size,
};
use crate::AppState;
use crate::auth::Caller;
use crate::json::{Body, Key, Path, Query, ok};
use crate::problem::{Failure, http};

/// Which days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Days {
    /// Only this day: `2026-11-22`.
    date: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most how many, up to 200.
    limit: Option<u32>,
}

/// Days whose bills were compared with the ledger, newest first.
#[utoipa::path(get, path = "/v1/reconciliations", tag = "books", params(Days), responses((status = 200, body = Page<ReconciliationView>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<Days>,
) -> Result<Response, Failure> {
    let limit = page_size(query.limit)?;
    let after = query.after.as_deref().map(cursor).transpose()?;
    let filter = ReconciliationFilter { day: query.date, after, limit };
    let rows = state.desk.reconciliations(&caller.who, &filter).await?;
    let full = rows.len() >= limit as usize;
    let next = rows.last().filter(|_| full).map(|row| Cow::Owned(format!("{}.{}", row.day, row.account)));
    let items = rows.iter().map(|row| ReconciliationView::of(row, None)).collect();
    Ok(ok(Page { items, next }).into_response())
}

fn cursor(text: &str) -> Result<(String, Id), Failure> {
    let parts = text.split_once('.').and_then(|(day, id)| Some((day.to_owned(), id.parse().ok()?)));
    parts.ok_or_else(|| {
        http::INVALID_QUERY.with(format!("after: {text:?} is not a cursor of this list")).into()
    })
}

fn account_id(text: &str) -> Result<Id, Failure> {
    text.parse().map_err(|_| http::INVALID_ID.with(format!("{text:?} is not an id")).into())
}

/// One account's day, with everything that does not match.
#[utoipa::path(get, path = "/v1/reconciliations/{account}/{date}", tag = "books",
    params(("account" = String, Path), ("date" = String, Path)), responses((status = 200, body = ReconciliationView)))]
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path((account, date)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (row, found) = state.desk.reconciliation(&caller.who, account_id(&account)?, &date).await?;
    Ok(ok(ReconciliationView::of(&row, Some(&found))).into_response())
}

/// The channel's statement of its account for a day, fetched now: every movement with its fee, and what was left after it. Nothing of it is kept.
#[utoipa::path(get, path = "/v1/reconciliations/{account}/{date}/statement", tag = "books",
    params(("account" = String, Path), ("date" = String, Path)), responses((status = 200, body = StatementView)))]
pub(super) async fn statement(
    State(state): State<AppState>,
    caller: Caller,
    Path((account, date)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let told = state.desk.statement(&caller.who, account_id(&account)?, &date).await?;
    Ok(ok(StatementView::from(&told)).into_response())
}

/// Fetches a bill and compares it now. Repeating it is harmless, whatever the key.
#[utoipa::path(post, path = "/v1/reconciliations", tag = "books", request_body = ReconcileBody, responses((status = 200, body = ReconciliationView)))]
pub(super) async fn compare(
    State(state): State<AppState>,
    caller: Caller,
    _key: Key,
    Body(body): Body<ReconcileBody>,
) -> Result<Response, Failure> {
    state.desk.reconcile(&caller.who, body.account, &body.date).await?;
    let (row, found) = state.desk.reconciliation(&caller.who, body.account, &body.date).await?;
    Ok(ok(ReconciliationView::of(&row, Some(&found))).into_response())
}

/// Says why a difference is there; whoever says so answers for it.
#[utoipa::path(post, path = "/v1/reconciliations/{account}/{date}/{name}", tag = "books", request_body = ExplainBody,
    params(("account" = String, Path), ("date" = String, Path), ("name" = String, Path)), responses((status = 200, body = DifferenceView)))]
pub(super) async fn explain(
    State(state): State<AppState>,
    caller: Caller,
    Path((account, date, name)): Path<(String, String, String)>,
    Key(key): Key,
    Body(body): Body<ExplainBody>,
) -> Result<Response, Failure> {
    let of = (account_id(&account)?, date, name);
    let row = state.desk.explain_difference(&caller.who, &key, of, &body.note).await?;
    Ok(ok(DifferenceView::from(&row)).into_response())
}
