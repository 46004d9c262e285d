//! The safety of the money: shifts with their counts, what was changed or opened by hand, refunds and unproven payments, all by
//! person (P21). Nothing can be deleted here; this page only reads the trail.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use desk::Refusal;
use desk::access::Act;
use desk::rows::{Operator, Refund};
use maud::{Markup, html};
use money::Money;
use store::{Id, Millis};
use web::AppState;
use web::design::{Tone, chip, empty, money};
use web::i18n::code;
use web::screens::kit::{Clock, Shown, Staff};

use super::{currency, sheet, words as w};
use crate::parking::handheld::{Unproven, unproven};
use crate::parking::rows::{Change, Passage};

/// How far back the page looks.
const BACK: Duration = Duration::from_secs(7 * 24 * 3600);
/// Rows of a list that are shown.
const SHOWN: usize = 60;

/// Something a person did that is not the ordinary way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// When.
    pub at: Millis,
    /// Who.
    pub operator: Option<Id>,
    /// What: `plate`, `entry_time`, `voided`, `ended`, `opened`, `refund`.
    pub what: String,
    /// From and to, as the trail has it; plates are masked.
    pub detail: String,
    /// Why, in the person's words.
    pub reason: String,
    /// Money given back, in minor units.
    pub amount: i64,
}

/// What of a person is in the trail: how many overrides, and money given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Things changed by hand.
    pub changes: i64,
    /// Barriers opened by hand.
    pub opened: i64,
    /// Refunds asked for, and their sum.
    pub refunds: i64,
    /// In minor units.
    pub refunded: i64,
}

/// By person.
pub fn tally(all: &[Override]) -> BTreeMap<Option<Id>, Tally> {
    let mut by: BTreeMap<Option<Id>, Tally> = BTreeMap::new();
    for one in all {
        let own = by.entry(one.operator).or_default();
        match one.what.as_str() {
            "opened" => own.opened += 1,
            "refund" => (own.refunds, own.refunded) = (own.refunds + 1, own.refunded + one.amount),
            _ => own.changes += 1,
        }
    }
    by
}

/// A plate of the trail is masked, everything else is shown.
fn detail(change: &Change) -> String {
    let text = |value: &str| {
        if change.what == "plate" { crate::parking::plate::masked(value) } else { value.to_owned() }
    };
    match (change.before.as_str(), change.after.as_str()) {
        ("", after) => text(after),
        (before, "") => text(before),
        (before, after) => format!("{} → {}", text(before), text(after)),
    }
}

/// Everything that was done by hand since a moment, newest first. Error: `forbidden`.
pub async fn overrides(desk: &desk::Desk, who: &desk::Who, since: Millis) -> Result<Vec<Override>, Refusal> {
    who.need(Act::Look)?;
    let merchant = who.merchant;
    let (changes, passages, refunds) = desk
        .read(move |sql| {
            let tail = "where merchant = $1 and at >= $2 order by id desc limit 2000";
            let changes = sql.rows::<Change>(tail, &[&merchant, &since])?;
            let manual = "where merchant = $1 and at >= $2 and cause = 'manual' order by id desc limit 2000";
            let passages = sql.rows::<Passage>(manual, &[&merchant, &since])?;
            let tail = "where merchant = $1 and created_at >= $2 order by id desc limit 2000";
            let refunds = sql.rows::<Refund>(tail, &[&merchant, &since])?;
            Ok((changes, passages, refunds))
        })
        .await?;
    let changed = changes.into_iter().map(|(_, c)| Override {
        at: c.at,
        operator: c.operator,
        detail: detail(&c),
        what: c.what,
        reason: c.reason,
        amount: 0,
    });
    let opened = passages.into_iter().map(|(_, p)| Override {
        at: p.at,
        operator: p.operator,
        what: "opened".to_owned(),
        detail: p.direction.to_string(),
        reason: p.note,
        amount: 0,
    });
    let given = refunds.into_iter().filter(|(_, r)| r.operator.is_some()).map(|(_, r)| Override {
        at: r.created_at,
        operator: r.operator,
        what: "refund".to_owned(),
        detail: r.order.to_string(),
        reason: r.reason,
        amount: r.amount,
    });
    let mut all: Vec<Override> = changed.chain(opened).chain(given).collect();
    all.sort_by_key(|o| std::cmp::Reverse(o.at));
    Ok(all)
}

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = body(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(sheet(&state, &staff, &w::C_MONEY, &w::MONEY_SAY, &body))
}

struct Shows<'a> {
    staff: &'a Staff,
    people: Vec<Operator>,
    clock: Clock,
    currency: money::Currency,
}

impl Shows<'_> {
    fn person(&self, id: Option<Id>) -> &str {
        let known = id.and_then(|id| self.people.iter().find(|p| p.id == id));
        known.map_or_else(|| self.staff.say(&w::NOBODY), |p| p.name.as_str())
    }

    fn sum(&self, value: i64) -> Markup {
        money(Money::new(value, self.currency))
    }

    fn at(&self, at: Millis) -> Markup {
        self.clock.element(at, &self.clock.day_minute(at))
    }
}

