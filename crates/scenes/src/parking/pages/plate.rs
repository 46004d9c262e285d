//! The plate: typed or tapped, then the cars it may mean, with when they came and a photo; the driver says which one (P5).

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use desk::Refusal;
use maud::{Markup, html};
use web::AppState;
use web::design::{Tone, banner, icon};
use web::i18n::{Lang, code};
use web::screens::kit::{Clock, encoded, query, status_of};

use super::pace::Visitor;
use super::{Place, frame, refused, sorry, words as w};
use crate::parking::plate::{masked, normalise};
use crate::parking::stays::{self, Found};

pub(super) async fn page(
    State(state): State<AppState>,
    Path(site): Path<String>,
    visitor: Visitor,
    lang: Lang,
    uri: Uri,
) -> Response {
    let place = match Place::find(&state.desk, &site).await {
        Ok(place) => place,
        Err(refusal) => return refused(lang, &uri, &refusal, "/park"),
    };
    let typed = query(&uri, "plate").unwrap_or_default();
    let found =
        if typed.trim().is_empty() { None } else { Some(look(&state, &place, &visitor, &typed).await) };
    let body = html! {
        section.slip.short {
            p.to { (place.name(lang)) }
            p.place { (place.site.address) }
            p { a href="/park" { (icon::MAP) (w::OTHER_PARK.say(lang)) } }
        }
        (form(lang, &place, &typed))
        @match &found {
            None => {},
            Some(Ok(found)) => (candidates(lang, &place, &typed, found)),
            Some(Err(refusal)) => section.state { (sorry(lang, refusal)) },
        }
    };
    let mut response = frame(lang, &uri, w::TITLE.say(lang), Some("/park"), &body);
    if let Some(Err(refusal)) = &found {
        *response.status_mut() = status_of(refusal);
    }
    response
}

/// The stays this text may mean. Errors: `parking_plate_invalid`, `parking_too_many_lookups`.
pub(super) async fn look(
    state: &AppState,
    place: &Place,
    visitor: &Visitor,
    typed: &str,
) -> Result<Vec<Found>, Refusal> {
    let now = state.desk.now();
    let named = format!("{}/{}", place.park.site, normalise(typed));
    visitor.may_ask(&named, now)?;
    let found = stays::lookup(&state.desk, &place.who(), place.park.site, typed).await?;
    visitor.asked(&named, !found.is_empty(), now);
    Ok(found)
}

fn form(lang: Lang, place: &Place, typed: &str) -> Markup {
    html! {
        form.state.stack data-plate-form="" method="get" action={ "/park/" (place.park.site) } {
            div.field {
                label for="plate" { (w::PLATE.say(lang)) }
                input.input.touch.plate-input #plate name="plate" required maxlength="12" autocomplete="off" autocapitalize="characters"
                    spellcheck="false" value=(typed) data-plate="" aria-describedby="plate-hint";
                span.hint #plate-hint { (w::PLATE_SAY.say(lang)) }
            }
            div data-kept-plates="" {}
            div data-plate-keys="" {}
            button.button.main.touch type="submit" { (icon::SEARCH) (w::FIND.say(lang)) }
        }
    }
}

fn candidates(lang: Lang, place: &Place, typed: &str, found: &[Found]) -> Markup {
    let clock = place.clock(lang);
    html! {
        section.state.stack #found {
            @if found.is_empty() {
                (banner(Tone::Tell, w::NONE_FOUND.say(lang), Some(w::NONE_FOUND_SAY.say(lang)), None))
            } @else {
                div.stack.tight { h1 { (w::WHICH.say(lang)) } p.muted { (w::WHICH_SAY.say(lang)) } }
                ul.cars { @for one in found { (car(lang, place, typed, one, &clock)) } }
            }
        }
    }
}

/// The plate as a driver who typed it may see it: another's is masked.
pub(super) fn shown(found: &Found) -> String {
    if found.distance == 0 { found.plate.clone() } else { masked(&found.plate) }
}

fn car(lang: Lang, place: &Place, typed: &str, found: &Found, clock: &Clock) -> Markup {
    let typed = encoded(typed);
    html! {
        li.car {
            @match found.photo {
                Some(photo) => img src={ "/park/" (place.park.site) "/photo/" (photo) "?plate=" (typed) } alt=(w::PHOTO.say(lang)) loading="lazy";,
                None => span.no-photo { (icon::CAR) small { (w::NO_PHOTO.say(lang)) } },
            }
            div.stack.tight {
                strong.plate-text { (shown(found)) }
                p.small { (code(lang, "pd", &format!("why_{}", found.why))) }
                p { (w::CAME_AT.say(lang)) " " (clock.element(found.entered_at, &clock.day_minute(found.entered_at))) }
            }
            a.button.main.touch href={ "/park/" (place.park.site) "/bill?plate=" (typed) "&stay=" (found.stay) } { (w::THIS_ONE.say(lang)) }
        }
    }
}
