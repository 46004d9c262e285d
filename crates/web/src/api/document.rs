//! The OpenAPI 3.1 document: made from the handlers, completed with what all of them share.

use bytes::Bytes;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Content, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder, Tag,
};
use utoipa::{PartialSchema, ToSchema};

use super::health::Fixed;
use crate::problem::ProblemBody;

/// What channels call: they send no keys of ours.
const CALLBACKS: &str = "callbacks";

/// What the document says before any handler is known.
pub(super) fn frame() -> OpenApi {
    let tag = |name: &str, text: &str| {
        let mut tag = Tag::new(name);
        tag.description = Some(text.to_owned());
        tag
    };
    let info = InfoBuilder::new().title("Saoma").version("1").description(Some(
        "Takes money wherever people pay standing up. Ids are strings of 13 characters, amounts are minor units with a currency, times RFC 3339. \
         Every POST takes an Idempotency-Key. Errors are problem details with a stable code.",
    ));
    OpenApiBuilder::new()
        .info(info.build())
        .tags(Some([
            tag("orders", "Quotes and orders."),
            tag("payments", "Attempts, refunds, fulfilments."),
            tag("payer", "What the payer of one order may do, by the link alone."),
            tag("events", "Everything that happened, in order."),
            tag("terminals", "Sites, terminals, shifts."),
            tag("machines", "Machines that take and give cash beside an unattended terminal."),
            tag("people", "Operators and keys."),
            tag("channels", "Accounts at the channels."),
            tag("books", "The channels' bills beside the ledger."),
            tag("session", "Operators sign in and out."),
            tag(CALLBACKS, "Where channels call back."),
        ]))
        .build()
}

/// Adds what every operation shares: the key of writes, the form of errors, the ways to prove who calls.
pub(super) fn finish(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_default();
    components.schemas.insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key or a terminal's key."))
        .build();
    components.security_schemes.insert("bearer".to_owned(), SecurityScheme::Http(bearer));
    let cookie = ApiKeyValue::with_description(
        crate::auth::cookies::SESSION,
        "An operator's session; writes also need X-CSRF-Token.",
    );
    components.security_schemes.insert("session".to_owned(), SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let anyone = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    document.security = Some(vec![anyone("bearer"), anyone("session")]);
    for (path, item) in &mut document.paths.paths {
        for operation in
            [&mut item.get, &mut item.put, &mut item.delete, &mut item.patch].into_iter().flatten()
        {
            add_problem(operation);
        }
        if let Some(operation) = &mut item.post {
            if operation.tags.as_ref().is_none_or(|tags| !tags.iter().any(|t| t == CALLBACKS)) {
                add_key(operation);
            }
            add_problem(operation);
            if path.starts_with("/v1/notify/") {
                add_own_words(operation);
            }
        }
    }
    document
}

fn add_key(operation: &mut Operation) {
    let schema = ObjectBuilder::new()
        .schema_type(utoipa::openapi::Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .build();
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some("A fresh random key for every new write; the same key when it is repeated. Kept for seven days at least."))
        .schema(Some(schema))
        .build();
    operation.parameters.get_or_insert_default().push(key);
}

fn add_problem(operation: &mut Operation) {
    let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name(ProblemBody::name()))));
    let response = ResponseBuilder::new()
        .description("What was wrong and what to do.")
        .content("application/problem+json", content)
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response));
}

/// A refused callback is answered in words that its channel understands.
fn add_own_words(operation: &mut Operation) {
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("default") {
        let text = ObjectBuilder::new().schema_type(utoipa::openapi::Type::String).build();
        response.content.insert("*/*".to_owned(), Content::new(Some(text)));
    }
}

/// The document as an answer, written once.
pub(super) fn serve(document: &OpenApi) -> Fixed {
    let text = serde_json::to_vec(document).expect("the document is plain data");
    Fixed(Bytes::from(text), "application/json")
}
