//! Keys under which a stay is found by its plate although a character is wrong, unread, missing or too many: the plate's
//! skeleton (look-alikes taken as one, without the province) whole and with each character left out once. Two plates that
//! differ in one place share a key. For two wrong places there are coarse keys, asked only when nothing nearer was found.

use crate::parking::plate::{key_parts, skeleton};

/// Stands for a character nobody could read.
pub(crate) const UNREAD: char = '?';
/// Begins a coarse key.
const COARSE: char = '~';

/// A plate as it was typed or read, in one way of writing, with `?` for what could not be read.
pub(crate) fn plain(text: &str) -> String {
    crate::parking::plate::normalise(&text.replace(['？', '＊', '*', '_'], "?")).chars().take(16).collect()
}

fn body(plate: &str) -> Vec<char> {
    let rest = plate.chars().skip_while(|c| !c.is_ascii() || *c == UNREAD).collect::<String>();
    let rest = if rest.is_empty() { plate.to_owned() } else { rest };
    skeleton(&rest).chars().collect()
}

fn without(body: &[char], at: usize) -> String {
    body.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| *c).collect()
}

/// The key that plates which look the same share.
pub(crate) fn whole(plate: &str) -> String {
    body(plate).into_iter().collect()
}

/// The keys of plates one place away. Where characters are unread, those are the places.
pub(crate) fn near(plate: &str) -> Vec<String> {
    let body = body(plate);
    let unread: Vec<usize> = (0..body.len()).filter(|i| body[*i] == UNREAD).collect();
    let mut keys: Vec<String> = match unread.as_slice() {
        [one] => vec![without(&body, *one)],
        _ => (0..body.len()).map(|at| without(&body, at)).collect(),
    };
    keys.push(body.into_iter().collect());
    keys.retain(|key| !key.is_empty());
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The coarse keys: two neighbouring characters and their place.
pub(crate) fn coarse(plate: &str) -> Vec<String> {
    key_parts(plate).into_iter().map(|part| format!("{COARSE}{part}")).collect()
}

/// Every key a stay is stored under.
pub(crate) fn stored(plate: &str) -> Vec<String> {
    let body = body(plate);
    let mut keys: Vec<String> = (0..body.len()).map(|at| without(&body, at)).collect();
    keys.push(body.into_iter().collect());
    keys.retain(|key| !key.is_empty());
    keys.extend(coarse(plate));
    keys.sort_unstable();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plates_one_place_apart_share_a_key() {
        let inside = stored("粤B12345");
        for (asked, near_enough) in [
            ("粤B12345", true),
            ("粤B1234S", true),
            ("粤812345", true),
            ("粤B12349", true),
            ("?B12345", true),
            ("京B12345", true),
            ("粤B1?345", true),
            ("粤B1345", true),
            ("粤B123456", true),
            ("粤B1??45", false),
            ("粤B99999", false),
        ] {
            assert_eq!(near(asked).iter().any(|k| inside.contains(k)), near_enough, "{asked}");
        }
        let coarse_found = coarse("粤B1??45").iter().any(|k| inside.contains(k));
        assert!(coarse_found, "two unread places leave a coarse key");
        let unread = stored("粤B?2345");
        assert!(near("粤B12345").iter().any(|k| unread.contains(k)), "unread at the entry");
    }

    #[test]
    fn what_is_not_a_plate_has_keys_too() {
        assert!(stored("").is_empty());
        assert!(!stored("临时").is_empty());
        assert_eq!(plain(" 粤b·1２3*5 "), "粤B123?5");
    }
}
