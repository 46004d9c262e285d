//! Coverage-guided input for `certificates`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("certificates", bytes));
