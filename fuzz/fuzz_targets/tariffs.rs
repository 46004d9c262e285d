//! Coverage-guided input for `tariffs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("tariffs", bytes));
