//! Coverage-guided input for `channel_answers`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| saoma_fuzz::run("channel_answers", bytes));
