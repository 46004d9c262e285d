//! What happens at a car park: stays, what cameras saw, photos, validations.

use serde::{Deserialize, Serialize};
use store::{Id, Json, Millis};

store::text_enum! {
    /// Where a stay stands.
    pub enum StayState {
        /// In the car park.
        Inside = "inside",
        /// Gone.
        Left = "left",
        /// It never was: a wrong reading.
        Void = "void",
    }
}

/// What an order paid for a stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidPart {
    /// The order.
    pub order: Id,
    /// What is left of it after refunds, in minor units.
    pub amount: i64,
    /// The moment its price was told for.
    pub priced_at: Millis,
    /// When the money came.
    pub paid_at: Millis,
}

store::rows! {
    /// A vehicle's visit. `plate` is as it was read or corrected since, `plate_seen` as the camera said; an unread plate is
    /// empty. `paid` is what its orders paid, net; within `paid_until` it may leave without paying more. `flags` say what
    /// was unusual: `missing_entry`, `missing_exit`, `clock_off`, `exit_before_entry`, `misread`, `impossible_plate`,
    /// `corrected`, `manual`, `pass_full`, `lost_ticket`, `paid_after_exit`.
    pub struct Stay in parking_stays {
        key { id: Id }
        fixed { site: Id, created_at: Millis }
        fields {
            plate: String, plate_seen: String, vehicle: String,
            entered_at: Millis, entry_lane: Option<Id>, entry_sighting: Option<Id>, entry_photo: Option<Id>,
            left_at: Option<Millis>, exit_lane: Option<Id>, exit_sighting: Option<Id>, exit_photo: Option<Id>,
            state: StayState, paid: i64, payments: Json<Vec<PaidPart>>, paid_until: Option<Millis>,
            card: Option<String>, pass: Option<Id>, previous: Option<Id>, flags: Json<Vec<String>>, version: i64
        }
    }
}

impl Stay {
    /// Whether something unusual is noted.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|f| f == flag)
    }

    /// Notes something unusual, once.
    pub fn flag(&mut self, flag: &str) {
        if !self.has(flag) {
            self.flags.push(flag.to_owned());
        }
    }
}

store::rows! {
    /// What is known of a plate at a car park: its present stay, the one before, and an exit that no entry was known for.
    pub struct Present in parking_present {
        key { site: Id, plate: String }
        fixed { }
        fields { stay: Option<Id>, last: Option<Id>, orphan: Option<Id>, orphan_at: Option<Millis> }
    }
}

store::rows! {
    /// A key under which a stay inside is found by its plate, misread or mistyped; see `stays::keys`.
    pub struct StayKey in parking_stay_keys {
        key { site: Id, part: String, stay: Id }
        fixed { }
        fields { plate: String }
    }
}

store::rows! {
    /// What a camera saw. `at` is the moment that counts: `occurred_at` as the camera said, or `received_at` where its clock is off.
    pub struct Sighting in parking_sightings {
        key { id: Id }
        fixed {
            lane: Id, site: Id, source: String, plate: String, plate_seen: String, confidence: Option<i64>, heading: String, vehicle: String,
            occurred_at: Option<Millis>, received_at: Millis, at: Millis, photos: Json<Vec<Id>>
        }
        fields { outcome: String, stay: Option<Id>, repeats: i64, flags: Json<Vec<String>> }
    }
}

store::rows! {
    /// A fact that came with an id of its own, so that it counts once however often it is told.
    pub struct Fact in parking_facts {
        key { name: String }
        fixed { made: Id, at: Millis }
        fields { }
    }
}

store::rows! {
    /// A photo with its SHA-256: of an entry, an exit, or evidence of a payment. The bytes are in [`PhotoBytes`].
    pub struct Photo in parking_photos {
        key { id: Id }
        fixed {
            site: Id, kind: String, mime: String, sha256: Vec<u8>, size: i64, taken_at: Millis, received_at: Millis,
            operator: Option<Id>, terminal: Option<Id>
        }
        fields { stay: Option<Id>, order: Option<Id> }
    }
}

store::log_rows! {
    /// The bytes of a photo.
    pub struct PhotoBytes in parking_photo_bytes {
        key { id: Id }
        fixed { bytes: Vec<u8> }
        fields { }
    }
}

store::rows! {
    /// A validation given for a stay: the tariff's code, the number of the voucher, or receipts in minor units.
    pub struct Validation in parking_validations {
        key { id: Id }
        fixed {
            stay: Id, site: Id, shop: Option<Id>, code: String, serial: Option<String>, receipts: Json<Vec<i64>>,
            created_at: Millis, operator: Option<Id>
        }
        fields { revoked_at: Option<Millis> }
    }
}

store::rows! {
    /// A voucher or receipt that was used: it counts once.
    pub struct Voucher in parking_vouchers {
        key { site: Id, code: String, serial: String }
        fixed { used_at: Millis }
        fields { validation: Id }
    }
}

store::log_rows! {
    /// Something a person changed about a stay, with who, why, and what it was before.
    pub struct Change in parking_changes {
        key { id: Id }
        fixed {
            stay: Id, site: Id, what: String, before: String, after: String, reason: String, operator: Option<Id>, terminal: Option<Id>, at: Millis
        }
        fields { }
    }
}

store::index! {
    /// The validations of a stay.
    pub ValidationsOfStay of Validation by { stay: Id } limit 64
}
