//! Partner systems with endpoints of their own: webhooks reach them over a network that may do anything, and they write down what they get.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use desk::hooks::{Post, Posted, Signed};
use serde_json::Value;
use store::{Id, Merchant, Millis};

use crate::audit::event_hash;
use crate::node::Life;
use crate::sabotage::Break;
use crate::sim::Sim;
use crate::world::{FOLLOWERS, Fate, PATIENCE};

/// A partner's visits are numbered from here, by its number.
const FIRST: u32 = FOLLOWERS.start + 50;

/// One partner system.
#[derive(Clone, Debug)]
pub(crate) struct Partner {
    pub(crate) number: usize,
    pub(crate) merchant: Merchant,
    pub(crate) endpoint: Id,
    secret: String,
    /// It answers to nobody at the moment.
    pub(crate) deaf: bool,
    /// It chokes on every so manyth event, whatever the weather, until it is cured.
    pub(crate) chokes_on: Option<i64>,
    /// What it took, by number: a hash of the content and how often it came.
    pub(crate) taken: BTreeMap<i64, (u64, u32)>,
    /// How often each event must have come at least: once more after a replay.
    pub(crate) owed: BTreeMap<i64, u32>,
}

impl Partner {
    pub(crate) fn new(number: usize, merchant: Merchant, endpoint: Id, secret: String) -> Partner {
        let (taken, owed) = (BTreeMap::new(), BTreeMap::new());
        Partner { number, merchant, endpoint, secret, deaf: false, chokes_on: None, taken, owed }
    }

    /// Where it listens.
    pub(crate) fn url(number: usize) -> String {
        format!("https://partner-{number}.example/hook")
    }

    pub(crate) fn visit(&self) -> u32 {
        FIRST + u32::try_from(self.number).unwrap_or(0)
    }

    /// Whether it cannot take this event.
    pub(crate) fn chokes(&self, seq: i64) -> bool {
        self.chokes_on.is_some_and(|nth| seq % nth == nth / 2)
    }

    /// Takes a message in: its status, or what is wrong with it.
    fn take(&mut self, now: Millis, headers: &Signed, body: &str) -> Result<u16, String> {
        self.signed(now, headers, body)?;
        let message = read(body)?;
        let id = format!("evt_{}_{}", self.merchant.0, message.seq);
        if headers.id != id {
            return Err(format!("message {} carries event {}", headers.id, message.seq));
        }
        if self.chokes(message.seq) {
            return Ok(500);
        }
        let known = self.taken.entry(message.seq).or_insert((message.hash, 0));
        if known.0 != message.hash {
            return Err(format!("event {} came again and is another", message.seq));
        }
        known.1 += 1;
        Ok(204)
    }

    /// The signature of the Standard Webhooks specification, by code of its own.
    fn signed(&self, now: Millis, headers: &Signed, body: &str) -> Result<(), String> {
        let secret = self.secret.strip_prefix("whsec_").and_then(|s| STANDARD.decode(s).ok());
        let secret = secret.ok_or("the secret is none")?;
        let told = headers.signature.strip_prefix("v1,").and_then(|s| STANDARD.decode(s).ok());
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let text = format!("{}.{}.{body}", headers.id, headers.timestamp);
        hmac::verify(&key, text.as_bytes(), &told.ok_or("there is no signature")?)
            .map_err(|_| format!("message {} is signed wrongly", headers.id))?;
        let apart = (now.0 / 1000 - headers.timestamp).abs();
        if apart > 300 {
            return Err(format!("message {} was signed {apart} s from now", headers.id));
        }
        Ok(())
    }
}

/// What a message says.
struct Message {
    seq: i64,
    hash: u64,
}

