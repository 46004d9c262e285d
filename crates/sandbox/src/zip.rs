//! A zip writer of our own, because Alipay's archives name their files in GBK bytes, which zip libraries do not write.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// An archive of deflated files whose names are written byte for byte.
pub(crate) fn archive(files: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).expect("memory takes everything");
        let packed = encoder.finish().expect("memory takes everything");
        let offset = out.len() as u32;
        let mut common = Vec::new();
        for number in [20u16, 0, 8, 0, 0x5cc1] {
            common.extend(number.to_le_bytes()); // version, flags, deflate, time, date
        }
        for number in [crc.sum(), packed.len() as u32, content.len() as u32] {
            common.extend(number.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend(0u16.to_le_bytes()); // no extra field
        out.extend(0x0403_4b50u32.to_le_bytes());
        out.extend(&common);
        out.extend(name);
        out.extend(packed);
        directory.extend(0x0201_4b50u32.to_le_bytes());
        directory.extend(20u16.to_le_bytes());
        directory.extend(&common);
        directory.extend([0u8; 10]); // no comment, first disk, no attributes
        directory.extend(offset.to_le_bytes());
        directory.extend(name);
    }
    let (start, length, count) = (out.len() as u32, directory.len() as u32, files.len() as u16);
    out.extend(directory);
    out.extend(0x0605_4b50u32.to_le_bytes());
    for number in [0u16, 0, count, count] {
        out.extend(number.to_le_bytes());
    }
    out.extend(length.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend(0u16.to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_reader_reads_it() {
        let bytes =
            archive(&[(b"one.txt".to_vec(), b"1".repeat(1000)), (b"\xb2\xe8.txt".to_vec(), Vec::new())]);
        let mut reader = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        assert_eq!(reader.len(), 2);
        let mut text = String::new();
        std::io::Read::read_to_string(&mut reader.by_index(0).unwrap(), &mut text).unwrap();
        assert_eq!(text, "1".repeat(1000));
        assert_eq!(reader.by_index(1).unwrap().name_raw(), b"\xb2\xe8.txt");
    }
}
