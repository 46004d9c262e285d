//! The catalogue's API: items listed, added, changed.

use std::borrow::Cow;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::Refusal;
use desk::access::{Act, Who};
use desk::once::Once;
use desk::problem::desk as problems;
use money::Currency;
use serde::{Deserialize, Serialize};
use store::Stop;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::api::shapes::{Amount, AmountView, Page, page_size, text};
use web::json::{Body, Key, Path, Query, created, ok};
use web::{AppState, Caller, Failure, SceneRoutes};

use super::catalogue::{Item, is_sku};
use super::problem;

/// What retail adds to the API.
pub fn routes() -> SceneRoutes {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(change))
}

/// An item of the catalogue.
#[derive(Serialize, ToSchema)]
#[schema(as = RetailItem)]
struct ItemView<'a> {
    /// What names it.
    sku: &'a str,
    /// Its name on English screens.
    name_en: &'a str,
    /// Its name on Chinese screens.
    name_zh: &'a str,
    /// The price of one.
    #[schema(value_type = Amount)]
    unit_price: AmountView<'a>,
    /// Whether it is sold now.
    active: bool,
    /// Grows with every change.
    version: i64,
}

impl<'a> From<&'a Item> for ItemView<'a> {
    fn from(i: &'a Item) -> Self {
        let unit_price = AmountView { value: i.unit_price, currency: &i.currency };
        ItemView {
            sku: &i.sku,
            name_en: &i.name_en,
            name_zh: &i.name_zh,
            unit_price,
            active: i.active,
            version: i.version,
        }
    }
}

/// A new item.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewItem {
    /// 1 to 40 characters of A-Z, a-z, 0-9, dot, dash and underscore.
    sku: String,
    /// Its name on English screens; the other name when left out.
    name_en: Option<String>,
    /// Its name on Chinese screens; the other name when left out.
    name_zh: Option<String>,
    /// The price of one.
    unit_price: Amount,
    /// Whether it is sold now; it is when left out.
    active: Option<bool>,
}

/// A change of an item; what is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ItemChange {
    /// Its name on English screens.
    name_en: Option<String>,
    /// Its name on Chinese screens.
    name_zh: Option<String>,
    /// The price of one.
    unit_price: Option<Amount>,
    /// Whether it is sold now.
    active: Option<bool>,
}

/// Which items.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only those sold now.
    #[serde(default)]
    active: bool,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most how many, up to 200.
    limit: Option<u32>,
}

/// The catalogue, by SKU.
#[utoipa::path(get, path = "/v1/retail/items", tag = "retail", params(Which), responses((status = 200, body = Page<ItemView>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<Response, Failure> {
    caller.who.need(Act::Look)?;
    let limit = page_size(which.limit)?;
    let (merchant, after, active) =
        (caller.who.merchant, which.after.unwrap_or_default(), i64::from(which.active));
    let rows = state
        .desk
        .read(move |sql| {
            let tail = "where merchant = $1 and sku > $2 and active >= $3 order by sku limit $4";
            sql.rows::<Item>(tail, &[&merchant.0, &after, &active, &i64::from(limit)])
        })
        .await?;
    let items: Vec<Item> = rows.into_iter().map(|(_, item)| item).collect();
    let full = items.len() >= limit as usize;
    let next = items.last().filter(|_| full).map(|i| Cow::Owned(i.sku.clone()));
    Ok(ok(Page { items: items.iter().map(ItemView::from).collect(), next }).into_response())
}

/// Reads a price. Errors: `invalid_amount`, `currency_mismatch`.
async fn price(state: &AppState, who: &Who, amount: Amount) -> Result<i64, Failure> {
    let merchant = state.desk.merchant(who).await?;
    let own: Currency =
        merchant.currency.parse().map_err(|_| problems::CURRENCY_MISMATCH.with(merchant.currency.clone()))?;
    if amount.currency != own {
        return Err(problems::CURRENCY_MISMATCH
            .with(format!("unit_price.currency: this merchant sells in {own}"))
            .into());
    }
    if amount.value < 0 {
        return Err(problems::INVALID_AMOUNT.with("unit_price.value: must not be negative").into());
    }
    Ok(amount.value)
}

