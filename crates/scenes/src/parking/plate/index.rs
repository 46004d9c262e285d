//! Finding a stay by a plate that was typed or read wrongly: candidates that share a part with it, ranked by how alike
//! they look. Parts are pairs of neighbouring characters, with look-alikes taken as one: a plate with one wrong or
//! unread character keeps at least two of its three parts, one with two wrong ones mostly one.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::looks::{cost, distance, stand_in};
use super::normalise;

/// Candidates looked at before the search settles for what it has.
const BUDGET: usize = 60_000;
/// Characters of a plate that are kept; no plate is longer.
const LENGTH: usize = 10;
/// Code of a character that is missing.
const NONE: u8 = 0;
const CODES: usize = 80;

/// A plate found, and how far it lies from what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<I> {
    /// What was stored with it.
    pub id: I,
    /// The plate.
    pub plate: String,
    /// In tenths of a wrong character: 0 is the same plate, 5 a look-alike, 10 a wrong character.
    pub distance: u32,
}

/// A plate in codes: the province (or nothing) first, then the rest.
type Coded = [u8; LENGTH];

/// Characters that have a code, and what it costs to take one for another.
struct Table {
    chars: Vec<char>,
    costs: Vec<u8>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut chars = vec!['\0', '?'];
    chars.extend('0'..='9');
    chars.extend('A'..='Z');
    chars.extend(super::PROVINCES.chars());
    chars.extend("使领警学挂港澳急".chars());
    let at = |i: usize| chars.get(i).copied().unwrap_or('\u{fffd}');
    let mut costs = vec![0_u8; CODES * CODES];
    for a in 0..CODES {
        for b in 0..CODES {
            let missing = usize::from(a == 0) + usize::from(b == 0) == 1;
            let value = if missing { 10 } else { cost(at(a), at(b)) };
            costs[a * CODES + b] = u8::try_from(value).unwrap_or(10);
        }
    }
    Table { chars, costs }
});

fn code(c: char) -> u8 {
    let table = &*TABLE;
    let found = match c {
        '0'..='9' => Some(c as usize - '0' as usize + 2),
        'A'..='Z' => Some(c as usize - 'A' as usize + 12),
        c => table.chars.iter().position(|known| *known == c),
    };
    found.and_then(|i| u8::try_from(i).ok()).unwrap_or(79)
}

fn coded(plate: &str) -> Coded {
    let mut out = [NONE; LENGTH];
    let has_province = plate.chars().next().is_some_and(|c| !c.is_ascii() || c == '?');
    let begin = usize::from(!has_province);
    for (slot, c) in out.iter_mut().skip(begin).zip(plate.chars()) {
        *slot = code(c);
    }
    out
}

/// What each place of a plate asked for costs against each code.
struct Costs([[u8; CODES]; LENGTH]);

impl Costs {
    fn of(asked: &Coded) -> Costs {
        let mut rows = [[0; CODES]; LENGTH];
        for (row, code) in rows.iter_mut().zip(asked) {
            row.copy_from_slice(&TABLE.costs[usize::from(*code) * CODES..][..CODES]);
        }
        Costs(rows)
    }

    /// Tenths of a wrong character, place by place.
    fn apart(&self, other: &Coded) -> u32 {
        self.0.iter().zip(other).map(|(row, code)| u32::from(row[usize::from(*code).min(CODES - 1)])).sum()
    }
}

/// Plates in memory with something behind each (a stay's id).
#[derive(Clone, Debug)]
pub struct PlateIndex<I> {
    plates: Vec<Coded>,
    stored: Vec<Option<(Box<str>, I)>>,
    vacant: Vec<u32>,
    exact: HashMap<Coded, Vec<u32>>,
    parts: HashMap<u32, Vec<u32>>,
}

impl<I> Default for PlateIndex<I> {
    fn default() -> PlateIndex<I> {
        PlateIndex {
            plates: Vec::new(),
            stored: Vec::new(),
            vacant: Vec::new(),
            exact: HashMap::new(),
            parts: HashMap::new(),
        }
    }
}

