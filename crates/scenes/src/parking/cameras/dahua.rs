//! Dahua JSON: `TrafficJunction` events of the event manager, alone or in a list, and the picture push of entrance cameras.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use desk::Refusal;
use serde_json::Value;

use super::{Heading, Heard, Reading, Said, epoch, plate_or_nothing, take_photos, text, unreadable};

/// Reads a message.
pub(super) fn read(body: &[u8]) -> Result<Vec<Heard>, Refusal> {
    let value: Value = serde_json::from_str(text(body).trim()).map_err(unreadable)?;
    if let Some(events) = value.get("Events").and_then(Value::as_array) {
        return events.iter().take(64).map(event).collect();
    }
    if value.get("Picture").is_some() {
        return Ok(vec![pushed(&value)?]);
    }
    event(&value).map(|heard| vec![heard])
}

fn string<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(value, |at, name| at.get(name))?.as_str().filter(|text| !text.is_empty())
}

fn number(value: &Value, path: &[&str]) -> Option<i64> {
    path.iter().try_fold(value, |at, name| at.get(name))?.as_i64()
}

fn event(value: &Value) -> Result<Heard, Refusal> {
    let Some(code) = string(value, &["Code"]) else {
        return Ok(Heard::Nothing("heartbeat"));
    };
    if code != "TrafficJunction" && code != "TrafficGate" && code != "TrafficSnapPicture" {
        return Ok(Heard::Nothing("another kind of event"));
    }
    if string(value, &["Action"]).is_some_and(|action| action.eq_ignore_ascii_case("stop")) {
        return Ok(Heard::Nothing("inactive"));
    }
    let data = value.get("Data").unwrap_or(value);
    let plate = string(data, &["TrafficCar", "PlateNumber"]).or_else(|| string(data, &["Object", "Text"]));
    let moment = number(data, &["UTC"]).and_then(epoch).map(|mut at| {
        at.0 += number(data, &["UTCMS"]).filter(|ms| (0..1000).contains(ms)).unwrap_or(0);
        at
    });
    Ok(Heard::Reading(Box::new(Reading {
        id: number(data, &["EventID"]).zip(number(data, &["UTC"])).map(|(id, utc)| format!("{id}-{utc}")),
        plate: plate_or_nothing(plate.unwrap_or_default()),
        // Of 255, where the field goes beyond 100.
        confidence: number(data, &["Object", "Confidence"])
            .filter(|c| (0..=255).contains(c))
            .map(|c| if c > 100 { c * 100 / 255 } else { c }),
        heading: heading(data),
        vehicle: vehicle(
            string(data, &["TrafficCar", "PlateType"]),
            string(data, &["TrafficCar", "PlateColor"]),
        ),
        said: moment.map_or(Said::Nothing, Said::Moment),
        ..Reading::default()
    })))
}

fn heading(data: &Value) -> Heading {
    let first = data.pointer("/TrafficCar/DrivingDirection/0").and_then(Value::as_str);
    match first.or_else(|| string(data, &["DriveDirection"])).map(str::to_lowercase).as_deref() {
        Some("approach" | "obverse") => Heading::Forward,
        Some("leave" | "reverse") => Heading::Reverse,
        _ => Heading::Unknown,
    }
}

fn vehicle(kind: Option<&str>, colour: Option<&str>) -> String {
    let energy =
        |text: &str| text.to_lowercase().contains("newenergy") || text.to_lowercase().contains("green");
    if kind.is_some_and(energy) || colour.is_some_and(energy) {
        "new_energy".to_owned()
    } else {
        String::new()
    }
}

/// What entrance cameras push: a picture with its plate, pictures in base 64.
fn pushed(value: &Value) -> Result<Heard, Refusal> {
    let picture = &value["Picture"];
    let Some(plate) = picture.get("Plate") else {
        return Err(unreadable("the picture has no Plate"));
    };
    let info = picture.get("SnapInfo").unwrap_or(&Value::Null);
    let time = string(info, &["AccurateTime"]).or_else(|| string(info, &["SnapTime"]));
    let mut reading = Reading {
        plate: plate_or_nothing(string(plate, &["PlateNumber"]).unwrap_or_default()),
        confidence: number(plate, &["Confidence"]).filter(|c| (0..=100).contains(c)),
        heading: match string(info, &["Direction"]).map(str::to_lowercase).as_deref() {
            Some("obverse") => Heading::Forward,
            Some("reverse") => Heading::Reverse,
            _ => Heading::Unknown,
        },
        vehicle: vehicle(string(plate, &["PlateType"]), string(plate, &["PlateColor"])),
        said: time.map_or(Said::Nothing, Said::parse),
        ..Reading::default()
    };
    let pictures = ["NormalPic", "CutoutPic", "VehiclePic"].iter().filter_map(|name| {
        let content = string(picture, &[name, "Content"])?;
        Some(STANDARD.decode(content.trim()).unwrap_or_default())
    });
    take_photos(&mut reading, pictures.collect::<Vec<_>>());
    Ok(Heard::Reading(Box::new(reading)))
}
