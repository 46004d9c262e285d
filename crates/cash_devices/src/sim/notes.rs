//! A simulated bill validator with one note in escrow and a cassette.

use super::rig::{Insert, Reply};
use crate::cctalk::{Device, header};

/// Counter and the last five events.
#[derive(Default)]
pub(super) struct Events {
    counter: u8,
    ring: [[u8; 2]; 5],
}

impl Events {
    pub(super) fn push(&mut self, first: u8, second: u8) {
        self.counter = if self.counter == u8::MAX { 1 } else { self.counter + 1 };
        self.ring.rotate_right(1);
        self.ring[0] = [first, second];
    }

    pub(super) fn read(&self) -> Vec<u8> {
        std::iter::once(self.counter).chain(self.ring.as_flattened().iter().copied()).collect()
    }
}

/// The simulated bill validator.
pub struct SimNotes {
    /// Where it answers.
    pub device: Device,
    country: String,
    values: Vec<i64>,
    mask: u16,
    open: bool,
    events: Events,
    escrow: Option<usize>,
    /// What is in the cassette.
    pub cassette: Vec<i64>,
    /// How many notes the cassette takes.
    pub capacity: usize,
    /// The next note that should go back gets stuck.
    pub jam_on_return: bool,
    /// The next note that should go into the cassette gets stuck.
    pub jam_on_stack: bool,
    /// A power cut drops the note out of the escrow, back to the person, and nothing is told of it.
    pub drops_on_power_up: bool,
    stuck: bool,
}

impl SimNotes {
    pub(super) fn new(device: Device, country: &str, values: &[i64]) -> SimNotes {
        SimNotes {
            device,
            country: country.to_owned(),
            values: values.to_vec(),
            mask: 0,
            open: false,
            events: Events::default(),
            escrow: None,
            cassette: Vec::new(),
            capacity: 400,
            jam_on_return: false,
            jam_on_stack: false,
            drops_on_power_up: false,
            stuck: false,
        }
    }

    pub(super) fn power_up(&mut self) {
        self.mask = 0;
        self.open = false;
        self.events = Events::default();
        if self.drops_on_power_up {
            self.escrow = None;
        }
    }

    /// The values it takes now.
    pub fn taking(&self) -> Vec<i64> {
        let open = |at: &usize| self.open && self.mask >> at & 1 == 1;
        let busy = self.escrow.is_some() || self.stuck;
        (0..self.values.len()).filter(|at| !busy && open(at)).map(|at| self.values[at]).collect()
    }

    /// The note that is held.
    pub fn held(&self) -> Option<i64> {
        self.escrow.map(|at| self.values[at])
    }

    /// Somebody pulls at a note with a string.
    pub fn string(&mut self) {
        self.events.push(0, 18);
    }

    /// Somebody opens the door and takes the stuck note out; the validator is well again.
    pub fn clear_jam(&mut self) -> Option<i64> {
        self.stuck = false;
        self.escrow.take().map(|at| self.values[at])
    }

    pub(super) fn insert(&mut self, value: i64) -> Insert {
        if !self.taking().contains(&value) {
            self.events.push(0, if self.values.contains(&value) { 4 } else { 2 });
            return Insert::Refused;
        }
        if self.cassette.len() >= self.capacity {
            self.events.push(0, 14);
            return Insert::Refused;
        }
        let at = self.values.iter().position(|v| *v == value).unwrap_or_default();
        self.escrow = Some(at);
        self.events.push(code(at), 1);
        Insert::Taken
    }

    fn route(&mut self, stack: bool, tray: &mut Vec<i64>) -> Vec<u8> {
        let Some(at) = self.escrow else { return vec![254] };
        if self.stuck {
            return vec![255];
        }
        let jam = if stack { &mut self.jam_on_stack } else { &mut self.jam_on_return };
        if std::mem::take(jam) {
            self.stuck = true;
            self.events.push(0, if stack { 7 } else { 6 });
            return Vec::new();
        }
        self.escrow = None;
        if stack {
            self.cassette.push(self.values[at]);
            self.events.push(code(at), 0);
            if self.cassette.len() >= self.capacity {
                self.events.push(0, 14);
            }
        } else {
            tray.push(self.values[at]);
            self.events.push(0, 1);
        }
        Vec::new()
    }

    pub(super) fn answer(&mut self, command: u8, data: &[u8], tray: &mut Vec<i64>) -> Reply {
        match command {
            header::SIMPLE_POLL => (header::ACK, Vec::new()),
            header::REQUEST_CATEGORY => (header::ACK, b"Bill Validator".to_vec()),
            header::REQUEST_COUNTRY_SCALING if data == self.country.as_bytes() => {
                // notes are named in whole units of 100 minor ones, two decimal places
                (header::ACK, vec![100, 0, 2])
            }
            header::REQUEST_COUNTRY_SCALING => (header::ACK, vec![0, 0, 0]),
            header::REQUEST_BILL_ID => {
                let at = usize::from(data.first().copied().unwrap_or(0)).wrapping_sub(1);
                let name = self.values.get(at).map(|v| format!("{}{:04}A", self.country, v / 100));
                (header::ACK, name.unwrap_or_else(|| ".......".to_owned()).into_bytes())
            }
            header::MODIFY_BILL_OPERATING_MODE if data.len() == 1 => (header::ACK, Vec::new()),
            header::MODIFY_INHIBIT if data.len() == 2 => {
                self.mask = u16::from_le_bytes([data[0], data[1]]);
                (header::ACK, Vec::new())
            }
            header::MODIFY_MASTER_INHIBIT if data.len() == 1 => {
                self.open = data[0] & 1 == 1;
                (header::ACK, Vec::new())
            }
            header::READ_BILL_EVENTS => (header::ACK, self.events.read()),
            header::ROUTE_BILL if data.len() == 1 => (header::ACK, self.route(data[0] == 1, tray)),
            header::RESET_DEVICE => {
                self.power_up();
                (header::ACK, Vec::new())
            }
            _ => (header::NAK, Vec::new()),
        }
    }
}

fn code(at: usize) -> u8 {
    u8::try_from(at + 1).unwrap_or(u8::MAX)
}
