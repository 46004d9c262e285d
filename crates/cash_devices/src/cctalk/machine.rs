//! All devices of one line behind the driver contract: starts them, keeps asking, remembers where it was.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::bill::BillValidator;
use super::bus::{Bus, BusError, Device};
use super::coin::CoinAcceptor;
use super::hopper::{Hopper, Permit, Run};
use crate::contract::{CashDevice, Equipment, Event, Fault, Route, Trouble, Unit};

/// So many polls without an answer, and a unit is silent.
const SILENT_AFTER: u32 = 3;
/// A silent unit is asked every so many polls: each question to it costs a wait.
const ASK_SILENT_EVERY: u32 = 10;
/// So many finished payouts are remembered, so that none is given twice.
const REMEMBERED: usize = 64;
/// So many polls after a power-up the note that was held may stay silent before it is looked for.
const SETTLE_POLLS: u32 = 3;

/// Which devices are on the line.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// Two letters of the country whose money it is: `CN`.
    pub country: String,
    /// The coin acceptor, by custom at 2.
    pub coins: Option<Device>,
    /// The bill validator, by custom at 40.
    pub notes: Option<Device>,
    /// The hoppers, by custom from 3 on, with the value each gives and how it is permitted.
    pub hoppers: Vec<(Device, i64, Permit)>,
}

/// What must outlive the process: counters, the note held, pieces on their way. Kept by the caller after every call that changed it, before
/// anybody is told of the events of that call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    coins: Option<u8>,
    notes: Option<u8>,
    held: Option<i64>,
    runs: BTreeMap<i64, Run>,
    ended: VecDeque<(u64, i64)>,
}

impl Memory {
    /// The note in escrow, as far as it was told.
    pub const fn held(&self) -> Option<i64> {
        self.held
    }
}

/// A unit's driver once it has answered, and how long it has been silent.
struct Slot<T> {
    driver: Option<T>,
    silent: u32,
    /// The set of values it was last told, to be told again after a power-up.
    told: Option<Vec<i64>>,
}

impl<T> Slot<T> {
    const fn new() -> Slot<T> {
        Slot { driver: None, silent: 0, told: None }
    }

    /// Whether to spend time on it now.
    fn due(&mut self) -> bool {
        if self.silent < SILENT_AFTER {
            return true;
        }
        self.silent += 1;
        self.silent.is_multiple_of(ASK_SILENT_EVERY)
    }
}

/// The machine.
pub struct Machine {
    bus: Bus,
    wiring: Wiring,
    memory: Memory,
    coins: Slot<CoinAcceptor>,
    notes: Slot<BillValidator>,
    hoppers: Vec<Slot<Hopper>>,
    wanted: Vec<i64>,
    faults: BTreeSet<(Unit, Fault)>,
    settling: Option<u32>,
}

impl Machine {
    /// A machine on this line that goes on where `memory` ends. Nothing is asked yet.
    pub fn new(bus: Bus, wiring: Wiring, memory: Memory) -> Machine {
        let hoppers = wiring.hoppers.iter().map(|_| Slot::new()).collect();
        // a note that was held when this process ended: find out where it is
        let settling = memory.held.map(|_| 0);
        Machine {
            bus,
            wiring,
            memory,
            coins: Slot::new(),
            notes: Slot::new(),
            hoppers,
            wanted: Vec::new(),
            faults: BTreeSet::new(),
            settling,
        }
    }

    /// What must be kept.
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    fn poll_coins(&mut self, out: &mut Vec<Event>) -> Result<(), BusError> {
        let Some(device) = self.wiring.coins else { return Ok(()) };
        if self.coins.driver.is_none() {
            self.coins.driver = Some(CoinAcceptor::start(&mut self.bus, device, &self.wiring.country)?);
            self.coins.told = None;
        }
        let Some(driver) = &self.coins.driver else { return Ok(()) };
        let mut counter = self.memory.coins;
        let events = driver.poll(&mut self.bus, &mut counter)?;
        self.memory.coins = counter;
        if events.iter().any(|e| matches!(e, Event::Started { .. })) {
            self.coins.told = None;
        }
        out.extend(events);
        if self.coins.told.as_ref() != Some(&self.wanted) {
            driver.accept(&mut self.bus, &self.wanted)?;
            self.coins.told = Some(self.wanted.clone());
        }
        Ok(())
    }

