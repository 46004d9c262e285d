//! A partner system that follows the events with a cursor of its own, which it sometimes loses (rule 10).

use std::sync::Arc;
use std::time::Duration;

use crate::audit::event_hash;
use crate::sim::Sim;
use crate::world::FOLLOWERS;

/// Follows a merchant's events for as long as the day lasts.
pub(crate) async fn follow(sim: Arc<Sim>, merchant: usize) {
    let mut dice = sim.world.dice("follower", merchant as u64);
    let mut cursor = 0;
    loop {
        tokio::time::sleep(Duration::from_secs(dice.between(60, 900))).await;
        let limit = u32::try_from(dice.between(1, 200)).unwrap_or(100);
        while let Some(read) = next(&sim, merchant, cursor, limit).await {
            cursor += read;
            if read < i64::from(limit) {
                break;
            }
        }
        if dice.chance(50) {
            cursor = cursor.saturating_sub(i64::try_from(dice.below(500)).unwrap_or(0)).max(0);
        }
    }
}

/// Reads the next events and compares them with what was written; how many.
async fn next(sim: &Sim, merchant: usize, cursor: i64, limit: u32) -> Option<i64> {
    let who = sim.shop(merchant).who();
    let owner = who.merchant;
    let read = |desk: desk::Desk| async move { desk.events(&who, cursor, limit).await };
    let say = |events: &Vec<store::Event>| format!("{} events after {cursor}", events.len());
    let visit = FOLLOWERS.start + u32::try_from(merchant).unwrap_or(0);
    let events = sim.ask(visit, "events", read, say).await?.ok()?;
    for (nth, event) in events.iter().enumerate() {
        let want = cursor + 1 + i64::try_from(nth).unwrap_or(0);
        if event.seq != want {
            sim.world.wrong(10, None, format!("event {} was delivered where {want} was next", event.seq));
        }
        let data = serde_json::to_string(&event.data.0).unwrap_or_default();
        let hash = event_hash(event.at.0, &event.kind, event.subject, &data);
        if sim.auditor.event(owner, event.seq).await.is_some_and(|seen| seen != hash) {
            sim.world.wrong(10, None, format!("event {} of merchant {} changed", event.seq, owner.0));
        }
    }
    i64::try_from(events.len()).ok()
}

/// In the evening a cursor finds every event in order.
pub(crate) async fn read_all(sim: &Sim, merchant: usize) {
    let mut cursor = 0;
    while let Some(read) = next(sim, merchant, cursor, 500).await {
        cursor += read;
        if read == 0 {
            break;
        }
    }
    let all = sim.auditor.event_count(sim.shop(merchant).merchant).await;
    if cursor != all {
        sim.world.wrong(10, None, format!("the cursor found {cursor} of {all} events"));
    }
}
