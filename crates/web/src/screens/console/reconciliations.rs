//! Bills: every day that was compared with the ledger, and one day with what does not match and why.

use axum::extract::{Path, State};
use desk::rows::{Difference, DifferenceState, Reconciliation, ReconciliationState};
use desk::{Act, ReconciliationFilter, Refusal};
use maud::{Markup, html};
use store::Id;

use super::Staff;
use super::frame::Section;
use crate::AppState;
use crate::design::{Tone, channel_named, chip, empty, money};
use crate::i18n::{Text, k};
use crate::screens::kit::{Clock, Posted, Shown, after, amount, id};

/// How many days a page shows.
const SHOWN: u32 = 100;

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let filter = ReconciliationFilter { limit: SHOWN, ..ReconciliationFilter::default() };
    let days = state.desk.reconciliations(staff.who(), &filter).await.map_err(|r| staff.refused(&r))?;
    let body = html! {
        div.stack {
            div.title { h1 { (staff.say(&k::BILLS)) } p.muted { (staff.say(&k::BILLS_SAY)) } }
            section.card.flush {
                @if days.is_empty() { (empty(staff.say(&k::NO_BILLS), staff.say(&k::NO_BILLS_SAY))) }
                @else {
                    table.table.cards {
                        thead { tr {
                            th { (staff.say(&k::BILL_DAY)) } th { (staff.say(&k::CHANNELS)) } th { (staff.say(&k::BILL_STATE)) }
                            th.right { (staff.say(&k::BILL_ROWS)) } th.right { (staff.say(&k::BILL_OPEN)) }
                        } }
                        tbody { @for day in &days { (line(&staff, day)) } }
                    }
                }
            }
        }
    };
    Ok(staff.show(&state, Section::Bills, staff.say(&k::BILLS), &body))
}

fn path_of(account: Id, day: &str) -> String {
    format!("/bills/{account}/{day}")
}

fn line(staff: &Staff, day: &Reconciliation) -> Markup {
    html! {
        tr {
            td { a href=(path_of(day.account, &day.day)) { strong { (day.day) } } }
            td data-label=(staff.say(&k::CHANNELS)) { (channel_named(staff.lang, &day.channel)) }
            td data-label=(staff.say(&k::BILL_STATE)) { (state_chip(staff, &day.state)) }
            td.right data-label=(staff.say(&k::BILL_ROWS)) { (day.rows) }
            td.right data-label=(staff.say(&k::BILL_OPEN)) { @if day.open > 0 { strong { (day.open) } } @else { "0" } }
        }
    }
}

fn state_chip(staff: &Staff, state: &ReconciliationState) -> Markup {
    let (tone, words): (Tone, &'static Text) = match state {
        ReconciliationState::Agrees => (Tone::Paid, &k::BILL_AGREES),
        ReconciliationState::Differs => (Tone::Check, &k::BILL_DIFFERS),
        ReconciliationState::NoBill => (Tone::Plain, &k::BILL_NONE),
        ReconciliationState::Waiting => (Tone::Plain, &k::BILL_WAITING),
        ReconciliationState::Other(word) => return chip(Tone::Check, word),
    };
    chip(tone, staff.say(words))
}

pub(super) async fn one(
    State(state): State<AppState>,
    Path((account, day)): Path<(String, String)>,
    staff: Staff,
) -> Shown {
    let body = day_page(&state, &staff, &account, &day).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(staff.show(&state, Section::Bills, staff.say(&k::BILLS), &body))
}

async fn day_page(state: &AppState, staff: &Staff, account: &str, day: &str) -> Result<Markup, Refusal> {
    let (row, found) = state.desk.reconciliation(staff.who(), id(account)?, day).await?;
    let clock = staff.clock(state).await?;
    let path = path_of(row.account, &row.day);
    let currency =
        found.first().map_or("CNY", |d| if d.currency.is_empty() { "CNY" } else { d.currency.as_str() });
    Ok(html! {
        div.stack {
            div.title {
                p { a href="/bills" { (staff.say(&k::BILLS)) } }
                div.row { h1 { (row.day) } (channel_named(staff.lang, &row.channel)) (state_chip(staff, &row.state)) }
                @if let Some(said) = &row.said { p.muted { (said) } }
            }
            section.card {
                dl.facts {
                    (crate::design::fact(staff.say(&k::BILL_ROWS), row.rows))
                    (crate::design::fact(staff.say(&k::BILL_MATCHED), row.matched))
                    (crate::design::fact(staff.say(&k::BILL_PAID), money(amount(currency, row.paid))))
                    (crate::design::fact(staff.say(&k::BILL_BACK), money(amount(currency, row.back))))
                    @if let Some(at) = row.looked_at { (crate::design::fact(staff.say(&k::BILL_LOOKED), clock.element(at, &clock.day_minute(at)))) }
                }
                @if staff.who().may(Act::Refund) {
                    form.row method="post" action=(path) {
                        (staff.token())
                        button.button type="submit" { (staff.say(&k::BILL_AGAIN)) }
                        a.button href={ (path) "/statement" } { (staff.say(&k::STATEMENT)) }
                    }
                }
            }
            @if found.is_empty() { section.card { (empty(staff.say(&k::NO_DIFFERENCES), staff.say(&k::NO_DIFFERENCES_SAY))) } }
            @for difference in &found { (card(staff, &path, difference, &clock)) }
        }
    })
}

