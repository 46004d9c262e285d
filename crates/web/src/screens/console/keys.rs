//! API keys of partner systems: which there are, making one, taking one back.

use axum::extract::{Path, State};
use desk::access::Act;
use desk::{ApiKey, Refusal};
use maud::{Markup, Render, html};

use super::Staff;
use super::frame::Section;
use super::people::{role, role_choice};
use crate::AppState;
use crate::design::{Field, Tone, banner, icon};
use crate::i18n::{c, k};
use crate::screens::kit::{Clock, Posted, Shown, after, id, role_name, wrong};

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    show(&state, &staff, None).await
}

/// The page, with the key that was just made.
async fn show(state: &AppState, staff: &Staff, fresh: Option<&str>) -> Shown {
    staff.who().need(Act::ManagePeople).map_err(|refusal: Refusal| staff.refused(&refusal))?;
    let keys = state.desk.keys(staff.who()).await.map_err(|refusal| staff.refused(&refusal))?;
    let clock = Clock::new("", staff.lang);
    let body = html! {
        div.stack {
            div.title { h1 { (staff.say(&k::KEYS)) } p.muted { (staff.say(&k::KEYS_SAY)) } }
            @if let Some(key) = fresh {
                (banner(Tone::Paid, staff.say(&k::KEY_ONCE), None, Some(html! {
                    div.row { code.secret { (key) } button.button type="button" data-copy=(key) { (staff.say(&c::COPY)) } }
                })))
            }
            @if !keys.is_empty() {
                section.card.flush {
                    table.table.cards {
                        thead { tr { th { (staff.say(&k::NAME)) } th { (staff.say(&k::ROLE)) } th { (staff.say(&k::KEY_MADE)) } th {} } }
                        tbody { @for key in &keys { (row(staff, &clock, key)) } }
                    }
                }
            }
            section.card {
                header { h2 { (staff.say(&k::NEW_KEY)) } }
                form.fields method="post" action="/keys" {
                    (staff.token())
                    (Field::text("name", staff.say(&k::NAME), "").render())
                    (role_choice(staff, "manager"))
                    button.button.main type="submit" { (icon::KEY) (staff.say(&k::CREATE)) }
                }
            }
        }
    };
    Ok(staff.show(state, Section::Keys, staff.say(&k::KEYS), &body))
}

fn row(staff: &Staff, clock: &Clock, key: &ApiKey) -> Markup {
    html! {
        tr {
            td { strong { (key.name) } br; span.small.muted.mono { (key.id) } }
            td data-label=(staff.say(&k::ROLE)) { (role_name(staff.lang, &key.role)) }
            td data-label=(staff.say(&k::KEY_MADE)) { (clock.element(key.created_at, &clock.day_minute(key.created_at))) }
            td.right {
                @match key.revoked_at {
                    Some(at) => span.muted { (staff.say(&k::KEY_REVOKED)) " " (clock.element(at, &clock.day_minute(at))) },
                    None => form method="post" action={ "/keys/" (key.id) "/revoke" } {
                        (staff.token())
                        button.button.quiet type="submit" { (staff.say(&k::REVOKE_KEY)) }
                    },
                }
            }
        }
    }
}

pub(super) async fn create(State(state): State<AppState>, staff: Staff, form: Posted) -> Shown {
    staff.check(&form, "/keys")?;
    let name = form.get("name").to_owned();
    match state.desk.create_key(staff.who(), &name, role(form.get("role"))).await {
        Ok(key) => show(&state, &staff, Some(&key)).await,
        Err(refusal) => Ok(wrong("/keys", refusal.code())),
    }
}

pub(super) async fn revoke(
    State(state): State<AppState>,
    Path(key): Path<String>,
    staff: Staff,
    form: Posted,
) -> Shown {
    staff.check(&form, "/keys")?;
    let key = id(&key).map_err(|refusal| staff.refused(&refusal))?;
    Ok(after(state.desk.revoke_key(staff.who(), key).await, "/keys", "saved"))
}
