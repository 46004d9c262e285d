//! What all HTTP shares: errors, authentication, layout, live updates; the API and screens of the desk.

pub mod design;
pub mod i18n;
pub mod screens;
pub mod state;

pub use state::{AppState, DemoInfo, DemoOperator, DemoTerminal, Options, SceneRoutes};
