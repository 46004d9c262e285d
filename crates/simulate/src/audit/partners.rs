//! Rule 10, the webhooks: what an endpoint's cursor has passed was taken by its partner, or is written down to be posted again, or lies
//! parked where an operator sees it; and what came is what was written.

use std::collections::{BTreeMap, BTreeSet};

use store::{Id, Sql, SqlError};

use super::Seen;
use crate::sim::Sim;

/// An endpoint as the platform keeps it.
pub(super) struct EndpointRow {
    id: Id,
    cursor: i64,
    /// Deliveries that are not taken yet, and whether they are parked.
    open: BTreeMap<i64, bool>,
}

/// All endpoints with what is open at them.
pub(super) fn read(sql: &mut Sql<'_>) -> Result<Vec<EndpointRow>, SqlError> {
    let mut found = Vec::new();
    for row in sql.query("select id, cursor from hook_endpoints order by id", &[])? {
        let (id, cursor): (Id, i64) = (row.get(0)?, row.get(1)?);
        let text = "select seq, parked from hook_deliveries where endpoint = $1 order by seq";
        let open = sql.query(text, &[&id])?;
        let open = open.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_, SqlError>>()?;
        found.push(EndpointRow { id, cursor, open });
    }
    Ok(found)
}

/// After every step that looks at everything: nothing was passed over.
pub(super) fn check(sim: &Sim, endpoints: &[EndpointRow]) {
    let partners = sim.partners();
    for partner in partners.iter() {
        let Some(row) = endpoints.iter().find(|e| e.id == partner.endpoint) else {
            sim.world.wrong(11, None, format!("endpoint {} is gone", partner.endpoint));
            continue;
        };
        let lost = (1..=row.cursor).find(|seq| {
            let owed = partner.owed.get(seq).copied().unwrap_or(1);
            let came = partner.taken.get(seq).map_or(0, |(_, times)| *times);
            came < owed && !row.open.contains_key(seq)
        });
        if let Some(seq) = lost {
            let what = format!("partner {} was never brought event {seq}, and nothing waits", partner.number);
            sim.world.wrong(10, Some(partner.visit()), what);
        }
    }
}

/// In the evening every event is taken or parked, and what was taken is what the auditor saw being written.
pub(super) fn evening(sim: &Sim, seen: &Seen, endpoints: &[EndpointRow]) {
    check(sim, endpoints);
    for partner in sim.partners().iter() {
        let Some(row) = endpoints.iter().find(|e| e.id == partner.endpoint) else { continue };
        let head = seen.cursors.get(&partner.merchant).copied().unwrap_or(0);
        let waiting: BTreeSet<i64> =
            row.open.iter().filter(|(_, parked)| !**parked).map(|(s, _)| *s).collect();
        if row.cursor != head || !waiting.is_empty() {
            let what = format!(
                "partner {} has been told up to event {} of {head}; {} wait",
                partner.number,
                row.cursor,
                waiting.len()
            );
            sim.world.wrong(10, None, what);
        }
        if let Some(seq) = row.open.keys().find(|seq| !partner.chokes(**seq)) {
            sim.world.wrong(
                10,
                None,
                format!("event {seq} was given up although partner {} is well", partner.number),
            );
        }
        let none = Vec::new();
        let events = seen.events.get(&partner.merchant).unwrap_or(&none);
        for (seq, (hash, _)) in &partner.taken {
            let written = usize::try_from(seq - 1).ok().and_then(|at| events.get(at));
            if written != Some(hash) {
                let what =
                    format!("partner {} was brought another event {seq} than was written", partner.number);
                sim.world.wrong(10, None, what);
            }
        }
    }
}
