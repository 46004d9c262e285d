//! A stand in the console: its printed code, a poster, and the bytes of its NFC tag.

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use desk::Refusal;
use desk::problem::desk as problems;
use desk::rows::{Site, Terminal};
use maud::{Markup, PreEscaped, html};

use super::Staff;
use super::frame::Section;
use crate::AppState;
use crate::design::{Page, code, icon};
use crate::i18n::{c, st};
use crate::screens::kit::{Shown, encoded, id};
use crate::screens::stand::ndef;

/// The stand of a path and where it is. Errors: `not_found`, `not_a_stand`.
async fn found(state: &AppState, staff: &Staff, terminal: &str) -> Result<(Terminal, Site), Refusal> {
    let terminal = state.desk.terminal(staff.who(), id(terminal)?).await?;
    if terminal.kind != desk::stand::STAND {
        return Err((&problems::NOT_A_STAND).into());
    }
    let sites = state.desk.sites(staff.who()).await?;
    let site = sites.into_iter().find(|s| s.id == terminal.site).ok_or(&problems::NOT_FOUND)?;
    Ok((terminal, site))
}

/// The address that code and tag hold.
fn address(state: &AppState, terminal: &Terminal) -> String {
    format!("{}/s/{}", state.base_url, terminal.id)
}

pub(super) async fn page(State(state): State<AppState>, Path(terminal): Path<String>, staff: Staff) -> Shown {
    let (terminal, site) =
        found(&state, &staff, &terminal).await.map_err(|refusal| staff.refused(&refusal))?;
    let url = address(&state, &terminal);
    let body = html! {
        div.stack {
            div.title { h1 { (terminal.name) } p.muted { (site.name) " · " (staff.say(&st::STAND_CODE_SAY)) } }
            section.card.stand-card {
                div.stand-code { (code(&url, staff.say(&st::STAND_CODE))) }
                div.stack {
                    p.mono.url { (url) }
                    div.row {
                        a.button.main href={ "/terminals/" (terminal.id) "/poster" } { (icon::PRINT) (staff.say(&st::POSTER)) }
                        a.button href={ "/s/" (terminal.id) } { (icon::PHONE) (staff.say(&st::STAND_PAGE)) }
                        button.button.quiet type="button" data-copy=(url) { (staff.say(&c::COPY)) }
                    }
                    @if let Some(demo) = &state.demo {
                        div.row {
                            @for wallet in ["wechat", "alipay"] {
                                a.button.quiet href={ (demo.sandbox_url) "/phone/scan?wallet=" (wallet) "&code=" (encoded(&url)) } {
                                    (icon::SCAN) (staff.say(&st::TRY_PHONE)) " · " (crate::i18n::code(staff.lang, "channel", wallet))
                                }
                            }
                        }
                    }
                }
            }
            (tag(&staff, &terminal, &url))
        }
    };
    Ok(staff.show(&state, Section::Terminals, &terminal.name, &body))
}

/// The tag: what it holds, in which form for which tag, and how it is written.
fn tag(staff: &Staff, terminal: &Terminal, url: &str) -> Markup {
    let (message, memory) = (ndef::message(url), ndef::type_2(url));
    let needed = memory.len().to_string();
    let form = |title, say: &str, bytes: &[u8], file: &str| {
        html! {
            div.stack.tight {
                h3 { (staff.say(title)) }
                p.small.muted { (say) }
                pre.bytes { (ndef::hex(bytes)) }
                p { a.button href={ "/terminals/" (terminal.id) "/" (file) } download { (staff.say(&st::TAG_SAVE)) " · " (bytes.len()) " B" } }
            }
        }
    };
    html! {
        section.card.stack {
            header { h2 { (staff.say(&st::TAG)) } }
            p { (staff.say(&st::TAG_SAY)) }
            p { (staff.say(&st::TAG_APP_SAY)) }
            (form(&st::TAG_TYPE_2, &st::TAG_TYPE_2_SAY.fill(staff.lang, &[("bytes", &needed)]), &memory, "type2.bin"))
            (form(&st::TAG_MESSAGE, staff.say(&st::TAG_MESSAGE_SAY), &message, "ndef.bin"))
        }
    }
}

/// A file of bytes to write into a tag.
fn file(name: &str, bytes: Vec<u8>) -> Response {
    let place = HeaderValue::try_from(format!("attachment; filename=\"{name}\""))
        .unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("application/octet-stream");
    ([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, place)], bytes).into_response()
}

pub(super) async fn ndef_file(
    State(state): State<AppState>,
    Path(terminal): Path<String>,
    staff: Staff,
) -> Shown {
    let (terminal, _) = found(&state, &staff, &terminal).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(file(&format!("{}-ndef.bin", terminal.id), ndef::message(&address(&state, &terminal))))
}

pub(super) async fn type_2_file(
    State(state): State<AppState>,
    Path(terminal): Path<String>,
    staff: Staff,
) -> Shown {
    let (terminal, _) = found(&state, &staff, &terminal).await.map_err(|refusal| staff.refused(&refusal))?;
    Ok(file(&format!("{}-type2.bin", terminal.id), ndef::type_2(&address(&state, &terminal))))
}

/// The sign of holding a telephone to it.
const WAVE: &str = r#"<svg class="wave" viewBox="0 0 24 24" aria-hidden="true"><path d="M6 8.500a7 7 0 0 1 0 7M10 6a11 11 0 0 1 0 12M14 3.500a15 15 0 0 1 0 17"/></svg>"#;

pub(super) async fn poster(
    State(state): State<AppState>,
    Path(terminal): Path<String>,
    staff: Staff,
) -> Shown {
    let sorry = |refusal: Refusal| staff.refused(&refusal);
    let (terminal, site) = found(&state, &staff, &terminal).await.map_err(sorry)?;
    let merchant = state.desk.merchant(staff.who()).await.map_err(sorry)?;
    let url = address(&state, &terminal);
    let body = html! {
        div.tools {
            button.button.main.touch type="button" data-print { (icon::PRINT) (staff.say(&c::PRINT)) }
            a.button.touch href={ "/terminals/" (terminal.id) "/stand" } { (icon::BACK) (staff.say(&c::BACK)) }
        }
        main.poster #main {
            header { h1 { (merchant.name) } p { (site.name) " · " (terminal.name) } }
            (code(&url, staff.say(&st::STAND_CODE)))
            footer {
                (PreEscaped(WAVE))
                strong lang="zh-CN" { (st::POSTER_SCAN.zh) }
                p lang="en" { (st::POSTER_SCAN.en) }
                p { (st::POSTER_WALLETS.zh) " · " (st::POSTER_WALLETS.en) }
                span.url { (url) }
            }
        }
    };
    let page = Page::new(staff.lang, &staff.uri, staff.say(&st::POSTER));
    Ok(page.style("poster.css").script("poster.js").class("poster-page").show(&body))
}
