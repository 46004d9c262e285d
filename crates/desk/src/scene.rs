//! The contract between the desk and a scene: it quotes, fulfils and revokes, inside the desk's decisions.

use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use store::{Id, Migration, Millis, Stop, View};

use crate::problem::Refusal;
use crate::rows::{Order, Refund, Site, Terminal};

/// One priced line with its reason: a code and parameters that the screen words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteLine {
    /// The reason's code, such as `retail.item`.
    pub code: String,
    /// What the screen needs to word it: `{"name": "Tea", "quantity": 2, "unit_price": 300}`.
    #[serde(default)]
    pub params: serde_json::Map<String, serde_json::Value>,
    /// How much; negative for a reduction.
    pub amount: Money,
}

/// What a scene answers: lines that add up, until when, and what is being paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The lines; their sum is what is due and never negative.
    pub lines: Vec<QuoteLine>,
    /// The currency of all of it.
    pub currency: Currency,
    /// What the payer reads in the wallet; no personal data (rule 12).
    pub description: String,
    /// The one thing paid for (a stay, a slip, a parcel), where at most one open order may exist.
    pub subject: Option<String>,
    /// Until when the quote holds; `None` for the desk's own default.
    pub valid_until: Option<Millis>,
}

/// Who asks for a quote, where, and what for.
pub struct QuoteAsk<'a> {
    /// The site.
    pub site: &'a Site,
    /// The terminal, when there is one.
    pub terminal: Option<&'a Terminal>,
    /// What the merchant sells in.
    pub currency: Currency,
    /// The scene's own request, as it came.
    pub request: &'a serde_json::Value,
}

/// Something handed out. What a device must do is a job with an acknowledgement (rule 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handout {
    /// What sort: `receipt`, `ticket`, `exit_permission`.
    pub kind: &'static str,
    /// The thing itself, as the screens and devices need it.
    pub body: serde_json::Value,
    /// The terminal whose device must act, if one must; the fulfilment is `pending` until it acknowledges.
    pub device: Option<Id>,
}

/// A line of business.
pub trait Scene: Send + Sync {
    /// Its code in the API: `retail`.
    fn code(&self) -> &'static str;
    /// Its tables.
    fn migrations(&self) -> &'static [Migration] {
        &[]
    }
    /// Prices a request. Pure but for what it reads through the view.
    fn quote(&self, view: &mut View, ask: &QuoteAsk<'_>) -> Result<Quote, Stop<Refusal>>;
    /// Hands out what was paid, in the payment's own decision.
    fn fulfil(&self, view: &mut View, order: &Order) -> Result<Vec<Handout>, Stop<Refusal>>;
    /// Takes back what a refund undoes, in the refund's own decision.
    fn revoke(&self, view: &mut View, order: &Order, refund: &Refund) -> Result<(), Stop<Refusal>>;
}
