//! What the screens share, the scenes' too: who is signed in, posted forms, refusals as pages, times and the chips of states.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{HeaderName, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use desk::problem::{Kind, desk as problems};
use desk::rows::{AttemptState, Order, OrderState, RefundState, Role, Standing};
use desk::{Refusal, SignedIn, Who};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use money::{Currency, Money};
use store::{Id, Millis};

use super::scene::{MenuEntry, SceneScreens};
use crate::AppState;
use crate::auth::cookies;
use crate::design::{Page, Tone, banner, chip, languages, mark};
use crate::i18n::{self, Lang, c};

/// An answer that ends a handler early: a page that says why, or the way to another page.
pub struct Instead(Box<Response>);

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl From<Response> for Instead {
    fn from(response: Response) -> Self {
        Instead(Box::new(response))
    }
}

/// What handlers of screens answer.
pub type Shown = Result<Response, Instead>;

/// Goes to another page with GET.
pub fn go(path: &str) -> Response {
    let place = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

/// What a refusal means in the reader's words.
pub fn worded(lang: Lang, refusal: &Refusal) -> String {
    let key = format!("problem.{}", refusal.code());
    i18n::by_key(&key).map_or_else(|| refusal.problem.title.to_owned(), |text| text.say(lang).to_owned())
}

/// The status a refusal is answered with.
pub fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal.problem.kind {
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A refusal as a page of its own.
pub fn refused(lang: Lang, uri: &Uri, refusal: &Refusal) -> Instead {
    let lost = (c::NOT_FOUND_TITLE.say(lang), c::NOT_FOUND_SAY.say(lang));
    instead(lang, uri, refusal, lost, true)
}

/// The same for somebody who scanned a code and has no business with the rest of the screens.
pub fn refused_payer(lang: Lang, uri: &Uri, refusal: &Refusal) -> Instead {
    let lost = (c::CODE_LOST_TITLE.say(lang), c::CODE_LOST_SAY.say(lang));
    instead(lang, uri, refusal, lost, false)
}

fn instead(lang: Lang, uri: &Uri, refusal: &Refusal, lost: (&'static str, &str), inside: bool) -> Instead {
    let status = status_of(refusal);
    let (title, say) = match refusal.problem.kind {
        Kind::NotFound => (lost.0, lost.1.to_owned()),
        _ => (c::TROUBLE_TITLE.say(lang), worded(lang, refusal)),
    };
    let body = html! {
        main.alone #main {
            div.card.stack {
                div.row.between { (mark(lang, inside.then_some("/"))) (languages(lang, uri)) }
                (banner(Tone::Stop, title, Some(&say), None))
                @if inside { p { a.button href="/" { (c::HOME.say(lang)) } } }
            }
        }
    };
    Page::new(lang, uri, title).style("console.css").status(status).show(&body).into()
}

/// One value of the address's query.
pub fn query(uri: &Uri, name: &str) -> Option<String> {
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    pairs.0.into_iter().find(|(key, _)| key == name).map(|(_, value)| value).filter(|v| !v.is_empty())
}

/// A posted form.
pub struct Posted(Vec<(String, String)>);

impl Posted {
    /// A field without space around it; empty when it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// A field exactly as it came.
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Every value of a field that may be there several times.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    /// Names and values of the fields whose names begin like that, with the beginning cut off.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter_map(move |(key, value)| key.strip_prefix(prefix).map(|rest| (rest, value.as_str())))
    }

    /// Whether a box was ticked.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let form = axum::Form::<Vec<(String, String)>>::from_request(request, state);
        form.await.map(|axum::Form(pairs)| Posted(pairs)).map_err(IntoResponse::into_response)
    }
}

/// Refuses a form that another site's page sent: for forms of people who have no session yet.
pub fn own_form(headers: &HeaderMap) -> Result<(), Refusal> {
    const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    match headers.get(SITE).map(HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err((&problems::CSRF).into()),
    }
}

