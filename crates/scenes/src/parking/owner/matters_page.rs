//! What waits for somebody: calls for help from lanes, and what a node at the site told that does not fit (P24).

use axum::extract::State;
use axum::response::Response;
use desk::Refusal;
use desk::access::Act;
use maud::{Markup, html};
use money::{Currency, Money};
use store::Id;
use web::AppState;
use web::api::shapes::text;
use web::design::{Tone, chip, empty, money};
use web::i18n::code;
use web::screens::kit::{Clock, Posted, Shown, Staff, go, id, wrong};

use super::live::{choice, chosen, nothing};
use super::{currency, sheet, words as w};
use crate::parking::edge::odd;
use crate::parking::lanes;
use crate::parking::places;
use crate::parking::plate::masked;
use crate::parking::rows::{Call, Contradiction, Lane, Stay};

/// Its place in the console.
pub(super) const PATH: &str = "/parking/matters";

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = body(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(sheet(&state, &staff, &w::MATTERS, &w::MATTERS_SAY, &body))
}

/// What the rows are shown with.
struct Shows<'a> {
    staff: &'a Staff,
    clock: Clock,
    currency: Currency,
    stays: Vec<Stay>,
    lanes: Vec<Lane>,
    site: Id,
}

async fn body(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let (parks, Some(at)) = chosen(state, staff).await? else { return Ok(nothing(staff)) };
    let (own, desk, who) = (&parks[at], &state.desk, staff.who());
    let site = own.site.id;
    let calls = lanes::open_calls(desk, who, site).await?;
    let odd = odd::contradictions(desk, who, site, true).await?;
    let (open, settled): (Vec<_>, Vec<_>) = odd.into_iter().partition(|row| row.settled_at.is_none());
    let ids: Vec<Id> =
        calls.iter().filter_map(|c| c.stay).chain(open.iter().filter_map(|o| o.stay)).collect();
    let merchant = who.merchant;
    let shows = Shows {
        staff,
        clock: own.clock(staff),
        currency: currency(state, staff).await?,
        stays: desk
            .decide(merchant, move |view| Ok(view.all::<Stay>(ids.clone())?.into_iter().flatten().collect()))
            .await?,
        lanes: places::lanes(desk, who, site).await?,
        site,
    };
    Ok(html! {
        (choice(staff, &parks, at))
        section.card.flush data-live="" {
            header { h2 { (staff.say(&w::CALLS)) } }
            @for call in &calls { (call_row(&shows, call)) }
            @if calls.is_empty() { (empty(staff.say(&w::NO_CALLS), staff.say(&w::NO_CALLS_SAY))) }
        }
        section.card.flush {
            header { h2 { (staff.say(&w::ODD)) } p.small.muted { (staff.say(&w::ODD_SAY)) } }
            @for one in &open { (odd_row(&shows, one)) }
            @if open.is_empty() { (empty(staff.say(&w::NO_ODD), staff.say(&w::NO_ODD_SAY))) }
        }
        @if !settled.is_empty() { section.card.flush {
            header { h2 { (staff.say(&w::SETTLED)) } }
            @for one in settled.iter().take(20) { (settled_row(&shows, one)) }
        } }
    })
}

impl Shows<'_> {
    /// The plate of a stay as this page shows it.
    fn plate(&self, stay: Option<Id>) -> Option<Markup> {
        let stay = self.stays.iter().find(|s| Some(s.id) == stay)?;
        Some(html! { span.plate-text { (masked(&stay.plate)) } })
    }

    /// The field for what was done, and its button.
    fn note(&self, action: &str, id: Id, allowed: bool) -> Markup {
        let say = |text| self.staff.say(text);
        html! {
            @if allowed { form.row.matter-note method="post" action=(action) {
                (self.staff.token())
                input type="hidden" name="id" value=(id);
                input type="hidden" name="park" value=(self.site);
                input.input name="note" required maxlength="200" aria-label=(say(&w::WHAT_WAS_DONE)) placeholder=(say(&w::WHAT_WAS_DONE));
                button.button type="submit" { (say(&w::CLOSE_MATTER)) }
            } }
        }
    }

    fn may(&self, act: Act) -> bool {
        self.staff.who().need(act).is_ok()
    }
}

