//! The bill: when the car came, how long it stayed, every line of the fee, what was paid, what is due (P5, P7); by plate, by the
//! code on the card (P1, P1b, P2) or by the code at the exit (P24).

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use desk::Refusal;
use desk::problem::desk as problems;
use maud::{Markup, html};
use money::Money;
use store::{Id, Millis};
use web::AppState;
use web::design::{Tone, banner, fact, icon, money, money_sized, money_text};
use web::i18n::{Lang, code};
use web::screens::kit::{encoded, query};
use web::screens::scene::line_words;

use super::pace::Visitor;
use super::{Place, frame, length, plate, refused, words as w};
use crate::parking::owner::roads;
use crate::parking::rows::{Card, Lane, Stay};
use crate::parking::stays::{self, Priced, words::quote_lines};
use crate::parking::{plate as plates, problem};

/// How a driver names the car.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// By a plate that was typed, and the stay chosen from what it may mean.
    Plate(String, Id),
    /// By the code on the card.
    Card(String),
    /// By the exit it stands at.
    Lane(Id),
}

impl Means {
    /// The page that shows this bill.
    pub(super) fn path(&self, site: Id) -> String {
        match self {
            Means::Plate(typed, stay) => format!("/park/{site}/bill?plate={}&stay={stay}", encoded(typed)),
            Means::Card(code) => format!("/park/{site}/card/{}", encoded(code)),
            Means::Lane(lane) => format!("/park/{site}/lane/{lane}"),
        }
    }

    /// The stay that is meant now. Errors: `parking_no_stay`, `parking_card_unknown`, `parking_card_not_issued`, `parking_too_many_lookups`.
    pub(super) async fn stay(
        &self,
        state: &AppState,
        place: &Place,
        visitor: &Visitor,
    ) -> Result<Id, Refusal> {
        match self {
            Means::Plate(typed, stay) => {
                let found = plate::look(state, place, visitor, typed).await?;
                found
                    .iter()
                    .find(|f| f.stay == *stay)
                    .map(|f| f.stay)
                    .ok_or_else(|| (&problem::NO_STAY).into())
            }
            Means::Card(code) => {
                let key = (place.park.site, code.trim().to_uppercase());
                let (named, now) = (format!("{}/card/{}", key.0, key.1), state.desk.now());
                visitor.may_ask(&named, now)?;
                let card =
                    state.desk.decide(place.merchant, move |view| Ok(view.get::<Card>(key.clone())?)).await?;
                visitor.asked(&named, card.is_some(), now);
                card.ok_or(&problem::CARD_UNKNOWN)?.stay.ok_or_else(|| (&problem::CARD_FREE).into())
            }
            Means::Lane(lane) => {
                lane_of(state, place, *lane).await?.waiting.ok_or_else(|| (&problem::NO_STAY).into())
            }
        }
    }
}

/// A lane of this car park. Error: `not_found`.
async fn lane_of(state: &AppState, place: &Place, lane: Id) -> Result<Lane, Refusal> {
    let found = state.desk.decide(place.merchant, move |view| Ok(view.get::<Lane>(lane)?)).await?;
    found.filter(|l| l.site == place.park.site).ok_or_else(|| (&problems::NOT_FOUND).into())
}

pub(super) async fn by_plate(
    State(state): State<AppState>,
    Path(site): Path<String>,
    visitor: Visitor,
    lang: Lang,
    uri: Uri,
) -> Response {
    let stay = query(&uri, "stay").and_then(|text| text.parse().ok());
    match (query(&uri, "plate"), stay) {
        (Some(typed), Some(stay)) => {
            show(&state, &site, (lang, &uri), &visitor, Ok(Means::Plate(typed, stay))).await
        }
        _ => show(&state, &site, (lang, &uri), &visitor, Err((&problem::NO_STAY).into())).await,
    }
}

