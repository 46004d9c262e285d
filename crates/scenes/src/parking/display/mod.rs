//! The display at a lane, at `/t/{terminal}` of a barrier (kind `parking_lane`): welcome and free spaces at the way in; at the way out who may leave, what
//! is to be paid with the exit's own code (P24), what was not recognised, and a button for help.
//!
//! The page asks once a second for the part that changes; the platform draws it, so that the display can be anything that shows a page.

pub mod words;

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use desk::rows::Site;
use desk::{Refusal, Who};
use maud::{Markup, html};
use money::Money;
use store::{Id, Millis};
use web::design::icon::{self, sprite};
use web::design::{Page, Tone, banner, code as qr, money_sized};
use web::i18n::{Lang, Text};
use web::json::PathId;
use web::screens::device::{bar, needs_script, offline};
use web::screens::scene::{Showing, TerminalVisit};
use web::{AppState, Caller, Failure};

use super::plate::masked;
use super::rows::{Direction, Lane, Park, Passage, Staffing};
use super::{lanes, places, stays};
use words as w;

/// The kind of terminal that shows this screen: the barrier's own.
pub const KIND: &str = "parking_lane";

/// Style sheets and scripts.
pub static FILES: &[(&str, &str)] =
    &[("display.css", include_str!("assets/display.css")), ("display.js", include_str!("assets/display.js"))];

/// How long an open barrier is spoken of, and a refusal at a way in.
const GOES: Duration = Duration::from_secs(12);
const REFUSED: Duration = Duration::from_secs(60);
/// A car that was refused at a way out longer ago has driven away.
const WAITS: Duration = Duration::from_secs(600);

/// The part that changes.
pub fn routes() -> Router<AppState> {
    Router::new().route("/parking/display/{terminal}", get(now))
}

/// Shows the screen.
pub fn show(state: AppState, visit: TerminalVisit) -> Showing {
    Box::pin(async move {
        let mut data = visit.data(&state, &["c.", "pl.", "problem."]).await?;
        let terminal = visit.terminal.id;
        data["now"] = format!("/parking/display/{terminal}").into();
        let place = Place::of(&state, &visit.who, terminal).await?;
        data["lane"] = place.as_ref().map(|p| p.lane.id.to_string()).into();
        let (lang, name) = (visit.lang, visit.terminal.name.clone());
        let site = place.as_ref().map(|p| p.site.name.clone()).unwrap_or_default();
        let body = html! {
            (sprite(&[("alert", icon::ALERT), ("tick", icon::TICK)]))
            (bar(lang, &visit.uri, &site, &name, &html! {}))
            (offline(w::OFFLINE.say(lang), w::OFFLINE_SAY.say(lang)))
            main #main {
                div #stage aria-live="polite" { @match &place {
                    Some(place) => (place.draw(&state, &visit.who, lang).await?),
                    None => (banner(Tone::Stop, w::NO_LANE.say(lang), Some(w::NO_LANE_SAY.say(lang)), None)),
                } }
                @if place.is_some() { div.help {
                    p #called role="status" {}
                    button.button.touch #help type="button" { (icon::ALERT) (w::HELP.say(lang)) }
                } }
                (needs_script(lang))
            }
        };
        let page = Page::new(lang, &visit.uri, &name)
            .style("kiosk.css")
            .style("display.css")
            .script("display.js")
            .class("kiosk display")
            .data(data);
        Ok(page.show(&body))
    })
}

async fn now(
    State(state): State<AppState>,
    caller: Caller,
    PathId(terminal): PathId,
    lang: Lang,
) -> Result<Response, Failure> {
    let place = Place::of(&state, &caller.who, terminal).await?;
    let place = place.ok_or_else(|| Refusal::from(&desk::problem::desk::NOT_FOUND))?;
    Ok(Html(place.draw(&state, &caller.who, lang).await?.into_string()).into_response())
}

/// A lane and what stands around it.
struct Place {
    lane: Lane,
    park: Park,
    site: Site,
}

impl Place {
    /// The lane whose barrier this terminal is.
    async fn of(state: &AppState, who: &Who, terminal: Id) -> Result<Option<Place>, Refusal> {
        for park in places::parks(&state.desk, who).await? {
            let lanes = places::lanes(&state.desk, who, park.site).await?;
            let Some(lane) = lanes.into_iter().find(|lane| lane.barrier == Some(terminal)) else { continue };
            let site = state.desk.sites(who).await?.into_iter().find(|site| site.id == park.site);
            return Ok(site.map(|site| Place { lane, park, site }));
        }
        Ok(None)
    }

