//! What parking adds to the screens: its pages, the screens of its terminals, its entries in the console's menu, words and files.
//! Each piece lists its own in its folder; this file only joins them.

use axum::Router;
use web::AppState;
use web::SceneScreens;

use super::{display, handheld, kiosk, owner, pages, problem_words, words};

/// Everything parking adds to the screens.
pub static SCREENS: SceneScreens = SceneScreens {
    scene: "parking",
    routes,
    terminals: &[
        (handheld::KIND, handheld::show), //
        (kiosk::KIND, kiosk::show),       //
        (display::KIND, display::show),   //
    ],
    menu: owner::MENU,
    words: &[
        words::ALL, //
        problem_words::ALL,
        owner::words::ALL,
        pages::words::ALL,
        handheld::words::ALL,
        kiosk::words::ALL,
        display::words::ALL,
    ],
    files: &[
        owner::FILES, //
        pages::FILES,
        handheld::FILES,
        kiosk::FILES,
        display::FILES,
    ],
};

fn routes() -> Router<AppState> {
    Router::new()
        .merge(owner::routes())
        .merge(pages::routes())
        .merge(handheld::routes())
        .merge(kiosk::routes())
        .merge(display::routes())
}
