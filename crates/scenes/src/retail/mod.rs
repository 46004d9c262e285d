//! Retail: an amount with a description, or items of a catalogue; a receipt is handed out.

mod api;
mod catalogue;
mod pricing;
mod receipt;

use desk::Refusal;
use desk::problem::desk as problems;
use desk::rows::{Order, Refund};
use desk::scene::{Handout, Quote, QuoteAsk, Scene};
use store::{Migration, Stop, View};

pub use api::routes;
pub use catalogue::{Item, MIGRATIONS};

/// What retail refuses, besides what the desk refuses already.
pub mod problem {
    desk::problems! {
        ITEM_UNKNOWN = Invalid "retail_item_unknown" "There is no such item in the catalogue" "Use a SKU of GET /v1/retail/items.";
        ITEM_INACTIVE = Conflict "retail_item_inactive" "This item is not sold now" "Leave it out, or make it active in the catalogue.";
        QUANTITY_INVALID = Invalid "retail_quantity_invalid" "The quantity is not acceptable" "Send a whole number between the limits named in the detail.";
        TOO_MANY_LINES = Invalid "retail_too_many_lines" "The basket has too many lines" "Split the sale; the limit is in the detail.";
        SKU_TAKEN = Conflict "retail_sku_taken" "The catalogue has an item of this SKU" "Change that item, or choose another SKU.";
        SKU_INVALID = Invalid "retail_sku_invalid" "The SKU is not usable" "Use 1 to 40 characters of A-Z, a-z, 0-9, dot, dash and underscore.";
    }
}

/// What an operator can tune.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest total, in minor units.
    pub max_total: i64,
    /// The most lines of one basket.
    pub max_lines: usize,
    /// The most pieces of one line.
    pub max_quantity: i64,
    /// The longest description, in characters.
    pub max_description: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_total: 5_000_000, max_lines: 200, max_quantity: 9_999, max_description: 120 }
    }
}

/// The scene.
#[derive(Clone, Debug, Default)]
pub struct Retail {
    limits: Limits,
}

impl Retail {
    /// Retail within these limits.
    pub fn new(limits: Limits) -> Retail {
        Retail { limits }
    }
}

impl Scene for Retail {
    fn code(&self) -> &'static str {
        "retail"
    }

    fn migrations(&self) -> &'static [Migration] {
        MIGRATIONS
    }

    fn quote(&self, view: &mut View, ask: &QuoteAsk<'_>) -> Result<Quote, Stop<Refusal>> {
        let basket = pricing::read(ask, &self.limits)?;
        pricing::price(view, ask, &basket, &self.limits)
    }

    fn fulfil(&self, view: &mut View, order: &Order) -> Result<Vec<Handout>, Stop<Refusal>> {
        receipt::hand_out(view, order)
    }

    fn revoke(&self, _: &mut View, order: &Order, _: &Refund) -> Result<(), Stop<Refusal>> {
        // The goods are gone; the receipt stays and shows what was refunded whenever it is rendered.
        if order.scene == self.code() {
            Ok(())
        } else {
            Err(Stop::Refused((&problems::UNKNOWN_SCENE).into()))
        }
    }
}
