//! Evidence of payments taken at a handheld: two photos each, or a reason why there are none. What has neither is flagged (P16, P21).

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use desk::access::Act;
use desk::once::Once;
use desk::problem::desk as problems;
use desk::rows::Order;
use desk::{Desk, Refusal, Who};
use serde_json::json;
use store::{Id, Millis, Stop};

use super::KIND;
use crate::parking::rows::{Change, Photo};
use crate::parking::{CODE, problem, stays};

/// What the trail calls a payment whose photos could not be taken.
const MISSING: &str = "evidence_missing";
/// Photos that belong to a payment.
const WANTED: usize = 2;

/// Whether a hexadecimal text is the SHA-256 of these bytes.
pub(super) fn is_sha256_of(text: &str, bytes: &[u8]) -> bool {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref()) == text.trim().to_lowercase()
}

/// Takes down why a payment has no photos, once. Errors: `parking_reason_missing`, `not_found`.
pub(super) async fn missing(
    desk: &Desk,
    who: &Who,
    key: &str,
    order: Id,
    terminal: Id,
    why: &str,
) -> Result<(), Refusal> {
    who.need(Act::Sell)?;
    let why: String = why.trim().chars().filter(|c| !c.is_control()).take(200).collect();
    if why.is_empty() {
        return Err((&problem::REASON_MISSING).into());
    }
    let once = Once::new(key, "parking.no_evidence", &(order, &why))?;
    let operator = who.operator();
    desk.decide(who.merchant, move |view| {
        if once.made(view)?.is_some() {
            return Ok(());
        }
        let row = view.need::<Order, Refusal>(order)?;
        let stay = stays::of_subject(row.subject.as_deref());
        let stay = stay.ok_or_else(|| Stop::Refused(problems::NOT_FOUND.with("this order is of no stay")))?;
        let id = view.id();
        view.log(Change {
            id,
            stay,
            site: row.site,
            what: MISSING.to_owned(),
            before: order.to_string(),
            after: String::new(),
            reason: why.clone(),
            operator,
            terminal: Some(terminal),
            at: view.now(),
        });
        view.emit("parking.changed", stay, json!({"what": MISSING, "order": order}));
        once.record(view, id);
        Ok(())
    })
    .await
}

/// A payment at a handheld that has not both photos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproven {
    /// The order.
    pub order: Id,
    /// Who took the money.
    pub operator: Option<Id>,
    /// When it was paid.
    pub paid_at: Millis,
    /// What was paid, in minor units.
    pub paid: i64,
    /// Photos there are.
    pub photos: usize,
    /// Why there are no more, as the operator wrote it.
    pub reason: Option<String>,
}

/// The payments at handhelds since a moment that have not both photos, newest first.
pub async fn unproven(desk: &Desk, who: &Who, since: Millis) -> Result<Vec<Unproven>, Refusal> {
    who.need(Act::Look)?;
    let terminals = desk.terminals(who).await?;
    let handhelds: Vec<Id> = terminals.iter().filter(|t| t.kind == KIND).map(|t| t.id).collect();
    let merchant = who.merchant;
    let (orders, photos, changes) = desk
        .read(move |sql| {
            let orders = sql.rows::<Order>(
                "where merchant = $1 and created_at >= $2 order by id desc limit 2000",
                &[&merchant, &since],
            )?;
            let photos = sql.rows::<Photo>(
                "where merchant = $1 and received_at >= $2 and \"order\" is not null",
                &[&merchant, &since],
            )?;
            let changes = sql.rows::<Change>(
                "where merchant = $1 and at >= $2 and what = $3",
                &[&merchant, &since, &MISSING],
            )?;
            Ok((orders, photos, changes))
        })
        .await?;
    let mut taken: BTreeMap<Id, usize> = BTreeMap::new();
    for (_, photo) in photos.iter().filter(|(_, p)| p.kind.starts_with("evidence")) {
        if let Some(order) = photo.order {
            *taken.entry(order).or_default() += 1;
        }
    }
    let reason = |order: Id| {
        let order = order.to_string();
        changes.iter().find(|(_, c)| c.before == order).map(|(_, c)| c.reason.clone())
    };
    let at_handheld = |o: &Order| o.scene == CODE && o.terminal.is_some_and(|t| handhelds.contains(&t));
    let found = orders.into_iter().map(|(_, o)| o).filter(|o| at_handheld(o) && o.paid > 0).filter_map(|o| {
        let photos = taken.get(&o.id).copied().unwrap_or(0);
        (photos < WANTED).then(|| Unproven {
            order: o.id,
            operator: o.operator,
            paid_at: o.paid_at.unwrap_or(o.created_at),
            paid: o.paid,
            photos,
            reason: reason(o.id),
        })
    });
    Ok(found.collect())
}

#[cfg(test)]
mod tests {
    use super::is_sha256_of;

    #[test]
    fn p16_a_photo_is_what_its_hash_says() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for (text, bytes, want) in [
            (abc, &b"abc"[..], true),
            (&abc.to_uppercase(), b"abc", true),
            (abc, b"abd", false),
            ("", b"abc", false),
            (&abc[..63], b"abc", false),
        ] {
            assert_eq!(is_sha256_of(text, bytes), want, "{text}");
        }
    }
}
