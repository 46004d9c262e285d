//! Number plates: their kinds, one way of writing them, what class of vehicle follows from them, how they are shown
//! to strangers, and how alike two of them look.

mod index;
mod looks;

pub use index::{Found, PlateIndex};
pub use looks::{SAME_PROVINCE_UNREAD, distance, key_parts, skeleton};

use std::fmt;

const PROVINCES: &str = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";

/// The kind of a plate (GA 36; facts/scenes.md section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlateKind {
    /// Mainland, blue or yellow: province, letter, five.
    Civil,
    /// New energy, small: a letter first of the six.
    NewEnergySmall,
    /// New energy, large: a letter last of the six.
    NewEnergyLarge,
    /// Between the mainland and Hong Kong.
    HongKong,
    /// Between the mainland and Macau.
    Macau,
    /// Embassy.
    Embassy,
    /// Consulate.
    Consulate,
    /// Police.
    Police,
    /// Army.
    Army,
    /// Armed police.
    ArmedPolice,
    /// Trailer.
    Trailer,
    /// Driving school.
    Learner,
    /// Emergency rescue.
    Emergency,
    /// A plate of another country or region.
    Foreign,
}

/// A plate in its one way of writing: capital letters, no spaces or dots.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plate {
    text: String,
    kind: PlateKind,
}

/// Why a text is not a plate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a plate: {why}")]
pub struct NotAPlate {
    /// What was given.
    pub text: String,
    /// What is wrong, in words.
    pub why: String,
}

impl Plate {
    /// Reads a plate. Mainland plates are checked by their rules; others need four to ten letters and figures.
    pub fn parse(text: &str) -> Result<Plate, NotAPlate> {
        let plain = normalise(text);
        let bad = |why: &str| NotAPlate { text: text.trim().to_owned(), why: why.to_owned() };
        let chars = plain.chars().collect::<Vec<_>>();
        if chars.is_empty() {
            return Err(bad("it is empty"));
        }
        match kind_of(&chars) {
            Ok(kind) => Ok(Plate { text: plain, kind }),
            Err(why) => Err(bad(&why)),
        }
    }

    /// The plate as it is stored and compared: `粤B12345`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its kind.
    pub fn kind(&self) -> PlateKind {
        self.kind
    }

    /// The vehicle classes that follow from it, in the words of tariffs.
    pub fn classes(&self) -> &'static [&'static str] {
        match self.kind {
            PlateKind::Civil | PlateKind::Foreign => &[],
            PlateKind::NewEnergySmall => &["new_energy", "green_plate"],
            PlateKind::NewEnergyLarge => &["new_energy", "green_plate", "large"],
            PlateKind::HongKong => &["hong_kong", "black_plate"],
            PlateKind::Macau => &["macau", "black_plate"],
            PlateKind::Embassy => &["embassy", "black_plate"],
            PlateKind::Consulate => &["consulate", "black_plate"],
            PlateKind::Police => &["police", "white_plate"],
            PlateKind::Army => &["army", "white_plate"],
            PlateKind::ArmedPolice => &["armed_police", "white_plate"],
            PlateKind::Trailer => &["trailer", "yellow_plate"],
            PlateKind::Learner => &["learner", "yellow_plate"],
            PlateKind::Emergency => &["emergency", "white_plate"],
        }
    }

    /// For screens and logs: the first two and the last two characters, fewer of a short plate, the rest as stars.
    pub fn masked(&self) -> String {
        masked(&self.text)
    }
}

/// A text that should be a plate, for screens and logs: the first two and the last two characters, the rest as stars.
pub fn masked(text: &str) -> String {
    let count = text.chars().count();
    let (keep_start, keep_end) = match count {
        0..=2 => (0, 1),
        3 => (1, 1),
        4..=5 => (2, 1),
        _ => (2, 2),
    };
    let star = |(i, c): (usize, char)| if i < keep_start || i + keep_end >= count { c } else { '*' };
    text.chars().enumerate().map(star).collect()
}