fn names(en: Option<&str>, zh: Option<&str>) -> Result<(String, String), Failure> {
    let en = en.map(|n| text("name_en", n, 60)).transpose()?;
    let zh = zh.map(|n| text("name_zh", n, 60)).transpose()?;
    match (en, zh) {
        (Some(en), Some(zh)) => Ok((en, zh)),
        (Some(one), None) | (None, Some(one)) => Ok((one.clone(), one)),
        (None, None) => {
            Err(problems::INVALID_REQUEST.with("name_en: send a name in one language at least").into())
        }
    }
}

/// Adds an item.
#[utoipa::path(post, path = "/v1/retail/items", tag = "retail", request_body = NewItem, responses((status = 201, body = ItemView)))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(new): Body<NewItem>,
) -> Result<Response, Failure> {
    caller.who.need(Act::ManageCatalogue)?;
    if !is_sku(&new.sku) {
        return Err(problem::SKU_INVALID.with(format!("sku: {:?}", new.sku)).into());
    }
    let once = Once::new(&key, "retail.item", &new)?;
    let (name_en, name_zh) = names(new.name_en.as_deref(), new.name_zh.as_deref())?;
    let unit_price = price(&state, &caller.who, new.unit_price).await?;
    let rule = move |view: &mut store::View| {
        let found = view.get::<Item>(new.sku.clone())?;
        match (once.made(view)?, found) {
            (Some(_), Some(item)) => return Ok(item),
            (_, Some(_)) => {
                return Err(Stop::Refused(problem::SKU_TAKEN.with(format!("sku: {:?}", new.sku))));
            }
            (_, None) => {}
        }
        let item = Item {
            sku: new.sku.clone(),
            created_at: view.now(),
            name_en: name_en.clone(),
            name_zh: name_zh.clone(),
            unit_price,
            currency: new.unit_price.currency.code().to_owned(),
            active: new.active.unwrap_or(true),
            version: 1,
        };
        view.add(item.clone());
        let made = view.id();
        once.record(view, made);
        view.emit("retail.item_changed", made, serde_json::json!({"sku": item.sku, "version": 1}));
        Ok(item)
    };
    let item = state.desk.decide(caller.who.merchant, rule).await?;
    Ok(created(ItemView::from(&item)).into_response())
}

/// Changes an item. Orders made before keep the price they were made with.
#[utoipa::path(patch, path = "/v1/retail/items/{sku}", tag = "retail", params(("sku" = String, Path)), request_body = ItemChange,
    responses((status = 200, body = ItemView)))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Path(sku): Path<String>,
    Body(change): Body<ItemChange>,
) -> Result<Response, Failure> {
    caller.who.need(Act::ManageCatalogue)?;
    let name_en = change.name_en.as_deref().map(|n| text("name_en", n, 60)).transpose()?;
    let name_zh = change.name_zh.as_deref().map(|n| text("name_zh", n, 60)).transpose()?;
    let unit_price = match change.unit_price {
        Some(amount) => Some(price(&state, &caller.who, amount).await?),
        None => None,
    };
    let rule = move |view: &mut store::View| {
        let mut item = view.need::<Item, Refusal>(sku.clone())?;
        item.name_en = name_en.clone().unwrap_or(item.name_en);
        item.name_zh = name_zh.clone().unwrap_or(item.name_zh);
        item.unit_price = unit_price.unwrap_or(item.unit_price);
        item.active = change.active.unwrap_or(item.active);
        item.version += 1;
        view.put(item.clone());
        let id = view.id();
        view.emit("retail.item_changed", id, serde_json::json!({"sku": item.sku, "version": item.version}));
        Ok(item)
    };
    let item = state.desk.decide(caller.who.merchant, rule).await?;
    Ok(ok(ItemView::from(&item)).into_response())
}
