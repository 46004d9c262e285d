//! What devices say: cameras over HTTP, cash machines on a serial line, nodes at a site.

use std::collections::VecDeque;
use std::io;
use std::sync::LazyLock;
use std::time::Duration;

use cash_devices::CashDevice;
use cash_devices::cctalk::frame::{MASTER, Parsed};
use cash_devices::cctalk::hopper::Permit;
use cash_devices::cctalk::{Bus, Checksum, Device, Frame, Machine, Memory, Wiring};
use cash_devices::contract::{Event, Route};
use cash_devices::line::Line;
use jiff::tz::TimeZone;
use scenes::parking::cameras::{self, Heard};
use scenes::parking::edge::{Feed, Told, What};
use scenes::parking::rows;
use serde_json::Value;
use store::carry;

/// Messages of cameras; the first byte chooses protocol and content type. A multipart message names its boundary in its first line.
pub(crate) fn cameras(bytes: &[u8]) {
    static ZONE: LazyLock<TimeZone> =
        LazyLock::new(|| TimeZone::get("Asia/Shanghai").expect("the zone is in the bundle"));
    let Some((which, body)) = bytes.split_first() else { return };
    let line = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let boundary = String::from_utf8_lossy(line).trim().trim_start_matches('-').to_owned();
    let protocol = ["hikvision", "hikvision", "dahua", "plain"][usize::from(which % 4)];
    let kind = match which % 4 {
        0 => format!("multipart/form-data; boundary={boundary}"),
        1 => String::from_utf8_lossy(line).into_owned(),
        _ => "application/json".to_owned(),
    };
    let Ok(all) = cameras::read(protocol, &kind, body, &ZONE) else { return };
    for heard in all {
        if let Heard::Reading(reading) = heard {
            assert!(reading.plate.chars().count() <= 32, "a plate is short: {:?}", reading.plate);
            assert!(
                reading.confidence.is_none_or(|sure| (0..=100).contains(&sure)),
                "{:?}",
                reading.confidence
            );
            assert!(reading.photos.len() <= 3, "a few pictures");
        }
    }
}

/// A line at whose other end something says what it likes: answers in frames that are right, refusals, noise, nothing.
struct Noisy {
    left: VecDeque<u8>,
    said: VecDeque<u8>,
}

impl Noisy {
    fn take(&mut self, count: u8) -> Vec<u8> {
        let count = usize::from(count).min(self.left.len());
        self.left.drain(..count).collect()
    }
}

impl Line for Noisy {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(how) = self.left.pop_front() else { return Ok(()) };
        let data = self.take(how & 0x1f);
        let (from, crc) = (bytes[0], if bytes[0] == 4 { Checksum::Crc16 } else { Checksum::Simple });
        match how >> 5 {
            0..=4 => self.said.extend(Frame::new(MASTER, from, 0, &data).bytes(crc)),
            5 => self.said.extend(bytes.iter().copied().chain(Frame::new(MASTER, from, 0, &data).bytes(crc))),
            6 => {
                self.said
                    .extend(Frame::new(MASTER, from, data.first().copied().unwrap_or(5), &[]).bytes(crc));
            }
            _ => self.said.extend(data),
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], _: Duration) -> io::Result<usize> {
        let count = buffer.len().min(self.said.len());
        for (place, byte) in buffer.iter_mut().zip(self.said.drain(..count)) {
            *place = byte;
        }
        Ok(count)
    }
}

/// ccTalk: frames that are read are written the same again, and a machine that hears anything goes on without a loss of what it remembers.
pub(crate) fn cctalk(bytes: &[u8]) {
    for checksum in [Checksum::Simple, Checksum::Crc16] {
        if let Parsed::Whole(frame, length) = Frame::parse(bytes, checksum) {
            let again = frame.bytes(checksum);
            assert_eq!(again.len(), length);
            assert_eq!(Frame::parse(&again, checksum), Parsed::Whole(frame, length));
        }
    }
    let crc = Device { address: 4, checksum: Checksum::Crc16 };
    let wiring = Wiring {
        country: "CN".to_owned(),
        coins: Some(Device::simple(2)),
        notes: Some(Device::simple(40)),
        hoppers: vec![
            (Device::simple(3), 100, Permit::Serial),
            (crc, 500, Permit::Cipher(|bytes| bytes.map(|byte| !byte))),
        ],
    };
    let line = Noisy { left: bytes.iter().copied().collect(), said: VecDeque::new() };
    let mut machine = Machine::new(Bus::new(Box::new(line)), wiring, Memory::default());
    let mut paid = 0;
    for round in 0..24 {
        for event in machine.poll() {
            match event {
                Event::Coin { value } | Event::Escrow { value } | Event::Stacked { value } => {
                    assert!(value > 0);
                }
                Event::Paid { count, .. } => paid += u64::from(count),
                _ => {}
            }
        }
        // What a machine did not do is told by it as events; here nothing waits for them.
        match round % 6 {
            1 => drop(machine.accept(&[100, 500, 1000])),
            2 => drop(machine.pay_out(1, 100, 3)),
            3 => drop(machine.pay_out(2, 500, 255)),
            4 => drop(machine.route(Route::Stack)),
            5 => drop(machine.route(Route::Return)),
            _ => {}
        }
        let text = serde_json::to_string(machine.memory()).expect("what is remembered is plain data");
        assert_eq!(serde_json::from_str::<Memory>(&text).ok().as_ref(), Some(machine.memory()));
    }
    assert!(paid <= 3 + 255, "{paid} pieces came out, and 258 were asked for");
}

/// A row that is carried is the same when it is carried on.
fn carried<R: store::Row>(value: &Value) {
    if let Ok(row) = carry::unpack::<R>(value) {
        assert_eq!(carry::unpack::<R>(&carry::pack(&row)).as_ref(), Ok(&row));
    }
}

/// What a node at a site tells the centre, and the centre tells it: facts and feeds, with the rows in them.
pub(crate) fn edge(bytes: &[u8]) {
    if let Ok(told) = serde_json::from_slice::<Told>(bytes) {
        match &told.what {
            What::Entered { stay } | What::Ended { stay } => carried::<rows::Stay>(stay),
            What::Changed { stay, changes } => {
                carried::<rows::Stay>(stay);
                changes.iter().for_each(carried::<rows::Change>);
            }
            What::Passed { passage } => carried::<rows::Passage>(passage),
            What::Seen { sighting } => carried::<rows::Sighting>(sighting),
            What::Answered { command } => carried::<rows::BarrierCommand>(command),
            What::Validated { validation } => carried::<rows::Validation>(validation),
            What::Photo { photo, bytes } => {
                carried::<rows::Photo>(photo);
                carried::<rows::PhotoBytes>(bytes);
            }
            What::Sold { order, attempt } => {
                carried::<desk::rows::Order>(order);
                carried::<desk::rows::Attempt>(attempt);
            }
        }
    }
    if let Ok(feed) = serde_json::from_slice::<Feed>(bytes) {
        for copy in &feed.stays {
            carried::<rows::Stay>(&copy.stay);
            copy.validations.iter().for_each(carried::<rows::Validation>);
        }
        feed.commands.iter().for_each(carried::<rows::BarrierCommand>);
        for row in feed.places.iter().flat_map(|places| &places.rows) {
            carried::<rows::Lane>(&row.row);
            carried::<rows::Park>(&row.row);
            carried::<rows::Pass>(&row.row);
        }
    }
}
