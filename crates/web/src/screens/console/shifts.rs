//! Shifts: who worked at which terminal, and what was counted against what the books say.

use axum::extract::State;
use desk::Refusal;
use desk::rows::{Operator, Shift, Terminal};
use maud::{Markup, html};

use super::Staff;
use super::frame::Section;
use crate::AppState;
use crate::design::{Tone, chip, empty, money};
use crate::i18n::{k, s};
use crate::screens::kit::{Clock, Shown, amount};

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = list(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(staff.show(&state, Section::Shifts, staff.say(&k::SHIFTS), &body))
}

async fn list(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let desk = &state.desk;
    let shifts = desk.shifts(staff.who(), None).await?;
    let terminals = desk.terminals(staff.who()).await?;
    let people = desk.operators(staff.who()).await?;
    let clock = staff.clock(state).await?;
    Ok(html! {
        div.stack {
            div.title { h1 { (staff.say(&k::SHIFTS)) } p.muted { (staff.say(&k::SHIFTS_SAY)) } }
            section.card.flush data-live="" {
                @if shifts.is_empty() { (empty(staff.say(&k::NO_SHIFTS), staff.say(&k::SHIFTS_SAY))) }
                @else {
                    table.table.cards {
                        thead { tr {
                            th { (staff.say(&k::TERMINAL)) } th { (staff.say(&k::OPENED)) } th { (staff.say(&k::CLOSED_AT)) }
                            th.right { (staff.say(&k::FLOAT)) } th.right { (staff.say(&s::EXPECTED)) } th.right { (staff.say(&s::COUNTED)) } th.right { (staff.say(&s::DIFFERENCE)) }
                        } }
                        tbody { @for shift in &shifts { (row(staff, shift, &terminals, &people, &clock)) } }
                    }
                }
            }
        }
    })
}

fn row(staff: &Staff, shift: &Shift, terminals: &[Terminal], people: &[Operator], clock: &Clock) -> Markup {
    let terminal = terminals.iter().find(|t| t.id == shift.terminal).map_or("", |t| t.name.as_str());
    let person = shift.operator.and_then(|id| people.iter().find(|p| p.id == id));
    let sum = |value: Option<i64>| match value {
        Some(value) => money(amount(&shift.currency, value)),
        None => html! { span.muted { (staff.say(&crate::i18n::c::NONE)) } },
    };
    let difference = shift.counted.zip(shift.expected).map(|(counted, expected)| counted - expected);
    html! {
        tr {
            td { strong { (terminal) } @if let Some(person) = person { br; span.small.muted { (person.name) } } }
            td data-label=(staff.say(&k::OPENED)) { (clock.element(shift.opened_at, &clock.day_minute(shift.opened_at))) }
            td data-label=(staff.say(&k::CLOSED_AT)) {
                @match shift.closed_at { Some(at) => (clock.element(at, &clock.day_minute(at))), None => (chip(Tone::Check, staff.say(&k::RUNNING))) }
            }
            td.right data-label=(staff.say(&k::FLOAT)) { (sum(Some(shift.float))) }
            td.right data-label=(staff.say(&s::EXPECTED)) { (sum(shift.expected)) }
            td.right data-label=(staff.say(&s::COUNTED)) { (sum(shift.counted)) }
            td.right data-label=(staff.say(&s::DIFFERENCE)) {
                @match difference { Some(0) => (chip(Tone::Paid, "0")), Some(odd) => strong { (money(amount(&shift.currency, odd))) }, None => (sum(None)) }
            }
        }
    }
}