pub(super) async fn by_card(
    State(state): State<AppState>,
    Path((site, code)): Path<(String, String)>,
    visitor: Visitor,
    lang: Lang,
    uri: Uri,
) -> Response {
    show(&state, &site, (lang, &uri), &visitor, Ok(Means::Card(code))).await
}

pub(super) async fn by_lane(
    State(state): State<AppState>,
    Path((site, lane)): Path<(String, String)>,
    visitor: Visitor,
    lang: Lang,
    uri: Uri,
) -> Response {
    let means = lane.parse().map(Means::Lane).map_err(|_| (&problems::NOT_FOUND).into());
    show(&state, &site, (lang, &uri), &visitor, means).await
}

async fn show(
    state: &AppState,
    site: &str,
    (lang, uri): (Lang, &Uri),
    visitor: &Visitor,
    means: Result<Means, Refusal>,
) -> Response {
    let back = format!("/park/{}", encoded(site));
    match bill(state, site, (lang, uri), visitor, means).await {
        Ok(body) => frame(lang, uri, w::BILL.say(lang), Some(&back), &body),
        Err(refusal) => refused(lang, uri, &refusal, &back),
    }
}

async fn bill(
    state: &AppState,
    site: &str,
    (lang, uri): (Lang, &Uri),
    visitor: &Visitor,
    means: Result<Means, Refusal>,
) -> Result<Markup, Refusal> {
    let place = Place::find(&state.desk, site).await?;
    let means = means?;
    let exit = match &means {
        Means::Lane(lane) => Some(lane_of(state, &place, *lane).await?),
        _ => None,
    };
    if let Some(lane) = exit.as_ref().filter(|lane| lane.waiting.is_none()) {
        return Ok(nobody(lang, &place, lane));
    }
    let stay = means.stay(state, &place, visitor).await?;
    let (stay, priced) = stays::owes(&state.desk, &place.who(), stay).await?;
    let now = state.desk.now();
    Ok(html! {
        @if query(uri, "changed").is_some() { section.state { (banner(Tone::Check, w::CHANGED.say(lang), None, None)) } }
        @if let Some(lane) = &exit {
            section.state { (banner(Tone::Tell, &w::AT_EXIT.fill(lang, &[("name", &lane.name)]), Some(w::AT_EXIT_SAY.say(lang)), None)) }
        }
        (slip(lang, &place, &means, &stay, &priced, now))
        (what_now(lang, &place, &means, &stay, &priced))
        @if exit.is_none() { (best_exit(state, lang, &place).await?) }
    })
}

/// Which exit to take, where something fresh is known of the roads (P22).
async fn best_exit(state: &AppState, lang: Lang, place: &Place) -> Result<Markup, Refusal> {
    let gates = roads::now(&state.desk, &place.who(), place.park.site, &place.site.zone).await?;
    let Some(best) = roads::advice(&gates) else { return Ok(html! {}) };
    let key = format!("gate_{}", best.name);
    let words = code(lang, "po", &key);
    let gate = if words == key { best.name.clone() } else { words };
    let say = w::BEST_EXIT_SAY.say(lang);
    Ok(
        html! { section.state { (banner(Tone::Tell, &w::BEST_EXIT.fill(lang, &[("gate", &gate)]), Some(say), None)) } },
    )
}

fn nobody(lang: Lang, place: &Place, lane: &Lane) -> Markup {
    html! {
        section.state.stack {
            h1 { (w::AT_EXIT.fill(lang, &[("name", &lane.name)])) }
            (banner(Tone::Tell, w::NOBODY_WAITS.say(lang), Some(w::NOBODY_WAITS_SAY.say(lang)), None))
            a.button.main.touch href={ "/park/" (place.park.site) } { (icon::CAR) (w::BY_PLATE.say(lang)) }
        }
    }
}

/// The plate on the bill: whoever typed it exactly sees it whole, others see it masked.
fn plate_on_bill(means: &Means, stay: &Stay) -> String {
    match means {
        Means::Plate(typed, _) if plates::normalise(typed) == stay.plate => stay.plate.clone(),
        _ => plates::masked(&stay.plate),
    }
}

