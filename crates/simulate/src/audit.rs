//! The auditor: after every step it compares the rows with what the outside world saw. It shares no code with the desk: its model is the
//! banks' own books, the answers people got, and sums of its own.

mod bills;
mod books;
mod evening;
pub(crate) use evening::{CUT_OFF_MINUTES, day};
mod order;
mod partners;
mod rows;
mod seals;

use std::collections::{BTreeMap, BTreeSet};

use store::{Db, Id, Merchant, SqlError};
use tokio::sync::Mutex;

use crate::sim::Sim;
use books::Books;
use rows::{EntryRow, EventRow, Family};

/// What is known of the platform's rows so far.
pub(crate) struct Auditor {
    db: Db,
    seen: Mutex<Seen>,
}

/// What the auditor remembers.
#[derive(Default)]
struct Seen {
    /// The last event of each merchant.
    cursors: BTreeMap<Merchant, i64>,
    /// A hash of every event, by merchant, from number 1.
    events: BTreeMap<Merchant, Vec<u64>>,
    families: BTreeMap<Id, Family>,
    books: Books,
    /// How many orders each visit has made.
    made: BTreeMap<u32, BTreeSet<Id>>,
    looks: u64,
    whole_at: u64,
}

/// Everything one look reads, at one moment.
struct Look {
    heads: BTreeMap<Merchant, i64>,
    events: Vec<EventRow>,
    families: Vec<Family>,
    entries: BTreeMap<Id, Vec<EntryRow>>,
    balances: Option<rows::Balances>,
    endpoints: Vec<partners::EndpointRow>,
}

/// Every order is looked at again after so many seconds, touched or not.
const WHOLE_EVERY_S: u64 = 1800;

/// A hash of an event: what a cursor must find again later.
pub(crate) fn event_hash(at: i64, kind: &str, subject: Id, data: &str) -> u64 {
    let text = format!("{at} {kind} {subject} {data}");
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

impl Auditor {
    pub(crate) fn new(db: Db) -> Auditor {
        Auditor { db, seen: Mutex::default() }
    }

    /// Its own look at the database.
    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    /// Looks at what changed since the last look.
    pub(crate) async fn look(&self, sim: &Sim, after: &str) {
        if sim.world.finding().is_some() {
            return;
        }
        let mut seen = self.seen.lock().await;
        let now = sim.world.elapsed().as_secs();
        let whole = now >= seen.whole_at + WHOLE_EVERY_S;
        if whole {
            seen.whole_at = now;
        }
        if let Err(error) = self.look_now(sim, &mut seen, whole).await {
            sim.world.wrong(0, None, format!("after {after} the auditor cannot read: {error}"));
        }
    }

    async fn look_now(&self, sim: &Sim, seen: &mut Seen, whole: bool) -> Result<(), SqlError> {
        seen.looks += 1;
        let cursors = seen.cursors.clone();
        let touched: Vec<Id> = sim.world.take_touched().iter().filter_map(|no| no.parse().ok()).collect();
        let look = self.db.read(move |sql| {
            let (heads, events) = rows::events(sql, &cursors)?;
            let mut subjects: BTreeSet<Id> = events.iter().map(|e| e.subject).collect();
            for attempt in touched {
                subjects.extend(rows::order_of(sql, attempt)?);
            }
            let (mut families, mut entries) = (Vec::new(), BTreeMap::new());
            if whole {
                (families, entries) = (rows::families(sql, None)?, rows::entries(sql, None)?);
            } else {
                for subject in subjects.iter().copied() {
                    families.extend(rows::families(sql, Some(subject))?);
                    entries.entry(subject).or_insert(Vec::new());
                    entries.extend(rows::entries(sql, Some(subject))?);
                }
            }
            let nothing = subjects.is_empty() && !whole;
            let balances = if nothing { None } else { Some(rows::balances(sql)?) };
            let endpoints = if whole { partners::read(sql)? } else { Vec::new() };
            Ok(Look { heads, events, families, entries, balances, endpoints })
        });
        let look = look.await?;
        note_events(sim, seen, &look);
        if whole {
            partners::check(sim, &look.endpoints);
            seen.books.all_there(sim, &look.entries);
        }
        for (subject, entries) in &look.entries {
            seen.books.take(sim, *subject, entries);
        }
        if let Some(balances) = &look.balances {
            seen.books.compare(sim, balances);
        }
        for family in look.families {
            seen.made.entry(family.order.visit).or_default().insert(family.order.id);
            let made = seen.made.get(&family.order.visit).map_or(0, BTreeSet::len);
            let before = seen.families.get(&family.order.id);
            order::check(sim, before, &family, made);
            seen.books.check_order(sim, &family);
            seen.families.insert(family.order.id, family);
        }
        Ok(())
    }

    /// The hash of an event as it was first seen.
    pub(crate) async fn event(&self, merchant: Merchant, seq: i64) -> Option<u64> {
        let seen = self.seen.lock().await;
        let at = usize::try_from(seq - 1).ok()?;
        seen.events.get(&merchant)?.get(at).copied()
    }

    /// How many events a merchant has.
    pub(crate) async fn event_count(&self, merchant: Merchant) -> i64 {
        let seen = self.seen.lock().await;
        seen.events.get(&merchant).map_or(0, |e| i64::try_from(e.len()).unwrap_or(0))
    }

    /// How many looks and orders there were.
    pub(crate) async fn counts(&self) -> (u64, usize, usize) {
        let seen = self.seen.lock().await;
        let attempts = seen.families.values().map(|f| f.attempts.len()).sum();
        (seen.looks, seen.families.len(), attempts)
    }
}

/// Rule 10: events are numbered without gaps, and a head is never ahead of them.
fn note_events(sim: &Sim, seen: &mut Seen, look: &Look) {
    for event in &look.events {
        let cursor = seen.cursors.entry(event.merchant).or_default();
        if event.seq != *cursor + 1 {
            let what = format!("event {} of merchant {} follows {cursor}", event.seq, event.merchant.0);
            sim.world.wrong(10, None, what);
        }
        *cursor = event.seq;
        let hash = event_hash(event.at, &event.kind, event.subject, &event.data);
        if event.kind == "difference.found" {
            sim.world.note(None, &format!("a difference is listed: {}", event.data));
        }
        seen.events.entry(event.merchant).or_default().push(hash);
    }
    for (merchant, head) in &look.heads {
        let cursor = seen.cursors.get(merchant).copied().unwrap_or(0);
        if cursor != *head {
            let what = format!("merchant {} counts {head} events and has {cursor}", merchant.0);
            sim.world.wrong(10, None, what);
        }
    }
}
