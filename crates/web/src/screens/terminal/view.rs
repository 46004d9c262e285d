//! The terminal's page: a frame in which the scripts draw the sale, and the page on which a browser becomes a terminal.

use axum::http::Uri;
use maud::{Markup, Render, html};
use serde_json::Value;

use crate::design::{Field, Page, banner, icon, languages, mark};
use crate::design::{Tone, icon::Icon};
use crate::i18n::{Lang, k, s};
use crate::screens::device::{bar, offline, stage};

/// What a terminal's page is made from.
pub(super) struct TerminalPage<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Where it stands.
    pub(super) site: &'a str,
    /// What the scripts find: terminal, offers, currency, token.
    pub(super) data: Value,
}

/// Groups of the table that the terminal's scripts say.
pub(super) const WORDS: &[&str] = &["c.", "t.", "channel.", "reason.", "problem.", "line."];

/// The signs the scripts draw.
const SIGNS: &[(&str, Icon)] = &[
    ("show", icon::SHOW),
    ("scan", icon::SCAN),
    ("cash", icon::CASH),
    ("tick", icon::TICK),
    ("cross", icon::CROSS),
    ("clock", icon::CLOCK),
    ("back", icon::BACK),
    ("alert", icon::ALERT),
    ("undo", icon::UNDO),
    ("receipt", icon::RECEIPT),
    ("print", icon::PRINT),
    ("sound", icon::SOUND),
    ("mute", icon::MUTE),
    ("phone", icon::PHONE),
    ("erase", icon::ERASE),
    ("basket", icon::BASKET),
    ("keypad", icon::KEYPAD),
    ("tag", icon::TAG),
];

/// The page of a terminal that is known.
pub(super) fn terminal(lang: Lang, uri: &Uri, page: &TerminalPage<'_>) -> (Page, Markup) {
    let frame = Page::new(lang, uri, page.name)
        .style("terminal.css")
        .style("stage.css")
        .script("terminal.js")
        .data(page.data.clone())
        .class("terminal");
    let tools = html! {
        span.net #net { span { (s::ONLINE.say(lang)) } }
        button.tool.shift #shift type="button" { (icon::DRAWER) span { (s::SHIFT_NONE.say(lang)) } }
        button.tool #sound type="button" { (icon::MUTE) span.sr { (s::SOUND_OFF.say(lang)) } }
    };
    let body = html! {
        (icon::sprite(SIGNS))
        (bar(lang, uri, page.name, page.site, &tools))
        (offline(s::OFFLINE.say(lang), s::OFFLINE_SAY.say(lang)))
        (stage(lang))
    };
    (frame, body)
}

/// What the enrolment page tells beside its form.
#[derive(Default)]
pub(super) struct Enrolment<'a> {
    /// The terminal's id, in the address.
    pub(super) id: &'a str,
    /// The code that came with the address.
    pub(super) code: &'a str,
    /// Why the last try did not work.
    pub(super) wrong: Option<&'a str>,
    /// The terminal is switched off.
    pub(super) off: bool,
}

/// The page on which a browser becomes a terminal: by code, or by a manager who signs in.
pub(super) fn enrolment(lang: Lang, uri: &Uri, page: &Enrolment<'_>) -> (Page, Markup) {
    let title = if page.off { s::TERMINAL_OFF } else { s::ENROL };
    let body = html! {
        main.enrol #main {
            section.card {
                div.tools { (mark(lang, None)) (languages(lang, uri)) }
                div.stack.tight {
                    h1 { (title.say(lang)) }
                    p { (if page.off { s::TERMINAL_OFF_SAY } else { s::ENROL_SAY }.say(lang)) }
                }
                @if let Some(wrong) = page.wrong { (banner(Tone::Stop, wrong, None, None)) }
                form method="post" action={ "/t/" (page.id) "/enrol" } {
                    div.field {
                        label for="code" { (s::ENROL_CODE.say(lang)) }
                        input.input.touch.code-input #code name="code" required autocomplete="off" autocapitalize="characters" spellcheck="false" value=(page.code) autofocus;
                    }
                    button.button.main.touch type="submit" { (s::ENROL_BUTTON.say(lang)) }
                }
                details {
                    summary { (s::ENROL_SIGN_IN.say(lang)) }
                    form method="post" action={ "/t/" (page.id) "/enrol" } {
                        (Field { complete: "username", ..Field::text("name", k::NAME.say(lang), "") }.render())
                        (Field { kind: "password", complete: "current-password", ..Field::text("password", k::PASSWORD.say(lang), "") }.render())
                        button.button.touch type="submit" { (s::ENROL_BUTTON.say(lang)) }
                    }
                }
            }
        }
    };
    (Page::new(lang, uri, title.say(lang)).style("terminal.css"), body)
}
