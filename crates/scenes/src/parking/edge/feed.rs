//! At the centre: what an edge has to know. The car park's set-up whole, whenever it changed; the stays inside once, then those that change.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use desk::access::Act;
use desk::rows::{Login, MerchantRow, Operator, Role, Site, Terminal, Token};
use desk::{Desk, Refusal, Who};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Event, Id, Merchant, Millis, Param, Row, Sql, SqlError, carry};

use super::take::Teller;
use crate::parking::rows::{
    BarrierCommand, Card, Lane, Park, ParkTariff, Pass, PassPlate, Shop, Stay, Validation,
};

/// Stays of one page of the first reading.
const PAGE: i64 = 500;
/// Events of one answer.
const EVENTS: i64 = 500;

/// A row and its table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// The table.
    pub table: String,
    /// The row, as `store::carry` writes it.
    pub row: Value,
}

impl Carried {
    fn of<R: Row>(row: &R) -> Carried {
        Carried { table: R::TABLE.name.to_owned(), row: carry::pack(row) }
    }
}

/// The set-up of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// Names this state of it: what the edge says it has.
    pub version: String,
    /// The merchant; its id is the tenant of all the rest.
    pub merchant: Merchant,
    /// Rows of the directory: the merchant, keys of the site's terminals, sign-in names of its cashiers.
    pub directory: Vec<Carried>,
    /// Rows of the merchant: site, terminals, car park, tariffs, lanes, passes, cards, shops.
    pub rows: Vec<Carried>,
}

/// A stay with its validations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StayCopy {
    /// The stay.
    pub stay: Value,
    /// Its validations.
    pub validations: Vec<Value>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Go on from here.
    pub cursor: String,
    /// Set while the first reading goes on: ask again with it and the same cursor.
    pub from: Option<Id>,
    /// Whether more waits already.
    pub more: bool,
    /// The set-up, if it is not the version the edge has.
    pub places: Option<Places>,
    /// Stays as they are now.
    pub stays: Vec<StayCopy>,
    /// Commands somebody gave the site's barriers at the centre, not answered yet.
    pub commands: Vec<Value>,
    /// The centre's time.
    pub now: Millis,
}

/// What an edge has already.
#[derive(Clone, Debug, Default)]
pub struct Has {
    /// The cursor it was given; none at its first reading.
    pub cursor: Option<i64>,
    /// Where the first reading goes on.
    pub from: Option<Id>,
    /// The version of the set-up it has, empty for none; `None` asks for no set-up this time.
    pub places: Option<String>,
}

/// What an edge has to know next. Error: `forbidden`.
pub async fn feed(desk: &Desk, who: &Who, teller: Teller, has: Has) -> Result<Feed, Refusal> {
    who.need(Act::Look)?;
    let (merchant, site, now) = (who.merchant, teller.site, desk.now());
    desk.read(move |sql| {
        let mut feed = match (has.cursor, has.from) {
            (Some(cursor), None) => changed(sql, merchant, site, cursor)?,
            (cursor, from) => first(sql, merchant, site, cursor, from)?,
        };
        if let Some(known) = has.places {
            let mut places = places(sql, merchant, site)?;
            places.version = version(&places);
            feed.places = Some(places).filter(|p| p.version != known);
        }
        feed.commands = commands(sql, merchant, site, now)?;
        feed.now = now;
        Ok(feed)
    })
    .await
}

/// A page of the stays inside. The cursor is the last event before the first page was read, so nothing between is missed.
fn first(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    site: Id,
    cursor: Option<i64>,
    from: Option<Id>,
) -> Result<Feed, SqlError> {
    let cursor = match cursor {
        Some(cursor) => cursor,
        None => {
            let last = "where merchant = $1 order by seq desc limit 1";
            sql.rows::<Event>(last, &[&merchant])?.first().map_or(0, |(_, event)| event.seq)
        }
    };
    let tail = "where site = $1 and merchant = $2 and state = 'inside' and id > $3 order by id limit $4";
    let after = from.unwrap_or(Id(0));
    let rows = sql.rows::<Stay>(tail, &[&site, &merchant, &after, &PAGE])?;
    let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= PAGE;
    let next = rows.last().filter(|_| full).map(|(_, stay)| stay.id);
    let mut stays = Vec::with_capacity(rows.len());
    for (_, stay) in &rows {
        stays.push(copy(sql, merchant, stay)?);
    }
    Ok(answer(cursor, next, full, stays))
}

