//! What is written into the NFC tag of a stand: one NDEF record of the well-known type U, an address whose usual beginning is one byte.

/// The beginnings that have a byte, longest first (NFC Forum, URI record type definition).
const BEGINNINGS: [(&str, u8); 4] =
    [("https://www.", 0x02), ("http://www.", 0x01), ("https://", 0x04), ("http://", 0x03)];

/// The NDEF message: for tags of type 4, and for apps that write messages.
pub(in crate::screens) fn message(url: &str) -> Vec<u8> {
    let found = BEGINNINGS.iter().find_map(|(text, byte)| url.strip_prefix(text).map(|rest| (*byte, rest)));
    let (byte, rest) = found.unwrap_or((0, url));
    let length = rest.len() + 1;
    // first and last record of its message, well-known type; short where the length fits a byte
    let mut out = match u8::try_from(length) {
        Ok(short) => vec![0xD1, 0x01, short],
        Err(_) => {
            let long = u32::try_from(length).expect("an address is shorter than four gigabytes");
            [&[0xC1, 0x01][..], &long.to_be_bytes()].concat()
        }
    };
    out.extend([b'U', byte]);
    out.extend_from_slice(rest.as_bytes());
    out
}

/// The same as the user memory of a type 2 tag holds it, from page 4 on: the message in its frame, and the end mark.
pub(in crate::screens) fn type_2(url: &str) -> Vec<u8> {
    let message = message(url);
    let mut out = vec![0x03];
    match u8::try_from(message.len()) {
        Ok(short) if short < 0xFF => out.push(short),
        _ => {
            let long = u16::try_from(message.len()).expect("an address is shorter than 64 kilobytes");
            out.push(0xFF);
            out.extend(long.to_be_bytes());
        }
    }
    out.extend(message);
    out.push(0xFE);
    out
}

/// Bytes as people compare them: pairs of digits.
pub(in crate::screens) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_the_message() {
        let cases = [
            (
                "https://saoma.example/s/1",
                "D1 01 12 55 04 73 61 6F 6D 61 2E 65 78 61 6D 70 6C 65 2F 73 2F 31",
            ),
            ("http://a.b", "D1 01 04 55 03 61 2E 62"),
            ("https://www.a.b", "D1 01 04 55 02 61 2E 62"),
            ("http://www.a.b", "D1 01 04 55 01 61 2E 62"),
            ("geo:1,2", "D1 01 08 55 00 67 65 6F 3A 31 2C 32"),
        ];
        for (url, want) in cases {
            assert_eq!(hex(&message(url)), want, "{url}");
        }
    }

    #[test]
    fn the_frame_of_a_type_2_tag() {
        assert_eq!(hex(&type_2("http://a.b")), "03 08 D1 01 04 55 03 61 2E 62 FE");
    }

    #[test]
    fn the_edges_of_the_lengths() {
        let of = |chars: usize| format!("https://{}", "a".repeat(chars));
        // payload 255: still short; payload 256: four bytes of length
        assert_eq!(hex(&message(&of(254))[..5]), "D1 01 FF 55 04");
        assert_eq!(hex(&message(&of(255))[..8]), "C1 01 00 00 01 00 55 04");
        // the frame: 254 bytes of message fit one byte of length, 255 do not
        assert_eq!(message(&of(249)).len(), 254);
        assert_eq!(hex(&type_2(&of(249))[..3]), "03 FE D1");
        assert_eq!(hex(&type_2(&of(250))[..5]), "03 FF 00 FF D1");
        let whole = type_2(&of(250));
        assert_eq!((whole.len(), whole.last()), (255 + 5, Some(&0xFE)));
    }
}
