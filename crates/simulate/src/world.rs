//! What every part of a simulated day shares: the true time, the trace, the first finding, and the fate of each call.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use store::{Clock, Millis, Random};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::dice::Dice;
use crate::plan::{Plan, Storm};

/// A rule that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's number in the blueprint; 0 when the simulation itself is at fault.
    pub rule: u8,
    /// What is wrong.
    pub what: String,
    /// The visit it concerns, if one does.
    pub visit: Option<u32>,
    /// When, as the trace writes it.
    pub at: String,
}

/// How long a caller waits for an answer before giving up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The numbers under which those who only read the events appear.
pub(crate) const FOLLOWERS: std::ops::Range<u32> = 200..300;

/// What becomes of one call over a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Goes there and comes back.
    Fine { there: Duration, back: Duration },
    /// The connection is refused.
    NotSent,
    /// Refused with a request to slow down.
    Throttled,
    /// Vanishes on its way there.
    LostBefore,
    /// Arrives; the answer vanishes.
    LostAfter { there: Duration },
    /// Arrives after its caller gave up.
    Late { there: Duration },
    /// Answered with a server error, after acting or not.
    Failed { acted: bool },
    /// Answered with a value nobody knows yet.
    Strange,
}

#[derive(Default)]
struct Trace {
    lines: Vec<(Option<u32>, String)>,
    hash: u64,
    steps: u64,
}

/// The world.
pub(crate) struct World {
    pub(crate) plan: Plan,
    start: Instant,
    trace: Mutex<Trace>,
    finding: Mutex<Option<Finding>>,
    pub(crate) found: Notify,
    calm: AtomicBool,
    calls: Mutex<BTreeMap<u32, u64>>,
    storms: Mutex<[Option<Storm>; 2]>,
    cut: AtomicBool,
    /// What the auditor shall look at besides what the events name.
    touched: Mutex<BTreeSet<String>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(crate) fn new(plan: Plan) -> World {
        World {
            plan,
            start: Instant::now(),
            trace: Mutex::new(Trace { hash: 0xcbf2_9ce4_8422_2325, ..Trace::default() }),
            finding: Mutex::default(),
            found: Notify::new(),
            calm: AtomicBool::new(false),
            calls: Mutex::default(),
            storms: Mutex::default(),
            cut: AtomicBool::new(false),
            touched: Mutex::default(),
        }
    }

    /// How long the day has lasted.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The true time.
    pub(crate) fn now(&self) -> Millis {
        self.plan.start.plus(self.elapsed())
    }

    /// Sleeps until this much of the day is over.
    pub(crate) async fn until(&self, at: Duration) {
        tokio::time::sleep_until(self.start + at).await;
    }

    /// The true local time as people read it.
    pub(crate) fn clock_face(&self) -> String {
        let local = self.now().0 + 8 * 3_600_000;
        let (day, ms) = (local.div_euclid(86_400_000), local.rem_euclid(86_400_000));
        let first = (self.plan.start.0 + 8 * 3_600_000).div_euclid(86_400_000);
        let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        format!("day {} {hours:02}:{minutes:02}:{seconds:02}.{:03}", day - first, ms % 1000)
    }

