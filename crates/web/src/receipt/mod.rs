//! Receipts: what a scene hands out so that a payer can prove what was bought, shown as a page, on paper, or as bytes for a printer.
//!
//! Any scene may hand out a fulfilment of kind `receipt` whose body is a [`ReceiptBody`]; everything else (what was paid, with
//! what, what went back since) is read when it is rendered, so a reprint never shows less than happened.

mod escpos;
mod html;
mod words;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use desk::Whole;
use desk::access::{Actor, Who};
use desk::problem::desk as problems;
use desk::rows::{AttemptState, Fulfilment};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use money::Money;
use serde::{Deserialize, Serialize};
use store::{Id, Millis};
use utoipa::IntoParams;

use crate::AppState;
use crate::auth::{Caller, Visitor};
use crate::i18n::Lang;
use crate::json::{PathId, Query};
use crate::problem::{Failure, http};

/// The kind of fulfilment that is a receipt.
pub const KIND: &str = "receipt";

/// What a scene writes into the fulfilment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptBody {
    /// What the payer can quote later: the order's id.
    pub number: String,
    /// The site's name, as it was.
    pub site: String,
    /// Local date and time at the site: `2026-11-22 11:20:05`.
    pub at: String,
    /// What was bought.
    pub lines: Vec<ReceiptLine>,
    /// What it came to.
    pub total: Money,
}

/// One thing bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptLine {
    /// What it is called in English; the Chinese name where there is no other.
    pub name_en: String,
    /// What it is called in Chinese; the English name where there is no other.
    pub name_zh: String,
    /// How many.
    pub quantity: i64,
    /// One of them, where that says more than the amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Money>,
    /// All of them.
    pub amount: Money,
}

impl ReceiptLine {
    fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.name_en,
            Lang::Zh => &self.name_zh,
        }
    }
}

/// Date and time at a site: `2026-11-22 11:20:05`. An unknown zone counts as UTC.
pub fn local_time(at: Millis, zone: &str) -> String {
    let zone = desk::dates::zone(zone).unwrap_or(TimeZone::UTC);
    let stamp = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// One way it was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The channel's code.
    pub channel: String,
    /// How much.
    pub amount: Money,
    /// Cash handed over, and given back.
    pub cash: Option<(Money, Money)>,
    /// The channel's number.
    pub channel_txn: Option<String>,
}

/// A receipt, ready to be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What the scene wrote.
    pub body: ReceiptBody,
    /// How it was paid.
    pub payments: Vec<Payment>,
    /// What went back of it.
    pub refunded: Money,
    /// The payer's page.
    pub pay_url: String,
    /// True for any printing but the first.
    pub copy: bool,
}

impl Receipt {
    /// The receipt a fulfilment is. Error: it is none.
    pub fn of(
        whole: &Whole,
        fulfilment: &Fulfilment,
        pay_url: String,
        copy: bool,
    ) -> Result<Receipt, Failure> {
        let none = || {
            problems::NOT_FOUND
                .with(format!("fulfilment {} is a {}, not a receipt", fulfilment.id, fulfilment.kind))
        };
        if fulfilment.kind != KIND {
            return Err(none().into());
        }
        let body: ReceiptBody = serde_json::from_value(fulfilment.body.0.clone()).map_err(|_| none())?;
        let currency = body.total.currency;
        let money = |value| Money::new(value, currency);
        let kept = whole
            .attempts
            .iter()
            .filter(|a| a.state == AttemptState::Succeeded && whole.order.kept == Some(a.id));
        let payments = kept.map(|a| Payment {
            channel: a.channel.clone(),
            amount: money(a.amount),
            cash: a.tendered.map(|t| (money(t), money(a.change.unwrap_or(0)))),
            channel_txn: a.channel_txn.clone(),
        });
        Ok(Receipt {
            payments: payments.collect(),
            refunded: money(whole.order.refunded),
            body,
            pay_url,
            copy,
        })
    }
}

/// How to render.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct How {
    /// `zh` or `en`.
    #[serde(rename = "lang")]
    _lang: Option<String>,
    /// Whether it is marked as a copy; unless told, it is for everybody but the terminal that sold it.
    copy: Option<bool>,
    /// How many characters a line of paper holds: 32 on 58 mm, 48 on 80 mm.
    columns: Option<usize>,
    /// The token of the payer's page, instead of a key.
    t: Option<String>,
    /// Which terminal of this browser is asking.
    #[serde(rename = "as_terminal")]
    _as_terminal: Option<String>,
}

/// The receipt, for somebody who may look at its order.
async fn find(state: &AppState, who: &Who, id: Id, copy: Option<bool>) -> Result<Receipt, Failure> {
    let fulfilment = state.desk.fulfilment(who, id).await?;
    let whole = state.desk.order(who, fulfilment.order).await?;
    let sold_here = matches!(who.actor, Actor::Terminal(t) if whole.order.terminal == Some(t));
    let pay_url = state.desk.pay_url(&whole.order);
    Receipt::of(&whole, &fulfilment, pay_url, copy.unwrap_or(!sold_here))
}

/// A receipt as ESC/POS bytes.
///
/// Chinese is encoded as GB18030; the code at the end leads to the payer's page. Anything but the first printing is marked as a copy.
#[utoipa::path(get, path = "/v1/fulfilments/{fulfilment}/escpos", tag = "payments", params(("fulfilment" = String, Path), How),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(crate) async fn escpos(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Query(how): Query<How>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let columns = how.columns.unwrap_or(32);
    if !(24..=64).contains(&columns) {
        return Err(http::INVALID_QUERY.with(format!("columns: {columns} is not between 24 and 64")).into());
    }
    let receipt = find(&state, &caller.who, id, how.copy).await?;
    let bytes = escpos::bytes(&receipt, Lang::of(&uri, &headers), columns)?;
    let mut response = bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    Ok(response)
}

/// The page of a receipt: for a screen, for paper, for the payer's phone.
pub(crate) async fn page(
    State(state): State<AppState>,
    visitor: Option<Visitor>,
    PathId(id): PathId,
    Query(how): Query<How>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let who = match (&how.t, visitor) {
        (Some(token), _) => state.desk.order_by_token(token).await?.0,
        (None, Some(visitor)) => visitor.who,
        (None, None) => return Err((&problems::UNAUTHENTICATED).into()),
    };
    let receipt = find(&state, &who, id, how.copy).await?;
    Ok(html::page(&receipt, Lang::of(&uri, &headers), &uri))
}