/// A signed-in operator at a page of the console. Without a session the answer is the way to sign in.
pub struct Staff {
    /// The session.
    pub signed: SignedIn,
    /// The language.
    pub lang: Lang,
    /// The page.
    pub uri: Uri,
    /// Pages of scenes that this merchant's menu shows.
    pub(super) menu: Vec<&'static MenuEntry>,
}

/// The scenes' entries for a merchant who has a terminal of one of their kinds.
async fn menu(state: &AppState, who: &Who) -> Result<Vec<&'static MenuEntry>, Refusal> {
    if state.scene_screens.iter().all(|scene| scene.menu.is_empty()) {
        return Ok(Vec::new());
    }
    let terminals = state.desk.terminals(who).await?;
    let used = |scene: &&&'static SceneScreens| {
        terminals.iter().any(|t| scene.terminals.iter().any(|(kind, _)| *kind == t.kind))
    };
    Ok(state.scene_screens.iter().filter(used).flat_map(|scene| scene.menu).collect())
}

impl FromRequestParts<AppState> for Staff {
    type Rejection = Instead;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Instead> {
        let (lang, uri) = (Lang::of(&parts.uri, &parts.headers), parts.uri.clone());
        let session = match cookies::session(&parts.headers) {
            Some(token) => state.desk.session(token).await,
            None => Err((&problems::UNAUTHENTICATED).into()),
        };
        match session {
            Ok(signed) => {
                let menu =
                    if parts.method.is_safe() { menu(state, &signed.who).await } else { Ok(Vec::new()) };
                let menu = menu.map_err(|refusal| refused(lang, &uri, &refusal))?;
                Ok(Staff { signed, lang, uri, menu })
            }
            Err(refusal) if refusal.problem.kind == Kind::Unauthenticated => {
                Err(go(&format!("/sign-in?next={}", encoded(uri.path()))).into())
            }
            Err(refusal) => Err(refused(lang, &uri, &refusal)),
        }
    }
}

/// A path as a value in a query.
pub fn encoded(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

impl Staff {
    /// Who acts, for the desk.
    pub fn who(&self) -> &Who {
        &self.signed.who
    }

    /// A refusal as a page.
    pub fn refused(&self, refusal: &Refusal) -> Instead {
        refused(self.lang, &self.uri, refusal)
    }

    /// Refuses a form that is not from a page of this session; the way back to `path` says so.
    pub fn check(&self, form: &Posted, path: &str) -> Result<(), Instead> {
        let (given, own) = (form.raw("csrf"), &self.signed.csrf);
        aws_lc_rs::constant_time::verify_slices_are_equal(given.as_bytes(), own.as_bytes())
            .map_err(|_| wrong(path, "csrf").into())
    }

    /// The field every form carries.
    pub fn token(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.signed.csrf); }
    }

    /// What the last form led to, as the page's address tells it.
    pub fn flash(&self) -> Option<Markup> {
        if let Some(code) = query(&self.uri, "wrong") {
            let text = i18n::by_key(&format!("problem.{code}"))
                .map_or(c::TROUBLE_TITLE.say(self.lang), |t| t.say(self.lang));
            return Some(banner(Tone::Stop, c::TROUBLE_TITLE.say(self.lang), Some(text), None));
        }
        let done = query(&self.uri, "done").and_then(|key| i18n::by_key(&format!("k.{key}")))?;
        Some(banner(Tone::Paid, done.say(self.lang), None, None))
    }
}

/// Back to a page that says what was wrong.
pub fn wrong(path: &str, code: &str) -> Response {
    let join = if path.contains('?') { '&' } else { '?' };
    go(&format!("{path}{join}wrong={}", encoded(code)))
}

