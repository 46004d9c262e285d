//! How the payer's page looks in each state of the order.

use axum::http::Uri;
use desk::rows::{Attempt, AttemptState, OrderState, RefundState};
use desk::{Offer, Whole};
use maud::{Markup, html};
use serde_json::json;

use crate::design::icon;
use crate::design::{
    Page, Tone, banner, channel, channel_named, chip, code, countdown, languages, mark, money, money_sized,
};
use crate::i18n::{self, Lang, c, s};
use crate::screens::kit::{Clock, amount, refund_tone};
use crate::screens::scene::{handout_words, line_words};

/// What the page is made from.
pub(super) struct PayerPage<'a> {
    /// The order's token, in the address.
    pub(super) token: &'a str,
    /// Who is paid.
    pub(super) merchant: &'a str,
    /// Where.
    pub(super) site: &'a str,
    /// The order.
    pub(super) whole: &'a Whole,
    /// What can be chosen.
    pub(super) wallets: &'a [Offer],
    /// The attempt whose code is shown.
    pub(super) attempt: Option<&'a Attempt>,
    /// Times of the place.
    pub(super) clock: Clock,
    /// Now.
    pub(super) now_ms: i64,
    /// What was wrong with the last choice.
    pub(super) problem: Option<&'a str>,
    /// In a demo, where the simulated phone is.
    pub(super) phone: Option<String>,
}

/// How often the page loads itself again without scripts, in seconds.
const RELOAD_S: u32 = 4;

/// The page.
pub(super) fn payer(lang: Lang, uri: &Uri, page: &PayerPage<'_>) -> (Page, Markup) {
    let stream = format!("/v1/pay/{}/events", page.token);
    let mut frame = Page::new(lang, uri, s::PAY_TITLE.say(lang)).style("payer.css").script("live.js").class("payer").data(json!({
        "stream": stream, "now": page.now_ms, "words": i18n::for_scripts(lang, &["t.left", "t.seconds", "c."]),
    }));
    let moving = page.whole.refunds.iter().any(|r| r.state == RefundState::Processing);
    if page.whole.order.state == OrderState::Open || moving {
        frame = frame.refresh(RELOAD_S);
    }
    let body = html! {
        header.top { (mark(lang, None)) (languages(lang, uri)) }
        main #main data-live="" aria-live="polite" {
            (slip(lang, page))
            (standing(lang, page))
            (refunds(lang, page))
            footer.foot {
                @if let Some(phone) = &page.phone { a href=(phone) { (crate::i18n::k::DEMO_PHONE.say(lang)) } }
            }
        }
    };
    (frame, body)
}

/// What is paid for and how much.
fn slip(lang: Lang, page: &PayerPage<'_>) -> Markup {
    let order = &page.whole.order;
    html! {
        section.slip {
            p.to { (page.merchant) }
            p.place { (page.site) }
            (money_sized(amount(&order.currency, order.due), "huge"))
            ul.lines {
                @for line in &order.lines.0 {
                    @let count = line.params.get("quantity").and_then(serde_json::Value::as_i64).unwrap_or(1);
                    li { span { (line_words(lang, line, &order.description)) @if count > 1 { " × " (count) } } (money(line.amount)) }
                }
            }
            dl.facts {
                dt { (s::PAY_NUMBER.say(lang)) } dd.mono { (order.id) }
                @if order.state == OrderState::Open { dt { (s::PAY_UNTIL.say(lang)) } dd { (page.clock.day_minute(order.expires_at)) } }
            }
        }
    }
}

/// What happened, what happens now, what to do.
fn standing(lang: Lang, page: &PayerPage<'_>) -> Markup {
    let order = &page.whole.order;
    match order.state {
        OrderState::Paid | OrderState::Fulfilled => paid(lang, page),
        OrderState::Closed => html! {
            section.state { (banner(Tone::Tell, s::PAY_CLOSED.say(lang), Some(s::PAY_CLOSED_SAY.say(lang)), None)) }
        },
        _ if page.whole.attempts.iter().any(|a| a.state == AttemptState::InDoubt) => html! {
            section.state { (banner(Tone::Check, s::CHECKING.say(lang), Some(s::PAY_BY_HALF.say(lang)), None)) }
        },
        _ => match page.attempt {
            Some(attempt) => waiting(lang, page, attempt),
            None => choose(lang, page),
        },
    }
}

