//! The payer of one order: known by the 128 random bits in the address of the payer's page, and by nothing else (rule 12).

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use desk::Whole;
use desk::access::Who;
use desk::problem::desk as problems;
use std::collections::HashMap;

use crate::AppState;
use crate::problem::Failure;

/// The payer named by `{token}` in the path, with the order the token opens.
pub struct Payer {
    /// Who, for the desk: may look at this order and pay it.
    pub who: Who,
    /// The order as it stood when the request came.
    pub whole: Whole,
}

impl FromRequestParts<AppState> for Payer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let Path(path) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Failure::from(&problems::NOT_FOUND))?;
        let token = path.get("token").ok_or(&problems::NOT_FOUND)?;
        let (who, whole) = state.desk.order_by_token(token).await?;
        Ok(Payer { who, whole })
    }
}
