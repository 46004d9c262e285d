//! Sites: where the merchant sells, with the zone and cut-off that decide which day a payment counts for.

use axum::extract::State;
use desk::{Act, NewSite, Refusal};
use maud::{Markup, Render, html};

use super::Staff;
use super::frame::Section;
use crate::AppState;
use crate::design::Field;
use crate::i18n::k;
use crate::screens::kit::{Posted, Shown, after, standing_chip, wrong};

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = list(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(staff.show(&state, Section::Sites, staff.say(&k::SITES), &body))
}

async fn list(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let sites = state.desk.sites(staff.who()).await?;
    Ok(html! {
        div.stack {
            div.title { h1 { (staff.say(&k::SITES)) } p.muted { (staff.say(&k::SITES_SAY)) } }
            section.card.flush {
                table.table.cards {
                    thead { tr { th { (staff.say(&k::NAME)) } th { (staff.say(&k::ADDRESS)) } th { (staff.say(&k::ZONE)) } th.right { (staff.say(&k::CUT_OFF)) } th {} } }
                    tbody { @for site in &sites { tr {
                        td { strong { (site.name) } br; span.small.muted.mono { (site.id) } }
                        td data-label=(staff.say(&k::ADDRESS)) { (site.address) }
                        td data-label=(staff.say(&k::ZONE)) { (site.zone) }
                        td.right data-label=(staff.say(&k::CUT_OFF)) { (format!("{:02}:{:02}", site.cut_off_minutes / 60, site.cut_off_minutes % 60)) }
                        td { (standing_chip(staff.lang, &site.standing)) }
                    } } }
                }
            }
            @if staff.who().may(Act::ManageTerminals) { (new_form(staff)) }
        }
    })
}

fn new_form(staff: &Staff) -> Markup {
    html! {
        details.card.more {
            summary { h2 { (staff.say(&k::NEW_SITE)) } }
            form.fields method="post" action="/sites" {
                (staff.token())
                (Field::text("name", staff.say(&k::NAME), "").render())
                (Field { required: false, ..Field::text("address", staff.say(&k::ADDRESS), "") }.render())
                (Field::text("zone", staff.say(&k::ZONE), "Asia/Shanghai").render())
                (Field { kind: "number", ..Field::text("cut_off", staff.say(&k::CUT_OFF), "0") }.render())
                button.button.main type="submit" { (staff.say(&k::CREATE)) }
            }
        }
    }
}

pub(super) async fn create(State(state): State<AppState>, staff: Staff, form: Posted) -> Shown {
    staff.check(&form, "/sites")?;
    let Ok(cut_off_minutes) = form.get("cut_off").parse() else {
        return Ok(wrong("/sites", "invalid_request"));
    };
    let new = NewSite {
        name: form.get("name").to_owned(),
        zone: Some(form.get("zone").to_owned()),
        cut_off_minutes,
        address: form.get("address").to_owned(),
    };
    Ok(after(state.desk.create_site(staff.who(), new).await, "/sites", "created"))
}
