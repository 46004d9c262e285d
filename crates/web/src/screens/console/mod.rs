//! The operator's console at `/`: the day at a glance, orders, one order with everything that happened to it, and what is set up.
//!
//! Each page is a file. Every handler takes [`Staff`]; roles are checked by the desk, and a page only hides what a role cannot do.

mod actions;
mod channels;
mod frame;
mod history;
mod keys;
mod order;
mod orders;
mod people;
mod places;
mod reconciliations;
mod shifts;
mod sign_in;
mod stand;
mod statement;
mod terminals;
mod today;

use axum::Router;
use axum::routing::{get, post};

use super::kit;
use crate::AppState;
use kit::Staff;

pub use frame::Needs;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(today::page))
        .route("/sign-in", get(sign_in::page).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/orders", get(orders::page))
        .route("/orders/{order}", get(order::page))
        .route("/orders/{order}/refund", post(actions::refund))
        .route("/orders/{order}/retry", post(actions::retry))
        .route("/orders/{order}/repair", post(actions::repair))
        .route("/orders/{order}/close", post(actions::close))
        .route("/terminals", get(terminals::page).post(terminals::create))
        .route("/terminals/{terminal}/code", post(terminals::code_for))
        .route("/terminals/{terminal}/standing", post(terminals::standing))
        .route("/terminals/{terminal}/stand", get(stand::page))
        .route("/terminals/{terminal}/poster", get(stand::poster))
        .route("/terminals/{terminal}/ndef.bin", get(stand::ndef_file))
        .route("/terminals/{terminal}/type2.bin", get(stand::type_2_file))
        .route("/sites", get(places::page).post(places::create))
        .route("/people", get(people::page).post(people::create))
        .route("/people/{operator}/standing", post(people::standing))
        .route("/keys", get(keys::page).post(keys::create))
        .route("/keys/{key}/revoke", post(keys::revoke))
        .route("/channels", get(channels::page))
        .route("/channels/{channel}", get(channels::one).post(channels::save))
        .route("/channels/{channel}/standing", post(channels::standing))
        .route("/shifts", get(shifts::page))
        .route("/bills", get(reconciliations::page))
        .route("/bills/{account}/{day}", get(reconciliations::one).post(reconciliations::again))
        .route("/bills/{account}/{day}/statement", get(statement::page))
        .route("/bills/{account}/{day}/{name}", post(reconciliations::explain))
}
