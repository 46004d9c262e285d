//! What a scene adds to the screens: pages of its own, the screen of its kinds of terminals, entries in the console's menu, words, files.
//!
//! A scene describes it in one `static` [`SceneScreens`] and the binary hands it to [`crate::Options::scene_screens`]. Pages are
//! written with [`super::kit`] and [`crate::design`]; retail's screen stays the one of every kind of terminal that no scene claims.

use std::sync::{PoisonError, RwLock};

use axum::Router;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use desk::rows::{Fulfilment, Standing, Terminal};
use desk::scene::QuoteLine;
use desk::{Act, Refusal, Who};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Value, json};
use store::Millis;

use super::kit::Clock;
use crate::AppState;
use crate::auth::csrf_of_terminal;
use crate::design::icon::Icon;
use crate::design::{currency_sign, money_text};
use crate::i18n::{self, Lang, Text};

/// Everything a scene adds to the screens.
pub struct SceneScreens {
    /// The scene's code: `parking`.
    pub scene: &'static str,
    /// Its pages and what their forms post to. Handlers take [`super::kit::Staff`], [`crate::Caller`] or nobody.
    pub routes: fn() -> Router<AppState>,
    /// Kinds of terminals and the screen that `/t/{terminal}` shows for them.
    pub terminals: &'static [(&'static str, TerminalScreen)],
    /// Entries of the console's menu, for merchants who have a terminal of one of these kinds.
    pub menu: &'static [MenuEntry],
    /// Its words. Keys are looked up in the same table as the desk's own: `line.parking.unit`, `kind.parking_kiosk`, `problem.…`.
    pub words: &'static [&'static [&'static Text]],
    /// Its style sheets, scripts and drawings, served beside the shared ones: a script may `import "./core.js"`.
    pub files: &'static [&'static [(&'static str, &'static str)]],
}

/// One entry of the console's menu.
pub struct MenuEntry {
    /// Where it leads; also names the page to [`super::kit::Staff::sheet`].
    pub path: &'static str,
    /// What it says.
    pub words: &'static Text,
    /// Its sign.
    pub icon: Icon,
    /// The right without which it is not shown.
    pub act: Option<Act>,
}

/// A screen being made: `Box::pin(async move { … })`.
pub type Showing = BoxFuture<'static, Result<Response, Refusal>>;

/// Answers `/t/{terminal}` for a browser that is the terminal.
pub type TerminalScreen = fn(AppState, TerminalVisit) -> Showing;

/// A browser that proved to be a terminal asks for its screen.
pub struct TerminalVisit {
    /// The terminal as the desk knows callers.
    pub who: Who,
    /// Its row; it is switched on.
    pub terminal: Terminal,
    /// What scripts send as `X-CSRF-Token`, beside `X-Saoma-Terminal`.
    pub csrf: String,
    /// The language.
    pub lang: Lang,
    /// The address.
    pub uri: Uri,
    /// The request's headers.
    pub headers: HeaderMap,
}

impl TerminalVisit {
    /// What the shared scripts (`core.js`, `api.js`) find in the page: terminal, token, offers, currency, and the words under `prefixes`.
    pub async fn data(&self, state: &AppState, prefixes: &[&str]) -> Result<Value, Refusal> {
        let (desk, row, lang) = (&state.desk, &self.terminal, self.lang);
        let offers = desk.offers(&self.who, Some(row.id)).await?;
        let currency = desk.currency_of(&self.who).await?;
        let can = |name: &str| row.capabilities.0.iter().any(|c| c == name);
        let offers: Vec<_> = offers
            .iter()
            .map(|offer| {
                let presentments: Vec<&str> =
                    offer.presentments.iter().map(desk::rows::Presentment::as_str).collect();
                json!({"channel": offer.channel, "name": lang.pick(offer.name_en, offer.name_zh), "presentments": presentments})
            })
            .collect();
        Ok(json!({
            "now": desk.now().0,
            "csrf": self.csrf,
            "bound_ms": u64::try_from(desk.settings().in_doubt_bound.as_millis()).unwrap_or(u64::MAX),
            "terminal": {"id": row.id.to_string(), "name": row.name, "kind": row.kind, "site": row.site.to_string(),
                "shift": row.shift, "unattended": row.unattended},
            "can": {"shows_code": can("shows_code"), "scans_code": can("scans_code"), "takes_cash": can("takes_cash"),
                "prints": can("prints"), "photographs": can("photographs"), "opens_barrier": can("opens_barrier")},
            "currency": {"code": currency.code(), "sign": currency_sign(currency), "digits": currency.digits()},
            "offers": offers,
            "stands": stands(state, &self.who, row).await?,
            "words": i18n::for_scripts(lang, prefixes),
            "lang": lang.code(),
            "tag": lang.tag(),
        }))
    }

    /// The name of the site the terminal stands at.
    pub async fn site_name(&self, state: &AppState) -> Result<String, Refusal> {
        let sites = state.desk.sites(&self.who).await?;
        Ok(sites.into_iter().find(|site| site.id == self.terminal.site).map_or_else(String::new, |s| s.name))
    }
}

/// The stands of the terminal's site that can be used.
async fn stands(state: &AppState, who: &Who, row: &Terminal) -> Result<Vec<Value>, Refusal> {
    let all = state.desk.terminals(who).await?;
    let here = all
        .into_iter()
        .filter(|t| t.kind == desk::stand::STAND && t.site == row.site && t.standing == Standing::On);
    Ok(here
        .map(|t| json!({"id": t.id.to_string(), "name": t.name, "url": format!("{}/s/{}", state.base_url, t.id)}))
        .collect())
}

