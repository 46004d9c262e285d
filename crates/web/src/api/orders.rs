//! Quotes and orders: made, looked at, closed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::problem::desk as problems;
use desk::{NewOrder, Sale, Whole};

use super::shapes::{OrderBody, OrderView, QuoteView, SaleBody};
use crate::AppState;
use crate::auth::Caller;
use crate::edge::AboutOrder;
use crate::json::{Body, Key, PathId, Reply, ok};
use crate::problem::Failure;

/// Answers the whole order; nothing of it is copied on the way.
pub(super) fn whole(state: &AppState, status: StatusCode, whole: &Whole) -> Response {
    let pay_url = state.desk.pay_url(&whole.order);
    let mut response = Reply(status, OrderView::of(whole, &pay_url)).into_response();
    response.extensions_mut().insert(AboutOrder(whole.order.id));
    response
}

/// Prices a sale.
///
/// The quote is kept: an order can be made from it while it is valid.
#[utoipa::path(post, path = "/v1/quotes", tag = "orders", request_body = SaleBody, responses((status = 200, body = QuoteView)))]
pub(super) async fn quote(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(body): Body<SaleBody>,
) -> Result<Response, Failure> {
    let sale = Sale { scene: body.scene, site: body.site, terminal: body.terminal, request: body.request };
    let quote = state.desk.quote(&caller.who, &key, sale).await?;
    Ok(ok(QuoteView::from(&quote)).into_response())
}

fn new_order(body: OrderBody) -> Result<NewOrder, Failure> {
    let refuse = |what: &'static str| Err(problems::INVALID_REQUEST.with(what).into());
    match body {
        OrderBody { quote: Some(quote), scene: None, site: None, terminal: None, request: None } => {
            Ok(NewOrder::Quote(quote))
        }
        OrderBody { quote: Some(_), .. } => refuse("quote: an order from a quote takes nothing else"),
        OrderBody { scene: Some(scene), request: Some(request), site, terminal, quote: None } => {
            Ok(NewOrder::Sale(Sale { scene, site, terminal, request }))
        }
        OrderBody { scene: None, .. } => refuse("scene: is missing"),
        OrderBody { request: None, .. } => refuse("request: is missing"),
    }
}

/// Makes an order.
///
/// From a sale, priced now, or from a quote as it stands. Where nothing is due the order is fulfilled at once.
#[utoipa::path(post, path = "/v1/orders", tag = "orders", request_body = OrderBody, responses((status = 201, body = OrderView)))]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(body): Body<OrderBody>,
) -> Result<Response, Failure> {
    let made = state.desk.create_order(&caller.who, &key, new_order(body)?).await?;
    Ok(whole(&state, StatusCode::CREATED, &made))
}

/// The order with all of it.
#[utoipa::path(get, path = "/v1/orders/{order}", tag = "orders", params(("order" = String, Path)), responses((status = 200, body = OrderView)))]
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathId(order): PathId,
) -> Result<Response, Failure> {
    let found = state.desk.order(&caller.who, order).await?;
    Ok(whole(&state, StatusCode::OK, &found))
}

/// Stops an unpaid order.
///
/// Money that comes later flows back by itself.
#[utoipa::path(post, path = "/v1/orders/{order}/close", tag = "orders", params(("order" = String, Path)), responses((status = 200, body = OrderView)))]
pub(super) async fn close(
    State(state): State<AppState>,
    caller: Caller,
    PathId(order): PathId,
    Key(key): Key,
) -> Result<Response, Failure> {
    let closed = state.desk.close(&caller.who, &key, order).await?;
    Ok(whole(&state, StatusCode::OK, &closed))
}
