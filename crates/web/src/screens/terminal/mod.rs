//! The terminal's screen at `/t/{terminal}`: it is shown to a browser that holds the terminal's key; others become the terminal
//! here first, by a one-time code or by a manager's sign-in. In a demo the sample terminals open by themselves.

mod view;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use desk::problem::desk as problems;
use desk::rows::{Standing, Terminal};
use desk::{Actor, Refusal, Who};
use serde_json::json;
use store::{Id, Merchant};

use super::kit::{Posted, Shown, go, id, own_form, query, refused, worded};
use crate::AppState;
use crate::auth::{cookies, csrf_of_terminal};
use crate::design::currency_sign;
use crate::i18n::Lang;
use view::{Enrolment, TerminalPage};

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/t/{terminal}", get(page)).route("/t/{terminal}/enrol", post(enrol))
}

/// The key by which a browser is the terminal, and whether it has to be kept first.
struct Known {
    key: String,
    who: Who,
    fresh: bool,
}

/// The key this browser holds for the terminal, or the demo's own.
async fn known(state: &AppState, headers: &HeaderMap, terminal: Id) -> Option<Known> {
    let held = cookies::terminal(headers, terminal).map(|key| (key.to_owned(), false));
    let text = terminal.to_string();
    let sample = state.demo.iter().flat_map(|demo| &demo.terminals).find(|t| t.id == text);
    for (key, fresh) in held.into_iter().chain(sample.map(|t| (t.key.clone(), true))) {
        if let Ok(who) = state.desk.who_by_token(&key).await
            && who.actor == Actor::Terminal(terminal)
        {
            return Some(Known { key, who, fresh });
        }
    }
    None
}

async fn page(
    State(state): State<AppState>,
    Path(terminal): Path<String>,
    lang: Lang,
    uri: Uri,
    headers: HeaderMap,
) -> Shown {
    let sorry = |refusal: Refusal| refused(lang, &uri, &refusal);
    let terminal = id(&terminal).map_err(sorry)?;
    let Some(known) = known(&state, &headers, terminal).await else {
        state.desk.find_terminal(terminal).await.map_err(sorry)?;
        let code = query(&uri, "enrol").unwrap_or_default();
        return Ok(enrolment_page(lang, &uri, terminal, &code, None));
    };
    let row = state.desk.terminal(&known.who, terminal).await.map_err(sorry)?;
    if row.standing != Standing::On {
        let (page, body) = view::enrolment(
            lang,
            &uri,
            &Enrolment { id: &row.id.to_string(), off: true, ..Enrolment::default() },
        );
        return Ok(page.show(&body));
    }
    let mut response = screen(&state, lang, &uri, &known, &row).await.map_err(sorry)?;
    if known.fresh {
        response
            .headers_mut()
            .append(SET_COOKIE, cookies::set_terminal(terminal, &known.key, state.secure_cookies));
    }
    Ok(response)
}

async fn screen(
    state: &AppState,
    lang: Lang,
    uri: &Uri,
    known: &Known,
    row: &Terminal,
) -> Result<Response, Refusal> {
    let desk = &state.desk;
    let offers = desk.offers(&known.who, Some(row.id)).await?;
    let currency = desk.currency_of(&known.who).await?;
    let sites = desk.sites(&known.who).await?;
    let site = sites.iter().find(|site| site.id == row.site).map_or("", |site| site.name.as_str());
    let can = |name: &str| row.capabilities.0.iter().any(|c| c == name);
    let offers: Vec<_> = offers
        .iter()
        .map(|offer| {
            let presentments: Vec<&str> = offer.presentments.iter().map(desk::rows::Presentment::as_str).collect();
            json!({"channel": offer.channel, "name": lang.pick(offer.name_en, offer.name_zh), "presentments": presentments})
        })
        .collect();
    let terminal = row.id.to_string();
    let data = json!({
        "now": desk.now().0,
        "csrf": csrf_of_terminal(&known.key),
        "bound_ms": u64::try_from(desk.settings().in_doubt_bound.as_millis()).unwrap_or(u64::MAX),
        "terminal": {"id": terminal, "name": row.name, "shift": row.shift, "unattended": row.unattended},
        "can": {"shows_code": can("shows_code"), "scans_code": can("scans_code"), "takes_cash": can("takes_cash"), "prints": can("prints")},
        "currency": {"code": currency.code(), "sign": currency_sign(currency), "digits": currency.digits()},
        "offers": offers,
    });
    let (page, body) = view::terminal(lang, uri, &TerminalPage { name: &row.name, site, data });
    Ok(page.show(&body))
}

fn enrolment_page(lang: Lang, uri: &Uri, terminal: Id, code: &str, wrong: Option<&str>) -> Response {
    let (page, body) =
        view::enrolment(lang, uri, &Enrolment { id: &terminal.to_string(), code, wrong, off: false });
    page.show(&body)
}

/// Makes this browser the terminal.
async fn enrol(
    State(state): State<AppState>,
    Path(terminal): Path<String>,
    lang: Lang,
    uri: Uri,
    headers: HeaderMap,
    form: Posted,
) -> Shown {
    let sorry = |refusal: Refusal| refused(lang, &uri, &refusal);
    let terminal = id(&terminal).map_err(sorry)?;
    own_form(&headers).map_err(sorry)?;
    let (merchant, _) = state.desk.find_terminal(terminal).await.map_err(sorry)?;
    match key_for(&state, merchant, terminal, &form).await {
        Ok(key) => {
            let mut response = go(&format!("/t/{terminal}"));
            response
                .headers_mut()
                .append(SET_COOKIE, cookies::set_terminal(terminal, &key, state.secure_cookies));
            Ok(response)
        }
        Err(refusal) => {
            let text = worded(lang, &refusal);
            Ok(enrolment_page(lang, &uri, terminal, form.get("code"), Some(&text)))
        }
    }
}

/// The terminal's key by a code, or by somebody who may make one. Errors: `enrolment_invalid`, `sign_in_failed`, `forbidden`.
async fn key_for(
    state: &AppState,
    merchant: Merchant,
    terminal: Id,
    form: &Posted,
) -> Result<String, Refusal> {
    let desk = &state.desk;
    let code = if form.has("password") {
        let signed = desk.sign_in(form.get("name"), form.raw("password")).await?;
        let code = if signed.who.merchant == merchant {
            desk.new_enrolment(&signed.who, terminal).await
        } else {
            Err(problems::FORBIDDEN.with("this terminal belongs to another merchant"))
        };
        desk.sign_out(&signed.token).await?;
        code?
    } else {
        form.get("code").replace([' ', '-'], "")
    };
    let (key, row) = desk.enrol(&code).await?;
    // a code of another terminal makes this browser that terminal nowhere
    if row.id == terminal { Ok(key) } else { Err((&problems::ENROLMENT_INVALID).into()) }
}