fn answer(cursor: i64, from: Option<Id>, more: bool, stays: Vec<StayCopy>) -> Feed {
    let commands = Vec::new();
    Feed { cursor: cursor.to_string(), from, more, places: None, stays, commands, now: Millis(0) }
}

/// The stays that events after the cursor are about.
fn changed(sql: &mut Sql<'_>, merchant: Merchant, site: Id, cursor: i64) -> Result<Feed, SqlError> {
    let tail = "where merchant = $1 and seq > $2 order by seq limit $3";
    let events = sql.rows::<Event>(tail, &[&merchant, &cursor, &EVENTS])?;
    let upto = events.last().map_or(cursor, |(_, event)| event.seq);
    let about = |kind: &str| {
        matches!(
            kind,
            "parking.entered"
                | "parking.left"
                | "parking.voided"
                | "parking.changed"
                | "parking.paid"
                | "parking.unpaid"
                | "parking.validated"
        )
    };
    let ids: BTreeSet<Id> = events.iter().filter(|(_, e)| about(&e.kind)).map(|(_, e)| e.subject).collect();
    let mut stays = Vec::new();
    for id in ids {
        let found = sql.rows::<Stay>("where id = $1 and merchant = $2", &[&id, &merchant])?;
        if let Some((_, stay)) = found.into_iter().find(|(_, stay)| stay.site == site) {
            stays.push(copy(sql, merchant, &stay)?);
        }
    }
    let more = i64::try_from(events.len()).unwrap_or(i64::MAX) >= EVENTS;
    Ok(answer(upto, None, more, stays))
}

fn copy(sql: &mut Sql<'_>, merchant: Merchant, stay: &Stay) -> Result<StayCopy, SqlError> {
    let rows =
        sql.rows::<Validation>("where stay = $1 and merchant = $2 order by id", &[&stay.id, &merchant])?;
    let validations = rows.iter().map(|(_, row)| carry::pack(row)).collect();
    Ok(StayCopy { stay: carry::pack(stay), validations })
}

fn commands(sql: &mut Sql<'_>, merchant: Merchant, site: Id, now: Millis) -> Result<Vec<Value>, SqlError> {
    let lanes = sql.rows::<Lane>("where site = $1 and merchant = $2", &[&site, &merchant])?;
    let mut found = Vec::new();
    for (_, lane) in lanes {
        let tail = "where lane = $1 and merchant = $2 and state = 'issued' and expires_at > $3 order by id";
        let rows = sql.rows::<BarrierCommand>(tail, &[&lane.id, &merchant, &now])?;
        found.extend(rows.iter().map(|(_, row)| carry::pack(row)));
    }
    Ok(found)
}

