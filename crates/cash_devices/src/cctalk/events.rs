//! The ring of five events that coin acceptors and bill validators keep, with a counter that goes 0 (power-up), 1 … 255, 1 … .

/// Counter and the last five events, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    /// 0 only after power-up.
    pub counter: u8,
    /// Two bytes each.
    pub events: [[u8; 2]; 5],
}

/// What is new in a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The device was powered up since the last look.
    pub restarted: bool,
    /// So many events fell out of the ring unread.
    pub lost: u32,
    /// The new ones, oldest first.
    pub events: Vec<[u8; 2]>,
}

impl Ring {
    /// Reads the answer of eleven bytes.
    pub fn read(data: [u8; 11]) -> Ring {
        let mut events = [[0; 2]; 5];
        for (event, pair) in events.iter_mut().zip(data[1..].chunks_exact(2)) {
            *event = [pair[0], pair[1]];
        }
        Ring { counter: data[0], events }
    }

    /// What happened since the counter stood at `last`; `None` where nobody looked before: then nothing in the ring is anybody's.
    pub fn since(&self, last: Option<u8>) -> News {
        let Some(last) = last else {
            return News { restarted: true, lost: 0, events: Vec::new() };
        };
        let (restarted, count) = match (last, self.counter) {
            (last, now) if last == now => (false, 0),
            (_, 0) => (true, 0),
            (last, now) if now > last => (false, now - last),
            // 255 is followed by 1: 0 is left out. A device that was powered up and counted on looks the same where it is below.
            (last, now) => (false, 255 - last + now),
        };
        let kept = usize::from(count).min(5);
        let mut events: Vec<[u8; 2]> = self.events[..kept].to_vec();
        events.reverse();
        News { restarted, lost: u32::from(count).saturating_sub(5), events }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(counter: u8) -> Ring {
        Ring { counter, events: [[5, 0], [4, 0], [3, 0], [2, 0], [1, 0]] }
    }

    #[test]
    fn the_counter_wraps_and_tells_what_was_lost() {
        // last, now → restarted, lost, newest events by their first byte
        type Case = (Option<u8>, u8, bool, u32, &'static [u8]);
        let cases: &[Case] = &[
            (None, 7, true, 0, &[]),
            (Some(7), 7, false, 0, &[]),
            (Some(7), 8, false, 0, &[5]),
            (Some(7), 12, false, 0, &[1, 2, 3, 4, 5]),
            (Some(7), 14, false, 2, &[1, 2, 3, 4, 5]),
            (Some(254), 255, false, 0, &[5]),
            (Some(255), 1, false, 0, &[5]),
            (Some(254), 2, false, 0, &[3, 4, 5]),
            (Some(250), 10, false, 10, &[1, 2, 3, 4, 5]),
            (Some(9), 0, true, 0, &[]),
            (Some(0), 2, false, 0, &[4, 5]),
            (Some(0), 0, false, 0, &[]),
        ];
        for (last, now, restarted, lost, events) in cases {
            let news = ring(*now).since(*last);
            let got: Vec<u8> = news.events.iter().map(|e| e[0]).collect();
            assert_eq!(
                (news.restarted, news.lost, got.as_slice()),
                (*restarted, *lost, *events),
                "{last:?} to {now}"
            );
        }
    }
}
