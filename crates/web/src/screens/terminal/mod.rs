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
use desk::rows::Standing;
use desk::{Actor, Refusal, Who};
use store::{Id, Merchant};

use super::kit::{Posted, Shown, go, id, own_form, query, refused, worded};
use super::scene::{self, TerminalVisit};
use crate::AppState;
use crate::auth::cookies;
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
    let visit = scene::visit(known.who, row, &known.key, (lang, uri.clone(), headers));
    let mut response = screen(&state, visit).await.map_err(sorry)?;
    if known.fresh {
        response
            .headers_mut()
            .append(SET_COOKIE, cookies::set_terminal(terminal, &known.key, state.secure_cookies));
    }
    Ok(response)
}

/// The screen of its scene, or the counter's.
async fn screen(state: &AppState, visit: TerminalVisit) -> Result<Response, Refusal> {
    let kinds = state.scene_screens.iter().flat_map(|scene| scene.terminals);
    if let Some((_, show)) = kinds.into_iter().find(|(kind, _)| *kind == visit.terminal.kind) {
        return show(state.clone(), visit).await;
    }
    let data = visit.data(state, view::WORDS).await?;
    let site = visit.site_name(state).await?;
    let page = TerminalPage { name: &visit.terminal.name, site: &site, data };
    let (page, body) = view::terminal(visit.lang, &visit.uri, &page);
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
