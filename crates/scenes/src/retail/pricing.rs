//! From a request to priced lines: strict reading, limits, the catalogue's prices.

use std::collections::BTreeMap;

use desk::Refusal;
use desk::problem::desk as problems;
use desk::scene::{Quote, QuoteAsk, QuoteLine};
use money::{Money, MoneyError};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::{Stop, View};
use web::api::shapes::Amount;

use super::catalogue::{Item, is_sku};
use super::{Limits, problem};

/// The code of a line that is an amount with a description.
pub(super) const AMOUNT_LINE: &str = "retail.amount";
/// The code of a line that is an item of the catalogue.
pub(super) const ITEM_LINE: &str = "retail.item";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    amount: Option<Amount>,
    description: Option<String>,
    items: Option<Vec<Wanted>>,
}

/// One line of a basket.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    sku: String,
    quantity: i64,
}

/// What is wanted, with everything checked that needs no catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Basket {
    /// An amount, and what the payer reads.
    Amount(Money, String),
    /// Items.
    Items(Vec<Wanted>),
}

/// Reads a request. Errors: `invalid_request` naming the field, `invalid_amount`, `currency_mismatch`, `retail_too_many_lines`, `retail_quantity_invalid`.
pub(super) fn read(ask: &QuoteAsk<'_>, limits: &Limits) -> Result<Basket, Refusal> {
    let invalid = |detail: &'static str| Err(problems::INVALID_REQUEST.with(detail));
    match web::json::from_value::<Request>("request", ask.request)? {
        Request { amount: Some(amount), items: None, description } => {
            let amount = check_amount(amount.into(), ask, limits)?;
            Ok(Basket::Amount(amount, describe(description.as_deref(), ask, limits)?))
        }
        Request { items: Some(items), amount: None, description: None } => {
            check_items(&items, limits)?;
            Ok(Basket::Items(items))
        }
        Request { items: Some(_), .. } => invalid("request: items come without amount and description"),
        Request { .. } => invalid("request: send an amount with a description, or items"),
    }
}

fn check_amount(amount: Money, ask: &QuoteAsk<'_>, limits: &Limits) -> Result<Money, Refusal> {
    if amount.currency != ask.currency {
        return Err(problems::CURRENCY_MISMATCH
            .with(format!("request.amount.currency: this merchant sells in {}", ask.currency)));
    }
    if !amount.is_positive() {
        return Err(problems::INVALID_AMOUNT
            .with(format!("request.amount.value: {} is not above zero", amount.value)));
    }
    within(amount, limits)
}

fn within(total: Money, limits: &Limits) -> Result<Money, Refusal> {
    if total.value > limits.max_total {
        let limit = Money::new(limits.max_total, total.currency);
        return Err(problems::INVALID_AMOUNT.with(format!("{total} is beyond the limit of {limit}")));
    }
    Ok(total)
}

/// What the payer reads: as sent, or the site's name.
fn describe(description: Option<&str>, ask: &QuoteAsk<'_>, limits: &Limits) -> Result<String, Refusal> {
    let text = description.map_or("", str::trim);
    if text.is_empty() {
        return Ok(ask.site.name.clone());
    }
    if text.chars().count() > limits.max_description || text.chars().any(char::is_control) {
        let detail = format!(
            "request.description: at most {} characters, no control characters",
            limits.max_description
        );
        return Err(problems::INVALID_REQUEST.with(detail));
    }
    Ok(text.to_owned())
}

fn check_items(items: &[Wanted], limits: &Limits) -> Result<(), Refusal> {
    if items.is_empty() {
        return Err(problems::INVALID_REQUEST.with("request.items: is empty"));
    }
    if items.len() > limits.max_lines {
        return Err(problem::TOO_MANY_LINES.with(format!(
            "request.items: {} lines, at most {}",
            items.len(),
            limits.max_lines
        )));
    }
    for (at, item) in items.iter().enumerate() {
        if !(1..=limits.max_quantity).contains(&item.quantity) {
            let detail = format!(
                "request.items[{at}].quantity: {} is not between 1 and {}",
                item.quantity, limits.max_quantity
            );
            return Err(problem::QUANTITY_INVALID.with(detail));
        }
        if !is_sku(&item.sku) {
            return Err(problem::ITEM_UNKNOWN.with(format!("request.items[{at}].sku: {:?}", item.sku)));
        }
    }
    Ok(())
}

/// Prices a basket. Errors: `retail_item_unknown`, `retail_item_inactive`, `currency_mismatch`, `invalid_amount`.
pub(super) fn price(
    view: &mut View,
    ask: &QuoteAsk<'_>,
    basket: &Basket,
    limits: &Limits,
) -> Result<Quote, Stop<Refusal>> {
    let (lines, description) = match basket {
        Basket::Amount(amount, description) => {
            let params = object(json!({"description": description}));
            (vec![QuoteLine { code: AMOUNT_LINE.to_owned(), params, amount: *amount }], description.clone())
        }
        Basket::Items(wanted) => {
            let lines = item_lines(view, ask, wanted)?;
            let description = summary(&lines, ask, limits);
            (lines, description)
        }
    };
    let total = Money::sum(ask.currency, lines.iter().map(|l| l.amount)).map_err(|e| too_large(&e))?;
    within(total, limits)?;
    Ok(Quote { lines, currency: ask.currency, description, subject: None, valid_until: None })
}

fn item_lines(
    view: &mut View,
    ask: &QuoteAsk<'_>,
    wanted: &[Wanted],
) -> Result<Vec<QuoteLine>, Stop<Refusal>> {
    let skus: Vec<String> = wanted.iter().map(|w| w.sku.clone()).collect();
    let found = view.all::<Item>(skus)?;
    let known: BTreeMap<&str, &Item> = found.iter().flatten().map(|item| (item.sku.as_str(), item)).collect();
    let mut lines = Vec::with_capacity(wanted.len());
    for (at, want) in wanted.iter().enumerate() {
        let item = known
            .get(want.sku.as_str())
            .ok_or_else(|| problem::ITEM_UNKNOWN.with(format!("request.items[{at}].sku: {:?}", want.sku)))?;
        if !item.active {
            return Err(Stop::Refused(
                problem::ITEM_INACTIVE.with(format!("request.items[{at}].sku: {:?}", want.sku)),
            ));
        }
        if item.currency != ask.currency.code() {
            return Err(Stop::Refused(
                problems::CURRENCY_MISMATCH.with(format!("{:?} is priced in {}", item.sku, item.currency)),
            ));
        }
        let unit_price = Money::new(item.unit_price, ask.currency);
        let amount = unit_price.times(want.quantity).map_err(|e| too_large(&e))?;
        let params = object(json!({
            "sku": item.sku, "name_en": item.name_en, "name_zh": item.name_zh, "quantity": want.quantity, "unit_price": unit_price,
        }));
        lines.push(QuoteLine { code: ITEM_LINE.to_owned(), params, amount });
    }
    Ok(lines)
}

/// What the payer reads of a basket: its first item, and how many more.
fn summary(lines: &[QuoteLine], ask: &QuoteAsk<'_>, limits: &Limits) -> String {
    let first =
        lines.first().and_then(|l| l.params.get("name_zh")).and_then(Value::as_str).unwrap_or(&ask.site.name);
    let text = if lines.len() > 1 { format!("{first} +{}", lines.len() - 1) } else { first.to_owned() };
    text.chars().take(limits.max_description).collect()
}

fn too_large(error: &MoneyError) -> Refusal {
    problems::INVALID_AMOUNT.with(error.to_string())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
