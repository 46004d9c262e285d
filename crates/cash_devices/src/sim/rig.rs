//! The devices on one line, what a person does at them, and what goes wrong on the line.

use super::{SimCoins, SimHopper, SimNotes};
use crate::cctalk::frame::{Frame, MASTER, Parsed};
use crate::cctalk::{Checksum, Device};

/// Bytes of a half frame that are kept; a master that stops in the middle begins anew.
const MOST_HELD: usize = 600;

/// An answer: header and data.
pub(super) type Reply = (u8, Vec<u8>);

/// What became of a piece that somebody put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insert {
    /// Taken (a note: held in escrow).
    Taken,
    /// Given back at once: not wanted now, unknown, or the slot is busy.
    Refused,
}

/// What goes wrong on the line, for so many requests each.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineFaults {
    /// Requests nobody hears.
    pub deaf: u32,
    /// Requests that are carried out while the answer is lost.
    pub mute: u32,
    /// Answers that arrive damaged.
    pub damaged: u32,
    /// Answers with noise before them.
    pub noise: u32,
}

/// The devices.
pub struct Rig {
    /// The coin acceptor.
    pub coins: SimCoins,
    /// The bill validator.
    pub notes: SimNotes,
    /// The hoppers.
    pub hoppers: Vec<SimHopper>,
    /// What lies in the tray: pieces that came out, minor units, in order.
    pub tray: Vec<i64>,
    /// What goes wrong.
    pub faults: LineFaults,
    /// One wire carries both ways: what the master sends comes back to it.
    pub echo: bool,
    /// False: the devices have no power.
    pub powered: bool,
    held: Vec<u8>,
    requests: u64,
}

impl Rig {
    /// Chinese money: coins of 0.1 to 1 yuan at 2, notes of 5 to 100 yuan at 40 with CRC-16, hoppers at 3, 4, … with these values and stocks.
    pub fn yuan(hoppers: &[(i64, u32)]) -> Rig {
        let hopper =
            |(at, (value, stock)): (u8, &(i64, u32))| SimHopper::new(Device::simple(3 + at), *value, *stock);
        Rig {
            coins: SimCoins::new(Device::simple(2), "CN", &[10, 50, 100]),
            notes: SimNotes::new(
                Device { address: 40, checksum: Checksum::Crc16 },
                "CN",
                &[500, 1000, 2000, 5000, 10_000],
            ),
            hoppers: (0_u8..).zip(hoppers).map(hopper).collect(),
            tray: Vec::new(),
            faults: LineFaults::default(),
            echo: true,
            powered: true,
            held: Vec::new(),
            requests: 0,
        }
    }

    /// A person puts a note in.
    pub fn insert_note(&mut self, value: i64) -> Insert {
        if self.powered { self.notes.insert(value) } else { Insert::Refused }
    }

    /// A person puts a coin in. A coin that is taken falls into the hopper of its value while that has room.
    pub fn insert_coin(&mut self, value: i64) -> Insert {
        if !self.powered || self.coins.insert(value) == Insert::Refused {
            return Insert::Refused;
        }
        if let Some(hopper) = self.hoppers.iter_mut().find(|h| h.value == value) {
            hopper.stock += 1;
        }
        Insert::Taken
    }

    /// The power goes and comes back: counters begin anew; a note in escrow stays where it is.
    pub fn power_cut(&mut self) {
        self.held.clear();
        self.coins.power_up();
        self.notes.power_up();
        self.hoppers.iter_mut().for_each(SimHopper::power_up);
    }

    /// Takes what lies in the tray.
    pub fn empty_tray(&mut self) -> Vec<i64> {
        std::mem::take(&mut self.tray)
    }

    /// The wiring a driver of this rig needs.
    pub fn wiring(&self) -> crate::cctalk::Wiring {
        crate::cctalk::Wiring {
            country: "CN".to_owned(),
            coins: Some(self.coins.device),
            notes: Some(self.notes.device),
            hoppers: self.hoppers.iter().map(|h| (h.device, h.value, h.permit)).collect(),
        }
    }

    /// How many requests it has heard so far.
    pub const fn requests(&self) -> u64 {
        self.requests
    }

    /// Takes bytes from the line and answers with bytes.
    pub fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let mut out = Vec::new();
        while let Some(&address) = self.held.first() {
            let Some(device) = self.device(address) else {
                self.held.remove(0);
                continue;
            };
            match Frame::parse(&self.held, device.checksum) {
                Parsed::Whole(frame, length) => {
                    let request: Vec<u8> = self.held.drain(..length).collect();
                    self.request(device, &frame, &request, &mut out);
                }
                Parsed::Partial if self.held.len() < MOST_HELD => break,
                Parsed::Partial | Parsed::Damaged(_) => {
                    self.held.remove(0);
                }
            }
        }
        out
    }

    fn device(&self, address: u8) -> Option<Device> {
        let hoppers = self.hoppers.iter().map(|h| h.device);
        [self.coins.device, self.notes.device].into_iter().chain(hoppers).find(|d| d.address == address)
    }

    fn request(&mut self, device: Device, frame: &Frame, request: &[u8], out: &mut Vec<u8>) {
        if self.echo {
            out.extend_from_slice(request);
        }
        if !self.powered || spent(&mut self.faults.deaf) {
            return;
        }
        self.requests += 1;
        let Some((header, data)) = self.answer(device.address, frame) else { return };
        if spent(&mut self.faults.mute) {
            return;
        }
        if spent(&mut self.faults.noise) {
            out.extend([0xff, 0x03, 0x81]);
        }
        let mut answer = Frame::new(MASTER, device.address, header, &data).bytes(device.checksum);
        if spent(&mut self.faults.damaged) {
            let last = answer.len() - 1;
            answer[last] ^= 0x55;
        }
        out.extend(answer);
    }

    fn answer(&mut self, address: u8, frame: &Frame) -> Option<Reply> {
        if address == self.coins.device.address {
            return Some(self.coins.answer(frame.header, &frame.data));
        }
        if address == self.notes.device.address {
            return Some(self.notes.answer(frame.header, &frame.data, &mut self.tray));
        }
        let hopper = self.hoppers.iter_mut().find(|h| h.device.address == address)?;
        Some(hopper.answer(frame.header, &frame.data, &mut self.tray))
    }
}

/// Whether a fault applies now; counts it down.
fn spent(left: &mut u32) -> bool {
    let now = *left > 0;
    *left = left.saturating_sub(1);
    now
}
