//! A receipt wanted later: whoever types the plate again finds the receipt of what was paid for this stay (P11).

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::Refusal;
use serde::Serialize;
use store::Id;
use web::json::{PathId, ok};
use web::receipt::KIND;
use web::{AppState, Caller, Failure};

use crate::parking::stays;

/// The receipt of the latest payment, where there was one.
#[derive(Serialize)]
struct Earlier {
    fulfilment: Option<Id>,
}

/// Finds the receipt of a stay's latest payment.
pub(super) async fn earlier(
    State(state): State<AppState>,
    caller: Caller,
    PathId(stay): PathId,
) -> Result<Response, Failure> {
    Ok(ok(Earlier { fulfilment: find(&state, &caller, stay).await? }).into_response())
}

async fn find(state: &AppState, caller: &Caller, stay: Id) -> Result<Option<Id>, Refusal> {
    let stay = stays::stay(&state.desk, &caller.who, stay).await?;
    let Some(paid) = stay.payments.0.last() else { return Ok(None) };
    let whole = state.desk.order(&caller.who, paid.order).await?;
    Ok(whole.fulfilments.iter().find(|f| f.kind == KIND).map(|f| f.id))
}
