//! What the bytes of a printer mean: `DLE EOT n` answers and the answer to `GS r`.

/// Which statuses are asked for: printer, why it is offline, errors, paper.
pub(super) const ASKED: [u8; 4] = [1, 2, 3, 4];

/// How a printer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// It does not answer, or its address leads nowhere.
    pub away: bool,
    /// It is there and takes nothing: paused, or switched offline.
    pub offline: bool,
    /// Its cover is open.
    pub cover_open: bool,
    /// It has no paper.
    pub paper_out: bool,
    /// Its paper will not last much longer.
    pub paper_low: bool,
    /// Cutter, head or something else needs somebody.
    pub broken: bool,
}

impl Status {
    /// Whether a receipt would come out.
    pub const fn can_print(&self) -> bool {
        !(self.away || self.offline || self.cover_open || self.paper_out || self.broken)
    }

    /// What is wrong, as the platform calls it.
    pub fn faults(&self) -> Vec<&'static str> {
        let all = [
            (self.away, "printer_away"),
            (self.offline, "printer_offline"),
            (self.cover_open, "cover_open"),
            (self.paper_out, "paper_out"),
            (self.paper_low, "paper_low"),
            (self.broken, "printer_broken"),
        ];
        all.into_iter().filter(|(wrong, _)| *wrong).map(|(_, name)| name).collect()
    }

    /// Takes the answer to one question in.
    pub(super) const fn take(&mut self, which: u8, byte: u8) {
        match which {
            1 => self.offline = byte & 0x08 != 0,
            2 => {
                self.cover_open = byte & 0x04 != 0;
                self.paper_out |= byte & 0x20 != 0;
            }
            3 => self.broken = byte & 0x68 != 0,
            _ => {
                self.paper_low = byte & 0x0c != 0;
                self.paper_out |= byte & 0x60 != 0;
            }
        }
        // An open cover, an empty roll or an error is why it is offline.
        if self.cover_open || self.paper_out || self.broken {
            self.offline = false;
        }
    }
}

/// An answer to `DLE EOT`: bits 1 and 4 set, 0 and 7 not.
pub(super) const fn is_status(byte: u8) -> bool {
    byte & 0x93 == 0x12
}

/// An answer to `GS r`: bits 4 and 7 not set.
pub(super) const fn is_confirmation(byte: u8) -> bool {
    byte & 0x90 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_bytes_say() {
        let check = |bytes: [u8; 4], faults: &[&str], can: bool| {
            let mut status = Status::default();
            ASKED.into_iter().zip(bytes).for_each(|(which, byte)| status.take(which, byte));
            assert_eq!((status.faults(), status.can_print()), (faults.to_vec(), can), "{bytes:02x?}");
        };
        check([0x12, 0x12, 0x12, 0x12], &[], true);
        check([0x12, 0x12, 0x12, 0x1e], &["paper_low"], true);
        check([0x1a, 0x32, 0x12, 0x72], &["paper_out"], false);
        check([0x1a, 0x12, 0x12, 0x7e], &["paper_out", "paper_low"], false);
        check([0x1a, 0x16, 0x12, 0x12], &["cover_open"], false);
        check([0x1a, 0x52, 0x1a, 0x12], &["printer_broken"], false);
        check([0x1a, 0x12, 0x12, 0x12], &["printer_offline"], false);
    }

    #[test]
    fn the_two_kinds_of_answers_are_told_apart() {
        for byte in [0x12, 0x16, 0x1a, 0x1e, 0x32, 0x52, 0x72, 0x7e] {
            assert!(is_status(byte) && !is_confirmation(byte), "{byte:02x}");
        }
        for byte in [0x00, 0x03, 0x0c, 0x0f, 0x60] {
            assert!(is_confirmation(byte) && !is_status(byte), "{byte:02x}");
        }
    }
}
