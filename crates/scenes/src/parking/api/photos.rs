//! Photos over HTTP.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use store::{Id, Millis};
use utoipa::{IntoParams, ToSchema};
use web::api::shapes::Page;
use web::json::{Key, PathId, Query, Raw, created, ok};
use web::{AppState, Caller, Failure};

use crate::parking::photos::{self, About};
use crate::parking::rows::Photo;

/// What a photo shows and belongs to.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AboutAsk {
    /// `entry`, `exit`, `evidence_1`, `evidence_2`, `lane`.
    kind: String,
    #[param(value_type = Option<String>)]
    site: Option<Id>,
    #[param(value_type = Option<String>)]
    stay: Option<Id>,
    #[param(value_type = Option<String>)]
    order: Option<Id>,
    /// When it was taken, where the device knows.
    #[param(value_type = Option<String>)]
    taken_at: Option<Millis>,
}

/// A photo, without its bytes.
#[derive(Serialize, ToSchema)]
#[schema(as = ParkingPhoto)]
pub(super) struct PhotoView {
    #[schema(value_type = String)]
    id: Id,
    kind: String,
    mime: String,
    /// SHA-256 of its bytes, hexadecimal.
    sha256: String,
    /// In bytes.
    size: i64,
    #[schema(value_type = String)]
    taken_at: Millis,
    #[schema(value_type = String)]
    received_at: Millis,
    #[schema(value_type = Option<String>)]
    stay: Option<Id>,
    #[schema(value_type = Option<String>)]
    order: Option<Id>,
}

impl From<Photo> for PhotoView {
    fn from(p: Photo) -> Self {
        PhotoView {
            id: p.id,
            kind: p.kind,
            mime: p.mime,
            sha256: HEXLOWER.encode(&p.sha256),
            size: p.size,
            taken_at: p.taken_at,
            received_at: p.received_at,
            stay: p.stay,
            order: p.order,
        }
    }
}

/// Keeps a photo; the body is the picture.
#[utoipa::path(post, path = "/v1/parking/photos", tag = "parking", params(AboutAsk), request_body(content = String, content_type = "image/jpeg"),
    responses((status = 201, body = PhotoView)))]
pub(super) async fn add(
    State(state): State<AppState>,
    caller: Caller,
    Query(ask): Query<AboutAsk>,
    Key(key): Key,
    Raw(body): Raw,
) -> Result<Response, Failure> {
    let about =
        About { kind: ask.kind, site: ask.site, stay: ask.stay, order: ask.order, taken_at: ask.taken_at };
    let photo = photos::add(&state.desk, &caller.who, &key, about, body.to_vec()).await?;
    Ok(created(PhotoView::from(photo)).into_response())
}

/// A picture.
#[utoipa::path(get, path = "/v1/parking/photos/{id}", tag = "parking", params(("id" = String, Path)),
    responses((status = 200, description = "The picture.", content_type = "image/jpeg")))]
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Response, Failure> {
    let (photo, bytes) = photos::get(&state.desk, &caller.who, id).await?;
    let mut response = bytes.into_response();
    let kind =
        HeaderValue::try_from(photo.mime).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable"));
    Ok(response)
}

/// Whose photos.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    #[param(value_type = Option<String>)]
    stay: Option<Id>,
    #[param(value_type = Option<String>)]
    order: Option<Id>,
}

/// The photos of a stay or of an order.
#[utoipa::path(get, path = "/v1/parking/photos", tag = "parking", params(Whose), responses((status = 200, body = Page<PhotoView>)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(whose): Query<Whose>,
) -> Result<Response, Failure> {
    let photos = photos::of(&state.desk, &caller.who, whose.stay, whose.order).await?;
    Ok(ok(Page::whole(photos.into_iter().map(PhotoView::from).collect())).into_response())
}
