//! Refunds: one or several, at once or one after the other, sometimes for more than there is.

use std::time::Duration;

use desk::RefundRequest;
use desk::rows::{Refund, RefundState};
use money::Money;
use store::Id;

use super::payer::Visit;
use crate::dice::Dice;

/// Asks for refunds of a paid order.
pub(super) async fn ask(visit: &Visit, dice: &mut Dice, order: Id, paid: i64) {
    let waits = if dice.chance(600) { dice.between(1, 120) } else { dice.between(1, 5400) };
    tokio::time::sleep(Duration::from_secs(waits)).await;
    let parts: Vec<Option<i64>> = match dice.below(5) {
        0 => vec![None],
        1 => vec![Some(paid)],
        2 => vec![Some(paid / 2), Some(paid / 2), Some(paid / 2)],
        3 => vec![Some(paid), Some(paid)],
        _ => vec![Some(1 + paid / 3), Some(1 + paid / 3)],
    };
    let together = dice.chance(500);
    let Some(channel) = paid_by(visit, order).await else { return };
    if channel == "cash" {
        let Some(drawer) = visit.sim.drawers.get(&(visit.merchant, visit.place)) else { return };
        let _alone = drawer.lock().await;
        for (nth, part) in parts.iter().enumerate() {
            cash(visit, order, nth, *part).await;
        }
        return;
    }
    if together && parts.len() == 2 {
        tokio::join!(one(visit, order, 0, parts[0], false), one(visit, order, 1, parts[1], false));
        return;
    }
    for (nth, part) in parts.iter().enumerate() {
        one(visit, order, nth, *part, false).await;
    }
}

/// The channel whose money the order keeps, asked until somebody answers.
async fn paid_by(visit: &Visit, order: Id) -> Option<String> {
    for _ in 0..50 {
        if let Some(whole) = visit.look(order).await {
            let kept = whole.order.kept?;
            return whole.attempts.iter().find(|a| a.id == kept).map(|a| a.channel.clone());
        }
        tokio::time::sleep(Duration::from_secs(20)).await;
    }
    None
}

async fn cash(visit: &Visit, order: Id, nth: usize, amount: Option<i64>) {
    if let Some(refund) = one(visit, order, nth, amount, true).await
        && refund.state == RefundState::Succeeded
    {
        visit.sim.outside().cash(visit.id, visit.terminal, -refund.amount);
    }
}

async fn one(visit: &Visit, order: Id, nth: usize, amount: Option<i64>, stubborn: bool) -> Option<Refund> {
    let about = order.to_string();
    let mut write = visit.write("refund", &about, format!("v{}-refund{nth}", visit.id));
    write.until_answered = stubborn;
    let make = |desk: desk::Desk, key: String| {
        let who = visit.who.clone();
        let ask = RefundRequest { amount: amount.map(Money::fen), reason: "back".to_owned() };
        async move { desk.refund(&who, &key, order, ask).await }
    };
    let say = |r: &Refund| format!("refund {} {} {}", r.id, r.amount, r.state.as_str());
    visit.sim.write(&write, make, |r| r.id, say).await?.ok()
}
