//! One order: what was sold, how it was paid, what went back, everything that happened on one time line, and what can be done.

use axum::extract::{Path, State};
use desk::rows::{Attempt, Order, OrderState, Refund, RefundState};
use desk::{Act, Refusal, Whole};
use maud::{Markup, Render, html};
use store::Id;

use super::frame::Section;
use super::{Staff, history};
use crate::AppState;
use crate::design::{Field, Tone, banner, channel_named, chip, fact, money, money_sized, money_text};
use crate::i18n::{self, k, st};
use crate::screens::kit::{Clock, Shown, amount, attempt_tone, id, order_chip, refund_tone};
use crate::screens::scene::line_words;

pub(super) async fn page(State(state): State<AppState>, Path(order): Path<String>, staff: Staff) -> Shown {
    let sorry = |refusal: Refusal| staff.refused(&refusal);
    let order = id(&order).map_err(sorry)?;
    let body = whole(&state, &staff, order).await.map_err(sorry)?;
    Ok(staff.show(
        &state,
        Section::Orders,
        &k::ORDER_N.fill(staff.lang, &[("id", &order.to_string())]),
        &body,
    ))
}

async fn whole(state: &AppState, staff: &Staff, id: Id) -> Result<Markup, Refusal> {
    let desk = &state.desk;
    let whole = desk.order(staff.who(), id).await?;
    let line = desk.timeline(staff.who(), id).await?;
    let sites = desk.sites(staff.who()).await?;
    let site = sites.iter().find(|s| s.id == whole.order.site);
    let clock = Clock::new(site.map_or("Asia/Shanghai", |s| s.zone.as_str()), staff.lang);
    let terminals = desk.terminals(staff.who()).await?;
    let terminal = whole.order.terminal.and_then(|id| terminals.iter().find(|t| t.id == id));
    let people = desk.operators(staff.who()).await?;
    let person = whole.order.operator.and_then(|id| people.iter().find(|p| p.id == id));
    let places = [
        (&k::SITE, site.map(|s| s.name.as_str())),
        (&k::TERMINAL, terminal.map(|t| t.name.as_str())),
        (&k::OPERATOR, person.map(|p| p.name.as_str())),
    ];
    Ok(html! {
        div.stack {
            div data-live="" { (head(staff, &whole.order)) }
            div.order {
                div.stack data-live="" {
                    (lines(staff, &whole.order))
                    (payments(staff, &whole, &clock))
                    section.card {
                        header { h2 { (staff.say(&k::TIME_LINE)) } }
                        (history::timeline(staff, &whole, &line, &clock))
                    }
                }
                div.stack {
                    (refund_form(staff, &whole.order))
                    div.stack data-live="" {
                        (refunds(staff, &whole, &clock))
                        (facts(staff, state, &whole, &clock, &places))
                    }
                    (close_form(staff, &whole.order))
                }
            }
        }
    })
}

fn head(staff: &Staff, order: &Order) -> Markup {
    html! {
        div.order-head {
            div.stack.tight {
                p.small { a href="/orders" { (staff.say(&k::ORDERS)) } " / " span.mono { (order.id) } }
                h1 { (order.description) }
                div.row { (order_chip(staff.lang, order)) }
            }
            dl.sums {
                div { dt { (staff.say(&k::DUE)) } dd { (money_sized(amount(&order.currency, order.due), "big")) } }
                div { dt { (staff.say(&k::PAID)) } dd { (money(amount(&order.currency, order.paid))) } }
                div { dt { (staff.say(&k::GIVEN_BACK)) } dd { (money(amount(&order.currency, order.refunded))) } }
            }
        }
    }
}

fn lines(staff: &Staff, order: &Order) -> Markup {
    html! {
        section.card {
            header { h2 { (staff.say(&k::LINES)) } }
            ul.lines {
                @for line in &order.lines.0 {
                    @let count = line.params.get("quantity").and_then(serde_json::Value::as_i64).unwrap_or(1);
                    li { span { (line_words(staff.lang, line, &order.description)) @if count > 1 { span.muted { " × " (count) } } } (money(line.amount)) }
                }
            }
        }
    }
}

