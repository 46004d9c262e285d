//! The API under `/v1`: a file for each flow, the shapes of its JSON in `shapes`, its documentation made from the handlers.

mod channels;
mod document;
mod events;
mod health;
mod hooks;
mod lists;
mod machine;
mod notify;
mod orders;
mod payer;
mod payments;
mod people;
mod reconciliations;
mod session;
pub mod shapes;
mod stands;
mod stream;
mod terminals;

use axum::Router;
use axum::routing::get;
use desk::Problem;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::receipt;
use crate::state::{AppState, SceneRoutes};

/// Every documented route.
fn documented(scenes: Vec<SceneRoutes>) -> OpenApiRouter<AppState> {
    let own = OpenApiRouter::with_openapi(document::frame())
        .routes(routes!(orders::quote))
        .routes(routes!(orders::create, lists::orders))
        .routes(routes!(orders::show))
        .routes(routes!(orders::close))
        .routes(routes!(stream::order))
        .routes(routes!(stream::merchant))
        .routes(routes!(lists::timeline))
        .routes(routes!(lists::today))
        .routes(routes!(payments::attempt))
        .routes(routes!(payments::refund))
        .routes(routes!(payments::retry_refund))
        .routes(routes!(payments::repair_refund))
        .routes(routes!(payments::acknowledge))
        .routes(routes!(receipt::escpos))
        .routes(routes!(events::list))
        .routes(routes!(hooks::list, hooks::create))
        .routes(routes!(hooks::parked))
        .routes(routes!(hooks::change))
        .routes(routes!(hooks::resend))
        .routes(routes!(payer::show))
        .routes(routes!(payer::attempt))
        .routes(routes!(payer::stream))
        .routes(routes!(terminals::sites, terminals::create_site))
        .routes(routes!(terminals::list, terminals::create))
        .routes(routes!(terminals::show, terminals::change))
        .routes(routes!(terminals::enrolment))
        .routes(routes!(terminals::enrol))
        .routes(routes!(terminals::offers))
        .routes(routes!(stands::ask))
        .routes(routes!(terminals::open_shift))
        .routes(routes!(terminals::close_shift))
        .routes(routes!(machine::show))
        .routes(routes!(machine::report))
        .routes(routes!(machine::begin))
        .routes(routes!(machine::pay))
        .routes(routes!(machine::cancel))
        .routes(routes!(machine::fill))
        .routes(routes!(machine::empty))
        .routes(routes!(machine::print))
        .routes(routes!(machine::slips))
        .routes(routes!(machine::redeem))
        .routes(routes!(people::list, people::create))
        .routes(routes!(people::list_keys, people::create_key))
        .routes(routes!(people::revoke_key))
        .routes(routes!(reconciliations::list, reconciliations::compare))
        .routes(routes!(reconciliations::show))
        .routes(routes!(reconciliations::statement))
        .routes(routes!(reconciliations::explain))
        .routes(routes!(notify::receive))
        .routes(routes!(channels::list))
        .routes(routes!(channels::set, channels::standing))
        .routes(routes!(session::sign_in, session::show, session::sign_out));
    scenes.into_iter().fold(own, OpenApiRouter::merge)
}

/// The document that `/openapi.json` answers, for tests that keep a copy of it.
pub fn openapi(scenes: Vec<SceneRoutes>) -> OpenApi {
    document::finish(documented(scenes).into_openapi())
}

/// Every route of the API.
pub(crate) fn routes(scenes: Vec<SceneRoutes>, problems: &[&'static [&'static Problem]]) -> Router<AppState> {
    let (router, openapi) = documented(scenes).split_for_parts();
    let document = document::serve(&document::finish(openapi));
    let problems = health::problems_page(problems);
    router
        .route("/receipts/{fulfilment}", get(receipt::page))
        .route("/openapi.json", get(move || std::future::ready(document.clone())))
        .route("/problems", get(move || std::future::ready(problems.clone())))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
}
