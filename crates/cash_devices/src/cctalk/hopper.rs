//! The hopper: gives pieces of one value. It is armed, told a number with a code that is good once, and asked how far it is.
//!
//! Its event counter rises with every dispense command it took; so a lost answer is never guessed at: the counter says whether it was heard.

use serde::{Deserialize, Serialize};

use super::bus::{Bus, BusError, Device};
use super::header;
use crate::contract::{Event, Fault, Trouble, Unit};

/// Arms it.
const ARM: u8 = 165;
/// The most pieces asked for at once.
pub const MOST: u32 = 250;

/// How a hopper knows that a dispense command is meant.
#[derive(Clone, Copy, Debug, Default)]
pub enum Permit {
    /// It wants its own serial number.
    #[default]
    Serial,
    /// It gives eight bytes and wants them back changed. How is between its maker and whoever wires it; so it is passed in.
    Cipher(fn([u8; 8]) -> [u8; 8]),
}

/// Pieces that are on their way: kept over restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The caller's number.
    pub payout: u64,
    /// How many are wanted.
    pub count: u32,
    /// How many of them were told as paid.
    pub told: u32,
    /// The hopper's counter before it was asked.
    pub before: u8,
    /// Whether the hopper is known to have taken the command.
    pub heard: bool,
}

/// What a hopper says of its last work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Dispense commands taken since power-up, wrapping past 255 to 1.
    pub counter: u8,
    /// Pieces still to come.
    pub remaining: u8,
    /// Pieces that came.
    pub paid: u8,
    /// Pieces that will not come.
    pub unpaid: u8,
}

/// The driver of a hopper.
pub struct Hopper {
    device: Device,
    /// What it gives, minor units.
    pub value: i64,
    permit: Permit,
    serial: [u8; 3],
}

impl Hopper {
    /// Reads its serial number.
    pub fn start(bus: &mut Bus, device: Device, value: i64, permit: Permit) -> Result<Hopper, BusError> {
        bus.ask(device, header::SIMPLE_POLL, &[])?;
        let serial = bus.ask_for::<3>(device, header::REQUEST_SERIAL, &[])?;
        Ok(Hopper { device, value, permit, serial })
    }

    fn status(&self, bus: &mut Bus) -> Result<Status, BusError> {
        let [counter, remaining, paid, unpaid] =
            bus.ask_for::<4>(self.device, header::REQUEST_HOPPER_STATUS, &[])?;
        Ok(Status { counter, remaining, paid, unpaid })
    }

    /// Plans a run. It must be kept before [`Hopper::poll`] sends its command.
    pub fn plan(&self, bus: &mut Bus, payout: u64, count: u32) -> Result<Run, Trouble> {
        let unit = Unit::Hopper(self.value);
        if count == 0 || count > MOST {
            return Err(Trouble::Refused { unit, why: format!("1 to {MOST} pieces at once, not {count}") });
        }
        let status = self.status(bus).map_err(|_| Trouble::Silent(unit))?;
        if status.remaining > 0 {
            return Err(Trouble::Paying(self.value));
        }
        Ok(Run { payout, count, told: 0, before: status.counter, heard: false })
    }

    /// Arms the hopper and sends the command once. No answer says nothing: [`Hopper::poll`] finds out.
    fn push(&self, bus: &mut Bus, run: &mut Run) -> Result<(), BusError> {
        bus.ask(self.device, header::ENABLE_HOPPER, &[ARM])?;
        let mut data = match self.permit {
            Permit::Serial => self.serial.to_vec(),
            Permit::Cipher(code) => {
                // fresh bytes from whoever asks make it harder to replay; the hopper mixes in its own
                bus.ask(self.device, header::PUMP_RNG, &run.payout.to_le_bytes())?;
                code(bus.ask_for::<8>(self.device, header::REQUEST_CIPHER_KEY, &[])?).to_vec()
            }
        };
        data.push(u8::try_from(run.count).unwrap_or(u8::MAX));
        bus.ask_once(self.device, header::DISPENSE_HOPPER, &data)?;
        run.heard = true;
        Ok(())
    }

    /// How far a run is: events, and whether it is over. A command that was never heard is sent, also for the first time.
    pub fn poll(&self, bus: &mut Bus, run: &mut Run) -> Result<(Vec<Event>, bool), BusError> {
        let status = self.status(bus)?;
        if !run.heard {
            match status.counter {
                counter if counter == run.before => return self.unheard(bus, run),
                counter if counter == after(run.before) => run.heard = true,
                // powered up in between: was it the command before that, or ours? What its memory says of the last work must fit.
                _ if u32::from(status.paid) + u32::from(status.unpaid) == run.count && status.unpaid > 0 => {
                    run.heard = true;
                }
                _ => return Ok((self.unknown(run), true)),
            }
        }
        let (payout, value) = (run.payout, self.value);
        let mut events = Vec::new();
        let paid = u32::from(status.paid).min(run.count);
        if paid > run.told {
            events.push(Event::Paid { payout, value, count: paid - run.told });
            run.told = paid;
        }
        if status.remaining > 0 {
            return Ok((events, false));
        }
        let left = run.count - run.told;
        if left > 0 {
            let blocked = self.test(bus).unwrap_or_default();
            let fault = if blocked { Fault::Jam } else { Fault::Empty };
            events.push(Event::Fault { unit: Unit::Hopper(value), fault });
        }
        events.push(Event::PayoutEnded { payout, value, left });
        Ok((events, true))
    }

    fn unheard(&self, bus: &mut Bus, run: &mut Run) -> Result<(Vec<Event>, bool), BusError> {
        match self.push(bus, run) {
            Ok(()) | Err(BusError::Silent | BusError::Odd(_)) => Ok((Vec::new(), false)),
            Err(BusError::Nak) => {
                let (payout, value, left) = (run.payout, self.value, run.count);
                let fault = Event::Fault { unit: Unit::Hopper(value), fault: Fault::Broken };
                Ok((vec![fault, Event::PayoutEnded { payout, value, left }], true))
            }
            Err(error) => Err(error),
        }
    }

    /// Nobody can say whether the pieces came: they count as not given, and the machine's stock as uncertain.
    fn unknown(&self, run: &Run) -> Vec<Event> {
        let (payout, value, left) = (run.payout, self.value, run.count - run.told);
        vec![
            Event::Lost { unit: Unit::Hopper(value), count: left },
            Event::PayoutEnded { payout, value, left },
        ]
    }

    /// Whether its exit is blocked or its motor stuck, by its own test.
    fn test(&self, bus: &mut Bus) -> Result<bool, BusError> {
        const CURRENT: u8 = 1;
        const BLOCKED: u8 = 1 << 5;
        let flags = bus.ask(self.device, header::TEST_HOPPER, &[])?;
        Ok(flags.first().is_some_and(|f| f & (CURRENT | BLOCKED) != 0))
    }
}

/// The counter after one more command: 255 is followed by 1.
const fn after(counter: u8) -> u8 {
    if counter == u8::MAX { 1 } else { counter + 1 }
}
