//! The lines of business: a folder each, with rules, tables, API, screens and tests.

pub mod parking;
pub mod retail;

/// What the scenes add to the API.
pub fn routes() -> Vec<web::SceneRoutes> {
    vec![retail::routes(), parking::api::routes()]
}

/// What the scenes add to the screens.
pub fn screens() -> Vec<&'static web::SceneScreens> {
    vec![&parking::screens::SCREENS]
}

/// What the scenes refuse, for `/problems` and its documentation.
pub fn problems() -> Vec<&'static [&'static desk::Problem]> {
    vec![retail::problem::ALL, parking::problem::ALL]
}
