//! Idempotency (rule 8): a write carries a key; the hash of its input is kept with what it made, so a repetition gets the same answer and
//! another body under the same key is caught.

use serde::Serialize;
use store::{Id, Stop, View};

use crate::problem::{Refusal, desk as problems};
use crate::rows::Done;

/// The key of one write and the hash of what was asked.
#[derive(Clone, Debug)]
pub struct Once {
    name: String,
    input: Vec<u8>,
}

impl Once {
    /// A write named `operation` with this input. Errors: `idempotency_key_missing`, `idempotency_key_invalid`.
    pub fn new(key: &str, operation: &str, input: &impl Serialize) -> Result<Once, Refusal> {
        if key.is_empty() {
            return Err((&problems::IDEMPOTENCY_KEY_MISSING).into());
        }
        if key.len() > 255 || !key.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Err((&problems::IDEMPOTENCY_KEY_INVALID).into());
        }
        let body = serde_json::to_vec(input).map_err(|e| problems::INVALID_REQUEST.with(e.to_string()))?;
        let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        hash.update(operation.as_bytes());
        hash.update(&[0]);
        hash.update(&body);
        Ok(Once { name: key.to_owned(), input: hash.finish().as_ref().to_vec() })
    }

    /// What this key made before, if it was used. Error: `idempotency_key_reused` when it was used for something else.
    pub fn made(&self, view: &mut View) -> Result<Option<Id>, Stop<Refusal>> {
        match view.get::<Done>(self.name.clone())? {
            None => Ok(None),
            Some(done) if done.input == self.input => Ok(Some(done.made)),
            Some(_) => Err(Stop::Refused((&problems::IDEMPOTENCY_KEY_REUSED).into())),
        }
    }

    /// Records what the key made, in the same decision.
    pub fn record(&self, view: &mut View, made: Id) {
        let created_at = view.now();
        view.add(Done { name: self.name.clone(), input: self.input.clone(), made, created_at });
    }
}
