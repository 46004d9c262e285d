//! The frame of every page: head, language switch, messages for scripts, and the headers that keep strangers out.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use super::assets;
use crate::i18n::{Lang, c};

/// Scripts and styles come from here only; nobody frames a page that takes money.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Whether a page follows the reader's choice of dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Always light: screens that strangers read from afar.
    Light,
    /// What the reader's machine says.
    Auto,
}

/// A page being made.
pub struct Page {
    lang: Lang,
    uri: Uri,
    title: String,
    theme: Theme,
    class: &'static str,
    styles: Vec<&'static str>,
    scripts: Vec<&'static str>,
    foreign: Option<(String, String)>,
    data: Option<Value>,
    refresh_s: Option<u32>,
    manifest: Option<String>,
    status: StatusCode,
}

impl Page {
    /// A page at `uri` with this title.
    pub fn new(lang: Lang, uri: &Uri, title: impl Into<String>) -> Page {
        Page {
            lang,
            uri: uri.clone(),
            title: title.into(),
            theme: Theme::Light,
            class: "",
            styles: vec!["tokens.css", "base.css", "parts.css"],
            scripts: Vec::new(),
            foreign: None,
            data: None,
            refresh_s: None,
            manifest: None,
            status: StatusCode::OK,
        }
    }

    /// Another style sheet.
    pub fn style(mut self, name: &'static str) -> Page {
        self.styles.push(name);
        self
    }

    /// A script, loaded as a module.
    pub fn script(mut self, name: &'static str) -> Page {
        self.scripts.push(name);
        self
    }

    /// A script from another origin, which the page then trusts: a demo's sandbox, nothing else.
    pub fn foreign_script(mut self, origin: &str, path: &str) -> Page {
        self.foreign = Some((origin.to_owned(), path.to_owned()));
        self
    }

    /// What scripts find in `#page-data`.
    pub fn data(mut self, data: Value) -> Page {
        self.data = Some(data);
        self
    }

    /// A web app manifest, so that the page can be installed.
    pub fn manifest(mut self, path: impl Into<String>) -> Page {
        self.manifest = Some(path.into());
        self
    }

    /// The class of the body.
    pub fn class(mut self, class: &'static str) -> Page {
        self.class = class;
        self
    }

    /// Light or the reader's choice.
    pub fn theme(mut self, theme: Theme) -> Page {
        self.theme = theme;
        self
    }

    /// Without scripts the page loads itself again after this many seconds.
    pub fn refresh(mut self, seconds: u32) -> Page {
        self.refresh_s = Some(seconds);
        self
    }

    /// The status it is answered with.
    pub fn status(mut self, status: StatusCode) -> Page {
        self.status = status;
        self
    }

    /// The whole page as HTML.
    pub fn markup(&self, body: &Markup) -> Markup {
        let theme = if self.theme == Theme::Auto { "auto" } else { "light" };
        html! {
            (DOCTYPE)
            html lang=(self.lang.tag()) data-theme=(theme) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                    meta name="color-scheme" content=(if self.theme == Theme::Auto { "light dark" } else { "light" });
                    meta name="theme-color" content="#0d3b34";
                    @if let Some(seconds) = self.refresh_s {
                        noscript { meta http-equiv="refresh" content=(seconds); }
                    }
                    title { (self.title) " · " (c::NAME.say(self.lang)) }
                    link rel="icon" type="image/svg+xml" href=(assets::path("mark.svg"));
                    @if let Some(path) = &self.manifest { link rel="manifest" href=(path); }
                    @for style in &self.styles { link rel="stylesheet" href=(assets::path(style)); }
                    @if let Some((origin, path)) = &self.foreign { script defer src={ (origin) (path) } {} }
                    @for script in &self.scripts { script type="module" src=(assets::path(script)) {} }
                }
                body class=(self.class) {
                    a.skip href="#main" { (c::SKIP.say(self.lang)) }
                    (body)
                    div.toasts aria-live="polite" {}
                    @if let Some(data) = &self.data {
                        script id="page-data" type="application/json" { (PreEscaped(for_script(data))) }
                    }
                }
            }
        }
    }

    fn policy(&self) -> HeaderValue {
        let foreign = self.foreign.as_ref().and_then(|(origin, _)| {
            let own = POLICY.replace("script-src 'self'", &format!("script-src 'self' {origin}"));
            HeaderValue::try_from(own).ok()
        });
        foreign.unwrap_or(HeaderValue::from_static(POLICY))
    }

    /// The answer, with its headers.
    pub fn show(self, body: &Markup) -> Response {
        let mut response = (self.status, self.markup(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, self.policy());
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(lang) = Lang::asked(&self.uri) {
            headers.append(SET_COOKIE, lang_cookie(lang));
        }
        response
    }
}

fn lang_cookie(lang: Lang) -> HeaderValue {
    HeaderValue::from_static(match lang {
        Lang::En => "lang=en; Path=/; Max-Age=31536000; SameSite=Lax",
        Lang::Zh => "lang=zh; Path=/; Max-Age=31536000; SameSite=Lax",
    })
}

/// JSON that cannot end the element it stands in.
fn for_script(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c")
}

/// The switch between the languages; keeps the rest of the address.
pub fn languages(lang: Lang, uri: &Uri) -> Markup {
    let rest: Vec<&str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|p| !p.is_empty() && !p.starts_with("lang="))
        .collect();
    html! {
        nav.languages aria-label=(c::LANGUAGE.say(lang)) {
            @for other in Lang::ALL {
                @let mut query = rest.clone();
                @let choice = format!("lang={}", other.code());
                @let () = query.push(&choice);
                a href={ (uri.path()) "?" (query.join("&")) } lang=(other.tag()) aria-current=[(other == lang).then_some("true")] { (other.name()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_keeps_the_address() {
        let html = languages(Lang::En, &"/orders?q=tea&lang=en".parse().unwrap()).into_string();
        assert!(html.contains("/orders?q=tea&amp;lang=zh"), "{html}");
        assert!(html.contains(r#"lang="en" aria-current="true""#), "{html}");
    }

    #[test]
    fn data_never_ends_its_element() {
        assert!(!for_script(&serde_json::json!({"a": "</script><b>"})).contains('<'));
    }

    #[test]
    fn an_asked_language_is_kept_and_the_page_defends_itself() {
        let page = Page::new(Lang::Zh, &"/?lang=zh".parse().unwrap(), "x").show(&html! { p { "y" } });
        assert!(page.headers()[SET_COOKIE].to_str().unwrap().starts_with("lang=zh"));
        assert!(page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().contains("frame-ancestors 'none'"));
    }
}
