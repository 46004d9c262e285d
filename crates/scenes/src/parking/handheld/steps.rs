//! The fee of a stay for the coming hour, for a handheld that may lose its network: what is due at each fifth minute.

use desk::{Desk, Refusal, Who};
use serde::Serialize;
use store::{Id, Millis};

use crate::parking::rows::Stay;
use crate::parking::stays::{self, Besides};

/// How far apart the moments are, in milliseconds.
const APART_MS: i64 = 5 * 60_000;
/// How many there are.
const MOMENTS: i64 = 13;
/// Stays priced in one decision: a decision must be short.
const TOGETHER: usize = 25;

/// From this moment on so much is due, in minor units. A payment taken later at this amount is priced for this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The moment, in milliseconds.
    pub at: i64,
    /// What is due.
    pub due: i64,
}

/// The steps of each stay from now on; none for a stay that the tariff cannot price.
pub async fn steps(desk: &Desk, who: &Who, all: &[Stay]) -> Result<Vec<(Id, Vec<Step>)>, Refusal> {
    let now = desk.now();
    let mut found = Vec::with_capacity(all.len());
    for some in all.chunks(TOGETHER) {
        let some = some.to_vec();
        let priced = desk.decide(who.merchant, move |view| {
            let mut priced = Vec::with_capacity(some.len());
            for stay in &some {
                let mut steps = Vec::new();
                for n in 0..MOMENTS {
                    let at = Millis(now.0 + n * APART_MS);
                    match stays::price(view, stay, at, &Besides::default()) {
                        Ok(fee) => steps.push(Step { at: at.0, due: fee.fee.due.value }),
                        Err(store::Stop::Refused(_)) => break,
                        Err(missing) => return Err(missing),
                    }
                }
                priced.push((stay.id, steps));
            }
            Ok(priced)
        });
        found.extend(priced.await?);
    }
    for (_, steps) in &mut found {
        steps.dedup_by(|later, earlier| later.due == earlier.due);
    }
    Ok(found)
}