/// A visit of a browser that holds this key of the terminal.
pub(super) fn visit(
    who: Who,
    terminal: Terminal,
    key: &str,
    (lang, uri, headers): (Lang, Uri, HeaderMap),
) -> TerminalVisit {
    TerminalVisit { who, terminal, csrf: csrf_of_terminal(key), lang, uri, headers }
}

/// What the scenes of this process brought: text only, added once and never taken away.
static BROUGHT: RwLock<Vec<&'static SceneScreens>> = RwLock::new(Vec::new());

/// Makes words and files of these scenes known to every page.
pub(crate) fn bring(scenes: &[&'static SceneScreens]) {
    let mut all = BROUGHT.write().unwrap_or_else(PoisonError::into_inner);
    for scene in scenes {
        if !all.iter().any(|known| known.scene == scene.scene) {
            all.push(scene);
        }
    }
}

/// What was brought so far.
pub(crate) fn brought() -> Vec<&'static SceneScreens> {
    BROUGHT.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// A priced line in words: the text `line.{code}` with the line's parameters; without one, the name that the parameters hold.
///
/// A placeholder `{x}` takes `x_en` or `x_zh` where the line has it, else `x`. Amounts are written as money, local date-times
/// (`2026-11-22T14:05`) as day and minute.
pub fn line_words(lang: Lang, line: &QuoteLine, otherwise: &str) -> String {
    let own = i18n::by_key(&format!("line.{}", line.code)).and_then(|text| filled(lang, text, line));
    let named = |key: &str| line.params.get(key).and_then(Value::as_str).map(str::to_owned);
    own.or_else(|| named(lang.pick("name_en", "name_zh")))
        .or_else(|| named("name"))
        .or_else(|| named("description"))
        .unwrap_or_else(|| otherwise.to_owned())
}

/// What a fulfilment tells its payer: the text `handed.{kind}` with what its body holds; `None` where there is no such text or it
/// lacks something. Moments (RFC 3339) are written in the site's own time.
pub fn handout_words(lang: Lang, clock: &Clock, handed: &Fulfilment) -> Option<String> {
    let text = i18n::by_key(&format!("handed.{}", handed.kind))?;
    let body = handed.body.0.as_object()?;
    let local = |value: &Value| {
        let at = value.as_str()?.parse::<Timestamp>().ok()?;
        Some(clock.day_minute(Millis(at.as_millisecond())))
    };
    let mut out = text.say(lang).to_owned();
    for (name, value) in body {
        let hole = format!("{{{name}}}");
        if out.contains(&hole) {
            out = out.replace(&hole, &local(value).or_else(|| param(lang, value))?);
        }
    }
    (!out.contains('{')).then_some(out)
}

/// The text with every placeholder replaced; `None` when the line lacks one.
fn filled(lang: Lang, text: &Text, line: &QuoteLine) -> Option<String> {
    let mut out = String::new();
    let mut rest = text.say(lang);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        let suffix = lang.pick("en", "zh");
        let value = line.params.get(&format!("{name}_{suffix}")).or_else(|| line.params.get(name))?;
        out.push_str(before);
        out.push_str(&param(lang, value)?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// A parameter as people read it.
fn param(lang: Lang, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(match text.parse::<DateTime>() {
            Ok(at) if text.contains('T') => {
                at.strftime(lang.pick("%-d %b %H:%M", "%-m月%-d日 %H:%M")).to_string()
            }
            _ => text.clone(),
        }),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(_) => Some(money_text(serde_json::from_value::<money::Money>(value.clone()).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use money::Money;
    use serde_json::json;

    use super::*;

    fn line(code: &str, params: Value) -> QuoteLine {
        let Value::Object(params) = params else { panic!("params are an object") };
        QuoteLine { code: code.to_owned(), params, amount: Money::fen(100) }
    }

    #[test]
    fn lines_are_worded_by_code_and_parameters() {
        let check = |code: &str, params: Value, en: &str, zh: &str| {
            let line = line(code, params);
            assert_eq!(line_words(Lang::En, &line, "?"), en);
            assert_eq!(line_words(Lang::Zh, &line, "?"), zh);
        };
        check("retail.item", json!({"name_en": "Tea", "name_zh": "茶"}), "Tea", "茶");
        check("retail.item", json!({"name": "Tea"}), "Tea", "Tea");
        check("retail.amount", json!({"description": "Cup"}), "Cup", "Cup");
        check("retail.amount", json!({}), "?", "?");
        check("nobody.knows", json!({"name_zh": "茶"}), "?", "茶");
    }

    #[test]
    fn parameters_are_written_for_people() {
        let text = Text { key: "x", en: "{n} × {price}, {from}", zh: "{n} × {price}，{from}" };
        let line = line(
            "x",
            json!({"n": 3, "price": {"value": 500, "currency": "CNY"}, "from": "2026-11-22T14:05"}),
        );
        assert_eq!(filled(Lang::En, &text, &line).unwrap(), "3 × ¥5.00, 22 Nov 14:05");
        assert_eq!(filled(Lang::Zh, &text, &line).unwrap(), "3 × ¥5.00，11月22日 14:05");
        let short = Text { key: "x", en: "{missing}", zh: "{missing}" };
        assert_eq!(filled(Lang::En, &short, &line), None);
    }
}
