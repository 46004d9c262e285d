//! Throughput from what really happened: the passages of the exits, counted by hour, and the times that cars held a lane (P26).

use std::collections::BTreeMap;

use desk::access::Act;
use desk::{Desk, Refusal, Who};
use store::{Id, Millis};

use super::flow::Mix;
use crate::parking::rows::{Direction, Passage};

/// Cars farther apart than this did not stand in one queue: the gap says nothing about how long a car holds the lane.
const QUEUE_GAP_S: i64 = 150;
/// An hour in milliseconds.
const HOUR_MS: i64 = 3_600_000;
/// Measured times of fewer cars than this are not shown as a mean.
pub const ENOUGH: i64 = 5;

/// What the exits did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exits {
    /// Cars out.
    pub cars: i64,
    /// Cars that paid at the lane, or that somebody let out there.
    pub at_lane: i64,
    /// The most cars out within one hour of the clock, and when it began.
    pub busiest: Option<(i64, Millis)>,
    /// Cars that followed another within a queue, and the seconds they took: those that paid at the lane.
    pub paying: (i64, i64),
    /// The same of all others.
    pub rolling: (i64, i64),
}

/// Whether a passage held the lane for paying.
fn paid_here(passage: &Passage) -> bool {
    matches!(passage.cause.as_str(), "paid_here" | "manual")
}

/// Counts passages; they come oldest first.
pub fn count(passages: &[Passage]) -> Exits {
    let mut exits = Exits::default();
    let mut hours: BTreeMap<i64, i64> = BTreeMap::new();
    let mut last: BTreeMap<Id, Millis> = BTreeMap::new();
    for passage in passages.iter().filter(|p| p.opened && p.direction == Direction::Exit) {
        exits.cars += 1;
        exits.at_lane += i64::from(paid_here(passage));
        *hours.entry(passage.at.0.div_euclid(HOUR_MS)).or_default() += 1;
        if let Some(before) = last.insert(passage.lane, passage.at) {
            let seconds = (passage.at.0 - before.0) / 1000;
            if (1..=QUEUE_GAP_S).contains(&seconds) {
                let sum = if paid_here(passage) { &mut exits.paying } else { &mut exits.rolling };
                (sum.0, sum.1) = (sum.0 + 1, sum.1 + seconds);
            }
        }
    }
    let busiest = hours.into_iter().max_by_key(|(hour, cars)| (*cars, -hour));
    exits.busiest = busiest.map(|(hour, cars)| (cars, Millis(hour * HOUR_MS)));
    exits
}

impl Exits {
    /// The model with what was measured in place of what was assumed; `None` while there are too few cars to say.
    pub fn measured(&self, assumed: Mix) -> Option<Mix> {
        if self.cars < ENOUGH {
            return None;
        }
        let mean = |(cars, seconds): (i64, i64), otherwise: i64| {
            if cars < ENOUGH { otherwise } else { ((2 * seconds + cars) / (2 * cars)).max(1) }
        };
        Some(Mix {
            cars: self.cars,
            paying: self.at_lane,
            paying_s: mean(self.paying, assumed.paying_s),
            free_s: mean(self.rolling, assumed.free_s),
        })
    }
}

/// The passages of a site since a moment, oldest first.
pub async fn passages(desk: &Desk, who: &Who, site: Id, since: Millis) -> Result<Vec<Passage>, Refusal> {
    who.need(Act::Look)?;
    let merchant = who.merchant;
    let rows = desk
        .read(move |sql| {
            let tail = "where site = $1 and merchant = $2 and at >= $3 order by at, id limit 20000";
            sql.rows::<Passage>(tail, &[&site, &merchant, &since])
        })
        .await?;
    Ok(rows.into_iter().map(|(_, passage)| passage).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(lane: i64, second: i64, cause: &str, direction: Direction, opened: bool) -> Passage {
        Passage {
            id: Id(second),
            lane: Id(lane),
            site: Id(7),
            direction,
            stay: None,
            sighting: None,
            command: None,
            opened,
            cause: cause.to_owned(),
            note: String::new(),
            operator: None,
            terminal: None,
            at: Millis(HOUR_MS * 100 + second * 1000),
        }
    }

    #[test]
    fn p26_real_passages_replace_the_assumptions() {
        let out = |lane, second, cause| passage(lane, second, cause, Direction::Exit, true);
        // ten cars at one lane: every other pays there and takes 40 s, the rest 6 s
        let mut all = Vec::new();
        let mut second = 0;
        for n in 0..10 {
            second += if n % 2 == 0 { 40 } else { 6 };
            all.push(out(1, second, if n % 2 == 0 { "paid_here" } else { "paid" }));
        }
        all.push(passage(1, second + 5, "unpaid", Direction::Exit, false));
        all.push(passage(2, second + 6, "entry", Direction::Entry, true));
        let exits = count(&all);
        assert_eq!((exits.cars, exits.at_lane), (10, 5), "refusals and entries are no cars out");
        assert_eq!((exits.paying, exits.rolling), ((4, 160), (5, 30)), "the first car follows nobody");
        assert_eq!(exits.busiest, Some((10, Millis(HOUR_MS * 100))));
        let mix = exits.measured(Mix::BEFORE).unwrap();
        assert_eq!(
            mix,
            Mix { cars: 10, paying: 5, paying_s: 60, free_s: 6 },
            "four cars are too few for a mean"
        );
        all.extend((0..3).map(|n| out(1, 1000 + n * 41, "manual")));
        let mix = count(&all).measured(Mix::BEFORE).unwrap();
        assert_eq!((mix.cars, mix.paying, mix.paying_s), (13, 8, 40), "(160 + 41 + 41) / 6");
    }

    #[test]
    fn p26_an_empty_log_is_no_figure() {
        assert_eq!((count(&[]), count(&[]).measured(Mix::BEFORE)), (Exits::default(), None));
        let far =
            [passage(1, 0, "paid", Direction::Exit, true), passage(1, 900, "paid", Direction::Exit, true)];
        assert_eq!(count(&far).rolling, (0, 0), "a quarter of an hour apart is no queue");
    }
}
