//! The lines of business: a folder each, with rules, tables, API, screens and tests.

pub mod parking;
pub mod retail;

/// What the scenes add to the API and the screens.
pub fn routes() -> Vec<web::SceneRoutes> {
    vec![retail::routes()]
}

/// What the scenes refuse, for `/problems` and its documentation.
pub fn problems() -> Vec<&'static [&'static desk::Problem]> {
    vec![retail::problem::ALL]
}
