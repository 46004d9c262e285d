//! A receipt as a page: narrow like paper, so that the same page is read on a phone and printed.

use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use money::Money;

use super::{Payment, Receipt, words};
use crate::design::{Page, money_text, qr_svg};
use crate::i18n::{self, Lang};

/// The page.
pub(super) fn page(receipt: &Receipt, lang: Lang, uri: &Uri) -> Response {
    Page::new(lang, uri, words::TITLE.say(lang)).style("receipt.css").show(&paper(receipt, lang))
}

fn row(label: &str, value: &str) -> Markup {
    html! { div.receipt-row { span { (label) } span { (value) } } }
}

fn sum(label: &str, amount: Money) -> Markup {
    row(label, &money_text(amount))
}

fn payment(payment: &Payment, lang: Lang) -> Markup {
    html! {
        (row(words::PAID.say(lang), &i18n::code(lang, "channel", &payment.channel)))
        @if let Some((tendered, change)) = payment.cash {
            (sum(words::TENDERED.say(lang), tendered))
            (sum(words::CHANGE.say(lang), change))
        }
        @if let Some(txn) = &payment.channel_txn { (row(words::TXN.say(lang), txn)) }
    }
}

/// The receipt itself, to stand in any page.
pub(super) fn paper(receipt: &Receipt, lang: Lang) -> Markup {
    let body = &receipt.body;
    html! {
        main.receipt id="main" {
            h1 { (body.site) }
            p.receipt-title { (words::TITLE.say(lang)) @if receipt.copy { " · " strong { (words::COPY.say(lang)) } } }
            (row(words::NUMBER.say(lang), &body.number))
            (row(words::TIME.say(lang), &body.at))
            hr;
            @for line in &body.lines {
                div.receipt-row {
                    span {
                        (line.name(lang))
                        @if let Some(price) = line.unit_price && line.quantity != 1 {
                            br; small { (line.quantity) " × " (money_text(price)) }
                        }
                    }
                    span { (money_text(line.amount)) }
                }
            }
            hr;
            div.receipt-row.receipt-total { span { (words::TOTAL.say(lang)) } span { (money_text(body.total)) } }
            @for one in &receipt.payments { (payment(one, lang)) }
            @if !receipt.refunded.is_zero() { (sum(words::REFUNDED.say(lang), receipt.refunded)) }
            @if let Some(svg) = qr_svg(&receipt.pay_url) {
                div.receipt-code { (maud::PreEscaped(svg)) p { (words::FOLLOW.say(lang)) } }
            }
        }
    }
}
