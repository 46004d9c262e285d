//! The API of parking.

mod calls;
mod cameras;
mod lanes;
mod parks;
mod photos;
mod roads;
mod shapes;
mod stays;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::SceneRoutes;

/// A camera's message with its pictures.
const MAX_MESSAGE_BYTES: usize = 3 * crate::parking::photos::MAX_BYTES;

/// What parking adds to the API.
pub fn routes() -> SceneRoutes {
    let pictures = OpenApiRouter::new()
        .routes(routes!(cameras::post))
        .routes(routes!(photos::add, photos::list))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES));
    OpenApiRouter::new()
        .merge(pictures)
        .merge(super::edge::api::routes())
        .routes(routes!(photos::show))
        .routes(routes!(parks::list))
        .routes(routes!(parks::set))
        .routes(routes!(parks::list_tariffs, parks::add_tariff))
        .routes(routes!(parks::withdraw_tariff))
        .routes(routes!(parks::list_lanes))
        .routes(routes!(parks::add_lane))
        .routes(routes!(parks::change_lane))
        .routes(routes!(parks::add_shop))
        .routes(routes!(roads::report, roads::list))
        .routes(routes!(lanes::open))
        .routes(routes!(lanes::commands))
        .routes(routes!(lanes::ack))
        .routes(routes!(lanes::confirm))
        .routes(routes!(lanes::call))
        .routes(routes!(calls::list))
        .routes(routes!(calls::answer))
        .routes(routes!(stays::enter, stays::list))
        .routes(routes!(stays::lookup))
        .routes(routes!(stays::show))
        .routes(routes!(stays::correct))
        .routes(routes!(stays::entry_time))
        .routes(routes!(stays::end))
        .routes(routes!(stays::card))
        .routes(routes!(stays::validation))
        .routes(routes!(stays::add_pass))
}
