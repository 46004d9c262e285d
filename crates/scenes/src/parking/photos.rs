//! Photos: of entries, exits, and as evidence of a payment. What is no picture is refused; what is kept has its SHA-256, so that a
//! later change shows.

use aws_lc_rs::digest::{SHA256, digest};
use desk::access::Act;
use desk::once::Once;
use desk::rows::Order;
use desk::{Desk, Refusal, Who};
use serde_json::json;
use store::{Id, Millis, Stop, View};

use super::problem;
use super::rows::{Photo, PhotoBytes};
use super::stays;

/// The largest picture, in bytes.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Pictures that one reading of a camera may bring.
pub(crate) const MOST: usize = 3;

/// A picture that is one.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPhoto {
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub mime: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// SHA-256 of them.
    pub sha256: Vec<u8>,
}

impl std::fmt::Debug for NewPhoto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewPhoto({}, {} bytes)", self.mime, self.bytes.len())
    }
}

/// What a photo shows and belongs to.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct About {
    /// `entry`, `exit`, `evidence_1`, `evidence_2`, `lane`.
    pub kind: String,
    /// The car park.
    pub site: Option<Id>,
    /// The stay.
    pub stay: Option<Id>,
    /// The order.
    pub order: Option<Id>,
    /// When it was taken, where the device knows.
    pub taken_at: Option<Millis>,
}

/// Looks whether bytes are a picture. Errors: `parking_photo_invalid`, `parking_photo_too_large`.
pub fn check(bytes: Vec<u8>) -> Result<NewPhoto, Refusal> {
    if bytes.len() > MAX_BYTES {
        return Err(problem::PHOTO_TOO_LARGE.with(format!("{} bytes; at most {MAX_BYTES}", bytes.len())));
    }
    let mime = mime(&bytes).ok_or_else(|| {
        let detail = match bytes.len() {
            0 => "it is empty".to_owned(),
            count => format!("its {count} bytes are no whole JPEG, PNG or WebP picture"),
        };
        problem::PHOTO_INVALID.with(detail)
    })?;
    let sha256 = digest(&SHA256, &bytes).as_ref().to_vec();
    Ok(NewPhoto { mime, bytes, sha256 })
}

/// The kind of a picture by how it begins and ends.
fn mime(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        // Some cameras pad with zeros after the end mark.
        let end = bytes.iter().rposition(|b| *b != 0)?;
        return bytes[..=end].ends_with(&[0xff, 0xd9]).then_some("image/jpeg");
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return bytes.windows(4).rev().take(64).any(|w| w == b"IEND").then_some("image/png");
    }
    let size = bytes.get(4..8).and_then(|s| s.try_into().ok()).map(u32::from_le_bytes)?;
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    (webp && size as usize + 8 <= bytes.len() + 1).then_some("image/webp")
}

/// Keeps a picture inside a decision.
pub(crate) fn keep(
    view: &mut View,
    new: &NewPhoto,
    about: &About,
    site: Id,
    by: (Option<Id>, Option<Id>),
) -> Photo {
    keep_as(view, None, new, about, site, by)
}

/// The same under an id that was taken before.
pub(crate) fn keep_as(
    view: &mut View,
    id: Option<Id>,
    new: &NewPhoto,
    about: &About,
    site: Id,
    by: (Option<Id>, Option<Id>),
) -> Photo {
    let id = id.unwrap_or_else(|| view.id());
    let now = view.now();
    let photo = Photo {
        id,
        site,
        kind: about.kind.clone(),
        mime: new.mime.to_owned(),
        sha256: new.sha256.clone(),
        size: i64::try_from(new.bytes.len()).unwrap_or(i64::MAX),
        taken_at: about.taken_at.unwrap_or(now),
        received_at: now,
        operator: by.0,
        terminal: by.1,
        stay: about.stay,
        order: about.order,
    };
    view.add(photo.clone());
    view.log(PhotoBytes { id, bytes: new.bytes.clone() });
    photo
}