fn places(sql: &mut Sql<'_>, merchant: Merchant, site: Id) -> Result<Places, SqlError> {
    let mut rows = Vec::new();
    let own: [&dyn Param; 2] = [&site, &merchant];
    keep(&mut rows, sql.rows::<Site>("where id = $1 and merchant = $2", &own)?);
    let of_site = "where site = $1 and merchant = $2 order by id";
    let mut terminals = sql.rows::<Terminal>(of_site, &own)?;
    for (_, terminal) in &mut terminals {
        // What changes all the time is no set-up.
        (terminal.seen_at, terminal.shift) = (None, None);
    }
    let mut parks = sql.rows::<Park>("where site = $1 and merchant = $2", &own)?;
    for (_, park) in &mut parks {
        (park.inside, park.version) = (0, 0);
    }
    keep(&mut rows, parks);
    keep(&mut rows, sql.rows::<ParkTariff>(of_site, &own)?);
    keep(&mut rows, sql.rows::<Lane>(of_site, &own)?.into_iter().map(|(m, lane)| (m, still(lane))));
    keep(&mut rows, cards(sql.rows::<Card>("where site = $1 and merchant = $2 order by code", &own)?));
    keep(&mut rows, sql.rows::<Shop>(of_site, &own)?.into_iter().map(|(m, shop)| (m, fresh(shop))));
    let passes = sql.rows::<Pass>("where merchant = $1 order by id", &[&merchant])?;
    for (_, pass) in passes.iter().filter(|(_, p)| p.sites.is_empty() || p.sites.contains(&site)) {
        let pass = Pass { inside: Vec::new().into(), version: 0, ..pass.clone() };
        for plate in pass.plates.iter() {
            rows.push(Carried::of(&PassPlate { plate: plate.clone(), pass: pass.id }));
        }
        rows.push(Carried::of(&pass));
    }
    let directory = directory(sql, merchant, &terminals, &mut rows)?;
    keep(&mut rows, terminals);
    Ok(Places { version: String::new(), merchant, directory, rows })
}

/// A lane without what happens at it.
fn still(lane: Lane) -> Lane {
    Lane {
        waiting: None,
        waiting_since: None,
        waiting_cause: None,
        last_sighting: None,
        last_plate: String::new(),
        last_at: None,
        version: 0,
        ..lane
    }
}

fn fresh(shop: Shop) -> Shop {
    Shop { day: String::new(), given: 0, ..shop }
}

/// Cards without the cars they are with: that comes with the stays.
fn cards(rows: Vec<(Merchant, Card)>) -> impl Iterator<Item = (Merchant, Card)> {
    rows.into_iter().map(|(m, card)| (m, Card { stay: None, issued_at: None, ..card }))
}

fn keep<R: Row>(rows: &mut Vec<Carried>, found: impl IntoIterator<Item = (Merchant, R)>) {
    rows.extend(found.into_iter().map(|(_, row)| Carried::of(&row)));
}

/// Who may do something at the site without the centre: its terminals by their keys' hashes, and cashiers by name and password hash.
fn directory(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    terminals: &[(Merchant, Terminal)],
    rows: &mut Vec<Carried>,
) -> Result<Vec<Carried>, SqlError> {
    let above = Merchant::DIRECTORY;
    let mut found = Vec::new();
    keep(&mut found, sql.rows::<MerchantRow>("where id = $1 and merchant = $2", &[&merchant.0, &above])?);
    let here: BTreeSet<Id> = terminals.iter().map(|(_, t)| t.id).collect();
    let tail = "where tenant = $1 and merchant = $2 and kind = 'terminal' order by hash";
    let keys = sql.rows::<Token>(tail, &[&merchant.0, &above])?;
    keep(&mut found, keys.into_iter().filter(|(_, key)| here.contains(&key.holder)));
    let people = sql.rows::<Operator>("where merchant = $1 order by id", &[&merchant])?;
    let cashiers: Vec<_> = people.into_iter().filter(|(_, p)| p.role == Role::Cashier).collect();
    let who: BTreeSet<Id> = cashiers.iter().map(|(_, p)| p.id).collect();
    keep(rows, cashiers);
    let names =
        sql.rows::<Login>("where tenant = $1 and merchant = $2 order by name", &[&merchant.0, &above])?;
    let names = names.into_iter().filter(|(_, login)| who.contains(&login.operator));
    keep(&mut found, names.map(|(m, login)| (m, Login { failed: 0, locked_until: None, ..login })));
    Ok(found)
}

/// Names a state of the set-up: another release may name it otherwise, and then it is only sent once more.
fn version(places: &Places) -> String {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(places).unwrap_or_default().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
