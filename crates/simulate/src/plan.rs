//! The plan of a day: who comes when, and what goes wrong. It follows from the seed alone; a shorter history is the same plan with
//! items left out.

use std::time::Duration;

use store::Millis;

use crate::dice::Dice;

/// Midnight in Shanghai between 21 and 22 November 2026: every simulated day has it in its middle.
const MIDNIGHT: i64 = 1_795_276_800_000;

/// How many merchants there are.
pub(crate) const MERCHANTS: usize = 2;
/// How many terminals each merchant has: a kiosk with a drawer nobody watches over, and a counter with shifts.
pub(crate) const TERMINALS: usize = 2;

/// How many partner systems listen for webhooks, one for each merchant and then once more from the first.
pub(crate) const PARTNERS: usize = 3;

/// What of a day is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The seed.
    pub seed: u64,
    /// How many hours payers come.
    pub hours: u64,
    /// Only these items of the plan; all when `None`.
    pub only: Option<Vec<u32>>,
    /// What is broken on purpose.
    pub sabotage: Option<crate::Break>,
    /// Keep the whole trace, also when every rule held.
    pub trace: bool,
}

/// The rates of small mishaps, per mille; a seed has its own mood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mood {
    pub(crate) wire: u64,
    pub(crate) door: u64,
    pub(crate) notice_lost: u64,
    pub(crate) notice_late: u64,
    pub(crate) after_close: u64,
    pub(crate) strange: u64,
    /// Partners that choke on some events for good.
    pub(crate) chokes: u64,
    /// Codes that a bank lets be paid twice, of those that are scanned twice.
    pub(crate) twice: u64,
    /// Bills with a line that is missing, twice, or wrong.
    pub(crate) bills: u64,
}

/// Something that happens on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A payer comes.
    Visit,
    /// A channel (0 or 1) is in trouble.
    Storm { channel: usize, lasts: Duration, how: Storm },
    /// Terminals cannot reach the platform.
    Cut { lasts: Duration },
    /// A node stops: after so many more looks at its clock, for so long.
    Crash { node: usize, fuse: u64, down: Duration, kindly: bool },
    /// A node's clock is set.
    Jump { node: usize, by_ms: i64 },
    /// A partner's endpoint answers that it is out of order.
    Deaf { partner: usize, lasts: Duration },
    /// An operator has a partner told again what it was told from some point on.
    Replay { partner: usize },
    /// Somebody sends callbacks that are not the channel's.
    Forger,
}

/// What is wrong with a channel for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storm {
    /// No connection.
    Refusing,
    /// Calls vanish.
    Swallowing,
    /// Calls arrive, answers vanish.
    Deaf,
    /// Calls and answers take long, and arrive after the caller gave up.
    Slow,
    /// Everything is answered with an error; some of it was done.
    Failing,
}

/// One item of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: u32,
    pub(crate) at: Duration,
    pub(crate) kind: Kind,
}

/// The plan of a day.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) start: Millis,
    pub(crate) lasts: Duration,
    pub(crate) nodes: usize,
    pub(crate) mood: Mood,
    pub(crate) items: Vec<Item>,
}

impl Plan {
    /// The plan of a seed.
    pub(crate) fn of(ask: &Ask) -> Plan {
        let (seed, hours) = (ask.seed, ask.hours.clamp(1, 24 * 31));
        let mut dice = Dice::of(seed, "plan", 0);
        let lasts = Duration::from_secs(hours * 3600);
        let nodes = if dice.chance(400) { 1 } else { 2 };
        let calm_seed = dice.chance(100);
        let mut rate = |most: u64| if calm_seed { 0 } else { dice.below(most + 1) };
        let mood = Mood {
            wire: rate(120),
            door: rate(80),
            notice_lost: rate(600),
            notice_late: rate(500),
            after_close: rate(300),
            strange: rate(20),
            chokes: rate(40),
            twice: rate(600),
            bills: rate(400),
        };
        let start = Millis(MIDNIGHT - i64::try_from(hours * 1_800_000).unwrap_or(0));
        let mut items = weather(seed, hours, lasts, nodes, calm_seed);
        let rough: Vec<Duration> = items.iter().map(|i| i.at).collect();
        let mut dice = Dice::of(seed, "visits", 0);
        for id in 1000..1000 + 25 + u32::try_from(hours * 12).unwrap_or(0) {
            items.push(Item { id, at: arrival(&mut dice, lasts, &rough), kind: Kind::Visit });
        }
        if let Some(only) = &ask.only {
            items.retain(|item| only.contains(&item.id));
        }
        items.sort_by_key(|item| (item.at, item.id));
        Plan { seed, start, lasts, nodes, mood, items }
    }
}

