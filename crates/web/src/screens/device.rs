//! What the screens of devices have alike, whichever scene they serve: the bar at the top, the banner of a lost network, the stage that scripts fill.

use axum::http::Uri;
use maud::{Markup, html};

use crate::design::{Tone, banner, languages, mark};
use crate::i18n::{Lang, c, s};

/// The bar: the sign, where one is (`what` large and `at` small), the tools of the screen, the languages.
pub fn bar(lang: Lang, uri: &Uri, what: &str, at: &str, tools: &Markup) -> Markup {
    html! {
        header.bar {
            (mark(lang, None))
            div.where { strong { (what) } small { (at) } }
            div.spring {}
            (tools)
            (languages(lang, uri))
        }
    }
}

/// What scripts show while the network is away.
pub fn offline(title: &str, say: &str) -> Markup {
    html! { div.offline #offline hidden { (banner(Tone::Check, title, Some(say), None)) } }
}

/// Said where scripts are switched off.
pub fn needs_script(lang: Lang) -> Markup {
    html! { noscript { (banner(Tone::Stop, s::NEEDS_SCRIPT.say(lang), Some(s::NEEDS_SCRIPT_SAY.say(lang)), None)) } }
}

/// The stage until scripts fill it.
pub fn stage(lang: Lang) -> Markup {
    html! {
        main #main { div #stage {
            (needs_script(lang))
            div.loading { span.spinner {} p { (c::LOADING.say(lang)) } }
        } }
    }
}