fn call_row(shows: &Shows<'_>, call: &Call) -> Markup {
    let lane = shows.lanes.iter().find(|l| l.id == call.lane).map_or("", |l| l.name.as_str());
    html! {
        div.matter {
            div.stack.tight {
                div.row { strong { (lane) } (shows.clock.element(call.created_at, &shows.clock.day_minute(call.created_at))) @if let Some(plate) = shows.plate(call.stay) { (plate) } }
                @if !call.reason.is_empty() { p { (call.reason) } }
            }
            (shows.note("/parking/matters/answer", call.id, shows.may(Act::Sell)))
        }
    }
}

/// A code's words, or the code itself.
fn worded(shows: &Shows<'_>, prefix: &str, what: &str) -> Option<String> {
    let words = code(shows.staff.lang, prefix, what);
    (words != what).then_some(words)
}

fn odd_row(shows: &Shows<'_>, one: &Contradiction) -> Markup {
    let title = worded(shows, "po.odd", &one.what).unwrap_or_else(|| one.what.clone());
    let todo =
        worded(shows, "po.odd_do", &one.what).unwrap_or_else(|| shows.staff.say(&w::ODD_OTHER).to_owned());
    let why = one.detail.0.get("why").and_then(serde_json::Value::as_str).unwrap_or_default();
    html! {
        div.matter {
            div.stack.tight {
                div.row { strong { (title) } (shows.clock.element(one.at, &shows.clock.day_minute(one.at)))
                    @if let Some(plate) = shows.plate(one.stay) { (plate) }
                    @if let Some(amount) = one.amount { (money(Money::new(amount, shows.currency))) }
                }
                p { (todo) }
                @if !why.is_empty() { p.small.muted { (why) } }
            }
            (shows.note("/parking/matters/settle", one.id, shows.may(Act::Refund)))
        }
    }
}

fn settled_row(shows: &Shows<'_>, one: &Contradiction) -> Markup {
    let title = worded(shows, "po.odd", &one.what).unwrap_or_else(|| one.what.clone());
    html! {
        div.matter { div.stack.tight {
            div.row { span { (title) } @if let Some(at) = one.settled_at { (chip(Tone::Paid, &shows.clock.day_minute(at))) } }
            p.muted { (one.note.as_deref().unwrap_or_default()) }
        } }
    }
}

fn back(form: &Posted) -> String {
    format!(
        "{PATH}?park={}",
        form.get("park").chars().filter(char::is_ascii_alphanumeric).collect::<String>()
    )
}

/// Answers a call.
pub(super) async fn answer(State(state): State<AppState>, staff: Staff, form: Posted) -> Shown {
    staff.check(&form, PATH)?;
    let done = async {
        let note = text("note", form.get("note"), 200).map_err(|failure| *failure.0)?;
        lanes::answer_call(&state.desk, staff.who(), id(form.get("id"))?, &note).await
    };
    Ok(closed(done.await.map(drop), &form))
}

/// Settles a contradiction.
pub(super) async fn settle(State(state): State<AppState>, staff: Staff, form: Posted) -> Shown {
    staff.check(&form, PATH)?;
    let done = async {
        let note = text("note", form.get("note"), 200).map_err(|failure| *failure.0)?;
        odd::settle(&state.desk, staff.who(), id(form.get("id"))?, &note).await
    };
    Ok(closed(done.await.map(drop), &form))
}

fn closed(done: Result<(), Refusal>, form: &Posted) -> Response {
    let path = back(form);
    match done {
        Ok(()) => go(&format!("{path}&done=saved")),
        Err(refusal) => wrong(&path, refusal.code()),
    }
}
