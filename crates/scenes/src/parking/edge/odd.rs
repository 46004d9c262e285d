//! What edges told that does not fit: listed until somebody says what was done about it.

use desk::access::Act;
use desk::{Desk, Refusal, Who};
use store::Id;

use crate::parking::rows::Contradiction;

/// What contradicts at a car park, newest first, at most 200; with `all` also what was settled.
pub async fn contradictions(
    desk: &Desk,
    who: &Who,
    site: Id,
    all: bool,
) -> Result<Vec<Contradiction>, Refusal> {
    who.need(Act::Look)?;
    let merchant = who.merchant;
    let rows = desk
        .read(move |sql| {
            let open = if all { "" } else { "and settled_at is null " };
            let tail = format!("where site = $1 and merchant = $2 {open}order by id desc limit 200");
            sql.rows::<Contradiction>(&tail, &[&site, &merchant])
        })
        .await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// Notes what was done about a contradiction. The first note stays. Errors: `forbidden`, `not_found`.
pub async fn settle(desk: &Desk, who: &Who, id: Id, note: &str) -> Result<Contradiction, Refusal> {
    who.need(Act::Refund)?;
    let (operator, note) = (who.operator(), note.to_owned());
    desk.decide(who.merchant, move |view| {
        let mut row = view.need::<Contradiction, Refusal>(id)?;
        if row.settled_at.is_none() {
            (row.settled_at, row.operator, row.note) = (Some(view.now()), operator, Some(note.clone()));
            view.put(row.clone());
        }
        Ok(row)
    })
    .await
}