/// Keys of a plate's parts: where it begins, and its two characters as stand-ins. A part with an unread character has none.
fn part_keys(plate: &Coded) -> impl Iterator<Item = u32> {
    let table = &*TABLE;
    let body = &plate[1..];
    let count = body.iter().position(|c| *c == NONE).unwrap_or(body.len());
    let stand =
        |c: u8| u32::from(code(stand_in(table.chars.get(usize::from(c)).copied().unwrap_or('\u{fffd}'))));
    let starts = [0, 2, 4, if count == 7 { 5 } else { usize::MAX - 4 }];
    let mut keys = [u32::MAX; 4];
    for (place, (from, key)) in (0_u32..).zip(starts.into_iter().zip(&mut keys)) {
        if let Some([a, b]) = body.get(from..from + 2).filter(|p| p.iter().all(|c| *c > 1)) {
            *key = place << 16 | stand(*a) << 8 | stand(*b);
        }
    }
    keys.into_iter().filter(|k| *k != u32::MAX)
}

impl<I: Clone> PlateIndex<I> {
    /// An empty index.
    pub fn new() -> PlateIndex<I> {
        PlateIndex::default()
    }

    /// How many plates are in it.
    pub fn len(&self) -> usize {
        self.stored.len() - self.vacant.len()
    }

    /// True when none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a plate; the answer is its handle for [`PlateIndex::remove`].
    pub fn insert(&mut self, plate: &str, id: I) -> u32 {
        let plate = asked(plate);
        let codes = coded(&plate);
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.stored.push(None);
            self.plates.push(codes);
            u32::try_from(self.stored.len() - 1).expect("fewer than four thousand million plates")
        });
        part_keys(&codes).for_each(|key| self.parts.entry(key).or_default().push(slot));
        self.exact.entry(codes).or_default().push(slot);
        self.plates[slot as usize] = codes;
        self.stored[slot as usize] = Some((plate.into(), id));
        slot
    }

    /// Takes a plate out again; the answer is what was stored with it.
    pub fn remove(&mut self, handle: u32) -> Option<I> {
        let (_, id) = self.stored.get_mut(handle as usize)?.take()?;
        let codes = self.plates[handle as usize];
        for key in part_keys(&codes) {
            let Some(list) = self.parts.get_mut(&key) else { continue };
            if let Some(at) = list.iter().position(|slot| *slot == handle) {
                list.swap_remove(at);
            }
        }
        if let Some(list) = self.exact.get_mut(&codes) {
            list.retain(|slot| *slot != handle);
        }
        self.plates[handle as usize] = [NONE; LENGTH];
        self.vacant.push(handle);
        Some(id)
    }

    /// The plates that look most like the one asked for, nearest first, at most `limit`, none further than `most` tenths
    /// of a wrong character. `?` stands for a character that could not be read.
    pub fn search(&self, plate: &str, limit: usize, most: u32) -> Vec<Found<I>> {
        let plate = asked(plate);
        let codes = coded(&plate);
        let mut found: Vec<(u32, u32)> = Vec::new();
        if let Some(same) = self.exact.get(&codes) {
            found.extend(same.iter().map(|slot| (0, *slot)));
        }
        if found.len() < limit && most > 0 {
            self.near(&codes, most, &mut found);
            if found.iter().all(|(distance, _)| *distance > 10) && most >= 10 {
                self.with_shifts(&plate, most, &mut found);
            }
        }
        found.sort_unstable();
        found.dedup_by_key(|(_, slot)| *slot);
        found.truncate(limit);
        let of = |(distance, slot): (u32, u32)| {
            let (plate, id) = self.stored.get(slot as usize)?.as_ref()?;
            Some(Found { id: id.clone(), plate: plate.to_string(), distance })
        };
        found.into_iter().filter_map(of).collect()
    }

    /// Scores plates that share a part, shortest list first. A plate with one wrong character is in all lists but one,
    /// so the longest is left out once something that near was found.
    fn near(&self, codes: &Coded, most: u32, found: &mut Vec<(u32, u32)>) {
        let costs = Costs::of(codes);
        let lists = self.lists(codes);
        let mut budget = BUDGET;
        for (i, list) in lists.iter().enumerate() {
            if i > 0 && i + 1 == lists.len() && found.iter().any(|(distance, _)| *distance <= 10) {
                break;
            }
            for slot in list.iter().take(budget) {
                let distance = costs.apart(&self.plates[*slot as usize]);
                if distance <= most {
                    found.push((distance, *slot));
                }
            }
            budget = budget.saturating_sub(list.len());
        }
    }

    /// The lists of plates that share a part, shortest first.
    fn lists(&self, codes: &Coded) -> Vec<&Vec<u32>> {
        let mut lists = part_keys(codes).filter_map(|key| self.parts.get(&key)).collect::<Vec<_>>();
        lists.sort_by_key(|list| list.len());
        lists
    }

    /// One character too few or too many: the plate with an unread one put in, or one left out, at each place.
    fn with_shifts(&self, plate: &str, most: u32, found: &mut Vec<(u32, u32)>) {
        let chars = plate.chars().collect::<Vec<_>>();
        let mut variants = Vec::new();
        for at in 0..chars.len() {
            let (head, tail) = chars.split_at(at);
            let left_out = head.iter().chain(&tail[1..]).collect::<String>();
            let put_in = head.iter().chain(&['?']).chain(tail).collect::<String>();
            variants.extend([left_out, put_in]);
        }
        variants.push(format!("{plate}?"));
        let share = BUDGET / variants.len().max(1);
        for variant in variants {
            let codes = coded(&variant);
            let costs = Costs::of(&codes);
            for slot in self.lists(&codes).into_iter().flatten().take(share) {
                if costs.apart(&self.plates[*slot as usize]) <= most
                    && let Some(Some((stored, _))) = self.stored.get(*slot as usize)
                {
                    let distance = distance(plate, stored);
                    if distance <= most {
                        found.push((distance, *slot));
                    }
                }
            }
        }
        found.sort_unstable_by_key(|(distance, slot)| (*slot, *distance));
        found.dedup_by_key(|(_, slot)| *slot);
    }
}

