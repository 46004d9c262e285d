//! Lists and overviews: orders with search, one order's time line, today at a glance.

use std::borrow::Cow;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::ledger::AccountKey;
use desk::rows::{Entry, OrderState};
use desk::{Attention, OrderFilter, Today};
use money::Currency;
use serde::{Deserialize, Serialize};
use store::{Id, Millis};
use utoipa::{IntoParams, ToSchema};

use super::events::EventView;
use super::payments::about;
use super::shapes::{Amount, AmountView, OrderHead, Page, page_size};
use crate::AppState;
use crate::auth::Caller;
use crate::json::{PathId, Query, ok};
use crate::problem::{Failure, http};

/// Which orders.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Orders {
    /// Part of an id, a description, a channel's number.
    text: Option<String>,
    /// `open`, `paid`, `fulfilled` or `closed`.
    state: Option<String>,
    /// Of one site.
    #[param(value_type = Option<String>)]
    site: Option<Id>,
    /// Of one terminal.
    #[param(value_type = Option<String>)]
    terminal: Option<Id>,
    /// Made at this moment or later.
    #[param(value_type = Option<String>)]
    from: Option<Millis>,
    /// Made before this moment.
    #[param(value_type = Option<String>)]
    to: Option<Millis>,
    /// Only those an operator should look at.
    #[serde(default)]
    needs_attention: bool,
    /// The cursor of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Id>,
    /// At most how many, up to 200.
    limit: Option<u32>,
}

/// Orders, newest first.
#[utoipa::path(get, path = "/v1/orders", tag = "orders", params(Orders), responses((status = 200, body = Page<OrderHead>)))]
pub(super) async fn orders(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<Orders>,
) -> Result<Response, Failure> {
    let limit = page_size(query.limit)?;
    let filter = OrderFilter {
        text: query.text.filter(|t| !t.trim().is_empty()),
        state: query.state.as_deref().map(order_state).transpose()?,
        site: query.site,
        terminal: query.terminal,
        from: query.from,
        to: query.to,
        needs_attention: query.needs_attention,
        after: query.after,
        limit,
    };
    let orders = state.desk.orders(&caller.who, &filter).await?;
    let full = orders.len() >= limit as usize;
    let next = orders.last().filter(|_| full).map(|o| Cow::Owned(o.id.to_string()));
    Ok(ok(Page { items: orders.iter().map(OrderHead::from).collect(), next }).into_response())
}

fn order_state(text: &str) -> Result<OrderState, Failure> {
    match OrderState::parse(text) {
        OrderState::Other(_) => Err(http::INVALID_QUERY
            .with(format!("state: {text:?} is not open, paid, fulfilled or closed"))
            .into()),
        known => Ok(known),
    }
}

/// One side of a movement of money.
#[derive(Serialize, ToSchema)]
#[schema(as = Entry)]
struct EntryView<'a> {
    /// The account's class: `receivable`, `drawer`, `takings` …
    class: &'static str,
    /// The channel account, terminal or site it belongs to.
    #[schema(value_type = String)]
    owner: Id,
    /// How much; the entries of one movement sum to zero.
    #[schema(value_type = Amount)]
    amount: AmountView<'a>,
    /// Shared by the entries of one movement.
    #[schema(value_type = String)]
    movement: Id,
    /// What moved it: a stable word.
    cause: &'a str,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Millis,
}

/// What happened to an order, in order, and what it did to the books.
#[derive(Serialize, ToSchema)]
#[schema(as = Timeline)]
struct TimelineView<'a> {
    /// Events, oldest first.
    events: Vec<EventView>,
    /// Ledger entries, oldest first.
    entries: Vec<EntryView<'a>>,
}

fn entry(e: &Entry) -> EntryView<'_> {
    let account = AccountKey::from_stored(e.owner, e.class);
    EntryView {
        class: account.map_or("unknown", |a| a.class.as_str()),
        owner: e.owner,
        amount: AmountView { value: e.amount, currency: account.map_or("", |a| a.currency.code()) },
        movement: e.movement,
        cause: &e.cause,
        at: e.at,
    }
}