    async fn draw(&self, state: &AppState, who: &Who, lang: Lang) -> Result<Markup, Refusal> {
        let now = state.desk.now();
        let last = self.last(state, who).await?;
        if let Some(passage) = last.as_ref().filter(|p| p.opened && now.since(p.at) < GOES) {
            let (title, more) = match passage.direction {
                Direction::Exit => (&w::GO_OUT, &w::GO_OUT_SAY),
                _ => (&w::GO_IN, &w::GO_IN_SAY),
            };
            return Ok(outcome("paid", icon::TICK, title.say(lang), more.say(lang)));
        }
        let exit = self.lane.direction == Direction::Exit;
        let waits = self.lane.waiting_since.is_some_and(|since| now.since(since) < WAITS);
        let refused = last.filter(|p| !p.opened && now.since(p.at) < REFUSED).map(|p| p.cause);
        let cause = if exit { self.lane.waiting_cause.clone().filter(|_| waits) } else { refused };
        match (cause.as_deref(), self.lane.waiting) {
            (Some("unpaid"), Some(stay)) => self.to_pay(state, who, lang, stay).await,
            (Some(cause), _) => Ok(trouble(lang, cause)),
            _ => Ok(self.idle(lang, now)),
        }
    }

    async fn last(&self, state: &AppState, who: &Who) -> Result<Option<Passage>, Refusal> {
        let (lane, merchant) = (self.lane.id, who.merchant);
        let tail = "where lane = $1 and merchant = $2 order by id desc limit 1";
        let rows = state.desk.read(move |sql| sql.rows::<Passage>(tail, &[&lane, &merchant])).await?;
        Ok(rows.into_iter().next().map(|(_, passage)| passage))
    }

    /// What the car that waits owes, and the exit's own code.
    async fn to_pay(&self, state: &AppState, who: &Who, lang: Lang, stay: Id) -> Result<Markup, Refusal> {
        let (stay, priced) = stays::owes(&state.desk, who, stay).await?;
        let due: Money = priced.fee.due;
        if due.is_zero() {
            return Ok(outcome("check", icon::CLOCK, w::PAID.say(lang), w::PAID_SAY.say(lang)));
        }
        let code = format!("{}/park/{}/lane/{}", state.base_url, self.park.site, self.lane.id);
        Ok(html! {
            section.pay {
                h1 { (w::PAY.say(lang)) }
                p.plate-text { (masked(&stay.plate)) }
                (money_sized(due, "huge"))
                (qr(&code, w::PAY_SAY.say(lang)))
                p.say { (w::PAY_SAY.say(lang)) }
            }
        })
    }

    fn idle(&self, lang: Lang, now: Millis) -> Markup {
        let zone = desk::dates::zone(&self.site.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        if lanes::staffing(&self.lane.schedule, now, &zone) == Staffing::Closed {
            return trouble(lang, "closed");
        }
        if self.lane.direction == Direction::Exit {
            return outcome("calm", icon::CAR, w::IDLE_OUT.say(lang), w::IDLE_OUT_SAY.say(lang));
        }
        let free = (self.park.spaces - self.park.inside).max(0).to_string();
        outcome("calm", icon::CAR, w::IDLE_IN.say(lang), &w::IDLE_IN_SAY.fill(lang, &[("n", &free)]))
    }
}

fn outcome(tone: &str, sign: icon::Icon, title: &str, more: &str) -> Markup {
    html! { section.outcome.(tone) { div.sign { (sign) } h1 { (title) } p.say { (more) } } }
}

/// Why the barrier stays down, and what to do.
fn trouble(lang: Lang, cause: &str) -> Markup {
    let (title, more): (&Text, &Text) = match cause {
        "closed" => (&w::CLOSED, &w::CLOSED_SAY),
        "full" => (&w::FULL, &w::FULL_SAY),
        "passes_only" => (&w::PASSES, &w::PASSES_SAY),
        "no_entry" => (&w::NO_ENTRY, &w::NO_ENTRY_SAY),
        _ => (&w::UNREAD, &w::UNREAD_SAY),
    };
    outcome("check", icon::ALERT, title.say(lang), more.say(lang))
}
