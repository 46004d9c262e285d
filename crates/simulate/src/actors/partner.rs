//! What people do about webhooks: set endpoints up, have events told again, and see to what was given up (rule 10).

use std::sync::Arc;
use std::time::Duration;

use desk::Desk;
use desk::hooks::NewEndpoint;
use desk::rows::Standing;

use crate::partners::Partner;
use crate::plan::{MERCHANTS, PARTNERS};
use crate::sim::Sim;

/// Sets the endpoints up: one for each merchant, and one more for the first.
pub(crate) async fn open_all(sim: &Arc<Sim>, desk: &Desk) -> Result<(), String> {
    for number in 0..PARTNERS {
        let who = sim.shop(number % MERCHANTS).who();
        let new = NewEndpoint { url: Partner::url(number), after: Some(0) };
        let key = format!("partner-{number}");
        let row = desk.create_endpoint(&who, &key, new).await.map_err(|e| e.to_string())?;
        let mut partner = Partner::new(number, who.merchant, row.id, row.secret);
        let mut dice = sim.world.dice("partner", number as u64);
        let chokes = dice.chance(sim.world.plan.mood.chokes);
        partner.chokes_on = chokes.then(|| i64::try_from(dice.between(40, 150)).unwrap_or(97));
        sim.partners().push(partner);
    }
    Ok(())
}

/// An operator has everything told again from some point on.
pub(crate) async fn replay(sim: &Arc<Sim>, item: u32, partner: usize) {
    let (merchant, endpoint, told) = {
        let partner = &sim.partners()[partner];
        let told: Vec<(i64, u32)> = partner.taken.iter().map(|(seq, (_, times))| (*seq, *times)).collect();
        (partner.merchant, partner.endpoint, told)
    };
    let Some(shop) = sim.shops().into_iter().find(|s| s.merchant == merchant) else { return };
    let mut dice = sim.world.dice("replay", u64::from(item));
    let last = told.last().map_or(0, |(seq, _)| u64::try_from(*seq).unwrap_or(0));
    let after = i64::try_from(last.saturating_sub(dice.between(1, 60))).unwrap_or(0);
    let ask = |desk: Desk| {
        let who = shop.who();
        async move { desk.set_endpoint(&who, endpoint, Standing::On, Some(after)).await }
    };
    let visit = sim.partners()[partner].visit();
    let say = |row: &desk::rows::Endpoint| format!("partner {partner} is told again after {}", row.cursor);
    if let Some(Ok(_)) = sim.ask(visit, "replay", ask, say).await {
        let owed = &mut sim.partners()[partner].owed;
        for (seq, times) in told.into_iter().filter(|(seq, _)| *seq > after) {
            owed.insert(seq, times + 1);
        }
    }
}

/// In the evening partners that choked are cured, and an operator sends what was parked once more. Whether there was anything.
pub(crate) async fn cure(sim: &Arc<Sim>) -> bool {
    let mut any = false;
    for merchant in 0..MERCHANTS {
        let who = sim.shop(merchant).who();
        let Some((desk, _)) = sim.cluster.desk(0) else { continue };
        let Ok(parked) = desk.parked_deliveries(&who).await else { continue };
        for row in parked {
            any = true;
            let chokes = {
                let mut partners = sim.partners();
                let partner = partners.iter_mut().find(|p| p.endpoint == row.endpoint);
                partner.is_some_and(|p| p.chokes(row.seq))
            };
            if !chokes {
                sim.world.wrong(10, None, format!("event {} was given up for no reason", row.seq));
            }
        }
    }
    sim.partners().iter_mut().for_each(|partner| partner.chokes_on = None);
    for merchant in 0..MERCHANTS {
        let who = sim.shop(merchant).who();
        let Some((desk, _)) = sim.cluster.desk(0) else { continue };
        for row in desk.parked_deliveries(&who).await.unwrap_or_default() {
            if let Err(refusal) = desk.resend(&who, row.endpoint, row.seq).await {
                sim.world.wrong(10, None, format!("event {} is not sent again: {refusal}", row.seq));
            }
        }
    }
    if any {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    any
}
