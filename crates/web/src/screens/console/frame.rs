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
    /// The channels' bills beside the ledger.
    Bills,
    /// A page of a scene, by the path of its entry in the menu.
    Scene(&'static str),
}

const RAIL: &[(Section, &str, &Text, Icon, Option<Act>)] = &[
    (Section::Today, "/", &k::TODAY, icon::TODAY, None),
    (Section::Orders, "/orders", &k::ORDERS, icon::LIST, None),
    (Section::Terminals, "/terminals", &k::TERMINALS, icon::DEVICE, None),
    (Section::Shifts, "/shifts", &k::SHIFTS, icon::DRAWER, None),
    (Section::Sites, "/sites", &k::SITES, icon::PLACE, None),
    (Section::Channels, "/channels", &k::CHANNELS, icon::PLUG, None),
    (Section::Bills, "/bills", &k::BILLS, icon::LIST, None),
    (Section::People, "/people", &k::PEOPLE, icon::PEOPLE, None),
    (Section::Keys, "/keys", &k::KEYS, icon::KEY, Some(Act::ManagePeople)),
];

/// What a scene's page of the console needs beside the console's own sheets and scripts.
#[derive(Default)]
pub struct Needs {
    /// Style sheets.
    pub styles: &'static [&'static str],
    /// Scripts.
    pub scripts: &'static [&'static str],
    /// Beginnings of the keys of the words its scripts say.
    pub words: &'static [&'static str],
    /// What its scripts find in the page, an object or nothing.
    pub data: serde_json::Value,
}

impl Staff {
    /// Words of the table in the reader's language.
    pub fn say(&self, text: &'static Text) -> &'static str {
        text.say(self.lang)
    }

    /// Times as the merchant's first site reads them.
    pub async fn clock(&self, state: &AppState) -> Result<Clock, Refusal> {
        let sites = state.desk.sites(self.who()).await?;
        Ok(Clock::new(sites.first().map_or("Asia/Shanghai", |site| site.zone.as_str()), self.lang))
    }

    /// The page around a body.
    pub(super) fn show(&self, state: &AppState, section: Section, title: &str, body: &Markup) -> Response {
        self.page(state, title, &Needs::default()).show(&self.around(section, body))
    }

    /// A page of a scene: the path of the menu's entry it belongs to, its title, what it needs beside the console's own, its body.
    pub fn sheet(
        &self,
        state: &AppState,
        at: &'static str,
        title: &str,
        needs: &Needs,
        body: &Markup,
    ) -> Response {
        self.page(state, title, needs).show(&self.around(Section::Scene(at), body))
    }

    fn page(&self, state: &AppState, title: &str, needs: &Needs) -> Page {
        let words: Vec<&str> =
            ["c.", "k.live", "t.left", "t.seconds"].iter().chain(needs.words).copied().collect();
        let mut data = needs.data.clone();
        data["stream"] = json!("/v1/stream");
        data["now"] = json!(state.desk.now().0);
        data["words"] = i18n::for_scripts(self.lang, &words);
        let page = Page::new(self.lang, &self.uri, title)
            .style("console.css")
            .script("live.js")
            .theme(Theme::Auto)
            .data(data);
        let page = needs.styles.iter().fold(page, |page, style| page.style(style));
        needs.scripts.iter().fold(page, |page, script| page.script(script))
    }

    /// The rail and the sheet.
    fn around(&self, section: Section, body: &Markup) -> Markup {
        let lang = self.lang;
        let may = |act: &Option<Act>| act.is_none_or(|act| self.who().may(act));
        html! {
            div.console {
                header.rail {
                    (mark(lang, Some("/")))
                    nav aria-label=(k::MENU.say(lang)) {
                        @for (own, path, words, sign, _) in RAIL.iter().filter(|(.., act)| may(act)) {
                            a href=(path) aria-current=[(*own == section).then_some("page")] { (sign) span { (words.say(lang)) } }
                        }
                        @for entry in self.menu.iter().filter(|entry| may(&entry.act)) {
                            @let here = section == Section::Scene(entry.path);
                            a href=(entry.path) aria-current=[here.then_some("page")] { (entry.icon) span { (entry.words.say(lang)) } }
                        }
                    }
                    (self.me())
                }
                div.sheet {
                    div.head {
                        span.lamp data-lamp="" { (k::LIVE.say(lang)) }
                        (languages(lang, &self.uri))
                    }
                    main #main { @if let Some(flash) = self.flash() { div.flash { (flash) } } (body) }
                }
            }
        }
    }

    /// Who is signed in, and the way out.
    fn me(&self) -> Markup {
        let lang = self.lang;
        html! {
            div.me {
                div.person { strong { (self.signed.operator.name) } small { (role_name(lang, &self.who().role)) } }
                form method="post" action="/sign-out" {
                    (self.token())
                    button.button.quiet type="submit" title=(k::SIGN_OUT.say(lang)) { (icon::OUT) span.sr { (k::SIGN_OUT.say(lang)) } }
                }
            }
        }
    }
}
