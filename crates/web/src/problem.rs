//! Problem details (RFC 9457): every refusal of the desk, of the scenes and of the HTTP edge leaves in this one form.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use desk::problem::{Kind, Problem, Refusal};
use serde::Serialize;
use utoipa::ToSchema;

/// The problems of the HTTP edge itself.
pub mod http {
    desk::problems! {
        BODY_NOT_JSON = Invalid "body_not_json" "The body is not JSON" "Send a JSON object with Content-Type: application/json.";
        BODY_TOO_LARGE = Invalid "body_too_large" "The body is too large" "Send a smaller body; the limit is in the detail.";
        BODY_UNREADABLE = Invalid "body_unreadable" "The body could not be read to its end" "Send the request again with the same Idempotency-Key.";
        UNSUPPORTED_MEDIA_TYPE = Invalid "unsupported_media_type" "This content type is not understood here" "Send Content-Type: application/json.";
        INVALID_QUERY = Invalid "invalid_query" "A query parameter is not valid" "Correct the parameter named in the detail.";
        INVALID_ID = NotFound "invalid_id" "This is not an id" "Ids are 13 characters; send the id exactly as it was answered.";
        UNKNOWN_PATH = NotFound "unknown_path" "There is nothing at this address" "See /openapi.json for every address.";
        METHOD_NOT_ALLOWED = Invalid "method_not_allowed" "This address does not take that method" "Use one of the methods in the Allow header.";
        TIME_LIMIT = Unavailable "time_limit" "The request took too long" "Repeat the request with the same Idempotency-Key; nothing is done twice.";
        INTERNAL = Unavailable "internal_error" "Something went wrong on our side" "Repeat the request with the same Idempotency-Key; tell the operator if it stays.";
    }
}

/// What is written in every refusal.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Where this problem is described.
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence for people.
    #[schema(value_type = String)]
    pub title: &'static str,
    /// The HTTP status again.
    pub status: u16,
    /// Stable code: programs decide by this.
    #[schema(value_type = String)]
    pub code: &'static str,
    /// The particulars of this case.
    #[schema(value_type = String)]
    pub detail: Cow<'static, str>,
    /// What to do now.
    #[schema(value_type = String)]
    pub fix: &'static str,
}

/// A refusal on its way out. Handlers answer `Result<_, Failure>`; `?` turns any [`Refusal`] into one.
#[derive(Clone, Debug)]
pub struct Failure(pub Box<Refusal>);

impl Failure {
    /// The status it leaves with.
    pub fn status(&self) -> StatusCode {
        status_of(self.0.problem)
    }

    /// The body it leaves with.
    pub fn body(&self) -> ProblemBody {
        let problem = self.0.problem;
        ProblemBody {
            kind: format!("/problems#{}", problem.code),
            title: problem.title,
            status: self.status().as_u16(),
            code: problem.code,
            detail: self.0.detail.clone(),
            fix: problem.fix,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure(Box::new(refusal))
    }
}

impl From<&'static Problem> for Failure {
    fn from(problem: &'static Problem) -> Failure {
        Failure(Box::new(problem.into()))
    }
}

/// The status of a problem. What cannot be read is 400; what was read and makes no sense is 422.
pub fn status_of(problem: &Problem) -> StatusCode {
    match problem.code {
        "idempotency_key_missing"
        | "idempotency_key_invalid"
        | "body_not_json"
        | "body_unreadable"
        | "invalid_query" => StatusCode::BAD_REQUEST,
        "body_too_large" => StatusCode::PAYLOAD_TOO_LARGE,
        "unsupported_media_type" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "method_not_allowed" => StatusCode::METHOD_NOT_ALLOWED,
        "internal_error" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => match problem.kind {
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        },
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_vec(&self.body()).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response.extensions_mut().insert(Refused(self.0.problem.code));
        response
    }
}

/// Left in the response's extensions for the request log.
#[derive(Clone, Copy, Debug)]
pub struct Refused(pub &'static str);

/// Every problem this platform can answer, with its status: what `docs/problems.md` is made from.
pub fn catalogue(more: &[&'static [&'static Problem]]) -> Vec<(&'static Problem, StatusCode)> {
    let own = [desk::problem::desk::ALL, desk::ledger::ALL, http::ALL];
    let mut all: Vec<_> = own
        .iter()
        .chain(more)
        .flat_map(|list| list.iter())
        .map(|problem| (*problem, status_of(problem)))
        .collect();
    all.sort_by_key(|(problem, _)| problem.code);
    all
}