/// Keeps a photo of a stay or an order. Errors: `parking_photo_invalid`, `parking_photo_too_large`, `parking_no_stay`, `not_found`.
pub async fn add(desk: &Desk, who: &Who, key: &str, about: About, bytes: Vec<u8>) -> Result<Photo, Refusal> {
    who.need(Act::Sell)?;
    if !["entry", "exit", "evidence_1", "evidence_2", "lane"].contains(&about.kind.as_str()) {
        let detail = "kind: entry, exit, evidence_1, evidence_2 or lane";
        return Err(desk::problem::desk::INVALID_REQUEST.with(detail));
    }
    let new = check(bytes)?;
    let once = Once::new(key, "parking.photo", &(&about, &new.sha256))?;
    let by = (who.operator(), who.terminal());
    desk.decide(who.merchant, move |view| {
        if let Some(made) = once.made(view)? {
            return view.need::<Photo, Refusal>(made);
        }
        let stay = match about.stay {
            Some(id) => Some(stays::need(view, id)?),
            None => None,
        };
        let order = match about.order {
            Some(id) => Some(view.need::<Order, Refusal>(id)?),
            None => None,
        };
        let site = stay.as_ref().map(|s| s.site).or(order.as_ref().map(|o| o.site)).or(about.site);
        let site = site.ok_or_else(|| {
            Stop::Refused(
                desk::problem::desk::INVALID_REQUEST
                    .with("name the stay, the order or the site of the photo"),
            )
        })?;
        let mut about = about.clone();
        about.stay = about.stay.or_else(|| stays::of_subject(order.as_ref()?.subject.as_deref()));
        let photo = keep(view, &new, &about, site, by);
        view.emit(
            "parking.photo",
            photo.id,
            json!({"kind": photo.kind, "stay": photo.stay, "order": photo.order}),
        );
        once.record(view, photo.id);
        Ok(photo)
    })
    .await
}

/// A photo with its bytes. Error: `not_found`; a photo whose bytes no longer fit its SHA-256 is `parking_photo_invalid`.
pub async fn get(desk: &Desk, who: &Who, id: Id) -> Result<(Photo, Vec<u8>), Refusal> {
    who.need(Act::Look)?;
    let merchant = who.merchant;
    let found = desk
        .read(move |sql| {
            let photo = sql.rows::<Photo>("where id = $1 and merchant = $2", &[&id, &merchant])?.pop();
            let bytes = sql.rows::<PhotoBytes>("where id = $1 and merchant = $2", &[&id, &merchant])?.pop();
            Ok(photo.zip(bytes))
        })
        .await?;
    let ((_, photo), (_, bytes)) =
        found.ok_or_else(|| desk::problem::desk::NOT_FOUND.with(format!("no photo {id}")))?;
    if digest(&SHA256, &bytes.bytes).as_ref() != photo.sha256.as_slice() {
        return Err(problem::PHOTO_INVALID.with("the bytes that are kept are not the ones that were taken"));
    }
    Ok((photo, bytes.bytes))
}

/// The photos of a stay or of an order, oldest first.
pub async fn of(desk: &Desk, who: &Who, stay: Option<Id>, order: Option<Id>) -> Result<Vec<Photo>, Refusal> {
    who.need(Act::Look)?;
    let merchant = who.merchant;
    let rows = desk
        .read(move |sql| match (stay, order) {
            (Some(id), _) => {
                sql.rows::<Photo>("where stay = $1 and merchant = $2 order by id", &[&id, &merchant])
            }
            (None, Some(id)) => {
                sql.rows::<Photo>("where \"order\" = $1 and merchant = $2 order by id", &[&id, &merchant])
            }
            (None, None) => Ok(Vec::new()),
        })
        .await?;
    Ok(rows.into_iter().map(|(_, photo)| photo).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_picture() {
        let jpeg = [&[0xff, 0xd8, 0xff, 0xe0][..], &[7; 40], &[0xff, 0xd9]].concat();
        let png = [&b"\x89PNG\r\n\x1a\n"[..], &[0; 30], b"IEND\xaeB`\x82"].concat();
        let webp = [&b"RIFF"[..], &12_u32.to_le_bytes(), b"WEBPVP8 ", &[0; 4]].concat();
        let cases = [
            (jpeg.clone(), Some("image/jpeg")),
            ([jpeg.clone(), vec![0; 9]].concat(), Some("image/jpeg")),
            (jpeg[..jpeg.len() - 2].to_vec(), None),
            (png.clone(), Some("image/png")),
            (png[..20].to_vec(), None),
            (webp, Some("image/webp")),
            (b"<html>503</html>".to_vec(), None),
            (Vec::new(), None),
        ];
        for (bytes, want) in cases {
            let got = check(bytes.clone());
            assert_eq!(got.as_ref().ok().map(|p| p.mime), want, "{:?}", &bytes[..bytes.len().min(12)]);
            if want.is_none() {
                assert_eq!(got.unwrap_err().code(), "parking_photo_invalid");
            }
        }
        assert_eq!(check(vec![0; MAX_BYTES + 1]).unwrap_err().code(), "parking_photo_too_large");
    }
}
