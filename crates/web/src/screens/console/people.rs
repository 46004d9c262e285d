//! People who may sign in, and API keys of partner systems.

use axum::extract::{Path, State};
use desk::rows::{Operator, Role, Standing};
use desk::{Act, NewOperator, Refusal};
use maud::{Markup, Render, html};

use super::Staff;
use super::frame::Section;
use crate::AppState;
use crate::design::{Field, Tone, banner, icon, select};
use crate::i18n::{self, c, k};
use crate::screens::kit::{Posted, Shown, after, id, role_name, standing_chip, wrong};

const ROLES: [&str; 4] = ["owner", "manager", "cashier", "auditor"];

fn role_choice(staff: &Staff, chosen: &str) -> Markup {
    let words = |role: &&str| {
        let name = i18n::code(staff.lang, "role", role);
        ((*role).to_owned(), format!("{name}: {}", i18n::code(staff.lang, "role_say", role)))
    };
    select("role", staff.say(&k::ROLE), &ROLES.iter().map(words).collect::<Vec<_>>(), chosen)
}

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let people = state.desk.operators(staff.who()).await.map_err(|refusal| staff.refused(&refusal))?;
    let manage = staff.who().may(Act::ManagePeople);
    let body = html! {
        div.stack {
            div.title { h1 { (staff.say(&k::PEOPLE)) } p.muted { (staff.say(&k::PEOPLE_SAY)) } }
            section.card.flush {
                table.table.cards { tbody { @for person in &people { (row(&staff, person, manage)) } } }
            }
            @if manage {
                details.card.more {
                    summary { h2 { (staff.say(&k::NEW_PERSON)) } }
                    form.fields method="post" action="/people" {
                        (staff.token())
                        (Field::text("name", staff.say(&k::NAME), "").render())
                        (Field { kind: "password", complete: "new-password", ..Field::text("password", staff.say(&k::PASSWORD), "") }.render())
                        (role_choice(&staff, "cashier"))
                        button.button.main type="submit" { (staff.say(&k::CREATE)) }
                    }
                }
            }
        }
    };
    Ok(staff.show(&state, Section::People, staff.say(&k::PEOPLE), &body))
}

fn row(staff: &Staff, person: &Operator, manage: bool) -> Markup {
    let (other, words) =
        if person.standing == Standing::On { ("off", &k::SWITCH_OFF) } else { ("on", &k::SWITCH_ON) };
    let own = staff.signed.operator.id == person.id;
    html! {
        tr {
            td { strong { (person.name) } }
            td { (role_name(staff.lang, &person.role)) }
            td { (standing_chip(staff.lang, &person.standing)) }
            td.right {
                @if manage && !own {
                    form method="post" action={ "/people/" (person.id) "/standing" } {
                        (staff.token()) input type="hidden" name="standing" value=(other);
                        button.button.quiet type="submit" { (staff.say(words)) }
                    }
                }
            }
        }
    }
}

fn role(text: &str) -> Role {
    Role::parse(text)
}

pub(super) async fn create(State(state): State<AppState>, staff: Staff, form: Posted) -> Shown {
    staff.check(&form, "/people")?;
    let new = NewOperator {
        name: form.get("name").to_owned(),
        password: form.raw("password").to_owned(),
        role: role(form.get("role")),
    };
    Ok(after(state.desk.create_operator(staff.who(), new).await, "/people", "created"))
}

pub(super) async fn standing(
    State(state): State<AppState>,
    Path(operator): Path<String>,
    staff: Staff,
    form: Posted,
) -> Shown {
    staff.check(&form, "/people")?;
    let operator = id(&operator).map_err(|refusal| staff.refused(&refusal))?;
    let standing = Standing::parse(form.get("standing"));
    Ok(after(state.desk.set_operator(staff.who(), operator, standing).await, "/people", "saved"))
}

pub(super) async fn keys(State(state): State<AppState>, staff: Staff) -> Shown {
    staff.who().need(Act::ManagePeople).map_err(|refusal: Refusal| staff.refused(&refusal))?;
    let body = keys_page(&staff, None);
    Ok(staff.show(&state, Section::Keys, staff.say(&k::KEYS), &body))
}

/// The page of keys, with the one that was just made.
fn keys_page(staff: &Staff, fresh: Option<&str>) -> Markup {
    html! {
        div.stack {
            div.title { h1 { (staff.say(&k::KEYS)) } p.muted { (staff.say(&k::KEYS_SAY)) } }
            @if let Some(key) = fresh {
                (banner(Tone::Paid, staff.say(&k::KEY_ONCE), None, Some(html! {
                    div.row { code.secret { (key) } button.button type="button" data-copy=(key) { (staff.say(&c::COPY)) } }
                })))
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
    }
}

pub(super) async fn create_key(State(state): State<AppState>, staff: Staff, form: Posted) -> Shown {
    staff.check(&form, "/keys")?;
    let name = form.get("name").to_owned();
    match state.desk.create_key(staff.who(), &name, role(form.get("role"))).await {
        Ok(key) => Ok(staff.show(&state, Section::Keys, staff.say(&k::KEYS), &keys_page(&staff, Some(&key)))),
        Err(refusal) => Ok(wrong("/keys", refusal.code())),
    }
}
