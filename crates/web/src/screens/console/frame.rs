//! The console's frame: the rail with the pages, who is signed in, and the lamp that says whether the page is live.

use axum::response::Response;
use desk::{Act, Refusal};
use maud::{Markup, html};
use serde_json::json;

use super::Staff;
use crate::AppState;
use crate::design::icon::Icon;
use crate::design::{Page, Theme, icon, languages, mark};
use crate::i18n::{self, Text, k};
use crate::screens::kit::{Clock, role_name};

/// A page of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// The day at a glance.
    Today,
    /// Orders and one order.
    Orders,
    /// Terminals.
    Terminals,
    /// Shifts.
    Shifts,
    /// Sites.
    Sites,
    /// People.
    People,
    /// API keys.
    Keys,
    /// Channels.
    Channels,
}

const RAIL: &[(Section, &str, &Text, Icon, Option<Act>)] = &[
    (Section::Today, "/", &k::TODAY, icon::TODAY, None),
    (Section::Orders, "/orders", &k::ORDERS, icon::LIST, None),
    (Section::Terminals, "/terminals", &k::TERMINALS, icon::DEVICE, None),
    (Section::Shifts, "/shifts", &k::SHIFTS, icon::DRAWER, None),
    (Section::Sites, "/sites", &k::SITES, icon::PLACE, None),
    (Section::Channels, "/channels", &k::CHANNELS, icon::PLUG, None),
    (Section::People, "/people", &k::PEOPLE, icon::PEOPLE, None),
    (Section::Keys, "/keys", &k::KEYS, icon::KEY, Some(Act::ManagePeople)),
];

impl Staff {
    /// Words of the table in the reader's language.
    pub(super) fn say(&self, text: &'static Text) -> &'static str {
        text.say(self.lang)
    }

    /// Times as the merchant's first site reads them.
    pub(super) async fn clock(&self, state: &AppState) -> Result<Clock, Refusal> {
        let sites = state.desk.sites(self.who()).await?;
        Ok(Clock::new(sites.first().map_or("Asia/Shanghai", |site| site.zone.as_str()), self.lang))
    }

    /// The page around a body.
    pub(super) fn show(&self, state: &AppState, section: Section, title: &str, body: &Markup) -> Response {
        let lang = self.lang;
        let data = json!({
            "stream": "/v1/stream", "now": state.desk.now().0, "words": i18n::for_scripts(lang, &["c.", "k.live", "t.left", "t.seconds"]),
        });
        let rail = RAIL.iter().filter(|(.., act)| act.is_none_or(|act| self.who().may(act)));
        let whole = html! {
            div.console {
                header.rail {
                    (mark(lang, Some("/")))
                    nav aria-label=(k::MENU.say(lang)) {
                        @for (own, path, words, sign, _) in rail {
                            a href=(path) aria-current=[(*own == section).then_some("page")] { (sign) span { (words.say(lang)) } }
                        }
                    }
                    div.me {
                        div.person { strong { (self.signed.operator.name) } small { (role_name(lang, &self.who().role)) } }
                        form method="post" action="/sign-out" {
                            (self.token())
                            button.button.quiet type="submit" title=(k::SIGN_OUT.say(lang)) { (icon::OUT) span.sr { (k::SIGN_OUT.say(lang)) } }
                        }
                    }
                }
                div.sheet {
                    div.head {
                        span.lamp data-lamp="" { (k::LIVE.say(lang)) }
                        (languages(lang, &self.uri))
                    }
                    main #main { @if let Some(flash) = self.flash() { div.flash { (flash) } } (body) }
                }
            }
        };
        Page::new(lang, &self.uri, title)
            .style("console.css")
            .script("live.js")
            .theme(Theme::Auto)
            .data(data)
            .show(&whole)
    }
}
