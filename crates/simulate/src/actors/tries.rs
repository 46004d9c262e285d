//! One try to pay: a code that is shown, a payer's code that is scanned, or cash.

use std::sync::Arc;
use std::time::Duration;

use desk::problem::Refusal;
use desk::rows::{Attempt, Presentment};
use desk::{Actor, AttemptAsk, Who};
use money::Money;
use store::Id;

use super::payer::Visit;
use crate::bank::CODES;
use crate::dice::Dice;

fn ask(presentment: Presentment) -> AttemptAsk {
    AttemptAsk {
        presentment,
        channel: None,
        payer_code: None,
        tendered: None,
        terminal: None,
        data: serde_json::Value::Null,
    }
}

/// One try.
pub(super) async fn one(visit: &Visit, dice: &mut Dice, order: Id, nth: u64) {
    let bank = usize::try_from(dice.below(2)).unwrap_or(0);
    match dice.below(12) {
        10..=11 => in_app(visit, dice, order, bank, nth).await,
        0..=3 => show(visit, dice, order, bank, nth).await,
        4..=7 => scan(visit, dice, order, bank, nth).await,
        8 => cash(visit, dice, order, nth).await,
        _ => {
            // Two codes on one screen; the payer may pay both.
            show(visit, dice, order, 0, nth).await;
            show(visit, dice, order, 1, nth).await;
        }
    }
}

async fn attempt(
    visit: &Visit,
    who: &Who,
    order: Id,
    ask: AttemptAsk,
    key: String,
    stubborn: bool,
) -> Option<Result<Attempt, Refusal>> {
    let about = order.to_string();
    let mut write = visit.write("attempt", &about, key);
    write.until_answered = stubborn;
    let make = |desk: desk::Desk, key: String| {
        let (who, ask) = (who.clone(), ask.clone());
        async move { desk.attempt(&who, &key, order, ask).await }
    };
    let say = |a: &Attempt| format!("attempt {} {} {}", a.id, a.channel, a.state.as_str());
    let answer = visit.sim.write(&write, make, |a| a.id, say).await;
    if let Some(Ok(attempt)) = &answer {
        visit.sim.outside().hears(attempt.id, attempt.state.as_str());
    }
    answer
}

/// Shows a code; somebody scans it after a while, or not.
async fn show(visit: &Visit, dice: &mut Dice, order: Id, bank: usize, nth: u64) {
    let channel = CODES[bank];
    let mut ask = ask(Presentment::MerchantPresented);
    ask.channel = Some(channel.to_owned());
    let mut who = visit.who.clone();
    if dice.chance(250) {
        who.actor = Actor::Payer(order); // on the payer's own telephone, by the order's address
    }
    let answer = attempt(visit, &who, order, ask, format!("v{}-show{nth}-{channel}", visit.id), false).await;
    if let Some(Ok(attempt)) = answer {
        pays_or_not(visit, dice, bank, &attempt);
    }
}

/// Opens the cashier inside a wallet, the payer's own or a companion's who takes over or not.
async fn in_app(visit: &Visit, dice: &mut Dice, order: Id, bank: usize, nth: u64) {
    let channel = CODES[bank];
    let mut who = visit.who.clone();
    if dice.chance(700) {
        who.actor = Actor::Payer(order);
    }
    let companion = dice.chance(250);
    let mut ask = ask(Presentment::InApp);
    ask.channel = Some(channel.to_owned());
    ask.data = serde_json::json!({
        "way": "page", "payer_id": format!("wallet-{}-{companion}", visit.id), "client_ip": "192.0.2.7",
        "take_over": dice.chance(500),
    });
    // A refusal (somebody else has begun to pay it) is part of life.
    let answer = attempt(visit, &who, order, ask, format!("v{}-app{nth}-{channel}", visit.id), false).await;
    if let Some(Ok(attempt)) = answer {
        pays_or_not(visit, dice, bank, &attempt);
    }
}

/// Somebody scans what is shown, or confirms what the wallet opened, after a while or not at all.
fn pays_or_not(visit: &Visit, dice: &mut Dice, bank: usize, attempt: &Attempt) {
    if attempt.code.is_none() {
        return;
    }
    let (scans, pays) = (dice.chance(850), dice.chance(900));
    let wait = match dice.below(10) {
        0..=6 => dice.between(1, 30_000),
        7..=8 => dice.between(1, 400_000),
        _ => dice.between(800_000, 905_000),
    };
    let again = dice.chance(60);
    if !scans {
        return;
    }
    let (sim, no) = (visit.sim.clone(), attempt.out_trade_no.clone());
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        for _ in 0..=u64::from(again) {
            sim.banks[bank].clone().scan(&sim, &no, pays);
            sim.audit("scan").await;
            tokio::time::sleep(Duration::from_millis(900)).await;
        }
    });
}

/// Scans a payer's code whose digits say what happens at the payer's side.
async fn scan(visit: &Visit, dice: &mut Dice, order: Id, bank: usize, nth: u64) {
    let outcome = match dice.below(100) {
        0..=49 => "00",
        50..=74 => "01",
        75..=81 => "02",
        82..=85 => "03",
        86..=92 => "06",
        _ => "07",
    };
    let seconds = if dice.chance(700) { dice.between(1, 30) } else { dice.between(30, 80) };
    let first = if bank == 0 { "13" } else { "28" };
    let mut ask = ask(Presentment::CustomerPresented);
    ask.payer_code = Some(format!("{first}{outcome}{seconds:03}{:05}{nth:02}0000", visit.id));
    // A refusal (paid meanwhile, another one in progress) is part of life.
    let _ = attempt(visit, &visit.who, order, ask, format!("v{}-scan{nth}", visit.id), false).await;
}

/// Takes cash: one thing after the other at a drawer, and no money moves before the answer is known.
async fn cash(visit: &Visit, dice: &mut Dice, order: Id, nth: u64) {
    let due = visit.amount;
    let round = |step: i64| (due + step - 1) / step * step;
    let tendered = dice.pick(&[due, round(100), round(500), round(1000), round(5000)]);
    let mut ask = ask(Presentment::Cash);
    ask.tendered = Some(Money::fen(tendered));
    let sim = Arc::clone(&visit.sim);
    let Some(drawer) = sim.drawers.get(&(visit.merchant, visit.place)) else { return };
    let _alone = drawer.lock().await;
    let answer = attempt(visit, &visit.who, order, ask, format!("v{}-cash{nth}", visit.id), true).await;
    if let Some(Ok(paid)) = answer
        && paid.state.as_str() == "succeeded"
    {
        let kept = paid.tendered.unwrap_or(0) - paid.change.unwrap_or(0);
        sim.outside().cash(visit.id, visit.terminal, kept);
    }
}
