//! The office's page about machines: what is in them, what is wrong with them, and the slips they owe on. Who works a shift fills, empties and pays.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use desk::Refusal;
use desk::machine::{Alarm, CashMachine, CashSlip, Pieces};
use desk::rows::Terminal;
use maud::{Markup, html};
use money::Money;
use store::Id;
use web::AppState;
use web::design::{Tone, chip, empty, money, money_text};
use web::i18n::code;
use web::screens::Needs;
use web::screens::kit::{Clock, Posted, Shown, Staff, after, amount, id};

use super::words as w;

/// Its place in the console.
pub const PATH: &str = "/parking/machines";

/// The page and what its forms post to.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route(PATH, get(page))
        .route("/parking/machines/fill", post(fill))
        .route("/parking/machines/empty", post(take_out))
        .route("/parking/machines/slip", post(redeem))
}

async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = body(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(staff.sheet(&state, PATH, staff.say(&w::MACHINES), &Needs::default(), &body))
}

async fn body(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let machines = state.desk.machines(staff.who()).await?;
    let slips = state.desk.slips(staff.who()).await?;
    let terminals = state.desk.terminals(staff.who()).await?;
    let clock = staff.clock(state).await?;
    let drawers: Vec<&Terminal> = terminals.iter().filter(|t| t.shift.is_some()).collect();
    Ok(html! {
        div.stack.wide {
            div.title { h1 { (staff.say(&w::MACHINES)) } p.muted { (staff.say(&w::MACHINES_SAY)) } }
            div.stack data-live="" {
                @if machines.is_empty() { (empty(staff.say(&w::NO_MACHINES), staff.say(&w::NO_MACHINES_SAY))) }
                @for machine in &machines { (card(staff, machine, &terminals, &clock)) }
            }
            section.card.stack {
                h2 { (staff.say(&w::SLIPS)) }
                @if slips.is_empty() { p.muted { (staff.say(&w::NO_SLIPS)) } }
                @for slip in &slips { (slip_row(staff, slip, &drawers, &clock)) }
            }
        }
    })
}

fn pieces(pieces: &Pieces, currency: &str) -> String {
    let one = |(value, count): (&i64, &i64)| format!("{} × {count}", money_text(amount(currency, *value)));
    let all: Vec<String> = pieces.iter().filter(|(_, n)| **n > 0).map(one).collect();
    if all.is_empty() { "—".to_owned() } else { all.join(" · ") }
}

fn total(pieces: &Pieces, currency: &str) -> Money {
    amount(currency, pieces.iter().map(|(value, count)| value * count).sum())
}

fn card(staff: &Staff, machine: &CashMachine, terminals: &[Terminal], clock: &Clock) -> Markup {
    let name = terminals.iter().find(|t| t.id == machine.terminal).map_or("", |t| t.name.as_str());
    let currency = machine.currency.as_str();
    html! {
        section.card.stack {
            div.row.between { h2 { (name) } span.muted { (staff.say(&w::SEEN)) " " (clock.element(machine.seen_at, &clock.second(machine.seen_at))) } }
            @if !machine.alarms.0.is_empty() { div.row { @for alarm in &machine.alarms.0 { (alarm_chip(staff, alarm)) } } }
            dl.facts {
                dt { (staff.say(&w::HOPPERS)) } dd { (pieces(&machine.hoppers.0, currency)) }
                dt { (staff.say(&w::CASSETTE)) } dd { (pieces(&machine.boxed.0, currency)) " = " (money(total(&machine.boxed.0, currency))) }
            }
            div.row {
                @for value in &machine.equipment.0.hoppers {
                    form.row method="post" action="/parking/machines/fill" {
                        (staff.token())
                        input type="hidden" name="terminal" value=(machine.terminal);
                        input type="hidden" name="value" value=(value);
                        input.input name="count" inputmode="numeric" required placeholder=(money_text(amount(currency, *value))) aria-label=(staff.say(&w::COUNT));
                        button.button type="submit" { (staff.say(&w::FILL)) " " (money_text(amount(currency, *value))) }
                    }
                }
                form method="post" action="/parking/machines/empty" {
                    (staff.token())
                    input type="hidden" name="terminal" value=(machine.terminal);
                    button.button type="submit" { (staff.say(&w::EMPTY)) }
                }
            }
        }
    }
}

fn alarm_chip(staff: &Staff, alarm: &Alarm) -> Markup {
    let words = code(staff.lang, "pk.alarm", &alarm.code);
    chip(Tone::Stop, &format!("{words} ({})", alarm.unit))
}

fn slip_row(staff: &Staff, slip: &CashSlip, drawers: &[&Terminal], clock: &Clock) -> Markup {
    html! {
        div.row.between {
            span { code { (slip.code) } " " (money(amount(&slip.currency, slip.amount))) " · " (code(staff.lang, "pk.why", &slip.why)) " · " (clock.day_minute(slip.created_at)) }
            @match slip.redeemed_at {
                Some(at) => (chip(Tone::Paid, &format!("{} {}", staff.say(&w::SLIP_PAID), clock.day_minute(at)))),
                None => form.row method="post" action="/parking/machines/slip" {
                    (staff.token())
                    input type="hidden" name="slip" value=(slip.code);
                    select.input name="terminal" aria-label=(staff.say(&w::DRAWER)) {
                        @for drawer in drawers { option value=(drawer.id) { (drawer.name) } }
                    }
                    button.button type="submit" disabled[drawers.is_empty()] { (staff.say(&w::PAY_SLIP)) }
                },
            }
        }
    }
}

async fn fill(State(state): State<AppState>, staff: Staff, form: Posted) -> Shown {
    staff.check(&form, PATH)?;
    Ok(after(filled(&state, &staff, &form).await, PATH, "pk_filled"))
}

async fn filled(state: &AppState, staff: &Staff, form: &Posted) -> Result<(), Refusal> {
    let terminal: Id = id(form.get("terminal"))?;
    let number = |name: &str| form.get(name).parse::<i64>().map_err(|_| invalid("count: a whole number"));
    let pieces = Pieces::from([(number("value")?, number("count")?)]);
    let fresh = format!("fill-{terminal}-{}", state.desk.now().0);
    state.desk.machine_fill(staff.who(), &fresh, terminal, pieces).await.map(drop)
}

async fn take_out(State(state): State<AppState>, staff: Staff, form: Posted) -> Shown {
    staff.check(&form, PATH)?;
    let done = async {
        let terminal: Id = id(form.get("terminal"))?;
        let fresh = format!("empty-{terminal}-{}", state.desk.now().0);
        state.desk.machine_empty(staff.who(), &fresh, terminal).await.map(drop)
    };
    Ok(after(done.await, PATH, "pk_emptied"))
}

async fn redeem(State(state): State<AppState>, staff: Staff, form: Posted) -> Shown {
    staff.check(&form, PATH)?;
    let done = async {
        let terminal: Id = id(form.get("terminal"))?;
        // a slip is paid once: the same form sent twice is the same write
        let once = format!("slip-{}", form.get("slip"));
        state.desk.redeem_slip(staff.who(), &once, form.get("slip"), terminal).await.map(drop)
    };
    Ok(after(done.await, PATH, "pk_slip_paid"))
}

fn invalid(what: &str) -> Refusal {
    desk::problem::desk::INVALID_REQUEST.with(what.to_owned())
}
