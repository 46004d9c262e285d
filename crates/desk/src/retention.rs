//! Forgetting old events: those that are sealed, told to every webhook endpoint, and older than the setting. The seals stay, so the chain over what was
//! forgotten can still be proved; what it sealed cannot be looked at any more. And sessions and enrolment codes that nobody can use any longer.

use std::time::Duration;

use store::{Id, Merchant, Millis};

use crate::desk::Desk;
use crate::problem::Refusal;
use crate::rows::{Delivery, Endpoint, Enrolment, Seal, SweepHead, Token};
use crate::work::SWEPT;

/// Under this name a merchant's [`SweepHead`] says up to which number its events are forgotten.
pub(crate) const FORGOTTEN: &str = "events_forgotten";

/// How many events are forgotten in one transaction.
const TOGETHER: i64 = 5_000;

impl Desk {
    /// Forgets what is old, at every merchant.
    pub(crate) async fn sweep_events(&self) -> Result<(), Refusal> {
        if self.settings.events_life == Duration::ZERO {
            return Ok(());
        }
        let before = self.now().minus(self.settings.events_life);
        let mut all: Vec<Merchant> = self.merchants().await?.into_iter().map(|m| Merchant(m.id)).collect();
        all.push(Merchant::DIRECTORY);
        for merchant in all {
            self.forget_events(merchant, before).await?;
        }
        Ok(())
    }

    /// Removes sessions that have ended and enrolment codes that were not used in time, a day after. API keys and terminals' keys stay: they are listed.
    pub(crate) async fn sweep_tokens(&self) -> Result<(), Refusal> {
        let before = self.now().minus(Duration::from_secs(24 * 3600));
        loop {
            let (sessions, codes) = self
                .read(move |sql| {
                    let ended = "where kind = 'session' and (expires_at < $1 or revoked_at < $1) limit $2";
                    let sessions = sql.rows::<Token>(ended, &[&before, &SWEPT])?;
                    Ok((
                        sessions,
                        sql.rows::<Enrolment>("where expires_at < $1 limit $2", &[&before, &SWEPT])?,
                    ))
                })
                .await?;
            if sessions.is_empty() && codes.is_empty() {
                return Ok(());
            }
            self.decide(Merchant::DIRECTORY, move |view| {
                for (_, row) in &sessions {
                    view.remove::<Token>(row.hash.clone());
                }
                for (_, row) in &codes {
                    view.remove::<Enrolment>(row.hash.clone());
                }
                Ok(())
            })
            .await?;
        }
    }

    /// Forgets what is old at one merchant.
    pub(crate) async fn forget_events(&self, merchant: Merchant, before: Millis) -> Result<(), Refusal> {
        let (done, upto) = self
            .read(move |sql| {
                let done = forgotten(sql, merchant)?;
                Ok((done, forgettable(sql, merchant, done, before)?))
            })
            .await?;
        let mut from = done;
        while from < upto {
            let next = upto.min(from + TOGETHER);
            // First it is written down: a reader that finds nothing must be able to learn why.
            let head = SweepHead { name: FORGOTTEN.to_owned(), upto: Id(next) };
            self.decide(merchant, move |view| {
                view.put(head.clone());
                Ok(())
            })
            .await?;
            self.db.forget_events(merchant, next).await.map_err(|error| {
                tracing::warn!(%error, "old events could not be forgotten; they will be");
                Refusal::from(&crate::problem::desk::BUSY)
            })?;
            from = next;
        }
        Ok(())
    }
}

/// The number of a merchant's last event that is forgotten; 0 before any is.
pub(crate) fn forgotten(sql: &mut store::Sql<'_>, merchant: Merchant) -> Result<i64, store::SqlError> {
    let found = sql.rows::<SweepHead>("where name = $1 and merchant = $2", &[&FORGOTTEN, &merchant.0])?;
    Ok(found.first().map_or(0, |(_, head)| head.upto.0))
}

/// Up to which number a merchant's events may go: whole seals of that age, and nothing that an endpoint still needs.
fn forgettable(
    sql: &mut store::Sql<'_>,
    merchant: Merchant,
    done: i64,
    before: Millis,
) -> Result<i64, store::SqlError> {
    let seals = sql.rows::<Seal>(
        "where merchant = $1 and upto > $2 and at < $3 order by upto desc limit 1",
        &[&merchant.0, &done, &before],
    )?;
    let Some((_, seal)) = seals.into_iter().next() else { return Ok(done) };
    let endpoints = sql.rows::<Endpoint>("where merchant = $1", &[&merchant.0])?;
    let waiting = sql.rows::<Delivery>("where merchant = $1 order by seq limit 1", &[&merchant.0])?;
    let cursors = endpoints.iter().map(|(_, endpoint)| endpoint.cursor);
    let needed = cursors.chain(waiting.iter().map(|(_, delivery)| delivery.seq - 1)).min();
    let upto = needed.map_or(seal.upto, |needed| needed.min(seal.upto));
    // Seals stay whole: what is forgotten ends where one ends.
    let whole = sql.rows::<Seal>(
        "where merchant = $1 and upto > $2 and upto <= $3 order by upto desc limit 1",
        &[&merchant.0, &done, &upto],
    )?;
    Ok(whole.first().map_or(done, |(_, seal)| seal.upto))
}
