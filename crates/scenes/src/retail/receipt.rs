//! What retail hands out: a receipt.

use desk::Refusal;
use desk::rows::{Order, Site};
use desk::scene::{Handout, QuoteLine};
use money::{Currency, Money};
use serde_json::Value;
use store::{Stop, View};
use web::receipt::{KIND, ReceiptBody, ReceiptLine, local_time};

use desk::problem::desk as problems;

/// The receipt of a paid order. No device has to act: it is printed or shown whenever somebody asks.
pub(super) fn hand_out(view: &mut View, order: &Order) -> Result<Vec<Handout>, Stop<Refusal>> {
    let site = view.need::<Site, Refusal>(order.site)?;
    let currency: Currency =
        order.currency.parse().map_err(|_| problems::CURRENCY_MISMATCH.with(order.currency.clone()))?;
    let body = ReceiptBody {
        number: order.id.to_string(),
        at: local_time(view.now(), &site.zone),
        site: site.name,
        lines: order.lines.iter().map(line).collect(),
        total: Money::new(order.due, currency),
    };
    let body = serde_json::to_value(body).map_err(|e| problems::INVALID_REQUEST.with(e.to_string()))?;
    Ok(vec![Handout { kind: KIND, body, device: None }])
}

fn line(line: &QuoteLine) -> ReceiptLine {
    let text = |name: &str| line.params.get(name).and_then(Value::as_str);
    let name = |own: &str| text(own).or_else(|| text("description")).unwrap_or(&line.code).to_owned();
    let quantity = line.params.get("quantity").and_then(Value::as_i64).unwrap_or(1);
    let unit_price = line.params.get("unit_price").and_then(|v| serde_json::from_value(v.clone()).ok());
    ReceiptLine {
        name_en: name("name_en"),
        name_zh: name("name_zh"),
        quantity,
        unit_price,
        amount: line.amount,
    }
}
