//! How a stand's page looks: who is paid, and a place where the script draws the amount and the way to pay.

use axum::http::Uri;
use desk::rows::{Attempt, AttemptState, Presentment};
use desk::{Stand, Whole};
use maud::{Markup, html};
use money::Currency;
use serde_json::{Value, json};

use crate::design::icon::{self, Icon};
use crate::design::{Page, Tone, banner, currency_sign, languages, mark, money_text};
use crate::i18n::{self, Lang, c, st};
use money::Money;

/// What there is to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    /// An amount and a way to pay it.
    Pay,
    /// This wallet is not taken here now.
    Closed,
    /// The wallet did not say who the visitor is.
    Unknown,
}

/// What a stand's page is made from.
pub(super) struct StandPage<'a> {
    /// The stand.
    pub(super) stand: &'a Stand,
    /// The wallet whose browser this is.
    pub(super) wallet: Option<&'static str>,
    /// What can be paid with here.
    pub(super) ways: &'a [&'static str],
    /// What there is to see.
    pub(super) show: Show,
    /// The order that is looked at.
    pub(super) order: Option<&'a Whole>,
    /// Its token.
    pub(super) token: Option<String>,
    /// What the shop has sent here: token and amount in minor units.
    pub(super) asked: Option<(String, i64)>,
    /// The merchant's currency.
    pub(super) currency: Currency,
    /// The most that can be typed, in minor units.
    pub(super) max: i64,
    /// Who the visitor is at the wallet; only to tell own tries from others'.
    pub(super) payer: Option<&'a str>,
    /// Now.
    pub(super) now_ms: i64,
    /// In a demo, where the sandbox is.
    pub(super) sandbox: Option<String>,
}

/// Groups of the table that the page's script says.
const WORDS: &[&str] = &["c.", "st.", "channel.", "problem.", "t.erase"];

/// The signs its script draws.
const SIGNS: &[(&str, Icon)] = &[("alert", icon::ALERT), ("clock", icon::CLOCK), ("erase", icon::ERASE)];

/// The page.
pub(super) fn stand(lang: Lang, uri: &Uri, page: &StandPage<'_>) -> (Page, Markup) {
    let mut frame = Page::new(lang, uri, st::TITLE.say(lang))
        .style("payer.css")
        .style("stand.css")
        .class("payer stand")
        .data(data(lang, page));
    if page.show == Show::Pay {
        frame = frame.script("stand.js");
        if let (Some(origin), Some(wallet)) = (&page.sandbox, page.wallet) {
            // outside a real wallet the sandbox's script stands in for its bridge
            frame = frame.foreign_script(origin, &format!("/phone/bridge.js?wallet={wallet}"));
        }
    }
    let body = html! {
        (icon::sprite(SIGNS))
        header.top { (mark(lang, None)) (languages(lang, uri)) }
        main #main {
            section.shop {
                p.to { (st::PAY_TO.say(lang)) }
                h1 { (page.stand.merchant.name) }
                p.place { (page.stand.site.name) }
            }
            div #stage aria-live="polite" { (stage(lang, uri, page)) }
            footer.foot { p.small { (page.stand.terminal.name) } }
        }
    };
    (frame, body)
}

fn stage(lang: Lang, uri: &Uri, page: &StandPage<'_>) -> Markup {
    match page.show {
        Show::Pay => html! {
            noscript { section.state { (banner(Tone::Stop, st::NEEDS_SCRIPT.say(lang), Some(st::NEEDS_SCRIPT_SAY.say(lang)), None)) } }
            div.loading { span.spinner {} p { (c::LOADING.say(lang)) } }
        },
        Show::Closed => {
            let name = page.wallet.map(|w| i18n::code(lang, "channel", w));
            let others: Vec<String> = page.ways.iter().map(|w| i18n::code(lang, "channel", w)).collect();
            let title = name.map_or_else(
                || st::NOTHING_OPEN.say(lang).to_owned(),
                |name| st::WALLET_CLOSED.fill(lang, &[("channel", &name)]),
            );
            let say = if others.is_empty() {
                st::PAY_AT_COUNTER.say(lang).to_owned()
            } else {
                st::USE_OTHERS.fill(lang, &[("channels", &others.join(lang.pick(" or ", "或")))])
            };
            html! { section.state #closed { (banner(Tone::Tell, &title, Some(&say), None)) } }
        }
        Show::Unknown => html! {
            section.state.stack #unknown {
                (banner(Tone::Check, st::UNKNOWN.say(lang), Some(st::UNKNOWN_SAY.say(lang)), None))
                a.button.main.touch href=(uri.path().trim_end_matches("/back")) { (c::RETRY.say(lang)) }
            }
        },
    }
}

fn data(lang: Lang, page: &StandPage<'_>) -> Value {
    let order = page.order.zip(page.token.as_ref()).map(|(whole, token)| {
        let own = page.asked.as_ref().is_none_or(|(asked, _)| asked != token);
        let last = whole.attempts.iter().rev().find(|a| a.presentment == Presentment::InApp);
        json!({
            "token": token, "amount": whole.order.due, "typed": own, "last": last.map(|a| standing(a, page)),
        })
    });
    json!({
        "now": page.now_ms,
        "stand": page.stand.terminal.id.to_string(),
        "wallet": page.wallet,
        "ways": page.ways,
        "currency": {"code": page.currency.code(), "sign": currency_sign(page.currency), "digits": page.currency.digits()},
        "max": page.max,
        "max_text": money_text(Money::new(page.max, page.currency)),
        "asked": page.asked.as_ref().map(|(token, amount)| json!({"token": token, "amount": amount})),
        "order": order,
        "words": i18n::for_scripts(lang, WORDS),
    })
}

/// How the last try of an order stands, as this visitor is told: `open`, `declined` with why, `other` (somebody else's), `none`.
fn standing(attempt: &Attempt, page: &StandPage<'_>) -> Value {
    let mine = desk::in_app::payer_of(attempt).as_deref() == page.payer;
    match attempt.state {
        AttemptState::Pending | AttemptState::InDoubt if mine => json!({"state": "open"}),
        AttemptState::Pending | AttemptState::InDoubt => json!({"state": "other"}),
        AttemptState::Declined => json!({"state": "declined", "reason": attempt.reason}),
        _ => json!({"state": "none"}),
    }
}
