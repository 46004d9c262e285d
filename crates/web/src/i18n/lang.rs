//! Which language a request is answered in: what the address says, else what the browser kept, else what it prefers.

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};

/// A language of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

impl Lang {
    /// Both.
    pub const ALL: [Lang; 2] = [Lang::Zh, Lang::En];

    /// The word in `?lang=` and in the cookie.
    pub const fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh",
        }
    }

    /// The value of the page's `lang` attribute.
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh-CN",
        }
    }

    /// Its own name, for the switch.
    pub const fn name(self) -> &'static str {
        match self {
            Lang::En => "EN",
            Lang::Zh => "中文",
        }
    }

    /// One of the two texts.
    pub const fn pick<'a>(self, en: &'a str, zh: &'a str) -> &'a str {
        match self {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    fn from_code(code: &str) -> Option<Lang> {
        let primary = code.split(['-', '_']).next().unwrap_or_default();
        Lang::ALL.into_iter().find(|lang| primary.eq_ignore_ascii_case(lang.code()))
    }

    /// What the address asks for with `?lang=`.
    pub fn asked(uri: &Uri) -> Option<Lang> {
        uri.query()?.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Lang::from_code)
    }

    /// The language for a request; English when nothing is said.
    pub fn of(uri: &Uri, headers: &HeaderMap) -> Lang {
        Lang::asked(uri).or_else(|| kept(headers)).or_else(|| preferred(headers)).unwrap_or(Lang::En)
    }
}

fn kept(headers: &HeaderMap) -> Option<Lang> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix("lang="))
        .and_then(Lang::from_code)
}

/// The known language with the highest weight; the first of equals.
fn preferred(headers: &HeaderMap) -> Option<Lang> {
    let mut best: Option<(f32, Lang)> = None;
    for part in headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?.split(',') {
        let mut pieces = part.split(';');
        let Some(lang) = pieces.next().map(str::trim).and_then(Lang::from_code) else { continue };
        let weight = pieces
            .find_map(|p| p.trim().strip_prefix("q="))
            .and_then(|q| q.parse::<f32>().ok())
            .unwrap_or(1.0);
        if weight > best.map_or(0.0, |(w, _)| w) {
            best = Some((weight, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

impl<S: Send + Sync> FromRequestParts<S> for Lang {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Lang::of(&parts.uri, &parts.headers))
    }
}