/// After a form: to a page that says it is done, or back to one that says what was wrong.
pub fn after<T>(result: Result<T, Refusal>, path: &str, done: &str) -> Response {
    match result {
        Ok(_) => go(&format!("{path}?done={done}")),
        Err(refusal) => wrong(path, refusal.code()),
    }
}

/// The id in a form field or path; nothing is found under a wrong one.
pub fn id(text: &str) -> Result<Id, Refusal> {
    text.parse().map_err(|_| problems::NOT_FOUND.with("this is not an id"))
}

/// Writes moments as people at a place read them.
pub struct Clock {
    zone: TimeZone,
    lang: Lang,
}

impl Clock {
    /// For the zone of a site.
    pub fn new(zone: &str, lang: Lang) -> Clock {
        Clock { zone: desk::dates::zone(zone).unwrap_or(TimeZone::UTC), lang }
    }

    fn at(&self, at: Millis, pattern: &str) -> String {
        let stamp = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        stamp.to_zoned(self.zone.clone()).strftime(pattern).to_string()
    }

    /// `14:03:27`.
    pub fn second(&self, at: Millis) -> String {
        self.at(at, "%H:%M:%S")
    }

    /// `22 Nov, 14:03`.
    pub fn day_minute(&self, at: Millis) -> String {
        self.at(at, self.lang.pick("%-d %b, %H:%M", "%-m月%-d日 %H:%M"))
    }

    /// The moment as a `time` element, in one of the forms above.
    pub fn element(&self, at: Millis, text: &str) -> Markup {
        html! { time datetime=(Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH)) title=(self.at(at, "%Y-%m-%d %H:%M:%S %Z")) { (text) } }
    }
}

/// An amount of an order's currency; a currency this release does not know counts as yuan on screens.
pub fn amount(currency: &str, value: i64) -> Money {
    Money::new(value, currency.parse().unwrap_or(Currency::CNY))
}

/// The chip of an order's state.
pub fn order_chip(lang: Lang, order: &Order) -> Markup {
    let (tone, key) = match order.state {
        OrderState::Open => (Tone::Check, "open"),
        // what came twice and flowed back is not a refund of the sale
        OrderState::Paid | OrderState::Fulfilled if order.paid - order.refunded <= 0 && order.paid > 0 => {
            (Tone::Tell, "refunded")
        }
        OrderState::Paid | OrderState::Fulfilled if order.paid - order.refunded < order.due => {
            (Tone::Tell, "part_refunded")
        }
        OrderState::Paid | OrderState::Fulfilled => (Tone::Paid, order.state.as_str()),
        OrderState::Closed => (Tone::Plain, "closed"),
        OrderState::Other(_) => (Tone::Plain, order.state.as_str()),
    };
    chip(tone, &i18n::code(lang, "order", key))
}

/// The colour of an attempt's state.
pub fn attempt_tone(state: &AttemptState) -> Tone {
    match state {
        AttemptState::Succeeded => Tone::Paid,
        AttemptState::Pending | AttemptState::InDoubt => Tone::Check,
        AttemptState::Declined => Tone::Stop,
        AttemptState::Closed | AttemptState::Reversed | AttemptState::Other(_) => Tone::Plain,
    }
}

/// The colour of a refund's state.
pub fn refund_tone(state: &RefundState) -> Tone {
    match state {
        RefundState::Succeeded => Tone::Paid,
        RefundState::Processing => Tone::Check,
        RefundState::Failed => Tone::Stop,
        RefundState::Other(_) => Tone::Plain,
    }
}

/// The chip of whether something may be used.
pub fn standing_chip(lang: Lang, standing: &Standing) -> Markup {
    let tone = if *standing == Standing::On { Tone::Paid } else { Tone::Plain };
    chip(tone, &i18n::code(lang, "standing", standing.as_str()))
}

/// A role in words.
pub fn role_name(lang: Lang, role: &Role) -> String {
    i18n::code(lang, "role", role.as_str())
}

#[cfg(test)]
#[path = "kit_tests.rs"]
mod tests;
