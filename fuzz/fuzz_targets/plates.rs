//! Coverage-guided input for `plates`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("plates", bytes));