impl fmt::Display for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One way of writing: capitals, half-width, without spaces, dots, dashes and brackets; the letters O and I after the
/// second place of a mainland plate are read as the figures they can only be.
pub fn normalise(text: &str) -> String {
    let half_width = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    let kept = text.chars().map(half_width).flat_map(char::to_uppercase);
    let dropped = |c: &char| c.is_whitespace() || "·•．.-_()[]（）【】・:".contains(*c);
    let mut plain = kept.filter(|c| !dropped(c)).collect::<Vec<_>>();
    if plain.first().is_some_and(|c| PROVINCES.contains(*c)) {
        for c in plain.iter_mut().skip(2) {
            match *c {
                'O' => *c = '0',
                'I' => *c = '1',
                _ => {}
            }
        }
    }
    plain.into_iter().collect()
}

fn kind_of(chars: &[char]) -> Result<PlateKind, String> {
    let alnum = |c: &char| c.is_ascii_digit() || (c.is_ascii_uppercase() && *c != 'I' && *c != 'O');
    let digits = |part: &[char]| part.iter().all(char::is_ascii_digit);
    match chars {
        ['使', rest @ ..] if rest.len() == 6 && digits(rest) => Ok(PlateKind::Embassy),
        [rest @ .., '使']
            if rest.len() == 6
                && rest.iter().all(|c| c.is_ascii_alphanumeric() || PROVINCES.contains(*c)) =>
        {
            Ok(PlateKind::Embassy)
        }
        ['领', rest @ ..] if rest.len() == 6 && digits(rest) => Ok(PlateKind::Consulate),
        ['W', 'J', rest @ ..] => armed_police(rest),
        [first, second, rest @ ..] if PROVINCES.contains(*first) => {
            if !second.is_ascii_uppercase() || *second == 'I' {
                return Err(format!(
                    "after the province comes a letter from A to Z without I, not {second:?}"
                ));
            }
            mainland(*second, rest, &alnum)
        }
        [a, b, rest @ ..]
            if a.is_ascii_uppercase()
                && b.is_ascii_uppercase()
                && rest.len() == 5
                && digits(rest)
                && army(*a) =>
        {
            Ok(PlateKind::Army)
        }
        _ => foreign(chars),
    }
}

fn army(first: char) -> bool {
    "ABCEGHJKLNSVZ".contains(first)
}

fn armed_police(rest: &[char]) -> Result<PlateKind, String> {
    let body = match rest {
        [province, body @ ..] if PROVINCES.contains(*province) => body,
        body => body,
    };
    let fits = (4..=7).contains(&body.len()) && body.iter().all(char::is_ascii_alphanumeric);
    if fits {
        Ok(PlateKind::ArmedPolice)
    } else {
        Err("a plate of the armed police is WJ, a province and five figures".to_owned())
    }
}

fn mainland(letter: char, rest: &[char], alnum: &dyn Fn(&char) -> bool) -> Result<PlateKind, String> {
    let digits = |part: &[char]| part.iter().all(char::is_ascii_digit);
    match rest {
        [body @ .., tail] if body.len() == 4 && "警学挂港澳领急".contains(*tail) => {
            if !body.iter().all(alnum) {
                return Err(
                    "before its last character stand four letters or figures, without I and O".to_owned()
                );
            }
            Ok(match tail {
                '警' => PlateKind::Police,
                '学' => PlateKind::Learner,
                '挂' => PlateKind::Trailer,
                '港' => PlateKind::HongKong,
                '澳' => PlateKind::Macau,
                '领' => PlateKind::Consulate,
                _ => PlateKind::Emergency,
            })
        }
        body if body.len() == 5 && body.iter().all(alnum) => {
            let letters = body.iter().filter(|c| c.is_ascii_uppercase()).count();
            if letters > 2 && letter != 'O' {
                return Err("of the five after the letter at most two are letters".to_owned());
            }
            Ok(PlateKind::Civil)
        }
        [energy, second, rest @ ..]
            if rest.len() == 4 && new_energy(*energy) && alnum(second) && digits(rest) =>
        {
            Ok(PlateKind::NewEnergySmall)
        }
        [body @ .., energy] if body.len() == 5 && new_energy(*energy) && digits(body) => {
            Ok(PlateKind::NewEnergyLarge)
        }
        body if body.len() == 6 => {
            Err("a new energy plate has a letter from A to K first (small) or last (large), and figures"
                .to_owned())
        }
        body => Err(format!(
            "after province and letter come five characters, or six for new energy, not {}",
            body.len()
        )),
    }
}

