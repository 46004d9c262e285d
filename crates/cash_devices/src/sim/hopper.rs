//! A simulated hopper: gives one piece each time it is asked how far it is.

use super::rig::Reply;
use crate::cctalk::hopper::Permit;
use crate::cctalk::{Device, header};

/// The simulated hopper.
pub struct SimHopper {
    /// Where it answers.
    pub device: Device,
    /// What it gives, minor units.
    pub value: i64,
    /// How many pieces are in it.
    pub stock: u32,
    /// How it wants to be permitted.
    pub permit: Permit,
    /// So many more pieces come out, then one gets stuck.
    pub jam_after: Option<u32>,
    serial: [u8; 3],
    key: [u8; 8],
    armed: bool,
    counter: u8,
    remaining: u8,
    paid: u8,
    unpaid: u8,
    stuck: bool,
}

impl SimHopper {
    pub(super) fn new(device: Device, value: i64, stock: u32) -> SimHopper {
        SimHopper {
            device,
            value,
            stock,
            permit: Permit::Serial,
            jam_after: None,
            serial: [device.address, 0x5a, 0x01],
            key: [0; 8],
            armed: false,
            counter: 0,
            remaining: 0,
            paid: 0,
            unpaid: 0,
            stuck: false,
        }
    }

    /// The counter begins anew; what its memory holds of the last work stays, and pieces that were to come do not.
    pub(super) fn power_up(&mut self) {
        self.armed = false;
        self.counter = 0;
        self.unpaid = self.unpaid.saturating_add(self.remaining);
        self.remaining = 0;
    }

    /// Somebody frees the exit.
    pub fn clear_jam(&mut self) {
        self.stuck = false;
        self.jam_after = None;
    }

    fn give_one(&mut self, tray: &mut Vec<i64>) {
        if self.remaining == 0 {
            return;
        }
        if self.jam_after == Some(0) {
            self.stuck = true;
        }
        if self.stock == 0 || self.stuck {
            self.unpaid = self.remaining;
            self.remaining = 0;
            return;
        }
        self.stock -= 1;
        self.remaining -= 1;
        self.paid += 1;
        self.jam_after = self.jam_after.map(|n| n.saturating_sub(1));
        tray.push(self.value);
    }

    fn dispense(&mut self, data: &[u8]) -> Reply {
        let Some((count, code)) = data.split_last() else { return (header::NAK, Vec::new()) };
        let permitted = match self.permit {
            Permit::Serial => code == self.serial,
            Permit::Cipher(right) => code == right(self.key),
        };
        // whatever was sent, the code is spent
        self.key = mixed(self.key, [u8::MAX; 8]);
        if !permitted || !std::mem::take(&mut self.armed) || self.remaining > 0 {
            return (header::NAK, Vec::new());
        }
        self.counter = if self.counter == u8::MAX { 1 } else { self.counter + 1 };
        self.remaining = *count;
        self.paid = 0;
        self.unpaid = 0;
        (header::ACK, vec![self.counter])
    }

    pub(super) fn answer(&mut self, command: u8, data: &[u8], tray: &mut Vec<i64>) -> Reply {
        match command {
            header::SIMPLE_POLL => (header::ACK, Vec::new()),
            header::REQUEST_CATEGORY => (header::ACK, b"Payout".to_vec()),
            header::REQUEST_SERIAL => (header::ACK, self.serial.to_vec()),
            header::ENABLE_HOPPER => {
                self.armed = data == [165];
                (header::ACK, Vec::new())
            }
            header::PUMP_RNG => match <[u8; 8]>::try_from(data) {
                Ok(bytes) => {
                    self.key = mixed(self.key, bytes);
                    (header::ACK, Vec::new())
                }
                Err(_) => (header::NAK, Vec::new()),
            },
            header::REQUEST_CIPHER_KEY => {
                self.key = mixed(self.key, [0x2b; 8]);
                (header::ACK, self.key.to_vec())
            }
            header::DISPENSE_HOPPER => self.dispense(data),
            header::REQUEST_HOPPER_STATUS => {
                self.give_one(tray);
                (header::ACK, vec![self.counter, self.remaining, self.paid, self.unpaid])
            }
            header::TEST_HOPPER => (header::ACK, vec![u8::from(self.stuck) << 5, 0]),
            header::RESET_DEVICE => {
                self.power_up();
                (header::ACK, Vec::new())
            }
            _ => (header::NAK, Vec::new()),
        }
    }
}

/// Stirs bytes into a key.
fn mixed(mut key: [u8; 8], with: [u8; 8]) -> [u8; 8] {
    let mut carried = 0x9d_u8;
    for (byte, other) in key.iter_mut().zip(with) {
        carried = carried.rotate_left(3).wrapping_add(*byte ^ other).wrapping_mul(0x1d);
        *byte = carried;
    }
    key
}
