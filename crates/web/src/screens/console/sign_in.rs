//! Signing in and out of the console.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::{Markup, Render, html};

use super::Staff;
use crate::AppState;
use crate::auth::cookies;
use crate::design::{Field, Page, Tone, banner, icon, languages, mark};
use crate::i18n::{self, Lang, k};
use crate::screens::kit::{Posted, Shown, go, own_form, query, refused, worded};

/// Where to go after signing in: a page of ours, never another origin.
fn next(path: &str) -> &str {
    if path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') { path } else { "/" }
}

pub(super) async fn page(State(state): State<AppState>, lang: Lang, uri: Uri) -> Response {
    let target = query(&uri, "next").unwrap_or_default();
    form(&state, lang, &uri, &target, "", None)
}

/// The sign-in page; in a demo with the sample people and screens.
fn form(state: &AppState, lang: Lang, uri: &Uri, target: &str, name: &str, wrong: Option<&str>) -> Response {
    let body = html! {
        main.entry #main {
            section.card.stack {
                div.row.between { (mark(lang, None)) (languages(lang, uri)) }
                div.stack.tight { h1 { (k::SIGN_IN.say(lang)) } p.muted { (k::SIGN_IN_SAY.say(lang)) } }
                @if let Some(wrong) = wrong { (banner(Tone::Stop, wrong, None, None)) }
                form.stack method="post" action="/sign-in" {
                    input type="hidden" name="next" value=(next(target));
                    (Field { complete: "username", ..Field::text("name", k::NAME.say(lang), name) }.render())
                    (Field { kind: "password", complete: "current-password", ..Field::text("password", k::PASSWORD.say(lang), "") }.render())
                    button.button.main.touch type="submit" { (k::SIGN_IN.say(lang)) }
                }
            }
            @if let Some(demo) = &state.demo { (samples(lang, demo, next(target))) }
        }
    };
    Page::new(lang, uri, k::SIGN_IN.say(lang)).style("console.css").show(&body)
}

/// What a demo offers beside the form.
fn samples(lang: Lang, demo: &crate::DemoInfo, target: &str) -> Markup {
    html! {
        section.card.stack {
            h2 { (k::DEMO_SIGN_INS.say(lang)) }
            ul.samples {
                @for person in &demo.operators {
                    li {
                        form method="post" action="/sign-in" {
                            input type="hidden" name="next" value=(target);
                            input type="hidden" name="name" value=(person.name);
                            input type="hidden" name="password" value=(person.password);
                            button.button type="submit" {
                                span.grow { strong { (person.name) } small { (i18n::code(lang, "role", &person.role)) " · " (person.merchant) } }
                                (icon::OUT)
                            }
                        }
                    }
                }
            }
            h2 { (k::DEMO_SCREENS.say(lang)) }
            ul.samples {
                @for terminal in &demo.terminals {
                    li { a.button href={ "/t/" (terminal.id) } {
                        span.grow { strong { (terminal.name) } small { (i18n::code(lang, "kind", &terminal.kind)) " · " (terminal.merchant) } } (icon::DEVICE)
                    } }
                }
                @for stand in demo.terminals.iter().filter(|t| t.kind == desk::stand::STAND) {
                    li { a.button href={ "/s/" (stand.id) } {
                        span.grow { strong { (crate::i18n::st::STAND_PAGE.say(lang)) " /s/" (stand.id) } small { (stand.name) " · " (stand.merchant) } } (icon::TAG)
                    } }
                }
                li { a.button href={ (demo.sandbox_url) "/phone" } { span.grow { strong { (k::DEMO_PHONE.say(lang)) } } (icon::PHONE) } }
            }
        }
    }
}

pub(super) async fn enter(
    State(state): State<AppState>,
    lang: Lang,
    uri: Uri,
    headers: HeaderMap,
    posted: Posted,
) -> Shown {
    own_form(&headers).map_err(|refusal| refused(lang, &uri, &refusal))?;
    match state.desk.sign_in(posted.get("name"), posted.raw("password")).await {
        Ok(signed) => {
            let mut response = go(next(posted.get("next")));
            response
                .headers_mut()
                .append(SET_COOKIE, cookies::set_session(&signed.token, state.secure_cookies));
            Ok(response)
        }
        Err(refusal) => {
            let text = worded(lang, &refusal);
            Ok(form(&state, lang, &uri, posted.get("next"), posted.get("name"), Some(&text)))
        }
    }
}

pub(super) async fn leave(State(state): State<AppState>, staff: Staff, posted: Posted) -> Shown {
    staff.check(&posted, "/")?;
    state.desk.sign_out(&staff.signed.token).await.map_err(|refusal| staff.refused(&refusal))?;
    let mut response = go("/sign-in");
    response.headers_mut().append(SET_COOKIE, cookies::clear_session(state.secure_cookies));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        for (asked, want) in [
            ("/orders", "/orders"),
            ("", "/"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil", "/"),
        ] {
            assert_eq!(next(asked), want, "{asked}");
        }
    }
}
