//! Who is calling: one extractor for API keys, terminal keys, operator sessions and terminal cookies. Roles are the desk's business.
//!
//! A request that carries `Authorization: Bearer` is judged by that alone. Otherwise a cookie counts, and then a write
//! must prove that it comes from our own page: `X-CSRF-Token` for scripts, a form field for plain forms.

pub mod cookies;
mod csrf;
mod payer;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use desk::access::{Actor, Who};
use desk::problem::desk as problems;
use store::Id;

use crate::AppState;
use crate::problem::Failure;

pub use csrf::of_terminal as csrf_of_terminal;
pub use payer::Payer;

/// Names the terminal whose cookie counts, where a browser holds several. Streams, which cannot send headers, put it into the query as `as_terminal`.
pub const TERMINAL_HEADER: &str = "x-saoma-terminal";

/// What proved who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// The `Authorization` header: no browser sends it by itself, so no further proof is needed.
    Bearer,
    /// A cookie, and what its writes must carry.
    Cookie {
        /// The token that forms and scripts repeat.
        csrf: String,
    },
    /// The address of one order.
    PayerLink,
}

/// Somebody whose writes are proven to be meant: what API handlers take.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who, for the desk.
    pub who: Who,
    /// By what.
    pub via: Via,
}

/// Somebody whose form has not been checked yet: what screens take. Reading needs no more; a write goes through [`Visitor::form`].
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Who, for the desk.
    pub who: Who,
    /// By what.
    pub via: Via,
}

impl Visitor {
    /// The token a page's forms and scripts carry; empty where none is needed.
    pub fn csrf(&self) -> &str {
        match &self.via {
            Via::Cookie { csrf } => csrf,
            _ => "",
        }
    }

    /// Turns a posted form's hidden field into the right to write. Error: `csrf`.
    pub fn form(self, field: &str) -> Result<Caller, Failure> {
        if let Via::Cookie { csrf } = &self.via {
            csrf::check(csrf, field)?;
        }
        Ok(Caller { who: self.who, via: self.via })
    }
}

fn bearer(headers: &HeaderMap) -> Option<Result<&str, Failure>> {
    let value = headers.get(header::AUTHORIZATION)?;
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    Some(token.ok_or_else(|| {
        problems::UNAUTHENTICATED.with("the Authorization header is not of the form: Bearer KEY").into()
    }))
}

/// Which terminal the caller says it is.
fn named_terminal(parts: &Parts) -> Option<Result<Id, Failure>> {
    let header = parts.headers.get(TERMINAL_HEADER).and_then(|v| v.to_str().ok());
    let query = || parts.uri.query()?.split('&').find_map(|pair| pair.strip_prefix("as_terminal="));
    let text = header.or_else(query)?;
    Some(
        text.parse().map_err(|_| {
            problems::UNAUTHENTICATED.with(format!("{text:?} is not the id of a terminal")).into()
        }),
    )
}

async fn by_terminal_cookie(state: &AppState, token: &str, wanted: Option<Id>) -> Result<Visitor, Failure> {
    let who = state.desk.who_by_token(token).await?;
    match who.actor {
        Actor::Terminal(id) if wanted.is_none_or(|w| w == id) => {
            Ok(Visitor { who, via: Via::Cookie { csrf: csrf::of_terminal(token) } })
        }
        _ => Err((&problems::UNAUTHENTICATED).into()),
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        if let Some(token) = bearer(&parts.headers) {
            let who = state.desk.who_by_token(token?).await?;
            return Ok(Visitor { who, via: Via::Bearer });
        }
        if let Some(wanted) = named_terminal(parts) {
            let wanted = wanted?;
            let token = cookies::terminal(&parts.headers, wanted).ok_or(&problems::UNAUTHENTICATED)?;
            return by_terminal_cookie(state, token, Some(wanted)).await;
        }
        if let Some(token) = cookies::session(&parts.headers) {
            let session = state.desk.session(token).await?;
            return Ok(Visitor { who: session.who, via: Via::Cookie { csrf: session.csrf } });
        }
        match cookies::only_terminal(&parts.headers) {
            Some(token) => by_terminal_cookie(state, token, None).await,
            None => Err((&problems::UNAUTHENTICATED).into()),
        }
    }
}

impl OptionalFromRequestParts<AppState> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, Failure> {
        match <Visitor as FromRequestParts<AppState>>::from_request_parts(parts, state).await {
            Ok(visitor) => Ok(Some(visitor)),
            Err(failure) if failure.0.problem.code == problems::UNAUTHENTICATED.code => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let visitor = <Visitor as FromRequestParts<AppState>>::from_request_parts(parts, state).await?;
        if parts.method.is_safe() {
            return Ok(Caller { who: visitor.who, via: visitor.via });
        }
        let given = parts.headers.get("x-csrf-token").and_then(|v| v.to_str().ok()).unwrap_or_default();
        visitor.form(given)
    }
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