fn slip(lang: Lang, place: &Place, means: &Means, stay: &Stay, priced: &Priced, now: Millis) -> Markup {
    let (clock, fee) = (place.clock(lang), &priced.fee);
    let zone = desk::dates::zone(&place.site.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let lines = quote_lines(priced, &zone);
    let paid = Money::new(stay.paid, fee.total.currency);
    html! {
        section.slip {
            p.to { (place.name(lang)) }
            p.place { span.plate-text { (plate_on_bill(means, stay)) } @if stay.pass.is_some() { " · " (w::COVERED.say(lang)) } }
            (money_sized(fee.due, "huge"))
            dl.facts {
                (fact(w::CAME_AT.say(lang), clock.element(stay.entered_at, &clock.day_minute(stay.entered_at))))
                (fact(w::PARKED.say(lang), html! { (length(lang, now.0 - stay.entered_at.0)) }))
                @if let Some(card) = &stay.card { (fact(w::CARD.say(lang), html! { (card) })) }
            }
            ul.lines { @for line in &lines { li { span { (line_words(lang, line, w::TITLE.say(lang))) } (money(line.amount)) } } }
            dl.facts {
                (fact(w::FEE.say(lang), money(fee.total)))
                @if !paid.is_zero() { (fact(w::PAID_ALREADY.say(lang), money(paid))) }
                (fact(w::DUE_NOW.say(lang), html! { strong { (money(fee.due)) } }))
            }
        }
    }
}

/// Until when the car may leave without paying more, where that is told.
fn leave_by(lang: Lang, place: &Place, stay: &Stay) -> Option<Markup> {
    let until = stay.paid_until?;
    let clock = place.clock(lang);
    let title = w::LEAVE_BY.fill(lang, &[("time", &clock.day_minute(until))]);
    Some(banner(Tone::Paid, &title, Some(w::LEAVE_BY_SAY.say(lang)), None))
}

fn what_now(lang: Lang, place: &Place, means: &Means, stay: &Stay, priced: &Priced) -> Markup {
    let due = priced.fee.due;
    let site = place.park.site;
    if due.is_zero() {
        let free = banner(Tone::Paid, w::NOTHING_DUE.say(lang), Some(w::NOTHING_DUE_FREE.say(lang)), None);
        return html! { section.state.stack { (leave_by(lang, place, stay).unwrap_or(free)) (not_mine(lang, site)) } };
    }
    let grace = i64::try_from(priced.grace().as_millis()).unwrap_or(i64::MAX);
    html! {
        form.state.stack method="post" action={ "/park/" (site) "/bill" } data-keep-plate=[typed(means)] {
            input type="hidden" name="means" value=(means.path(site));
            @match means {
                Means::Plate(typed, _) => input type="hidden" name="plate" value=(typed);,
                Means::Card(code) => input type="hidden" name="card" value=(code);,
                Means::Lane(lane) => input type="hidden" name="lane" value=(lane);,
            }
            input type="hidden" name="stay" value=(stay.id);
            input type="hidden" name="at" value=(priced.at.0);
            button.button.main.touch type="submit" { (icon::PHONE) (w::PAY.fill(lang, &[("amount", &money_text(due))])) }
            p.small.muted { (w::LEAVE_WITHIN.fill(lang, &[("time", &length(lang, grace))])) " " (w::PRICE_HOLDS.say(lang)) }
            (not_mine(lang, site))
        }
    }
}

fn typed(means: &Means) -> Option<&str> {
    match means {
        Means::Plate(typed, _) => Some(typed),
        _ => None,
    }
}

fn not_mine(lang: Lang, site: Id) -> Markup {
    html! { a.button.quiet.touch href={ "/park/" (site) } { (w::NOT_MINE.say(lang)) } }
}
