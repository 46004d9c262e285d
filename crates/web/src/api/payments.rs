//! Attempts, refunds, and a device's acknowledgement of what it handed out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::in_app::InAppPlan;
use desk::problem::desk as problems;
use desk::rows::Presentment;
use desk::{AttemptAsk, RefundRequest};
use serde_json::Value;
use store::Id;

use super::shapes::{
    AcknowledgeBody, AttemptBody, AttemptView, FulfilmentView, RefundBody, RefundView, text,
};
use crate::AppState;
use crate::auth::Caller;
use crate::edge::AboutOrder;
use crate::json::{Body, Key, PathId, Reply, ok};
use crate::problem::Failure;

/// Answers `value` and names the order in the log line.
pub(super) fn about(order: Id, response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    response.extensions_mut().insert(AboutOrder(order));
    response
}

/// Reads an attempt. Errors: `invalid_request` naming the field.
pub(super) fn ask(body: AttemptBody) -> Result<AttemptAsk, Failure> {
    let presentment = match Presentment::parse(&body.presentment) {
        Presentment::Other(text) => {
            return Err(problems::PRESENTMENT_UNSUPPORTED
                .with(format!("presentment: {text:?} is not known here"))
                .into());
        }
        known => known,
    };
    if body.payer_code.is_some() && presentment != Presentment::CustomerPresented {
        return Err(problems::INVALID_REQUEST.with("payer_code: belongs to customer_presented only").into());
    }
    if body.tendered.is_some() && presentment != Presentment::Cash {
        return Err(problems::INVALID_REQUEST.with("tendered: belongs to cash only").into());
    }
    let data = if presentment == Presentment::InApp {
        in_app(&body)?
    } else {
        refuse_in_app(&body, body.data.clone())?
    };
    Ok(AttemptAsk {
        presentment,
        channel: body.channel,
        payer_code: body.payer_code,
        tendered: body.tendered.map(Into::into),
        terminal: body.terminal,
        data,
    })
}

/// How an order is to be paid inside an app, as the desk reads it.
fn in_app(body: &AttemptBody) -> Result<Value, Failure> {
    if !body.data.is_null() {
        return Err(problems::INVALID_REQUEST.with("data: in_app has fields of its own").into());
    }
    let usual = if body.payer_id.is_some() { "page" } else { "browser" };
    let plan = InAppPlan {
        way: body.way.clone().unwrap_or_else(|| usual.to_owned()),
        payer_id: body.payer_id.clone(),
        client_ip: body.client_ip.clone(),
        return_url: body.return_url.clone(),
        take_over: body.take_over,
    };
    Ok(serde_json::to_value(plan).unwrap_or_default())
}

fn refuse_in_app(body: &AttemptBody, data: Value) -> Result<Value, Failure> {
    let odd = [
        ("way", body.way.is_some()),
        ("payer_id", body.payer_id.is_some()),
        ("client_ip", body.client_ip.is_some()),
        ("return_url", body.return_url.is_some()),
        ("take_over", body.take_over),
    ];
    match odd.iter().find(|(_, there)| *there) {
        Some((field, _)) => {
            Err(problems::INVALID_REQUEST.with(format!("{field}: belongs to in_app only")).into())
        }
        None => Ok(data),
    }
}

/// Tries to pay an order.
///
/// `merchant_presented` answers the code to show. `customer_presented` answers once it is settled or after two seconds: follow the order then.
/// `cash` answers with the change. `in_app` answers `call`, what the wallet's own script is given, or in a browser `address`, where to go.
#[utoipa::path(post, path = "/v1/orders/{order}/attempts", tag = "payments", params(("order" = String, Path)), request_body = AttemptBody,
    responses((status = 201, body = AttemptView)))]
pub(super) async fn attempt(
    State(state): State<AppState>,
    caller: Caller,
    PathId(order): PathId,
    Key(key): Key,
    Body(body): Body<AttemptBody>,
) -> Result<Response, Failure> {
    let attempt = state.desk.attempt(&caller.who, &key, order, ask(body)?).await?;
    Ok(about(order, Reply(StatusCode::CREATED, AttemptView::from(&attempt))))
}

/// Gives money back.
///
/// All that is left when no amount is named. More than was paid is refused with `refund_exceeds_paid`.
#[utoipa::path(post, path = "/v1/orders/{order}/refunds", tag = "payments", params(("order" = String, Path)), request_body = RefundBody,
    responses((status = 201, body = RefundView)))]
pub(super) async fn refund(
    State(state): State<AppState>,
    caller: Caller,
    PathId(order): PathId,
    Key(key): Key,
    Body(body): Body<RefundBody>,
) -> Result<Response, Failure> {
    let reason = text("reason", &body.reason, 80)?;
    let request = RefundRequest { amount: body.amount.map(Into::into), reason };
    let refund = state.desk.refund(&caller.who, &key, order, request).await?;
    Ok(about(order, Reply(StatusCode::CREATED, RefundView::from(&refund))))
}

/// Tries a failed refund again, with its own number.
#[utoipa::path(post, path = "/v1/refunds/{refund}/retry", tag = "payments", params(("refund" = String, Path)), responses((status = 200, body = RefundView)))]
pub(super) async fn retry_refund(
    State(state): State<AppState>,
    caller: Caller,
    PathId(refund): PathId,
    Key(key): Key,
) -> Result<Response, Failure> {
    let refund = state.desk.retry_refund(&caller.who, &key, refund).await?;
    Ok(about(refund.order, ok(RefundView::from(&refund))))
}

/// Has the channel repair a refund that the payer's side did not take (its `advice` is `repair`): the money goes to the merchant's own bank account,
/// and from there by hand.
#[utoipa::path(post, path = "/v1/refunds/{refund}/repair", tag = "payments", params(("refund" = String, Path)), responses((status = 200, body = RefundView)))]
pub(super) async fn repair_refund(
    State(state): State<AppState>,
    caller: Caller,
    PathId(refund): PathId,
    Key(key): Key,
) -> Result<Response, Failure> {
    let refund = state.desk.repair_refund(&caller.who, &key, refund).await?;
    Ok(about(refund.order, ok(RefundView::from(&refund))))
}

/// A device says what became of what it was to hand out.
#[utoipa::path(post, path = "/v1/fulfilments/{fulfilment}/acknowledge", tag = "payments", params(("fulfilment" = String, Path)),
    request_body = AcknowledgeBody, responses((status = 200, body = FulfilmentView)))]
pub(super) async fn acknowledge(
    State(state): State<AppState>,
    caller: Caller,
    PathId(fulfilment): PathId,
    Key(key): Key,
    Body(body): Body<AcknowledgeBody>,
) -> Result<Response, Failure> {
    let note = body.note.as_deref().map(|n| text("note", n, 200)).transpose()?;
    let fulfilment = state.desk.acknowledge(&caller.who, &key, fulfilment, body.done, note).await?;
    Ok(about(fulfilment.order, ok(FulfilmentView::from(&fulfilment))))
}
