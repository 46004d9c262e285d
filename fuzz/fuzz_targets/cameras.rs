//! Coverage-guided input for `cameras`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("cameras", bytes));
