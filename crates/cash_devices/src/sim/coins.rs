//! A simulated coin acceptor.

use super::rig::{Insert, Reply};
use crate::cctalk::{Device, header};

/// The simulated coin acceptor.
pub struct SimCoins {
    /// Where it answers.
    pub device: Device,
    names: Vec<String>,
    values: Vec<i64>,
    mask: u16,
    open: bool,
    events: super::notes::Events,
    /// The next coin gets stuck.
    pub jam_next: bool,
    /// The next coin is pulled back on a string.
    pub string_next: bool,
}

impl SimCoins {
    pub(super) fn new(device: Device, country: &str, values: &[i64]) -> SimCoins {
        SimCoins {
            device,
            names: values.iter().map(|v| format!("{country}{v:03}A")).collect(),
            values: values.to_vec(),
            mask: 0,
            open: false,
            events: super::notes::Events::default(),
            jam_next: false,
            string_next: false,
        }
    }

    pub(super) fn power_up(&mut self) {
        self.mask = 0;
        self.open = false;
        self.events = super::notes::Events::default();
    }

    /// The values it takes now.
    pub fn taking(&self) -> Vec<i64> {
        let open = |at: &usize| self.open && self.mask >> at & 1 == 1;
        (0..self.values.len()).filter(open).map(|at| self.values[at]).collect()
    }

    pub(super) fn insert(&mut self, value: i64) -> Insert {
        if std::mem::take(&mut self.jam_next) {
            self.events.push(0, 14);
            return Insert::Refused;
        }
        if std::mem::take(&mut self.string_next) {
            self.events.push(0, 20);
            return Insert::Refused;
        }
        let Some(at) = self.values.iter().position(|v| *v == value) else {
            self.events.push(0, 1);
            return Insert::Refused;
        };
        if !self.taking().contains(&value) {
            self.events.push(0, 2);
            return Insert::Refused;
        }
        self.events.push(u8::try_from(at + 1).unwrap_or(u8::MAX), 1);
        Insert::Taken
    }

    pub(super) fn answer(&mut self, command: u8, data: &[u8]) -> Reply {
        match command {
            header::SIMPLE_POLL => (header::ACK, Vec::new()),
            header::REQUEST_CATEGORY => (header::ACK, b"Coin Acceptor".to_vec()),
            header::REQUEST_COIN_ID => {
                let at = usize::from(data.first().copied().unwrap_or(0)).wrapping_sub(1);
                let name = self.names.get(at).map_or("......", String::as_str);
                (header::ACK, name.as_bytes().to_vec())
            }
            header::MODIFY_INHIBIT if data.len() == 2 => {
                self.mask = u16::from_le_bytes([data[0], data[1]]);
                (header::ACK, Vec::new())
            }
            header::MODIFY_MASTER_INHIBIT if data.len() == 1 => {
                self.open = data[0] & 1 == 1;
                (header::ACK, Vec::new())
            }
            header::READ_COIN_EVENTS => (header::ACK, self.events.read()),
            header::RESET_DEVICE => {
                self.power_up();
                (header::ACK, Vec::new())
            }
            _ => (header::NAK, Vec::new()),
        }
    }
}
