//! Our own JSON, for cameras and controllers that can be told what to send.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use desk::Refusal;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Heading, Heard, Reading, Said, plate_or_nothing, take_photos, unreadable};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    /// The same when it is sent again.
    id: Option<String>,
    #[serde(default)]
    plate: String,
    confidence: Option<i64>,
    #[serde(default)]
    direction: String,
    #[serde(default)]
    vehicle: String,
    /// With offset, or local without one.
    at: Option<String>,
    /// Pictures in base 64.
    #[serde(default)]
    photos: Vec<String>,
}

/// Reads a message.
pub(super) fn read(body: &[u8], _: &TimeZone) -> Result<Heard, Refusal> {
    let plain: Plain = web::json::parse(body).map_err(|failure| *failure.0)?;
    let said = match plain.at.as_deref() {
        None => Said::Nothing,
        Some(text) => match Said::parse(text) {
            Said::Nothing => {
                return Err(unreadable(format!(
                    "at: {text:?} is not a time: write 2026-11-22T10:00:00+08:00"
                )));
            }
            said => said,
        },
    };
    let mut reading = Reading {
        id: plain.id.filter(|id| !id.is_empty()).map(|id| id.chars().take(80).collect()),
        plate: plate_or_nothing(&plain.plate),
        confidence: plain.confidence.filter(|c| (0..=100).contains(c)),
        heading: match plain.direction.as_str() {
            "forward" => Heading::Forward,
            "reverse" => Heading::Reverse,
            _ => Heading::Unknown,
        },
        vehicle: plain.vehicle,
        said,
        ..Reading::default()
    };
    let pictures: Vec<Vec<u8>> =
        plain.photos.iter().map(|text| STANDARD.decode(text.trim()).unwrap_or_default()).collect();
    take_photos(&mut reading, pictures);
    Ok(Heard::Reading(Box::new(reading)))
}
