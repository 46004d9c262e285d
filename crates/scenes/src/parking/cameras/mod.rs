//! What cameras send, read into one form. Cameras differ in everything: namespaces, encodings, clocks, how pictures come.
//! What is no reading of a plate (heartbeats, the end of an event) is told apart from what cannot be understood.

mod dahua;
mod hikvision;
mod multipart;
mod plain;
mod time;
mod xml;

use desk::Refusal;
use jiff::tz::TimeZone;
use store::Millis;

use super::photos::{self, NewPhoto};
use super::problem;

pub(crate) use time::Clock;
pub use time::Said;

/// How a car moved, as the camera saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Heading {
    /// The way the lane leads.
    Forward,
    /// Against it.
    Reverse,
    /// Not told.
    #[default]
    Unknown,
}

impl Heading {
    /// As it is kept.
    pub fn as_str(self) -> &'static str {
        match self {
            Heading::Forward => "forward",
            Heading::Reverse => "reverse",
            Heading::Unknown => "unknown",
        }
    }
}

/// A plate that a camera read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The event's own id, where it has one that stays the same when the camera sends it again.
    pub id: Option<String>,
    /// As the camera said; empty where it could read nothing.
    pub plate: String,
    /// 0 to 100.
    pub confidence: Option<i64>,
    /// Which way.
    pub heading: Heading,
    /// What it says of the vehicle, in the tariffs' words.
    pub vehicle: String,
    /// When, by the camera's clock.
    pub said: Said,
    /// Its pictures, checked.
    pub photos: Vec<NewPhoto>,
    /// What was odd: `photo_invalid`.
    pub flags: Vec<String>,
}

/// What a message was.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A plate.
    Reading(Box<Reading>),
    /// Nothing to act on, and why: a heartbeat, the end of an event, another kind of event.
    Nothing(&'static str),
}

/// Protocols in the address a camera posts to.
pub const PROTOCOLS: [&str; 3] = ["hikvision", "dahua", "plain"];

/// Reads a message. Errors: `parking_camera_unreadable`, `invalid_request` for our own JSON.
pub fn read(protocol: &str, content_type: &str, body: &[u8], zone: &TimeZone) -> Result<Vec<Heard>, Refusal> {
    match protocol {
        "hikvision" => hikvision::read(content_type, body).map(|heard| vec![heard]),
        "dahua" => dahua::read(body),
        "plain" => plain::read(body, zone).map(|heard| vec![heard]),
        other => {
            Err(problem::CAMERA_UNREADABLE.with(format!("{other:?} is not one of {}", PROTOCOLS.join(", "))))
        }
    }
}

/// Takes pictures that are ones; a broken one is noted and nothing else is lost.
fn take_photos(reading: &mut Reading, pictures: impl IntoIterator<Item = Vec<u8>>) {
    for bytes in pictures {
        match photos::check(bytes) {
            Ok(photo) if reading.photos.len() < photos::MOST => reading.photos.push(photo),
            Ok(_) => {}
            Err(_) => reading.flags.push("photo_invalid".to_owned()),
        }
    }
    reading.flags.dedup();
}

/// Plates that mean that nothing could be read.
fn plate_or_nothing(text: &str) -> String {
    let text = text.trim();
    let nothing = [
        "",
        "unknown",
        "unlicensed",
        "noplate",
        "no plate",
        "none",
        "null",
        "-",
        "无车牌",
        "未识别",
        "车牌未识别",
    ];
    if nothing.contains(&text.to_lowercase().as_str()) {
        String::new()
    } else {
        text.chars().take(32).collect()
    }
}

fn unreadable(why: impl std::fmt::Display) -> Refusal {
    problem::CAMERA_UNREADABLE.with(why.to_string())
}

/// Text of a message: UTF-8, or GB18030 as older cameras write.
fn text(body: &[u8]) -> std::borrow::Cow<'_, str> {
    match std::str::from_utf8(body) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::GB18030.decode(body).0,
    }
}

/// A moment in seconds or milliseconds since 1970.
fn epoch(number: i64) -> Option<Millis> {
    match number {
        1..=99_999_999_999 => Some(Millis(number * 1000)),
        100_000_000_000..=9_999_999_999_999 => Some(Millis(number)),
        _ => None,
    }
}

#[cfg(test)]
#[path = "cameras_tests.rs"]
mod tests;
