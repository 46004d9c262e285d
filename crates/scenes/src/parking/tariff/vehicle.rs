//! Vehicle classes: their names, the words that mean the same, and what class a vehicle is of.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::fee::QuoteError;
use super::model::Tariff;
use super::stay::Vehicle;

/// What a vehicle is: it has one of these, or the tariff's default.
pub(crate) const KINDS: [&str; 14] = [
    "car",
    "small",
    "medium",
    "large",
    "extra_large",
    "van",
    "bus",
    "coach",
    "truck",
    "trailer",
    "motorcycle",
    "bicycle",
    "taxi",
    "caravan",
];

/// What a vehicle can be besides.
pub(crate) const PROPERTIES: [&str; 29] = [
    "new_energy",
    "electric",
    "hybrid",
    "fuel",
    "charging",
    "disabled",
    "resident",
    "staff",
    "guest",
    "member",
    "blue_plate",
    "yellow_plate",
    "green_plate",
    "white_plate",
    "black_plate",
    "police",
    "army",
    "armed_police",
    "embassy",
    "consulate",
    "hong_kong",
    "macau",
    "learner",
    "fire",
    "ambulance",
    "emergency",
    "government",
    "low_emission",
    "no_plate",
];

const SAME: [(&str, &str); 40] = [
    ("nev", "new_energy"),
    ("ev", "electric"),
    ("bev", "electric"),
    ("phev", "hybrid"),
    ("新能源", "new_energy"),
    ("新能源车", "new_energy"),
    ("new_energy_vehicle", "new_energy"),
    ("motorbike", "motorcycle"),
    ("moto", "motorcycle"),
    ("motor_cycle", "motorcycle"),
    ("motorcycles", "motorcycle"),
    ("cars", "car"),
    ("private_car", "car"),
    ("passenger_car", "car"),
    ("sedan", "car"),
    ("small_car", "small"),
    ("小型车", "small"),
    ("小车", "small"),
    ("中型车", "medium"),
    ("中车", "medium"),
    ("大型车", "large"),
    ("大车", "large"),
    ("large_vehicle", "large"),
    ("small_vehicle", "small"),
    ("摩托车", "motorcycle"),
    ("lorry", "truck"),
    ("lorries", "truck"),
    ("hgv", "truck"),
    ("buses", "bus"),
    ("trucks", "truck"),
    ("coaches", "coach"),
    ("taxis", "taxi"),
    ("bike", "bicycle"),
    ("military", "army"),
    ("wj", "armed_police"),
    ("diplomatic", "embassy"),
    ("hk", "hong_kong"),
    ("macao", "macau"),
    ("blue_badge", "disabled"),
    ("handicapped", "disabled"),
];

/// A class in the words used here: lower case, `_` between words, one word for what means the same.
pub(crate) fn canonical(name: &str) -> String {
    let plain = name.trim().to_lowercase().replace([' ', '-'], "_");
    SAME.iter().find(|(said, _)| *said == plain).map_or(plain, |(_, means)| (*means).to_owned())
}

/// The classes a vehicle is of: its own, those the tariff derives, and the default kind when it has none.
pub(crate) fn classes_of<'a>(
    tariff: &Tariff,
    vehicle: &'a Vehicle,
) -> Result<Cow<'a, BTreeSet<String>>, QuoteError> {
    static CAR: LazyLock<BTreeSet<String>> = LazyLock::new(|| BTreeSet::from(["car".to_owned()]));
    if let Some(class) = vehicle.classes.iter().find(|c| !tariff.known_classes.contains(*c)) {
        let known = tariff.known_classes.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(QuoteError::UnknownClass { class: class.clone(), known });
    }
    if tariff.classes.is_empty() {
        if vehicle.classes.is_empty() {
            return Ok(Cow::Borrowed(&CAR));
        }
        if has_kind(&vehicle.classes)
            && !vehicle.classes.contains("electric")
            && !vehicle.classes.contains("hybrid")
        {
            return Ok(Cow::Borrowed(&vehicle.classes));
        }
    }
    let mut classes = vehicle.classes.clone();
    if classes.contains("electric") || classes.contains("hybrid") {
        classes.insert("new_energy".to_owned());
    }
    let mut found = true;
    while found {
        found = false;
        for (name, rule) in &tariff.classes {
            if !classes.contains(name) && rule.holds(vehicle, &classes) {
                classes.insert(name.clone());
                found = true;
            }
        }
    }
    let own_kind =
        tariff.classes.iter().any(|(name, _)| classes.contains(name) && !PROPERTIES.contains(&name.as_str()));
    if !has_kind(&classes) && !own_kind {
        classes.insert("car".to_owned());
    }
    Ok(Cow::Owned(classes))
}

fn has_kind(classes: &BTreeSet<String>) -> bool {
    KINDS.iter().any(|kind| classes.contains(*kind))
}