    fn poll_notes(&mut self, out: &mut Vec<Event>) -> Result<(), BusError> {
        let Some(device) = self.wiring.notes else { return Ok(()) };
        if self.notes.driver.is_none() {
            self.notes.driver = Some(BillValidator::start(&mut self.bus, device, &self.wiring.country)?);
            self.notes.told = None;
        }
        let Some(driver) = &self.notes.driver else { return Ok(()) };
        let (mut counter, mut held) = (self.memory.notes, self.memory.held);
        let events = driver.poll(&mut self.bus, &mut counter, &mut held)?;
        self.memory.notes = counter;
        self.memory.held = held;
        if events.iter().any(|e| matches!(e, Event::Started { .. })) {
            self.notes.told = None;
            self.settling = held.map(|_| 0);
        }
        out.extend(events);
        if self.notes.told.as_ref() != Some(&self.wanted) {
            driver.accept(&mut self.bus, &self.wanted)?;
            self.notes.told = Some(self.wanted.clone());
        }
        self.settle(out);
        Ok(())
    }

    /// After a power cut with a note in escrow: if the validator does not tell by itself, the note is sent back; where none is, it is missing.
    fn settle(&mut self, out: &mut Vec<Event>) {
        let Some(value) = self.memory.held else {
            self.settling = None;
            return;
        };
        let Some(polls) = self.settling else { return };
        self.settling = Some(polls + 1);
        if polls < SETTLE_POLLS {
            return;
        }
        self.settling = None;
        let Some(driver) = &self.notes.driver else { return };
        match driver.route(&mut self.bus, Route::Return) {
            Ok(()) => {}
            Err(Trouble::Refused { .. }) => {
                self.memory.held = None;
                out.push(Event::Missing { value });
            }
            Err(_) => self.settling = Some(SETTLE_POLLS),
        }
    }

    fn poll_hopper(&mut self, at: usize, out: &mut Vec<Event>) -> Result<(), BusError> {
        let (device, value, permit) = self.wiring.hoppers[at];
        if self.hoppers[at].driver.is_none() {
            self.hoppers[at].driver = Some(Hopper::start(&mut self.bus, device, value, permit)?);
            out.push(Event::Started { unit: Unit::Hopper(value) });
        }
        let Some(driver) = &self.hoppers[at].driver else { return Ok(()) };
        let Some(mut run) = self.memory.runs.get(&value).copied() else {
            return Ok(());
        };
        let (events, over) = driver.poll(&mut self.bus, &mut run)?;
        out.extend(events);
        if over {
            self.memory.runs.remove(&value);
            self.memory.ended.push_back((run.payout, value));
            while self.memory.ended.len() > REMEMBERED {
                self.memory.ended.pop_front();
            }
        } else {
            self.memory.runs.insert(value, run);
        }
        Ok(())
    }

    /// Tells a fault once, and that it is well again when the unit works.
    fn latch(&mut self, events: Vec<Event>) -> Vec<Event> {
        let mut out = Vec::new();
        for event in events {
            match event {
                Event::Fault { unit, fault } => {
                    if self.faults.insert((unit, fault)) {
                        out.push(event);
                    }
                    continue;
                }
                Event::Cleared { unit, fault } => {
                    if self.faults.remove(&(unit, fault)) {
                        out.push(event);
                    }
                    continue;
                }
                _ => {}
            }
            if let Some(unit) = works(&event) {
                for fault in [Fault::Jam, Fault::Fraud, Fault::Broken, Fault::Empty] {
                    if self.faults.remove(&(unit, fault)) {
                        out.push(Event::Cleared { unit, fault });
                    }
                }
            }
            out.push(event);
        }
        out
    }

