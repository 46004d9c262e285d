//! What is sold on a simulated day: things at a price, some for one subject at a time, some that a device must hand out, some sold out.

use desk::problem::Refusal;
use desk::problem::desk::INVALID_REQUEST;
use desk::rows::{Order, Refund};
use desk::scene::{Handout, Quote, QuoteAsk, QuoteLine, Scene};
use money::{Currency, Money};
use serde_json::json;
use store::{Millis, Stop, View};

/// Sells `{"visit": 1000, "amount": fen, "subject"?, "device"?, "sold_out"?, "minutes"?}`.
pub(crate) struct Shop;

/// Its code.
pub(crate) const SCENE: &str = "shop";

impl Scene for Shop {
    fn code(&self) -> &'static str {
        SCENE
    }

    fn quote(&self, view: &mut View, ask: &QuoteAsk<'_>) -> Result<Quote, Stop<Refusal>> {
        let amount = Money::fen(ask.request["amount"].as_i64().unwrap_or(0));
        let line = QuoteLine { code: "shop.thing".to_owned(), params: serde_json::Map::new(), amount };
        let minutes = ask.request["minutes"].as_i64();
        Ok(Quote {
            lines: vec![line],
            currency: Currency::CNY,
            description: format!("visit {}", ask.request["visit"]),
            subject: ask.request["subject"].as_str().map(str::to_owned),
            valid_until: minutes.map(|m| Millis(view.now().0 + m * 60_000)),
        })
    }

    fn fulfil(&self, _view: &mut View, order: &Order) -> Result<Vec<Handout>, Stop<Refusal>> {
        let request = &order.request.0;
        if request["sold_out"] == json!(true) {
            return Err(Stop::Refused(INVALID_REQUEST.with("sold out")));
        }
        let device = if request["device"] == json!(true) { order.terminal } else { None };
        Ok(vec![Handout { kind: "thing", body: json!({ "due": order.due }), device }])
    }

    fn revoke(&self, _view: &mut View, _order: &Order, _refund: &Refund) -> Result<(), Stop<Refusal>> {
        Ok(())
    }
}