    /// Writes a line of the trace: everything that crosses the edge of the platform.
    pub(crate) fn note(&self, visit: Option<u32>, text: &str) {
        let mut line = self.clock_face();
        let _ = write!(line, "  {text}"); // writing to a String cannot fail
        let mut trace = locked(&self.trace);
        trace.steps += 1;
        for byte in line.bytes().chain([b'\n']) {
            trace.hash = (trace.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        trace.lines.push((visit, line));
    }

    /// The hash over the trace, and how many lines it has.
    pub(crate) fn hash(&self) -> (u64, u64) {
        let trace = locked(&self.trace);
        (trace.hash, trace.steps)
    }

    /// The lines of one visit and those that concern everybody; all of them but the reading of events without a visit.
    pub(crate) fn history(&self, of: Option<u32>) -> Vec<String> {
        let mine = |visit: &Option<u32>| match (of, visit) {
            (_, None) => true,
            (None, Some(visit)) => !FOLLOWERS.contains(visit),
            _ => *visit == of,
        };
        locked(&self.trace).lines.iter().filter(|(v, _)| mine(v)).map(|(_, line)| line.clone()).collect()
    }

    /// A rule does not hold. The first finding ends the day.
    pub(crate) fn wrong(&self, rule: u8, visit: Option<u32>, what: impl Into<String>) {
        let mut finding = locked(&self.finding);
        if finding.is_none() {
            let what = what.into();
            self.note(visit, &format!("RULE {rule} BROKEN: {what}"));
            *finding = Some(Finding { rule, what, visit, at: self.clock_face() });
            drop(finding);
            self.found.notify_waiters();
            self.found.notify_one();
        }
    }

    /// What was found, if anything.
    pub(crate) fn finding(&self) -> Option<Finding> {
        locked(&self.finding).clone()
    }

    /// From now on nothing goes wrong any more.
    pub(crate) fn clear_up(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// A channel gets into trouble, or out of it.
    pub(crate) fn storm(&self, channel: usize, how: Option<Storm>) {
        locked(&self.storms)[channel] = how;
    }

    /// Terminals lose the platform, or find it again.
    pub(crate) fn cut(&self, on: bool) {
        self.cut.store(on, Ordering::Relaxed);
    }

    /// The auditor shall look at this payment again: its bank changed something by itself.
    pub(crate) fn touch(&self, out_trade_no: &str) {
        locked(&self.touched).insert(out_trade_no.to_owned());
    }

    pub(crate) fn take_touched(&self) -> BTreeSet<String> {
        std::mem::take(&mut locked(&self.touched))
    }

    /// A fresh stream for the next thing that happens to a visit.
    pub(crate) fn next_dice(&self, visit: u32, purpose: &str) -> Dice {
        let mut calls = locked(&self.calls);
        let count = calls.entry(visit).or_default();
        *count += 1;
        Dice::of(self.plan.seed, purpose, u64::from(visit) << 32 | *count)
    }

    /// What becomes of the next call to a channel about a visit.
    pub(crate) fn wire_fate(&self, visit: u32, channel: usize) -> Fate {
        let mut dice = self.next_dice(visit, "wire");
        let ms = |dice: &mut Dice, low, high| Duration::from_millis(dice.between(low, high));
        let fine = Fate::Fine { there: ms(&mut dice, 5, 120), back: ms(&mut dice, 5, 120) };
        if self.is_calm() {
            return fine;
        }
        let storm = locked(&self.storms)[channel];
        let roll = dice.below(1000);
        match storm {
            Some(_) if roll < 150 => return fine,
            Some(Storm::Refusing) => return Fate::NotSent,
            Some(Storm::Swallowing) => return Fate::LostBefore,
            Some(Storm::Deaf) => return Fate::LostAfter { there: ms(&mut dice, 5, 9000) },
            Some(Storm::Slow) if roll < 500 => return Fate::Late { there: ms(&mut dice, 10_001, 28_000) },
            Some(Storm::Slow) => {
                return Fate::Fine { there: ms(&mut dice, 5, 4500), back: ms(&mut dice, 5, 4500) };
            }
            Some(Storm::Failing) => return Fate::Failed { acted: dice.chance(300) },
            None => {}
        }
        if dice.chance(self.plan.mood.strange) {
            return Fate::Strange;
        }
        if roll >= self.plan.mood.wire {
            return fine;
        }
        match dice.below(7) {
            0 => Fate::NotSent,
            1 => Fate::Throttled,
            2 => Fate::LostBefore,
            3 => Fate::LostAfter { there: ms(&mut dice, 5, 9000) },
            4 => Fate::Late { there: ms(&mut dice, 10_001, 28_000) },
            5 => Fate::Failed { acted: dice.chance(500) },
            _ => Fate::Fine { there: ms(&mut dice, 5, 4500), back: ms(&mut dice, 5, 4500) },
        }
    }

    /// What becomes of the next call of a terminal, a payer's page or a partner system.
    pub(crate) fn door_fate(&self, visit: u32) -> Fate {
        let mut dice = self.next_dice(visit, "door");
        let ms = |dice: &mut Dice, low, high| Duration::from_millis(dice.between(low, high));
        let fine = Fate::Fine { there: ms(&mut dice, 1, 60), back: ms(&mut dice, 1, 60) };
        if self.is_calm() {
            return fine;
        }
        if self.cut.load(Ordering::Relaxed) {
            return dice.pick(&[Fate::NotSent, Fate::LostBefore]);
        }
        if !dice.chance(self.plan.mood.door) {
            return fine;
        }
        match dice.below(4) {
            0 => Fate::NotSent,
            1 => Fate::LostBefore,
            2 => Fate::LostAfter { there: ms(&mut dice, 1, 500) },
            // Its caller goes away while it is being answered.
            _ => Fate::Late { there: ms(&mut dice, 1, 3000) },
        }
    }

    /// A stream for one step of a visit or for a purpose of the whole day.
    pub(crate) fn dice(&self, purpose: &str, number: u64) -> Dice {
        Dice::of(self.plan.seed, purpose, number)
    }
}

/// A node's own clock: it drifts, and somebody sets it.
pub(crate) struct NodeClock {
    world: std::sync::Arc<World>,
    drift_ppm: i64,
    offset_ms: AtomicI64,
    looks: AtomicU64,
    fuse: AtomicU64,
    /// Told when the fuse has burnt down.
    pub(crate) burnt: Notify,
}

impl NodeClock {
    pub(crate) fn new(world: std::sync::Arc<World>, node: usize) -> NodeClock {
        let mut dice = world.dice("clock", node as u64);
        let signed = |n: u64, of: i64| i64::try_from(n).unwrap_or(0) - of;
        NodeClock {
            drift_ppm: signed(dice.below(101), 50),
            offset_ms: AtomicI64::new(signed(dice.below(4001), 2000)),
            world,
            looks: AtomicU64::new(0),
            fuse: AtomicU64::new(u64::MAX),
            burnt: Notify::new(),
        }
    }

    /// Somebody sets it: by so much from what it shows, never more than eight seconds from the truth.
    pub(crate) fn jump(&self, by_ms: i64) {
        let now = self.offset_ms.load(Ordering::Relaxed);
        self.offset_ms.store((now + by_ms).clamp(-8000, 8000), Ordering::Relaxed);
    }

    /// Time servers have set it right again.
    pub(crate) fn set_right(&self) {
        self.offset_ms.store(0, Ordering::Relaxed);
    }

    /// After so many more looks the node stops.
    pub(crate) fn light(&self, looks: u64) {
        self.fuse.store(self.looks.load(Ordering::Relaxed) + looks + 1, Ordering::Relaxed);
    }

    /// Puts the fuse out.
    pub(crate) fn put_out(&self) {
        self.fuse.store(u64::MAX, Ordering::Relaxed);
    }
}

impl Clock for NodeClock {
    fn now(&self) -> Millis {
        let looks = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
        if looks == self.fuse.load(Ordering::Relaxed) {
            self.burnt.notify_one();
        }
        let passed = i64::try_from(self.world.elapsed().as_millis()).unwrap_or(i64::MAX);
        let drift = passed / 1000 * self.drift_ppm / 1000;
        Millis(self.world.plan.start.0 + passed + drift + self.offset_ms.load(Ordering::Relaxed))
    }
}

/// A node's randomness.
pub(crate) struct NodeRandom(Mutex<Dice>);

impl NodeRandom {
    pub(crate) fn new(dice: Dice) -> NodeRandom {
        NodeRandom(Mutex::new(dice))
    }
}

impl Random for NodeRandom {
    fn fill(&self, buffer: &mut [u8]) {
        let mut dice = locked(&self.0);
        for part in buffer.chunks_mut(8) {
            let bytes = dice.number().to_le_bytes();
            part.copy_from_slice(&bytes[..part.len()]);
        }
    }
}
