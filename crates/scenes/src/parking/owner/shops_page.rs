//! Validation by shops: who may give what and what was given today, and the form by which a shop or the office gives one (P20).

use axum::extract::State;
use axum::response::Response;
use desk::Refusal;
use desk::dates::business_date;
use desk::rows::Site;
use maud::{Markup, Render, html};
use store::Id;
use web::AppState;
use web::design::{Field, empty, select};
use web::screens::kit::{Posted, Shown, Staff, after, id, standing_chip, wrong};

use super::live::{choice, chosen, nothing};
use super::{sheet, words as w};
use crate::parking::problem;
use crate::parking::rows::Shop;
use crate::parking::stays::{self, NewValidation};

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = body(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(sheet(&state, &staff, &w::C_SHOPS, &w::SHOPS_SAY, &body))
}

async fn shops(state: &AppState, staff: &Staff, site: Id) -> Result<Vec<Shop>, Refusal> {
    let merchant = staff.who().merchant;
    let tail = "where site = $1 and merchant = $2 order by id limit 500";
    let rows = state.desk.read(move |sql| sql.rows::<Shop>(tail, &[&site, &merchant])).await?;
    Ok(rows.into_iter().map(|(_, shop)| shop).collect())
}

async fn body(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let (parks, Some(at)) = chosen(state, staff).await? else { return Ok(nothing(staff)) };
    let own = &parks[at];
    let shops = shops(state, staff, own.site.id).await?;
    let today = business_date(state.desk.now(), &own.site.zone, own.site.cut_off_minutes);
    Ok(html! {
        (choice(staff, &parks, at))
        (list(staff, &shops, &today))
        @if !shops.is_empty() { (form(staff, &own.site, &shops)) }
    })
}

fn list(staff: &Staff, shops: &[Shop], today: &str) -> Markup {
    let say = |text| staff.say(text);
    let limit = |most: Option<i64>| most.map_or_else(|| say(&w::NO_LIMIT).to_owned(), |n| n.to_string());
    html! {
        section.card.flush {
            table.table.cards {
                thead { tr { th { (say(&w::SHOP)) } th { (say(&w::GIVES)) } th.right { (say(&w::GIVEN_TODAY)) } th.right { (say(&w::A_DAY)) } th.right { (say(&w::A_CAR)) } th {} } }
                tbody { @for shop in shops { tr {
                    td { strong { (staff.lang.pick(&shop.name_en, &shop.name_zh)) } }
                    td data-label=(say(&w::GIVES)) { (shop.codes.join(", ")) }
                    td.right data-label=(say(&w::GIVEN_TODAY)) { (if shop.day == today { shop.given } else { 0 }) }
                    td.right data-label=(say(&w::A_DAY)) { (limit(shop.limits.per_day)) }
                    td.right data-label=(say(&w::A_CAR)) { (limit(shop.limits.per_stay)) }
                    td { (standing_chip(staff.lang, &shop.standing)) }
                } } }
            }
            @if shops.is_empty() { (empty(say(&w::NO_SHOPS), say(&w::SHOPS_SAY))) }
        }
    }
}

fn form(staff: &Staff, site: &Site, shops: &[Shop]) -> Markup {
    let names: Vec<(String, String)> = shops
        .iter()
        .map(|s| (s.id.to_string(), staff.lang.pick(&s.name_en, &s.name_zh).to_owned()))
        .collect();
    let mut codes: Vec<&str> = shops.iter().flat_map(|s| s.codes.iter().map(String::as_str)).collect();
    codes.sort_unstable();
    codes.dedup();
    let codes: Vec<(String, String)> = codes.into_iter().map(|c| (c.to_owned(), c.to_owned())).collect();
    html! {
        form.card.fields method="post" action="/parking/validation" {
            (staff.token())
            input type="hidden" name="site" value=(site.id);
            (Field::text("plate", staff.say(&w::PLATE), "").render())
            (select("shop", staff.say(&w::SHOP), &names, ""))
            (select("code", staff.say(&w::GIVES), &codes, ""))
            (Field { required: false, hint: Some(staff.say(&w::SERIAL_SAY)), ..Field::text("serial", staff.say(&w::SERIAL), "") }.render())
            (Field { required: false, hint: Some(staff.say(&w::RECEIPT_SAY)), ..Field::text("receipt", staff.say(&w::RECEIPT_SUM), "") }.render())
            button.button.main type="submit" { (staff.say(&w::GIVE)) }
        }
    }
}

pub(super) async fn give(State(state): State<AppState>, staff: Staff, form: Posted) -> Shown {
    const PATH: &str = "/parking/validation";
    staff.check(&form, PATH)?;
    Ok(match given(&state, &staff, &form).await {
        Ok(()) => after(Ok(()), PATH, "saved"),
        Err(refusal) => refused(&refusal, PATH),
    })
}

fn refused(refusal: &Refusal, path: &str) -> Response {
    wrong(path, refusal.code())
}

async fn given(state: &AppState, staff: &Staff, form: &Posted) -> Result<(), Refusal> {
    let site = id(form.get("site"))?;
    let found = stays::lookup(&state.desk, staff.who(), site, form.get("plate")).await?;
    // only the very plate: a discount is not given to a car that looks alike
    let stay = found.iter().find(|f| f.distance == 0).ok_or(&problem::NO_STAY)?.stay;
    let currency = state.desk.currency_of(staff.who()).await?;
    let text = form.get("receipt");
    let receipts = if text.is_empty() {
        Vec::new()
    } else {
        let amount = money::Money::parse_decimal(text, currency)
            .map_err(|e| desk::problem::desk::INVALID_AMOUNT.with(e.to_string()))?;
        vec![amount.value]
    };
    let serial = Some(form.get("serial").to_owned()).filter(|s| !s.is_empty());
    let key = format!("console/validation/{stay}/{}/{}", form.get("code"), serial.as_deref().unwrap_or("-"));
    let new = NewValidation {
        stay,
        code: form.get("code").to_owned(),
        shop: Some(id(form.get("shop"))?),
        serial,
        receipts,
    };
    stays::validate(&state.desk, staff.who(), &key, new).await.map(|_| ())
}
