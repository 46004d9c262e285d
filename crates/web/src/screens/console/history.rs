//! One time line of an order: its events in order, each with what it was about and what it did to the books.

use std::collections::BTreeMap;

use desk::Timeline;
use desk::Whole;
use desk::ledger::AccountKey;
use desk::rows::Entry;
use maud::{Markup, html};
use store::{Event, Id, Millis};

use super::Staff;
use crate::design::{Tone, channel_named, money, money_text};
use crate::i18n::{self, k};
use crate::screens::kit::{Clock, amount};

/// One moment: an event, or a movement of money that no event stands for.
struct Moment<'a> {
    at: Millis,
    event: Option<&'a Event>,
    booked: Vec<&'a [&'a Entry]>,
}

/// Entries by movement, in order of time.
fn movements(entries: &[Entry]) -> Vec<Vec<&Entry>> {
    let mut by_movement: BTreeMap<Id, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        by_movement.entry(entry.movement).or_default().push(entry);
    }
    by_movement.into_values().collect()
}

/// Puts each movement to the event of the same moment that moves money, else to the last event of that moment, else on its own.
fn moments<'a>(events: &'a [Event], movements: &'a [Vec<&'a Entry>]) -> Vec<Moment<'a>> {
    let mut all: Vec<Moment<'a>> =
        events.iter().map(|event| Moment { at: event.at, event: Some(event), booked: Vec::new() }).collect();
    let moves_money = |kind: &str| {
        matches!(
            kind,
            "attempt.succeeded"
                | "order.paid"
                | "refund.created"
                | "refund.succeeded"
                | "refund.failed"
                | "refund.retried"
        )
    };
    for movement in movements {
        let at = movement[0].at;
        let fits = |m: &Moment<'_>| m.at == at && m.event.is_some();
        let money =
            |m: &Moment<'_>| fits(m) && m.event.is_some_and(|e| moves_money(&e.kind)) && m.booked.is_empty();
        let place = all.iter().position(money).or_else(|| all.iter().rposition(fits));
        match place {
            Some(n) => all[n].booked.push(movement),
            None => all.push(Moment { at, event: None, booked: vec![movement] }),
        }
    }
    all.sort_by_key(|m| (m.at, m.event.map_or(i64::MAX, |e| e.seq)));
    all
}

/// The time line.
pub(super) fn timeline(staff: &Staff, whole: &Whole, line: &Timeline, clock: &Clock) -> Markup {
    let movements = movements(&line.entries);
    html! {
        ol.timeline {
            @for moment in moments(&line.events, &movements) {
                li {
                    (clock.element(moment.at, &clock.second(moment.at)))
                    span.dot.(moment.event.map_or(Tone::Plain, |e| tone(&e.kind, flows_back(e))).class()) {}
                    div.what {
                        @match moment.event {
                            Some(event) => {
                                strong { (title(staff, event)) }
                                (about(staff, whole, event))
                            }
                            None => strong { (staff.say(&k::ENTRIES)) },
                        }
                        @for movement in &moment.booked { (booked(staff, movement)) }
                    }
                }
            }
        }
    }
}

fn tone(kind: &str, flows_back: bool) -> Tone {
    match kind {
        "attempt.succeeded" if flows_back => Tone::Check,
        "order.paid" | "order.fulfilled" | "attempt.succeeded" | "refund.succeeded" | "fulfilment.done" => {
            Tone::Paid
        }
        "attempt.in_doubt" | "refund.created" => Tone::Check,
        "attempt.declined" | "refund.failed" | "refund.stuck" | "fulfilment.failed" => Tone::Stop,
        _ => Tone::Tell,
    }
}

fn flows_back(event: &Event) -> bool {
    event.data.0.get("flows_back").is_some_and(|v| !v.is_null())
}

fn title(staff: &Staff, event: &Event) -> String {
    let expired =
        event.kind == "order.closed" && event.data.0.get("why").and_then(|v| v.as_str()) == Some("expired");
    let kind = match event.kind.as_str() {
        "attempt.succeeded" if flows_back(event) => "attempt.flows_back",
        _ if expired => "order.expired",
        kind => kind,
    };
    i18n::code(staff.lang, "event", kind)
}

/// What an event was about: which channel and way, how much, why.
fn about(staff: &Staff, whole: &Whole, event: &Event) -> Markup {
    let lang = staff.lang;
    let named =
        |key: &str| event.data.0.get(key).and_then(|v| v.as_str()).and_then(|text| text.parse::<Id>().ok());
    let attempt = named("attempt").and_then(|id| whole.attempts.iter().find(|a| a.id == id));
    let refund = named("refund").and_then(|id| whole.refunds.iter().find(|r| r.id == id));
    html! {
        @if let Some(a) = attempt {
            p {
                (channel_named(lang, &a.channel)) " · " (i18n::code(lang, "presentment", a.presentment.as_str())) " · "
                (money_text(amount(&a.currency, a.amount)))
            }
            @if event.kind == "attempt.declined" && let Some(reason) = &a.reason { p { (i18n::code(lang, "reason", reason)) } }
        }
        @if let Some(r) = refund {
            p { (money_text(amount(&r.currency, r.amount))) " · " (i18n::code(lang, "cause", r.cause.as_str())) @if !r.reason.is_empty() { " · " (r.reason) } }
        }
    }
}

/// A balanced set of entries: debits first.
fn booked(staff: &Staff, movement: &[&Entry]) -> Markup {
    let mut sides: Vec<&&Entry> = movement.iter().collect();
    sides.sort_by_key(|entry| std::cmp::Reverse(entry.amount));
    html! {
        table.booked {
            caption.sr { (staff.say(&k::ENTRIES)) }
            @for entry in sides {
                @let account = AccountKey::from_stored(entry.owner, entry.class);
                @let words = account.map_or_else(|| entry.class.to_string(), |a| i18n::code(staff.lang, "account", a.class.as_str()));
                @let currency = account.map_or("CNY", |a| a.currency.code());
                tr {
                    th scope="row" { (if entry.amount >= 0 { staff.say(&k::DEBIT) } else { staff.say(&k::CREDIT) }) }
                    td { (words) }
                    td.right { (money(amount(currency, entry.amount.abs()))) }
                }
            }
        }
    }
}