fn payments(staff: &Staff, whole: &Whole, clock: &Clock) -> Markup {
    html! {
        section.card {
            header { h2 { (staff.say(&k::PAYMENTS_OF)) } }
            @if whole.attempts.is_empty() { p.muted { (staff.say(&k::NO_ATTEMPTS)) } }
            ul.stack { @for attempt in &whole.attempts { (payment(staff, attempt, clock)) } }
        }
    }
}

fn payment(staff: &Staff, attempt: &Attempt, clock: &Clock) -> Markup {
    let lang = staff.lang;
    let sum = |value| money(amount(&attempt.currency, value));
    let keep = format!("attempt-{}", attempt.id);
    html! {
        li.try {
            div.row.between {
                div.row { (channel_named(lang, &attempt.channel)) span.muted.small { (i18n::code(lang, "presentment", attempt.presentment.as_str())) } }
                div.row { (sum(attempt.amount)) (chip(attempt_tone(&attempt.state), &i18n::code(lang, "attempt", attempt.state.as_str()))) }
            }
            @let exchange = exchanged(attempt);
            @if !exchange.is_empty() {
                dl.facts.exchange { @for (words, value) in &exchange { (fact(staff.say(words), html! { (value) })) } }
            }
            @if let Some(reason) = &attempt.reason { p.small { (i18n::code(lang, "reason", reason)) } }
            details data-keep=(keep) {
                summary.small { (clock.element(attempt.created_at, &clock.second(attempt.created_at))) " · " span.mono { (attempt.out_trade_no) } }
                dl.facts {
                    (fact(staff.say(&k::NUMBER), html! { code { (attempt.out_trade_no) } }))
                    @if let Some(txn) = &attempt.channel_txn { (fact(staff.say(&k::CHANNEL_NUMBER), html! { code { (txn) } })) }
                    @if let Some(said) = &attempt.channel_said { (fact(staff.say(&k::CHANNEL_SAID), html! { code { (said) } })) }
                    @if let Some(tendered) = attempt.tendered { (fact(staff.say(&k::TENDERED), sum(tendered))) }
                    @if let Some(change) = attempt.change { (fact(staff.say(&k::CHANGE), sum(change))) }
                    @if let Some(at) = attempt.paid_at { (fact(staff.say(&k::PAID_AT), clock.element(at, &clock.day_minute(at)))) }
                }
            }
        }
    }
}

/// What a payment across currencies was exchanged to: what the wallet was charged, what is settled, and at which rates.
fn exchanged(attempt: &Attempt) -> Vec<(&'static i18n::Text, String)> {
    let details: Option<serde_json::Value> =
        attempt.details.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let exchange: Option<desk::channel::Exchange> =
        details.and_then(|mut d| serde_json::from_value(d["exchange"].take()).ok());
    let Some(exchange) = exchange else { return Vec::new() };
    let sides = [(&st::PAYER_CHARGED, exchange.payer), (&st::SETTLED, exchange.settled)];
    let words = |side: desk::channel::Exchanged| {
        let amount = money_text(side.amount);
        if side.rate.is_empty() { amount } else { format!("{amount} ({} {})", side.pair, side.rate) }
    };
    sides.into_iter().filter_map(|(text, side)| side.map(|side| (text, words(side)))).collect()
}

fn refunds(staff: &Staff, whole: &Whole, clock: &Clock) -> Markup {
    html! {
        @if !whole.refunds.is_empty() {
            section.card {
                header { h2 { (staff.say(&k::REFUNDS_OF)) } }
                ul.stack { @for refund in &whole.refunds { (refund_row(staff, whole, refund, clock)) } }
            }
        }
    }
}

fn refund_row(staff: &Staff, whole: &Whole, refund: &Refund, clock: &Clock) -> Markup {
    let lang = staff.lang;
    let why = if refund.reason.is_empty() {
        i18n::code(lang, "cause", refund.cause.as_str())
    } else {
        refund.reason.clone()
    };
    let may = staff.who().may(Act::Refund);
    let again = may && refund.state == RefundState::Failed;
    let waits = matches!(refund.state, RefundState::Processing | RefundState::Failed);
    let repair = may && waits && refund.advice.as_deref() == Some("repair");
    html! {
        li.try {
            div.row.between {
                strong { (money(amount(&refund.currency, refund.amount))) }
                (chip(refund_tone(&refund.state), &i18n::code(lang, "refund", refund.state.as_str())))
            }
            p.small { (why) " · " (clock.element(refund.created_at, &clock.day_minute(refund.created_at))) }
            p.small.muted.mono { (refund.out_refund_no) }
            @if let Some(said) = &refund.channel_said { p.small { (staff.say(&k::CHANNEL_SAID)) ": " code { (said) } } }
            @if let Some(advice) = &refund.advice { (banner(Tone::Stop, staff.say(&k::ADVICE), Some(&i18n::code(lang, "advice", advice)), None)) }
            @if repair {
                p.small { (staff.say(&k::REFUND_REPAIR_SAY)) }
                (refund_button(staff, whole, refund, "repair", &k::REFUND_REPAIR))
            }
            @if again { (refund_button(staff, whole, refund, "retry", &k::REFUND_RETRY)) }
        }
    }
}