fn paid(lang: Lang, page: &PayerPage<'_>) -> Markup {
    let order = &page.whole.order;
    let receipt = page.whole.fulfilments.iter().find(|f| f.kind == "receipt");
    let by = page.whole.attempts.iter().find(|a| Some(a.id) == order.kept);
    let title = if order.due == 0 { s::PAY_FREE } else { s::PAY_PAID };
    html! {
        section.done role="status" {
            div.sign { (icon::TICK) }
            h1 { (title.say(lang)) }
            @if let Some(by) = by { p { (s::PAID_BY.fill(lang, &[("channel", &i18n::code(lang, "channel", &by.channel))])) } }
            @if let Some(at) = order.paid_at { p { (page.clock.element(at, &page.clock.day_minute(at))) } }
            @for words in page.whole.fulfilments.iter().filter_map(|f| handout_words(lang, &page.clock, f)) { p.handed { (words) } }
            p.say { (s::PAY_PAID_SAY.say(lang)) }
            @if let Some(receipt) = receipt {
                a.button.touch href={ "/receipts/" (receipt.id) "?t=" (page.token) } { (icon::RECEIPT) (s::PAY_RECEIPT.say(lang)) }
            }
        }
    }
}

/// The code of the chosen wallet, and the way into its app.
fn waiting(lang: Lang, page: &PayerPage<'_>, attempt: &Attempt) -> Markup {
    let name = i18n::code(lang, "channel", &attempt.channel);
    let with = [("channel", name.as_str())];
    let until = page.clock.second(attempt.expires_at);
    html! {
        section.state.stack {
            h1 { (channel(&attempt.channel, &s::PAY_WITH.fill(lang, &with))) }
            @match attempt.code.as_deref() {
                Some(text) => {
                    @if text.contains("://") { a.button.main.touch.open href=(text) { (icon::PHONE) (s::PAY_OPEN_APP.fill(lang, &with)) } }
                    (code(text, &s::SCAN_WITH.fill(lang, &with)))
                    p.how { (s::PAY_SCAN_SAY.fill(lang, &with)) }
                }
                None => p.how { span.spinner {} " " (s::PAY_PREPARING.say(lang)) },
            }
            div.row.between.waiting {
                span.row { span.pulse {} (s::PAY_WAITING.say(lang)) }
                (countdown(lang, attempt.created_at.0, attempt.expires_at.0, &until))
            }
            p { a.button.quiet.touch href={ "/p/" (page.token) "?w=none" } { (icon::BACK) (s::PAY_OTHER.say(lang)) } }
        }
    }
}

fn choose(lang: Lang, page: &PayerPage<'_>) -> Markup {
    html! {
        section.state.stack {
            @if let Some(problem) = page.problem { (banner(Tone::Stop, c::TROUBLE_TITLE.say(lang), Some(problem), None)) }
            @if page.wallets.is_empty() {
                (banner(Tone::Tell, s::PAY_AT_TERMINAL.say(lang), Some(s::PAY_AT_TERMINAL_SAY.say(lang)), None))
            } @else {
                h1 { (s::PAY_CHOOSE.say(lang)) }
                form.wallets method="post" action={ "/p/" (page.token) "/pay" } {
                    @for wallet in page.wallets {
                        button.wallet type="submit" name="channel" value=(wallet.channel) {
                            (channel(wallet.channel, &i18n::code(lang, "channel", wallet.channel)))
                        }
                    }
                }
            }
        }
    }
}

fn refunds(lang: Lang, page: &PayerPage<'_>) -> Markup {
    let refunds = &page.whole.refunds;
    html! {
        @if !refunds.is_empty() {
            section.state.stack.tight {
                h2 { (s::PAY_REFUNDS.say(lang)) }
                ul.lines {
                    @for refund in refunds {
                        @let from = page.whole.attempts.iter().find(|a| a.id == refund.attempt).map_or("", |a| a.channel.as_str());
                        li {
                            span.stack.tight {
                                (channel_named(lang, from))
                                (chip(refund_tone(&refund.state), &i18n::code(lang, "refund", refund.state.as_str())))
                            }
                            (money(amount(&refund.currency, refund.amount)))
                        }
                    }
                }
            }
        }
    }
}
