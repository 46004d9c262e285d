//! Frames by table: bytes known from public descriptions, there and back, damaged and cut.

use super::frame::{Checksum, Frame, MASTER, Parsed};

fn check(name: &str, frame: &Frame, checksum: Checksum, bytes: &[u8]) {
    assert_eq!(frame.bytes(checksum), bytes, "{name}");
    let mut told = frame.clone();
    if checksum == Checksum::Crc16 {
        told.from = 0;
    }
    assert_eq!(Frame::parse(bytes, checksum), Parsed::Whole(told, bytes.len()), "{name}");
    for cut in 0..bytes.len() {
        assert_eq!(Frame::parse(&bytes[..cut], checksum), Parsed::Partial, "{name} cut at {cut}");
    }
    for at in [0, 2, 3, bytes.len() - 1] {
        let mut damaged = bytes.to_vec();
        damaged[at] ^= 0x10;
        assert_eq!(Frame::parse(&damaged, checksum), Parsed::Damaged(bytes.len()), "{name} damaged at {at}");
    }
}

#[test]
fn frames_by_table() {
    let simple = Checksum::Simple;
    // the examples every description of ccTalk begins with: a simple poll of the coin acceptor and its answer
    check("simple poll", &Frame::new(2, MASTER, 254, &[]), simple, &[2, 0, 1, 254, 255]);
    check("acknowledged", &Frame::new(MASTER, 2, 0, &[]), simple, &[1, 0, 2, 0, 253]);
    check("sum of zero", &Frame::new(255, 0, 1, &[]), simple, &[255, 0, 0, 1, 0]);
    check("with data", &Frame::new(3, MASTER, 164, &[165]), simple, &[3, 1, 1, 164, 165, 178]);
    // the example of the specification: the reset of a bill validator at address 40
    check("reset by CRC", &Frame::new(40, MASTER, 1, &[]), Checksum::Crc16, &[40, 0, 70, 1, 63]);
}

#[test]
fn a_frame_is_found_at_the_beginning_of_more() {
    let mut bytes = Frame::new(1, 2, 0, &[7, 8]).bytes(Checksum::Simple);
    bytes.extend([9, 9]);
    assert_eq!(Frame::parse(&bytes, Checksum::Simple), Parsed::Whole(Frame::new(1, 2, 0, &[7, 8]), 7));
}
