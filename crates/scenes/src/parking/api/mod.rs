//! The API of parking.

mod lanes;
mod parks;
mod shapes;
mod stays;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::SceneRoutes;

/// What parking adds to the API.
pub fn routes() -> SceneRoutes {
    OpenApiRouter::new()
        .routes(routes!(parks::list))
        .routes(routes!(parks::set))
        .routes(routes!(parks::add_tariff))
        .routes(routes!(parks::list_lanes, parks::add_lane))
        .routes(routes!(parks::add_shop))
        .routes(routes!(lanes::open))
        .routes(routes!(lanes::commands))
        .routes(routes!(lanes::ack))
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
