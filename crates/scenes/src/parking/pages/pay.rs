//! From the bill to the wallet: one order a stay, however often and wherever the button is pressed; then the order's own page.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use desk::rows::OrderState;
use desk::{NewOrder, Refusal, Sale};
use serde_json::json;
use store::Id;
use web::AppState;
use web::i18n::Lang;
use web::screens::kit::{Posted, go, own_form};

use super::bill::Means;
use super::pace::Visitor;
use super::{Place, refused};
use crate::parking::{CODE, problem, stays};

/// Makes the order of a bill, or finds the one that is open for this car, and goes to its page.
pub(super) async fn order(
    State(state): State<AppState>,
    Path(site): Path<String>,
    visitor: Visitor,
    lang: Lang,
    uri: Uri,
    headers: HeaderMap,
    form: Posted,
) -> Response {
    let back = format!("/park/{site}");
    match pay_url(&state, &site, &visitor, &headers, &form).await {
        Ok(url) => go(&url),
        Err(refusal) => refused(lang, &uri, &refusal, &back),
    }
}

fn means(form: &Posted, stay: Id) -> Result<Means, Refusal> {
    match (form.get("card"), form.get("lane"), form.get("plate")) {
        ("", "", plate) if !plate.is_empty() => Ok(Means::Plate(plate.to_owned(), stay)),
        (card, "", "") if !card.is_empty() => Ok(Means::Card(card.to_owned())),
        ("", lane, "") => Ok(Means::Lane(lane.parse().map_err(|_| Refusal::from(&problem::NO_STAY))?)),
        _ => Err((&problem::NO_STAY).into()),
    }
}

async fn pay_url(
    state: &AppState,
    site: &str,
    visitor: &Visitor,
    headers: &HeaderMap,
    form: &Posted,
) -> Result<String, Refusal> {
    own_form(headers)?;
    let place = Place::find(&state.desk, site).await?;
    let seen: Id = form.get("stay").parse().map_err(|_| Refusal::from(&problem::NO_STAY))?;
    let means = means(form, seen)?;
    let path = means.path(place.park.site);
    if means.stay(state, &place, visitor).await? != seen {
        // the card or the exit belongs to another car by now: the driver looks again before paying
        let join = if path.contains('?') { '&' } else { '?' };
        return Ok(format!("{path}{join}changed=1"));
    }
    if let Some(url) = open(state, &place, seen).await? {
        return Ok(url);
    }
    let sale = Sale {
        scene: CODE.to_owned(),
        site: Some(place.park.site),
        terminal: None,
        request: json!({ "stay": seen }),
    };
    // the same page sent twice is the same order
    let key = format!("park/{seen}/{}", form.get("at"));
    match state.desk.create_order(&place.who(), &key, NewOrder::Sale(sale)).await {
        Ok(whole) => Ok(state.desk.pay_url(&whole.order)),
        Err(refusal) => match open(state, &place, seen).await? {
            Some(url) => Ok(url),
            None => Err(refusal),
        },
    }
}

/// The page of the order that is open for this car, wherever it was opened (P23).
async fn open(state: &AppState, place: &Place, stay: Id) -> Result<Option<String>, Refusal> {
    let Some(order) = stays::open_order_of(&state.desk, place.merchant, stay).await? else { return Ok(None) };
    let whole = state.desk.order(&place.who(), order).await?;
    let live = whole.order.state == OrderState::Open && whole.order.expires_at > state.desk.now();
    Ok(live.then(|| state.desk.pay_url(&whole.order)))
}