    /// Counts what an answer, or none, says about a unit's silence.
    fn heard(silent: &mut u32, unit: Unit, result: &Result<(), BusError>, out: &mut Vec<Event>) {
        let fault = Fault::Silent;
        match result {
            Ok(()) => {
                *silent = 0;
                out.push(Event::Cleared { unit, fault });
            }
            Err(_) => {
                *silent += 1;
                if *silent >= SILENT_AFTER {
                    out.push(Event::Fault { unit, fault });
                }
            }
        }
    }
}

/// The unit that an event shows at work.
fn works(event: &Event) -> Option<Unit> {
    match event {
        Event::Started { unit } => Some(*unit),
        Event::Stacked { .. } | Event::Returned { .. } | Event::Escrow { .. } => Some(Unit::Notes),
        Event::Coin { .. } => Some(Unit::Coins),
        Event::PayoutEnded { value, left: 0, .. } => Some(Unit::Hopper(*value)),
        _ => None,
    }
}

impl CashDevice for Machine {
    fn equipment(&self) -> Equipment {
        Equipment {
            coins: self.coins.driver.as_ref().map(CoinAcceptor::coins).unwrap_or_default(),
            notes: self.notes.driver.as_ref().map(BillValidator::notes).unwrap_or_default(),
            hoppers: self.hoppers.iter().filter_map(|s| s.driver.as_ref().map(|h| h.value)).collect(),
        }
    }

    fn poll(&mut self) -> Vec<Event> {
        let mut out = Vec::new();
        if self.coins.due() {
            let result = self.poll_coins(&mut out);
            Machine::heard(&mut self.coins.silent, Unit::Coins, &result, &mut out);
        }
        if self.notes.due() {
            let result = self.poll_notes(&mut out);
            Machine::heard(&mut self.notes.silent, Unit::Notes, &result, &mut out);
        }
        for at in 0..self.hoppers.len() {
            if self.hoppers[at].due() {
                let unit = Unit::Hopper(self.wiring.hoppers[at].1);
                let result = self.poll_hopper(at, &mut out);
                Machine::heard(&mut self.hoppers[at].silent, unit, &result, &mut out);
            }
        }
        self.latch(out)
    }

    fn accept(&mut self, values: &[i64]) -> Result<(), Trouble> {
        self.wanted = values.to_vec();
        self.wanted.sort_unstable();
        let mut trouble = None;
        if let Some(driver) = &self.coins.driver
            && self.coins.told.as_ref() != Some(&self.wanted)
        {
            match driver.accept(&mut self.bus, &self.wanted) {
                Ok(()) => self.coins.told = Some(self.wanted.clone()),
                Err(_) => trouble = Some(Trouble::Silent(Unit::Coins)),
            }
        }
        if let Some(driver) = &self.notes.driver
            && self.notes.told.as_ref() != Some(&self.wanted)
        {
            match driver.accept(&mut self.bus, &self.wanted) {
                Ok(()) => self.notes.told = Some(self.wanted.clone()),
                Err(_) => trouble = Some(Trouble::Silent(Unit::Notes)),
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    fn route(&mut self, route: Route) -> Result<(), Trouble> {
        match &self.notes.driver {
            Some(driver) => driver.route(&mut self.bus, route),
            None => Err(Trouble::NoUnit(Unit::Notes)),
        }
    }

    fn pay_out(&mut self, payout: u64, value: i64, count: u32) -> Result<(), Trouble> {
        if self.memory.ended.contains(&(payout, value)) {
            return Ok(());
        }
        if let Some(run) = self.memory.runs.get(&value) {
            return if run.payout == payout { Ok(()) } else { Err(Trouble::Paying(value)) };
        }
        let unit = Unit::Hopper(value);
        let found = self.hoppers.iter().filter_map(|s| s.driver.as_ref()).find(|h| h.value == value);
        let Some(driver) = found else { return Err(Trouble::NoUnit(unit)) };
        let run = driver.plan(&mut self.bus, payout, count)?;
        self.memory.runs.insert(value, run);
        Ok(())
    }
}
