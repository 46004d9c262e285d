//! Is it alive, is it ready, and what its problems mean.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use desk::Problem;
use serde_json::json;

use crate::AppState;
use crate::json::ok;
use crate::problem::{Failure, catalogue};

/// The process answers.
pub(super) async fn live() -> Response {
    ok(json!({"status": "alive"})).into_response()
}

/// The database takes writes too.
pub(super) async fn ready(State(state): State<AppState>) -> Result<Response, Failure> {
    state.desk.ready().await?;
    Ok(ok(json!({"status": "ready"})).into_response())
}

/// The page that the `type` of every problem points to.
pub(super) fn problems_page(more: &[&'static [&'static Problem]]) -> Fixed {
    let rows = catalogue(more);
    let page = maud::html! {
        (maud::DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; meta name="viewport" content="width=device-width"; title { "Problems" } }
            body {
                h1 { "Problems" }
                p { "Every refusal is a problem detail (RFC 9457) with one of these codes." }
                table {
                    tr { th { "code" } th { "status" } th { "what it means" } th { "what to do" } }
                    @for (problem, status) in rows {
                        tr id=(problem.code) {
                            td { code { (problem.code) } } td { (status.as_u16()) } td { (problem.title) } td { (problem.fix) }
                        }
                    }
                }
            }
        }
    };
    Fixed(Bytes::from(page.into_string()), "text/html; charset=utf-8")
}

/// An answer made once and given many times.
#[derive(Clone)]
pub(super) struct Fixed(pub(super) Bytes, pub(super) &'static str);

impl IntoResponse for Fixed {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.1));
        response
    }
}
