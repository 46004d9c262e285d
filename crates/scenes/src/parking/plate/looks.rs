//! How alike two plates look: a letter that looks like another counts half, any other a whole, and what a camera
//! could not read (`?`, `*`, `_`) a little. Costs are in tenths.

/// A character one side could not read.
const UNREAD: u32 = 3;
/// A character that looks like the other.
const ALIKE: u32 = 5;
/// Another character, or one too few or too many.
const OTHER: u32 = 10;
/// Another province: often misread, so it counts like a look-alike.
const PROVINCE: u32 = 5;

/// The distance of two plates that differ only in an unread province.
pub const SAME_PROVINCE_UNREAD: u32 = UNREAD;

/// Characters that are taken for each other. The first stands for all of them in a skeleton.
const GROUPS: [&str; 11] = ["0ODQ", "1ILT7", "2Z", "5S", "8B", "6G", "UVY", "MNW", "KX", "EF", "PR"];
/// Look-alikes that are in no common group.
const PAIRS: [(char, char); 3] = [('C', 'G'), ('C', '6'), ('0', 'C')];

fn unread(c: char) -> bool {
    matches!(c, '?' | '*' | '_' | '？' | '＊')
}

/// What it costs to take one character for another.
pub(super) fn cost(a: char, b: char) -> u32 {
    if a == b {
        0
    } else if unread(a) || unread(b) {
        UNREAD
    } else if alike(a, b) {
        ALIKE
    } else if !a.is_ascii() && !b.is_ascii() {
        PROVINCE
    } else {
        OTHER
    }
}

/// For each ASCII character a bit for every group and pair it is in: two look alike where they share one. A look-up among many cars
/// compares thousands of plates.
const SHARED: [u16; 128] = shared();

const fn shared() -> [u16; 128] {
    let (mut table, mut bit) = ([0; 128], 0);
    while bit < GROUPS.len() {
        let (group, mut at) = (GROUPS[bit].as_bytes(), 0);
        while at < group.len() {
            table[group[at] as usize] |= 1 << bit;
            at += 1;
        }
        bit += 1;
    }
    while bit < GROUPS.len() + PAIRS.len() {
        let (a, b) = PAIRS[bit - GROUPS.len()];
        table[a as usize] |= 1 << bit;
        table[b as usize] |= 1 << bit;
        bit += 1;
    }
    table
}

fn alike(a: char, b: char) -> bool {
    let bits = |c: char| SHARED.get(c as usize).copied().unwrap_or(0);
    bits(a) & bits(b) != 0
}

/// How far two plates (normalised) lie apart, in tenths of a wrong character. A missing or additional character counts
/// as a wrong one.
pub fn distance(a: &str, b: &str) -> u32 {
    let mut right = ['\0'; 16];
    let mut count = 0;
    for (slot, c) in right.iter_mut().zip(b.chars()) {
        *slot = c;
        count += 1;
    }
    let right = &right[..count];
    let mut row = [0_u32; 17];
    for (i, cell) in (0..).zip(row.iter_mut()) {
        *cell = i * OTHER;
    }
    for ca in a.chars().take(16) {
        let mut corner = row[0];
        row[0] += OTHER;
        for (j, cb) in right.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (corner + cost(ca, *cb)).min(above + OTHER).min(row[j] + OTHER);
            corner = above;
        }
    }
    row[count]
}

/// The character that stands for all its look-alikes.
pub(super) fn stand_in(c: char) -> char {
    match c {
        'C' => '6',
        c => {
            GROUPS.iter().find(|group| group.contains(c)).and_then(|group| group.chars().next()).unwrap_or(c)
        }
    }
}

/// The plate with every character replaced by the one that stands for its look-alikes; equal skeletons look the same.
pub fn skeleton(plate: &str) -> String {
    plate.chars().map(stand_in).collect()
}

/// Keys under which a plate is found again although up to two characters are wrong or unread: its skeleton without
/// the province, in three parts, each with its place. A plate with two wrong characters keeps one part. The same keys
/// serve an index in a database.
pub fn key_parts(plate: &str) -> Vec<String> {
    let body = plate.chars().skip_while(|c| !c.is_ascii() || unread(*c)).map(stand_in).collect::<Vec<_>>();
    let body = if body.is_empty() { plate.chars().skip(1).map(stand_in).collect() } else { body };
    let cuts = [(0, 2), (2, 4), (4, body.len().max(4))];
    let mut keys = Vec::with_capacity(3);
    for (part, (from, to)) in cuts.into_iter().enumerate() {
        let Some(piece) = body.get(from..to.min(body.len())).filter(|p| !p.is_empty()) else { continue };
        if !piece.iter().any(|c| unread(*c)) {
            keys.push(format!("{part}{}", piece.iter().collect::<String>()));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_by_table() {
        let cases = [
            ("粤B12345", "粤B12345", 0),
            ("粤B12345", "粤B1234S", 5),
            ("粤B12345", "粤812345", 5),
            ("粤B12345", "粤B12346", 10),
            ("粤B12345", "?B12345", 3),
            ("粤B12345", "粤B12?45", 3),
            ("粤B12345", "奥B12345", 5),
            ("粤B12345", "桂B12345", 5),
            ("粤B12345", "粤B1245", 10),
            ("粤B12345", "B12345", 10),
            ("粤BD12345", "粤B012345", 5),
            ("", "粤", 10),
        ];
        for (a, b, want) in cases {
            assert_eq!(distance(a, b), want, "{a} {b}");
            assert_eq!(distance(b, a), want, "{b} {a}");
        }
    }

    #[test]
    fn skeletons_of_look_alikes_are_equal() {
        assert_eq!(skeleton("粤B0D1I2Z"), skeleton("粤8OQLT22"));
        assert_ne!(skeleton("粤B12345"), skeleton("粤B12346"));
    }

    #[test]
    fn two_wrong_characters_leave_a_common_key() {
        let keys = key_parts("粤B12345");
        for seen in ["粤B12346", "?B12345", "粤B1??45", "粤C12395", "粤812ZZ5", "桂B12345"] {
            assert!(key_parts(seen).iter().any(|k| keys.contains(k)), "{seen}");
        }
    }
}