fn new_energy(c: char) -> bool {
    "ABCDEFGHJK".contains(c)
}

fn foreign(chars: &[char]) -> Result<PlateKind, String> {
    if !chars.iter().all(char::is_ascii_alphanumeric) {
        return Err("it has characters that no plate has".to_owned());
    }
    if !(2..=10).contains(&chars.len()) || !chars.iter().any(char::is_ascii_digit) {
        return Err(
            "a plate without a province has two to ten letters and figures, with a figure among them"
                .to_owned(),
        );
    }
    Ok(PlateKind::Foreign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use PlateKind::*;

    #[test]
    fn kinds_by_table() {
        let cases = [
            ("粤B12345", Some((Civil, "粤B12345"))),
            ("粤b·12345", Some((Civil, "粤B12345"))),
            ("京A 8O1I2", Some((Civil, "京A80112"))),
            ("沪ＡＤ１２３４５", Some((NewEnergySmall, "沪AD12345"))),
            ("粤BDF1234", Some((NewEnergySmall, "粤BDF1234"))),
            ("粤B12345D", Some((NewEnergyLarge, "粤B12345D"))),
            ("粤BK12345", Some((NewEnergySmall, "粤BK12345"))),
            ("粤Z1234港", Some((HongKong, "粤Z1234港"))),
            ("粤Z12A4澳", Some((Macau, "粤Z12A4澳"))),
            ("使123456", Some((Embassy, "使123456"))),
            ("224578使", Some((Embassy, "224578使"))),
            ("京A0006使", Some((Embassy, "京A0006使"))),
            ("沪A0023领", Some((Consulate, "沪A0023领"))),
            ("京A1234警", Some((Police, "京A1234警"))),
            ("VA12345", Some((Army, "VA12345"))),
            ("WJ京12345", Some((ArmedPolice, "WJ京12345"))),
            ("WJ 01-1234X", Some((ArmedPolice, "WJ011234X"))),
            ("鲁H1234挂", Some((Trailer, "鲁H1234挂"))),
            ("浙A1234学", Some((Learner, "浙A1234学"))),
            ("苏A1234应急", None),
            ("苏A1234急", Some((Emergency, "苏A1234急"))),
            ("BD18 SMR", Some((Foreign, "BD18SMR"))),
            ("粤I12345", None),
            ("粤B1234", None),
            ("粤B123456", None),
            ("粤BL12345", None),
            ("粤BABC12", None),
            ("", None),
            ("???", None),
            ("京", None),
            ("粤B12!45", None),
            ("ABCDEF", None),
        ];
        for (text, want) in cases {
            let got = Plate::parse(text).ok();
            assert_eq!(got.as_ref().map(|p| (p.kind(), p.as_str())), want, "{text:?}");
        }
    }

    #[test]
    fn an_impossible_plate_says_why() {
        let error = Plate::parse("粤I12345").unwrap_err().to_string();
        assert!(error.contains("letter from A to Z without I"), "{error}");
        let error = Plate::parse("粤B1234").unwrap_err().to_string();
        assert!(error.contains("five characters") && error.contains("not 4"), "{error}");
    }

    #[test]
    fn masked_for_strangers() {
        for (text, want) in [
            ("粤B12345", "粤B***45"),
            ("沪AD12345", "沪A****45"),
            ("AB12", "AB*2"),
            ("M-34", "M*4"),
            ("M4", "*4"),
            ("WJ京12345", "WJ****45"),
        ] {
            assert_eq!(Plate::parse(text).unwrap().masked(), want);
        }
    }

    #[test]
    fn classes_follow_from_the_plate() {
        assert!(Plate::parse("沪AD12345").unwrap().classes().contains(&"new_energy"));
        assert!(Plate::parse("粤B12345").unwrap().classes().is_empty());
        assert!(Plate::parse("京A1234警").unwrap().classes().contains(&"police"));
    }
}
