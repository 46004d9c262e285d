//! Coverage-guided input for `payer_codes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("payer_codes", bytes));
