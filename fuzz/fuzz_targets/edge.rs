//! Coverage-guided input for `edge`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("edge", bytes));
