//! The coin acceptor: sixteen types of coin, an inhibit mask, and a ring of events. A coin that is taken cannot be given back by it.

use super::bus::{Bus, BusError, Device};
use super::events::Ring;
use super::header;
use crate::contract::{Event, Fault, Unit};

/// Types of coin an acceptor knows.
pub const TYPES: u8 = 16;

/// The driver of a coin acceptor.
pub struct CoinAcceptor {
    device: Device,
    values: Vec<Option<i64>>,
}

impl CoinAcceptor {
    /// Asks which coins it knows. `country` is two letters; coins of other countries count as unknown.
    pub fn start(bus: &mut Bus, device: Device, country: &str) -> Result<CoinAcceptor, BusError> {
        bus.ask(device, header::SIMPLE_POLL, &[])?;
        let mut values = Vec::with_capacity(usize::from(TYPES));
        for position in 1..=TYPES {
            let name = bus.ask(device, header::REQUEST_COIN_ID, &[position])?;
            values.push(coin_value(&name, country));
        }
        Ok(CoinAcceptor { device, values })
    }

    /// The coins it can take.
    pub fn coins(&self) -> Vec<i64> {
        known(&self.values)
    }

    /// Takes these and no others.
    pub fn accept(&self, bus: &mut Bus, values: &[i64]) -> Result<(), BusError> {
        accept(bus, self.device, &self.values, values)
    }

    /// What happened since the counter stood at `counter`, which is moved on.
    pub fn poll(&self, bus: &mut Bus, counter: &mut Option<u8>) -> Result<Vec<Event>, BusError> {
        let ring = Ring::read(bus.ask_for::<11>(self.device, header::READ_COIN_EVENTS, &[])?);
        let news = ring.since(*counter);
        *counter = Some(ring.counter);
        let unit = Unit::Coins;
        let mut events = Vec::new();
        if news.restarted {
            events.push(Event::Started { unit });
        }
        if news.lost > 0 {
            events.push(Event::Lost { unit, count: news.lost });
        }
        for [first, second] in news.events {
            events.extend(self.event(first, second));
        }
        Ok(events)
    }

    fn event(&self, first: u8, second: u8) -> Option<Event> {
        let unit = Unit::Coins;
        if first > 0 {
            let value = self.values.get(usize::from(first) - 1).copied().flatten();
            // a coin nobody knows the value of was taken all the same: it is somebody's
            return Some(value.map_or(Event::Lost { unit, count: 1 }, |value| Event::Coin { value }));
        }
        Some(match second {
            0 => return None,
            4..=7 | 13..=15 | 21 | 22 | 26 | 29..=33 | 35 => Event::Fault { unit, fault: Fault::Jam },
            16..=20 | 23 | 25 => Event::Fault { unit, fault: Fault::Fraud },
            255 => Event::Fault { unit, fault: Fault::Broken },
            code => Event::Rejected { unit, why: coin_words(code).to_owned() },
        })
    }
}

/// The values a unit knows, each once.
pub(super) fn known(values: &[Option<i64>]) -> Vec<i64> {
    let mut all: Vec<i64> = values.iter().flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Lets a unit take these values and no others.
pub(super) fn accept(
    bus: &mut Bus,
    device: Device,
    known: &[Option<i64>],
    values: &[i64],
) -> Result<(), BusError> {
    let mask = mask(known, values);
    bus.ask(device, header::MODIFY_INHIBIT, &mask.to_le_bytes())?;
    bus.ask(device, header::MODIFY_MASTER_INHIBIT, &[u8::from(mask != 0)])?;
    Ok(())
}

/// Which bits of a mask stand for these values.
fn mask(known: &[Option<i64>], values: &[i64]) -> u16 {
    let wanted = |value: &Option<i64>| value.is_some_and(|v| values.contains(&v));
    known.iter().enumerate().take(16).filter(|(_, v)| wanted(v)).fold(0, |mask, (at, _)| mask | 1 << at)
}

/// The value in a coin's name: `CN100A` is 100 minor units; a letter stands for the point and its power (`1K0` is 1,000, `.50` is one half).
fn coin_value(name: &[u8], country: &str) -> Option<i64> {
    let text = std::str::from_utf8(name).ok()?;
    let (of, value) = (text.get(..2)?, text.get(2..5)?);
    if of != country {
        return None;
    }
    let power = match value.bytes().find(|b| !b.is_ascii_digit()) {
        None => return value.parse().ok().filter(|v| *v > 0),
        Some(b'K') => 3,
        Some(b'M') => 6,
        Some(_) => return None,
    };
    let (whole, part) = value.split_once(['K', 'M'])?;
    let digits = i64::try_from(part.len()).ok()?;
    let number: i64 = format!("{whole}{part}").parse().ok()?;
    Some(number * 10_i64.pow(u32::try_from(power - digits).ok()?)).filter(|v| *v > 0)
}

const fn coin_words(code: u8) -> &'static str {
    match code {
        1 => "not a coin it knows",
        2 | 128..=159 => "not taken now",
        3 | 24 => "not clear which coin",
        8..=12 => "too quickly after another",
        254 => "the return lever was pressed",
        _ => "not taken",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_names() {
        let cases: &[(&[u8], Option<i64>)] = &[
            (b"CN100A", Some(100)),
            (b"CN010B", Some(10)),
            (b"CN5K0A", Some(5000)),
            (b"CN10KA", Some(10_000)),
            (b"CN1M0A", Some(1_000_000)),
            (b"EU100A", None),
            (b"CN000A", None),
            (b"......", None),
            (b"", None),
            (b"CN", None),
            (&[0xff; 6], None),
        ];
        for (name, want) in cases {
            assert_eq!(coin_value(name, "CN"), *want, "{name:?}");
        }
    }

    #[test]
    fn masks() {
        let known = [Some(10), Some(50), None, Some(100), Some(100)];
        assert_eq!(mask(&known, &[100]), 0b11000);
        assert_eq!(mask(&known, &[10, 50, 7]), 0b00011);
        assert_eq!(mask(&known, &[]), 0);
    }
}
