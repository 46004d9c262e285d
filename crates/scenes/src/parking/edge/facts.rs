//! What an edge tells: facts with names of their own, so that each counts once however often it is told.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Millis;

/// A fact.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// Its name, the same whenever it is told: `entered:STAY`.
    pub name: String,
    /// When it happened, by the edge's clock.
    pub occurred_at: Millis,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened, as rows of the edge's database (see `store::carry`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum What {
    /// A car came in.
    Entered {
        /// The stay.
        stay: Value,
    },
    /// A stay ended: the car left, or the reading was wrong.
    Ended {
        /// The stay.
        stay: Value,
    },
    /// Somebody changed a stay.
    Changed {
        /// The stay as it is now.
        stay: Value,
        /// Who changed what.
        changes: Vec<Value>,
    },
    /// A lane opened, or refused.
    Passed {
        /// The passage.
        passage: Value,
    },
    /// A camera saw a car.
    Seen {
        /// The sighting.
        sighting: Value,
    },
    /// A barrier answered.
    Answered {
        /// The command.
        command: Value,
    },
    /// A shop's validation.
    Validated {
        /// The validation.
        validation: Value,
    },
    /// A photo.
    Photo {
        /// What is known of it.
        photo: Value,
        /// The picture.
        bytes: Value,
    },
    /// An order was paid at the site in money the edge could take by itself.
    Sold {
        /// The order.
        order: Value,
        /// The attempt that paid it.
        attempt: Value,
    },
}
