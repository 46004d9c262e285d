//! The bill validator: sixteen types of note, one note in escrow, a cassette (the standard calls it a stacker), a ring of events.

use super::bus::{Bus, BusError, Device};
use super::coin::{accept, known};
use super::events::Ring;
use super::header;
use crate::contract::{Event, Fault, Route, Trouble, Unit};

/// Types of note a validator knows.
pub const TYPES: u8 = 16;
/// Uses both the stacker and the escrow.
const STACKER_AND_ESCROW: u8 = 0b11;

/// The driver of a bill validator.
pub struct BillValidator {
    device: Device,
    values: Vec<Option<i64>>,
}

impl BillValidator {
    /// Asks which notes it knows, and makes it hold each in escrow.
    pub fn start(bus: &mut Bus, device: Device, country: &str) -> Result<BillValidator, BusError> {
        bus.ask(device, header::SIMPLE_POLL, &[])?;
        let scaling = bus.ask_for::<3>(device, header::REQUEST_COUNTRY_SCALING, country.as_bytes())?;
        let factor = i64::from(u16::from_le_bytes([scaling[0], scaling[1]]));
        let mut values = Vec::with_capacity(usize::from(TYPES));
        for position in 1..=TYPES {
            let name = bus.ask(device, header::REQUEST_BILL_ID, &[position])?;
            values.push(note_value(&name, country, factor));
        }
        bus.ask(device, header::MODIFY_BILL_OPERATING_MODE, &[STACKER_AND_ESCROW])?;
        Ok(BillValidator { device, values })
    }

    /// The notes it can take.
    pub fn notes(&self) -> Vec<i64> {
        known(&self.values)
    }

    /// Takes these and no others.
    pub fn accept(&self, bus: &mut Bus, values: &[i64]) -> Result<(), BusError> {
        accept(bus, self.device, &self.values, values)
    }

    /// Sends the note in escrow on its way. Asked once: a second `route` after a lost answer finds the escrow empty, which is no harm.
    pub fn route(&self, bus: &mut Bus, route: Route) -> Result<(), Trouble> {
        let refused = |why: &str| Trouble::Refused { unit: Unit::Notes, why: why.to_owned() };
        let code = u8::from(route == Route::Stack);
        match bus.ask(self.device, header::ROUTE_BILL, &[code]) {
            Ok(answer) => match answer.first() {
                None => Ok(()),
                Some(254) => Err(refused("the escrow is empty")),
                Some(_) => Err(refused("the note does not move")),
            },
            Err(BusError::Nak) => Err(refused("not possible now")),
            Err(_) => Err(Trouble::Silent(Unit::Notes)),
        }
    }

    /// What happened since the counter stood at `counter`. `held` is the note in escrow as far as it was told.
    pub fn poll(
        &self,
        bus: &mut Bus,
        counter: &mut Option<u8>,
        held: &mut Option<i64>,
    ) -> Result<Vec<Event>, BusError> {
        let ring = Ring::read(bus.ask_for::<11>(self.device, header::READ_BILL_EVENTS, &[])?);
        let news = ring.since(*counter);
        *counter = Some(ring.counter);
        let unit = Unit::Notes;
        let mut events = Vec::new();
        if news.restarted {
            events.push(Event::Started { unit });
        }
        if news.lost > 0 {
            events.push(Event::Lost { unit, count: news.lost });
        }
        for [kind, result] in news.events {
            events.extend(self.event(kind, result, held));
        }
        Ok(events)
    }

    fn event(&self, kind: u8, result: u8, held: &mut Option<i64>) -> Option<Event> {
        let unit = Unit::Notes;
        let fault = |fault| Some(Event::Fault { unit, fault });
        let cleared = |fault| Some(Event::Cleared { unit, fault });
        if kind > 0 {
            let value = self.values.get(usize::from(kind) - 1).copied().flatten();
            let Some(value) = value else { return Some(Event::Lost { unit, count: 1 }) };
            return match result {
                0 => {
                    *held = None;
                    Some(Event::Stacked { value })
                }
                1 => {
                    *held = Some(value);
                    Some(Event::Escrow { value })
                }
                _ => Some(Event::Rejected { unit, why: format!("result {result} for a known note") }),
            };
        }
        match result {
            0 => None,
            1 => held.take().map(|value| Event::Returned { value }),
            6 | 7 | 15 | 16 => fault(Fault::Jam),
            8 | 9 | 17 | 18 => fault(Fault::Fraud),
            10 => cleared(Fault::CassetteFull),
            11 => fault(Fault::CassetteOut),
            12 => cleared(Fault::CassetteOut),
            13 | 19 => fault(Fault::Broken),
            14 => fault(Fault::CassetteFull),
            21 => Some(Event::Lost { unit, count: 1 }),
            code => Some(Event::Rejected { unit, why: note_words(code).to_owned() }),
        }
    }
}

/// The value in a note's name: `CN0010A` with a factor of 100 is 1,000 minor units.
fn note_value(name: &[u8], country: &str, factor: i64) -> Option<i64> {
    let text = std::str::from_utf8(name).ok()?;
    if text.get(..2)? != country {
        return None;
    }
    text.get(2..6)?.parse::<i64>().ok()?.checked_mul(factor).filter(|v| *v > 0)
}

const fn note_words(code: u8) -> &'static str {
    match code {
        2 => "not a note it knows",
        3 => "put in askew",
        4 | 5 => "not taken now",
        20 => "a ticket, not a note",
        _ => "not taken",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_names() {
        let cases: &[(&[u8], i64, Option<i64>)] = &[
            (b"CN0010A", 100, Some(1000)),
            (b"CN0100B", 100, Some(10_000)),
            (b"HK0010A", 100, None),
            (b"CN0000A", 100, None),
            (b".......", 100, None),
            (b"CN001", 100, None),
        ];
        for (name, factor, want) in cases {
            assert_eq!(note_value(name, "CN", *factor), *want, "{name:?}");
        }
    }
}
