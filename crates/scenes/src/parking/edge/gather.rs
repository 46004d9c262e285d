//! On the edge: its own events, read as facts with the rows they are about.

use desk::rows::{Attempt, Order};
use desk::{Desk, Refusal};
use serde_json::Value;
use store::{Event, Id, Merchant, Row, Sql, SqlError, carry};

use super::{Told, What};
use crate::parking::rows::{BarrierCommand, Change, Passage, Photo, PhotoBytes, Sighting, Stay, Validation};

/// Facts and how far they go: tell the centre, and go on from there once it has taken them.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// The facts, oldest first.
    pub facts: Vec<Told>,
    /// The number of the last event they cover.
    pub upto: i64,
    /// Whether more events wait.
    pub more: bool,
}

/// The facts after an event. `limit` counts events.
pub async fn gather(desk: &Desk, merchant: Merchant, after: i64, limit: i64) -> Result<Gathered, Refusal> {
    desk.read(move |sql| {
        let tail = "where merchant = $1 and seq > $2 order by seq limit $3";
        let events: Vec<(Merchant, Event)> = sql.rows(tail, &[&merchant, &after, &limit])?;
        let more = i64::try_from(events.len()).unwrap_or(i64::MAX) >= limit;
        let upto = events.last().map_or(after, |(_, event)| event.seq);
        let mut facts = Vec::new();
        for (_, event) in &events {
            of_event(sql, merchant, event, &mut facts)?;
        }
        Ok(Gathered { facts, upto, more })
    })
    .await
}

fn of_event(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    event: &Event,
    facts: &mut Vec<Told>,
) -> Result<(), SqlError> {
    let mut tell = |name: String, what: What| facts.push(Told { name, occurred_at: event.at, what });
    let subject = event.subject;
    match event.kind.as_str() {
        "parking.entered" | "parking.left" | "parking.voided" | "parking.changed" => {
            of_stay(sql, merchant, event, &mut tell)?;
        }
        "parking.seen" => seen(sql, merchant, subject, &mut tell)?,
        "parking.opened" | "parking.refused" => {
            let Some(id) = named(&event.data, "passage") else { return Ok(()) };
            if let Some(passage) = one::<Passage>(sql, merchant, id)? {
                tell(format!("passed:{id}"), What::Passed { passage: carry::pack(&passage) });
            }
        }
        "parking.barrier_open" | "parking.barrier_failed" => {
            let Some(id) = named(&event.data, "command") else { return Ok(()) };
            if let Some(command) = one::<BarrierCommand>(sql, merchant, id)? {
                let name = format!("answered:{id}:{}", command.state);
                tell(name, What::Answered { command: carry::pack(&command) });
            }
        }
        "parking.validated" => {
            let Some(id) = named(&event.data, "validation") else { return Ok(()) };
            if let Some(row) = one::<Validation>(sql, merchant, id)? {
                tell(format!("validated:{id}"), What::Validated { validation: carry::pack(&row) });
            }
        }
        "order.paid" => sold(sql, merchant, subject, &mut tell)?,
        _ => {}
    }
    Ok(())
}

fn of_stay(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    event: &Event,
    tell: &mut impl FnMut(String, What),
) -> Result<(), SqlError> {
    let id = event.subject;
    let Some(stay) = one::<Stay>(sql, merchant, id)? else { return Ok(()) };
    let packed = carry::pack(&stay);
    match event.kind.as_str() {
        "parking.entered" => tell(format!("entered:{id}"), What::Entered { stay: packed }),
        "parking.changed" => {
            let tail = "where stay = $1 and merchant = $2 order by id";
            let rows = sql.rows::<Change>(tail, &[&id, &merchant])?;
            let changes = rows.iter().map(|(_, change)| carry::pack(change)).collect();
            tell(format!("changed:{id}:{}", stay.version), What::Changed { stay: packed, changes });
        }
        _ => {
            // A payment may let the car out in its own decision: what was paid is told before the car is gone.
            for part in stay.payments.iter() {
                sold(sql, merchant, part.order, tell)?;
            }
            tell(format!("ended:{id}"), What::Ended { stay: packed });
        }
    }
    Ok(())
}

/// What a camera saw, with its pictures.
fn seen(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    id: Id,
    tell: &mut impl FnMut(String, What),
) -> Result<(), SqlError> {
    let Some(sighting) = one::<Sighting>(sql, merchant, id)? else { return Ok(()) };
    tell(format!("seen:{id}"), What::Seen { sighting: carry::pack(&sighting) });
    for id in sighting.photos.iter().copied() {
        let photo = one::<Photo>(sql, merchant, id)?;
        let bytes = one::<PhotoBytes>(sql, merchant, id)?;
        if let (Some(photo), Some(bytes)) = (photo, bytes) {
            let what = What::Photo { photo: carry::pack(&photo), bytes: carry::pack(&bytes) };
            tell(format!("photo:{id}"), what);
        }
    }
    Ok(())
}

/// An order that was paid here. One that had nothing due moved no money: the stay's own facts say all of it.
fn sold(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    id: Id,
    tell: &mut impl FnMut(String, What),
) -> Result<(), SqlError> {
    let Some(order) = one::<Order>(sql, merchant, id)? else { return Ok(()) };
    let Some(kept) = order.kept else { return Ok(()) };
    if let Some(attempt) = one::<Attempt>(sql, merchant, kept)? {
        let what = What::Sold { order: carry::pack(&order), attempt: carry::pack(&attempt) };
        tell(format!("sold:{id}"), what);
    }
    Ok(())
}

fn one<R: Row>(sql: &mut Sql<'_>, merchant: Merchant, id: Id) -> Result<Option<R>, SqlError> {
    let found = sql.rows::<R>("where id = $1 and merchant = $2", &[&id, &merchant])?;
    Ok(found.into_iter().next().map(|(_, row)| row))
}

fn named(data: &Value, member: &str) -> Option<Id> {
    data.get(member)?.as_str()?.parse().ok()
}
