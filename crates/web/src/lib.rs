//! What all HTTP shares: errors, authentication, layout, live updates; the API and screens of the desk.
//!
//! Start reading at [`router`]: it joins the API ([`api`]), the screens ([`screens`]) and what the scenes bring, and puts
//! the shared edge ([`edge`]) around them. Every refusal leaves as a problem detail ([`problem`]); every caller is
//! known by one extractor ([`auth::Caller`]); roles are checked in the desk and nowhere here.

pub mod api;
pub mod auth;
pub mod design;
pub mod edge;
pub mod i18n;
pub mod json;
pub mod problem;
pub mod receipt;
pub mod screens;
pub mod state;

pub use auth::Caller;
pub use edge::router;
pub use problem::Failure;
pub use screens::scene::SceneScreens;
pub use state::{AppState, DemoInfo, DemoOperator, DemoTerminal, Options, SceneRoutes};
