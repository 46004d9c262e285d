//! What every handler can reach, and what the binary chooses when it builds the router.

use std::sync::Arc;
use std::time::Duration;

use desk::{Desk, Problem};
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;

use crate::edge::Watch;
use crate::screens::scene::SceneScreens;

/// Routes a scene brings: its API with documentation, its screens without. A plain `axum::Router<AppState>` becomes one by `.into()`.
pub type SceneRoutes = OpenApiRouter<AppState>;

/// What the binary chooses.
pub struct Options {
    /// Where people and channels reach this process, without a slash at the end: `http://127.0.0.1:8080`.
    pub base_url: String,
    /// Sample sign-ins and links that the screens of a demo show; `None` outside a demo.
    pub demo: Option<DemoInfo>,
    /// What the scenes bring to the API.
    pub scene_routes: Vec<SceneRoutes>,
    /// What the scenes bring to the screens.
    pub scene_screens: Vec<&'static SceneScreens>,
    /// The problems that scenes and channels declare, for `/problems`.
    pub problems: Vec<&'static [&'static Problem]>,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// How long a request may take before it is answered with a problem. Live streams are not bound by it.
    pub request_time_limit: Duration,
    /// Told of every request.
    pub watch: Option<Arc<dyn Watch>>,
    /// Becomes true when the process is asked to stop: live streams end then. One whose sender is gone never does.
    pub stop: watch::Receiver<bool>,
}

impl Options {
    /// The usual limits, no demo, no scenes.
    pub fn new(base_url: impl Into<String>) -> Options {
        Options {
            base_url: base_url.into(),
            demo: None,
            scene_routes: Vec::new(),
            scene_screens: Vec::new(),
            problems: Vec::new(),
            max_body_bytes: 64 * 1024,
            request_time_limit: Duration::from_secs(30),
            watch: None,
            stop: watch::channel(false).1,
        }
    }
}

/// Reached by every handler; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The desk.
    pub desk: Desk,
    /// Where people and channels reach this process, without a slash at the end.
    pub base_url: Arc<str>,
    /// Set in a demo only.
    pub demo: Option<Arc<DemoInfo>>,
    /// True where `base_url` is `https://`: cookies are then sent over TLS only.
    pub secure_cookies: bool,
    /// How long a request may take.
    pub request_time_limit: Duration,
    /// What the scenes bring to the screens.
    pub scene_screens: Arc<[&'static SceneScreens]>,
    /// Told of every request.
    pub watch: Option<Arc<dyn Watch>>,
    /// Becomes true when the process is asked to stop.
    pub stop: watch::Receiver<bool>,
}

/// What a demo's screens show and its `demo.json` says.
#[derive(Clone, Debug)]
pub struct DemoInfo {
    /// The sandbox's origin: its `/phone` pays.
    pub sandbox_url: String,
    /// Who can sign in.
    pub operators: Vec<DemoOperator>,
    /// Terminals whose screens open without typing an enrolment code.
    pub terminals: Vec<DemoTerminal>,
}

/// A sample operator.
#[derive(Clone, Debug)]
pub struct DemoOperator {
    /// Sign-in name.
    pub name: String,
    /// Password.
    pub password: String,
    /// Role as the API writes it.
    pub role: String,
    /// The merchant's name.
    pub merchant: String,
}

/// A sample terminal.
#[derive(Clone, Debug)]
pub struct DemoTerminal {
    /// Its id as the API writes it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What sort of device it is.
    pub kind: String,
    /// The merchant's name.
    pub merchant: String,
    /// Its key (`tk_…`): `/t/{id}` keeps it as a cookie in a demo instead of asking for an enrolment code.
    pub key: String,
}
