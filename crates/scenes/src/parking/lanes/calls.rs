//! Help at a lane: somebody presses the button, somebody answers, and what came of it is kept.

use desk::access::Act;
use desk::once::Once;
use desk::{Desk, Refusal, Who};
use serde_json::json;
use store::Id;

use crate::parking::rows::{Call, Lane};

/// Somebody at a lane asks for help. Error: `not_found`.
pub async fn call(desk: &Desk, who: &Who, key: &str, lane: Id, why: &str) -> Result<Call, Refusal> {
    who.need(Act::Sell)?;
    let once = Once::new(key, "parking.call", &(lane, why))?;
    let why: String = why.chars().filter(|c| !c.is_control()).take(200).collect();
    desk.decide(who.merchant, move |view| {
        if let Some(made) = once.made(view)? {
            return view.need::<Call, Refusal>(made);
        }
        let lane = view.need::<Lane, Refusal>(lane)?;
        let call = Call {
            id: view.id(),
            lane: lane.id,
            site: lane.site,
            stay: lane.waiting,
            reason: why.clone(),
            created_at: view.now(),
            answered_at: None,
            operator: None,
            outcome: None,
        };
        view.add(call.clone());
        view.emit("parking.called", call.id, json!({"lane": lane.id, "site": lane.site, "stay": call.stay}));
        once.record(view, call.id);
        Ok(call)
    })
    .await
}

/// Somebody answers a call and says what came of it. The first answer stays. Error: `not_found`.
pub async fn answer_call(desk: &Desk, who: &Who, id: Id, outcome: &str) -> Result<Call, Refusal> {
    who.need(Act::Sell)?;
    let (operator, outcome) = (who.operator(), outcome.chars().take(200).collect::<String>());
    desk.decide(who.merchant, move |view| {
        let mut call = view.need::<Call, Refusal>(id)?;
        if call.answered_at.is_none() {
            call.answered_at = Some(view.now());
            call.operator = operator;
            call.outcome = Some(outcome.clone());
            view.put(call.clone());
            view.emit("parking.call_answered", id, json!({"lane": call.lane}));
        }
        Ok(call)
    })
    .await
}

/// The calls of a car park that nobody has answered, oldest first.
pub async fn open_calls(desk: &Desk, who: &Who, site: Id) -> Result<Vec<Call>, Refusal> {
    list(desk, who, site, "and answered_at is null order by id").await
}

/// The last hundred calls of a car park, newest first.
pub async fn last_calls(desk: &Desk, who: &Who, site: Id) -> Result<Vec<Call>, Refusal> {
    list(desk, who, site, "order by id desc").await
}

async fn list(desk: &Desk, who: &Who, site: Id, which: &'static str) -> Result<Vec<Call>, Refusal> {
    who.need(Act::Look)?;
    let merchant = who.merchant;
    let rows = desk
        .read(move |sql| {
            let tail = format!("where site = $1 and merchant = $2 {which} limit 100");
            sql.rows::<Call>(&tail, &[&site, &merchant])
        })
        .await?;
    Ok(rows.into_iter().map(|(_, call)| call).collect())
}
