//! Terminals: what they are able to, whether they are on, a code that makes a browser one of them, and new ones.

use axum::extract::{Path, State};
use axum::response::Response;
use desk::directory::CAPABILITIES;
use desk::rows::{Site, Standing, Terminal};
use desk::{Act, NewTerminal, Refusal};
use maud::{Markup, Render, html};

use super::Staff;
use super::frame::Section;
use crate::AppState;
use crate::design::{Field, Tone, chip, code, icon, select, tick};
use crate::i18n::{self, k};
use crate::screens::kit::{Clock, Posted, Shown, after, id, standing_chip, wrong};

const KINDS: [&str; 6] = ["counter", "handheld", "kiosk", "tvm", "gate", "stand"];

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = list(&state, &staff, None).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(staff.show(&state, Section::Terminals, staff.say(&k::TERMINALS), &body))
}

/// A code that was just made, shown once.
struct Fresh {
    terminal: store::Id,
    code: String,
    address: String,
}

async fn list(state: &AppState, staff: &Staff, fresh: Option<Fresh>) -> Result<Markup, Refusal> {
    let terminals = state.desk.terminals(staff.who()).await?;
    let sites = state.desk.sites(staff.who()).await?;
    let clock = staff.clock(state).await?;
    let manage = staff.who().may(Act::ManageTerminals);
    Ok(html! {
        div.stack {
            div.title { h1 { (staff.say(&k::TERMINALS)) } p.muted { (staff.say(&k::TERMINALS_SAY)) } }
            @for terminal in &terminals { (card(staff, terminal, &sites, &clock, manage, fresh.as_ref())) }
            @if manage { (new_form(state, staff, &sites)) }
        }
    })
}

fn card(
    staff: &Staff,
    terminal: &Terminal,
    sites: &[Site],
    clock: &Clock,
    manage: bool,
    fresh: Option<&Fresh>,
) -> Markup {
    let lang = staff.lang;
    let site = sites.iter().find(|s| s.id == terminal.site).map_or("", |s| s.name.as_str());
    let (other, words) =
        if terminal.standing == Standing::On { ("off", &k::SWITCH_OFF) } else { ("on", &k::SWITCH_ON) };
    html! {
        section.card.device {
            div.stack.tight {
                div.row { h2 { (terminal.name) } (standing_chip(lang, &terminal.standing)) @if terminal.shift.is_some() { (chip(Tone::Tell, staff.say(&k::RUNNING))) } }
                p.muted { (i18n::code(lang, "kind", &terminal.kind)) " · " (site) }
                p.row { @for able in &terminal.capabilities.0 { span.chip.plain { (i18n::code(lang, "able", able)) } } }
                p.small.muted {
                    (staff.say(&k::SEEN)) ": "
                    @match terminal.seen_at { Some(at) => (clock.element(at, &clock.day_minute(at))), None => (staff.say(&k::NEVER)) }
                    " · " span.mono { (terminal.id) }
                }
            }
            div.row {
                @if terminal.kind == desk::stand::STAND {
                    a.button href={ "/terminals/" (terminal.id) "/stand" } { (icon::TAG) (staff.say(&crate::i18n::st::STAND_CODE)) }
                }
                a.button href={ "/t/" (terminal.id) } { (icon::DEVICE) (staff.say(&k::OPEN_SCREEN)) }
                @if manage {
                    form method="post" action={ "/terminals/" (terminal.id) "/code" } { (staff.token()) button.button type="submit" { (icon::KEY) (staff.say(&k::NEW_CODE)) } }
                    form method="post" action={ "/terminals/" (terminal.id) "/standing" } {
                        (staff.token()) input type="hidden" name="standing" value=(other);
                        button.button.quiet type="submit" { (staff.say(words)) }
                    }
                }
            }
            @if let Some(fresh) = fresh.filter(|f| f.terminal == terminal.id) { (fresh_code(staff, fresh)) }
        }
    }
}

