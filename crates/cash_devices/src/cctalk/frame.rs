//! Frames: `[destination][length][source][header][data…][checksum]`, or with CRC-16 `[destination][length][crc low][header][data…][crc high]`.

/// Bytes of a frame beside its data.
const OVERHEAD: usize = 5;

/// The address of the one who asks.
pub const MASTER: u8 = 1;

/// How a device protects its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Checksum {
    /// All bytes add up to zero.
    #[default]
    Simple,
    /// CRC-CCITT over destination, length, header and data; the source is not told.
    Crc16,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// To whom.
    pub to: u8,
    /// From whom; with CRC-16 it is not on the wire and reads as 0.
    pub from: u8,
    /// What.
    pub header: u8,
    /// More of it, 255 bytes at most.
    pub data: Vec<u8>,
}

/// What the first bytes of a buffer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A frame of so many bytes.
    Whole(Frame, usize),
    /// The beginning of one.
    Partial,
    /// Bytes of the length of a frame whose checksum is wrong.
    Damaged(usize),
}

impl Frame {
    /// A message with data.
    pub fn new(to: u8, from: u8, header: u8, data: &[u8]) -> Frame {
        Frame { to, from, header, data: data.to_vec() }
    }

    /// Its bytes. Panics beyond 255 bytes of data: no command has as many.
    pub fn bytes(&self, checksum: Checksum) -> Vec<u8> {
        let length = u8::try_from(self.data.len()).expect("commands carry at most 255 bytes");
        let mut out = vec![self.to, length, self.from, self.header];
        out.extend_from_slice(&self.data);
        match checksum {
            Checksum::Simple => {
                let sum = out.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
                out.push(sum.wrapping_neg());
            }
            Checksum::Crc16 => {
                let [low, high] = crc(self.to, length, self.header, &self.data).to_le_bytes();
                out[2] = low;
                out.push(high);
            }
        }
        out
    }

    /// Reads a frame from the beginning of what arrived.
    pub fn parse(bytes: &[u8], checksum: Checksum) -> Parsed {
        let Some(&length) = bytes.get(1) else { return Parsed::Partial };
        let whole = usize::from(length) + OVERHEAD;
        let Some(frame) = bytes.get(..whole) else { return Parsed::Partial };
        let data = &frame[4..whole - 1];
        let (good, from) = match checksum {
            Checksum::Simple => (frame.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) == 0, frame[2]),
            Checksum::Crc16 => {
                let told = u16::from_le_bytes([frame[2], frame[whole - 1]]);
                (crc(frame[0], length, frame[3], data) == told, 0)
            }
        };
        if good {
            return Parsed::Whole(Frame::new(frame[0], from, frame[3], data), whole);
        }
        Parsed::Damaged(whole)
    }
}

/// CRC-CCITT, polynomial 0x1021, beginning at zero.
fn crc(to: u8, length: u8, header: u8, data: &[u8]) -> u16 {
    [to, length, header].iter().chain(data).fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}