/// Everything that happened to an order, and its entries in the books.
#[utoipa::path(get, path = "/v1/orders/{order}/timeline", tag = "orders", params(("order" = String, Path)), responses((status = 200, body = TimelineView)))]
pub(super) async fn timeline(
    State(state): State<AppState>,
    caller: Caller,
    PathId(order): PathId,
) -> Result<Response, Failure> {
    let line = state.desk.timeline(&caller.who, order).await?;
    let events = line.events.into_iter().map(EventView::from).collect();
    Ok(about(order, ok(TimelineView { events, entries: line.entries.iter().map(entry).collect() })))
}

/// Which site's day.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Day {
    /// One site; all of them by the first site's zone when left out.
    #[param(value_type = Option<String>)]
    site: Option<Id>,
}

/// What one channel brought.
#[derive(Serialize, ToSchema)]
#[schema(as = ChannelDay)]
struct ChannelDayView {
    /// The channel.
    channel: String,
    /// How many payments.
    count: i64,
    /// What came in.
    gross: Amount,
    /// What of it went back.
    refunded: Amount,
}

/// Something an operator should look at.
#[derive(Serialize, ToSchema)]
#[schema(as = Attention)]
struct AttentionView {
    /// `refund_automatic`, `refund_failed`, `refund_stuck`, `attempt_in_doubt`, `job_parked`.
    kind: String,
    /// The order it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    order: Option<Id>,
    /// Why: a stable word, or the channel's own words.
    why: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Millis,
}

/// A merchant's day at a glance.
#[derive(Serialize, ToSchema)]
#[schema(as = Today)]
struct TodayView {
    /// The local day.
    business_date: String,
    /// Orders made.
    orders: i64,
    /// Orders paid.
    paid_orders: i64,
    /// Money that came in.
    gross: Amount,
    /// Money that went back.
    refunded: Amount,
    /// By channel.
    by_channel: Vec<ChannelDayView>,
    /// Payments under way.
    open_attempts: i64,
    /// Payments in doubt.
    in_doubt: i64,
    /// Refunds on their way.
    refunds_processing: i64,
    /// Refunds that failed.
    refunds_failed: i64,
    /// Jobs set aside.
    parked_jobs: i64,
    /// What to look at, newest first.
    attention: Vec<AttentionView>,
}

fn today_view(day: Today, currency: Currency) -> TodayView {
    let money = |value| Amount { value, currency };
    let channel = |c: desk::lists::ChannelDay| ChannelDayView {
        channel: c.channel,
        count: c.count,
        gross: money(c.gross),
        refunded: money(c.refunded),
    };
    let attention = |a: Attention| AttentionView { kind: a.kind, order: a.order, why: a.why, at: a.at };
    TodayView {
        business_date: day.business_date,
        orders: day.orders,
        paid_orders: day.paid_orders,
        gross: money(day.gross),
        refunded: money(day.refunded),
        by_channel: day.by_channel.into_iter().map(channel).collect(),
        open_attempts: day.open_attempts,
        in_doubt: day.in_doubt,
        refunds_processing: day.refunds_processing,
        refunds_failed: day.refunds_failed,
        parked_jobs: day.parked_jobs,
        attention: day.attention.into_iter().map(attention).collect(),
    }
}

/// The merchant's day at a glance.
#[utoipa::path(get, path = "/v1/today", tag = "orders", params(Day), responses((status = 200, body = TodayView)))]
pub(super) async fn today(
    State(state): State<AppState>,
    caller: Caller,
    Query(day): Query<Day>,
) -> Result<Response, Failure> {
    let currency = state.desk.currency_of(&caller.who).await?;
    let today = state.desk.today(&caller.who, day.site).await?;
    Ok(ok(today_view(today, currency)).into_response())
}
