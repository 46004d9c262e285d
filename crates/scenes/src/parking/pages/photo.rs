//! The photo of an entry, for a driver who has to recognise a car: shown only with the plate that led to it.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use desk::Refusal;
use store::Id;
use web::AppState;
use web::screens::kit::query;

use super::pace::Visitor;
use super::{Place, plate};
use crate::parking::rows::{Photo, PhotoBytes};

pub(super) async fn show(
    State(state): State<AppState>,
    Path((site, photo)): Path<(String, String)>,
    visitor: Visitor,
    uri: Uri,
) -> Response {
    let typed = query(&uri, "plate").unwrap_or_default();
    match bytes(&state, &site, &photo, (&visitor, &typed)).await {
        Ok(Some((mime, bytes))) => {
            let headers =
                [(CONTENT_TYPE, mime), (CACHE_CONTROL, HeaderValue::from_static("private, max-age=300"))];
            (headers, bytes).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn bytes(
    state: &AppState,
    site: &str,
    photo: &str,
    (visitor, typed): (&Visitor, &str),
) -> Result<Option<(HeaderValue, Vec<u8>)>, Refusal> {
    let place = Place::find(&state.desk, site).await?;
    let Ok(photo) = photo.parse::<Id>() else { return Ok(None) };
    let found = plate::look(state, &place, visitor, typed).await?;
    if !found.iter().any(|f| f.photo == Some(photo)) {
        return Ok(None);
    }
    read(state, place.merchant, photo).await
}

/// A photo's type and bytes.
pub(in crate::parking) async fn read(
    state: &AppState,
    merchant: store::Merchant,
    photo: Id,
) -> Result<Option<(HeaderValue, Vec<u8>)>, Refusal> {
    let rows = state
        .desk
        .read(move |sql| {
            let row = sql.rows::<Photo>("where id = $1 and merchant = $2", &[&photo, &merchant])?;
            let bytes = sql.rows::<PhotoBytes>("where id = $1 and merchant = $2", &[&photo, &merchant])?;
            Ok((row, bytes))
        })
        .await?;
    let (Some((_, row)), Some((_, bytes))) = (rows.0.into_iter().next(), rows.1.into_iter().next()) else {
        return Ok(None);
    };
    Ok(HeaderValue::try_from(row.mime).ok().map(|mime| (mime, bytes.bytes)))
}