/// Half of the payers come when something goes wrong or around midnight: that is where mistakes are found.
fn arrival(dice: &mut Dice, lasts: Duration, rough: &[Duration]) -> Duration {
    let lasts_ms = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
    let anywhere = dice.below(lasts_ms);
    let near = dice.below(90_000);
    let at = match dice.below(10) {
        0..=3 if !rough.is_empty() => {
            let moment = rough[usize::try_from(dice.below(rough.len() as u64)).unwrap_or(0)];
            u64::try_from(moment.as_millis()).unwrap_or(0) + near - near.min(30_000) / 2
        }
        4 => (lasts_ms / 2 + near).saturating_sub(45_000),
        _ => anywhere,
    };
    Duration::from_millis(at.min(lasts_ms))
}

fn weather(seed: u64, hours: u64, lasts: Duration, nodes: usize, calm: bool) -> Vec<Item> {
    let mut dice = Dice::of(seed, "weather", 0);
    let lasts_ms = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
    let count = if calm { 0 } else { dice.between(2, 4 + hours / 2) };
    let partner = |dice: &mut Dice| usize::try_from(dice.below(PARTNERS as u64)).unwrap_or(0);
    let item = |id: u64| {
        let at = Duration::from_millis(dice.below(lasts_ms));
        let node = usize::try_from(dice.below(nodes as u64)).unwrap_or(0);
        let kind = match dice.below(15) {
            0..=3 => Kind::Storm {
                channel: usize::try_from(dice.below(2)).unwrap_or(0),
                lasts: Duration::from_secs(dice.between(20, 900)),
                how: dice.pick(&[
                    Storm::Refusing,
                    Storm::Swallowing,
                    Storm::Deaf,
                    Storm::Slow,
                    Storm::Failing,
                ]),
            },
            4 => Kind::Cut { lasts: Duration::from_secs(dice.between(5, 120)) },
            5..=8 => Kind::Crash {
                node,
                fuse: dice.below(60),
                down: Duration::from_secs(dice.between(1, 240)),
                kindly: dice.chance(200),
            },
            9 => Kind::Forger,
            10 | 11 => {
                let lasts = if dice.chance(500) { dice.between(20, 900) } else { dice.between(900, 14_400) };
                Kind::Deaf { partner: partner(&mut dice), lasts: Duration::from_secs(lasts) }
            }
            12 => Kind::Replay { partner: partner(&mut dice) },
            _ => Kind::Jump { node, by_ms: i64::try_from(dice.below(16_000)).unwrap_or(0) - 8000 },
        };
        Item { id: u32::try_from(id).unwrap_or(0) + 1, at, kind }
    };
    let mut items: Vec<Item> = (0..count).map(item).collect();
    let at = Duration::from_millis(Dice::of(seed, "forger", 0).below(lasts_ms));
    items.push(Item { id: 900, at, kind: Kind::Forger });
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_follows_from_its_seed_and_items_can_be_left_out() {
        let ask = |seed, only| Ask { seed, hours: 24, only, sabotage: None, trace: false };
        let whole = Plan::of(&ask(5, None));
        assert_eq!(whole.items, Plan::of(&ask(5, None)).items);
        assert_ne!(whole.items, Plan::of(&ask(6, None)).items);
        let some = Plan::of(&ask(5, Some(vec![whole.items[3].id])));
        assert_eq!(some.items, [whole.items[3]]);
        assert!(whole.items.iter().all(|i| i.at <= whole.lasts));
    }
}
