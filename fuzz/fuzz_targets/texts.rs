//! Coverage-guided input for `texts`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("texts", bytes));