fn read(body: &str) -> Result<Message, String> {
    let bad = |what: &str| format!("a message {what}: {body}");
    let whole: Value = serde_json::from_str(body).map_err(|e| e.to_string())?;
    let at = whole["timestamp"].as_str().and_then(|t| t.parse::<jiff::Timestamp>().ok());
    let at = at.ok_or_else(|| bad("has no time"))?.as_millisecond();
    let kind = whole["type"].as_str().ok_or_else(|| bad("has no type"))?;
    let mut data = whole["data"].as_object().cloned().ok_or_else(|| bad("has no data"))?;
    let seq = data.remove("seq").and_then(|s| s.as_i64()).ok_or_else(|| bad("has no number"))?;
    let subject = data.remove("subject");
    let subject = subject.as_ref().and_then(|s| s.as_str()).and_then(|s| s.parse::<Id>().ok());
    let subject = subject.ok_or_else(|| bad("has no subject"))?;
    Ok(Message { seq, hash: event_hash(at, kind, subject, &Value::Object(data).to_string()) })
}

/// One node's way to the partners.
pub(crate) struct SimPost {
    pub(crate) sim: Weak<Sim>,
    pub(crate) life: Arc<Life>,
}

#[async_trait::async_trait]
impl Post for SimPost {
    async fn post(&self, url: &str, headers: &Signed, body: String) -> Posted {
        let Some(sim) = self.sim.upgrade() else { return std::future::pending().await };
        if !self.life.is_alive() {
            return std::future::pending().await;
        }
        let Some(number) = sim.partners().iter().position(|p| Partner::url(p.number) == url) else {
            return Posted::Silent("no such host".to_owned());
        };
        let answer = self.send(&sim, number, headers, body).await;
        if !self.life.is_alive() {
            return std::future::pending().await;
        }
        answer
    }
}

impl SimPost {
    async fn send(&self, sim: &Arc<Sim>, number: usize, headers: &Signed, body: String) -> Posted {
        let (visit, deaf) = {
            let partners = sim.partners();
            (partners[number].visit(), partners[number].deaf)
        };
        let fate = sim.world.door_fate(visit);
        if sim.sabotage == Some(Break::PretendDelivery) && sim.world.next_dice(visit, "pretend").chance(20) {
            return Posted::Answered(200);
        }
        let id = headers.id.clone();
        let deliver = {
            let (sim, node, headers) = (sim.clone(), self.life.node, headers.clone());
            move || deliver(&sim, node, number, &headers, &body)
        };
        match fate {
            _ if deaf => {
                tokio::time::sleep(Duration::from_millis(40)).await;
                Posted::Answered(503)
            }
            Fate::Fine { there, back } => {
                tokio::time::sleep(there).await;
                let status = deliver();
                tokio::time::sleep(back).await;
                Posted::Answered(status)
            }
            Fate::LostAfter { there } => {
                tokio::time::sleep(there).await;
                deliver(); // the answer is what gets lost
                tokio::time::sleep(PATIENCE).await;
                Posted::Silent("no answer".to_owned())
            }
            Fate::Late { there } => {
                tokio::spawn(async move {
                    tokio::time::sleep(PATIENCE + there).await;
                    deliver();
                });
                tokio::time::sleep(PATIENCE).await;
                Posted::Silent("no answer".to_owned())
            }
            _ => {
                sim.world.note(Some(visit), &format!("n{} webhook {id}: not reached", self.life.node));
                tokio::time::sleep(Duration::from_millis(500)).await;
                Posted::Silent("not reached".to_owned())
            }
        }
    }
}

/// A message arrives.
fn deliver(sim: &Sim, node: usize, number: usize, headers: &Signed, body: &str) -> u16 {
    let now = sim.world.now();
    let (visit, answer) = {
        let mut partners = sim.partners();
        let partner = &mut partners[number];
        (partner.visit(), partner.take(now, headers, body))
    };
    let status = answer.unwrap_or_else(|what| {
        sim.world.wrong(10, None, format!("partner {number}: {what}"));
        400
    });
    sim.world.note(Some(visit), &format!("n{node} webhook {}: {status}", headers.id));
    status
}
