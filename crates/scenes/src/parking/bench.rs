//! Work for `saoma bench parking`: quotes by a tariff with windows and ceilings, and look-ups among many plates. The
//! caller holds the clock; the answers are sums, so that nothing can be left out.

use jiff::Timestamp;
use store::{Id, View};

use super::plate::PlateIndex;
use super::tariff::{Calendars, Stay, Tariff, Vehicle};
use super::{samples, stays};

/// A run of numbers that look random and are the same every time (SplitMix64).
#[derive(Clone, Debug)]
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u64) -> i64 {
        i64::try_from(self.next() % most.max(1)).unwrap_or(0)
    }
}

/// Stays of a mall's year: mostly an hour or three, some overnight, some for days, a few new energy cars.
pub struct Quotes {
    tariff: Tariff,
    stays: Vec<Stay>,
}

impl Quotes {
    /// Makes the tariff and the stays. `None` when the delivered tariff cannot be read.
    pub fn new() -> Option<Quotes> {
        let tariff = Tariff::parse(samples::text("demo_mall")?, &Calendars::built_in()).ok()?;
        let mut numbers = Numbers(7);
        let stays = (0..1024).filter_map(|_| {
            // From 2026-01-01T00:00+08:00, somewhere in 360 days.
            let enter = 1_767_196_800 + numbers.below(360 * 86_400);
            let length = match numbers.below(20) {
                0 => 86_400 + numbers.below(2 * 86_400),
                1..=3 => 10 * 3600 + numbers.below(8 * 3600),
                _ => 600 + numbers.below(5 * 3600),
            };
            let leave = (enter + length).min(1_798_646_400);
            let mut stay =
                Stay::new(Timestamp::from_second(enter).ok()?, Timestamp::from_second(leave).ok()?);
            if numbers.below(4) == 0 {
                stay.vehicle = Vehicle::of(&["new_energy", "car"]);
            }
            Some(stay)
        });
        let stays = stays.collect();
        Some(Quotes { tariff, stays })
    }

    /// Prices `count` stays; the answer is the sum of the fees in minor units.
    pub fn run(&self, count: u64) -> i64 {
        let all = self.stays.iter().cycle().take(usize::try_from(count).unwrap_or(usize::MAX));
        all.filter_map(|stay| self.tariff.quote(stay).ok()).map(|fee| fee.total.value).sum()
    }
}

/// Plates as a car park sees them: four in five of one city, one in three new energy.
pub struct Plates(Numbers);

impl Plates {
    /// The same run of plates for the same seed.
    pub fn new(seed: u64) -> Plates {
        Plates(Numbers(seed))
    }

    /// The next one.
    pub fn next_plate(&mut self) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
        let numbers = &mut self.0;
        let city = if numbers.below(5) < 4 { 'B' } else { char::from(LETTERS[numbers.below(24) as usize]) };
        let mut plate = format!("粤{city}");
        let energy = numbers.below(3) == 0;
        if energy {
            plate.push(if numbers.below(2) == 0 { 'D' } else { 'F' });
        }
        for place in 0..5 {
            let letter = (place == 0 || place == 3) && !energy && numbers.below(3) == 0;
            let all = if letter { LETTERS } else { b"0123456789" };
            plate.push(char::from(all[numbers.below(all.len() as u64) as usize]));
        }
        plate
    }

    /// The plate with one place after the province unread, or wrong.
    pub fn misread(&mut self, plate: &str) -> String {
        let wrong = 1 + self.0.below(6) as usize;
        let other = if self.0.below(2) == 0 { '?' } else { char::from(b'0' + self.0.below(10) as u8) };
        plate.chars().enumerate().map(|(i, c)| if i == wrong { other } else { c }).collect()
    }
}

/// Writes stays that are inside, with the keys they are found by, as an entry would.
pub fn fill(view: &mut View, site: Id, plates: &[String]) {
    for plate in plates {
        let id = view.id();
        let stay = stays::enter::fresh(view.now(), id, site, plate);
        stays::enter::add_keys(view, &stay);
        view.add(stay);
    }
}

/// Many plates of one city, to look one up that was read wrongly.
pub struct Lookups {
    index: PlateIndex<u64>,
    asked: Vec<String>,
}

impl Lookups {
    /// Fills an index with `plates` plates, four in five of them of one city, and makes misread ones to ask for.
    pub fn new(plates: u64) -> Lookups {
        let mut all = Plates::new(11);
        let mut index = PlateIndex::new();
        let mut asked = Vec::new();
        for id in 0..plates {
            let plate = all.next_plate();
            index.insert(&plate, id);
            if id % (plates / 1000 + 1) == 0 {
                asked.push(all.misread(&plate));
            }
        }
        Lookups { index, asked }
    }

    /// How many different questions there are.
    pub fn questions(&self) -> usize {
        self.asked.len()
    }

    /// Asks the `n`-th question; the answer is how many plates were found.
    pub fn ask(&self, n: usize) -> usize {
        match self.asked.get(n % self.asked.len().max(1)) {
            Some(plate) => self.index.search(plate, 8, 15).len(),
            None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_real_and_the_same_every_time() {
        let quotes = Quotes::new().unwrap();
        let sum = quotes.run(2048);
        assert!(sum > 0);
        assert_eq!(sum, 2 * quotes.run(1024));
        let lookups = Lookups::new(5000);
        assert!(lookups.questions() > 500);
        assert!((0..lookups.questions()).all(|n| lookups.ask(n) >= 1));
    }
}
