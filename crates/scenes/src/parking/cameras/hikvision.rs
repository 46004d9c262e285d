//! Hikvision ISAPI: `EventNotificationAlert` as XML, alone or as a part beside its pictures; some firmware sends the same as JSON.

use desk::Refusal;
use serde_json::Value;

use super::{Heading, Heard, Reading, Said, multipart, plate_or_nothing, take_photos, text, unreadable, xml};

/// Reads a message.
pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Heard, Refusal> {
    let Some(boundary) = multipart::boundary(content_type) else { return alert(body) };
    let parts = multipart::parts(body, &boundary);
    let is_picture =
        |p: &&multipart::Part<'_>| p.content_type.starts_with("image/") || p.body.starts_with(&[0xff, 0xd8]);
    let told = parts.iter().find(|p| !is_picture(p) && looks_told(p.body));
    let told = told.ok_or_else(|| unreadable("the multipart message has no part with the event"))?;
    let heard = alert(told.body)?;
    let Heard::Reading(mut reading) = heard else { return Ok(heard) };
    let pictures = parts.iter().filter(is_picture).map(|p| p.body.to_vec());
    take_photos(&mut reading, pictures);
    Ok(Heard::Reading(reading))
}

fn looks_told(body: &[u8]) -> bool {
    let first = body.iter().find(|b| !b.is_ascii_whitespace() && ![0xef, 0xbb, 0xbf].contains(*b));
    matches!(first, Some(b'<' | b'{'))
}

/// What an alert says, by the last names of its fields; a field of the ANPR node counts before one outside it.
struct Told(Vec<(bool, String, String)>);

impl Told {
    fn of(body: &[u8]) -> Result<Told, Refusal> {
        let text = text(body);
        let plain = text.trim_start_matches('\u{feff}').trim_start();
        let mut fields = Vec::new();
        if plain.starts_with('{') {
            let value: Value = serde_json::from_str(plain).map_err(unreadable)?;
            gather(&value, false, "", &mut fields, 0);
        } else {
            for (path, value) in xml::leaves(plain).map_err(unreadable)? {
                let inside = path.iter().any(|p| p.eq_ignore_ascii_case("anpr"));
                let name = path.last().cloned().unwrap_or_default().to_lowercase();
                fields.push((inside, name, value));
            }
        }
        Ok(Told(fields))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let all = || self.0.iter().filter(|(_, n, _)| n == name);
        all().find(|(inside, _, _)| *inside).or_else(|| all().next()).map(|(_, _, value)| value.as_str())
    }
}

fn gather(value: &Value, inside: bool, name: &str, fields: &mut Vec<(bool, String, String)>, depth: u32) {
    let keep = |text: String| (inside, name.to_lowercase(), text);
    match value {
        Value::Object(map) if depth < 16 => {
            for (key, value) in map {
                gather(value, inside || key.eq_ignore_ascii_case("anpr"), key, fields, depth + 1);
            }
        }
        Value::Array(list) if depth < 16 => {
            list.iter().take(64).for_each(|value| gather(value, inside, name, fields, depth + 1));
        }
        Value::String(text) => fields.push(keep(text.clone())),
        Value::Number(number) => fields.push(keep(number.to_string())),
        _ => {}
    }
}

fn alert(body: &[u8]) -> Result<Heard, Refusal> {
    let told = Told::of(body)?;
    let Some(kind) = told.get("eventtype") else {
        return Err(unreadable("the message has no eventType"));
    };
    if kind.eq_ignore_ascii_case("heartbeat") {
        return Ok(Heard::Nothing("heartbeat"));
    }
    if told.get("eventstate").is_some_and(|state| state.eq_ignore_ascii_case("inactive")) {
        return Ok(Heard::Nothing("inactive"));
    }
    if !["anpr", "vehicledetection", "platerecognition"].contains(&kind.to_lowercase().as_str()) {
        return Ok(Heard::Nothing("another kind of event"));
    }
    let plate = told.get("licenseplate").or_else(|| told.get("originallicenseplate"));
    let Some(plate) = plate else {
        return Err(unreadable("the ANPR event has no licensePlate"));
    };
    let confidence = told.get("confidencelevel").and_then(|text| text.parse::<i64>().ok());
    Ok(Heard::Reading(Box::new(Reading {
        id: told.get("uuid").map(|id| id.chars().take(80).collect()),
        plate: plate_or_nothing(plate),
        confidence: confidence.filter(|c| (0..=100).contains(c)),
        heading: match told.get("direction").map(str::to_lowercase).as_deref() {
            Some("forward") => Heading::Forward,
            Some("reverse") => Heading::Reverse,
            _ => Heading::Unknown,
        },
        vehicle: vehicle(&told),
        said: told.get("datetime").map_or(Said::Nothing, Said::parse),
        ..Reading::default()
    })))
}

/// What tariffs may ask: large vehicles, new energy by the colour of the plate.
fn vehicle(told: &Told) -> String {
    let kind = told.get("vehicletype").unwrap_or_default().to_lowercase();
    let colour = told.get("platecolor").unwrap_or_default().to_lowercase();
    let mut classes = Vec::new();
    match kind.as_str() {
        "largebus" | "bus" | "coach" => classes.push("bus"),
        "truck" | "largetruck" => classes.push("truck"),
        "motorvehicle" | "twowheelvehicle" | "motorcycle" | "threewheelvehicle" if kind != "motorvehicle" => {
            classes.push("motorcycle");
        }
        _ => {}
    }
    if colour.contains("green") {
        classes.push("new_energy");
    }
    classes.join(", ")
}
