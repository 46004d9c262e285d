//! Finding a stay: by its plate as somebody typed or a camera read it, ranked by how alike it looks, with when and where it
//! came in. The list is only offered; the driver confirms.

use desk::access::Act;
use desk::rows::Subject;
use desk::{Desk, Refusal, Who};
use store::{Id, Merchant, Millis, Param, Sql, SqlError};

use super::keys;
use crate::parking::plate::distance;
use crate::parking::problem;
use crate::parking::rows::Stay;

/// Tenths of a wrong character up to which a stay is offered.
const NEAR: u32 = 15;
/// The same for two wrong places, when nothing nearer was found.
const FAR: u32 = 20;
/// Rows of one question that are looked at.
const MOST_ROWS: i64 = 20_000;

/// A stay that may be meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The stay.
    pub stay: Id,
    /// Its plate.
    pub plate: String,
    /// In tenths of a wrong character: 0 is the same plate, 3 an unread character, 5 a look-alike, 10 a wrong one.
    pub distance: u32,
    /// When it came in.
    pub entered_at: Millis,
    /// The photo of its entry.
    pub photo: Option<Id>,
    /// How it matched: `same`, `unread`, `look_alike`, `one_wrong`, `two_wrong`.
    pub why: &'static str,
    /// Until when it may leave for what was paid.
    pub paid_until: Option<Millis>,
    /// Whether a pass covers it.
    pub pass: bool,
}

/// How a distance is worded.
pub(crate) fn why(distance: u32) -> &'static str {
    match distance {
        0 => "same",
        1..5 => "unread",
        5..10 => "look_alike",
        10..15 => "one_wrong",
        _ => "two_wrong",
    }
}

/// The stays inside a car park whose plate looks like the text, nearest first, at most eight. `?` stands for a character
/// that nobody could read. Error: `parking_plate_invalid` for fewer than three characters.
pub async fn lookup(desk: &Desk, who: &Who, site: Id, text: &str) -> Result<Vec<Found>, Refusal> {
    who.need(Act::Look)?;
    search(desk, who.merchant, site, text).await
}

/// The same for the platform's own work and for drivers, who have no role.
pub(crate) async fn search(
    desk: &Desk,
    merchant: Merchant,
    site: Id,
    text: &str,
) -> Result<Vec<Found>, Refusal> {
    let plate = keys::plain(text);
    if plate.chars().filter(|c| *c != keys::UNREAD).count() < 3 {
        return Err(
            problem::PLATE_INVALID.with(format!("{text:?}: write at least three characters of the plate"))
        );
    }
    desk.read(move |sql| nearest(sql, merchant, site, &plate, 8)).await
}

/// The stays inside whose plates lie nearest.
pub fn nearest(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    site: Id,
    plate: &str,
    limit: usize,
) -> Result<Vec<Found>, SqlError> {
    let mut found = ranked(sql, merchant, site, &[keys::whole(plate)], plate, NEAR)?;
    if found.first().is_none_or(|(distance, _, _)| *distance > 0) {
        found = ranked(sql, merchant, site, &keys::near(plate), plate, NEAR)?;
    }
    if found.is_empty() {
        let coarse = [keys::coarse(plate), every_place(plate)].concat();
        found = ranked(sql, merchant, site, &coarse, plate, FAR)?;
    }
    found.truncate(limit);
    with_entries(sql, merchant, found)
}

/// Keys with each place left out, also where a character is unread: for plates that were read wrongly elsewhere besides.
fn every_place(plate: &str) -> Vec<String> {
    keys::stored(plate).into_iter().filter(|key| !key.contains(keys::UNREAD)).collect()
}

type Ranked = Vec<(u32, Id, String)>;

fn ranked(
    sql: &mut Sql<'_>,
    merchant: Merchant,
    site: Id,
    parts: &[String],
    plate: &str,
    most: u32,
) -> Result<Ranked, SqlError> {
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    // One arm a key: each is an equal beginning of the primary key. With `part in (…)` PostgreSQL reads every key of the car park
    // as long as it has no statistics of the table.
    let arm = |at: usize| {
        format!(
            "select stay, plate from parking_stay_keys where site = $1 and merchant = $2 and part = ${}",
            at + 3
        )
    };
    let arms: Vec<String> = (0..parts.len()).map(arm).collect();
    let text = format!("{} limit ${}", arms.join(" union all "), parts.len() + 3);
    let mut params: Vec<&dyn Param> = vec![&site, &merchant];
    params.extend(parts.iter().map(|part| part as &dyn Param));
    params.push(&MOST_ROWS);
    let mut found: Ranked = Vec::new();
    for row in sql.query(&text, &params)? {
        let stored: String = row.get(1)?;
        let distance = distance(plate, &stored);
        if distance <= most {
            found.push((distance, row.get(0)?, stored));
        }
    }
    found.sort_unstable();
    found.dedup_by_key(|(_, stay, _)| *stay);
    Ok(found)
}

/// Adds when and how each of them came in.
fn with_entries(sql: &mut Sql<'_>, merchant: Merchant, found: Ranked) -> Result<Vec<Found>, SqlError> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (1..=found.len()).map(|i| format!("${i}")).collect();
    let text = format!("where id in ({}) and merchant = ${}", places.join(", "), found.len() + 1);
    let mut params: Vec<&dyn Param> = found.iter().map(|(_, stay, _)| stay as &dyn Param).collect();
    params.push(&merchant);
    let stays: Vec<Stay> = sql.rows::<Stay>(&text, &params)?.into_iter().map(|(_, stay)| stay).collect();
    let of = |(distance, id, plate): (u32, Id, String)| {
        let stay = stays.iter().find(|s| s.id == id)?;
        Some(Found {
            stay: id,
            plate,
            distance,
            entered_at: stay.entered_at,
            photo: stay.entry_photo,
            why: why(distance),
            paid_until: stay.paid_until,
            pass: stay.pass.is_some(),
        })
    };
    Ok(found.into_iter().filter_map(of).collect())
}

/// A stay. Error: `parking_no_stay`.
pub async fn stay(desk: &Desk, who: &Who, id: Id) -> Result<Stay, Refusal> {
    who.need(Act::Look)?;
    desk.decide(who.merchant, move |view| super::need(view, id)).await
}

/// The order that is open for a stay, wherever it was opened.
pub async fn open_order_of(desk: &Desk, merchant: Merchant, id: Id) -> Result<Option<Id>, Refusal> {
    let name = format!("{}/{}", crate::parking::CODE, super::subject(id));
    desk.decide(merchant, move |view| Ok(view.get::<Subject>(name.clone())?.and_then(|s| s.order))).await
}

/// The stays inside a car park, the newest entry first; `before` and `limit` page through them. For cars whose plate nobody
/// could read: the driver knows when they came.
pub async fn present_at(
    desk: &Desk,
    who: &Who,
    site: Id,
    entered_before: Option<Millis>,
    limit: u32,
) -> Result<Vec<Stay>, Refusal> {
    who.need(Act::Look)?;
    let merchant = who.merchant;
    let before = entered_before.unwrap_or(Millis(i64::MAX));
    let rows = desk
        .read(move |sql| {
            let tail = "where site = $1 and merchant = $2 and state = 'inside' and entered_at < $3 order by entered_at desc, id desc limit $4";
            sql.rows::<Stay>(tail, &[&site, &merchant, &before, &i64::from(limit)])
        })
        .await?;
    Ok(rows.into_iter().map(|(_, stay)| stay).collect())
}
