//! People who may sign in.

use axum::extract::{Path, State};
use desk::rows::{Operator, Role, Standing};
use desk::{Act, NewOperator};
use maud::{Markup, Render, html};

use super::Staff;
use super::frame::Section;
use crate::AppState;
use crate::design::{Field, select};
use crate::i18n::{self, k};
use crate::screens::kit::{Posted, Shown, after, id, role_name, standing_chip};

const ROLES: [&str; 4] = ["owner", "manager", "cashier", "auditor"];

pub(super) fn role_choice(staff: &Staff, chosen: &str) -> Markup {
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

pub(super) fn role(text: &str) -> Role {
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
