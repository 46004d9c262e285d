//! Quotes and orders.

use desk::Whole;
use desk::rows::{Order, OrderState, StoredQuote};
use desk::scene::QuoteLine;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Id, Millis};
use utoipa::ToSchema;

use super::{Amount, AmountView, AttemptView, FulfilmentView, RefundView};

/// What is to be sold: the scene, where, and the scene's own request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaleBody {
    /// The scene: `retail`.
    #[schema(example = "retail")]
    pub scene: String,
    /// The site; may be left out where the terminal tells it.
    #[schema(value_type = Option<String>)]
    pub site: Option<Id>,
    /// The terminal it is sold at.
    #[schema(value_type = Option<String>)]
    pub terminal: Option<Id>,
    /// The scene's own request.
    #[schema(value_type = Object, example = json!({"amount": {"value": 1234, "currency": "CNY"}, "description": "Tea"}))]
    pub request: Value,
}

/// A new order: from a sale, or from a quote.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderBody {
    /// A quote to order as it stands; nothing else may be sent with it.
    #[schema(value_type = Option<String>)]
    pub quote: Option<Id>,
    /// The scene: `retail`.
    #[schema(example = "retail")]
    pub scene: Option<String>,
    /// The site; may be left out where the terminal tells it.
    #[schema(value_type = Option<String>)]
    pub site: Option<Id>,
    /// The terminal it is sold at.
    #[schema(value_type = Option<String>)]
    pub terminal: Option<Id>,
    /// The scene's own request.
    #[schema(value_type = Option<Object>)]
    pub request: Option<Value>,
}

/// One priced line: a code and parameters that screens word.
#[derive(Debug, Serialize, ToSchema)]
pub struct Line {
    /// The reason's code: `retail.item`.
    pub code: String,
    /// What is needed to word it.
    #[schema(value_type = Object)]
    pub params: Value,
    /// How much; negative for a reduction.
    pub amount: Amount,
}

/// A quote: what would be due.
#[derive(Serialize, ToSchema)]
#[schema(as = Quote)]
pub struct QuoteView<'a> {
    /// Its id: an order can be made from it.
    #[schema(value_type = String)]
    pub id: Id,
    /// The scene.
    pub scene: &'a str,
    /// The site.
    #[schema(value_type = String)]
    pub site: Id,
    /// The terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub terminal: Option<Id>,
    /// What the payer reads.
    pub description: &'a str,
    /// The priced lines.
    #[schema(value_type = Vec<Line>)]
    pub lines: &'a [QuoteLine],
    /// Their sum.
    #[schema(value_type = Amount)]
    pub total: AmountView<'a>,
    /// Until when it holds.
    #[schema(value_type = String, format = DateTime)]
    pub valid_until: Millis,
}

impl<'a> From<&'a StoredQuote> for QuoteView<'a> {
    fn from(q: &'a StoredQuote) -> Self {
        QuoteView {
            id: q.id,
            scene: &q.scene,
            site: q.site,
            terminal: q.terminal,
            description: &q.description,
            lines: &q.lines,
            total: AmountView { value: q.total, currency: &q.currency },
            valid_until: q.valid_until,
        }
    }
}

/// An order without what hangs on it, as lists show it.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderSummary)]
pub struct OrderHead<'a> {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// `open`, `paid`, `fulfilled` or `closed`.
    #[schema(value_type = String)]
    pub state: &'a OrderState,
    /// The scene.
    pub scene: &'a str,
    /// The site.
    #[schema(value_type = String)]
    pub site: Id,
    /// The terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub terminal: Option<Id>,
    /// The one thing paid for, where the scene has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<&'a str>,
    /// What the payer reads.
    pub description: &'a str,
    /// What is due.
    #[schema(value_type = Amount)]
    pub amount: AmountView<'a>,
    /// What was paid and kept.
    #[schema(value_type = Amount)]
    pub paid: AmountView<'a>,
    /// What went back of it.
    #[schema(value_type = Amount)]
    pub refunded: AmountView<'a>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    /// The last moment to pay.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Millis,
    /// When it was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paid_at: Option<Millis>,
    /// When it was closed unpaid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Millis>,
    /// The local day it counts for.
    #[schema(example = "2026-11-22")]
    pub business_date: &'a str,
    /// Grows with every change of the order.
    pub version: i64,
}

impl<'a> From<&'a Order> for OrderHead<'a> {
    fn from(o: &'a Order) -> Self {
        let money = |value| AmountView { value, currency: &o.currency };
        OrderHead {
            id: o.id,
            state: &o.state,
            scene: &o.scene,
            site: o.site,
            terminal: o.terminal,
            subject: o.subject.as_deref(),
            description: &o.description,
            amount: money(o.due),
            paid: money(o.paid),
            refunded: money(o.refunded),
            created_at: o.created_at,
            expires_at: o.expires_at,
            paid_at: o.paid_at,
            closed_at: o.closed_at,
            business_date: &o.business_date,
            version: o.version,
        }
    }
}

/// The order with all of it.
#[derive(Serialize, ToSchema)]
#[schema(as = Order)]
pub struct OrderView<'a> {
    /// What lists show too.
    #[serde(flatten)]
    #[schema(value_type = OrderHead)]
    pub head: OrderHead<'a>,
    /// The priced lines it was made from.
    #[schema(value_type = Vec<Line>)]
    pub lines: &'a [QuoteLine],
    /// Every try to pay it, oldest first.
    pub attempts: Vec<AttemptView<'a>>,
    /// Money given back, oldest first.
    pub refunds: Vec<RefundView<'a>>,
    /// What was handed out.
    pub fulfilments: Vec<FulfilmentView<'a>>,
    /// The payer's page.
    pub pay_url: &'a str,
}

impl<'a> OrderView<'a> {
    /// All of it, borrowed.
    pub fn of(whole: &'a Whole, pay_url: &'a str) -> Self {
        OrderView {
            head: (&whole.order).into(),
            lines: &whole.order.lines,
            attempts: whole.attempts.iter().map(Into::into).collect(),
            refunds: whole.refunds.iter().map(Into::into).collect(),
            fulfilments: whole.fulfilments.iter().map(Into::into).collect(),
            pay_url,
        }
    }
}
