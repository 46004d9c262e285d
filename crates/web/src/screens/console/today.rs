//! The day at a glance: takings by channel, what went back, what is under way, what needs a look, the latest orders.

use axum::extract::State;
use desk::{Attention, OrderFilter, Refusal, Today};
use maud::{Markup, html};
use money::{Currency, Money};

use super::Staff;
use super::frame::Section;
use super::orders::table;
use crate::AppState;
use crate::design::{Tone, channel_named, chip, empty, icon, money, money_sized};
use crate::i18n::{self, k};
use crate::screens::kit::{Clock, Shown};

/// How many orders are shown under the day.
const LATEST: u32 = 8;

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let body = day(&state, &staff).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(staff.show(&state, Section::Today, staff.say(&k::TODAY), &body))
}

async fn day(state: &AppState, staff: &Staff) -> Result<Markup, Refusal> {
    let desk = &state.desk;
    let today = desk.today(staff.who(), None).await?;
    let currency = desk.currency_of(staff.who()).await?;
    let merchant = desk.merchant(staff.who()).await?;
    let clock = staff.clock(state).await?;
    let orders = desk.orders(staff.who(), &OrderFilter { limit: LATEST, ..OrderFilter::default() }).await?;
    Ok(html! {
        div.stack.wide data-live="" {
            div.title { h1 { (merchant.name) } p.muted { (staff.say(&k::TODAY)) " · " (today.business_date) } }
            div.glance {
                (taken(staff, &today, currency))
                (figure(staff, &k::REFUNDED, &html! { (money_sized(Money::new(today.refunded, currency), "big")) },
                    &k::REFUNDS_RUNNING.fill(staff.lang, &[("n", &today.refunds_processing.to_string())]), Tone::Plain))
                (figure(staff, &k::WAITING_NOW, &html! { span.money.big { (today.open_attempts) } }, staff.say(&k::WAITING_NOW_SAY), Tone::Plain))
                (figure(staff, &k::IN_DOUBT, &html! { span.money.big { (today.in_doubt) } }, staff.say(&k::IN_DOUBT_SAY),
                    if today.in_doubt > 0 { Tone::Check } else { Tone::Plain }))
            }
            div.halves {
                (by_channel(staff, &today, currency))
                (attention(staff, &today, &clock))
            }
            section.card.flush {
                header { h2 { (staff.say(&k::LATEST)) } a href="/orders" { (staff.say(&k::ALL_ORDERS)) } }
                @if orders.is_empty() { (empty(staff.say(&k::NO_TAKINGS), staff.say(&k::NO_TAKINGS_SAY))) }
                @else { (table(staff, &clock, &orders)) }
            }
        }
    })
}

fn taken(staff: &Staff, today: &Today, currency: Currency) -> Markup {
    let paid = today.paid_orders.to_string();
    let values = [("n", paid.as_str()), ("date", today.business_date.as_str())];
    html! {
        section.figure.hero {
            h2 { (staff.say(&k::TAKEN)) }
            (money_sized(Money::new(today.gross, currency), "huge"))
            p { (k::TAKEN_SAY.fill(staff.lang, &values)) }
            p { (staff.say(&k::NET)) " " strong { (money(Money::new(today.gross - today.refunded, currency))) } }
        }
    }
}

fn figure(staff: &Staff, title: &'static i18n::Text, value: &Markup, say: &str, tone: Tone) -> Markup {
    html! { section.figure.(tone.class()) { h2 { (staff.say(title)) } (value) p { (say) } } }
}

/// Takings by channel as rows with a bar each, longest first.
fn by_channel(staff: &Staff, today: &Today, currency: Currency) -> Markup {
    let mut rows: Vec<_> = today.by_channel.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.gross));
    let most = rows.first().map_or(1, |row| row.gross.max(1));
    html! {
        section.card {
            header { h2 { (staff.say(&k::BY_CHANNEL)) } }
            @if rows.is_empty() { (empty(staff.say(&k::NO_TAKINGS), staff.say(&k::NO_TAKINGS_SAY))) }
            ul.bars {
                @for row in rows {
                    @let width = row.gross.max(0).saturating_mul(1000) / most;
                    li {
                        div.row.between { (channel_named(staff.lang, &row.channel)) strong { (money(Money::new(row.gross, currency))) } }
                        svg.bar.(row.channel) viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
                            rect.ground width="1000" height="10" {}
                            rect.value width=(width) height="10" {}
                        }
                        p.small.muted {
                            (k::PAYMENTS.fill(staff.lang, &[("n", &row.count.to_string())]))
                            @if row.refunded > 0 { " · " (staff.say(&k::REFUNDED)) " " (money(Money::new(row.refunded, currency))) }
                        }
                    }
                }
            }
        }
    }
}

fn attention(staff: &Staff, today: &Today, clock: &Clock) -> Markup {
    html! {
        section.card {
            header {
                h2 { (staff.say(&k::ATTENTION)) }
                @if !today.attention.is_empty() { a href="/orders?attention=1" { (staff.say(&k::ALL_ORDERS)) } }
            }
            @if today.attention.is_empty() {
                div.empty { (icon::TICK) h3 { (staff.say(&k::ATTENTION_NONE)) } p { (staff.say(&k::ATTENTION_NONE_SAY)) } }
            } @else {
                ul.attention { @for one in today.attention.iter().take(8) { (attention_row(staff, one, clock)) } }
            }
        }
    }
}

fn attention_row(staff: &Staff, one: &Attention, clock: &Clock) -> Markup {
    let tone = match one.kind.as_str() {
        "refund_automatic" => Tone::Tell,
        "attempt_in_doubt" => Tone::Check,
        _ => Tone::Stop,
    };
    let words = i18n::code(staff.lang, "attention", &one.kind);
    let why = i18n::code(staff.lang, "cause", &one.why);
    html! {
        li {
            (chip(tone, &words))
            span.grow {
                @match one.order {
                    Some(order) => a href={ "/orders/" (order) } { (if why.is_empty() { order.to_string() } else { why }) },
                    None => span { (why) },
                }
            }
            (clock.element(one.at, &clock.day_minute(one.at)))
        }
    }
}
