//! Coverage-guided input for `cctalk`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("cctalk", bytes));
