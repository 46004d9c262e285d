//! The channel's own statement of its account for a day: what moved by kind, what was left, every movement.

use axum::extract::{Path, State};
use desk::channel::FundRow;
use desk::{Refusal, Statement};
use maud::{Markup, html};

use super::Staff;
use super::frame::Section;
use crate::AppState;
use crate::design::{Tone, channel_named, chip, empty, fact, money};
use crate::i18n::{self, c, k};
use crate::screens::kit::{Clock, Shown, id};

/// How many movements a page shows.
const SHOWN: usize = 500;

pub(super) async fn page(
    State(state): State<AppState>,
    Path((account, day)): Path<(String, String)>,
    staff: Staff,
) -> Shown {
    let body = whole(&state, &staff, &account, &day).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(staff.show(&state, Section::Bills, staff.say(&k::STATEMENT), &body))
}

async fn whole(state: &AppState, staff: &Staff, account: &str, day: &str) -> Result<Markup, Refusal> {
    let told = state.desk.statement(staff.who(), id(account)?, day).await?;
    let clock = staff.clock(state).await?;
    Ok(html! {
        div.stack {
            div.title {
                p { a href={ "/bills/" (told.account) "/" (told.day) } { (staff.say(&k::BILLS)) " " (told.day) } }
                div.row { h1 { (staff.say(&k::STATEMENT)) } (channel_named(staff.lang, &told.channel)) (fits(staff, &told)) }
                p.muted { (staff.say(&k::STATEMENT_SAY)) }
            }
            @if let Some(said) = &told.said { section.card { (empty(staff.say(&k::STATEMENT_NONE), said)) } }
            @else { (sums(staff, &told)) (movements(staff, &told, &clock)) }
            @for line in &told.strange { section.card { p { (staff.say(&k::DIFFERENCE_UNREADABLE)) } code { (line) } } }
        }
    })
}

fn fits(staff: &Staff, told: &Statement) -> Markup {
    match told.fits_bill {
        Some(true) => chip(Tone::Paid, staff.say(&k::STATEMENT_FITS)),
        Some(false) => chip(Tone::Check, staff.say(&k::STATEMENT_DIFFERS)),
        None => html! {},
    }
}

fn sums(staff: &Staff, told: &Statement) -> Markup {
    let named = |words: &str, account: &str| {
        if account.is_empty() { words.to_owned() } else { format!("{words} ({account})") }
    };
    html! {
        section.card {
            dl.facts {
                @for one in &told.balances { (fact(&named(staff.say(&k::STATEMENT_OPENING), &one.account), money(one.opening))) }
                @for (kind, sum) in &told.sums { (fact(&i18n::code(staff.lang, "fund", kind.as_str()), money(*sum))) }
                @for one in &told.balances { (fact(&named(staff.say(&k::STATEMENT_CLOSING), &one.account), money(one.closing))) }
            }
        }
    }
}

fn movements(staff: &Staff, told: &Statement, clock: &Clock) -> Markup {
    let more = told.rows.len().saturating_sub(SHOWN);
    html! {
        section.card.flush {
            table.table.cards {
                thead { tr {
                    th { (staff.say(&c::TIME)) } th { (staff.say(&k::KIND)) } th { (staff.say(&k::BILL_NUMBER)) }
                    th.right { (staff.say(&k::STATEMENT_MOVED)) } th.right { (staff.say(&k::STATEMENT_LEFT)) }
                } }
                tbody { @for row in told.rows.iter().take(SHOWN) { (movement(staff, row, clock)) } }
            }
            @if more > 0 { p.muted { (k::STATEMENT_MORE.fill(staff.lang, &[("n", &more.to_string())])) } }
        }
    }
}

fn movement(staff: &Staff, row: &FundRow, clock: &Clock) -> Markup {
    html! {
        tr {
            td { (clock.element(row.at, &clock.second(row.at))) }
            td data-label=(staff.say(&k::KIND)) { (row.word) @if !row.account.is_empty() { span.muted.small { " " (row.account) } } }
            td data-label=(staff.say(&k::BILL_NUMBER)) { span.mono.small { (row.reference) } }
            td.right data-label=(staff.say(&k::STATEMENT_MOVED)) { (money(row.amount)) }
            td.right data-label=(staff.say(&k::STATEMENT_LEFT)) { (money(row.balance)) }
        }
    }
}
