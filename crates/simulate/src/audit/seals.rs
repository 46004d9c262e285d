//! Rule 9, the seals: hashed again by code of the auditor's own (the tree of RFC 6962 over each stretch, chained).

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256, digest};
use store::{Db, Merchant, SqlError, SqlRow};

use crate::sim::Sim;

fn hash(parts: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    context.finish().as_ref().to_vec()
}

/// The leaf of an event.
fn leaf(row: &SqlRow) -> Result<Vec<u8>, SqlError> {
    let (seq, at, kind, subject): (i64, i64, String, i64) =
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    let data: String = row.get(4)?;
    let length = (kind.len() as u64).to_be_bytes();
    let numbers = [seq.to_be_bytes(), at.to_be_bytes(), subject.to_be_bytes()].concat();
    Ok(hash(&[&[0], &numbers, &length, kind.as_bytes(), data.as_bytes()]))
}

/// The root over leaves, level by level from the bottom; what is left alone moves up as it is.
fn root(mut level: Vec<Vec<u8>>) -> Vec<u8> {
    if level.is_empty() {
        return digest(&SHA256, &[]).as_ref().to_vec();
    }
    while level.len() > 1 {
        let pairs = level.chunks(2);
        level = pairs
            .map(|pair| match pair {
                [left, right] => hash(&[&[1], left, right]),
                alone => alone[0].clone(),
            })
            .collect();
    }
    level.remove(0)
}

/// Every event is sealed, and every seal is the hash of what is there.
pub(super) async fn check(sim: &Sim, db: &Db, heads: &BTreeMap<Merchant, i64>) -> Result<(), SqlError> {
    for (merchant, head) in heads {
        let (id, count) = (merchant.0, *head);
        let wrong = db
            .read(move |sql| {
                let seals = "select from_seq, upto, tree, \"before\", root from seals where merchant = $1 order by upto";
                let events = "select seq, at, kind, cast(subject as bigint), data from store_events \
                              where merchant = $1 and seq >= $2 and seq <= $3 order by seq";
                let (mut last, mut before) = (0, Vec::new());
                for row in sql.query(seals, &[&id])? {
                    let (from, upto): (i64, i64) = (row.get(0)?, row.get(1)?);
                    let (tree, told_before, told_root): (Vec<u8>, Vec<u8>, Vec<u8>) =
                        (row.get(2)?, row.get(3)?, row.get(4)?);
                    let rows = sql.query(events, &[&id, &from, &upto])?;
                    let leaves = rows.iter().map(leaf).collect::<Result<Vec<_>, _>>()?;
                    let own = root(leaves);
                    let chained = hash(&[&[2], &before, &own, &upto.to_be_bytes()]);
                    if from != last + 1 || told_before != before || tree != own || told_root != chained {
                        return Ok(Some(format!("the seal up to event {upto} does not fit")));
                    }
                    (last, before) = (upto, told_root);
                }
                Ok((last != count).then(|| format!("{last} of {count} events are sealed")))
            })
            .await?;
        if let Some(what) = wrong {
            sim.world.wrong(9, None, format!("merchant {}: {what}", merchant.0));
        }
    }
    Ok(())
}