/// One way of writing, with `?` for whatever could not be read.
fn asked(plate: &str) -> String {
    normalise(&plate.replace(['？', '＊', '*', '_'], "?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(plates: &[&str]) -> PlateIndex<usize> {
        let mut index = PlateIndex::new();
        for (i, plate) in plates.iter().enumerate() {
            index.insert(plate, i);
        }
        index
    }

    #[test]
    fn the_nearest_comes_first() {
        let index = index(&[
            "粤B12345",
            "粤B12346",
            "粤B1234S",
            "粤BD12345",
            "沪A88888",
            "粤B12395",
            "AB1234",
            "粤B?2345",
        ]);
        let cases: [(&str, &[usize]); 9] = [
            ("粤B12345", &[0, 7, 2]),
            ("粤b·1234s", &[2, 0]),
            ("粤8I2345", &[0]),
            ("?B12345", &[0]),
            ("粤B1?345", &[0]),
            ("粤B1234", &[0]),
            ("沪A8888B", &[4]),
            ("京A88888", &[4]),
            ("粤BD1234S", &[3]),
        ];
        for (asked, want) in cases {
            let got = index.search(asked, 8, 20).iter().map(|f| f.id).collect::<Vec<_>>();
            assert_eq!(got.iter().take(want.len()).copied().collect::<Vec<_>>(), want, "{asked}: {got:?}");
        }
        assert!(index.search("闽Z99999", 5, 20).is_empty());
    }

    #[test]
    fn what_was_taken_out_is_not_found() {
        let mut index = index(&["粤B12345", "粤B12346"]);
        assert_eq!(index.remove(0), Some(0));
        assert_eq!(index.remove(0), None);
        assert_eq!(index.search("粤B12345", 5, 20).iter().map(|f| f.id).collect::<Vec<_>>(), [1]);
        let handle = index.insert("粤B12345", 7);
        assert_eq!(handle, 0);
        assert_eq!(index.search("粤B12345", 1, 20)[0].id, 7);
        assert_eq!(index.len(), 2);
    }

    #[test]
    fn one_wrong_character_at_any_place_is_always_found() {
        let mut index = PlateIndex::new();
        let plates = (0..20_000_u32).map(|i| format!("粤B{:05}", i * 37 % 100_000)).collect::<Vec<_>>();
        for (i, plate) in plates.iter().enumerate() {
            index.insert(plate, i);
        }
        for (i, plate) in plates.iter().enumerate().step_by(997) {
            for place in 0..7 {
                let wrong = plate
                    .chars()
                    .enumerate()
                    .map(|(at, c)| if at == place { '?' } else { c })
                    .collect::<String>();
                let found = index.search(&wrong, 50, 20);
                assert!(found.iter().any(|f| f.id == i), "{plate} as {wrong}");
            }
        }
    }
}