/// The code to type and to scan.
fn fresh_code(staff: &Staff, fresh: &Fresh) -> Markup {
    let groups: Vec<&str> = (0..fresh.code.len())
        .step_by(4)
        .filter_map(|at| fresh.code.get(at..(at + 4).min(fresh.code.len())))
        .collect();
    html! {
        div.enrolment role="status" {
            div.small-code { (code(&fresh.address, staff.say(&k::NEW_CODE))) }
            div.stack.tight {
                p { (staff.say(&k::NEW_CODE_SAY)) }
                p.big-code { (groups.join(" ")) }
                p.small.mono { (fresh.address) }
            }
        }
    }
}

fn new_form(state: &AppState, staff: &Staff, sites: &[Site]) -> Markup {
    let lang = staff.lang;
    let scenes = state.scene_screens.iter().flat_map(|scene| scene.terminals).map(|(kind, _)| kind);
    let kinds: Vec<(String, String)> =
        KINDS.iter().chain(scenes).map(|kind| ((*kind).to_owned(), i18n::code(lang, "kind", kind))).collect();
    let places: Vec<(String, String)> = sites.iter().map(|s| (s.id.to_string(), s.name.clone())).collect();
    html! {
        details.card.more {
            summary { h2 { (staff.say(&k::NEW_TERMINAL)) } }
            form.fields method="post" action="/terminals" {
                (staff.token())
                (Field::text("name", staff.say(&k::NAME), "").render())
                (select("kind", staff.say(&k::KIND), &kinds, "counter"))
                (select("site", staff.say(&k::SITE), &places, ""))
                fieldset.field {
                    legend { (staff.say(&k::ABLE)) }
                    div.ticks {
                        @for able in CAPABILITIES {
                            (tick("able", &i18n::code(lang, "able", able), able, matches!(able, "shows_code" | "scans_code" | "takes_cash" | "gives_change" | "prints")))
                        }
                    }
                }
                (tick("unattended", staff.say(&k::UNATTENDED), "1", false))
                button.button.main type="submit" { (staff.say(&k::CREATE)) }
            }
        }
    }
}

pub(super) async fn create(State(state): State<AppState>, staff: Staff, form: Posted) -> Shown {
    staff.check(&form, "/terminals")?;
    let site = match id(form.get("site")) {
        Ok(site) => site,
        Err(refusal) => return Ok(wrong("/terminals", refusal.code())),
    };
    let new = NewTerminal {
        site,
        name: form.get("name").to_owned(),
        kind: form.get("kind").to_owned(),
        capabilities: form.all("able"),
        unattended: form.has("unattended"),
    };
    Ok(after(state.desk.create_terminal(staff.who(), new).await, "/terminals", "created"))
}

/// Makes a code and shows it: it is nowhere else, so this answers with the page itself.
pub(super) async fn code_page(
    state: &AppState,
    staff: &Staff,
    terminal: store::Id,
) -> Result<Response, Refusal> {
    let code = state.desk.new_enrolment(staff.who(), terminal).await?;
    let address = format!("{}/t/{terminal}?enrol={code}", state.base_url);
    let body = list(state, staff, Some(Fresh { terminal, code, address })).await?;
    Ok(staff.show(state, Section::Terminals, staff.say(&k::TERMINALS), &body))
}

pub(super) async fn code_for(
    State(state): State<AppState>,
    Path(terminal): Path<String>,
    staff: Staff,
    form: Posted,
) -> Shown {
    staff.check(&form, "/terminals")?;
    let terminal = id(&terminal).map_err(|refusal| staff.refused(&refusal))?;
    code_page(&state, &staff, terminal).await.map_err(|refusal| staff.refused(&refusal))
}

pub(super) async fn standing(
    State(state): State<AppState>,
    Path(terminal): Path<String>,
    staff: Staff,
    form: Posted,
) -> Shown {
    staff.check(&form, "/terminals")?;
    let terminal = id(&terminal).map_err(|refusal| staff.refused(&refusal))?;
    let standing = Standing::parse(form.get("standing"));
    Ok(after(state.desk.set_terminal(staff.who(), terminal, standing).await, "/terminals", "saved"))
}
