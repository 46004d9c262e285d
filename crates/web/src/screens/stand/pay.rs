//! A visitor pays at a stand: the order is made or found, and the wallet is asked for what the page hands to its cashier.

use axum::extract::{Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use desk::in_app::{InAppPlan, given, payer_of};
use desk::problem::desk as problems;
use desk::rows::{Attempt, AttemptState, Presentment, Step};
use desk::{AttemptAsk, NewOrder, Refusal, Sale, Who, Whole};
use money::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Id;

use super::Here;
use super::visit::{Visitor, client_ip};
use crate::AppState;
use crate::json::{Body, Key, PathId, ok};
use crate::problem::Failure;
use crate::screens::kit::own_form;

/// What stands for the wallet of a visitor whose browser is none.
const BROWSER: &str = "browser";

/// What a visitor wants to pay.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PayBody {
    /// A typed amount, in minor units.
    amount: Option<i64>,
    /// Or the token of an order that the visitor looks at.
    order: Option<String>,
    /// The channel, in a browser that is no wallet.
    channel: Option<String>,
    /// Goes on although another payer has begun.
    #[serde(default)]
    take_over: bool,
}

/// What the page does next.
#[derive(Serialize)]
struct Started {
    token: String,
    channel: String,
    #[serde(flatten)]
    given: Value,
}

/// What waits at the stand, as a page that is open asks every few seconds.
pub(super) async fn asked(State(state): State<AppState>, PathId(stand): PathId) -> Result<Response, Failure> {
    let stand = state.desk.stand(stand).await?;
    let asked = stand.asked.map(|order| json!({"token": state.desk.token_of(&order), "amount": order.due}));
    Ok(ok(json!({ "asked": asked })).into_response())
}

/// Starts the payment. Errors: what the desk refuses; `unauthenticated` where a wallet's visitor is not known any more.
pub(super) async fn pay(
    State(state): State<AppState>,
    Path(stand): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Key(key): Key,
    Body(body): Body<PayBody>,
) -> Result<Response, Failure> {
    own_form(&headers)?;
    let stand: Id = stand.parse().map_err(|_| problems::NOT_FOUND.with("this is no stand"))?;
    let here = Here::at(&state, stand, &headers).await?;
    let (channel, way, payer) = payer(&state, &here, &headers, &uri, &body)?;
    // a browser is told apart from others by a mark of its own
    let keep = (way == "browser").then(|| {
        here.seal
            .remember(&Visitor { channel: BROWSER.to_owned(), payer_id: payer.clone() }, state.desk.now())
    });
    let payer_id = Some(payer);
    let (who, whole) = order(&state, &here, &key, &body).await?;
    let token = state.desk.token_of(&whole.order);
    if let Some(live) = same_again(&whole, &channel, payer_id.as_deref())
        && let Some(given) = given(live)
    {
        return Ok(kept(keep, ok(Started { token, channel, given })));
    }
    let plan = InAppPlan {
        way: way.to_owned(),
        payer_id,
        client_ip: client_ip(&headers),
        return_url: (way == "browser").then(|| format!("{}/s/{stand}?o={token}", state.base_url)),
        take_over: body.take_over,
    };
    let ask = AttemptAsk {
        presentment: Presentment::InApp,
        channel: Some(channel.clone()),
        payer_code: None,
        tendered: None,
        terminal: Some(stand),
        data: serde_json::to_value(plan).unwrap_or_default(),
    };
    let key = format!("stand/{}/{key}", whole.order.id);
    let attempt = state.desk.attempt(&who, &key, whole.order.id, ask).await?;
    let given = given(&attempt).ok_or(&problems::CHANNEL_UNAVAILABLE)?;
    Ok(kept(keep, ok(Started { token, channel, given })))
}

/// The answer, with what the browser keeps.
fn kept(cookie: Option<HeaderValue>, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Who pays, and how: a wallet's visitor on its page, or somebody in a browser who chose a channel.
fn payer(
    state: &AppState,
    here: &Here,
    headers: &HeaderMap,
    uri: &Uri,
    body: &PayBody,
) -> Result<(String, &'static str, String), Refusal> {
    let wallet = here.wallet(state, headers, uri);
    match (wallet, &here.visitor, &body.channel) {
        (Some(wallet), Some(visitor), _) if visitor.channel == wallet => {
            Ok((visitor.channel.clone(), "page", visitor.payer_id.clone()))
        }
        (Some(_), _, _) => Err((&problems::UNAUTHENTICATED).into()),
        (None, known, Some(channel)) => {
            let known = known.as_ref().filter(|v| v.channel == BROWSER).map(|v| v.payer_id.clone());
            Ok((channel.clone(), "browser", known.unwrap_or_else(|| state.desk.fresh_mark())))
        }
        (None, _, None) => Err(problems::UNKNOWN_CHANNEL.with("name the channel")),
    }
}

/// The order that is looked at, or a new one of the typed amount.
async fn order(state: &AppState, here: &Here, key: &str, body: &PayBody) -> Result<(Who, Whole), Refusal> {
    let amount = match (&body.order, body.amount) {
        (Some(token), None) => return here.order(state, token).await,
        (None, Some(amount)) => amount,
        _ => return Err(problems::INVALID_REQUEST.with("send an amount, or an order")),
    };
    let desk = &state.desk;
    let currency = desk.currency_of(&here.stand.who).await?;
    let most = desk.settings().stand_max_amount;
    if !(1..=most).contains(&amount) {
        let limit = Money::new(most, currency);
        return Err(problems::INVALID_AMOUNT.with(format!("amount: more than zero, up to {limit}")));
    }
    desk.stand_has_room(&here.stand).await?;
    let sale = Sale {
        scene: "retail".to_owned(),
        site: None,
        terminal: Some(here.id()),
        request: json!({"amount": {"value": amount, "currency": currency.code()}, "description": here.stand.site.name}),
    };
    let key = format!("stand/{}/{key}", here.id());
    let made = desk.create_order(&here.stand.who, &key, NewOrder::Sale(sale)).await?;
    desk.order_by_token(&desk.token_of(&made.order)).await
}

/// A payment of the same payer that is still open: the same call opens the cashier again.
fn same_again<'a>(whole: &'a Whole, channel: &str, payer: Option<&str>) -> Option<&'a Attempt> {
    whole.attempts.iter().rev().find(|a| {
        a.presentment == Presentment::InApp
            && a.state == AttemptState::Pending
            && a.step == Step::Poll
            && a.channel == channel
            && payer_of(a).as_deref() == payer
    })
}
