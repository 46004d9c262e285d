//! Webhook endpoints and what they have not taken.

use desk::rows::{Delivery, Endpoint, Standing};
use serde::{Deserialize, Serialize};
use store::{Id, Millis};
use utoipa::ToSchema;

/// An address that wants to be told of events.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointBody {
    /// Where to post; https, or plain http on this machine.
    #[schema(max_length = 500, example = "https://example.com/saoma")]
    pub url: String,
    /// The event after which it wants to be told; from now on when absent.
    pub after: Option<i64>,
}

/// A change of an endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointChange {
    /// `on` or `off`.
    pub standing: String,
    /// Everything after this event is posted again.
    pub replay_after: Option<i64>,
}

/// Which parked delivery to send once more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResendBody {
    /// The event's number.
    pub seq: i64,
}

/// An address that is told of events.
#[derive(Serialize, ToSchema)]
#[schema(as = Endpoint)]
pub struct EndpointView<'a> {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// Where.
    pub url: &'a str,
    /// Signs what is posted (Standard Webhooks); told to those who may manage keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<&'a str>,
    /// `on` or `off`.
    #[schema(value_type = String)]
    pub standing: &'a Standing,
    /// Every event up to this one was posted or is being repeated.
    pub cursor: i64,
    /// Failures in a row.
    pub failures: i64,
    /// Left alone until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub shut_until: Option<Millis>,
}

impl<'a> EndpointView<'a> {
    /// The view, with its secret or without.
    pub fn of(e: &'a Endpoint, with_secret: bool) -> Self {
        EndpointView {
            id: e.id,
            url: &e.url,
            secret: with_secret.then_some(e.secret.as_str()),
            standing: &e.standing,
            cursor: e.cursor,
            failures: e.failures,
            shut_until: e.shut_until,
        }
    }
}

/// An event an endpoint has not taken.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryView<'a> {
    /// The endpoint.
    #[schema(value_type = String)]
    pub endpoint: Id,
    /// The event's number.
    pub seq: i64,
    /// How often it was posted.
    pub tries: i64,
    /// True when it is not repeated any more.
    pub parked: bool,
    /// What the endpoint answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<&'a str>,
}

impl<'a> From<&'a Delivery> for DeliveryView<'a> {
    fn from(d: &'a Delivery) -> Self {
        DeliveryView {
            endpoint: d.endpoint,
            seq: d.seq,
            tries: d.tries,
            parked: d.parked,
            said: d.said.as_deref(),
        }
    }
}
