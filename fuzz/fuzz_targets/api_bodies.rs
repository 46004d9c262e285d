//! Coverage-guided input for `api_bodies`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("api_bodies", bytes));