/// One button that does something with a refund.
fn refund_button(
    staff: &Staff,
    whole: &Whole,
    refund: &Refund,
    action: &str,
    words: &'static i18n::Text,
) -> Markup {
    html! {
        form method="post" action={ "/orders/" (refund.order) "/" (action) } {
            (staff.token())
            input type="hidden" name="refund" value=(refund.id);
            input type="hidden" name="version" value=(whole.order.version);
            button.button type="submit" { (staff.say(words)) }
        }
    }
}

/// The form to give money back: shown while there is any, to those who may.
fn refund_form(staff: &Staff, order: &Order) -> Markup {
    let left = order.paid - order.refunded - order.reserved;
    if !staff.who().may(Act::Refund) || left <= 0 {
        return html! {};
    }
    let left = amount(&order.currency, left);
    let label = k::REFUND_AMOUNT.fill(staff.lang, &[("max", &money_text(left))]);
    let sum = left.decimal();
    html! {
        section.card {
            header { h2 { (staff.say(&k::REFUND)) } }
            form.stack #refund method="post" action={ "/orders/" (order.id) "/refund" } {
                (staff.token())
                input type="hidden" name="version" value=(order.version);
                input type="hidden" name="currency" value=(order.currency);
                (Field { kind: "text", ..Field::text("amount", &label, &sum) }.render())
                (Field::text("reason", staff.say(&k::REFUND_REASON), staff.say(&k::REFUND_REASON_DEFAULT)).render())
                p.small.muted { (staff.say(&k::REFUND_SAY)) }
                button.button.main type="submit" { (crate::design::icon::UNDO) (staff.say(&k::REFUND_BUTTON)) }
            }
        }
    }
}

fn close_form(staff: &Staff, order: &Order) -> Markup {
    if order.state != OrderState::Open || !staff.who().may(Act::Sell) {
        return html! {};
    }
    html! {
        section.card {
            form.stack method="post" action={ "/orders/" (order.id) "/close" } {
                (staff.token())
                p.small.muted { (staff.say(&k::CLOSE_SAY)) }
                button.button.danger type="submit" { (staff.say(&k::CLOSE_ORDER)) }
            }
        }
    }
}

fn facts(
    staff: &Staff,
    state: &AppState,
    whole: &Whole,
    clock: &Clock,
    places: &[(&'static i18n::Text, Option<&str>)],
) -> Markup {
    let order = &whole.order;
    let receipt = whole.fulfilments.iter().find(|f| f.kind == "receipt");
    html! {
        section.card {
            dl.facts {
                (fact(staff.say(&k::MADE_AT), clock.element(order.created_at, &clock.day_minute(order.created_at))))
                @if let Some(at) = order.paid_at { (fact(staff.say(&k::PAID_AT), clock.element(at, &clock.day_minute(at)))) }
                (fact(staff.say(&k::BUSINESS_DATE), html! { (order.business_date) }))
                @for (words, value) in places { @if let Some(value) = value { (fact(staff.say(words), html! { (value) })) } }
                @for handed in &whole.fulfilments {
                    (fact(&i18n::code(staff.lang, "handout", &handed.kind), html! { (i18n::code(staff.lang, "fulfilment", handed.state.as_str())) }))
                }
            }
            div.row.links {
                @if let Some(receipt) = receipt { a.button href={ "/receipts/" (receipt.id) } { (crate::design::icon::RECEIPT) (staff.say(&k::RECEIPT)) } }
                a.button href=(state.desk.pay_url(order)) { (crate::design::icon::PHONE) (staff.say(&k::PAYER_PAGE)) }
            }
        }
    }
}