/// How a kind of difference is worded.
fn kind_words(kind: &str) -> Option<&'static Text> {
    Some(match kind {
        "missing_here" => &k::DIFFERENCE_MISSING_HERE,
        "missing_there" => &k::DIFFERENCE_MISSING_THERE,
        "amount" => &k::DIFFERENCE_AMOUNT,
        "state" => &k::DIFFERENCE_STATE,
        "twice" => &k::DIFFERENCE_TWICE,
        "unreadable" => &k::DIFFERENCE_UNREADABLE,
        _ => return None,
    })
}

fn card(staff: &Staff, path: &str, row: &Difference, clock: &Clock) -> Markup {
    let (tone, words): (Tone, &'static Text) = match row.state {
        DifferenceState::Open => (Tone::Check, &k::DIFFERENCE_OPEN),
        DifferenceState::Cleared => (Tone::Paid, &k::DIFFERENCE_CLEARED),
        _ => (Tone::Plain, &k::DIFFERENCE_EXPLAINED),
    };
    let sum = |value: Option<i64>| match value {
        Some(value) => money(amount(&row.currency, value)),
        None => html! { span.muted { (staff.say(&crate::i18n::c::NONE)) } },
    };
    let number = if row.out_refund_no.is_empty() { &row.out_trade_no } else { &row.out_refund_no };
    html! {
        section.card.stack id=(row.name) {
            div.row.between {
                h2 { @match kind_words(row.kind.as_str()) { Some(words) => (staff.say(words)), None => (row.kind.as_str()) } }
                (chip(tone, staff.say(words)))
            }
            p.muted { (row.said) }
            dl.facts {
                (crate::design::fact(staff.say(&k::BILL_NUMBER), number))
                @if !row.channel_txn.is_empty() { (crate::design::fact(staff.say(&k::BILL_CHANNEL_NUMBER), &row.channel_txn)) }
                (crate::design::fact(staff.say(&k::BILL_SAYS), sum(row.billed)))
                (crate::design::fact(staff.say(&k::LEDGER_SAYS), sum(row.booked)))
                (crate::design::fact(staff.say(&k::BILL_FOUND), clock.element(row.created_at, &clock.day_minute(row.created_at))))
            }
            @if let Some(order) = row.order { p { a href={ "/orders/" (order) } { (staff.say(&k::ORDER_LINK)) } } }
            @if let Some(note) = &row.note { p { (note) } }
            @if row.state != DifferenceState::Cleared && staff.who().may(Act::Refund) {
                form.row method="post" action={ (path) "/" (row.name) } {
                    (staff.token())
                    label.grow { span.sr { (staff.say(&k::DIFFERENCE_NOTE)) }
                        input.input name="note" required maxlength="500" placeholder=(staff.say(&k::DIFFERENCE_NOTE)) value=(row.note.as_deref().unwrap_or_default()); }
                    button.button type="submit" { (staff.say(&k::DIFFERENCE_EXPLAIN)) }
                }
            }
        }
    }
}

/// Fetches and compares again, now.
pub(super) async fn again(
    State(state): State<AppState>,
    Path((account, day)): Path<(String, String)>,
    staff: Staff,
    form: Posted,
) -> Shown {
    let path = format!("/bills/{account}/{day}");
    staff.check(&form, &path)?;
    let account = id(&account).map_err(|refusal| staff.refused(&refusal))?;
    Ok(after(state.desk.reconcile(staff.who(), account, &day).await, &path, "saved"))
}

/// Keeps why a difference is there.
pub(super) async fn explain(
    State(state): State<AppState>,
    Path((account, day, name)): Path<(String, String, String)>,
    staff: Staff,
    form: Posted,
) -> Shown {
    let path = format!("/bills/{account}/{day}");
    staff.check(&form, &path)?;
    let account = id(&account).map_err(|refusal| staff.refused(&refusal))?;
    let note = form.get("note");
    let key = format!("console/difference/{account}/{day}/{name}/{:x}", fingerprint(note));
    let done = state.desk.explain_difference(staff.who(), &key, (account, day, name), note).await;
    Ok(after(done, &path, "saved"))
}

/// Tells two notes apart, so that each is kept once.
fn fingerprint(note: &str) -> u64 {
    note.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