async fn body(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let desk = &state.desk;
    let since = desk.now().minus(BACK);
    let all = overrides(desk, staff.who(), since).await?;
    let missing = unproven(desk, staff.who(), since).await?;
    let shows = Shows {
        staff,
        people: desk.operators(staff.who()).await?,
        clock: staff.clock(state).await?,
        currency: currency(state, staff).await?,
    };
    Ok(html! {
        p { a.button href="/shifts" { (staff.say(&web::i18n::k::SHIFTS)) } }
        (people(&shows, &all))
        (proofs(&shows, &missing))
        (trail(&shows, &all))
    })
}

fn people(shows: &Shows<'_>, all: &[Override]) -> Markup {
    let say = |text| shows.staff.say(text);
    html! {
        section.card.flush {
            header { h2 { (say(&w::BY_PERSON)) } }
            table.table.cards {
                thead { tr { th { (say(&w::PERSON)) } th.right { (say(&w::CHANGES)) } th.right { (say(&w::OPENED_BY_HAND)) } th.right { (say(&w::REFUNDS)) } th.right { (say(&w::REFUNDED_SUM)) } } }
                tbody { @for (who, own) in tally(all) { tr {
                    td { strong { (shows.person(who)) } }
                    td.right data-label=(say(&w::CHANGES)) { (own.changes) }
                    td.right data-label=(say(&w::OPENED_BY_HAND)) { (own.opened) }
                    td.right data-label=(say(&w::REFUNDS)) { (own.refunds) }
                    td.right data-label=(say(&w::REFUNDED_SUM)) { (shows.sum(own.refunded)) }
                } } }
            }
            @if all.is_empty() { (empty(say(&w::NO_OVERRIDES), say(&w::MONEY_SAY))) }
        }
    }
}

fn proofs(shows: &Shows<'_>, missing: &[Unproven]) -> Markup {
    let say = |text| shows.staff.say(text);
    html! {
        section.card.flush {
            header { h2 { (say(&w::UNPROVEN)) } p.small.muted { (say(&w::UNPROVEN_SAY)) } }
            table.table.cards { tbody { @for one in missing.iter().take(SHOWN) { tr {
                td { a href={ "/orders/" (one.order) } { span.mono { (one.order) } } }
                td { (shows.at(one.paid_at)) } td { (shows.person(one.operator)) } td.right { (shows.sum(one.paid)) }
                td { (w::PHOTOS_N.fill(shows.staff.lang, &[("n", &one.photos.to_string())])) }
                td { @match &one.reason { Some(why) => (why), None => (chip(Tone::Stop, say(&w::NO_REASON))) } }
            } } } }
            @if missing.is_empty() { (empty(say(&w::ALL_PROVEN), say(&w::UNPROVEN_SAY))) }
        }
    }
}

/// What the trail says of a change; moments in local time.
fn local(clock: &Clock, detail: &str) -> String {
    let one = |part: &str| {
        let at = part.parse::<jiff::Timestamp>().ok();
        at.map_or_else(|| part.to_owned(), |at| clock.day_minute(Millis(at.as_millisecond())))
    };
    detail.split(" → ").map(one).collect::<Vec<_>>().join(" → ")
}

fn trail(shows: &Shows<'_>, all: &[Override]) -> Markup {
    let say = |text| shows.staff.say(text);
    html! {
        section.card.flush {
            header { h2 { (say(&w::TRAIL)) } }
            table.table.cards {
                thead { tr { th { (say(&w::WHEN)) } th { (say(&w::PERSON)) } th { (say(&w::WHAT)) } th { (say(&w::DETAIL)) } th { (say(&w::REASON)) } } }
                tbody { @for one in all.iter().take(SHOWN) { tr {
                    td { strong { (shows.at(one.at)) } }
                    td data-label=(say(&w::PERSON)) { (shows.person(one.operator)) }
                    td data-label=(say(&w::WHAT)) { (code(shows.staff.lang, "po", &format!("did_{}", one.what))) @if one.amount != 0 { " " (shows.sum(one.amount)) } }
                    td.small data-label=(say(&w::DETAIL)) { (local(&shows.clock, &one.detail)) }
                    td data-label=(say(&w::REASON)) { (one.reason) }
                } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p21_what_was_done_by_hand_is_counted_by_person() {
        let one = |operator: Option<i64>, what: &str, amount: i64| Override {
            at: Millis(0),
            operator: operator.map(Id),
            what: what.to_owned(),
            detail: String::new(),
            reason: String::new(),
            amount,
        };
        let all = [
            one(Some(1), "plate", 0),
            one(Some(1), "opened", 0),
            one(Some(1), "refund", 300),
            one(Some(1), "refund", 200),
            one(Some(2), "voided", 0),
            one(None, "opened", 0),
        ];
        let by = tally(&all);
        assert_eq!(by[&Some(Id(1))], Tally { changes: 1, opened: 1, refunds: 2, refunded: 500 });
        assert_eq!(by[&Some(Id(2))], Tally { changes: 1, ..Tally::default() });
        assert_eq!(by[&None], Tally { opened: 1, ..Tally::default() });
    }
}
