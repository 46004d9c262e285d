//! Bad input by machine, without coverage and within seconds: every target of `fuzz/` on its seeds and on changes of them. The changes are the
//! same at every run; `SAOMA_FUZZ_ROUNDS` makes more of them. The long run with coverage is `fuzz/run.sh`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "a test may"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../../../fuzz/src/lib.rs"]
mod fuzz;

/// Changed inputs of a quick target, unless `SAOMA_FUZZ_ROUNDS` says otherwise.
const ROUNDS: u64 = 3000;

/// How much slower than the quick ones a target is: it gets so many times fewer.
fn slowness(name: &str) -> u64 {
    match name {
        "tariffs" => 15,
        "wechat_callback" | "alipay_callback" | "alipay_plus_callback" => 3,
        _ => 1,
    }
}

/// One input may take as long, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pieces that readers look for.
const WORDS: &[&str] = &[
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    "`",
    "=",
    "&",
    "%",
    "\n",
    "\r\n",
    "\0",
    "\u{feff}",
    "<![CDATA[",
    "]]>",
    "<a>",
    "</xml>",
    "&#x10ffff;",
    "&lt;",
    "-",
    "+",
    "0",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999",
    "0.00",
    "1e309",
    "null",
    "true",
    "京",
    "粤B",
    "2026-02-30T25:61:61Z",
    "0000-01-01",
    "9999-12-31T23:59:59.999Z",
    "总交易单数",
    "交易合计：",
    "#",
    "-----BEGIN ",
    "\\u0000",
    "\\ud800",
    "[[",
    "]]",
    "'''",
    "\"\"\"",
];

/// Numbers that look random and are the same at every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `limit`, which is above zero.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}

fn changed(seeds: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seeds[dice.below(seeds.len())].clone();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let end = (at + dice.below(9)).min(bytes.len());
        match dice.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 if at < bytes.len() => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
            2 => drop(bytes.drain(at..end)),
            3 => drop(bytes.splice(at..at, WORDS[dice.below(WORDS.len())].bytes())),
            4 => drop(bytes.splice(at..end, WORDS[dice.below(WORDS.len())].bytes())),
            5 => bytes.extend_from_within(at..),
            _ => {
                let other = &seeds[dice.below(seeds.len())];
                bytes.splice(at.., other[dice.below(other.len() + 1)..].iter().copied());
            }
        }
    }
    bytes.truncate(1 << 15);
    bytes
}

/// Throws one input. Panics with the input in a form that can be pasted into a seed.
fn throw(name: &str, bytes: &[u8]) {
    let began = Instant::now();
    let thrown = catch_unwind(AssertUnwindSafe(|| fuzz::run(name, bytes)));
    let took = began.elapsed();
    assert!(thrown.is_ok(), "{name} falls over b\"{}\"", bytes.escape_ascii());
    assert!(took < PATIENCE, "{name} takes {took:?} for b\"{}\"", bytes.escape_ascii());
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(name);
    let listed = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = listed.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 1, "{name} has seeds");
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn every_reader_of_foreign_bytes_stands_bad_input() {
    let rounds = std::env::var("SAOMA_FUZZ_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap());
    for (place, (name, _)) in fuzz::TARGETS.iter().enumerate() {
        let (seeds, began) = (seeds(name), Instant::now());
        seeds.iter().for_each(|seed| throw(name, seed));
        throw(name, b"");
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (place as u64 + 1));
        let rounds = rounds.div_ceil(slowness(name));
        for _ in 0..rounds {
            throw(name, &changed(&seeds, &mut dice));
        }
        println!("{name}: {rounds} changes of {} seeds in {:?}", seeds.len(), began.elapsed());
    }
}

#[test]
fn every_target_has_its_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, _) in fuzz::TARGETS {
        assert!(folder.join(format!("fuzz_targets/{name}.rs")).is_file(), "{name} has a program");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is in fuzz/Cargo.toml");
    }
}
